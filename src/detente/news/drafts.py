"""A sentence into drafts of measures: frame, status, roles, dates, rates, then what it refers back to."""

from __future__ import annotations

from dataclasses import replace

from detente.news import hedges
from detente.news.actors import WHOLE, Discourse, country_of, speaker
from detente.news.bare import bare_nuclei
from detente.news.completing import complete_roles
from detente.news.exchange import asked_for, asked_passively, exchanged, price_promise, went_ahead
from detente.news.found import NOBODY, Found, spelled
from detente.news.frames import Frame, frame
from detente.news.goods import product, zone
from detente.news.grammar import Tagged, clause
from detente.news.levels import levels
from detente.news.listing import (
    carried_on,
    heading_actor,
    list_items,
    listed_members,
    listed_standing,
    opened_list,
    rates_beside,
    rates_follow,
)
from detente.news.measure import Cue, Dates, Evidence, Quantity, Span
from detente.news.mention import TARIFFS, Draft, Place
from detente.news.nuclei import nuclei, of_utility
from detente.news.nucleus import Nucleus, phrase_start
from detente.news.permits import permit_nuclei, permit_standing
from detente.news.placing import dates_of, setting_of
from detente.news.rating import with_levels
from detente.news.roles import imposers
from detente.news.standings import Setting, Standing
from detente.news.status import standing
from detente.news.targets import owner_as_target, targets
from detente.news.verb_chains import subject


def read_sentence(place: Place, seen: Discourse, before: list[Draft]) -> list[Draft]:
    """Return the drafts of one sentence.

    Args:
        before: drafts of the document so far, for what is referred back to.
    """
    s = place.tagged
    if place.norm[place.sentence.start : place.sentence.end].rstrip("\"')").endswith("?"):
        return []
    s.topic = seen.trade[1] if place.number - seen.trade[0] <= 15 else ""
    s.ban = seen.ban[1] if place.number - seen.ban[0] <= 6 else ""
    s.utility = place.number - seen.utility <= 3
    if seen.utility == WHOLE:
        return []
    if of_utility(s):
        seen.utility = place.number
    nouns = nuclei(s)
    permits = permit_nuclei(s, nouns)
    nouns = sorted([*nouns, *permits], key=lambda n: n.i)
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
    drafts += listed_members(place, drafts, used)
    drafts += rates_beside(place, drafts, used)
    bans = [d.instrument for d in drafts if d.instrument in ("export_ban", "import_ban")]
    seen.ban = (place.number, bans[-1]) if bans else seen.ban
    if place.norm[place.sentence.start : place.sentence.end].endswith(":"):
        headed = _headed_list(place, [frame(s, n, nouns) for n in nouns], seen)
        seen.lead = opened_list(drafts) or headed or rates_follow(place, before)
        return drafts
    items = [] if drafts else list_items(place, seen.lead)
    if not items and len(s.words) > 16:
        seen.lead = None
    return drafts + items


def _headed_list(place: Place, frames: list[Frame], seen: Discourse) -> Draft | None:
    """ "Washington's new tariff rates from 7 August:": a heading without a verb that opens a list of rates."""
    f = next((f for f in frames if f.n.instrument == "import_tariff" and not f.presupposed), None)
    if f is None or place.tagged.rates:
        return None
    when, cues = dates_of(place, f, 0, len(place.tagged.words))
    setting = setting_of(place, f, when, seen)
    target = targets(f, seen)
    imposer = imposers(f, seen, target)
    status = "announced" if setting.future else "in_force"
    stand = Standing(status, "impose", "status.heading-of-list", "", -1)
    return _draft(place, f, stand, imposer, target, when, cues, seen, setting) if imposer.value else None


def _stop(s: Tagged, found: list[Nucleus], number: int) -> int:
    following = [m for m in found[number + 1 :] if m.verb is None]
    return max(found[number].j, phrase_start(s, following[0].i)) if following else len(s.words)


