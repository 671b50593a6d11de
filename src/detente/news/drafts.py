"""A frame with its roles, rate, dates and status: the draft of a measure, before mentions are joined."""

from __future__ import annotations

from detente.news.word_lists import word_list

import re
from dataclasses import dataclass, field, replace
from datetime import date

from detente.news import hedges
from detente.news.actors import Discourse, country_of, speaker
from detente.news.bare import bare_nuclei
from detente.news.document import Timex
from detente.news.frames import Frame, frame, subject
from detente.news.goods import compatible, product, zone
from detente.news.grammar import Tagged, clause
from detente.news.levels import Level, basis, choose, levels, read_level, signed
from detente.news.measure import Attribution, Condition, Cue, Dates, Evidence, Product, Quantity, Rate, Span
from detente.news.nuclei import Nucleus, nuclei, phrase_start
from detente.news.roles import EXPORT_SIDE, NOBODY, Found, demander, imposers, owner_as_target, targets
from detente.news.sentences import Sentence
from detente.news.status import ACTION, Setting, Standing, standing
from detente.news.when import dates, in_future, in_past, long_ago

TARIFFS = frozenset({"import_tariff", "export_tariff", "port_fee", "tariff_rate_quota"})
_MUTUAL = frozenset({"trade_agreement", "critical_minerals_deal", "tariff_truce"})
_COUNTER = word_list("drafts.counter")


@dataclass
class Draft:
    """A mention of a measure.

    Args:
        sentence: number of the sentence. frame: where it comes from.
        own_imposer, own_target: whether the sentence itself names them.
        definite: whether it refers back ("the tariffs", "these duties").
    """

    instrument: str
    action: str
    status: str
    imposer: tuple[str, ...]
    target: tuple[str, ...]
    rate: Rate | None
    product: Product
    quantity: Quantity | None
    dates: Dates
    evidence: Evidence
    attribution: Attribution
    condition: Condition | None
    cues: list[Cue]
    sentence: int
    own_imposer: bool
    own_target: bool
    definite: bool
    nested: bool = False
    hearsay: bool = False
    group: int = 0
    links: list[tuple[str, int]] = field(default_factory=list)
    inherited: bool = False


@dataclass(frozen=True)
class Place:
    """A sentence in its document.

    Args:
        norm, text: normalised and original text. number: of the sentence. legal: a legal passage.
    """

    norm: str
    text: str
    sentence: Sentence
    number: int
    tagged: Tagged
    times: list[Timex]
    published: date | None
    legal: bool


def read_sentence(place: Place, seen: Discourse, before: list[Draft]) -> list[Draft]:
    """Return the drafts of one sentence.

    Args:
        before: drafts of the document so far, for what is referred back to.
    """
    s = place.tagged
    if place.norm[place.sentence.start : place.sentence.end].rstrip("\"')").endswith("?"):
        return []
    s.topic = seen.trade[1] if place.number - seen.trade[0] <= 15 else ""
    nouns = nuclei(s)
    near = [n.instrument for n in nouns if n.instrument in TARIFFS]
    if near:
        seen.trade = (place.number, near[0])
    topic = seen.trade[1] if place.number - seen.trade[0] <= 15 else ""
    found = sorted([*nouns, *bare_nuclei(s, nouns, topic)], key=lambda n: n.i)
    drafts: list[Draft] = []
    used: set[int] = set()
    for number, n in enumerate(found):
        f = frame(s, n, found)
        stop = _stop(s, found, number)
        drafts += _of_frame(place, f, stop, seen, [*before, *drafts], used)
    return drafts + _listed(place, drafts, used)


def _listed(place: Place, drafts: list[Draft], used: set[int]) -> list[Draft]:
    """Further members of a list after a rate: "Geely 18.8% and SAIC 35.3%", "Vietnam 46%"."""
    s = place.tagged
    rated = [d for d in drafts if d.rate is not None and d.rate.start >= 0]
    out: list[Draft] = []
    if not rated or not s.on("rate.list"):
        return out
    for i, j, rate in s.rates:
        earlier = [d for d in [*rated, *out] if d.rate and d.rate.start < rate.start]
        if i in used or not earlier or rate.unit != "percent_ad_valorem":
            continue
        model = max(earlier, key=lambda d: d.rate.start if d.rate else -1)
        last = max(b for _, b, r in s.rates if model.rate and r.start == model.rate.start)
        between = [s.low(k) for k in range(last, i)]
        verbs = any(last <= v.i < i for v in s.verbs)
        level = read_level(s, i, j, rate, i, i, j)
        joined = bool(between) and between[0] in (",", "and", "(", ";") and len(between) <= 8
        if verbs or not joined or level.role != "value" or level.span or level.current:
            continue
        out.append(_member(place, model, level, last))
        used.add(i)
    return out


