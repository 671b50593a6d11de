"""A second look at what the rules leave open: fitted weights instead of constructions.

Rules know how trade measures are usually told; people tell them in a thousand other ways. Where no rule finds a
measure in a sentence, log-linear models say what is likely; where one does, they may fill in who imposes it. Their
weights are fitted on sentences of our own (`tests/gold/lines`), none of them like one of the annotated texts that the
reader is scored with. What is not likely enough stays open: no measure, or a question. A denial stays one.
"""

from __future__ import annotations

from detente.news import hedges
from detente.news.actors import Discourse
from detente.news.clues import SIDE, Codes, Figure, figures, of_figure, of_lands, of_sentence, of_status
from detente.news.drafts import quantity
from detente.news.events import ACTION
from detente.news.frames import Frame, frame
from detente.news.goods import product, zone
from detente.news.levels import basis, read_level, signed
from detente.news.loglinear import Weights, chance, choice, models, shares
from detente.news.measure import STATUSES, Cue, Evidence, Rate, Span
from detente.news.mention import BORDER, Draft, Place, replace_draft
from detente.news.nuclei import nuclei, of_utility
from detente.news.nucleus import Nucleus
from detente.news.numbers import RateWord
from detente.news.placing import dates_of
from detente.news.sights import Sight, sight
from detente.news.voids import is_void
from detente.news.word_lists import word_list

NONE = "none"
KINDS = (NONE, *SIDE)
ANY: Codes = ("*",)
NOBODY: Codes = ()
SURE = 0.4
"""Probability of kind and status together from which a measure is proposed."""
SURE_RATE, SURE_ROLE = 0.5, 0.5
"""From which a number is its rate, and a country its imposer or target."""
SURE_MORE = 0.9
"""From which a number is one more rate beside those that rules have read."""
SURE_SIDE = 0.7
"""From which a barrier that a general noun has named is of another kind."""
SURE_VOID = 0.9
"""Probability of no measure from which a mention without an imposer of its own is left out."""
HISTORY = 1995
"""Year from which a measure can be more than history: the World Trade Organization begins."""
_PEOPLE = word_list("nuclei.people")
_BARRIERS = frozenset(
    ["tax", "taxes", "tariff", "tariffs", "duty", "duties", "levy", "levies", "ban", "bans", "quota", "quotas", "fee",
     "fees", "surcharge", "restriction", "restrictions", "curbs"]
)  # fmt: skip
"""What "no" denies."""
UNLINKED = 0.7
"""How much less sure a rate is that no rule has linked to its measure."""
LONGEST = 200
"""Words of a sentence; what is longer is no prose."""
_ACTION = {"suspended": "suspend", "withdrawn": "remove", "expired": "remove"}


def second_look(place: Place, seen: Discourse, before: list[Draft]) -> list[Draft]:
    """Return the likely measures of a sentence in which no rule has found one.

    Args:
        before: drafts of the document so far.
    """
    s = place.tagged
    open_end = place.norm[place.sentence.start : place.sentence.end].rstrip("\"' )").endswith(("?", ":"))
    if open_end or not 3 <= len(s.words) <= LONGEST or _denied(place) or _long_past(place):
        return []
    row, fitted = sight(place), models()
    clues = of_sentence(place, row, seen, before)
    odds = shares(fitted["kind"], clues, KINDS)
    kind = max(SIDE, key=lambda name: odds[name])
    standing = shares(fitted["status"], of_status(clues, kind, before), STATUSES)
    status = max(STATUSES, key=lambda name: standing[name])
    likely = odds[kind] * standing[status]
    if likely < SURE or (kind in BORDER and _PEOPLE & {t.low for t in s.words}):
        return []
    numbers = figures(place)
    rated: list[Figure | None] = [
        figure for figure in numbers if _likely_rate(place, row, figure, len(numbers), kind) >= SURE_RATE
    ]
    return [_draft(place, row, seen, before, kind, status, figure, likely) for figure in rated or [None]]


def completed(place: Place, seen: Discourse, before: list[Draft], drafts: list[Draft]) -> list[Draft]:
    """Return the mentions that rules have read in a sentence, with likely roles and rates where they leave them open.

    A mention whose own sentence does not say who imposes, and is very likely about no measure, is left out.

    Args:
        before: drafts of the document before this sentence. drafts: those of this sentence.
    """
    if len(place.tagged.words) > LONGEST or _other_sense(place) or _long_past(place):
        return drafts
    row = sight(place)
    odds = shares(models()["kind"], of_sentence(place, row, seen, before), KINDS)
    drafts = [draft for draft in drafts if draft.own_imposer or odds[NONE] < SURE_VOID]
    for draft in drafts:
        _turned(draft, odds)
        if not draft.imposer:
            _fill(draft, place, row, seen, before)
    return [*drafts, *_further_rates(place, row, seen, before, drafts)]


