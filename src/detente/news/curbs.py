"""Words that are trade measures only with others: fees on ships, bans on goods, rates on countries, quotas, permits."""

from __future__ import annotations

from collections.abc import Callable

from detente.news.found import enters_of
from detente.news.grammar import Tagged, clause
from detente.news.nucleus import BEYOND, EXPORT, GOODS, IMPORT, MINERAL, PERMIT, TECH, Nucleus, near, scopes_of
from detente.news.word_lists import word_list

_CURB = word_list("nuclei.curb")

_BAN = word_list("nuclei.ban")

_QUOTA = frozenset(["quota", "quotas", "ceiling", "cap", "limit", "ceilings", "caps"])

_FEE = frozenset(["fee", "fees", "charge", "charges", "levy", "levies", "dues"])

_TAX = frozenset(["tax", "taxes", "charge", "charges", "cess"])

_SHIPS = word_list("nuclei.ships")

_DEPOSIT = frozenset(["importers", "importer", "customs", "imports", "dumping", "provisional", "subsidy"])

_AID = frozenset(["grant", "aid", "support", "assistance", "relief", "loans", "grants", "subsidies"])

_AIDED = word_list("nuclei.aided")

_LISTED = frozenset(
    ["firms", "companies", "subsidiaries", "units", "entities", "contractors", "affiliates", "manufacturers"]
)

_STRUCK = word_list("nuclei.struck")

_RATE_OF = word_list("nuclei.rate_of")


def curb(s: Tagged, at: int) -> Nucleus | None:
    """Return the nucleus of a word that is a trade measure only with others; None if the others are not there."""
    if any(v.v == at or v.v <= at < v.j for v in s.verbs):
        return None
    word = s.low(at)
    for words, finder in _FINDERS:
        if word in words and (n := finder(s, at)) is not None:
            return n
    return None


def _listing(s: Tagged, at: int) -> Nucleus | None:
    """ "its listing of 28 American companies"."""
    listed = near(s, at, at + 1, _LISTED, 0, 7) and s.low(at + 1) == "of"
    return Nucleus(at, at + 1, "entity_listing", "curb.listing-of-firms") if listed else None


def _sanctions(s: Tagged, at: int) -> Nucleus | None:
    """ "sanctions against five American units of the yard"."""
    after = [s.low(k) for k in range(at + 1, min(len(s.words), at + 20))]
    on = next((k for k, word in enumerate(after) if word in ("on", "against")), -1)
    firms = on >= 0 and ";" not in after and bool(_LISTED & set(after[on : on + 6]))
    return Nucleus(at, at + 1, "entity_listing", "curb.sanctions-on-firms") if firms else None


def _those(s: Tagged, at: int) -> Nucleus | None:
    """ "the duty on cars and that on spirits", "those on steel"."""
    if s.low(at + 1) != "on" or (s.low(at) == "one" and s.low(at - 1) != "the"):
        return None
    named = any(m.j <= at and m.entry.value == "import_tariff" for m in s.instruments)
    charged = at <= 2 or any(s.low(k) in _FEE for k in range(max(0, at - 24), at))
    named = named or (charged and s.topic == "import_tariff")
    goods = any(at < m.i <= at + 3 for m in s.products) or any(at < m.i <= at + 3 for m in s.adjectives)
    return Nucleus(at, at + 1, "import_tariff", "curb.those-on") if named and goods else None


def _rate(s: Tagged, at: int) -> Nucleus | None:
    return Nucleus(at, at + 1, "import_tariff", "curb.rate") if s.on("curb.rate") and _rate_noun(s, at) else None


def _fee(s: Tagged, at: int) -> Nucleus | None:
    """ "a fee of $50 per net ton", "charges on ships", "the fees" once fees are the topic; or a charge on goods."""
    if s.on("curb.fee-per-ton") and any(at < a <= at + 6 and "net" in r.raw for a, _, r in s.rates):
        return Nucleus(at, at + 1, "port_fee", "curb.fee-per-ton")
    if near(s, at, at + 1, _SHIPS, 4, 13):
        return Nucleus(at, at + 1, "port_fee", "curb.fee-on-ships")
    again = s.topic == "port_fee" and s.low(at - 1) in ("the", "these", "those", "such")
    if s.low(at) in ("fee", "fees") and s.on("curb.the-fees") and again:
        return Nucleus(at, at + 1, "port_fee", "curb.the-fees")
    return _charge(s, at)


def _charge(s: Tagged, at: int) -> Nucleus | None:
    return Nucleus(at, at + 1, "import_tariff", "curb.charge-on-goods") if _charge_on_goods(s, at) else None


def _deposit(s: Tagged, at: int) -> Nucleus | None:
    """ "importers must lodge a deposit of 39%", "a 75.8 percent deposit"."""
    goods = bool(s.products) and any(b == at for _, b, _ in s.rates)
    rated = goods or (any(at < a <= at + 6 for a, _, _ in s.rates) and near(s, at, at + 1, frozenset({"on"}), 0, 9))
    taken = bool(s.rates) and (rated or near(s, at, at + 1, _DEPOSIT, 14, 12))
    return Nucleus(at, at + 1, "import_tariff", "curb.deposit") if taken else None


