"""What a sentence, a country in it or a number in it shows, as names for a log-linear model to weigh.

A clue is a short string: `w:owe` (a word), `b:must_pay` (two words), `v:bar` (a verb), `b1:on` (the cell before).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from detente.news.actors import Discourse, country_of
from detente.news.grammar import Tagged, Verb
from detente.news.mention import Draft, Place
from detente.news.sights import Sight, senses

_SIGNS = frozenset(",'\"()")
_NUMBERS = frozenset({"<rate>", "<free>", "<perunit>", "<mass>", "<sum>"})
_DAYS = frozenset({"<later>", "<earlier>", "<ago>", "<day>"})

Codes = tuple[str, ...]
"""Countries that stand together: sorted ISO3 codes or blocs; `("*",)` is everybody, `()` nobody."""

SIDE = {
    "import_tariff": "in", "import_ban": "in", "import_quota": "in", "tariff_rate_quota": "in", "investigation": "in",
    "export_tariff": "out", "export_licensing": "out", "export_ban": "out", "export_quota": "out",
    "tech_export_control": "out", "entity_listing": "list", "port_fee": "ships", "purchase_commitment": "buy",
    "investment_commitment": "buy", "enforcement_commitment": "vow", "tariff_truce": "deal", "trade_agreement": "deal",
    "critical_minerals_deal": "deal", "legal_ruling": "law", "subsidy": "home", "government_spending": "home",
    "stockpile_purchase": "home", "price_floor": "floor", "diplomatic_action": "vow", "unspecified_retaliation": "vow",
    "unspecified_measure": "vow",
}  # fmt: skip
"""The instruments, and a group of those whose roles are told alike."""


def of_sentence(place: Place, row: Sight, seen: Discourse, before: list[Draft]) -> list[str]:
    """Return the clues to what a sentence tells: its words, its verbs, and what was told before."""
    s = place.tagged
    words = [cell for cell in row.cells if cell not in _SIGNS]
    numbers, days = (_those(words, kinds) for kinds in (_NUMBERS, _DAYS))
    clues = {f"w:{cell}" for cell in words}
    clues |= {f"b:{a}_{b}" for a, b in pairwise(["^", *words, "$"])}
    for name in senses(words):
        clues |= {f"t:{name}", f"tn:{name}:{numbers}"}
    for verb in s.verbs:
        form = _form(verb)
        clues |= {f"v:{verb.lemma}", f"vn:{verb.lemma}:{numbers}", f"c:{verb.cls}", f"cn:{verb.cls}:{numbers}"}
        clues |= {f"f:{form}", f"cf:{verb.cls}:{form}", f"df:{days}:{form}", f"dc:{days}:{verb.cls}:{form}"}
    clues |= {f"i:{mention.entry.value}" for mention in s.instruments}
    clues |= {f"g:{mention.entry.value}" for mention in s.products}
    lands = {c for a in s.actors for c in a.country.split("+") if c} | {m.entry.value for m in s.adjectives}
    clues |= {f"lands:{min(len(lands), 3)}", f"numbers:{numbers}", f"days:{days}", f"length:{min(len(words) // 6, 6)}"}
    clues |= {f"sign:{sign}" for sign in '":' if sign in row.cells[:8]}
    return sorted(clues | _told(place, seen, before))


def _those(words: list[str], kinds: frozenset[str]) -> str:
    return "".join(sorted(kinds & set(words)))


def _form(verb: Verb) -> str:
    return f"{verb.mood or verb.tense}{'!' if verb.passive else ''}{'-' if verb.negative else ''}"


def _told(place: Place, seen: Discourse, before: list[Draft]) -> set[str]:
    """What surrounds the sentence: measures told before, a legal passage, history, a study, a head of state."""
    last = next((d for d in reversed(before) if place.number - d.sentence <= 3), None)
    marks = {
        "legal": place.legal, "first": place.number == 0, "history": seen.history,
        "imagined": seen.imagined == place.sentence.paragraph, "head": any(a.head for a in place.tagged.actors),
    }  # fmt: skip
    clues = {f"told:{d.instrument}" for d in before[-12:]} | {f"{name}:{int(mark)}" for name, mark in marks.items()}
    return clues | {f"last:{last.instrument if last else ''}"}


def of_status(clues: list[str], kind: str, before: list[Draft]) -> list[str]:
    """Return the clues to the status of a measure: those of its sentence, its kind, the status of the one before."""
    forms = [clue for clue in clues if clue.startswith(("f:", "cf:", "df:", "days:"))]
    last = f"{before[-1].status}:{int(before[-1].instrument == kind)}" if before else ""
    return [*clues, f"k:{kind}", f"after:{last}", *(f"{SIDE[kind]}/{clue}" for clue in forms)]


def of_lands(
    place: Place, row: Sight, seen: Discourse, before: list[Draft], kind: str, at: int, imposer: Codes = ()
) -> dict[Codes, list[str]]:
    """Return the countries that a measure's roles can be filled from, each with the clues to its role.

    Args:
        kind: instrument. at: token of its rate, -1 without. imposer: who imposes, once that is known.
    """
    s = place.tagged
    found: dict[Codes, set[str]] = {}
    mentions: list[tuple[int, int, str, Codes]] = [(m.i, m.j, "folk", (m.entry.value,)) for m in s.adjectives]
    mentions += [(m.i, m.j, "firm", (m.entry.value,)) for m in s.firms if m.entry.value]
    for actor in s.actors:
        code = country_of(actor, s, seen)
        name = "they" if actor.kind.startswith("pronoun") else actor.kind
        mentions += [(actor.i, actor.j, name, tuple(sorted(code.split("+"))))] if code else []
    for number, (i, j, name, codes) in enumerate(sorted(mentions)):
        found.setdefault(codes, set()).update(_of_mention(s, row, i, j, name, min(number, 3), at))
    here = {code for codes in found for code in codes}
    for rank, code in enumerate(reversed(seen.recent[-4:])):
        if code not in here:
            found.setdefault((code,), set()).add(f"recent:{rank}")
    for how, known in _known(place, seen, before, imposer).items():
        named = tuple(sorted(code for code in known if code and code != "*"))
        if named:
            found.setdefault(named, set()).add(f"told:{how}")
    for codes, clues in found.items():
        inside, count = int(bool(set(codes) & here)), min(len(here), 3)
        clues |= {f"here:{count}", f"in:{inside}", f"ih:{inside}:{count}", f"size:{min(len(codes), 2)}"}
    return {codes: _grouped(clues, kind) for codes, clues in found.items()}


def _known(place: Place, seen: Discourse, before: list[Draft], imposer: Codes) -> dict[str, Codes]:
    """The countries that the text has told before this sentence, by how."""
    last = next((d for d in reversed(before) if place.number - d.sentence <= 4), None)
    return {
        "subject": (seen.subject,), "topic": (seen.topic,), "publisher": (seen.publisher,), "sole": (seen.sole,),
        "owner": (seen.notice.owner,), "against": (seen.notice.against,), "label": (seen.label,),
        "other": (seen.other(imposer[0]),) if len(imposer) == 1 else (),
        "lasti": last.imposer if last else (), "lastt": last.target if last else (),
    }  # fmt: skip


def _grouped(clues: set[str], kind: str) -> list[str]:
    """Each clue for itself and for the group of the instrument."""
    return [f"{group}{clue}" for clue in sorted(clues) for group in ("", f"{SIDE[kind]}/")]


def _of_mention(s: Tagged, row: Sight, i: int, j: int, name: str, number: int, rate_at: int) -> set[str]:
    """The clues of one mention of a country: what stands around it, the verbs before and after, where the rate is."""
    b1, b2, a1, a2 = row.near(i, -1), row.near(i, -2), row.near(j - 1, 1), row.near(j - 1, 2)
    clues = {f"k:{name}", f"p:{number}", f"kp:{name}:{number}", f"b1:{b1}", f"a1:{a1}", f"ba:{b1}:{a1}"}
    clues |= {f"b2:{b2}_{b1}", f"a2:{a1}_{a2}", f"kb:{name}:{b1}", f"ka:{name}:{a1}"}
    ahead = next((v for v in s.verbs if v.i >= j), None)
    behind = next((v for v in reversed(s.verbs) if v.j <= i), None)
    for side, verb in (("ahead", ahead), ("behind", behind)):
        cls, lemma, voice = (verb.cls, verb.lemma, "!" if verb.passive else "") if verb else ("", "", "")
        clues |= {f"{side}:{cls}{voice}", f"{side}v:{lemma}", f"{side}b:{b1}:{cls}"}
    clues.add(f"kab:{name}:{_voice(ahead)}:{_voice(behind)}")
    if rate_at >= 0:
        gap = row.at[rate_at] - row.at[i]
        way = "after" if gap > 0 else "before"
        clues |= {f"rate:{way}:{min(abs(gap), 8) // 2}", f"rateb:{way}:{b1}"}
    return clues


def _voice(verb: Verb | None) -> str:
    return "" if verb is None else "passive" if verb.passive else "active"


@dataclass(frozen=True, slots=True)
class Figure:
    """A number that can be a rate: its tokens i to j, value, unit and offsets."""

    i: int
    j: int
    value: float
    unit: str
    start: int
    end: int


MOST = 500.0
"""A bare number above this is no rate."""
_PLAIN = re.compile(r"(?<![\w.,/$€£½¼¾-])[0-9]+(?:\.[0-9]+)?(?![\w½¼¾]|[.,:/-][\w½¼¾])", re.ASCII)
"""A number that stands alone: no part of a word, a sum, a date or another number."""


def figures(place: Place) -> list[Figure]:
    """Return the numbers of a sentence that can be a rate: those with a unit, and bare ones that are no day or sum."""
    s = place.tagged
    out = [Figure(i, j, r.value, r.unit, r.start, r.end) for i, j, r in s.rates]
    used = {k for i, j, _ in [*s.rates, *s.amounts] for k in range(i, j)}
    for k, t in enumerate(s.words):
        plain = k not in used and _PLAIN.match(place.norm, t.start) and float(t.text) <= MOST
        if plain and not any(time.start <= t.start < time.end for time in place.times):
            out.append(Figure(k, k + 1, float(t.text), "percent_ad_valorem", t.start, t.end))
    return sorted(out, key=lambda figure: figure.i)


def of_figure(place: Place, row: Sight, figure: Figure, count: int, kind: str) -> list[str]:
    """Return the clues to whether a number is the rate of the measure that its sentence tells.

    Args:
        count: numbers of the sentence that can be a rate. kind: instrument of the measure.
    """
    b1, b2, b3 = (row.near(figure.i, step) for step in (-1, -2, -3))
    a1, a2, unit = row.near(figure.j - 1, 1), row.near(figure.j - 1, 2), row.near(figure.i, 0)
    verb = next((v for v in reversed(place.tagged.verbs) if v.j <= figure.i), None)
    clues = {f"u:{unit}", f"n:{min(count, 4)}", f"b1:{b1}", f"b2:{b2}_{b1}", f"b3:{b3}_{b2}_{b1}", f"a1:{a1}"}
    clues |= {f"a2:{a1}_{a2}", f"ba:{b1}_{a1}", f"ub:{unit}:{b1}", f"ua:{unit}:{a1}"}
    clues |= {f"v:{verb.lemma if verb else ''}", f"c:{verb.cls if verb else ''}:{b1}"}
    return _grouped(clues, kind)
