"""On whom a measure is imposed, from the words around it. What the text does not settle stays open."""

from __future__ import annotations

from detente.news.actors import Discourse, country_of
from detente.news.found import (
    EXPORT_SIDE,
    MADE,
    MEETS,
    NOBODY,
    ORIGIN_NOUNS,
    Found,
    add_code,
    enters_of,
    is_product,
    role,
    spelled,
)
from detente.news.frames import Frame
from detente.news.grammar import Actor, Tagged, clause
from detente.news.targets_by_kind import (
    bought,
    entering,
    invested,
    listed,
    loser,
    maker,
    other_owner,
    probed,
    ruled_against,
    sent_to,
    struck,
    the_group,
    winner,
)
from detente.news.verb_chains import plain_object
from detente.news.word_lists import word_list

_EVERYBODY = word_list("roles.everybody")

_PARTNERS = word_list("roles.partners")

_ON = frozenset(["on", "against", "for", "over", "targeting", "upon", "into"])

_OTHERS = frozenset(["other", "effect_other", "speak", "threaten", "propose", "demand", "want"])


def targets(f: Frame, seen: Discourse) -> Found:
    """Return whom a measure is aimed at; `("*",)` for everybody."""
    s = f.s
    for finder in (
        loser,
        sent_to,
        ruled_against,
        entering,
        struck,
        other_owner,
        probed,
        listed,
        the_group,
        invested,
        bought,
        _charged_object,
        _on_phrase,
        _hit_object,
        _meets_subject,
        _goods_phrase,
        _wide_target,
        maker,
        winner,
    ):
        found = finder(f, s, seen)
        if found.value:
            return found
    return NOBODY


def _on_phrase(f: Frame, s: Tagged, seen: Discourse) -> Found:
    """ "tariffs on China", "duties against imports from India", "levies on Canadian canola"."""
    k, stop = f.n.j, f.right
    own = f.verb if f.relation == "subject" and f.verb and f.verb.cls not in _OTHERS else None
    if own is not None:
        stop = max(stop, clause(s, own.i)[1])
    free = (f.participle, own)
    verbs = {c for v in s.verbs for c in range(v.i, v.j) if v.i > f.n.i and v not in free}
    while k < stop:
        applied = s.low(k) == "to" and any(
            v is not None and v.lemma == "apply" and k >= v.j for v in (own, f.verb, f.participle)
        )
        if applied:
            found = _noun_phrase(f, s, k + 1, min(stop, k + 16), seen, verbs)
            if found.value:
                return found
        if s.on("target.its-goods") and s.low(k) in _ON and (owned := _its_goods(f, s, k, seen)).value:
            return owned
        if s.low(k) in _ON and not _of_rate(s, k):
            found = _noun_phrase(f, s, k + 1, min(stop, k + 16), seen, verbs)
            if found.value:
                return found
        if k in verbs and k > f.n.j + 2:
            break
        k += 1
    return NOBODY


def _its_goods(f: Frame, s: Tagged, k: int, seen: Discourse) -> Found:
    """ "on all its goods": the goods of another country named before."""
    for at in range(k + 1, min(k + 3, len(s.words))):
        if s.low(at) in ("its", "their") and any(s.low(at + n) in ORIGIN_NOUNS for n in (1, 2)):
            acting = country_of(f.subject, s, seen) if f.subject else ""
            relative = [a for v in s.verbs if f.n.j <= v.i <= f.n.j + 6 for a in s.actors if a.j == v.i]
            acting = relative[0].country if relative else acting
            others = [a.country for a in s.actors if a.j <= k and a.country and a.country != acting]
            return role(s, others[0], "target.its-goods", at, at + 1) if others and acting else NOBODY
    return NOBODY


def _of_rate(s: Tagged, k: int) -> bool:
    if s.low(k + 1) in ("value", "average", "condition") or s.low(k + 2) in ("value", "basis", "grounds"):
        return True
    return s.low(k + 1) in ("top", "hold", "a") and s.low(k + 2) in ("of", "year", "")


