"""Verbs of trade policy with their object: "banned imports of", "will buy", "opened a probe into"."""

from __future__ import annotations

from dataclasses import replace

from detente.news.grammar import Tagged, Verb, clause
from detente.news.nucleus import (
    EXPORT,
    GOODS,
    IMPORT,
    MINERAL,
    OUT,
    PERMIT,
    TECH,
    Nucleus,
    first_of,
    near,
    no_noun,
    object_words,
    scopes_of,
)
from detente.news.rulings import ruling, strike_verb
from detente.news.verb_phrases import (
    add_verb,
    allow_verb,
    need_verb,
    other_verb,
    pay_verb,
    pledge_investment,
    put_verb,
    strike_off,
)
from detente.news.word_lists import word_list


def verb_nucleus(s: Tagged, verb: Verb, found: list[Nucleus]) -> Nucleus | None:
    words = object_words(s, verb)
    into = next((k for k, word in enumerate(words[:5]) if word == "into"), -1) if verb.lemma == "look" else -1
    if into >= 0:  # "has been looking since July into"
        verb = replace(verb, cls="probe", lemma="look into", j=verb.j + into + 1)
        words = words[into + 1 :]
    maker = _MAKERS.get(verb.cls)
    kind = maker(s, verb, words, found) if maker and s.on(f"verb.{verb.cls}") else ""
    kind = ruling(s, verb, words, found) or kind or _stemming(s, verb, words)
    if not kind:
        return None
    return Nucleus(verb.v, verb.j, kind, f"verb.{verb.cls}", verb)


_PEOPLE = word_list("nuclei.people")


def _ban_verb(s: Tagged, verb: Verb, words: list[str], found: list[Nucleus]) -> str:
    cheap = {"below", "under", "less"} & {s.low(k) for k in range(verb.j, min(len(s.words), verb.j + 12))}
    if cheap and any(verb.j <= i and not r.unit.startswith("percent") for i, _, r in s.rates):
        return "price_floor"
    if verb.cls in ("ban", "suspend", "halt") and (struck := strike_verb(s, verb, words, found)):
        return struck
    if not no_noun(s, verb, found) or first_of(words, _PEOPLE, 4) >= 0:
        return ""
    if _trade_halt(s, verb, words):
        return "import_ban"
    into = any(words[k] == "from" and words[k + 1 : k + 2] and words[k + 1] in ("entering", "importing") for k in
               range(len(words)))  # fmt: skip
    at_import, at_export = first_of(words, IMPORT, 5), _outward(s, verb, words)
    if at_export >= 0 and (at_import < 0 or at_export < at_import):
        sold = words[at_export] in _SELLING if at_export < len(words) else False
        return "tech_export_control" if sold and scopes_of(s, verb.v, verb.j) & TECH else "export_ban"
    if at_import >= 0 or into:
        return "import_ban"
    return _passive_ban(s, verb) or _buying_ban(s, verb, words) or _goods_ban(s, verb)


def _buying_ban(s: Tagged, verb: Verb, words: list[str]) -> str:
    """ "barred operators from buying chips made by Micron", "ordered .. not to use": foreign wares kept out."""
    end = clause(s, verb.v)[1]
    buying = first_of(words, frozenset({"buying", "purchasing", "using", "procuring", "ordering"}), 9)
    goods = any(verb.j <= m.i < end for m in [*s.products, *s.firms])
    foreign = any(verb.j <= m.i < end for m in [*s.adjectives, *s.firms]) or any(
        verb.j <= a.i < end and a.oblique in ("from", "in") and a.kind in ("country", "place") for a in s.actors
    )
    return "import_ban" if buying > 0 and words[buying - 1] == "from" and goods and foreign else ""


_SELLING = frozenset(
    ["sales", "selling", "sale", "shipping", "sending", "supplying", "supplies", "deliveries", "selling"]
)
_FAR = frozenset(["overseas", "abroad", "foreign"])


