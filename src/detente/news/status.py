"""Status and action of a measure from the verbs and nouns over it; None when the words make it no measure.

Order of the questions: is it denied, wished or supposed? has it been withdrawn, suspended, ended? is it threatened,
demanded, offered, planned? decided? in force? Each answer keeps its rule and the cue.
"""

from __future__ import annotations

from detente.news.endings import dropped_too, ended, gradual, negative, paused, refrained
from detente.news.events import ACTION, FRIENDLY, LIBERAL, action_of, event_of
from detente.news.frames import Frame
from detente.news.grammar import Verb, clause
from detente.news.standings import Setting, Standing, complement, cue, is_done
from detente.news.told import told_status
from detente.news.verb_chains import EVENT, act_verb, subject
from detente.news.voids import is_void
from detente.news.word_lists import word_list

_LEGAL_ACT = word_list("status.legal_act")

_STANDS = frozenset(["unaffected", "unchanged", "place", "force", "effect", "there"])

_BILL = word_list("status.bill")


def standing(f: Frame, setting: Setting) -> Standing | None:
    """Return status and action, or None if this is no measure."""
    if (held := refrained(f)) is not None:
        return held
    judged = f.n.instrument != "legal_ruling" and any(m.instrument == "legal_ruling" for m in f.beside)
    if (
        is_void(f)
        or _imperative(f)
        or _summing(f)
        or (judged and f.verb is not None and (f.verb.cls in ("rule", "other") or _unlawful(f)))
    ):
        return None
    if (again := _let_in_again(f)) is not None:
        return again
    event, outer = event_of(f)
    if f.presupposed:
        return _behind(f, setting) or _existing(f)
    if (second := dropped_too(f)) is not None:
        return second
    action = action_of(f, event)
    if event == "":
        return _existing(f) or _adjectival(f, event, "impose") or told(f, setting)
    for rule in (negative, gradual, ended, paused, _matrix, _modal, _standing_as_it_is):
        answer = rule(f, setting, event, outer, action)
        if answer is not None:
            return answer if answer.status else None
    return told(f, setting)


def _unlawful(f: Frame) -> bool:
    """ "are inconsistent with", "were illegal": what a ruling says of a measure."""
    words = {"inconsistent", "illegal", "unlawful", "contrary", "incompatible", "invalid"}
    return f.verb is not None and f.verb.cls == "be" and complement(f.s, f.verb, frozenset(words), 3)


def _let_in_again(f: Frame) -> Standing | None:
    """ "resumed imports from": a ban that ends."""
    verb = f.n.verb
    if verb is None or verb.cls != "resume" or f.n.instrument != "import_ban" or verb.negative:
        return None
    return cue(f, "announced" if verb.mood else "withdrawn", "remove", "let-in-again", verb)


def _summing(f: Frame) -> bool:
    """ ", lifting the effective duty to 100 per cent": what the measures before it add up to."""
    verb = f.verb
    summed = {"effective", "total", "overall", "combined", "average"} & {f.s.low(k) for k in range(f.left, f.n.i)}
    return bool(summed) and verb is not None and verb.tense == "ing" and f.s.low(verb.i - 1) in (",", "thus", "thereby")


def _imperative(f: Frame) -> bool:
    """ "Set a tariff of 500% on Germany": an order to the reader, not a report."""
    verb = f.verb
    return verb is not None and verb.i == 0 and verb.tense == "pres" and f.s.low(0) == verb.lemma and f.subject is None


def told(f: Frame, setting: Setting) -> Standing | None:
    """A verb that the lexicon does not know: what the words of the clause say."""
    found = told_status(f) if f.n.verb is None and f.s.on("status.told") else None
    if found is None or setting.conditional or (setting.long_ago and found[0] == "in_force"):
        return None
    status, action, at = found
    willed = f.verb is not None and f.verb.mood in ("will", "shall")
    decreed = (setting.legal or setting.decreed) and f.verb is None and at < 0 and not setting.past
    if status == "in_force" and (setting.future or decreed or willed):
        status, action = "announced", "impose"
    return cue(f, status, action, "told", None, at)


_ORDINARY = word_list("status.ordinary")


def _existing(f: Frame) -> Standing | None:
    """ "on top of the ordinary 10% duty": a rate that the phrase itself calls the one that holds."""
    if not f.s.on("status.existing"):
        return None
    if f.n.instrument != "import_tariff" or not any(f.left <= i < f.n.i for i, _, _ in f.s.rates):
        return None
    at = next((k for k in range(f.left, f.n.i) if f.s.low(k) in _ORDINARY), -1)
    return cue(f, "in_force", "maintain", "existing", None, at) if at >= 0 else None


