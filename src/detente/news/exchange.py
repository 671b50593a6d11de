"""Offers and what is asked for them; promises about prices; measures that are only supposed."""

from __future__ import annotations

from detente.news.actors import Discourse, country_of
from detente.news.events import ACTION
from detente.news.found import NOBODY, Found
from detente.news.frames import Frame
from detente.news.grammar import Tagged
from detente.news.mention import Place
from detente.news.roles import demander
from detente.news.standings import Setting, Standing


def asked_passively(f: Frame) -> bool:
    """ "in exchange for the duties being dropped": the price of an offer, told from the other side."""
    return bool(0 <= _exchange_at(f.s) < f.n.i and f.verb is not None and f.verb.passive)


def price_promise(f: Frame) -> Standing | None:
    """What exporters offer or pledge about their prices; troops sent to a border."""
    if (
        f.n.instrument == "investment_commitment"
        and f.n.verb is not None
        and f.n.verb.cls in ("commit", "offer", "announce")
    ):
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


def went_ahead(f: Frame) -> bool:
    """ "if the US went ahead with our docking fees": supposed here; a mention that can only contradict another one."""
    return (
        f.verb is not None and f.verb.lemma == "go ahead" and f.verb.tense == "past" and f.s.low(f.left - 1) == "with"
    )


def asked_for(f: Frame) -> Standing | None:
    """What stands after "in exchange for": asked of somebody."""
    at = _exchange_at(f.s)
    if not 0 <= at < f.n.i or f.verb is None or f.verb.tense != "ing" or f.verb.i < at or f.verb.passive:
        return None
    event = f.verb.cls if f.n.verb is None else f.n.verb.cls
    return Standing("demanded", ACTION.get(event, "impose"), "status.in-exchange", "in exchange for", at - 1)


def exchanged(
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