def _outward(s: Tagged, verb: Verb, words: list[str]) -> int:
    """Where among the words after a verb exports are named; also "overseas sales", "shipping sugar abroad"."""
    at = first_of(words, EXPORT - {"shipping"}, 6)
    if at >= 0:
        return at
    end = clause(s, verb.v)[1]
    taken = first_of(words, frozenset({"removal", "outflow", "dispatch", "despatch"}), 4)
    if taken >= 0 and {"country", "territory", "abroad"} & set(words):
        return taken
    sold = first_of(words, _SELLING, 5)
    far = {s.low(k) for k in range(verb.j, min(end, verb.j + 14))} & _FAR
    bound = any(verb.j < a.i < end and a.oblique == "to" and a.kind in ("country", "place") for a in s.actors)
    users = {"users", "user", "buyers", "entities", "customers"} & {
        s.low(k) for k in range(verb.j, min(end, verb.j + 14))
    }
    return sold if sold >= 0 and (far or bound or users) else -1


def _goods_ban(s: Tagged, verb: Verb) -> str:
    """ "barred beef from Brazil", "stopped the birds that leave the country", "closed its market to Indian rice"."""
    end = clause(s, verb.v)[1]
    goods = next((m for m in s.products if verb.j <= m.i <= verb.j + 5 and m.j <= end), None)
    if goods is None and _made_goods(s, verb, end):
        return "import_ban"
    if goods is None:
        return ""
    after = [s.low(k) for k in range(goods.j, min(len(s.words), goods.j + 6))]
    origin = any(
        goods.j <= a.i <= goods.j + 4 and a.oblique == "from" and a.kind in ("country", "place", "firms", "joint")
        for a in s.actors
    )
    origin = origin or any(verb.j <= m.i < goods.i for m in s.adjectives)
    if set(after[:5]) & OUT:
        return "export_ban"
    bound = any(
        goods.j <= a.i <= goods.j + 4 and a.oblique == "to" and a.kind in ("country", "place") for a in s.actors
    )
    if bound:
        return "export_ban"
    return (
        "import_ban"
        if origin and verb.lemma in ("ban", "bar", "block", "stop", "prohibit", "halt", "outlaw", "suspend")
        else ""
    )


def _made_goods(s: Tagged, verb: Verb, end: int) -> bool:
    """ "bars goods made in Xinjiang": goods of an origin, without their name."""
    words = [s.low(k) for k in range(verb.j, min(end, verb.j + 4))]
    made = any(
        verb.j < a.i < end and a.oblique in ("in", "from") and a.kind in ("country", "place") and a.i - verb.j <= 5
        for a in s.actors
    )
    return bool({"goods", "products", "imports"} & set(words)) and made and verb.lemma in _KEEPING_OUT


_KEEPING_OUT = frozenset(["ban", "bar", "block", "stop", "prohibit", "halt", "outlaw", "suspend"])


def _passive_ban(s: Tagged, verb: Verb) -> str:
    """ "Imports of X are banned", "exports were halted"."""
    if not verb.passive:
        return ""
    start = clause(s, verb.v)[0]
    while start > 0 and s.low(start) in ("that", "which", "who", "or", "and"):
        start = clause(s, start - 1)[0]
    before = [s.low(k) for k in range(max(start, verb.i - 30), verb.i)]
    if any(word in EXPORT - {"shipping"} for word in before):
        return "export_ban"
    if any(word in IMPORT - {"entry"} for word in before):
        return "import_ban"
    gate = any(verb.j <= a.i <= verb.j + 3 and a.oblique in ("by", "in") and a.country for a in s.actors)
    goods = any(word in GOODS for word in before) or any(start <= m.i < verb.i for m in s.products)
    foreign = any(start <= m.i < verb.i for m in s.adjectives) or any(
        start <= a.i < verb.i and a.oblique == "from" and a.kind in ("country", "place") for a in s.actors
    )
    return (
        "import_ban" if gate and goods and foreign and verb.lemma in ("ban", "bar", "block", "prohibit", "stop") else ""
    )


