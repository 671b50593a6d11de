"""Many texts, one life for each measure: every mention is kept, and its status is known as of any day.

Two mentions are one measure when imposer and instrument agree, targets and products meet, and rates and dates do not
contradict. A later text may move the measure along its life, or fill a gap; where it says what cannot follow, both
stand side by side and nobody is believed. A summary ("new measures by both") is no mention of anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

Read = Mapping[str, Any]
"""A measure in the layout of `schema_measure.json`."""

_DECIDED: Final = ("in_force", "suspended", "expired", "withdrawn")
MOVES: Final[Mapping[str, tuple[str, ...]]] = {
    "proposed": ("announced", "threatened", "offered", *_DECIDED),
    "threatened": ("announced", "proposed", "offered", *_DECIDED),
    "offered": ("announced", "demanded", "proposed", *_DECIDED),
    "demanded": ("announced", "offered", "proposed", *_DECIDED),
    "announced": _DECIDED,
    "in_force": ("suspended", "expired", "withdrawn"),
    "suspended": ("in_force", "expired", "withdrawn"),
    "expired": (),
    "withdrawn": (),
}
"""Where a life may go from each status; a status may always be said again. What comes back after its end is new."""

_ENDS: Final[Mapping[str, str]] = {
    "remove": "withdrawn", "cancel": "withdrawn", "suspend": "suspended", "resume": "in_force",
}  # fmt: skip
_SUMMARIES: Final = ("unspecified_measure", "unspecified_retaliation")
_HELD: Final = ("in_force", "announced", "expired", "withdrawn", "suspended")


@dataclass(frozen=True)
class Mention:
    """What one text says of one measure. published: its day, or "" if it has none."""

    document: str
    published: str
    measure: Read

    @property
    def status(self) -> str:
        """Return the status that the text gives; "will not be imposed" and the like are an end."""
        action, status = str(self.measure["action"]), str(self.measure["status"])
        return _ENDS[action] if action in _ENDS and status in _HELD else status

    @property
    def words(self) -> str:
        """Return the words that say it."""
        return str(self.measure["evidence"][0]["trigger"]["text"])


@dataclass
class Life:
    """One measure through all texts, in the order of their dates.

    Attributes:
        id: L001, ... in the order of first mention. mentions: every one. status: after the last allowed move.
        moves: (day, status) of each change. contradictions: sentences, where a text says what cannot follow.
        fields, dates: of the latest text that gives each, so that later texts fill gaps.
    """

    id: str
    mentions: list[Mention] = field(default_factory=list)
    status: str = ""
    moves: list[tuple[str, str]] = field(default_factory=list)
    contradictions: list[str] = field(default_factory=list)
    fields: dict[str, Any] = field(default_factory=dict)
    dates: dict[str, str] = field(default_factory=dict)

    @property
    def sources(self) -> tuple[str, ...]:
        """Return the texts that mention it."""
        return tuple(dict.fromkeys(each.document for each in self.mentions))

    def add(self, mention: Mention) -> None:
        """Keep a mention, and what it says beyond the earlier ones."""
        self.mentions.append(mention)
        read = mention.measure
        self.fields |= {name: value for name, value in read.items() if value not in (None, "", [], {})}
        self.dates |= {name: str(day) for name, day in (read.get("dates") or {}).items() if day}

    def as_of(self, day: str) -> str:
        """Return the status on a day, as far as texts of that day or earlier tell; "" before the first of them.

        A measure with a date of expiry is over on that day, and one that is decided holds from its first day.
        """
        said = [status for when, status in self.moves if when and when <= day]
        if not said:
            return ""
        status, known = said[-1], [each for each in self.mentions if each.published and each.published <= day]
        dates: dict[str, str] = {}
        for each in known:
            dates |= {name: str(when) for name, when in each.measure.get("dates", {}).items() if len(str(when)) == 10}
        if status in ("in_force", "announced") and dates.get("expiry", "9999") <= day:
            return "expired"
        if status == "announced" and dates.get("effective", "9999") <= day:
            return "in_force"
        return status

    def to_json(self) -> dict[str, Any]:
        """Return the life as an object."""
        rate = self.fields.get("rate")
        return {
            "id": self.id,
            "instrument": self.fields.get("instrument"),
            "imposer": self.fields.get("imposer"),
            "target": self.fields.get("target"),
            "rate": rate,
            "status": self.status,
            "effective": self.dates.get("effective"),
            "expiry": self.dates.get("expiry"),
            "moves": [{"date": day or None, "status": status} for day, status in self.moves],
            "contradictions": list(self.contradictions),
            "mentions": [
                {
                    "document": each.document,
                    "published": each.published or None,
                    "measure": each.measure["id"],
                    "status": each.status,
                    "words": each.words,
                    "start": each.measure["evidence"][0]["trigger"]["start"],
                }
                for each in self.mentions
            ],
        }


def lives(documents: Iterable[Mapping[str, Any]]) -> list[Life]:
    """Return one life for each measure.

    Args:
        documents: as `Document.to_json` has them. They are taken in the order of their dates, those without one last.
            A text that comes twice, under whatever name, counts once.
    """
    ordered = sorted(documents, key=lambda each: (each.get("published") or "9999", str(each.get("id"))))
    seen: set[str] = set()
    found: list[Life] = []
    for document in ordered:
        digest = str(document.get("sha256") or document.get("id"))
        if digest in seen:
            continue
        seen.add(digest)
        _mentioned(found, document)
    return found


def _mentioned(found: list[Life], document: Mapping[str, Any]) -> None:
    """Add the mentions of one text; two measures of one text are two, whatever they share."""
    taken: set[str] = set()
    for read in document["measures"]:
        if read["instrument"] in _SUMMARIES:
            continue
        mention = Mention(str(document["id"]), str(document.get("published") or ""), read)
        open_to = [life for life in found if life.id not in taken]
        life = max(open_to, key=lambda each: _likeness(each, mention), default=None)
        if life is None or _likeness(life, mention) <= 0:
            life = Life(f"L{len(found) + 1:03d}")
            found.append(life)
        taken.add(life.id)
        _moved(life, mention)


def _likeness(life: Life, mention: Mention) -> float:
    """Return how much of a mention agrees with a life; 0 where something contradicts."""
    read = mention.measure
    if life.fields.get("instrument") != read["instrument"] or not _sides_meet(life, read) or _over(life, mention):
        return 0
    ours, theirs = life.fields.get("rate"), read.get("rate")
    if ours and theirs and not _rates_agree(ours, theirs):
        return 0
    if not _products_meet(life, read) or not _days_agree(life, read):
        return 0
    score = 1 + 2 * bool(ours and theirs) + bool(set(life.fields.get("target", ())) & set(read["target"]))
    return score + _same_words(life, read)


def _over(life: Life, mention: Mention) -> bool:
    """Return whether a life had ended before a text says that it goes on: that is another measure."""
    if MOVES[life.status] or mention.status == life.status:
        return False
    return bool(mention.published) and mention.published > life.moves[-1][0]


def _sides_meet(life: Life, read: Read) -> bool:
    ours, theirs = set(str(life.fields.get("imposer", "")).split("+")), set(str(read["imposer"]).split("+"))
    if not ours & theirs or ours & theirs == {""}:
        return False
    mine, other = set(life.fields.get("target", ())), set(read["target"])
    return not mine or not other or "*" in mine | other or bool(mine & other)


def _rates_agree(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> bool:
    """Return whether two rates can be one: the same number, and not a whole rate beside points on top."""
    whole = [each["basis"] == "total" for each in (ours, theirs)]
    return bool(ours["value"] == theirs["value"] and whole[0] == whole[1])


def _products_meet(life: Life, read: Read) -> bool:
    """Return whether products overlap; a text that lists none may mean any."""
    ours, theirs = life.fields.get("product", {}), read.get("product") or {}
    mine, other = _codes(ours), _codes(theirs)
    if mine and other:
        return any(a.startswith(b) or b.startswith(a) for a in mine for b in other)
    scopes = {str(each.get("scope", "")) for each in (ours, theirs)} - {"", "unspecified", "partial", "none"}
    return len(scopes) < 2 or "all_goods" in scopes


def _codes(product: Mapping[str, Any]) -> list[str]:
    given = [*(product.get("hs") or ()), *(product.get("sectors") or ())]
    return [str(code).replace(".", "") for code in given if code != "*"]


def _days_agree(life: Life, read: Read) -> bool:
    """Return whether first days can be one: equal, one a part of the other, or one not given."""
    ours, theirs = life.dates.get("effective", ""), str(read.get("dates", {}).get("effective") or "")
    if not ours or not theirs or ours.startswith(theirs) or theirs.startswith(ours):
        return True
    return life.status in ("threatened", "proposed", "announced", "offered") and read["status"] != "in_force"


def _same_words(life: Life, read: Read) -> float:
    ours = str((life.fields.get("product", {})).get("text", "")).lower().split()
    theirs = str((read.get("product") or {}).get("text", "")).lower().split()
    return 0.1 * len(set(ours) & set(theirs))


def _moved(life: Life, mention: Mention) -> None:
    """Add a mention: it says the status again, moves the life along, or contradicts it."""
    status = mention.status
    if not life.mentions or status in MOVES[life.status]:
        life.status = status
        life.moves.append((mention.published, status))
    elif status != life.status:
        last = life.mentions[-1]
        life.contradictions.append(
            f"{mention.document} ({mention.published or 'no date'}) says {status} ({mention.words!r}) after "
            f"{life.status} in {last.document} ({last.published or 'no date'}): {last.words!r}"
        )
    life.add(mention)


def as_of(found: Sequence[Life], day: str) -> dict[str, str]:
    """Return the status of every life on a day; those of which nothing was known are left out."""
    told = {life.id: life.as_of(day) for life in found}
    return {name: status for name, status in told.items() if status}