def _behind(f: Frame, setting: Setting) -> Standing | None:
    """What a preposition only refers to: in force or announced, if the phrase itself says so by a participle."""
    verb = f.participle
    if verb is None or f.n.instrument in FRIENDLY or f.n.instrument == "unspecified_retaliation":
        return None
    status = {"announce": "announced", "propose": "proposed", "threaten": "threatened", "impose": "in_force",
              "raise": "in_force", "commit": "announced"}.get(verb.cls)  # fmt: skip
    status = "announced" if status == "in_force" and setting.future else status
    return cue(f, status, ACTION.get(verb.cls, "impose"), "participle", verb) if status else None


def _matrix(
    f: Frame, setting: Setting, event: str, outer: list[tuple[str, Verb | None, int]], action: str
) -> Standing | None:
    """Threatened, demanded, offered, planned, decided: by a verb or noun above the event."""
    if event not in ("remain",) and f.verb is not None and f.verb.cls == "be" and _weighed(f):
        return cue(f, "proposed", action if action != "maintain" else "impose", "under-review", f.verb)
    over = act_verb(f.s, f.verb) if f.verb is not None and f.verb.tense in ("pres", "inf") else None
    if over is not None and not over.negative:
        said = {"announce": "announced", "sign": "announced", "order": "announced", "commit": "announced",
                "propose": "proposed", "suspend": "suspended", "remove": "withdrawn"}.get(over.cls, "")  # fmt: skip
        act = {"suspended": "suspend", "withdrawn": "remove"}.get(said, action)
        if said and not setting.past:
            return cue(f, said, act, "act", over)
    for cls, verb, at in outer:
        if cls in ("demand", "want", "seek") and verb is not None and _lobby(f, verb):
            return cue(f, "", action, "lobby", verb, at)
        own_body = f.subject is not None and f.subject.kind == "body" and not f.subject.country
        if cls == "demand" and own_body and verb is not None and f.subject is not None and f.subject.i > verb.i:
            cls = "propose"
        status = {"threaten": "threatened", "vow": "threatened", "propose": "proposed", "offer": "offered",
                  "demand": "demanded", "order": "announced"}.get(cls)  # fmt: skip
        if cls == "vow" and not setting.head and f.n.instrument != "unspecified_retaliation":
            status = "announced"
        if cls in ("want", "seek", "expect"):
            status = _wanted(f, cls, verb, setting)
        if cls == "commit":
            status = _committed(f, verb, event, action)
        if cls == "announce" and (verb is None or verb is f.verb or f.verb is None or f.verb.tense in ("inf", "ing")):
            status = "announced" if not (f.verb and f.verb.mood and f.verb is not verb) else None
        if cls == "signal":
            status = "threatened" if action not in LIBERAL else "proposed"
        if status == "proposed" and f.n.instrument in ("investment_commitment", "purchase_commitment"):
            status = "announced"
        if status in ("threatened", "proposed", "offered") and verb is not None and _superseded(f, verb):
            return cue(f, "", action, "had-planned", verb)
        if verb is not None and verb.mood in ("may", "could", "can") and status in ("announced", "proposed"):
            status = "proposed"
        if status == "proposed" and setting.unless and action not in LIBERAL and f.n.instrument not in FRIENDLY:
            status = "threatened"
        if status == "threatened" and (action in LIBERAL or f.n.instrument in FRIENDLY):
            return cue(f, "", action, "no-threat", verb, at)
        if status:
            return cue(f, status, action, cls, verb, at)
        if cls == "allow" and verb is not None and verb.negative:
            return cue(f, "", action, "not-allowed", verb)
    return _adjectival(f, event, action)


_WEIGHED = frozenset(["examination", "consideration", "discussion", "study", "review", "negotiation", "table"])


def _weighed(f: Frame) -> bool:
    """ "is under examination", "is on the table", "is open for comment"."""
    verb = f.verb
    if verb is None or verb.negative:
        return False
    words = [f.s.low(k) for k in range(verb.j, min(len(f.s.words), verb.j + 4))]
    if words[:1] == ["open"]:
        return bool({"comment", "comments", "consultation"} & set(words))
    return words[:1] in (["under"], ["on"], ["being"]) and bool(_WEIGHED & set(words))


_LOBBIES = word_list("status.lobbies")


def _lobby(f: Frame, verb: Verb) -> bool:
    """ "The steel lobby wants tariffs", "farmers called for a ban": the wish of some, aimed at no government."""
    own = subject(f.s, verb)
    if own is not None and own.kind != "firms":
        return False
    start = max((b for b in f.s.breaks if b <= verb.i), default=0)
    words = {f.s.low(k) for k in range(start, verb.i)}
    asked = {a.country for a in f.s.actors if verb.j <= a.i < f.n.i and a.kind in ("country", "place", "body")}
    home = {a.country for a in f.s.actors if a.j <= verb.i and a.country}
    return bool(words & _LOBBIES) and not asked - home