_TAKINGS = frozenset(["revenue", "revenues", "turnover", "sales", "income", "profit", "profits", "earnings"])
"""What a tax inside a country is a share of."""


def _tax(s: Tagged, at: int) -> Nucleus | None:
    """ "a tax on imports of", "a tax of 4 pesos per dollar on exports", "the tax" once it is the topic."""
    if s.low(at + 1) == "on" and near(s, at, at + 1, (IMPORT - {"purchases"}) | GOODS | {"crude"}, 0, 6):
        kind = "export_tariff" if near(s, at, at + 1, EXPORT, 1, 5) else "import_tariff"
        return Nucleus(at, at + 1, kind, "curb.tax-on-trade")
    per = s.low(at + 1) == "of" and "on" in {s.low(k) for k in range(at + 2, at + 9)}
    if per and near(s, at, at + 1, EXPORT | {"outbound", "outgoing"}, 0, 10):
        return Nucleus(at, at + 1, "export_tariff", "curb.tax-on-trade")
    if any(s.low(j) == "of" and s.low(j + 1) in _TAKINGS for _, j, _ in s.rates):
        return None
    again = s.low(at - 1) == "the" and s.topic in ("export_tariff", "import_tariff")
    if s.low(at) == "tax" and again and s.rates:
        return Nucleus(at, at + 1, s.topic, "curb.the-tax")
    if s.low(at - 1) in ("import", "export"):
        return Nucleus(at, at + 1, f"{s.low(at - 1)}_tariff", "curb.trade-tax")
    return None


_PAST_QUOTA = BEYOND | {"outside"}


def _quota(s: Tagged, at: int) -> Nucleus | None:
    """ "a quota of 7,000 tonnes at 10 percent", "a ceiling on exports", "quotas on Ukrainian eggs"."""
    before = (s.low(at - 2), s.low(at - 1))
    past = before[1] in _PAST_QUOTA | {"within"} or (before[1] == "the" and before[0] in _PAST_QUOTA)
    caught = before[1] in ("catch", "fishing") or any(m.j == at and m.entry.value == "fish" for m in s.products)
    levied = s.low(at + 1) == "of" and {"levy", "tax", "duty", "tariff"} & {s.low(k) for k in range(at + 2, at + 6)}
    if levied or (caught and not near(s, at, at + 1, IMPORT, 8, 12)):
        return None
    if (s.low(at) == "quota" and past) or near(s, at, at + 1, frozenset({"women", "price", "wage"}), 4, 5):
        return None
    counted = s.low(at + 1) == "of" and any(at < i <= at + 3 for i, _, x in s.amounts if not x.money)
    abroad = near(s, at, at + 1, frozenset({"abroad", "overseas"}), 0, 10)
    if abroad or near(s, at, at + 1, EXPORT, 3, 12 if counted else 7):
        return Nucleus(at, at + 1, "export_quota", "curb.export-quota")
    plain = s.low(at) in ("quota", "quotas")
    traded = plain and (bool(s.products) or near(s, at, at + 1, IMPORT | GOODS, 8, 12))
    if traded and any(at < i < min(clause(s, at)[1], at + 16) for i, _, r in s.rates):
        return Nucleus(at, at + 1, "tariff_rate_quota", "curb.quota-at-rate")
    if s.ban == "export_ban" and plain and any(not a.money for _, _, a in s.amounts):
        return Nucleus(at, at + 1, "export_quota", "curb.quota-after-ban")
    if near(s, at, at + 1, IMPORT, 3, 7) or (plain and _on_foreign(s, at)):
        return Nucleus(at, at + 1, "import_quota", "curb.import-quota")
    return None


def _permit(s: Tagged, at: int) -> Nucleus | None:
    """ "a licence for exports of", "a permit to ship abroad"."""
    sold = near(s, at, at + 1, frozenset({"sell", "ship", "send"}), 8, 8) and (
        any(a.oblique == "to" and a.kind in ("country", "place") for a in s.actors)
        or bool({"abroad", "overseas"} & {t.low for t in s.words})
    )
    start = clause(s, at)[0]
    needed = any(v.lemma in ("need", "require") and v.j <= at <= v.j + 5 for v in s.verbs)
    sold = sold or (needed and bool(EXPORT & {s.low(k) for k in range(start, start + 4)}))
    if not sold and not near(s, at, at + 1, EXPORT | {"abroad"}, 8, 8):
        return None
    kind = "tech_export_control" if scopes_of(s, at, at + 1, 8, 9) & TECH else "export_licensing"
    return Nucleus(at, at + 1, kind, "curb.export-permit")


def _dealt(s: Tagged, at: int) -> Nucleus | None:
    if _on_minerals(s, at):
        return Nucleus(at, at + 1, "critical_minerals_deal", "curb.minerals-deal")
    plain = s.low(at) in ("deal", "accord", "pact", "framework")
    return Nucleus(at, at + 1, "trade_agreement", "curb.deal") if plain and _deal(s, at) else None