def _further_rates(place: Place, row: Sight, seen: Discourse, before: list[Draft], drafts: list[Draft]) -> list[Draft]:
    """One more mention for each rate that the rules have not linked; a rate that another replaces is none."""
    rated = {d.rate.start: d for d in drafts if d.rate is not None and d.rate.unit.startswith("percent")}
    numbers = figures(place)
    out = []
    for figure in numbers:
        if not rated or figure.start in rated or not figure.unit.startswith("percent"):
            continue
        near = min(rated, key=lambda start: abs(start - figure.start))
        replaced = figure.start < near and place.norm[:near].rstrip().endswith(" to")
        likely = _likely_rate(place, row, figure, len(numbers), rated[near].instrument)
        if likely >= SURE_MORE and not replaced:
            out.append(_sibling(place, row, seen, before, rated[near], figure, likely))
    return out


def _turned(draft: Draft, odds: dict[str, float]) -> None:
    """ "The duty", "the curbs" do not say on which side of the border; the whole sentence and what came before may."""
    kind = max(BORDER, key=lambda name: (odds[name], name))
    rule = draft.cues[0].rule
    general = rule.startswith(("instruments.", "noun.", "curb.")) and "permit" not in rule
    if general and draft.instrument in BORDER and kind != draft.instrument and odds[kind] >= SURE_SIDE:
        draft.instrument, draft.likely = kind, min(draft.likely, odds[kind])
        draft.cues.append(Cue("instrument", "likely.kind", "", -1, kind))


def _denied(place: Place) -> bool:
    """Whether a rule has understood the sentence and found no measure: another sense, denied, supposed, wished."""
    s = place.tagged
    found = nuclei(s)
    frames = [frame(s, n, found) for n in found]
    acts = [f.verb for f in frames if f.n.verb is None and f.verb and f.verb.cls in ("impose", "raise", "limit", "ban")]
    negative = any(verb.negative and verb.tense in ("past", "perf") for verb in acts)
    lows = [t.low for t in s.words]
    none = any(word == "no" and _BARRIERS & set(lows[k + 1 : k + 4]) for k, word in enumerate(lows))
    unread = bool(s.instruments) and not found
    return unread or negative or none or "never" in lows or any(is_void(f) for f in frames) or _other_sense(place)


def _long_past(place: Place) -> bool:
    """Whether a year before the trade rules of today is named: history, told for its own sake."""
    return any(t.value[:4].isdigit() and int(t.value[:4]) < HISTORY for t in place.times) or any(
        len(t.text) == 4 and t.text.isdecimal() and 1000 < int(t.text) < HISTORY for t in place.tagged.words
    )


def _other_sense(place: Place) -> bool:
    """Whether it is about the rates of a utility or about taxes inside a country."""
    return place.tagged.utility or of_utility(place.tagged)


def _likely_rate(place: Place, row: Sight, figure: Figure, count: int, kind: str) -> float:
    return chance(models()["rate"], of_figure(place, row, figure, count, kind))


def _fill(draft: Draft, place: Place, row: Sight, seen: Discourse, before: list[Draft]) -> None:
    """Give a mention whose imposer the rules leave open its likely roles."""
    start = draft.rate.start if draft.rate else -1
    at = next((k for k, t in enumerate(place.tagged.words) if t.start == start), -1)
    imposer, target = _roles(place, row, seen, before, draft.instrument, at, draft.target)
    if imposer:
        draft.imposer, draft.inherited = ("+".join(imposer),), True
        draft.cues.append(Cue("imposer", "likely.imposer", "", -1, draft.imposer[0]))
        draft.target = draft.target or target


def _sibling(
    place: Place, row: Sight, seen: Discourse, before: list[Draft], model: Draft, figure: Figure, likely: float
) -> Draft:
    """A further rate of a sentence, with the partner that it is most likely for."""
    known = tuple(code for one in model.imposer for code in one.split("+"))
    _, target = _roles(place, row, seen, before, model.instrument, figure.i, imposer=known)
    words = place.text[figure.start : figure.end]
    kind = model.rate.basis if model.rate else "total"
    rate = Rate(figure.value, figure.unit, kind, words, figure.start)
    fresh = replace_draft(model, rate=rate, quantity=None, target=target or model.target)
    fresh.likely = likely * model.likely * UNLINKED
    fresh.evidence = Evidence(
        model.evidence.start, model.evidence.end, model.evidence.sentence,
        Span(figure.start, figure.end, words), model.evidence.sentence_id,
    )  # fmt: skip
    fresh.cues.append(Cue("rate", "likely.rate", words, figure.start, f"{figure.value:g}"))
    return fresh


