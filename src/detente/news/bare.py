"""Rates without an instrument noun: "pays 25 percent", "15% on American coal", "Geely 18.8%".

They count only where trade is already the topic: a tariff read shortly before, or a border in the sentence.
"""

from __future__ import annotations

from detente.news.found import enters_of
from detente.news.grammar import PREPOSITIONS, Tagged, Verb, clause
from detente.news.levels import read_level
from detente.news.nucleus import BEYOND, Nucleus
from detente.news.word_lists import word_list

_PAYS = frozenset({"face", "subject"})
_MOVES = word_list("bare.moves")
_CHARGE = word_list("bare.charge")
_BORDER = word_list("bare.border")
_FIGURE = frozenset(["rate", "rates", "figure", "figures", "level", "increase", "amount", "charge", "surcharge"])
_GOODS = word_list("bare.goods")


def bare_nuclei(s: Tagged, found: list[Nucleus], topic: str) -> list[Nucleus]:
    """Return a nucleus for each rate that stands for a tariff without naming one.

    Args:
        found: nuclei with a noun or a verb of their own. topic: instrument read shortly before, empty if none.
    """
    fees, topic = topic == "port_fee", "import_tariff" if topic in ("tariff_rate_quota", "port_fee") else topic
    trade = topic or ("import_tariff" if any(t.low in _BORDER for t in s.words) else "")
    out: list[Nucleus] = []
    for i, j, rate in s.rates:
        if rate.unit.startswith("usd") or rate.unit == "specific_other":
            if (
                (fees or " net ton" in rate.raw.lower() or _calls(s, i))
                and s.on("bare.per-ship")
                and not _near_noun(s, i, j, found)
                and _per_ship(s, i)
            ):
                out.append(Nucleus(i, j, "port_fee", "bare.per-ship", bare=True))
            continue
        if (
            rate.free
            and _enters_free(s, i, topic)
            and not any(n.verb is None and clause(s, i)[0] <= n.i for n in found if n.i < i)
        ):
            out.append(Nucleus(i, j, "import_tariff", "bare.enters-free", bare=True))
            continue
        if rate.unit not in ("percent_ad_valorem",) or rate.free or _near_noun(s, i, j, found):
            continue
        if s.low(i - 1) in ("to", "and", "or") and any(b == i - 1 for _, b, _ in s.rates) and s.low(i - 1) == "to":
            continue
        level = read_level(s, i, j, rate, i, i, j)
        if _over_quota(s, i):
            out.append(Nucleus(i, j, "tariff_rate_quota", "bare.over-quota", bare=True))
            continue
        if level.role not in ("value", "to") or level.span:
            continue
        rule = _licence(s, i, j, trade)
        if rule and s.on(f"bare.{rule}"):
            out.append(Nucleus(i, j, trade or "import_tariff", f"bare.{rule}", bare=True))
    return out


def _enters_free(s: Tagged, i: int, topic: str) -> bool:
    """ "American goods will enter Indonesia free of duty": goods of an origin that come in without a duty."""
    verb = next((v for v in reversed(s.verbs) if v.j <= i), None)
    if verb is None or verb.negative or i - verb.j > 5 or verb.lemma not in ("enter", "come", "arrive", "import"):
        return False
    if any(not a.money for k, _, a in s.amounts if k < i):
        return False
    start = clause(s, verb.i)[0]
    goods = topic == "import_tariff" and any(start <= m.i < verb.i for m in s.products)
    return goods or _foreign_goods(s, verb)


_BEYOND_QUOTA = frozenset(
    ["anything", "whatever", "volumes", "imports", "quantities", "tonnage", "shipments", "tonnes", "cargoes"]
)


def _over_quota(s: Tagged, i: int) -> bool:
    """ "anything above that will be charged 50 percent": the rate beyond a quota told just before."""
    verb = next((v for v in reversed(s.verbs) if v.j <= i), None)
    if verb is None or i - verb.j > 4 or not (verb.cls in _PAYS or (verb.passive and verb.cls in ("impose", "tax"))):
        return False
    subject = {s.low(k) for k in range(max(0, verb.i - 9), verb.i)}
    return bool(BEYOND & subject and _BEYOND_QUOTA & subject)


def _per_ship(s: Tagged, i: int) -> bool:
    """ "a vessel pays $18 per net ton", "it stands at $140 per net ton": what a ship pays once fees are the topic."""
    before = [v for v in s.verbs if v.j <= i and v.cls != "other"] or [v for v in s.verbs if v.j <= i]
    ships = {"ships", "vessels", "ship", "vessel", "carriers", "tankers"}
    charged = bool(before) and before[-1].cls == "impose" and bool(ships & {s.low(k) for k in range(before[-1].j, i)})
    if charged and i - before[-1].j <= 8:
        return True
    return (
        bool(before)
        and (before[-1].cls in ("face", "subject", "remain", "rise", "raise", "be") or _charges(before[-1], s))
        and i - before[-1].j <= 5
    )


def _charges(verb: Verb, s: Tagged) -> bool:
    """ "are charged $150", "goes to $80"."""
    return (verb.passive and verb.cls == "impose") or (verb.lemma == "go" and s.low(verb.j) == "to")


