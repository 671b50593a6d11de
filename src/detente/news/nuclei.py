"""What in a sentence can be a measure: instrument nouns, restrictions on trade, verbs of trade policy."""

from __future__ import annotations

from detente.news.found import enters_of
from detente.news.grammar import Mention, Tagged, clause
from detente.news.nucleus import EXPORT, GOODS, IMPORT, MINERAL, PERMIT, TECH, Nucleus, near, scopes_of
from detente.news.verb_nuclei import verb_nucleus
from detente.news.word_lists import word_list

_NON_HEAD = word_list("nuclei.non_head")
_OTHER_SENSE = word_list("nuclei.other_sense")
_CURB = word_list("nuclei.curb")
_ELSEWHERE = word_list("nuclei.elsewhere")
_BAN = word_list("nuclei.ban")
_QUOTA = frozenset(["quota", "quotas", "ceiling", "cap", "limit", "ceilings", "caps"])
_FEE = frozenset(["fee", "fees", "charge", "charges", "levy", "levies", "dues"])
_TAX = frozenset(["tax", "taxes", "charge", "charges", "cess"])
_SHIPS = word_list("nuclei.ships")
_WAR = word_list("nuclei.war")
_DEPOSIT = frozenset(["importers", "importer", "customs", "imports", "dumping", "provisional", "subsidy"])
_AID = frozenset(["grant", "aid", "support", "assistance", "relief", "loans", "grants", "subsidies"])
_AIDED = word_list("nuclei.aided")
_CURBS = (
    frozenset(["those", "that", "ones"])
    | _AID
    | _CURB
    | _BAN
    | _QUOTA
    | _FEE
    | _TAX
    | PERMIT
    | {
        "rate",
        "rates",
        "deposit",
        "deposits",
        "listing",
        "designation",
        "blacklisting",
        "sanctions",
        "deal",
        "accord",
        "pact",
        "framework",
    }
)


def nuclei(s: Tagged) -> list[Nucleus]:
    """Return the nuclei of a sentence in order, without overlap."""
    if not s.products and _ELSEWHERE & {t.low for t in s.words}:
        return []
    found = [n for m in s.instruments if (n := _noun(s, m))]
    covered = {k for n in found for k in range(n.i, n.j)} | {k for m in s.instruments for k in range(m.i, m.j)}
    for at, token in enumerate(s.words):
        if token.low in _CURBS and at not in covered and (n := _curb(s, at)):
            found.append(n)
            covered.update(range(n.i, n.j))
    for verb in s.verbs:
        n = verb_nucleus(s, verb, found)
        if n and not covered & set(range(n.i, n.j)):
            found.append(n)
            covered.update(range(n.i, n.j))
    return sorted((n for n in found if not _rate_of_quota(s, n, found)), key=lambda n: n.i)


def _rate_of_quota(s: Tagged, n: Nucleus, found: list[Nucleus]) -> bool:
    """ "a quota of 7,000 tonnes at a zero duty": the duty is the quota's."""
    at = [s.low(k) for k in range(n.i - 6, n.i)]
    quota = any(m.instrument == "tariff_rate_quota" and m.j <= n.i and n.i - m.j <= 18 for m in found)
    return n.instrument == "import_tariff" and quota and "at" in at and clause(s, n.i)[0] <= n.i