def _trade_halt(s: Tagged, verb: Verb, words: list[str]) -> bool:
    """ "suspends bilateral trade with India", "breaks off all commerce with its neighbour"."""
    at = first_of(words, frozenset({"trade", "commerce"}), 4)
    return at >= 0 and "with" in words[at : at + 3] and not verb.negative


def _halt_verb(s: Tagged, verb: Verb, words: list[str], found: list[Nucleus]) -> str:
    if s.on("verb.halt-buying") and words[:1] and words[0] in ("buying", "importing", "purchasing"):
        return "enforcement_commitment" if s.low(verb.i - 1) != "from" else ""
    return _ban_verb(s, verb, words, found)


_LANDS = frozenset(["country", "place", "joint"])


def _limit_verb(s: Tagged, verb: Verb, words: list[str], found: list[Nucleus]) -> str:
    if not no_noun(s, verb, found):
        return ""
    at_import, at_export = first_of(words, IMPORT, 6), first_of(words, EXPORT, 7)
    start = clause(s, verb.v)[0]
    before = {s.low(k) for k in range(max(start, verb.i - 16), verb.i)}
    if at_export < 0 and any(a.oblique == "to" and a.i > verb.j and a.kind in _LANDS for a in s.actors):
        at_export = first_of(words, _SELLING, 4)
    if verb.passive:
        at_import = 0 if before & IMPORT else -1
        at_export = 0 if before & EXPORT else -1
    masses = [a for a, _, x in s.amounts if verb.j <= a and not x.money]
    amount = any(a < verb.j + 14 or (a < verb.j + 26 and s.low(a - 1) == "to") for a in masses)
    if verb.passive and at_import >= 0 and amount and any(r.free and start <= i < verb.i for i, _, r in s.rates):
        return "tariff_rate_quota"
    if at_export >= 0 and (at_import < 0 or at_export < at_import):
        if amount:
            return "export_quota"
        return "tech_export_control" if scopes_of(s, verb.v, verb.j) & TECH else "export_licensing"
    if at_import >= 0 and any(r.free and verb.j <= i < verb.j + 6 for i, _, r in s.rates):
        return "tariff_rate_quota"
    if at_import >= 0 and amount:
        return "import_quota"
    return ""


def _buy_verb(s: Tagged, verb: Verb, words: list[str], found: list[Nucleus]) -> str:
    """ "buy 25 million tonnes of soybeans", "buy $500 billion of US energy": a quantity or foreign goods bought."""
    if any(v.cls == "halt" and v.j == verb.i for v in s.verbs):
        return ""
    end = clause(s, verb.v)[1]
    amount = any(verb.j <= a < min(end, verb.j + 8) for a, _, _ in s.amounts)
    foreign = any(verb.j <= m.i < min(end, verb.j + 9) for m in [*s.adjectives, *s.firms]) or any(
        verb.j <= a.i < min(end, verb.j + 13) and a.oblique in ("from", "of") for a in s.actors
    )
    country = any(verb.j <= a.i < min(end, verb.j + 8) and a.kind == "country" for a in s.actors)
    goods = any(verb.j <= m.i < min(end, verb.j + 14) for m in s.products) or first_of(words, GOODS, 8) >= 0
    whole = {s.low(k) for k in range(verb.j, end)}
    stored = whole | {s.low(k) for k in range(verb.j, len(s.words))}
    reserve = stored & {"stockpile", "stockpiles", "reserve", "reserves"} or "buffer" in stored
    reserve = reserve and not (foreign or country)
    if reserve and goods and (amount or verb.mood in ("will", "")):
        return "stockpile_purchase"
    committed = verb.tense in ("inf", "ing") and verb.mood not in ("may", "can", "would", "could")
    return "purchase_commitment" if committed and goods and (amount or foreign or country) else ""


def _resume_verb(s: Tagged, verb: Verb, words: list[str], found: list[Nucleus]) -> str:
    if first_of(words, frozenset({"purchases", "imports", "buying", "purchasing", "orders"}), 5) < 0:
        return ""
    if verb.tense in ("inf", "ing") and not verb.mood:
        return "purchase_commitment"
    imported = first_of(words, frozenset({"imports", "importing"}), 5) >= 0
    if verb.mood == "will":
        return "import_ban" if imported and verb.passive else "purchase_commitment"
    return "import_ban" if imported and not verb.mood else ""