def _member(place: Place, model: Draft, level: Level, low: int) -> Draft:
    s = place.tagged
    countries = [a for a in s.actors if low <= a.i < level.i and a.kind in ("country", "place") and not a.oblique]
    goods = [m for m in s.products if low <= m.i < level.i]
    start, end = s.words[low + 1].start, s.words[level.j - 1].end
    kind = model.rate.basis if model.rate else "total"
    rate = Rate(
        level.rate.value, level.rate.unit, kind, place.text[level.rate.start : level.rate.end], level.rate.start
    )
    fresh = replace_draft(model, rate=rate, quantity=None)
    fresh.evidence = replace(model.evidence, trigger=Span(start, end, place.text[start:end]))
    if countries:
        fresh.target = tuple(a.country for a in countries)
    if goods:
        first, last = s.span(goods[0].i, goods[-1].j)
        fresh.product = Product(place.text[first:last], goods[0].entry.value)
    elif not countries:
        fresh.product = Product(place.text[start : level.rate.start].strip(" ,"), "partial")
    fresh.cues.append(Cue("rate", "rate.list", rate.raw, rate.start, f"{rate.value:g}"))
    return fresh


def _stop(s: Tagged, found: list[Nucleus], number: int) -> int:
    following = [m for m in found[number + 1 :] if m.verb is None]
    return max(found[number].j, phrase_start(s, following[0].i)) if following else len(s.words)


def _of_frame(place: Place, f: Frame, stop: int, seen: Discourse, before: list[Draft], used: set[int]) -> list[Draft]:
    s = place.tagged
    linked = levels(f, stop) if f.n.instrument in TARIFFS else []
    linked = [level for level in linked if level.i not in used]
    when, when_cues = _dates(place, f, 0, len(s.words))
    setting = _setting(place, f, when, seen)
    stand = _asked(f) or _sold(f) or (None if _asked_passively(f) else standing(f, setting))
    if stand is None and f.n.bare and f.verb is None:
        stand = _listed_standing(place, f, setting) or _carried(f, before, place.number)
    if stand is None and s.on("status.presupposed") and _went_ahead(f):
        stand = Standing("in_force", "impose", "status.presupposed", "went ahead", f.verb.i if f.verb else -1)
    if stand is None:
        used.update(level.i for level in linked if f.left <= level.i < f.n.i)
        return []
    target = targets(f, seen)
    imposer = imposers(f, seen, target)
    target, imposer = _demonym_trap(f, seen, target, imposer)
    if not target.value:
        target = owner_as_target(f, place.tagged, imposer)
    if f.n.bare and not imposer.value:
        imposer = _heading_actor(place.tagged, f.n.i, seen)
        imposer = imposer if not set(imposer.value) & set(target.value) else NOBODY
    if "+" in "".join(imposer.value) and f.relation == "subject" and f.n.instrument in TARIFFS:
        imposer = NOBODY
    draft = _draft(place, f, stand, imposer, target, when, when_cues, seen, setting)
    if draft is None:
        return []
    _complete(draft, place, f, seen, before)
    return _with_levels(place, f, draft, stand, linked, used)


def _asked_passively(f: Frame) -> bool:
    """"in exchange for the duties being dropped": the price of an offer, told from the other side."""
    return bool(0 <= _exchange_at(f.s) < f.n.i and f.verb is not None and f.verb.passive)


def _sold(f: Frame) -> Standing | None:
    """What exporters offer or pledge about their prices; troops sent to a border."""
    if f.n.instrument == "investment_commitment" and f.n.verb is not None and f.n.verb.cls in ("commit", "offer", "announce"):
        status = "offered" if f.n.verb.cls == "offer" else "announced"
        known = not f.n.verb.negative and f.n.verb.mood in ("", "will")
        return Standing(status, "impose", "status.pledge", f.n.verb.lemma, f.n.verb.i) if known else None
    if f.n.verb is None or f.n.instrument not in ("price_floor", "enforcement_commitment") or f.n.verb.cls != "other":
        return None
    upper = next((v for v in f.chain if v.cls in ("offer", "commit", "propose")), None)
    status = {"offer": "offered", "commit": "announced", "propose": "proposed"}[upper.cls] if upper else ""
    if f.n.instrument == "enforcement_commitment" and not f.n.verb.negative:
        status = status or ("announced" if f.n.verb.mood in ("", "will") else "")
    rule = f"status.{upper.cls}" if upper else "status.done"
    return Standing(status, "impose", rule, upper.lemma if upper else "", f.n.verb.i) if status else None


