"""What in a sentence can be a measure: instrument nouns, verbs of trade policy with their object, rates on goods."""

from __future__ import annotations

from detente.news.word_lists import word_list

from dataclasses import dataclass

from detente.news.grammar import ADJECTIVES, DETERMINERS, PREPOSITIONS, Mention, Tagged, Verb, clause

_EXPORT = word_list("nuclei.export")
_IMPORT = word_list("nuclei.import")
_GOODS = word_list("nuclei.goods")
_NON_HEAD = word_list("nuclei.non_head")
_OTHER_SENSE = word_list("nuclei.other_sense")
_CURB = word_list("nuclei.curb")
_BAN = word_list("nuclei.ban")
_QUOTA = frozenset(["quota", "quotas", "ceiling", "cap", "limit", "ceilings", "caps"])
_FEE = frozenset(["fee", "fees", "charge", "charges", "levy", "levies", "dues"])
_TAX = frozenset(["tax", "taxes", "charge", "charges", "cess"])
_PERMIT = word_list("nuclei.permit")
_SHIPS = word_list("nuclei.ships")
_MINERAL = frozenset({"rare_earths_and_critical_minerals"})
_TECH = frozenset({"semiconductors", "chip_equipment", "technology"})
_WAR = word_list("nuclei.war")


_DEPOSIT = frozenset("importers importer customs imports dumping provisional subsidy".split())
_CURBS = _CURB | _BAN | _QUOTA | _FEE | _TAX | _PERMIT | {"rate", "rates", "deposit", "deposits"}


@dataclass(frozen=True, slots=True)
class Nucleus:
    """The heart of a possible measure.

    Args:
        i, j: its tokens. instrument: of the schema. rule: what found it.
        verb: the verb of a verb construction; None for a noun or a rate.
        bare: whether it is a rate without an instrument noun.
    """

    i: int
    j: int
    instrument: str
    rule: str
    verb: Verb | None = None
    bare: bool = False


def nuclei(s: Tagged) -> list[Nucleus]:
    """Return the nuclei of a sentence in order, without overlap."""
    found = [n for m in s.instruments if (n := _noun(s, m))]
    covered = {k for n in found for k in range(n.i, n.j)} | {k for m in s.instruments for k in range(m.i, m.j)}
    for at, token in enumerate(s.words):
        if token.low in _CURBS and at not in covered and (n := _curb(s, at)):
            found.append(n)
            covered.update(range(n.i, n.j))
    for verb in s.verbs:
        n = _verb(s, verb, found)
        if n and not covered & set(range(n.i, n.j)):
            found.append(n)
            covered.update(range(n.i, n.j))
    return sorted(found, key=lambda n: n.i)


def near(s: Tagged, i: int, j: int, words: frozenset[str], left: int = 4, right: int = 8) -> bool:
    """Return whether one of the words stands in the same clause close to tokens i to j."""
    start, end = clause(s, i)
    span = [*range(max(start, i - left), i), *range(j, min(end, j + right))]
    return any(s.low(k) in words for k in span)


def products_near(s: Tagged, i: int, j: int, left: int = 6, right: int = 9) -> list[Mention]:
    """Return the products in the same clause close to tokens i to j."""
    start, end = clause(s, i)
    return [m for m in s.products if max(start, i - left) <= m.i and m.j <= min(end, j + right)]


def _scopes(s: Tagged, i: int, j: int, left: int = 6, right: int = 9) -> set[str]:
    return {m.entry.value for m in products_near(s, i, j, left, right)}