def _raise_verb(s: Tagged, verb: Verb, words: list[str], found: list[Nucleus]) -> str:
    return "purchase_commitment" if first_of(words, frozenset({"purchases"}), 4) >= 0 and verb.tense == "inf" else ""


def _require_verb(s: Tagged, verb: Verb, words: list[str], found: list[Nucleus]) -> str:
    if kind := put_verb(s, verb, words, found):
        return kind
    if verb.lemma == "apply" and not verb.passive and words[:1] == ["for"]:
        return need_verb(s, verb, words, found)
    if verb.lemma != "require" or not no_noun(s, verb, found):
        return ""
    if need := need_verb(s, verb, words, found):
        return need
    permit = first_of(words, PERMIT, 9)
    return "export_licensing" if permit >= 0 and near(s, verb.i, verb.j, EXPORT, 12, 16) else ""


def _tax_verb(s: Tagged, verb: Verb, words: list[str], found: list[Nucleus]) -> str:
    start = clause(s, verb.v)[0]
    taxed = verb.passive and any(start <= m.i < verb.i for m in s.products)
    if first_of(words, EXPORT, 4) >= 0 and s.rates:
        return "export_tariff"
    goods = first_of(words, IMPORT | GOODS, 6) >= 0 or any(verb.j <= m.i <= verb.j + 5 for m in s.products)
    foreign = any(start <= m.i <= verb.j + 4 for m in s.adjectives) or first_of(words, IMPORT, 6) >= 0
    return "import_tariff" if (taxed or goods) and foreign and s.rates else ""


def _invest_verb(s: Tagged, verb: Verb, words: list[str], found: list[Nucleus]) -> str:
    stock = {"stockpile", "stockpiles", "reserve", "reserves"} & {s.low(k) for k in range(verb.j, len(s.words))}
    money = any(verb.j <= a < verb.j + 7 and x.money for a, _, x in s.amounts)
    return "investment_commitment" if money and not stock else ""


def _crackdown_verb(s: Tagged, verb: Verb, words: list[str], found: list[Nucleus]) -> str:
    topic = frozenset(
        ["fentanyl", "migration", "trafficking", "smuggling", "precursors", "transshipment", "migrants", "drugs"]
    )
    return "enforcement_commitment" if first_of(words, topic, 7) >= 0 else ""


_ILLICIT = frozenset(["fentanyl", "migrants", "trafficking", "smuggling", "precursors", "narcotics", "drug"])


def _stemming(s: Tagged, verb: Verb, words: list[str]) -> str:
    """ "measures to end the flow of fentanyl", "commits itself to fighting drug trafficking"."""
    stems = verb.cls in ("ban", "halt", "limit", "end", "reduce", "crackdown") or verb.lemma in (
        "fight",
        "combat",
        "curtail",
    )
    flow = {"flow", "flows", "smuggling", "trafficking", "inflow"} & set(words[:4])
    return "enforcement_commitment" if stems and flow and _ILLICIT & set(words[:7]) and not verb.passive else ""


def _probe_verb(s: Tagged, verb: Verb, words: list[str], found: list[Nucleus]) -> str:
    topic = IMPORT | frozenset({"dumping", "subsidies", "subsidised", "dumped"})
    end = clause(s, verb.v)[1]
    theirs = [a for a in s.actors if verb.j <= a.i < end and a.possessor and a.i - verb.j <= 3]
    if theirs and any(theirs[0].j <= m.i <= theirs[0].j + 3 for m in s.products):
        return "investigation"
    return "investigation" if first_of(words, topic, 9) >= 0 and no_noun(s, verb, found) else ""