def _went_ahead(f: Frame) -> bool:
    """ "if the US went ahead with our docking fees": supposed here; a mention that can only contradict another one."""
    return (
        f.verb is not None and f.verb.lemma == "go ahead" and f.verb.tense == "past" and f.s.low(f.left - 1) == "with"
    )


def _asked(f: Frame) -> Standing | None:
    """What stands after "in exchange for": asked of somebody."""
    at = _exchange_at(f.s)
    if not 0 <= at < f.n.i or f.verb is None or f.verb.tense != "ing" or f.verb.i < at or f.verb.passive:
        return None
    event = f.verb.cls if f.n.verb is None else f.n.verb.cls
    return Standing("demanded", ACTION.get(event, "impose"), "status.in-exchange", "in exchange for", at - 1)


def _carried(f: Frame, before: list[Draft], number: int) -> Standing | None:
    """A rate in a list without a verb has the status of the measure before it."""
    near = [d for d in before if d.instrument == f.n.instrument and number - d.sentence <= 1]
    return Standing(near[-1].status, near[-1].action, "status.list", "", -1) if near else None


def _heading_actor(s: Tagged, at: int, seen: Discourse) -> Found:
    """ "Ottawa's riposte: 25 percent on ...": who stands before the colon of a list."""
    colon = next((k for k in range(at - 1, 0, -1) if s.low(k) == ":"), 0)
    if not colon or not s.on("imposer.before-colon"):
        return NOBODY
    owner = next((a for a in s.actors if a.j <= colon and (a.possessor or not a.oblique) and a.kind != "joint"), None)
    code = country_of(owner, s, seen)
    return Found((code,), "imposer.before-colon", _words(s, owner.i, owner.j)) if owner and code else NOBODY


def _listed_standing(place: Place, f: Frame, setting: Setting) -> Standing | None:
    """A rate after a colon, with what was done before it: "Orders signed on Saturday: 25 percent on"."""
    s = place.tagged
    colon = next((k for k in range(f.n.i - 1, 0, -1) if s.low(k) == ":"), 0)
    before = [v for v in s.verbs if v.j <= colon]
    words = {s.low(k) for k in range(colon)}
    if not colon or not s.on("status.before-colon"):
        return None
    if any(v.cls in ("sign", "announce", "commit") for v in before) or words & {"order", "orders", "decree", "plan"}:
        return Standing("announced", "impose", "status.before-colon", "", -1)
    if words & {"riposte", "response", "answer", "retaliation", "countermeasures", "reply"}:
        past = setting.past or "since" in {t.low for t in s.words}
        return Standing("in_force" if past else "announced", "impose", "status.before-colon", "", -1)
    return None


def _setting(place: Place, f: Frame, when: Dates, seen: Discourse) -> Setting:
    s = place.tagged
    _, head, teller = speaker(s, f.chain, seen)
    acts = f.subject is not None and (f.subject.head or (f.subject.kind in ("pronoun:he", "pronoun:she") and seen.head))
    opened = [s.low(b) for b in s.breaks]
    conditional = any(word in ("if", "unless", "should") for word in opened) or s.low(0) in ("if", "should", "unless")
    if s.low(0) == "should" and place.legal:
        conditional = True
    low = place.norm[place.sentence.start : place.sentence.end].lower()
    exchange = "in exchange" in low or "in return" in low
    after_if = [b for b in s.breaks if s.low(b) in ("if", "unless", "should")]
    if conditional and after_if and min(after_if) > f.n.i + 40:
        conditional = False
    return Setting(
        legal=place.legal,
        head=head or acts,
        future=in_future(when.effective, place.published),
        past=in_past(when.effective, place.published),
        conditional=conditional,
        exchange=exchange,
        spoken=bool(teller),
        long_ago=long_ago(when.effective, place.published) or _history(place),
    )


_FIRST_TERM = re.compile(r"\b(?:first|previous|earlier) (?:term|presidency|administration|trade war)\b", re.IGNORECASE)