def _noun(s: Tagged, m: Mention) -> Nucleus | None:
    kind, before, after = m.entry.value, s.low(m.i - 1), s.low(m.j)
    if after in ("barrier", "barriers") and any(v.j <= m.i and m.i - v.j <= 6 and v.cls in ("remove", "reduce") for v in s.verbs):
        after = ""
    if m.j - m.i == 1 and before == "to" and s.low(m.i) in ("safeguard", "levy", "probe"):
        return None
    if before in _OTHER_SENSE or (before == "in" and s.low(m.i - 2) == "feed") or after in _NON_HEAD:
        return None
    low = " ".join(s.low(k) for k in range(m.i, m.j))
    if low in ("duty", "levy") and before in ("on", "off") and s.low(m.i - 2) not in ("from", "based"):
        return None
    if low == "duty" and (after in ("calls", "call", "rota", "of", "to", "officer", "bound") and after != "of"):
        return None
    if kind == "import_tariff":
        return _tariff(s, m)
    if kind == "tariff_truce" and not _trade_truce(s, m):
        return None
    if kind == "export_licensing" and _scopes(s, m.i, m.j) & _TECH:
        kind = "tech_export_control"
    if kind == "subsidy" and near(s, m.i, m.j, frozenset({"anti", "investigation", "case", "probe"}), 3, 3):
        return None
    return Nucleus(m.i, m.j, kind, m.entry.rule)


def _trade_truce(s: Tagged, m: Mention) -> bool:
    """A truce of trade: no fighting, no strike, and trade or two economies in the sentence."""
    words = {t.low for t in s.words}
    trade = words & {"trade", "tariff", "tariffs", "duties", "levies", "imports", "exports"}
    if s.low(m.j - 1) == "ceasefire" and not trade & {s.low(k) for k in range(m.i - 3, m.i + 1)}:
        return False
    sides = {a.country for a in s.actors if a.country and a.kind != "person"}
    return bool(trade) or (not words & _WAR and len(sides) >= 2)


def low_words(s: Tagged, m: Mention) -> list[str]:
    """Return the folded words of a mention."""
    return [s.low(k) for k in range(m.i, m.j)]


def _tariff(s: Tagged, m: Mention) -> Nucleus | None:
    j = m.j
    if s.low(j) in (
        "rate",
        "rates",
        "hike",
        "hikes",
        "increase",
        "increases",
        "cut",
        "cuts",
        "reduction",
        "reductions",
    ):
        j += 1
    left = [s.low(k) for k in range(max(0, m.i - 4), m.i)]
    right = [s.low(k) for k in range(j, min(clause(s, m.i)[1], j + 6))]
    subject = [s.low(k) for k in range(clause(s, m.i)[0], m.i)]
    sold_abroad = any(m.i - 5 <= a.i < m.i for a in s.actors if a.kind != "firms") or any(a.oblique == "to" for a in s.actors)
    if {"exporters", "exporter"} & set(subject[:6]) and not sold_abroad and "import" not in low_words(s, m):
        return Nucleus(m.i, j, "export_tariff", m.entry.rule)
    if "export" in left or _before_of(right, _EXPORT):
        return Nucleus(m.i, j, "export_tariff", m.entry.rule)
    if any(word in _SHIPS for word in right[:6]) and s.low(m.i) in ("levy", "levies", "surcharge", "duties", "duty"):
        if not {"shipments", "imports"} & set(right):
            return Nucleus(m.i, j, "port_fee", m.entry.rule)
    return Nucleus(m.i, j, "import_tariff", m.entry.rule)


def _before_of(right: list[str], words: frozenset[str]) -> bool:
    """ "on exports of", "on crude palm oil exports": the words that follow "on" hold one of `words`, before "from"."""
    if not right or right[0] not in ("on", "for", "over"):
        return False
    stop = right.index("from") if "from" in right else len(right)
    span = right[1:stop]
    return any(word in words for word in span) and not any(
        w in words and span[k + 1 : k + 2] == ["to"] for k, w in enumerate(span)
    )