def _on_minerals(s: Tagged, at: int) -> bool:
    """ "signed an agreement on strengthening supply chains of critical minerals"."""
    about = s.low(at + 1) in ("on", "for", "about", "to", "covering")
    mineral = any(at < m.i <= min(clause(s, at)[1], at + 13) and m.entry.value in MINERAL for m in s.products)
    return about and mineral and any(v.lemma in _STRUCK and not v.negative and 0 <= at - v.j <= 6 for v in s.verbs)


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


def _rate_noun(s: Tagged, at: int) -> bool:
    """ "the reciprocal rate", "the rate on India": a rate of duty without the word."""
    verb = next((v for v in reversed(s.verbs) if v.j <= at), None)
    charged = verb is not None and verb.passive and verb.lemma == "charge" and at - verb.j <= 2
    if charged and any(t.low in GOODS for t in s.words):
        return True
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
    theirs = any(at + 1 < m.i <= at + 3 and any(m.j <= p.i <= m.j + 1 for p in s.products) for m in s.adjectives)
    if theirs and not rule and s.low(at + 1) == "on" and not scopes & (MINERAL | TECH):
        return Nucleus(at, at + 1, "import_ban", "curb.on-foreign-goods")
    return None


def _banning(s: Tagged, at: int) -> Nucleus | None:
    if s.low(at - 1) in ("import", "export"):
        return None
    after = s.low(at + 1)
    own = s.low(at - 1) == "a" and [s.low(k) for k in range(at + 1, at + 4)] == ["of", "its", "own"]
    again = own or (s.low(at - 1) in ("the", "that", "this") and s.low(at) in ("ban", "embargo"))
    if s.ban and again and (own or after not in ("on", "of", "for")):
        return Nucleus(at, at + 1, s.ban, "curb.the-ban")
    stop_to = s.low(at) in ("stop", "halt", "end") and after == "to"
    if after not in ("on", "of", "for") and not stop_to and s.low(at - 1) not in EXPORT | IMPORT:
        return None
    _start, end = clause(s, at)
    words = [s.low(k) for k in range(at + 1, min(end, at + 8))]
    out = {"taking", "moving", "bringing", "shipping", "carrying"} & set(words[:3]) and "out" in words
    away = any(a.oblique == "to" and at < a.i <= at + 12 and a.kind in ("country", "place", "joint") for a in s.actors)
    out = out or (away and bool({"sending", "selling", "supplying", "shipping"} & set(words[:2])))
    if {"bringing", "taking"} & set(words[1:2]) and words[2:3] == ["in"]:
        return Nucleus(at, at + 1, "import_ban", "curb.import-ban")
    if out or near(s, at, at + 1, EXPORT | {"leaving"}, 2, 6):
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
    named = {s.low(k) for k in range(at + 1, min(end, at + 7))}
    whence = any(a.oblique == "from" and at + 2 < a.i <= at + 8 and a.kind in ("country", "place") for a in s.actors)
    if after == "on" and whence and not named & _NO_GOODS:
        return Nucleus(at, at + 1, "import_ban", "curb.ban-on-wares-from")
    return None


_NO_GOODS = word_list("nuclei.people") | {"travel", "flights", "arrivals", "entry", "visas", "passports", "apps",
                                          "adoptions", "transfers", "broadcasts", "content"}  # fmt: skip


def _duty_free(s: Tagged, at: int) -> Nucleus | None:
    """ "allowed duty-free entry of yellow peas"."""
    free = any(b == at and r.free for _, b, r in s.rates) and s.low(at + 1) in ("of", "for")
    free = free and any(v.lemma in ("allow", "permit", "grant", "let", "open") and v.j <= at for v in s.verbs)
    return Nucleus(at, at + 1, "import_tariff", "curb.duty-free-entry") if free and s.products else None


_FINDERS: tuple[tuple[frozenset[str], Callable[[Tagged, int], Nucleus | None]], ...] = (
    (_AID, _aid),
    (frozenset({"listing", "designation", "blacklisting"}), _listing),
    (frozenset({"sanctions"}), _sanctions),
    (frozenset({"deal", "accord", "pact", "framework", "agreement", "memorandum", "partnership"}), _dealt),
    (frozenset({"those", "that", "ones", "one"}), _those),
    (frozenset({"rate", "rates"}), _rate),
    (_FEE, _fee),
    (frozenset({"tax"}), _charge),
    (frozenset({"deposit", "deposits"}), _deposit),
    (_TAX, _tax),
    (_CURB - {"crackdown", "checks"}, _restriction),
    (_BAN, _banning),
    (_QUOTA, _quota),
    (PERMIT, _permit),
    (frozenset({"entry", "import", "importation", "imports", "access"}), _duty_free),
)
CURBS = frozenset().union(*(words for words, _ in _FINDERS))
"""Words that `curb` knows."""