def _noun(s: Tagged, m: Mention) -> Nucleus | None:
    kind, before, after = m.entry.value, s.low(m.i - 1), s.low(m.j)
    if after in ("barrier", "barriers") and any(
        v.j <= m.i and m.i - v.j <= 6 and v.cls in ("remove", "reduce") for v in s.verbs
    ):
        after = ""
    if m.j - m.i == 1 and before == "to" and s.low(m.i) in ("safeguard", "levy", "probe"):
        return None
    if before in _OTHER_SENSE or (before == "in" and s.low(m.i - 2) == "feed") or after in _NON_HEAD:
        return None
    low = " ".join(s.low(k) for k in range(m.i, m.j))
    if low in ("duty", "levy") and before in ("on", "off") and s.low(m.i - 2) not in ("from", "based"):
        return None
    spoken_of = {s.low(k) for k in range(m.j + 1, m.j + 3)} if after in ("for", "of", "on") else set()
    if kind == "import_tariff" and spoken_of & _OTHER_SENSE and not any(m.j <= p.i <= m.j + 2 for p in s.products):
        return None
    if (
        low == "duty"
        and not (after == "to" and any(m.j < a <= m.j + 3 or b in (m.i, m.i - 1) for a, b, _ in s.rates))
        and (after in ("calls", "call", "rota", "of", "to", "officer", "bound") and after != "of")
    ):
        return None
    if kind == "import_tariff" and ("prefer" in low or low in _PREFERENCES):
        return Nucleus(m.i, m.j, kind, "preference.lost")
    if kind == "import_tariff":
        return _tariff(s, m)
    if kind == "entity_listing" and low in _LISTS and not any(a.possessor and a.j == m.i for a in s.actors):
        return Nucleus(m.i, m.j, kind, f"list.{_LISTS[low]}")
    if kind == "tariff_truce" and not _trade_truce(s, m):
        return None
    if kind == "price_floor" and not _traded(s):
        return None
    if kind in ("trade_agreement", "tariff_truce") and "without" in [s.low(k) for k in range(m.i - 3, m.i)]:
        return None
    if kind == "export_licensing" and scopes_of(s, m.i, m.j) & TECH:
        kind = "tech_export_control"
    if kind == "subsidy" and near(s, m.i, m.j, frozenset({"anti", "investigation", "case", "probe"}), 3, 3):
        return None
    return Nucleus(m.i, m.j, kind, m.entry.rule)


_PREFERENCES = word_list("nuclei.preferences")
"""A preference: taking it away raises the duty."""
_LISTS = {"entity list": "USA", "unverified list": "USA", "denied persons list": "USA", "military end user list": "USA",
          "unreliable entity list": "CHN", "unreliable entities list": "CHN"}  # fmt: skip
"""Lists that one government keeps under this name."""


def _traded(s: Tagged) -> bool:
    """Whether goods or a border stand in the sentence: a floor under the price of calls is no trade measure."""
    words = {t.low for t in s.words}
    priced = any(not r.unit.startswith("percent") for _, _, r in s.rates)
    return (
        priced
        or bool(s.products)
        or bool(words & (IMPORT | EXPORT | GOODS | {"minerals", "contracts", "undertaking", "undertakings"}))
    )


_UTILITY = frozenset(
    ["electricity", "utility", "utilities", "regulator", "network", "metro", "bus", "railway", "sewage"]
)


def _of_utility(s: Tagged) -> bool:
    """Whether a sentence is about the tariff of a utility, not of customs."""
    words = {t.low for t in s.words}
    power = {"power", "water", "gas", "energy", "telephone"} & words and {
        "company",
        "regulator",
        "households",
        "bills",
    } & words
    return bool(words & _UTILITY or power) and not words & (IMPORT | EXPORT | GOODS | {"customs", "duty", "duties"})


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
    if s.low(m.i).startswith("tariff") and _of_utility(s):
        return None
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
    right = [s.low(k) for k in range(j, min(clause(s, m.i)[1], j + 11))]
    subject = [s.low(k) for k in range(clause(s, m.i)[0], m.i)]
    sold_abroad = any(m.i - 5 <= a.i < m.i for a in s.actors if a.kind != "firms") or any(
        a.oblique == "to" for a in s.actors
    )
    if {"exporters", "exporter"} & set(subject[:6]) and not sold_abroad and "import" not in low_words(s, m):
        return Nucleus(m.i, j, "export_tariff", m.entry.rule)
    again = s.topic == "export_tariff" and s.low(m.i - 1) in ("the", "this", "that", "its") and m.j - m.i == 1
    if again and not {"import", "imports", "on"} & {*left, *right[:1]}:
        return Nucleus(m.i, j, "export_tariff", "noun.topic-export")
    if "export" in left or _before_of(right, EXPORT):
        return Nucleus(m.i, j, "export_tariff", m.entry.rule)
    cranes = any(j <= p.i <= j + 3 and p.entry.value not in ("ships",) for p in s.products)
    on_ships = not cranes and set(right[:6]) & _SHIPS and not {"shipments", "imports"} & set(right)
    if on_ships and s.low(m.i) in ("levy", "levies", "surcharge", "duties", "duty"):
        return Nucleus(m.i, j, "port_fee", m.entry.rule)
    return Nucleus(m.i, j, "import_tariff", m.entry.rule)