def _curb(s: Tagged, at: int) -> Nucleus | None:
    word = s.low(at)
    if any(v.v == at or v.v <= at < v.j for v in s.verbs):
        return None
    if word in ("rate", "rates") and s.on("curb.rate") and _rate_noun(s, at):
        return Nucleus(at, at + 1, "import_tariff", "curb.rate")
    if word in _FEE and s.on("curb.fee-per-ton") and any(at < a <= at + 6 and "net" in r.raw for a, _, r in s.rates):
        return Nucleus(at, at + 1, "port_fee", "curb.fee-per-ton")
    if word in _FEE and near(s, at, at + 1, _SHIPS, 4, 13):
        return Nucleus(at, at + 1, "port_fee", "curb.fee-on-ships")
    if word in ("fee", "fees") and s.topic == "port_fee" and s.low(at - 1) in ("the", "these", "those", "such"):
        return Nucleus(at, at + 1, "port_fee", "curb.the-fees")
    rated = any(at < a <= at + 6 for a, _, _ in s.rates) and near(s, at, at + 1, frozenset({"on"}), 0, 9)
    if word in ("deposit", "deposits") and s.rates and (rated or near(s, at, at + 1, _DEPOSIT, 14, 12)):
        return Nucleus(at, at + 1, "import_tariff", "curb.deposit")
    if word in _TAX and s.low(at + 1) == "on" and near(s, at, at + 1, _IMPORT | _GOODS | {"crude"}, 0, 6):
        kind = "export_tariff" if near(s, at, at + 1, _EXPORT, 1, 5) else "import_tariff"
        return Nucleus(at, at + 1, kind, "curb.tax-on-trade")
    if word in _TAX and s.low(at - 1) in ("import", "export"):
        return Nucleus(at, at + 1, f"{s.low(at - 1)}_tariff", "curb.trade-tax")
    if word in _CURB and word not in ("crackdown", "checks"):
        return _restriction(s, at)
    if word in _BAN and s.low(at - 1) not in ("import", "export"):
        return _banning(s, at)
    if word in _QUOTA and not near(s, at, at + 1, frozenset({"women", "price", "wage"}), 4, 5):
        if near(s, at, at + 1, _EXPORT, 3, 7):
            return Nucleus(at, at + 1, "export_quota", "curb.export-quota")
        if near(s, at, at + 1, _IMPORT, 3, 7):
            return Nucleus(at, at + 1, "import_quota", "curb.import-quota")
    if word in _PERMIT and near(s, at, at + 1, _EXPORT | {"sell", "ship", "abroad"}, 8, 8):
        return Nucleus(at, at + 1, "export_licensing", "curb.export-permit")
    return None


_RATE_OF = word_list("nuclei.rate_of")


def _rate_noun(s: Tagged, at: int) -> bool:
    """ "the reciprocal rate", "the rate on India": a rate of duty without the word."""
    if s.low(at + 1) == "of":
        return False
    if s.low(at - 1) in ("effective", "overall", "combined", "average") and s.low(at + 1) in ("on", "for"):
        return any(m.i in range(at, at + 5) for m in s.products) or any(a.i in range(at, at + 4) for a in s.actors)
    if s.low(at - 1) in _RATE_OF:
        return s.low(at + 1) not in ("policy", "cut")
    goods = any(a.oblique in ("on", "for") and at < a.i <= at + 4 for a in s.actors)
    trade = any(t.low in ("tariff", "tariffs", "duty", "duties", "imports", "goods") for t in s.words)
    return s.low(at - 1) in ("the", "that", "'s") and (goods or trade) and s.low(at - 1) != "interest"


def _restriction(s: Tagged, at: int) -> Nucleus | None:
    word, scopes = s.low(at), _scopes(s, at, at + 1, 3, 8)
    rule = word in ("rules", "regulation", "regulations", "rule")
    if near(s, at, at + 1, _IMPORT, 2, 4) and not near(s, at, at + 1, _EXPORT, 3, 8):
        return None
    if near(s, at, at + 1, _EXPORT, 3, 8):
        kind = "tech_export_control" if scopes & _TECH else "export_licensing"
        return Nucleus(at, at + 1, kind, "curb.export-restriction")
    if scopes & _MINERAL and not rule and s.low(at + 1) in ("on", "over", "of"):
        return Nucleus(at, at + 1, "export_licensing", "curb.on-minerals")
    if scopes & _TECH and not rule and (s.low(at + 1) == "on" or s.low(at - 1) in ("tech", "technology", "chip")):
        return Nucleus(at, at + 1, "tech_export_control", "curb.on-technology")
    return None


