"""What happens to a measure: the event that touches it, and what stands above that event."""

from __future__ import annotations

from detente.news.frames import NOMINAL, Frame
from detente.news.grammar import Verb
from detente.news.verb_chains import EVENT
from detente.news.word_lists import word_list

ACTION = {
    "impose": "impose", "tax": "impose", "hit": "impose", "raise": "raise", "rise": "raise", "reduce": "reduce",
    "fall": "reduce", "remove": "remove", "exempt": "remove", "suspend": "suspend", "extend": "extend",
    "maintain": "maintain", "remain": "maintain", "resume": "resume", "return": "resume", "sign": "sign",
    "face": "maintain", "subject": "impose", "effect": "impose", "expire": "remove", "end": "remove", "be": "maintain",
    "have": "maintain", "buy": "impose", "limit": "impose", "ban": "impose", "halt": "impose", "add": "impose",
    "blacklist": "impose", "invest": "impose", "open": "impose", "probe": "impose", "strike": "remove",
    "rule": "remove",
    "uphold": "maintain", "retaliate": "impose", "respond": "impose", "crackdown": "impose", "skip": "cancel",
    "stockpile": "impose", "receive": "impose", "grant": "reduce", "allow": "reduce", "amend": "raise",
    "subsidise": "impose",
}  # fmt: skip
_AS = {"suspend": "ban", "halt": "ban", "allow": "ban", "other": "impose", "commit": "invest", "offer": "invest",
       "announce": "invest"}  # fmt: skip
"""What the verb of a verb construction amounts to."""
LIBERAL = frozenset({"reduce", "remove", "suspend"})
FRIENDLY = frozenset({"tariff_truce", "trade_agreement", "critical_minerals_deal", "purchase_commitment",
                      "investment_commitment", "enforcement_commitment"})  # fmt: skip
_CANCEL = word_list("status.cancel")
_PLANNED = frozenset(["planned", "proposed", "threatened", "promised", "announced", "scheduled"])
_NEEDS = frozenset(["obtain", "need", "seek", "get", "hold", "apply", "secure"])
_REVIEWS = frozenset(["look", "examine", "evaluate", "discuss", "study", "explore"])
_SPENDS = frozenset(["spend", "provide", "give", "grant", "pay", "make", "earmark", "offer"])
_TAKES = frozenset(["take", "adopt", "launch", "prepare", "make"])


Levels = list[tuple[str, Verb | None, int]]


def event_of(f: Frame) -> tuple[str, Levels]:
    """The event that touches the measure, and what stands above it, innermost first."""
    levels: Levels = [(cls, None, at) for cls, at in f.nominal]
    if f.verb is not None:
        levels.append((f.verb.cls, f.verb, f.verb.i))
    levels += [(v.cls, v, v.i) for v in f.chain]
    levels = _with_nouns(f, levels)
    if f.n.verb is not None:
        cls = f.n.verb.cls
        if cls == "remove" and f.n.instrument == "export_licensing":
            return "impose", levels[1:]
        return "limit" if cls == "allow" and "quota" in f.n.instrument else _AS.get(cls, cls), levels[1:]
    if not levels:
        return ("impose" if f.participle else ""), []
    if f.n.rule == "preference.lost":
        return _preference(levels)
    special = _by_words(f, levels)
    if special is not None:
        return special
    agreed = f.n.instrument in FRIENDLY and f.participle is not None and f.participle.cls == "sign"
    if agreed and f.participle is not None and levels[0][0] in ("speak", "announce", "have", "be"):
        return "sign", [("commit", f.participle, f.participle.i)]
    first, rest = levels[0][0], levels[1:]
    if first in ("other", "effect_other", "subsidise", "cover", "use"):
        return ("impose" if f.participle else ""), levels
    if first in EVENT or first in ("be", "have"):
        return _compound(f, first, rest)
    return ("impose" if first in _OVER else ""), levels


_UNDER = frozenset(["bring", "place", "put", "come", "fall"])
"""Goods that are brought under a duty."""


def words_of(f: Frame) -> list[str]:
    """Return the words between the governing verb and the nucleus."""
    return [f.s.low(k) for k in range(f.verb.j if f.verb else f.left, f.n.i)]


def _came_later(f: Frame, verb: Verb) -> bool:
    """ "Additional duties followed on October 18": no object, so the duties came into force."""
    plain = f.relation == "subject" and verb.tense == "past" and not verb.passive
    return plain and f.s.low(verb.j) in ("on", "in", "", ".", ",", "a", "days", "later", "the")


def _preference(levels: Levels) -> tuple[str, Levels]:
    """A preference that is taken away puts the duty back; one that is given takes it off; else it only is mentioned."""
    first, verb, _ = levels[0]
    lost = verb is not None and verb.lemma in ("lose", "forfeit")
    if lost or first in ("remove", "suspend", "end", "expire", "halt", "limit"):
        return "impose", levels[1:]
    return "", levels


_OVER = word_list("events.over")


