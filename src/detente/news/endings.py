"""Measures that are denied, ended, halted or paused, from the verbs over them."""

from __future__ import annotations

from detente.news.frames import Frame
from detente.news.grammar import Verb
from detente.news.standings import Setting, Standing, complement, cue, is_done
from detente.news.word_lists import word_list

_ON_HOLD = word_list("status.on_hold")


def negative(
    f: Frame, setting: Setting, event: str, outer: list[tuple[str, Verb | None, int]], action: str
) -> Standing | None:
    verb = f.verb
    denied = [v for v in [verb, *f.chain] if v is not None and v.negative]
    if not denied:
        return None
    longer = verb is not None and any(f.s.low(k) == "longer" for k in range(verb.i, verb.j))
    if verb is not None and longer and f.s.on("status.no-longer") and event in ("face", "subject", "be", "impose"):
        return cue(f, "withdrawn", "remove", "no-longer", verb)
    kept_out = (
        f.n.verb is not None and f.n.verb.cls in ("allow", "other") and f.n.instrument in ("export_ban", "import_ban")
    )
    if (event == "receive" or kept_out) and verb is not None:
        later = setting.future or verb.mood in ("will", "shall")
        return cue(f, "announced" if later else "in_force", "impose", "may-not", verb)
    if (
        f.s.on("status.shall-not-apply")
        and event in ("impose", "face", "be")
        and setting.legal
        and verb is not None
        and verb.mood in ("shall", "will")
        and any(t.low in ("during", "period", "until", "days", "year") for t in f.s.words)
    ):
        return cue(f, "suspended", "suspend", "shall-not-apply", verb)
    if event == "extend" and verb is not None and denied[0] is verb and f.relation == "object" and f.n.verb is None:
        return cue(f, "in_force", "maintain", "not-extended", verb)
    spared_a_while = verb is not None and denied[0] is verb and verb.lemma in _COLLECTING and f.relation == "object"
    if spared_a_while and any(f.s.low(k) in _WHILE for k in range(f.n.j, len(f.s.words))):
        return cue(f, "suspended", "suspend", "not-collected", verb)
    unpaid = event == "be" and complement(f.s, denied[0], _DUE, 3) and f.relation == "subject"
    if unpaid and denied[0] is verb and verb.tense == "pres":
        return cue(f, "suspended", "suspend", "not-payable", verb)
    kept = (
        denied[0] is verb and verb is not None and verb.passive and f.relation == "subject" and verb.lemma in _UNTOUCHED
    )
    if kept and verb is not None and verb.tense == "pres":
        return cue(f, "in_force", "maintain", "not-affected", verb)
    spared = event == "face" and denied[0] is verb and f.verb is not None and f.relation == "object"
    words = {t.low for t in f.s.words}
    if spared and words & {"until", "during", "through"} and words & {"need", "not"}:
        return cue(f, "suspended", "suspend", "need-not-pay", denied[0])
    return cue(f, "", action, "denied", denied[0])


_UNTOUCHED = frozenset(["affect", "disturb", "change", "alter", "touch", "modify", "amend"])
_DUE = frozenset(["payable", "due", "chargeable", "applicable", "collected", "levied", "charged"])

_GONE_NOW = frozenset(["over", "history", "dead", "gone", "finished"])


def _freed(f: Frame, verb: Verb) -> bool:
    """ "shall be free of the additional duties"."""
    words = (f.s.low(verb.j), f.s.low(verb.j + 1))
    free = words[0] in ("free", "relieved", "exempt") and words[1] in ("of", "from")
    return free and f.relation == "object" and f.left - verb.j <= 3 and not verb.negative