def _banning(s: Tagged, at: int) -> Nucleus | None:
    after = s.low(at + 1)
    if after not in ("on", "of", "for") and s.low(at - 1) not in _EXPORT | _IMPORT:
        return None
    start, end = clause(s, at)
    if near(s, at, at + 1, _EXPORT, 2, 6):
        return Nucleus(at, at + 1, "export_ban", "curb.export-ban")
    if near(s, at, at + 1, _IMPORT - {"entry"}, 2, 6):
        return Nucleus(at, at + 1, "import_ban", "curb.import-ban")
    product = next((m for m in s.products if at < m.i <= at + 5 and m.j <= end), None)
    foreign = any(at < m.i <= at + 3 for m in s.adjectives) and not {"exports", "export", "exporting"} & {
        s.low(k) for k in range(at, min(end, at + 7))
    }
    if product and foreign and after == "on":
        return Nucleus(at, at + 1, "import_ban", "curb.ban-on-foreign-goods")
    if product and "from" in [s.low(k) for k in range(product.j, min(end, product.j + 2))]:
        return Nucleus(at, at + 1, "import_ban", "curb.ban-on-goods-from")
    return None


def _object(s: Tagged, verb: Verb) -> list[str]:
    """The words after a verb up to the end of its clause, eight at most."""
    end = clause(s, verb.v)[1]
    return [s.low(k) for k in range(verb.j, min(end, verb.j + 9))]


def _verb(s: Tagged, verb: Verb, found: list[Nucleus]) -> Nucleus | None:
    words = _object(s, verb)
    maker = _MAKERS.get(verb.cls)
    kind = maker(s, verb, words, found) if maker and s.on(f"verb.{verb.cls}") else ""
    if not kind:
        return None
    return Nucleus(verb.v, verb.j, kind, f"verb.{verb.cls}", verb)


def _first(words: list[str], options: frozenset[str], within: int) -> int:
    return next((k for k, word in enumerate(words[:within]) if word in options), -1)


def _no_noun(s: Tagged, verb: Verb, found: list[Nucleus]) -> bool:
    """Whether no instrument noun is the object (or passive subject) of the verb."""
    start, end = clause(s, verb.v)
    if verb.passive and any(start <= n.i < verb.i for n in found):
        return False
    return not any(verb.j <= n.i < min(end, verb.j + 10) for n in found)


def _ban_verb(s: Tagged, verb: Verb, words: list[str], found: list[Nucleus]) -> str:
    if verb.cls in ("ban", "suspend", "halt") and (ruling := _strike_verb(s, verb, words, found)):
        return ruling
    if not _no_noun(s, verb, found):
        return ""
    into = any(words[k] == "from" and words[k + 1 : k + 2] and words[k + 1] in ("entering", "importing") for k in
               range(len(words)))  # fmt: skip
    at_import, at_export = _first(words, _IMPORT, 5), _first(words, _EXPORT - {"shipping"}, 6)
    if at_export >= 0 and (at_import < 0 or at_export < at_import):
        return "export_ban"
    if at_import >= 0 or into:
        return "import_ban"
    return _passive_ban(s, verb) or _goods_ban(s, verb)


_IN = frozenset("in entry enter entering market".split())
_OUT = frozenset("out abroad leave leaving overseas".split())


def _goods_ban(s: Tagged, verb: Verb) -> str:
    """"barred beef from Brazil", "stopped the birds that leave the country", "closed its market to Indian rice"."""
    end = clause(s, verb.v)[1]
    goods = next((m for m in s.products if verb.j <= m.i <= verb.j + 5 and m.j <= end), None)
    if goods is None:
        return ""
    after = [s.low(k) for k in range(goods.j, min(len(s.words), goods.j + 6))]
    origin = any(goods.j <= a.i <= goods.j + 4 and a.oblique == "from" and a.kind in ("country", "place") for a in s.actors)
    origin = origin or any(verb.j <= m.i < goods.i for m in s.adjectives)
    if set(after[:5]) & _OUT:
        return "export_ban"
    bound = any(goods.j <= a.i <= goods.j + 4 and a.oblique == "to" and a.kind in ("country", "place") for a in s.actors)
    if bound:
        return "export_ban"
    return "import_ban" if origin and verb.lemma in ("ban", "bar", "block", "stop", "prohibit", "halt", "outlaw", "suspend") else ""