def _noun_phrase(f: Frame, s: Tagged, i: int, stop: int, seen: Discourse, verbs: set[int]) -> Found:
    """The origin named in a noun phrase: a country, a demonym before goods, "imports from" a country, everybody."""
    closed = (";", "(", "if", "unless", "until")
    rates = {a for a, _, _ in s.rates if a > i}
    end = next((k for k in range(i, stop) if k in verbs or k in rates or s.low(k) in closed), stop)
    opened = (",", "that", "which")
    end = next((k for k in range(i + 1, end) if s.low(k) in _EXCEPT), end)
    end = next((k for k in range(i, end) if s.low(k) in opened and _subject_follows(s, k + 1)), end)
    exported = f.n.instrument in EXPORT_SIDE
    codes: list[str] = []
    first = i
    for k in range(i, end):
        actor = next((a for a in s.actors if a.i == k), None)
        adjective = next((m for m in s.adjectives if m.i == k), None)
        if actor and _origin(s, actor, i, exported):
            add_code(codes, _code(actor, s, seen))
        elif adjective and not exported and not any(a.i <= k < a.j for a in s.actors if a.kind != "firms"):
            add_code(codes, adjective.entry.value)
        elif actor and actor.oblique in ("by", "in", "under", "with", "into", "to") and not codes and not exported:
            continue
    if codes:
        return Found(tuple(codes), "target.on", spelled(s, first, min(end, first + 6)))
    if _everybody(s, i, end) and not exported:
        return Found(("*",), "target.everybody", spelled(s, i, min(end, i + 4)))
    return NOBODY


def _subject_follows(s: Tagged, at: int) -> bool:
    """Whether an actor with a verb of its own stands here: ", the minister warned", ", Beijing said"."""
    actor = next((a for a in s.actors if a.i in (at, at + 1) and not a.oblique and not a.possessor), None)
    actor = actor or next((a for a in s.actors if at <= a.i <= at + 3 and a.kind == "body"), None)
    if actor is not None and s.low(actor.j) == "of":  # "which the Tariff Commission of China had listed"
        actor = next((a for a in s.actors if a.i == actor.j + 1), actor)
    return actor is not None and any(v.i == actor.j for v in s.verbs)


def _code(actor: Actor, s: Tagged, seen: Discourse) -> str:
    if actor.kind.startswith("pronoun"):
        return ""
    return country_of(actor, s, seen)


def _origin(s: Tagged, actor: Actor, start: int, exported: bool) -> bool:
    """Whether a country inside a target phrase is where the goods come from (or go to, for exports)."""
    if actor.kind in ("person", "body") or (not exported and enters_of(s, actor)):
        return False
    if exported:
        return actor.oblique in ("to", "for", "against") or actor.i - start <= 1
    if actor.oblique in ("", "on", "against", "from", "of", "for", "over", "including", "upon"):
        return not _export_to(s, actor)
    if actor.oblique == "in":
        return s.low(actor.i - 2) in (
            "made",
            "built",
            "assembled",
            "originating",
            "originate",
            "produced",
            "manufactured",
        ) or (s.low(actor.i - 3) in ("made", "built", "assembled", "originating", "produced"))
    return False


def _export_to(s: Tagged, actor: Actor) -> bool:
    back = [s.low(k) for k in range(max(0, actor.i - 4), actor.i)]
    if actor.oblique == "of" and {"ports", "territory", "border", "market", "customs"} & set(back):
        return True
    return s.low(actor.j) in ("ports", "port", "border", "market", "origins", "exporters") and actor.kind == "country"


def _everybody(s: Tagged, i: int, end: int) -> bool:
    if s.low(i) == "the" and s.low(i + 1) in ("global", "world", "whole"):
        return True
    span = [s.low(k) for k in range(i, min(end, i + 8))]
    if {"every", "all"} & set(span[:2]) and any(i <= m.i < min(end, i + 6) for m in s.products):
        return True
    return any(word in _EVERYBODY for word in span[:4]) and any(word in _PARTNERS for word in span)


def _hit_object(f: Frame, s: Tagged, seen: Discourse) -> Found:
    """ "hit China with a tariff", "slapped Indian goods with"."""
    verb = f.verb
    if verb is None or f.relation != "object" or verb.cls not in ("hit", "impose", "tax", "threaten", "exempt"):
        return NOBODY
    if not any(s.low(k) in (("from",) if verb.cls == "exempt" else ("with", "by")) for k in range(verb.j, f.n.i)):
        return NOBODY
    actor = plain_object(s, verb)
    if actor and actor.kind != "person":
        codes: list[str] = []
        for other in s.actors:
            if (
                actor.i <= other.i < f.left
                and other.kind in ("country", "place", "joint")
                and other.oblique in ("", "and")
            ):
                add_code(codes, other.country)
        return (
            Found(tuple(codes), "target.hit")
            if codes
            else role(s, _code(actor, s, seen), "target.hit", actor.i, actor.j)
        )
    adjective = next((m for m in s.adjectives if verb.j <= m.i <= verb.j + 3), None)
    return role(s, adjective.entry.value, "target.hit-goods", adjective.i, adjective.j) if adjective else NOBODY