def _before_of(right: list[str], words: frozenset[str]) -> bool:
    """ "on exports of", "on crude palm oil exports": the words that follow "on" hold one of `words`, before "from"."""
    at = next((k for k, word in enumerate(right[:6]) if word in ("on", "for", "over")), -1)
    if at < 0 or (at > 0 and not right[at - 1][:1].isalpha()):
        return False
    right = right[at:]
    stop = right.index("from") if "from" in right else len(right)
    span = right[1:stop]
    return any(word in words - {"exported", "exporting"} for word in span) and not any(
        w in words and span[k + 1 : k + 2] == ["to"] for k, w in enumerate(span)
    )


def _curb(s: Tagged, at: int) -> Nucleus | None:
    word = s.low(at)
    if any(v.v == at or v.v <= at < v.j for v in s.verbs):
        return None
    if word in _AID:
        return _aid(s, at)
    if word in ("listing", "designation", "blacklisting"):
        listed = near(s, at, at + 1, _LISTED, 0, 7) and s.low(at + 1) == "of"
        return Nucleus(at, at + 1, "entity_listing", "curb.listing-of-firms") if listed else None
    if word == "sanctions":
        after = [s.low(k) for k in range(at + 1, min(len(s.words), at + 20))]
        on = next((k for k, word in enumerate(after) if word in ("on", "against")), -1)
        firms = on >= 0 and ";" not in after and bool(_LISTED & set(after[on : on + 6]))
        return Nucleus(at, at + 1, "entity_listing", "curb.sanctions-on-firms") if firms else None
    if word in ("deal", "accord", "pact", "framework"):
        return Nucleus(at, at + 1, "trade_agreement", "curb.deal") if _deal(s, at) else None
    if word in ("those", "that", "ones") and s.low(at + 1) == "on":
        named = any(m.j <= at and m.entry.value == "import_tariff" for m in s.instruments)
        charged = at <= 2 or any(s.low(k) in _FEE for k in range(max(0, at - 24), at))
        named = named or (charged and s.topic == "import_tariff")
        goods = any(at < m.i <= at + 3 for m in s.products) or any(at < m.i <= at + 3 for m in s.adjectives)
        return Nucleus(at, at + 1, "import_tariff", "curb.those-on") if named and goods else None
    if word in ("rate", "rates") and s.on("curb.rate") and _rate_noun(s, at):
        return Nucleus(at, at + 1, "import_tariff", "curb.rate")
    if word in _FEE and s.on("curb.fee-per-ton") and any(at < a <= at + 6 and "net" in r.raw for a, _, r in s.rates):
        return Nucleus(at, at + 1, "port_fee", "curb.fee-per-ton")
    if word in _FEE and near(s, at, at + 1, _SHIPS, 4, 13):
        return Nucleus(at, at + 1, "port_fee", "curb.fee-on-ships")
    if (
        word in ("fee", "fees")
        and s.on("curb.the-fees")
        and s.topic == "port_fee"
        and s.low(at - 1) in ("the", "these", "those", "such")
    ):
        return Nucleus(at, at + 1, "port_fee", "curb.the-fees")
    goods = bool(s.products) and (any(b == at for _, b, _ in s.rates))
    if word in _FEE | {"charge", "tax"} and _charge_on_goods(s, at):
        return Nucleus(at, at + 1, "import_tariff", "curb.charge-on-goods")
    rated = goods or (any(at < a <= at + 6 for a, _, _ in s.rates) and near(s, at, at + 1, frozenset({"on"}), 0, 9))
    if word in ("deposit", "deposits") and s.rates and (rated or near(s, at, at + 1, _DEPOSIT, 14, 12)):
        return Nucleus(at, at + 1, "import_tariff", "curb.deposit")
    if (
        word in _TAX
        and s.low(at + 1) == "on"
        and near(s, at, at + 1, (IMPORT - {"purchases"}) | GOODS | {"crude"}, 0, 6)
    ):
        kind = "export_tariff" if near(s, at, at + 1, EXPORT, 1, 5) else "import_tariff"
        return Nucleus(at, at + 1, kind, "curb.tax-on-trade")
    per = word in _TAX and s.low(at + 1) == "of" and "on" in {s.low(k) for k in range(at + 2, at + 9)}
    if per and near(s, at, at + 1, EXPORT, 0, 10):
        return Nucleus(at, at + 1, "export_tariff", "curb.tax-on-trade")
    if word == "tax" and s.low(at - 1) == "the" and s.topic in ("export_tariff", "import_tariff") and s.rates:
        return Nucleus(at, at + 1, s.topic, "curb.the-tax")
    if word in _TAX and s.low(at - 1) in ("import", "export"):
        return Nucleus(at, at + 1, f"{s.low(at - 1)}_tariff", "curb.trade-tax")
    if word in _CURB and word not in ("crackdown", "checks"):
        return _restriction(s, at)
    if word in _BAN and s.low(at - 1) not in ("import", "export"):
        return _banning(s, at)
    above = s.low(at - 1) == "the" and s.low(at - 2) in ("above", "beyond", "outside", "over", "exceeding")
    if word == "quota" and above:
        return None
    beyond = s.low(at - 1) in ("above", "beyond", "outside", "over", "within", "exceeding", "the") and word == "quota"
    if (
        word in _QUOTA
        and not (beyond and s.low(at - 1) != "the")
        and not near(s, at, at + 1, frozenset({"women", "price", "wage"}), 4, 5)
    ):
        if near(s, at, at + 1, EXPORT, 3, 7):
            return Nucleus(at, at + 1, "export_quota", "curb.export-quota")
        _, end = clause(s, at)
        traded = bool(s.products) or near(s, at, at + 1, IMPORT | GOODS, 8, 12)
        if traded and any(at < i < min(end, at + 16) for i, _, r in s.rates) and word in ("quota", "quotas"):
            return Nucleus(at, at + 1, "tariff_rate_quota", "curb.quota-at-rate")
        if s.ban == "export_ban" and word in ("quota", "quotas") and any(not a.money for _, _, a in s.amounts):
            return Nucleus(at, at + 1, "export_quota", "curb.quota-after-ban")
        if near(s, at, at + 1, IMPORT, 3, 7) or (word in ("quota", "quotas") and _on_foreign(s, at)):
            return Nucleus(at, at + 1, "import_quota", "curb.import-quota")
    sold = near(s, at, at + 1, frozenset({"sell", "ship", "send"}), 8, 8) and (
        any(a.oblique == "to" and a.kind in ("country", "place") for a in s.actors)
        or {"abroad", "overseas"} & {t.low for t in s.words}
    )
    if word in PERMIT and (sold or near(s, at, at + 1, EXPORT | {"abroad"}, 8, 8)):
        kind = "tech_export_control" if scopes_of(s, at, at + 1, 8, 9) & TECH else "export_licensing"
        return Nucleus(at, at + 1, kind, "curb.export-permit")
    return None