def _allow_verb(s: Tagged, verb: Verb, words: list[str], found: list[Nucleus]) -> str:
    """"not allowed out", "may not enter": a ban; "let in N tonnes" a quota."""
    amount = any(verb.j <= a <= verb.j + 9 and not x.money for a, _, x in s.amounts)
    if not verb.negative and amount and not verb.passive:
        if set(words) & {"exports", "export", "shipments"}:
            return "export_quota"
        return "import_quota" if set(words) & {"imports", "import"} and _no_noun(s, verb, found) else ""
    if verb.negative and verb.passive:
        start = clause(s, verb.v)[0]
        subject = {s.low(k) for k in range(start, verb.i)}
        if set(words[:3]) & _OUT or "exported" in words[:3]:
            return "export_ban"
        if set(words[:3]) & _IN or subject & {"entry", "imports", "import"}:
            return "import_ban"
    return ""


def _enter_verb(s: Tagged, verb: Verb, words: list[str], found: list[Nucleus]) -> str:
    """"may not leave the country", "can no longer enter"."""
    if not verb.negative or verb.mood not in ("may", "can", "must", "shall", "will", "could"):
        return ""
    start = clause(s, verb.v)[0]
    goods = any(start <= m.i < verb.i for m in s.products) or {s.low(k) for k in range(start, verb.i)} & _GOODS
    if not goods or not set(words[:4]) & {"country", "market", "ports", "port"} and not any(
        verb.j <= a.i <= verb.j + 2 for a in s.actors
    ):
        return ""
    return {"leave": "export_ban", "enter": "import_ban"}.get(verb.lemma, "")


def _close_verb(s: Tagged, verb: Verb, words: list[str], found: list[Nucleus]) -> str:
    """"closed its market to": imports kept out."""
    if not set(words[:3]) & {"market", "markets", "border", "borders", "ports", "doors", "door"} or "to" not in words[:5]:
        return ""
    return "import_ban" if verb.lemma in ("close", "shut") else ""


def _need_verb(s: Tagged, verb: Verb, words: list[str], found: list[Nucleus]) -> str:
    """"every cargo needs a permit", "exporters must obtain a licence": only where goods go out."""
    permit = _first(words, _PERMIT, 7)
    if permit < 0 or verb.negative:
        return ""
    start = clause(s, verb.v)[0]
    subject = {s.low(k) for k in range(start, verb.i)}
    outward = subject & {"exporters", "exporter", "exports", "cargo", "cargoes", "shipment", "shipments", "consignment",
                         "sales", "ships", "sends", "sells", "delivers"}  # fmt: skip
    return "export_licensing" if outward and verb.lemma in _NEEDING else ""


_NEEDING = frozenset("need require obtain apply seek get hold".split())


def _add_verb(s: Tagged, verb: Verb, words: list[str], found: list[Nucleus]) -> str:
    """"adds 23 items to the list of goods whose export requires permission"."""
    text = {t.low for t in s.words}
    firms = {"companies", "firms", "entities", "company"} & text
    listed = "list" in text and {"export", "exports"} & text and _no_noun(s, verb, found)
    return "export_licensing" if listed and not firms else ""


def _pledge_investment(s: Tagged, verb: Verb, words: list[str], found: list[Nucleus]) -> str:
    """"pledged 15 billion dollars of direct investment"."""
    money = any(verb.j <= a <= verb.j + 6 and x.money for a, _, x in s.amounts)
    noun = _first(words, frozenset({"investment", "investments"}), 9)
    return "investment_commitment" if money and noun >= 0 else ""


def _strike_off(s: Tagged, verb: Verb, words: list[str], found: list[Nucleus]) -> str:
    """"takes Korea off its list of trusted destinations": easier export procedures end, or come back."""
    if not {"list", "whitelist"} & set(words) or not {"white", "trusted", "preferred", "favoured", "favored", "whitelist"} & {
        t.low for t in s.words
    } and not {"export", "exports"} & set(words):
        return ""
    return "export_licensing" if set(words) & {"off", "from", "on", "to", "back"} else ""