def _history(place: Place) -> bool:
    """Whether the sentence is set in an earlier year ("In 2002") or an earlier term of office."""
    span = (place.sentence.start, place.sentence.end)
    if _FIRST_TERM.search(place.norm, *span):
        return True
    years = [t for t in place.times if t.rule in ("date.fiscal", "date.my", "date.mdy", "date.dmy")]
    return any(
        long_ago(t.value, place.published)
        and place.norm[max(0, t.start - 3) : t.start].lower() in ("in ", "on ", "ng ")
        for t in years
    )


def _dates(place: Place, f: Frame, low: int, high: int) -> tuple[Dates, list[Cue]]:
    s = place.tagged
    start, end = _date_zone(f)
    span = (place.sentence.start, place.sentence.end)
    first = s.words[max(start, low)].start if low < len(s.words) else span[1]
    last = s.words[min(end, high, len(s.words)) - 1].end
    done = f.verb is not None and not f.verb.mood and f.verb.tense in ("past", "perf", "pp")
    done = done or f.participle is not None
    when, cues = dates(place.norm, span, (first, last), place.times, place.published, done)
    if f.n.instrument in ("purchase_commitment", "investment_commitment", "enforcement_commitment"):
        when, cues = replace(when, effective=None), [cue for cue in cues if cue.name != "effective"]
    return when, cues


def _date_zone(f: Frame) -> tuple[int, int]:
    """The tokens whose dates may be this measure's: its clause, the clause of its verb, and a lead-in to them."""
    s = f.s
    start, end = clause(s, f.n.i)
    if f.verb is not None:
        first, last = clause(s, f.verb.i)
        start, end = min(start, first), max(end, last)
    while end < len(s.words) and s.low(end) in (
        "until",
        "unless",
        "effective",
        "lasting",
        "since",
        "which",
        "that",
        "when",
    ):
        end = next((b for b in sorted(s.breaks) if b > end), len(s.words))
    lead = max((b for b in s.breaks if b < start), default=start)
    if s.low(lead) in ("from", "since", "on", "starting", "effective", "beginning", "as", "by", "until"):
        start = lead
    if start > 0 and (not any(v.j <= start for v in s.verbs) or _leads_in(s, start)):
        start = 0
    return start, end


def _leads_in(s: Tagged, start: int) -> bool:
    """Whether the sentence opens with the day something starts: "Effective ... on or after", "Starting on June 10"."""
    openers = {"effective", "starting", "from", "beginning", "applicable", "since", "as"}
    opened = any(s.low(k) in openers for k in range(min(3, start)))
    return opened and not any(a.j <= start and not a.oblique for a in s.actors)


def _demonym_trap(f: Frame, seen: Discourse, target: Found, imposer: Found) -> tuple[Found, Found]:
    """ "Trump threatened a surge in Chinese tariffs": with another country acting, the demonym is the target."""
    if target.value or imposer.rule != "imposer.demonym" or f.subject is None or f.relation != "object":
        return target, imposer
    actor = country_of(f.subject, f.s, seen)
    acts = f.verb is not None and f.verb.cls in ("threaten", "impose", "raise", "announce", "propose", "hit", "vow")
    if actor and acts and (actor,) != imposer.value:
        return replace(imposer, rule="target.demonym-of-other"), Found((actor,), "imposer.subject")
    return target, imposer


def _draft(
    place: Place, f: Frame, stand: Standing, imposer: Found, target: Found, when: Dates, cues: list[Cue],
    seen: Discourse, setting: Setting,
) -> Draft | None:  # fmt: skip
    s, sentence = place.tagged, place.sentence
    low, high = zone(f)
    goods = product(f, place.text, low, high)
    start, end = s.span(*_trigger(f))
    _, _, name = speaker(s, f.chain, seen)
    nested = _nested(f, s, seen)
    status, action = stand.status, stand.action
    status, imposer, target = _exchanged(place, f, status, action, imposer, target, seen, setting)
    if not status:
        return None
    evidence = Evidence(
        sentence.start, sentence.end, place.text[sentence.start : sentence.end],
        Span(start, end, place.text[start:end]), f"s{place.number}",
    )  # fmt: skip
    all_cues = [Cue("instrument", f.n.rule, _words(s, f.n.i, f.n.j), s.words[f.n.i].start, f.n.instrument)]
    all_cues.append(Cue("status", stand.rule, stand.words, s.words[stand.at].start if stand.at >= 0 else -1, status))
    for name_, role in (("imposer", imposer), ("target", target)):
        if role.value:
            all_cues.append(Cue(name_, role.rule, role.words, -1, "+".join(role.value)))
    span = (sentence.start, sentence.end)
    return Draft(
        instrument=f.n.instrument, action=action, status=status, imposer=imposer.value, target=target.value, rate=None,
        product=goods, quantity=_quantity(place, f), dates=when, evidence=evidence,
        attribution=hedges.attribution(place.norm, *span, (start, end), name, nested),
        condition=hedges.condition(place.norm, *span, start), cues=all_cues + cues, sentence=place.number,
        own_imposer=bool(imposer.value), own_target=bool(target.value), definite=_definite(f),
        nested=nested, hearsay=hedges.hearsay(place.norm, *span, nested),
    )  # fmt: skip


