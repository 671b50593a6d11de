"""Roles that a sentence leaves open, filled from what it refers back to, or left open."""

from __future__ import annotations

from detente.news.actors import Discourse
from detente.news.found import EXPORT_SIDE
from detente.news.frames import Frame
from detente.news.goods import compatible
from detente.news.grammar import Tagged
from detente.news.measure import Cue
from detente.news.mention import BORDER, TARIFFS, Draft, Place
from detente.news.word_lists import word_list

_MUTUAL = frozenset({"trade_agreement", "critical_minerals_deal", "tariff_truce"})
_COUNTER = word_list("drafts.counter")


def complete_roles(draft: Draft, place: Place, f: Frame, seen: Discourse, before: list[Draft]) -> None:
    """Fill imposer and target from what the measure refers back to, from its kind, or from the passage."""
    _mutual(draft, f, seen)
    acts = (
        f.verb is not None
        and f.relation == "object"
        and f.verb.cls in ("impose", "raise", "reduce", "remove", "announce")
    )
    if seen.label and acts and not draft.imposer and seen.label not in draft.target:
        _set(draft, "imposer", (seen.label,), "imposer.label")
    inward = draft.instrument not in EXPORT_SIDE and seen.label not in "".join(draft.imposer)
    if seen.label and not draft.target and inward:
        _set(draft, "target", (seen.label,), "target.label")
    _of_its_kind(draft, place, f, seen, before)
    earlier = _antecedent(draft, before, seen.topic_from)
    if earlier is not None and not (draft.imposer and draft.target):
        _take(draft, earlier)
    if not draft.imposer and place.legal and seen.publisher and draft.target != (seen.publisher,):
        _set(draft, "imposer", (seen.publisher,), "imposer.publisher")
    if seen.label and not draft.imposer and draft.target == (seen.label,) and before:
        near = before[-1].imposer
        if near and seen.label not in near[0]:
            _set(draft, "imposer", near, "imposer.of-the-list")
    _answered(draft, place, f, seen)
    _from_sentence_before(draft, place, f, before)
    _of_notice(draft, seen)
    _of_pair(draft, place.tagged)
    if draft.imposer and not draft.target:
        _default_target(draft, seen)
    _from_passage(draft, place, seen)


def _of_notice(draft: Draft, seen: Discourse) -> None:
    """What a notice lays down is its issuer's, and meant for the economy that its title names."""
    owner, against = seen.notice.owner, seen.notice.against
    if owner and not draft.imposer and owner not in draft.target:
        _set(draft, "imposer", (owner,), "imposer.notice")
    if against and draft.imposer == (owner,) and not draft.target:
        _set(draft, "target", (against,), "target.notice")


def _of_pair(draft: Draft, s: Tagged) -> None:
    """ "The UK and India have agreed that the Indian duty drops": the other of the pair that the sentence names."""
    pairs = {tuple(a.country.split("+")) for a in s.actors if a.kind == "joint" and "+" in a.country}
    pair = pairs.pop() if len(pairs) == 1 else ()
    if len(pair) != 2 or draft.instrument in _MUTUAL:
        return
    if len(draft.imposer) == 1 and draft.imposer[0] in pair and not draft.target:
        _set(draft, "target", (pair[1 - pair.index(draft.imposer[0])],), "target.of-pair")
    elif not draft.imposer and len(draft.target) == 1 and draft.target[0] in pair:
        _set(draft, "imposer", (pair[1 - pair.index(draft.target[0])],), "imposer.of-pair")


def _of_its_kind(draft: Draft, place: Place, f: Frame, seen: Discourse, before: list[Draft]) -> None:
    """Price promises of makers, followers, truces of the pair, "for them"."""
    on = place.tagged.on
    if draft.instrument == "price_floor" and not draft.imposer and f.n.verb is not None:
        makers = [m.entry.value for m in place.tagged.adjectives if m.i < f.n.i]
        if makers:
            _set(draft, "imposer", (makers[0],), "imposer.makers")
            other = seen.other(makers[0])
            draft.target = draft.target or ((other,) if other else ())
    if draft.instrument == "legal_ruling" and not draft.imposer:
        seat = [a.country for a in place.tagged.actors if a.oblique == "in" and a.kind == "place" and a.i < f.n.i]
        draft.imposer = (seat[0],) if seat and seat[0] not in draft.target else ()
    if f.n.rule == "bare.over-quota" and before and not draft.imposer:
        _take(draft, before[-1])
    follows = f.verb is not None and f.verb.lemma == "follow" and on("target.follows")
    if follows and before and not draft.target:
        _set(draft, "target", before[-1].target, "target.follows")
    if draft.instrument == "tariff_truce" and not draft.imposer and on("target.pair-of-text"):
        _truce_sides(draft, seen)
    if draft.imposer and not draft.target and on("target.pronoun"):
        _pronoun_target(draft, f, seen)