def _superseded(f: Frame, verb: Verb) -> bool:
    """ "had warned of", "had planned": a plan before the story, told as past."""
    had = any(f.s.low(k) == "had" for k in range(verb.i, verb.j))
    return had and not any(v.cls == "speak" for v in f.chain)


def _wanted(f: Frame, cls: str, verb: Verb | None, setting: Setting) -> str | None:
    """ "wants China to cut" demands; "wants to extend ... in exchange for" offers; "seeks to" plans."""
    if verb is None:
        return None
    own = subject(f.s, verb)
    other = f.subject is not None and own is not None and f.subject.i > verb.i
    if cls == "expect":
        return "announced" if other and f.s.on("status.expect") else None
    gone = any(f.s.low(k) in _GONE for k in range(f.n.j, min(len(f.s.words), f.n.j + 3)))
    if other or (f.nominal and f.nominal[0][0] == "remove") or (gone and f.verb is verb):
        return "demanded"
    if setting.exchange:
        return "offered"
    return "proposed" if f.verb is not verb else "demanded" if action_liberal(f) else "proposed"


_GONE = frozenset({"gone", "removed", "lifted", "scrapped", "dropped", "off", "cut", "lowered", "reduced", "abolished"})


def action_liberal(f: Frame) -> bool:
    """Return whether the event over the measure makes trade freer."""
    return any(ACTION.get(cls) in LIBERAL for cls, _ in f.nominal)


def _committed(f: Frame, verb: Verb | None, event: str, action: str) -> str | None:
    if verb is not None and verb.mood in ("may", "could", "would"):
        return None
    return "suspended" if event == "suspend" else "announced"


def _adjectival(f: Frame, event: str, action: str) -> Standing | None:
    """ "planned tariffs", "the threatened duty", when nothing else happens to them."""
    if event in ("remove", "suspend", "impose", "effect", "extend", "resume") and f.verb and f.verb.cls in EVENT:
        return None
    for k in range(f.left, f.n.i):
        word = f.s.low(k)
        if word in ("threatened",):
            return cue(f, "threatened", action if action != "maintain" else "impose", "adjective", None, k)
        if word in ("planned", "proposed", "envisaged", "mooted", "draft", "possible", "potential"):
            return cue(f, "proposed", action if action != "maintain" else "impose", "adjective", None, k)
    return None


def _modal(
    f: Frame, setting: Setting, event: str, outer: list[tuple[str, Verb | None, int]], action: str
) -> Standing | None:
    verb = next((v for v in [f.verb, *f.chain] if v is not None and v.mood and v.cls not in ("speak",)), None)
    if verb is None or (verb is not f.verb and f.verb is not None and f.verb.tense not in ("inf", "ing")):
        return None
    friendly = action in LIBERAL or f.n.instrument in FRIENDLY
    spoken = setting.spoken or any(cls in ("speak", "announce", "threaten") for cls, _, _ in outer)
    mood = verb.mood
    if setting.imagined and mood in ("would", "could", "may"):
        return cue(f, "", action, "imagined", verb)
    if mood in ("may", "can") or (mood == "could"):
        return cue(f, "" if friendly else "threatened", action, "could", verb)
    if mood == "expected":
        return cue(f, "announced" if event == "effect" else "proposed", action, "expected", verb)
    if mood in ("offer", "propose"):
        status = "offered" if mood == "offer" and friendly else "threatened" if mood == "offer" else "proposed"
        return cue(f, status, action, mood, verb)
    if mood == "must" and any(f.s.low(k) == "yet" for k in range(verb.i, verb.v)):
        return cue(f, "announced", action, "yet-to", verb)
    if mood == "must":
        return cue(f, "announced" if setting.future else "in_force", action, "must", verb)
    if mood == "would" and not spoken and not setting.head:
        if setting.proposing and not setting.conditional:
            return cue(f, "proposed", action, "would-of-proposal", verb)
        return _supposed(f, verb, action)
    return _will(f, setting, verb, action, friendly)


def _supposed(f: Frame, verb: Verb, action: str) -> Standing:
    """ "would" outside reported speech: a bill would; otherwise a supposition."""
    bill = any(f.s.low(k) in _BILL for k in range(max(0, verb.i - 12), verb.i))
    return cue(f, "proposed" if bill else "", action, "would", verb)