def _roles(
    place: Place, row: Sight, seen: Discourse, before: list[Draft], kind: str, at: int,
    target: Codes = NOBODY, imposer: Codes = NOBODY,
) -> tuple[Codes, Codes]:  # fmt: skip
    """Return imposer and target as far as they are likely; what is given stays, but a deal binds those who sign it."""
    fitted = models()
    if not imposer:
        lands = imposer_options(of_lands(place, row, seen, before, kind, at), kind, target)
        imposer = _chosen(fitted["imposer"], lands)
    if SIDE[kind] == "deal" and len(imposer) > 1:
        target = imposer
    if not target:
        lands = target_options(of_lands(place, row, seen, before, kind, at, imposer), kind, imposer)
        target = _chosen(fitted["target"], lands)
    return imposer, target


Options = dict[Codes, list[str]]


def imposer_options(lands: Options, kind: str, target: Codes) -> Options:
    """Return who may impose, with the clues to it: a country that is not the target, or nobody named."""
    return {c: v for c, v in lands.items() if not set(c) & set(target)} | {NOBODY: [f"none:{SIDE[kind]}"]}


def target_options(lands: Options, kind: str, imposer: Codes) -> Options:
    """Return whom it may be aimed at: another country (a party too in a deal that binds both), nobody, everybody."""
    apart = {c: v for c, v in lands.items() if SIDE[kind] == "deal" or not set(c) & set(imposer)}
    return apart | {NOBODY: [f"none:{SIDE[kind]}"], ANY: [f"any:{kind}"]}


def _chosen(weights: Weights, options: Options) -> Codes:
    names = list(options)
    odds = choice(weights, [options[name] for name in names])
    best = max(range(len(names)), key=lambda k: odds[k])
    return names[best] if odds[best] >= SURE_ROLE else NOBODY


def _draft(
    place: Place, row: Sight, seen: Discourse, before: list[Draft], kind: str, status: str, figure: Figure | None,
    likely: float,
) -> Draft:  # fmt: skip
    s, sentence = place.tagged, place.sentence
    n = _heart(place, kind, figure)
    f = frame(s, n, [n])
    action = _action(n, status)
    imposer, target = _roles(place, row, seen, before, kind, figure.i if figure else -1)
    rate = _rate(f, figure, action, place.text) if figure else None
    start, end = s.span(n.i, n.j)
    if figure:
        start, end = min(start, figure.start), max(end, figure.end)
    when, cues = dates_of(place, f, 0, len(s.words))
    words, at = place.text[slice(*s.span(n.i, n.j))], s.words[n.i].start
    cues = [Cue("instrument", "likely.kind", words, at, kind), Cue("status", "likely.status", words, at, status), *cues]
    cues += [Cue("rate", "likely.rate", rate.raw, rate.start, f"{rate.value:g}")] if rate else []
    for name, codes in (("imposer", imposer), ("target", target)):
        cues += [Cue(name, f"likely.{name}", "", -1, "+".join(codes))] if codes else []
    here = {a.country for a in s.actors} | {m.entry.value for m in s.adjectives}
    span = (sentence.start, sentence.end)
    return Draft(
        instrument=kind, action=action, status=status, imposer=("+".join(imposer),) if imposer else (), target=target,
        rate=rate, product=product(f, place.text, *zone(f)), quantity=quantity(place, f), dates=when,
        evidence=Evidence(*span, place.text[slice(*span)], Span(start, end, place.text[start:end]), f"s{place.number}"),
        attribution=hedges.attribution(place.norm, *span, (start, end), "", False),
        condition=hedges.condition(place.norm, *span, start), cues=cues, sentence=place.number,
        own_imposer=bool(set(imposer) & here), own_target=bool(set(target) & here), definite=False,
        hearsay=hedges.hearsay(place.norm, *span, False), likely=likely,
    )  # fmt: skip


def _heart(place: Place, kind: str, figure: Figure | None) -> Nucleus:
    """The verb that most likely carries a measure: the last before its rate, else the first that is not of saying."""
    s = place.tagged
    acts = [v for v in s.verbs if v.cls not in ("speak", "announce", "signal")] or s.verbs
    led = [v for v in acts if figure is not None and v.j <= figure.i]
    if acts:
        verb = led[-1] if led else acts[0]
        return Nucleus(verb.i, verb.j, kind, "likely.kind", verb=verb)
    i, j = (figure.i, figure.j) if figure is not None else (0, 1)
    return Nucleus(i, j, kind, "likely.kind", bare=True)


def _rate(f: Frame, figure: Figure, action: str, text: str) -> Rate:
    raw = text[figure.start : figure.end]
    word = RateWord(figure.start, figure.end, figure.value, figure.unit, raw)
    level = read_level(f.s, figure.i, figure.j, word, f.left, f.n.i, f.n.j)
    kind, _ = basis(f, level, action)
    return Rate(signed(level, f.verb, action), figure.unit, kind, raw, figure.start)


def _action(n: Nucleus, status: str) -> str:
    if status in _ACTION:
        return _ACTION[status]
    return "sign" if SIDE[n.instrument] == "deal" else ACTION.get(n.verb.cls, "impose") if n.verb else "impose"