def _answered(draft: Draft, place: Place, f: Frame, seen: Discourse) -> None:
    """What retaliates is aimed at the other side."""
    s = place.tagged
    replies = f.verb is not None and f.verb.lemma in ("answer", "respond", "reply", "retaliate")
    counter = replies or any(s.low(k) in _COUNTER for k in range(max(0, f.left), min(len(s.words), f.n.j + 6)))
    if draft.imposer and not draft.target and (counter or draft.instrument == "unspecified_retaliation"):
        other = seen.other(draft.imposer[0]) or _only_other(s, draft.imposer[0])
        if other:
            _set(draft, "target", (other,), "target.other-side")


def _from_sentence_before(draft: Draft, place: Place, f: Frame, before: list[Draft]) -> None:
    """A measure without an agent right after one whose imposer is named."""
    if draft.imposer or not before or draft.sentence - before[-1].sentence > 1 or not before[-1].imposer:
        return
    near = before[-1]
    if place.tagged.on("imposer.same-passage") and f.n.verb is not None and near.imposer != draft.target:
        _set(draft, "imposer", near.imposer, "imposer.same-passage")
        draft.target = draft.target or near.target
        return
    apart = not set(near.imposer) & set(draft.target) and "+" not in near.imposer[0]
    if draft.definite and draft.instrument == "investigation" and near.instrument in TARIFFS and near.target:
        _set(draft, "imposer", near.imposer, "imposer.sentence-before")
        draft.target = draft.target or near.target
    if near.instrument == draft.instrument and draft.own_target and draft.target != ("*",) and apart:
        _set(draft, "imposer", near.imposer, "imposer.sentence-before")


def _from_passage(draft: Draft, place: Place, seen: Discourse) -> None:
    """The only country just named, the heading, the other side of the only pair."""
    own_exports = place.tagged.on("imposer.only-country") and draft.instrument in EXPORT_SIDE
    s = place.tagged
    here = {a.country for a in s.actors if a.country and a.kind != "joint" and a.oblique not in ("to", "for")}
    here |= {m.entry.value for m in s.adjectives if s.low(m.i - 1) != "to" and not s.low(m.i - 1)[:1].isdigit()}
    if own_exports and not draft.imposer and len(here) == 1 and draft.target != tuple(here):
        _set(draft, "imposer", (here.pop(),), "imposer.only-country")
        if not draft.target:
            _default_target(draft, seen)
    for country, rule in ((seen.only if own_exports else "", "only-country"), (seen.topic, "heading")):
        if not draft.imposer and country and draft.target != (country,):
            _set(draft, "imposer", (country,), f"imposer.{rule}")
            if not draft.target:
                _default_target(draft, seen)
    traded = bool(draft.product.text) and draft.instrument in BORDER and (s.rates or draft.instrument not in TARIFFS)
    if not draft.imposer and seen.sole and traded and draft.target != (seen.sole,):
        _set(draft, "imposer", (seen.sole,), "imposer.sole-country")
        if not draft.target:
            _default_target(draft, seen)
    acting = place.tagged.acting
    if not draft.imposer and acting and acting not in draft.target and draft.instrument in BORDER:
        _set(draft, "imposer", (acting,), "imposer.below-heading")
    if not draft.imposer and seen.publisher and draft.target != (seen.publisher,) and not draft.nested:
        _set(draft, "imposer", (seen.publisher,), "imposer.publisher")
    if not draft.imposer and len(draft.target) == 1 and draft.target != ("*",):
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
            draft.target = draft.target or tuple(sides)
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
    other_goods = named and draft.sentence != earlier.sentence and not compatible(draft.product, earlier.product)
    if not draft.target and earlier.target and earlier.target != draft.imposer and not other_goods:
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
    at = draft.evidence.trigger.end - draft.evidence.start
    near = draft.evidence.trigger.text + draft.evidence.sentence[at : at + 45]
    trade_floor = draft.instrument == "price_floor" and "port" in near
    if draft.instrument == "legal_ruling" or trade_floor:
        _set(draft, "target", ("*",), "target.everybody")
        return
    facing = draft.imposer[0] in seen.sides and draft.instrument in (
        "import_tariff",
        "import_ban",
        "port_fee",
        "import_quota",
    )
    other = seen.other(draft.imposer[0]) if facing and draft.product.scope == "unspecified" else ""
    if other:
        _set(draft, "target", (other,), "target.the-other-of-two")
        return
    domestic = draft.instrument in ("price_floor", "stockpile_purchase", "subsidy", "government_spending")
    if (draft.product.text or draft.instrument in EXPORT_SIDE) and not domestic:
        _set(draft, "target", ("*",), "target.product-only")


def _set(draft: Draft, name: str, value: tuple[str, ...], rule: str) -> None:
    setattr(draft, name, value)
    draft.cues.append(Cue(name, rule, "", -1, "+".join(value)))