def _nested(f: Frame, s: Tagged, seen: Discourse) -> bool:
    """Whether one side passes on what the other is said to have said."""
    inner = next((v for v in f.chain if v.cls in ("speak", "threaten", "vow")), None)
    if inner is None:
        return False
    own = country_of(subject(s, inner), s, seen)
    outer = [v for v in s.verbs if v.cls in ("speak", "announce") and v.j <= inner.i]
    told = {country_of(subject(s, v), s, seen) for v in outer if any(s.low(k) == "that" for k in range(v.j, inner.i))}
    return bool(own and told - {own, ""})


def _words(s: Tagged, i: int, j: int) -> str:
    return " ".join(s.words[k].text for k in range(i, j))


def _trigger(f: Frame) -> tuple[int, int]:
    """From the verb (if it stands close) over the phrase."""
    i, j = f.left, f.n.j
    if f.n.verb is not None:
        return f.n.i, min(len(f.s.words), f.n.j + 6, max(f.right, f.n.j + 1))
    if f.verb and f.relation == "object" and f.left - f.verb.i <= 8 and f.verb.i < f.left:
        i = f.verb.i
    if f.verb and f.relation == "subject" and f.verb.j - f.n.j <= 14:
        j = max(j, f.verb.j)
    return i, min(max(j, f.right if f.right - f.n.j <= 8 else j), len(f.s.words))


def _definite(f: Frame) -> bool:
    words = [f.s.low(k) for k in range(f.left, f.n.i)]
    return bool(words and words[0] in ("the", "these", "those", "this", "both", "such", "its", "their")) or (
        not words and f.s.words[f.n.i].text[:1].isupper()
    )


def _exchanged(
    place: Place, f: Frame, status: str, action: str, imposer: Found, target: Found, seen: Discourse, setting: Setting
) -> tuple[str, Found, Found]:
    """What stands after "in exchange for" is asked of the other side; what is demanded is owed to the one who asks."""
    s = place.tagged
    at = _exchange_at(s)
    if at >= 0 and f.n.i > at and f.verb is not None and f.verb.tense in ("ing", "inf") and not f.verb.mood:
        asker = country_of(next((a for a in s.actors if a.i < at and not a.oblique), None), s, seen)
        owner = next(
            (a for a in s.actors if a.i > at and a.oblique in ("for", "") and a.j <= f.n.i + 1 and a.kind != "person"),
            None,
        )
        code = country_of(owner, s, seen) if owner else seen.other(asker)
        settled = any(v.cls in ("commit", "sign") and v.tense in ("past", "perf") and v.j <= at for v in s.verbs)
        if code and code != asker:
            one = Found((code,), "imposer.in-exchange", "in exchange for")
            return ("announced" if settled else "demanded"), one, Found((asker,), "target.asker") if asker else target
    expecting = any(v.cls == "expect" for v in f.chain) and not target.value
    if status == "demanded" or expecting:
        asker = demander(f, seen)
        if asker and asker not in imposer.value:
            return status, imposer, target if target.value else Found((asker,), "target.asker")
        if asker and asker in imposer.value:
            other = seen.other(asker)
            return status, Found((other,), "imposer.other-side") if other else NOBODY, Found((asker,), "target.asker")
    return status, imposer, target


def _exchange_at(s: Tagged) -> int:
    for k in range(1, len(s.words) - 1):
        if s.low(k) in ("exchange", "return") and s.low(k - 1) == "in" and s.low(k + 1) == "for":
            return k
    return -1


def _quantity(place: Place, f: Frame) -> Quantity | None:
    s = place.tagged
    start, end = clause(s, f.n.i)
    near = [(i, a) for i, _, a in s.amounts if min(start, f.left) <= i < max(end, f.right)]
    if not near:
        return None
    after = [(i, a) for i, a in near if i >= f.n.i] or near
    _, amount = after[0]
    role = "coverage" if f.n.instrument in ("import_tariff", "export_tariff") else "volume"
    return Quantity(amount.value, amount.unit, amount.period, role, amount.raw, amount.start)