def _passive_ban(s: Tagged, verb: Verb) -> str:
    """ "Imports of X are banned", "exports were halted"."""
    if not verb.passive:
        return ""
    start = clause(s, verb.v)[0]
    before = [s.low(k) for k in range(max(start, verb.i - 16), verb.i)]
    if any(word in _EXPORT - {"shipping"} for word in before):
        return "export_ban"
    return "import_ban" if any(word in _IMPORT - {"entry"} for word in before) else ""


def _halt_verb(s: Tagged, verb: Verb, words: list[str], found: list[Nucleus]) -> str:
    if s.on("verb.halt-buying") and words[:1] and words[0] in ("buying", "importing", "purchasing"):
        return "enforcement_commitment" if s.low(verb.i - 1) != "from" else ""
    return _ban_verb(s, verb, words, found)


def _limit_verb(s: Tagged, verb: Verb, words: list[str], found: list[Nucleus]) -> str:
    if not _no_noun(s, verb, found):
        return ""
    at_import, at_export = _first(words, _IMPORT, 6), _first(words, _EXPORT, 7)
    start = clause(s, verb.v)[0]
    before = {s.low(k) for k in range(max(start, verb.i - 9), verb.i)}
    if verb.passive:
        at_import = 0 if before & _IMPORT else -1
        at_export = 0 if before & _EXPORT else -1
    amount = any(verb.j <= a < verb.j + 14 and not x.money for a, _, x in s.amounts)
    if at_export >= 0 and (at_import < 0 or at_export < at_import):
        if amount:
            return "export_quota"
        return "tech_export_control" if _scopes(s, verb.v, verb.j) & _TECH else "export_licensing"
    if at_import >= 0 and amount:
        return "import_quota"
    return ""


def _buy_verb(s: Tagged, verb: Verb, words: list[str], found: list[Nucleus]) -> str:
    """ "buy 25 million tonnes of soybeans", "buy $500 billion of US energy": a quantity or foreign goods bought."""
    if any(v.cls == "halt" and v.j == verb.i for v in s.verbs):
        return ""
    end = clause(s, verb.v)[1]
    amount = any(verb.j <= a < min(end, verb.j + 8) for a, _, _ in s.amounts)
    foreign = any(verb.j <= m.i < min(end, verb.j + 7) for m in s.adjectives) or any(
        verb.j <= a.i < min(end, verb.j + 9) and a.oblique in ("from", "of") for a in s.actors
    )
    country = any(verb.j <= a.i < min(end, verb.j + 8) and a.kind == "country" for a in s.actors)
    goods = any(verb.j <= m.i < min(end, verb.j + 8) for m in s.products) or _first(words, _GOODS, 8) >= 0
    committed = verb.tense in ("inf", "ing") and verb.mood not in ("may", "can", "would", "could")
    return "purchase_commitment" if committed and goods and (amount or foreign or country) else ""


def _resume_verb(s: Tagged, verb: Verb, words: list[str], found: list[Nucleus]) -> str:
    if _first(words, frozenset({"purchases", "imports", "buying", "purchasing", "orders"}), 5) < 0:
        return ""
    return "purchase_commitment" if verb.tense in ("inf", "ing") else ""


def _raise_verb(s: Tagged, verb: Verb, words: list[str], found: list[Nucleus]) -> str:
    return "purchase_commitment" if _first(words, frozenset({"purchases"}), 4) >= 0 and verb.tense == "inf" else ""


def _require_verb(s: Tagged, verb: Verb, words: list[str], found: list[Nucleus]) -> str:
    if verb.lemma != "require" or not _no_noun(s, verb, found):
        return ""
    if need := _need_verb(s, verb, words, found):
        return need
    permit = _first(words, _PERMIT, 9)
    return "export_licensing" if permit >= 0 and near(s, verb.i, verb.j, _EXPORT, 12, 16) else ""