def _charged_object(f: Frame, s: Tagged, seen: Discourse) -> Found:
    """ "would charge Brazil a tariff of 50% on any and all products"."""
    verb = f.verb
    if verb is None or verb.passive or verb.lemma != "charge" or f.relation != "object":
        return NOBODY
    actor = plain_object(s, verb)
    if actor is None or actor.kind not in ("country", "place", "joint") or actor.i >= f.n.i:
        return NOBODY
    return Found(tuple(actor.country.split("+")), "target.charged", spelled(s, actor.i, actor.j))


def _meets_subject(f: Frame, s: Tagged, seen: Discourse) -> Found:
    """ "Indian goods face", "imports from Vietnam are subject to", "China was hit with"."""
    verb = f.verb
    taxed = f.n.verb is not None and f.n.verb.passive and f.n.verb.cls == "tax"
    if verb is None or (f.relation != "object" and not taxed):
        return NOBODY
    if f.n.instrument in EXPORT_SIDE:
        return NOBODY
    meets = (
        verb.cls in MEETS
        or (verb.cls == "be" and s.low(verb.j) in ("liable", "dutiable", "subject", "chargeable"))
        or f.n.rule == "bare.dutiable"
        or (verb.passive and verb.cls in ("hit", "impose", "exempt", "tax"))
        or (verb.cls == "hit" and s.low(verb.i - 1) == "," and s.low(verb.j) in ("by", "with"))
    )
    if not meets:
        return NOBODY
    start = clause(s, verb.i)[0]
    if any(s.low(k) in ("which", "that", "who") for k in range(start, start + 1)):
        start = clause(s, max(0, start - 1))[0]
    return goods_origin(s, start, verb.i, seen)


def _not_made_in(s: Tagged, actor: Actor) -> bool:
    """ "cars not made in America", "built outside the United States": everybody else's."""
    back = [s.low(k) for k in range(max(0, actor.i - 4), actor.i)]
    return actor.oblique == "outside" or (actor.oblique == "in" and "not" in back and bool(MADE & set(back)))


_EXCEPT = frozenset(["except", "excluding", "excepting", "bar"])


def goods_origin(s: Tagged, i: int, j: int, seen: Discourse) -> Found:
    """Return the origin of the goods (or the country) named in tokens i to j, which are a subject."""
    for adjective in s.adjectives:
        if i <= adjective.i < j and not any(a.i <= adjective.i < a.j for a in s.actors if a.kind != "firms"):
            return role(s, adjective.entry.value, "target.meets", adjective.i, adjective.j)
    wide = {"everywhere", "everybody", "everyone", "countries", "nations"}
    cut = next((k for k in range(i, j) if s.low(k) in _EXCEPT or (s.low(k) == "but" and s.low(k - 1) in wide)), j)
    if s.low(cut) == "but":
        return Found(("*",), "target.everybody", spelled(s, cut - 1, cut))
    if cut > i:
        j = cut
    home = next((a for a in s.actors if i <= a.i < j and _not_made_in(s, a)), None)
    if home is not None:
        return Found(("*",), "target.not-made-in", spelled(s, home.i, home.j))
    codes: list[str] = []
    spot = (i, i)
    gates = ("port", "ports", "border", "market", "customs")
    arrivals = {a.i for a in s.actors if enters_of(s, a) or s.low(a.j) in gates}
    for actor in s.actors:
        if actor.i in arrivals:
            continue
        if i <= actor.i < j and actor.kind in ("country", "place", "joint") and actor.oblique in ("", "from", "of"):
            add_code(codes, _code(actor, s, seen))
            spot = (actor.i, actor.j)
        made_in = actor.oblique == "in" and MADE & {s.low(k) for k in range(actor.i - 3, actor.i)}
        if i <= actor.i < j and actor.kind == "country" and made_in:
            add_code(codes, actor.country)
            spot = (actor.i, actor.j)
    if codes:
        return Found(tuple(codes), "target.meets", spelled(s, *spot))
    plural = any(s.low(k) in ("countries", "origins", "sources", "suppliers", "partners") for k in range(i, j))
    if _everybody(s, i, j) or plural:
        return Found(("*",), "target.everybody", spelled(s, i, min(j, i + 4)))
    return NOBODY