def ended(
    f: Frame, setting: Setting, event: str, outer: list[tuple[str, Verb | None, int]], action: str
) -> Standing | None:
    verb = f.verb
    if event == "be" and verb is not None and _freed(f, verb):
        return cue(f, "suspended", "suspend", "free-of", verb)
    if event == "be" and verb is not None and not verb.mood and not verb.negative and f.relation == "subject":
        over = f.s.low(verb.j - 1) in _GONE_NOW and f.s.low(verb.j) in ("", ".", ",", ";", "and", "but", "since")
        if over or (
            complement(f.s, verb, _GONE_NOW, 1)
            and f.s.low(verb.j + 1) in ("", ".", ",", ";", "and", "but", "now", "since")
        ):
            return cue(f, "expired", "remove", "is-over", verb)
    if event in ("expire", "end"):
        told = verb is not None and verb.cls in ("announce", "order", "sign") and f.relation == "object"
        if told and is_done(verb) and f.nominal and f.s.low(f.nominal[0][1]) == "end":
            return cue(f, "withdrawn", "remove", "end-told", verb)
        if verb is None or verb.cls not in ("expire", "end"):
            return cue(f, "in_force", "maintain", "expiry-noun", None, f.nominal[0][1] if f.nominal else -1)
        if event == "end" and f.relation == "object":
            return cue(f, "withdrawn", "remove", "ended", verb) if is_done(verb) else None
        let = next((v for v in f.chain if v.lemma == "let" and not v.mood and not v.negative), None)
        if let is not None:
            return cue(f, "expired", "remove", "let-lapse", let)
        if is_done(verb) and not any(c == "be" for c, _, _ in outer):
            return cue(f, "expired", "remove", "expired", verb)
        return cue(f, "in_force", "maintain", "will-expire", verb)
    if event == "remove" and verb is not None and verb.cls == "remove" and not raised_above(outer) and _for_a_time(f):
        return cue(f, "suspended", "suspend", "for-a-time", verb)
    drops = event == "remove" and verb is not None and verb.cls == "remove" and not raised_above(outer)
    now = verb is not None and verb.tense == "pres" and not verb.mood and not verb.negative
    if drops and now and verb is not None and f.relation == "object" and not (setting.legal or setting.future):
        return cue(f, "withdrawn", action, "removes", verb)
    if event == "remove" and verb is not None and verb.cls == "remove" and not raised_above(outer) and is_done(verb):
        return cue(f, "withdrawn", action, "removed", verb)
    if (
        event == "halt"
        and f.s.on("status.halted")
        and f.n.verb is None
        and verb is not None
        and not raised_above(outer)
    ):
        verb = next((v for v in [verb, *f.chain] if v.cls == "halt"), verb)
        done = is_done(verb) or (verb.tense == "pres" and not verb.mood)
        pause = complement(f.s, verb, _WHILE, 8) or any(f.s.low(k) in _WHILE for k in range(verb.i, verb.v))
        status = ("suspended" if pause else "withdrawn") if done else "suspended" if pause else "announced"
        return cue(f, status, "suspend" if pause else "remove", "halted", verb)
    if event == "rule" or event == "strike":
        return cue(f, "in_force", "remove", "ruled", verb) if f.n.verb is not None and verb and not verb.mood else None
    return None


_WHILE = frozenset({"period", "days", "months", "year", "during", "until"})
_SPANS = frozenset(["days", "weeks", "months", "month", "year", "years"])


def _for_a_time(f: Frame) -> bool:
    """ "waived the duty for two years", "scrapped the tax until October 31": taken off and due back."""
    verb = f.verb
    if verb is None or not is_done(verb) or verb.negative:
        return False
    words = [f.s.low(k) for k in range(max(f.n.j, verb.j), len(f.s.words))]
    if "until" in words or "through" in words:
        return True
    return any(w == "for" and set(words[k + 1 : k + 4]) & _SPANS for k, w in enumerate(words))


def raised_above(outer: list[tuple[str, Verb | None, int]]) -> bool:
    return any(cls in ("threaten", "propose", "offer", "demand", "want", "seek") for cls, _, _ in outer)