def _retaliate_verb(s: Tagged, verb: Verb, words: list[str], found: list[Nucleus]) -> str:
    if any(verb.j < a <= verb.j + 4 for a, _, _ in s.rates) and s.low(verb.j) == "with":
        return ""
    start, end = clause(s, verb.v)
    end = len(s.words) if s.low(end - 1) == ":" else end
    behind = s.low(verb.j) in ("against", "to", "for", "over")
    return "" if any(start <= n.i < (verb.i if behind else end) for n in found) else "unspecified_retaliation"


def _respond_verb(s: Tagged, verb: Verb, words: list[str], found: list[Nucleus]) -> str:
    """ "would respond firmly if", "will respond in kind"."""
    firm = set(words[:4]) & {
        "firmly",
        "kind",
        "forcefully",
        "decisively",
        "countermeasures",
        "swiftly",
        "strongly",
        "accordingly",
    }
    return _retaliate_verb(s, verb, words, found) if firm and verb.mood in ("will", "would", "shall") else ""


def _blacklist_verb(s: Tagged, verb: Verb, words: list[str], found: list[Nucleus]) -> str:
    firms = frozenset(
        ["companies", "firms", "entities", "manufacturers", "contractors", "subsidiaries", "company", "groups"]
    )
    return "entity_listing" if first_of(words, firms, 8) >= 0 or verb.passive else ""


def _sanction_verb(s: Tagged, verb: Verb, words: list[str], found: list[Nucleus]) -> str:
    return _blacklist_verb(s, verb, words, found) if verb.lemma == "sanction" and not verb.passive else ""


def _receive_verb(s: Tagged, verb: Verb, words: list[str], found: list[Nucleus]) -> str:
    return "export_ban" if verb.negative and scopes_of(s, verb.v, verb.j) & (TECH | {"dual_use"} | MINERAL) else ""


def _grant_verb(s: Tagged, verb: Verb, words: list[str], found: list[Nucleus]) -> str:
    text = " ".join(words)
    return "import_tariff" if "market access" in text or "duty free access" in text else ""


def _stockpile_verb(s: Tagged, verb: Verb, words: list[str], found: list[Nucleus]) -> str:
    return "stockpile_purchase" if s.products else ""


def _skip_verb(s: Tagged, verb: Verb, words: list[str], found: list[Nucleus]) -> str:
    return "diplomatic_action" if first_of(words, frozenset({"meeting", "summit", "visit"}), 6) >= 0 else ""


_ENTITIES = frozenset(["entity", "entities", "firm", "firms", "company", "companies", "subsidiaries"])


def _remove_verb(s: Tagged, verb: Verb, words: list[str], found: list[Nucleus]) -> str:
    listed = {"list", "register"} & set(words) or "list" in {s.low(k) for k in range(verb.j, len(s.words))}
    around = {t.low for t in s.words}
    if verb.lemma in ("remove", "delete", "take off", "strike off") and listed and around & _ENTITIES:
        return "entity_listing"
    if verb.lemma in ("remove", "take off", "drop") and (kind := strike_off(s, verb, words, found)):
        return kind
    return _skip_verb(s, verb, words, found) if verb.lemma in ("cancel", "call off") else ""


_MAKERS = {
    "ban": _ban_verb, "halt": _halt_verb, "suspend": _ban_verb, "limit": _limit_verb, "buy": _buy_verb,
    "resume": _resume_verb, "raise": _raise_verb, "impose": _require_verb, "tax": _tax_verb, "invest": _invest_verb,
    "crackdown": _crackdown_verb, "strike": strike_verb, "rule": strike_verb, "uphold": strike_verb,
    "probe": _probe_verb, "retaliate": _retaliate_verb, "respond": _respond_verb, "blacklist": _blacklist_verb,
    "hit": _sanction_verb,
    "receive": _receive_verb, "face": pay_verb, "remove": _remove_verb, "announce": pledge_investment,
    "grant": _grant_verb, "stockpile": _stockpile_verb, "skip": _skip_verb, "other": other_verb,
    "allow": allow_verb, "add": add_verb, "commit": pledge_investment, "offer": pledge_investment,
}  # fmt: skip