def _complete(draft: Draft, place: Place, f: Frame, seen: Discourse, before: list[Draft]) -> None:
    """Fill imposer and target from what the measure refers back to, from its kind, or from the passage."""
    _mutual(draft, f, seen)
    if draft.instrument == "price_floor" and not draft.imposer and f.n.verb is not None:
        makers = [m for m in place.tagged.adjectives if m.i < f.n.i]
        if makers:
            _set(draft, "imposer", (makers[0].entry.value,), "imposer.makers")
            other = seen.other(makers[0].entry.value)
            draft.target = draft.target or ((other,) if other else ())
    if place.tagged.on("target.follows") and f.verb is not None and f.verb.lemma == "follow" and before and not draft.target:
        _set(draft, "target", before[-1].target, "target.follows")
    if draft.instrument == "tariff_truce" and not draft.imposer and place.tagged.on("target.pair-of-text"):
        _truce_sides(draft, seen)
    if draft.imposer and not draft.target and place.tagged.on("target.pronoun"):
        _pronoun_target(draft, f, seen)
    earlier = _antecedent(draft, before, seen.topic_from)
    if earlier is not None and not (draft.imposer and draft.target):
        _take(draft, earlier)
    if not draft.imposer and place.legal and seen.publisher and draft.target != (seen.publisher,):
        _set(draft, "imposer", (seen.publisher,), "imposer.publisher")
    counter = any(
        place.tagged.low(k) in _COUNTER for k in range(max(0, f.left), min(len(place.tagged.words), f.n.j + 6))
    )
    if draft.imposer and not draft.target and (counter or draft.instrument == "unspecified_retaliation"):
        other = seen.other(draft.imposer[0]) or _only_other(place.tagged, draft.imposer[0])
        if other:
            _set(draft, "target", (other,), "target.other-side")
    if place.tagged.on("imposer.same-passage") and not draft.imposer and f.n.verb is not None and before and draft.sentence - before[-1].sentence <= 1:
        near = before[-1]
        if near.imposer and near.imposer != draft.target:
            _set(draft, "imposer", near.imposer, "imposer.same-passage")
            draft.target = draft.target or near.target
    if not draft.imposer and draft.own_target and draft.target != ("*",) and before:
        near = before[-1]
        if near.instrument == draft.instrument and draft.sentence - near.sentence <= 1 and near.imposer:
            if not set(near.imposer) & set(draft.target) and "+" not in near.imposer[0]:
                _set(draft, "imposer", near.imposer, "imposer.sentence-before")
    if draft.imposer and not draft.target:
        _default_target(draft, seen)
    if place.tagged.on("imposer.only-country") and not draft.imposer and draft.instrument in EXPORT_SIDE and seen.only and draft.target != (seen.only,):
        _set(draft, "imposer", (seen.only,), "imposer.only-country")
        if not draft.target:
            _default_target(draft, seen)
    if not draft.imposer and seen.topic and draft.target != (seen.topic,):
        _set(draft, "imposer", (seen.topic,), "imposer.heading")
        if not draft.target:
            _default_target(draft, seen)
    if draft.target and not draft.imposer and draft.target != ("*",) and len(draft.target) == 1:
        other = seen.other(draft.target[0])
        if other:
            _set(draft, "imposer", (other,), "imposer.other-side")


def _only_other(s: Tagged, imposer: str) -> str:
    """The one other country that the sentence names."""
    codes = {a.country for a in s.actors if a.country and "+" not in a.country} | {m.entry.value for m in s.adjectives}
    codes -= {imposer}
    return codes.pop() if len(codes) == 1 else ""


def _pronoun_target(draft: Draft, f: Frame, seen: Discourse) -> None:
    """ "a 157% tariff for them": the other side the text is about."""
    s = f.s
    for k in range(f.n.j, min(len(s.words) - 1, f.n.j + 6)):
        if s.low(k) in ("on", "for", "against") and s.low(k + 1) in ("them", "it", "him", "us"):
            others = [code for code in reversed(seen.recent) if code not in draft.imposer]
            code = seen.other(draft.imposer[0]) or (others[0] if others else "")
            if code:
                _set(draft, "target", (code,), "target.pronoun")
            return


def _truce_sides(draft: Draft, seen: Discourse) -> None:
    """A truce without named sides is one between the pair the text is about."""
    pairs = [(a, b) for a, b in seen.pairs if len(b) == 1 and b != ("*",) and "+" not in a]
    if pairs:
        best = max(pairs, key=lambda pair: pairs.count(pair))
        _set(draft, "imposer", (best[0],), "imposer.pair-of-text")
        _set(draft, "target", best[1], "target.pair-of-text")