_LISTED = frozenset(
    ["firms", "companies", "subsidiaries", "units", "entities", "contractors", "affiliates", "manufacturers"]
)
_STRUCK = word_list("nuclei.struck")


def _deal(s: Tagged, at: int) -> bool:
    """ "a deal with Japan", "framework reached with Switzerland": struck between two economies, about trade."""
    end = clause(s, at)[1]
    partner = any(
        at < a.i <= min(end, at + 6) and a.oblique in ("with", "between") and a.country and a.kind != "person"
        for a in s.actors
    )
    struck = any(v.lemma in _STRUCK and not v.negative and abs(v.v - at) <= 6 for v in s.verbs)
    trade = bool(s.topic) or any(
        t.low in ("trade", "tariff", "tariffs", "duties", "duty", "exports", "imports", "goods") for t in s.words
    )
    return partner and struck and trade


def _borne_at_border(s: Tagged, at: int) -> bool:
    """ "merchandise entering the United States would bear a tax of 20 per cent": goods and their tax."""
    start, end = clause(s, at)
    percent = any(at - 3 <= i < end for i, _, r in s.rates if r.unit.startswith("percent"))
    verb = next((v for v in reversed(s.verbs) if start <= v.i and v.j <= at), None)
    bears = verb is not None and (verb.cls in ("face", "subject") or verb.lemma in ("enter", "come"))
    enters = any(a.country and (enters_of(s, a) or a.oblique in ("to", "into")) for a in s.actors if a.i < end)
    enters = enters or any(
        v.lemma in ("enter", "transit") and any(v.j <= a.i <= v.j + 2 for a in s.actors) for v in s.verbs
    )
    return percent and bears and enters