def _calls(s: Tagged, i: int) -> bool:
    """ "vessels calling at US ports will pay $18": ships that call somewhere."""
    words = {s.low(k) for k in range(clause(s, i)[0], i)}
    return bool(words & {"vessels", "ships", "ship", "vessel"}) and bool(
        words & {"calling", "docking", "port", "ports"}
    )


def _near_noun(s: Tagged, i: int, j: int, found: list[Nucleus]) -> bool:
    """Whether the rate belongs to an instrument noun of its clause."""
    start, end = clause(s, i)
    for n in found:
        if n.verb is None and start <= n.i < end:
            if 0 <= n.i - j <= 5 and not _other_rate(s, j, n.i) and s.low(j) not in ("on", "for"):
                return True
            if n.j <= i and (not _closed(s, n.j, i) or _moved_to(s, n, i)):
                return True
    return False


def _moved_to(s: Tagged, n: Nucleus, i: int) -> bool:
    """ "the duty of 35 percent will be cut to 20 percent": one noun, its old rate, its new one."""
    moves = [v for v in s.verbs if n.j <= v.i and v.j <= i]
    return len(moves) == 1 and s.low(i - 1) == "to" and moves[0].cls in ("raise", "reduce", "rise", "fall")


def _closed(s: Tagged, i: int, j: int) -> bool:
    """Whether a rate already stands between a noun and this rate, so that the noun has its own."""
    return _other_rate(s, i, j) or (any(a <= i - 1 and b >= i - 4 for a, b, _ in s.rates if b <= i) and j - i > 3)


def _other_rate(s: Tagged, i: int, j: int) -> bool:
    return any(i <= a < j for a, _, _ in s.rates)


def _licence(s: Tagged, i: int, j: int, topic: str) -> str:
    verb = _verb_before(s, i)
    if (
        verb is not None
        and verb.cls == "face"
        and s.low(j) == "in"
        and any(a.oblique == "in" and a.i <= j + 2 for a in s.actors if a.i > j)
    ):
        return "pays-abroad"
    if verb is not None and topic and (verb.cls in _PAYS or (verb.lemma in _CHARGE and verb.passive)):
        return "pays"
    if _charged(s, i, j):
        return "charged"
    if any(s.low(k) == "dutiable" and s.low(k + 1) == "at" for k in range(max(0, i - 5), i)):
        return "dutiable"
    if topic and _pronoun_moved(s, i):
        return "it-moved"
    charged = verb is not None and verb.passive and verb.lemma in _CHARGE | {"hit"}
    if (
        verb is not None
        and (verb.cls in _PAYS or charged)
        and not verb.negative
        and (_foreign_goods(s, verb) or ((charged or _on_top(s, i)) and _country_subject(s, verb)))
        and s.low(j) in _ENDS
    ):
        return "pays-goods"
    own = j + 3 if [s.low(k) for k in range(j, j + 3)] == ["of", "its", "own"] else j
    own += 2 if (s.low(own), s.low(own + 1)) in (("the", "one"), ("the", "duty")) else s.low(own) in ("that", "those")
    trade = topic or verb is not None or _foreign_after(s, own + 1)
    if s.low(own) in ("on", "for", "against") and _goods_follow(s, own + 1) and trade:
        buyers = bool({"shoppers", "consumers", "households", "drivers"} & {s.low(k) for k in range(i)})
        if buyers and not topic:
            return ""
        charged = verb is not None and verb.cls in ("impose", "face", "hit", "announce", "threaten", "propose", "raise")
        return "on-goods" if topic or charged or _foreign_after(s, own + 1) else ""
    if topic and s.low(j) == "for" and _name(s, j + 1) and any(s.low(k) == ":" for k in range(i)):
        return "for-name"
    if s.low(j) in ("which", "that") and any(v.cls == "impose" and j < v.i <= j + 6 for v in s.verbs):
        return "relative"
    pending = verb is not None and verb.passive and verb.tense == "inf" and verb.cls in ("raise", "reduce")
    if topic and pending and s.low(i - 1) == "to":
        return "to-be-raised"
    owner = next((a for a in s.actors if a.possessor and a.j + 1 == i), None)
    if (
        owner is not None
        and topic
        and s.low(j) in ("remain", "remains", "stay", "stays", "and", "holds", "hold", "stands")
    ):
        return "owned"
    told = verb is not None and verb.tense == "past" and verb.cls in ("be", "remain")
    if verb is not None and not told and verb.cls in _MOVES and topic and _rate_subject(s, verb):
        return "rate-is"
    return ""


def _charged(s: Tagged, i: int, j: int) -> bool:
    """ "An extra 25 percent will be charged on Indian goods": the rate is the subject of a charge on goods."""
    verb = next((v for v in s.verbs if v.i >= j), None)
    if verb is None or verb.i - j > 2 or not verb.passive or verb.lemma not in _CHARGE | {"add"}:
        return False
    before = {s.low(k) for k in range(clause(s, i)[0], i)} - {
        "an",
        "a",
        "the",
        "extra",
        "additional",
        "further",
        "another",
    }
    stacked = (s.low(verb.j), s.low(verb.j + 1)) == ("on", "top") and bool(s.topic)
    goods = s.low(verb.j) in ("on", "to") and _goods_follow(s, verb.j + 1)
    return (goods or stacked) and not before & PREPOSITIONS