def _mutual(draft: Draft, f: Frame, seen: Discourse) -> None:
    """Agreements bind two sides: the subject's pair, or the subject and the partner after "with"."""
    if draft.instrument not in _MUTUAL:
        if draft.imposer and "+" in draft.imposer[0] and draft.instrument != "unspecified_measure":
            sides = draft.imposer[0].split("+")
            draft.target = draft.target or (tuple(sides) if len(sides) == 2 else ())
        return
    s = f.s
    named = [a.country for a in s.actors if a.country and f.left - 2 <= a.i < f.n.i and a.kind == "country"]
    if len(named) == 2 and named[0] != named[1]:
        draft.imposer, draft.target = ("+".join(named),), tuple(named)
    if draft.instrument == "tariff_truce" and draft.imposer and "+" in draft.imposer[0]:
        sides = draft.imposer[0].split("+")
        draft.imposer, draft.target = (sides[0],), tuple(sides[1:])
        return
    if draft.imposer and "+" in draft.imposer[0]:
        draft.target = tuple(draft.imposer[0].split("+"))
        return
    partner = next((a for a in s.actors if a.oblique in ("with", "between") and a.country and a.kind != "person"), None)
    if partner and draft.imposer and partner.country not in draft.imposer:
        _set(draft, "target", tuple(partner.country.split("+")), "target.with")
    elif partner and not draft.imposer and "+" in partner.country:
        sides = partner.country.split("+")
        mutual = draft.instrument != "tariff_truce"
        _set(draft, "imposer", (partner.country if mutual else sides[0],), "imposer.between")
        draft.target = tuple(sides if mutual else sides[1:])
    elif draft.imposer and not draft.target and any(t.low in ("partners", "countries", "nations") for t in s.words):
        _set(draft, "target", ("*",), "target.partners")


def _antecedent(draft: Draft, before: list[Draft], floor: int = -1) -> Draft | None:
    """The earlier measure a draft refers back to: same kind, same named roles, compatible goods, not too far."""
    if draft.product.scope == "unspecified" and not draft.own_target:
        named = [d for d in before if d.target not in ((), ("*",))]
        if named and named[-1] is not before[-1] and draft.sentence - named[-1].sentence <= 2:
            before = named
    for earlier in reversed(before):
        if earlier.instrument != draft.instrument and not {earlier.instrument, draft.instrument} <= TARIFFS:
            continue
        if draft.imposer and earlier.imposer and draft.imposer != earlier.imposer:
            continue
        if draft.target and earlier.target and draft.target != earlier.target:
            continue
        if not compatible(draft.product, earlier.product) and draft.own_imposer:
            continue
        if earlier.sentence < floor and not draft.own_imposer:
            continue
        far = draft.sentence - earlier.sentence
        asked = {"demanded", "offered"}
        if earlier.status in asked and draft.status not in asked and draft.own_imposer:
            continue
        if far <= 2 or (draft.definite and far <= 12):
            return earlier
    return None


def _take(draft: Draft, earlier: Draft) -> None:
    if not draft.imposer and earlier.imposer and earlier.imposer != draft.target:
        _set(draft, "imposer", earlier.imposer, "imposer.antecedent")
        draft.inherited = True
    named = draft.product.scope not in ("unspecified",)
    if not draft.target and earlier.target and earlier.target != draft.imposer:
        if not (draft.own_imposer and named and not compatible(draft.product, earlier.product)):
            _set(draft, "target", earlier.target, "target.antecedent")
            draft.inherited = True
    if draft.product.scope == "unspecified":
        draft.product = earlier.product


def _default_target(draft: Draft, seen: Discourse) -> None:
    if draft.instrument == "purchase_commitment":
        other = seen.other(draft.imposer[0])
        if other:
            _set(draft, "target", (other,), "target.other-side")
        return
    if draft.instrument == "tech_export_control":
        other = seen.other(draft.imposer[0])
        _set(draft, "target", (other,) if other else ("*",), "target.other-side" if other else "target.product-only")
        return
    trade_floor = draft.instrument == "price_floor" and "port" in draft.evidence.trigger.text
    if draft.instrument == "legal_ruling" or trade_floor:
        _set(draft, "target", ("*",), "target.everybody")
        return
    facing = draft.imposer[0] in seen.sides and draft.instrument in ("import_tariff", "import_ban", "port_fee", "import_quota")
    other = seen.other(draft.imposer[0]) if facing and draft.product.scope != "all_goods" else ""
    if other:
        _set(draft, "target", (other,), "target.the-other-of-two")
        return
    if draft.product.text or draft.instrument in EXPORT_SIDE:
        if draft.instrument not in ("price_floor", "stockpile_purchase", "subsidy", "government_spending"):
            _set(draft, "target", ("*",), "target.product-only")