def _wide_target(f: Frame, s: Tagged, seen: Discourse) -> Found:
    """Goods of an origin elsewhere in the sentence, when the measure is the only one in it."""
    if (
        not f.alone
        or not s.on("target.goods-in-sentence")
        or f.n.instrument in EXPORT_SIDE
        or f.n.instrument not in ("import_tariff", "import_ban", "port_fee")
    ):
        return NOBODY
    for adjective in s.adjectives:
        goods = any(s.low(k) in ORIGIN_NOUNS for k in range(adjective.j, adjective.j + 3))
        goods = goods or any(adjective.j <= m.i <= adjective.j + 2 for m in s.products)
        office = any(a.i <= adjective.i < a.j for a in s.actors if a.kind != "firms")
        if goods and not office and not f.left <= adjective.i < f.n.i:
            return role(s, adjective.entry.value, "target.goods-in-sentence", adjective.i, adjective.j)
    for actor in s.actors:
        back = {s.low(k) for k in range(max(0, actor.i - 4), actor.i)}
        made = actor.oblique == "in" and back & {"made", "built", "assembled", "produced"}
        bought = actor.oblique == "from" and back & (ORIGIN_NOUNS | {m for m in back if is_product(s, actor.i)})
        product_of = actor.oblique == "of" and s.low(actor.i - 2) in ("product", "products", "goods", "imports")
        if actor.kind in ("country", "place") and (made or bought or product_of):
            return role(s, actor.country, "target.goods-in-sentence", actor.i, actor.j)
    return NOBODY


_NUMBERS = word_list("targets.numbers")

_SENDING = frozenset(["exports", "shipments", "sales", "export", "selling", "supplying", "shipping", "sending", "sale",
                      "supply", "deliveries", "exporting"])  # fmt: skip


def _goods_phrase(f: Frame, s: Tagged, seen: Discourse) -> Found:
    """Goods with an origin elsewhere in the clause: "exports to", "imports from", "Chinese goods"."""
    start, end = clause(s, f.n.i)
    while f.n.verb is not None and f.n.verb.passive and start > 0 and s.low(start) in ("that", "which", "or", "and"):
        start = clause(s, start - 1)[0]
    end = max(end, f.right)
    exported = f.n.instrument in EXPORT_SIDE
    for actor in s.actors:
        if not start <= actor.i < end or actor.kind == "person" or not actor.country:
            continue
        words = [s.low(k) for k in range(max(start, actor.i - 7), actor.i)]
        if exported and actor.oblique == "to" and _SENDING & set(words):
            return Found(tuple(actor.country.split("+")), "target.exports-to", spelled(s, actor.i, actor.j))
        listed = exported and actor.oblique == "to" and f.n.j <= actor.i and actor.kind in ("country", "place", "joint")
        if listed and not any(f.n.j <= v.i < actor.i and s.low(v.v) not in _SENDING for v in s.verbs):
            return Found(tuple(actor.country.split("+")), "target.exports-to", spelled(s, actor.i, actor.j))
        goods = any(w in ORIGIN_NOUNS for w in words) or is_product(s, actor.i)
        made = actor.oblique == "in" and any(w in MADE | {"originating"} for w in words[-3:])
        placed = actor.kind in ("country", "place", "joint")
        if not exported and (actor.oblique in ("from", "of") or made) and goods and placed:
            codes: list[str] = []
            for other in s.actors:
                listed = (
                    other.i >= actor.i
                    and other.i <= actor.j + (4 if made else 12)
                    and other.oblique in (actor.oblique, "and", "")
                )
                if listed and other.kind in ("country", "place", "joint") and other.i < end:
                    add_code(codes, other.country)
            return Found(tuple(codes), "target.imports-from", spelled(s, actor.i, actor.j))
    if exported:
        return NOBODY
    for adjective in s.adjectives:
        inside = start <= adjective.i < end and not f.left <= adjective.i < f.n.i
        goods = any(
            s.low(k) in ORIGIN_NOUNS | {"ships", "vessels"} for k in range(adjective.j, min(end, adjective.j + 4))
        )
        product = any(adjective.j <= m.i <= adjective.j + 2 for m in s.products)
        product = (
            product
            or s.low(adjective.i - 1) == "from"
            or (
                s.low(adjective.i - 2) == "from"
                and (s.low(adjective.i - 1) in _NUMBERS or s.low(adjective.i - 1)[:1].isdigit())
            )
        )
        if inside and (goods or product) and not any(a.i <= adjective.i < a.j for a in s.actors if a.kind != "firms"):
            return role(s, adjective.entry.value, "target.goods", adjective.i, adjective.j)
    return NOBODY


def owner_as_target(f: Frame, s: Tagged, imposer: Found) -> Found:
    """ "Vietnam's 46% tariff was cut by Washington": with another agent the possessor is who pays."""
    if imposer.rule != "imposer.by":
        return NOBODY
    for actor in s.actors:
        if f.left <= actor.i < f.n.i and actor.possessor and actor.country not in imposer.value:
            return role(s, actor.country, "target.possessor", actor.i, actor.j)
    return NOBODY