def _will(f: Frame, setting: Setting, verb: Verb, action: str, friendly: bool) -> Standing:
    legal_act = setting.legal or any(t.low in _LEGAL_ACT for t in f.s.words)
    if setting.conditional:
        if friendly:
            return cue(f, "offered" if f.subject and not verb.passive else "", action, "conditional", verb)
        return cue(f, "threatened", action, "conditional", verb)
    if setting.head and not legal_act and not friendly and action in ("impose", "raise", "resume", "maintain"):
        return cue(f, "threatened", action if action != "maintain" else "impose", "head-will", verb)
    if f.n.instrument == "unspecified_retaliation":
        return cue(f, "threatened", action, "will-retaliate", verb)
    if action == "maintain":
        return cue(f, "announced" if verb.cls in ("face", "be", "have") else "in_force", action, "will", verb)
    return cue(f, "announced", action, "will", verb)


def _standing_as_it_is(
    f: Frame, setting: Setting, event: str, outer: list[tuple[str, Verb | None, int]], action: str
) -> Standing | None:
    """Past and present: in force, unless the day it takes effect is still to come."""
    verb = f.verb or f.participle
    if f.n.rule == "curb.export-permit" and f.chain and f.chain[0].lemma in ("require", "oblige", "order"):
        verb = f.chain[0]
    if event in ("other", "allow", "match", "amend") or verb is None:
        return None
    if event in ("be", "have"):
        return _being(f, setting, verb)
    if event == "sign" and f.n.instrument not in FRIENDLY:
        final = verb.lemma in ("finalise", "finalize") and not verb.negative
        return cue(f, "announced", action if action != "sign" else "impose", "finalised", verb) if final else None
    if f.n.instrument in FRIENDLY:
        done = event in ("sign", "invest", "buy", "extend", "effect")
        if event == "effect" and f.n.instrument == "trade_agreement" and is_done(verb) and f.relation == "subject":
            return cue(f, "in_force", action, "took-effect", verb)
        if f.n.instrument in ("trade_agreement", "critical_minerals_deal", "tariff_truce") and done and is_done(verb):
            return cue(f, "announced", action, "signed", verb)
        signed = next((v for v in f.chain if v.cls == "sign" and is_done(v) and not v.negative), None)
        if signed is not None and f.n.instrument in ("purchase_commitment", "investment_commitment"):
            return cue(f, "announced", "impose", "signed", signed)
        return None if f.n.instrument != "tariff_truce" else cue(f, "in_force", "maintain", "truce", verb)
    if verb.tense == "inf" and verb is f.verb and not f.chain and not setting.legal:
        return None
    upper = f.chain[0] if f.chain else None
    if verb.tense in ("ing", "inf") and upper is not None and upper.cls == "sign":
        return cue(f, "announced", action, "by-signing", upper)
    if event == "resume" and verb.tense == "ing" and not outer:
        return None
    if _of_agreement(f) and verb.tense == "pres":
        return cue(f, "announced", action, "by-agreement", verb)
    if setting.over and verb.tense == "past" and action not in LIBERAL:
        return cue(f, "expired", "remove", "over", verb)
    before = verb.tense == "past" or any(f.s.low(k) == "had" for k in range(verb.i, verb.v))
    if setting.long_ago and before and action != "maintain":
        return None
    if setting.future and not (event == "remain" and verb.tense == "pres"):
        return cue(f, "announced", action, "future-date", verb)
    if verb.tense == "inf" and not setting.legal:
        return None
    if setting.legal and not setting.past and verb.tense in ("pres", "inf", "ing") and action != "maintain":
        return cue(f, "announced", action, "legal", verb)
    return cue(f, "in_force", action, "done", verb)


def _of_agreement(f: Frame) -> bool:
    """ "a framework agreement that sets a 15% tariff": what an agreement lays down is announced."""
    if f.verb is None:
        return False
    start = clause(f.s, f.verb.i)[0]
    if f.s.low(f.verb.i - 1) in ("deal", "agreement", "accord", "pact", "framework", "treaty"):
        return True
    if f.s.low(start) not in ("that", "which", "under"):
        return False
    return any(m.entry.value == "trade_agreement" and m.j <= start and start - m.j <= 8 for m in f.s.instruments)


def _being(f: Frame, setting: Setting, verb: Verb) -> Standing | None:
    if verb.negative:
        return None
    rated = any(f.left <= i < f.right for i, _, _ in f.s.rates)
    stands = f.n.instrument in ("tariff_truce", "entity_listing")
    if f.relation == "object" and not rated and not stands:
        return None
    if verb.tense == "past" and not setting.past and not complement(f.s, verb, _STANDS, 4):
        return None
    if setting.future:
        return cue(f, "announced", "impose", "future-date", verb)
    return cue(f, "in_force", "maintain", "is", verb)