def _tax_verb(s: Tagged, verb: Verb, words: list[str], found: list[Nucleus]) -> str:
    start = clause(s, verb.v)[0]
    taxed = verb.passive and any(start <= m.i < verb.i for m in s.products)
    goods = _first(words, _IMPORT | _GOODS, 6) >= 0 or any(verb.j <= m.i <= verb.j + 5 for m in s.products)
    foreign = any(start <= m.i <= verb.j + 4 for m in s.adjectives) or _first(words, _IMPORT, 6) >= 0
    return "import_tariff" if (taxed or goods) and foreign and s.rates else ""


def _invest_verb(s: Tagged, verb: Verb, words: list[str], found: list[Nucleus]) -> str:
    return "investment_commitment" if any(verb.j <= a < verb.j + 7 and x.money for a, _, x in s.amounts) else ""


def _crackdown_verb(s: Tagged, verb: Verb, words: list[str], found: list[Nucleus]) -> str:
    topic = frozenset(["fentanyl", "migration", "trafficking", "smuggling", "precursors", "transshipment", "migrants", "drugs"])
    return "enforcement_commitment" if _first(words, topic, 7) >= 0 else ""


def _strike_verb(s: Tagged, verb: Verb, words: list[str], found: list[Nucleus]) -> str:
    """A court voids, a court strikes down: only with a court in the sentence."""
    court = {"court", "judges", "judge", "courts", "tribunal", "appeals"} & {s.low(k) for k in range(verb.i)}
    trade = {"tariff", "tariffs", "duties", "duty", "levies", "surcharge"} & {t.low for t in s.words}
    return "legal_ruling" if court and trade else ""


def _probe_verb(s: Tagged, verb: Verb, words: list[str], found: list[Nucleus]) -> str:
    topic = _IMPORT | frozenset({"dumping", "subsidies", "subsidised", "dumped"})
    end = clause(s, verb.v)[1]
    theirs = [a for a in s.actors if verb.j <= a.i < end and a.possessor and a.i - verb.j <= 3]
    if theirs and any(theirs[0].j <= m.i <= theirs[0].j + 3 for m in s.products):
        return "investigation"
    return "investigation" if _first(words, topic, 9) >= 0 and _no_noun(s, verb, found) else ""


def _retaliate_verb(s: Tagged, verb: Verb, words: list[str], found: list[Nucleus]) -> str:
    if any(verb.j < a <= verb.j + 4 for a, _, _ in s.rates) and s.low(verb.j) == "with":
        return ""
    start, end = clause(s, verb.v)
    return "" if any(start <= n.i < end for n in found) else "unspecified_retaliation"


def _respond_verb(s: Tagged, verb: Verb, words: list[str], found: list[Nucleus]) -> str:
    """"would respond firmly if", "will respond in kind"."""
    firm = set(words[:4]) & {"firmly", "kind", "forcefully", "decisively", "countermeasures", "swiftly", "strongly", "accordingly"}
    return _retaliate_verb(s, verb, words, found) if firm and verb.mood in ("will", "would", "shall") else ""


def _blacklist_verb(s: Tagged, verb: Verb, words: list[str], found: list[Nucleus]) -> str:
    firms = frozenset(["companies", "firms", "entities", "manufacturers", "contractors", "subsidiaries", "company", "groups"])
    return "entity_listing" if _first(words, firms, 8) >= 0 or verb.passive else ""


def _sell_verb(s: Tagged, verb: Verb, words: list[str], found: list[Nucleus]) -> str:
    """"sell nothing below 30,000 euros": a price floor."""
    if verb.lemma != "sell" or not {"no", "nothing", "not", "none"} & set(words):
        return ""
    below = "below" in words or "under" in words or ("less" in words and "than" in words)
    return "price_floor" if below and any(verb.j <= a < verb.j + 12 and x.money for a, _, x in s.amounts) else ""


def _pay_verb(s: Tagged, verb: Verb, words: list[str], found: list[Nucleus]) -> str:
    """"pay extra at the EU's border"."""
    extra = words[:1] and words[0] in ("extra", "more", "duty", "nothing")
    return "import_tariff" if extra and {"border", "customs", "ports"} & set(words) and _no_noun(s, verb, found) else ""


