"""Who imposes a measure, by the act that lays it down: bills, decrees, lists and laws that one government has."""

from __future__ import annotations

from detente.news.actors import Discourse, country_of
from detente.news.found import EXPORT_SIDE, NOBODY, Found, role
from detente.news.frames import Frame
from detente.news.grammar import Tagged, clause
from detente.news.nucleus import PERMIT


def by_act(f: Frame) -> bool:
    """Whether an act is the subject: "the order imposes"."""
    return f.verb is not None and f.subject is None and f.s.low(f.verb.i - 1) in LAWS


def bench(f: Frame, s: Tagged, seen: Discourse) -> Found:
    """A ruling of the World Trade Organization is its own."""
    if f.n.instrument != "legal_ruling":
        return NOBODY
    words = [t.low for t in s.words]
    world = (
        "wto" in words or "world trade organization" in " ".join(words) or "world trade organisation" in " ".join(words)
    )
    return Found(("WTO",), "imposer.wto", "WTO") if world else NOBODY


def keeper(f: Frame, s: Tagged, seen: Discourse) -> Found:
    """ "the Entity List", "the unreliable entity list": whoever keeps the list of that name."""
    if not f.n.rule.startswith("list."):
        return NOBODY
    return role(s, f.n.rule.partition(".")[2], "imposer.keeper-of-list", f.n.i, f.n.j)


def granting(f: Frame, s: Tagged, seen: Discourse) -> Found:
    """ "only with a licence from the Ministry of Commerce": who gives the permission."""
    if f.n.instrument not in ("export_licensing", "tech_export_control"):
        return NOBODY
    for actor in s.actors:
        given = {s.low(k) for k in range(max(0, actor.i - 5), actor.i)} & PERMIT
        if given and actor.oblique in ("from", "of", "by") and actor.kind in ("body", "country"):
            return role(s, country_of(actor, s, seen), "imposer.granting", actor.i, actor.j)
    return NOBODY


_ACTS = {
    "USA": ("executive order", "section 232", "section 301", "section 201", "section 122", "section 338", "chips act",
            "inflation reduction act", "trade expansion act", "harmonized tariff schedule", "buy american",
            "jones act", "emergency economic powers act", "ieepa", "presidential proclamation"),
    "EU": ("carbon border adjustment mechanism", "cbam", "anti coercion instrument", "implementing regulation"),
}  # fmt: skip


def named_act(f: Frame, s: Tagged, seen: Discourse) -> Found:
    """An act that one lawmaker has by this name stands in the sentence."""
    if f.n.instrument in EXPORT_SIDE | {"trade_agreement", "purchase_commitment", "investment_commitment"}:
        return NOBODY
    text = " ".join(t.low for t in s.words)
    for owner, names in _ACTS.items():
        act = next((name for name in names if name in text), "")
        if act:
            return Found((owner,), "imposer.named-act", act)
    return NOBODY


def act_in(f: Frame, s: Tagged, seen: Discourse) -> Found:
    """ "A decree published in Mexico sets", "the gazette of Kenya": where the act comes from."""
    if f.verb is None or f.relation != "object" or f.verb.passive:
        return NOBODY
    start = clause(s, f.verb.i)[0]
    act = next((k for k in range(start, f.verb.i) if s.low(k) in LAWS), -1)
    for actor in s.actors:
        if (
            act >= 0
            and act < actor.i < f.verb.i
            and actor.oblique in ("in", "of")
            and actor.kind in ("country", "place")
        ):
            return role(s, actor.country, "imposer.act-in", actor.i, actor.j)
    return NOBODY


LAWS = frozenset(
    [
        "decree",
        "order",
        "proclamation",
        "decision",
        "notice",
        "rule",
        "gazette",
        "regulation",
        "law",
        "act",
        "notification",
        "resolution",
        "ordinance",
    ]
)


def signed(f: Frame, s: Tagged, seen: Discourse) -> Found:
    """ "under an order that President Trump signed", "a decree signed by": who signs the act that lays it down."""
    for verb in s.verbs:
        act = any(s.low(k) in LAWS for k in range(max(0, verb.i - 6), verb.i))
        if verb.cls != "sign" or not act:
            continue
        before = next((a for a in s.actors if a.j == verb.i and not a.oblique), None)
        actor = before or next((a for a in s.actors if verb.j < a.i <= verb.j + 2 and a.oblique == "by"), None)
        if actor is not None:
            return role(s, country_of(actor, s, seen), "imposer.signed", actor.i, actor.j)
    return NOBODY


def bill(f: Frame, s: Tagged, seen: Discourse) -> Found:
    """ "a bill before the Mexican Congress would raise": the country of the bill."""
    if f.verb is None or f.verb.mood != "would" or f.relation != "object":
        return NOBODY
    start = clause(s, f.verb.i)[0]
    if not any(s.low(k) in ("bill", "proposal", "plan", "draft", "legislation") for k in range(start, f.verb.i)):
        return NOBODY
    for actor in s.actors:
        if actor.j <= f.verb.i and actor.country:
            return role(s, actor.country, "imposer.bill", actor.i, actor.j)
    return NOBODY