def paused(
    f: Frame, setting: Setting, event: str, outer: list[tuple[str, Verb | None, int]], action: str
) -> Standing | None:
    verb = f.verb
    opening = [f.s.low(k) for k in range(4)]
    turned = next((k for k in (1, 2) if opening[k] in _SHELVED and opening[0] in ("also", "likewise", "equally")), 0)
    if turned and not f.presupposed:  # "Also parked until next year are the duties on"
        return cue(f, "suspended", "suspend", "inverted", None, turned)
    held = event in ("be", "remain") and verb is not None and complement(f.s, verb, _ON_HOLD, 4)
    if held and verb is not None and not verb.mood:
        return cue(f, "suspended", "suspend", "on-hold", verb)
    stayed = verb is not None and verb.lemma == "stay" and f.relation == "object" and not verb.mood
    if stayed and f.s.low(verb.j if verb else 0) in ("the", "for", "this", "these", "its", "all"):
        return cue(f, "suspended", "suspend", "stays-a-rule", verb)
    if verb is not None and verb.passive and f.relation == "subject":  # "have been ordered and held in abeyance"
        held_too = (v for v in f.s.verbs if v.i >= verb.j and v.cls == "suspend" and f.s.low(v.i - 1) == "and")
        if (second := next(held_too, None)) is not None and second.tense in ("past", "pp") and not verb.negative:
            return cue(f, "suspended", "suspend", "held-too", second)
    if verb is not None and verb.lemma in ("put", "keep", "place") and f.relation == "object" and not verb.mood:
        words = [f.s.low(k) for k in range(f.n.j, min(len(f.s.words), f.n.j + 12))]
        if any(words[k : k + 2] in (["on", "hold"], ["on", "ice"]) for k in range(len(words))):
            return cue(f, "suspended", "suspend", "put-on-hold", verb)
    if event != "suspend" or raised_above(outer):
        return None
    if verb is not None and (
        verb.mood in ("may", "could", "can", "would", "propose", "offer", "expected") and not setting.legal
    ):
        return None
    if f.n.instrument == "tariff_truce":
        return None
    return cue(f, "suspended", "suspend", "suspended", verb) if verb else None


_SHELVED = frozenset(["parked", "shelved", "frozen", "paused", "suspended", "postponed", "deferred", "mothballed"])
_COLLECTING = frozenset(["collect", "charge", "levy", "enforce"])


def refrained(f: Frame) -> Standing | None:
    """ "refrains from collecting the surcharges": a charge that stands and is not taken."""
    verb = f.verb
    over = next((v for v in f.chain if v.lemma in ("refrain", "abstain")), None)
    if verb is None or over is None or over.negative or verb.lemma not in _COLLECTING or f.relation != "object":
        return None
    return cue(f, "announced" if over.mood else "suspended", "suspend", "refrained", over)


def gradual(
    f: Frame, setting: Setting, event: str, outer: list[tuple[str, Verb | None, int]], action: str
) -> Standing | None:
    """ "comes down from 38.5% to 9% over 15 years", "phases out its duty": laid down, and still to come."""
    verb = f.verb
    if verb is None or verb.tense != "pres" or verb.mood or verb.negative or verb.cls not in _CHANGING:
        return None
    ahead = range(verb.j, len(f.s.words))
    spread = any(f.s.low(k) in ("over", "within") and f.s.low(k + 2) in _STAGES for k in ahead)
    if verb.lemma != "phase out" and not spread:
        return None
    return cue(f, "announced", action, "gradual", verb)


_STAGES = frozenset(["years", "stages", "steps", "instalments"])
_CHANGING = frozenset(["reduce", "remove", "fall", "rise", "raise"])


def dropped_too(f: Frame) -> Standing | None:
    """ "drew some 600 comments and has been abandoned": the second verb of the subject ends it."""
    verb = f.verb
    if verb is None or f.relation != "subject":
        return None
    joined = (v for v in f.s.verbs if v.i >= verb.j and f.s.low(v.i - 1) in ("and", "but"))
    second = next(joined, None)
    if second is None or second.negative or second.mood or not is_done(second):
        return None
    if second.cls == "expire" and second.tense == "perf" and not second.passive:
        return cue(f, "expired", "remove", "expired-too", second)
    if not second.passive:
        return None
    if second.cls == "remove":
        return cue(f, "withdrawn", "remove", "dropped-too", second)
    return cue(f, "suspended", "suspend", "held-too", second) if second.cls == "suspend" else None