def _of_frame(place: Place, f: Frame, stop: int, seen: Discourse, before: list[Draft], used: set[int]) -> list[Draft]:
    s = place.tagged
    linked = levels(f, stop) if f.n.instrument in TARIFFS | {"price_floor"} else []
    linked = [level for level in linked if level.i not in used]
    if f.n.instrument == "tariff_rate_quota":
        linked = [level for level in linked if level.role != "by"]
    when, when_cues = dates_of(place, f, 0, len(s.words))
    target = targets(f, seen)
    imposer = imposers(f, seen, target)
    own = imposer.value in ((), (seen.notice.owner,)) and seen.notice.owner not in target.value
    stays = f.verb is not None and f.verb.cls in ("maintain", "remain") and not f.verb.mood
    stays = stays and not f.n.bare
    of_notice = own and not stays and not when.effective and bool(seen.notice.effective)
    dated = replace(when, effective=seen.notice.effective) if of_notice else when
    setting = setting_of(place, f, dated, seen)
    stand = (
        permit_standing(f, setting)
        or asked_for(f)
        or price_promise(f)
        or (None if asked_passively(f) else standing(f, setting))
    )
    if stand is None and f.n.bare and f.verb is None:
        stand = listed_standing(place, f, setting) or carried_on(f, before, place.number)
    if stand is None and s.on("status.presupposed") and went_ahead(f):
        stand = Standing("in_force", "impose", "status.presupposed", "went ahead", f.verb.i if f.verb else -1)
    if stand is None:
        used.update(level.i for level in linked if f.left <= level.i < f.n.i)
        return []
    when = dated if stand.status == "announced" else when
    target, imposer = _demonym_trap(f, seen, target, imposer)
    if not target.value:
        target = owner_as_target(f, place.tagged, imposer)
    if f.n.bare and not imposer.value:
        imposer = heading_actor(place.tagged, f.n.i, seen)
        imposer = imposer if not set(imposer.value) & set(target.value) else NOBODY
    if "+" in "".join(imposer.value) and f.relation == "subject" and f.n.instrument in TARIFFS:
        imposer = NOBODY
    draft = _draft(place, f, stand, imposer, target, when, when_cues, seen, setting)
    if draft is None:
        return []
    complete_roles(draft, place, f, seen, before)
    return with_levels(place, f, draft, stand, linked, used)


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
    status, imposer, target = exchanged(place, f, status, action, imposer, target, seen, setting)
    if not status:
        return None
    evidence = Evidence(
        sentence.start, sentence.end, place.text[sentence.start : sentence.end],
        Span(start, end, place.text[start:end]), f"s{place.number}",
    )  # fmt: skip
    all_cues = [Cue("instrument", f.n.rule, spelled(s, f.n.i, f.n.j), s.words[f.n.i].start, f.n.instrument)]
    all_cues.append(Cue("status", stand.rule, stand.words, s.words[stand.at].start if stand.at >= 0 else -1, status))
    for name_, role in (("imposer", imposer), ("target", target)):
        if role.value:
            all_cues.append(Cue(name_, role.rule, role.words, -1, "+".join(role.value)))
    span = (sentence.start, sentence.end)
    return Draft(
        instrument=f.n.instrument, action=action, status=status, imposer=imposer.value, target=target.value, rate=None,
        product=goods, quantity=quantity(place, f), dates=when, evidence=evidence,
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


def quantity(place: Place, f: Frame) -> Quantity | None:
    """Return the amount that belongs to a frame: the first one after its nucleus, or one in its phrase."""
    s = place.tagged
    start, end = clause(s, f.n.i)
    near = [(i, a) for i, _, a in s.amounts if min(start, f.left) <= i < max(end, f.right)]
    if not near:
        return None
    after = [(i, a) for i, a in near if i >= f.n.i] or near
    _, amount = after[0]
    role = "coverage" if f.n.instrument in ("import_tariff", "export_tariff") else "volume"
    return Quantity(amount.value, amount.unit, amount.period, role, amount.raw, amount.start)