def _by_words(f: Frame, levels: Levels) -> tuple[str, Levels] | None:
    """Events that a certain word decides: "look at the duties", "tariffs will come", "followed with"."""
    verb, first = f.verb, levels[0][0]
    if verb and first == "remove" and verb.lemma == "drop" and f.relation == "subject" and not verb.passive:
        return "fall", levels[1:]
    if verb and first == "propose" and verb.lemma in _REVIEWS and f.s.low(verb.j) in ("at", "into", "the", "whether"):
        return "", levels
    if (
        verb
        and verb.lemma == "lift"
        and not verb.passive
        and (
            any(f.s.low(i - 1) == "to" and r.value for i, _, r in f.s.rates if i > f.n.i)
            or any(f.s.low(i - 1) == "to" and a.money for i, _, a in f.s.amounts if i > f.n.i)
        )
    ):
        return "raise", levels[1:]
    if verb and verb.lemma == "reach" and any(0 <= i - verb.j <= 2 for i, _, _ in f.s.rates):
        return "rise", levels[1:]
    if verb and verb.lemma in _UNDER and f.s.low(f.left - 1) == "under":
        return "impose", levels[1:]
    if verb and f.n.rule == "bare.enters-free":
        return "reduce", levels[1:]
    if verb and verb.lemma in ("go", "move") and f.n.bare and f.s.low(verb.j) == "to":
        return "rise", levels[1:]
    if verb and verb.lemma == "come" and f.relation == "subject":
        return "effect", levels[1:]
    if f.n.instrument == "unspecified_retaliation" and verb and verb.lemma in _TAKES and verb.cls != "propose":
        return "impose", levels[1:]
    if f.n.instrument == "subsidy" and verb and verb.lemma in _SPENDS:
        return "impose", levels[1:]
    if f.n.instrument == "entity_listing" and verb and verb.lemma == "enter" and f.s.low(f.left - 1) in ("in", "into"):
        return "impose", levels[1:]
    if f.n.rule == "curb.duty-free-entry" and verb:
        return "reduce", levels[1:]
    if f.n.rule == "curb.export-permit":
        if verb is not None and (verb.lemma in _NEEDS or (verb.lemma == "make" and "subject" in words_of(f))):
            return "impose", levels[1:]
        if first == "subject" and verb is not None and not verb.passive:
            return "impose", levels[1:]
        if first not in ("impose", "limit", "remove", "announce"):
            return "", levels
    answers = verb is not None and verb.lemma in (
        "answer",
        "respond",
        "reply",
        "retaliate",
        "counter",
        "hit back",
        "strike back",
    )
    if answers and f.s.low(f.left - 1) == "with":
        return "impose", levels[1:]
    if first == "follow" and verb is not None and _came_later(f, verb):
        return "effect", levels[1:]
    if first == "follow":
        if f.relation == "subject" and verb is not None and verb.mood:
            return "effect", levels[1:]
        return ("impose" if f.s.low(f.left - 1) == "with" else ""), levels[1:]
    return None


def _compound(f: Frame, first: str, rest: Levels) -> tuple[str, Levels]:
    """An event over an event: "scrap the increase", "extend the pause", "suspend the collection", "have no effect"."""
    over = rest[0][0] if rest else ""
    no_effect = f.verb is not None and f.s.low(f.verb.j - 1) == "no" and f.s.low(f.verb.j) == "effect"
    if first in ("be", "have") and no_effect:
        return "halt", rest
    taken = {"raise": ("remove", "suspend"), "suspend": ("extend", "remove", "expire")}
    taken["impose"] = ("suspend", "remove", "halt")
    if over in taken.get(first, ()):
        return over, rest[1:]
    return first, rest


def _with_nouns(f: Frame, levels: list[tuple[str, Verb | None, int]]) -> list[tuple[str, Verb | None, int]]:
    """Put the noun of "a plan to raise", "an order to impose" between the infinitive and the verb above it."""
    out: list[tuple[str, Verb | None, int]] = []
    for cls, verb, at in levels:
        out.append((cls, verb, at))
        if verb is not None and verb.tense in ("inf", "ing") and not verb.mood:
            k = verb.i - 1
            noun = f.s.low(k) if f.s.low(k) != "of" else f.s.low(k - 1)
            if noun in NOMINAL and noun not in ("end", "return", "cost", "move"):
                out.append((NOMINAL[noun], None, k))
    return out


def action_of(f: Frame, event: str) -> str:
    action = ACTION.get(event, "impose")
    left = [f.s.low(k) for k in range(f.left, f.n.i)]
    lemma = f.verb.lemma if f.verb else ""
    if action == "remove" and (lemma in _CANCEL and _PLANNED & {*left, *_participles(f)}):
        return "cancel"
    if action == "impose" and {"higher", "steeper", "tighter", "tougher", "stricter"} & set(left):
        return "raise"
    if f.n.instrument in ("trade_agreement", "critical_minerals_deal") and action in ("impose", "maintain"):
        return "sign"
    if event == "maintain" and f.verb and f.verb.lemma == "leave":
        return "maintain"
    return action


def _participles(f: Frame) -> set[str]:
    return {f.s.low(f.participle.v)} if f.participle else set()