def _charge_on_goods(s: Tagged, at: int) -> bool:
    """ "a security fee of 30 percent on goods from Colombia", "puts the charge on cars at 120 percent"."""
    if _borne_at_border(s, at):
        return True
    end = min(clause(s, at)[1], at + 14)
    percent = any(at - 5 <= i < end for i, _, r in s.rates if r.unit.startswith("percent"))
    on = next((k for k in range(at + 1, end) if s.low(k) in ("on", "for")), -1)
    if on < 0 or not percent or near(s, at, at + 1, _SHIPS, 4, 13) or near(s, at, at + 1, EXPORT, 3, 10):
        return False
    cells = range(on + 1, min(end, on + 5))
    goods = any(m.i in cells for m in s.products) or any(s.low(k) in GOODS for k in cells)
    foreign = any(m.i in cells for m in s.adjectives) or any(
        on < a.i < end and a.oblique in ("from", "of") and a.kind in ("country", "place") for a in s.actors
    )
    return goods and (foreign or s.topic == "import_tariff" or near(s, at, at + 1, IMPORT, 3, 10))


def _on_foreign(s: Tagged, at: int) -> bool:
    """ "quotas on Ukrainian eggs", "a quota for rice from Vietnam"."""
    if s.low(at + 1) not in ("on", "for"):
        return False
    goods = [m for m in s.products if at < m.i <= at + 5]
    foreign = any(at < m.i <= at + 4 for m in s.adjectives) or any(
        at < a.i <= at + 9 and a.oblique == "from" and a.kind in ("country", "place") for a in s.actors
    )
    return bool(goods) and foreign


def _aid(s: Tagged, at: int) -> Nucleus | None:
    """ "$12 billion in aid to farmers", "aid of 3 billion euros for steelmakers": public money for producers."""
    money = any(x.money and (0 < at - j + 1 <= 4 or 0 < i - at <= 4) for i, j, x in s.amounts)
    if (
        not money
        or not any(t.low in _AIDED | {"plant", "plants", "factory", "mine", "smelter", "refinery"} for t in s.words)
        or (s.low(at + 1) in ("for", "to") and (s.low(at + 2) in ("ukraine", "kyiv", "gaza", "refugees")))
    ):
        return None
    return Nucleus(at, at + 1, "subsidy", "curb.aid")