def _send_verb(s: Tagged, verb: Verb, words: list[str], found: list[Nucleus]) -> str:
    """"sending 10,000 troops to the border"."""
    forces = {"troops", "soldiers", "guards", "officers", "agents", "guard"} & set(words)
    return "enforcement_commitment" if verb.lemma in ("send", "deploy") and forces and "border" in words else ""


def _other_verb(s: Tagged, verb: Verb, words: list[str], found: list[Nucleus]) -> str:
    for rule in (_sell_verb, _send_verb, _enter_verb, _close_verb, _need_verb, _strike_off):
        if kind := rule(s, verb, words, found):
            return kind
    return ""


def _receive_verb(s: Tagged, verb: Verb, words: list[str], found: list[Nucleus]) -> str:
    return "export_ban" if verb.negative and _scopes(s, verb.v, verb.j) & (_TECH | {"dual_use"} | _MINERAL) else ""


def _grant_verb(s: Tagged, verb: Verb, words: list[str], found: list[Nucleus]) -> str:
    text = " ".join(words)
    return "import_tariff" if "market access" in text or "duty free access" in text else ""


def _stockpile_verb(s: Tagged, verb: Verb, words: list[str], found: list[Nucleus]) -> str:
    return "stockpile_purchase" if s.products else ""


def _skip_verb(s: Tagged, verb: Verb, words: list[str], found: list[Nucleus]) -> str:
    return "diplomatic_action" if _first(words, frozenset({"meeting", "summit", "visit"}), 6) >= 0 else ""


def _remove_verb(s: Tagged, verb: Verb, words: list[str], found: list[Nucleus]) -> str:
    return _skip_verb(s, verb, words, found) if verb.lemma in ("cancel", "call off") else ""


_MAKERS = {
    "ban": _ban_verb, "halt": _halt_verb, "suspend": _ban_verb, "limit": _limit_verb, "buy": _buy_verb,
    "resume": _resume_verb, "raise": _raise_verb, "impose": _require_verb, "tax": _tax_verb, "invest": _invest_verb,
    "crackdown": _crackdown_verb, "strike": _strike_verb, "rule": _strike_verb, "uphold": _strike_verb,
    "probe": _probe_verb, "retaliate": _retaliate_verb, "respond": _respond_verb, "blacklist": _blacklist_verb, "receive": _receive_verb,
    "grant": _grant_verb, "stockpile": _stockpile_verb, "skip": _skip_verb, "other": _other_verb, "face": _pay_verb, "remove": _remove_verb,
    "allow": _allow_verb, "add": _add_verb, "commit": _pledge_investment, "offer": _pledge_investment, "announce": _pledge_investment,
}  # fmt: skip


def phrase_start(s: Tagged, i: int) -> int:
    """Return where the noun phrase that ends before token i begins: back over modifiers, rates, demonyms, products."""
    start = clause(s, i)[0]
    verb_cells = {k for v in s.verbs for k in range(v.i, v.j)}
    inner = {k for group in (s.products, s.adjectives) for m in group for k in range(m.i, m.j)}
    k = i - 1
    while k >= start:
        word = s.low(k)
        if k in s.taken:
            k -= 1
            continue
        if k in verb_cells or word in PREPOSITIONS - {"of", "to"} or word in (";", ":", "(", ")", "\u2014", '"', "."):
            break
        if word == "of" and s.low(k + 1) not in ("duty", "duties"):
            break
        if word == "to" and not (k - 1 >= start and s.words[k - 1].low[:1].isdigit()):
            break
        if word in ("and", "or", ",", "&") and not _list_goes_on(s, k, inner):
            break
        k -= 1
    return k + 1


def _list_goes_on(s: Tagged, k: int, inner: set[int]) -> bool:
    """Whether a comma or "and" stands inside a list of products or modifiers: "steel, aluminium and car tariffs"."""
    left = k - 1 in inner or s.low(k - 1) in ADJECTIVES or s.low(k - 1) in ("and", ",")
    right = k + 1 in inner or s.low(k + 1) in ADJECTIVES or s.low(k + 1) in ("and",)
    return left and right and s.low(k - 1) not in DETERMINERS