def _set(draft: Draft, name: str, value: tuple[str, ...], rule: str) -> None:
    setattr(draft, name, value)
    draft.cues.append(Cue(name, rule, "", -1, "+".join(value)))


def _with_levels(
    place: Place, f: Frame, draft: Draft, stand: Standing, linked: list[Level], used: set[int]
) -> list[Draft]:
    """The draft with its rate, and one more draft for each further rate and for a "current" one."""
    first, more = choose(linked)
    used.update(level.i for level in linked)
    if first is None:
        return [draft]
    out = [_rated(place, f, draft, first, stand.action)]
    for number, level in enumerate(more):
        nxt = more[number + 1].i if number + 1 < len(more) else len(place.tagged.words)
        out.append(_sibling(place, f, out[0], level, nxt))
    if more:
        out[0] = _own_dates(place, f, out[0], first.i, more[0].i)
    for level in linked:
        if level.role == "old" and level.current and place.tagged.on("rate.current"):
            old = _rated(place, f, draft, replace(level, role="value"), "maintain")
            out.append(
                replace_draft(old, action="maintain", status="in_force", dates=Dates(), instrument=_plain(draft))
            )
    return out


def _plain(draft: Draft) -> str:
    return "import_tariff" if draft.instrument == "tariff_rate_quota" else draft.instrument


def replace_draft(draft: Draft, **changes: object) -> Draft:
    """Return a copy of a draft with other values."""
    fresh = replace(draft, cues=list(draft.cues), links=list(draft.links))
    for name, value in changes.items():
        setattr(fresh, name, value)
    return fresh


def _rated(place: Place, f: Frame, draft: Draft, level: Level, action: str) -> Draft:
    kind, word = basis(f, level, action)
    value = signed(level, f.verb, action)
    rate = Rate(value, level.rate.unit, kind, place.text[level.rate.start : level.rate.end], level.rate.start)
    fresh = replace_draft(draft, rate=rate)
    role = "upper-end" if level.limit else level.role
    fresh.cues.append(Cue("rate", f"rate.{role}", rate.raw, rate.start, f"{value:g}"))
    fresh.cues.append(Cue("basis", f"basis.{kind}", word, -1, kind))
    trigger = draft.evidence.trigger
    if level.rate.start < trigger.start or level.rate.end > trigger.end:
        start, end = min(trigger.start, level.rate.start), max(trigger.end, level.rate.end)
        fresh.evidence = replace(draft.evidence, trigger=Span(start, end, place.text[start:end]))
    return fresh


def _sibling(place: Place, f: Frame, model: Draft, level: Level, stop: int) -> Draft:
    """A further rate after the first: its own goods, partner and day if the words up to the next rate name them."""
    s = place.tagged
    fresh = _rated(place, f, model, level, model.action)
    start, end = s.words[level.i].start, s.words[min(stop, len(s.words)) - 1].end
    goods = [m for m in s.products if level.j <= m.i < stop and m.i - level.j <= 4]
    adjective = next((m for m in s.adjectives if level.j <= m.i < stop and m.i - level.j <= 3), None)
    partner = next(
        (a for a in s.actors if level.j <= a.i < stop and a.oblique in ("for", "on", "from") and a.country), None
    )
    if partner and partner.kind in ("country", "place", "joint"):
        fresh.target = tuple(partner.country.split("+"))
    elif adjective:
        fresh.target = (adjective.entry.value,)
    if goods:
        low, high = s.span(goods[0].i, goods[-1].j)
        fresh.product = Product(place.text[low:high], goods[0].entry.value)
    trigger = Span(start, min(end, level.rate.end + 60), place.text[start : min(end, level.rate.end + 60)])
    fresh.evidence = replace(model.evidence, trigger=trigger)
    fresh.quantity = None
    return _own_dates(place, f, fresh, level.i, stop)


def _own_dates(place: Place, f: Frame, draft: Draft, low: int, high: int) -> Draft:
    when, cues = _dates(place, f, low, high)
    if not when.effective:
        return draft
    return replace_draft(draft, dates=replace(draft.dates, effective=when.effective), cues=[*draft.cues, *cues])