_ENDS = frozenset(
    ["", ".", ",", ";", "and", "in", "on", "from", "at", "when", "while", "under", "as", "instead", "upon"]
)


def _pronoun_moved(s: Tagged, i: int) -> bool:
    """ "agreed to bring it down to 15%", "raised them to 50 percent": a rate to which the tariff just named moves."""
    if s.low(i - 1) not in ("to", "at"):
        return False
    moves = [v for v in s.verbs if v.j <= i and i - v.j <= 4 and v.cls in ("raise", "reduce") and not v.passive]
    return bool(moves) and any(s.low(k) in ("it", "them", "this", "these") for k in range(moves[-1].v + 1, i))


def _foreign_goods(s: Tagged, verb: Verb) -> bool:
    """Whether the subject of a verb is goods with an origin: "large aircraft made in France", "Indian shrimp"."""
    start = clause(s, verb.i)[0]
    goods = any(start <= m.i < verb.i for m in s.products) or bool(
        {s.low(k) for k in range(start, verb.i)} & {"goods", "imports", "products", "exports", "shipments"}
    )
    origin = any(start <= m.i < verb.i for m in s.adjectives) or any(
        start <= a.i < verb.i
        and a.kind in ("country", "place")
        and (a.oblique in ("from", "in", "of", "to") or enters_of(s, a))
        for a in s.actors
    )
    return goods and origin


_SIDES = word_list("bare.other_money")


def _foreign_after(s: Tagged, at: int) -> bool:
    """ "a further 40 percent on Brazilian goods": goods of an origin right after the rate."""
    if any(t.low in _SIDES for t in s.words):
        return False
    end = min(len(s.words), at + 4)
    adjective = next((m for m in s.adjectives if at <= m.i < end), None)
    goods = adjective is not None and (
        any(adjective.j <= m.i <= adjective.j + 2 for m in s.products)
        or any(s.low(k) in ("goods", "imports", "products", "exports") for k in range(adjective.j, adjective.j + 3))
    )
    return goods or (s.low(at) in ("goods", "imports", "products") and s.low(at + 1) == "from")


def _on_top(s: Tagged, i: int) -> bool:
    """ "India will pay an extra 25 percent .. under an order"."""
    act = {"order", "proclamation", "decree", "tariff", "tariffs", "duties", "duty"} & {t.low for t in s.words}
    return bool(act) and s.low(i - 1) in ("extra", "additional", "further", "another")


def _country_subject(s: Tagged, verb: Verb) -> bool:
    """ "Vietnam will be charged 20 percent"."""
    return any(a.j == verb.i and a.kind in ("country", "joint") and not a.oblique for a in s.actors)


def _name(s: Tagged, at: int) -> bool:
    return at < len(s.words) and s.words[at].text[:1].isupper() and s.words[at].text.isalpha()


def _verb_before(s: Tagged, i: int) -> Verb | None:
    """The verb right before a rate, over articles and approximations."""
    before = [v for v in s.verbs if v.j <= i]
    if not before or i - before[-1].j > 3:
        return None
    between = [s.low(k) for k in range(before[-1].j, i)]
    free = {"at", "to", "about", "under", "over"} | ({"with"} if before[-1].cls == "hit" else set())
    return before[-1] if not (set(between) & (PREPOSITIONS - free)) else None


def _goods_follow(s: Tagged, i: int) -> bool:
    money = any(a == i for a, _, _ in s.amounts)
    cells = range(i, min(len(s.words), i + (9 if money else 3)))
    named = any(m.i in cells for m in s.products) or any(m.i in cells for m in s.adjectives)
    country = any(a.i in cells and a.kind in ("country", "place") for a in s.actors)
    whence = any(a.oblique == "from" and i < a.i <= i + 6 and a.kind in ("country", "place") for a in s.actors)
    country = country or (whence and not any(i < v.i < i + 6 for v in s.verbs))
    return named or country or s.low(i) in _GOODS


def _rate_subject(s: Tagged, verb: Verb) -> bool:
    start = clause(s, verb.i)[0]
    words = [s.low(k) for k in range(start, verb.i)]
    if any(word in ("price", "prices", "share", "shares", "inflation", "growth", "output", "sales") for word in words):
        return False
    pronoun = verb.lemma in ("become", "rise", "go", "fall", "climb") and words[-1:] in (
        ["that"],
        ["it"],
        ["this"],
        ["they"],
    )
    figure = pronoun or (bool(set(words) & _FIGURE) and not set(words) & {"policy", "interest", "exchange", "growth"})
    moved = verb.lemma in ("go", "rise", "climb", "jump", "fall", "move", "increase") and s.low(verb.j) == "to"
    goods = any(start <= m.i < verb.i for m in s.products)
    goods = goods and (moved or (verb.cls in ("remain", "be") and s.low(verb.j) == "at"))
    return figure or goods