_RATE_OF = word_list("nuclei.rate_of")


def _rate_noun(s: Tagged, at: int) -> bool:
    """ "the reciprocal rate", "the rate on India": a rate of duty without the word."""
    verb = next((v for v in reversed(s.verbs) if v.j <= at), None)
    borne = verb is not None and (verb.cls in ("face", "subject") or s.low(verb.j) in ("dutiable", "likewise", "also"))
    borne = borne and at - verb.j <= 8 if verb is not None else False
    if (
        s.low(at + 1) == "of"
        and borne
        and any(at + 2 <= i <= at + 6 for i, _, r in s.rates if r.unit.startswith("percent"))
    ):
        return bool(s.products) or any(t.low in GOODS for t in s.words)
    if s.low(at + 1) == "of":
        return False
    if at - 1 in s.taken and s.topic == "import_tariff" and s.low(at + 1) not in ("cut", "hike", "of"):
        return True
    if at - 1 in s.taken and s.low(at + 1) in ("for", "on"):
        return any(at < m.i <= at + 4 for m in s.adjectives) or any(
            at < a.i <= at + 5 and a.kind in ("country", "place") for a in s.actors
        )
    if s.low(at - 1) in ("effective", "overall", "combined", "average") and s.low(at + 1) in ("on", "for"):
        return any(m.i in range(at, at + 5) for m in s.products) or any(a.i in range(at, at + 4) for a in s.actors)
    if s.low(at - 1) in _RATE_OF:
        return s.low(at + 1) not in ("policy", "cut")
    goods = any(a.oblique in ("on", "for") and at < a.i <= at + 4 for a in s.actors)
    trade = s.topic == "import_tariff" or any(
        t.low in ("tariff", "tariffs", "duty", "duties", "imports", "goods") for t in s.words
    )
    return s.low(at - 1) in ("the", "that", "'s") and (goods or trade) and s.low(at - 1) != "interest"


def _restriction(s: Tagged, at: int) -> Nucleus | None:
    word, scopes = s.low(at), scopes_of(s, at, at + 1, 3, 8)
    rule = word in ("rules", "regulation", "regulations", "rule")
    if near(s, at, at + 1, IMPORT, 2, 4) and not near(s, at, at + 1, EXPORT, 3, 8):
        return None
    if near(s, at, at + 1, EXPORT, 3, 8):
        kind = "tech_export_control" if scopes & TECH else "export_licensing"
        return Nucleus(at, at + 1, kind, "curb.export-restriction")
    if scopes & MINERAL and not rule and s.low(at + 1) in ("on", "over", "of"):
        return Nucleus(at, at + 1, "export_licensing", "curb.on-minerals")
    if scopes & TECH and not rule and (s.low(at + 1) == "on" or s.low(at - 1) in ("tech", "technology", "chip")):
        return Nucleus(at, at + 1, "tech_export_control", "curb.on-technology")
    return None


def _banning(s: Tagged, at: int) -> Nucleus | None:
    after = s.low(at + 1)
    again = s.low(at - 1) in ("the", "that", "this") and s.low(at) in ("ban", "embargo")
    if s.ban and again and after not in ("on", "of", "for"):
        return Nucleus(at, at + 1, s.ban, "curb.the-ban")
    stop_to = s.low(at) in ("stop", "halt", "end") and after == "to"
    if after not in ("on", "of", "for") and not stop_to and s.low(at - 1) not in EXPORT | IMPORT:
        return None
    _start, end = clause(s, at)
    if near(s, at, at + 1, EXPORT | {"leaving"}, 2, 6):
        return Nucleus(at, at + 1, "export_ban", "curb.export-ban")
    if near(s, at, at + 1, IMPORT - {"entry"}, 2, 6):
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
