"""Plain verbs that are trade policy only with certain words: "not allowed out", "needs a permit"."""

from __future__ import annotations

from detente.news.grammar import Tagged, Verb, clause
from detente.news.nucleus import GOODS, IN, OUT, PERMIT, TECH, Nucleus, first_of, no_noun


def allow_verb(s: Tagged, verb: Verb, words: list[str], found: list[Nucleus]) -> str:
    """ "not allowed out", "may not enter": a ban; "let in N tonnes" a quota."""
    amount = any(verb.j <= a <= verb.j + 9 and not x.money for a, _, x in s.amounts)
    if not verb.negative and amount and not verb.passive:
        if set(words) & {"exports", "export", "shipments"}:
            return "export_quota"
        return "import_quota" if set(words) & {"imports", "import"} and no_noun(s, verb, found) else ""
    if verb.negative and verb.lemma in ("allow", "permit", "let") and not verb.passive:
        if set(words[:2]) & {"exports", "export", "exporting"} or {"exported", "abroad"} & set(words):
            return "export_ban"
        if set(words[:2]) & {"imports", "import", "importing"} or "imported" in words:
            return "import_ban"
    if verb.negative and verb.passive:
        start = clause(s, verb.v)[0]
        subject = {s.low(k) for k in range(start, verb.i)}
        if set(words[:3]) & OUT or "exported" in words[:3]:
            return "export_ban"
        if set(words[:3]) & IN or subject & {"entry", "imports", "import"}:
            return "import_ban"
    return ""


def _enter_verb(s: Tagged, verb: Verb, words: list[str], found: list[Nucleus]) -> str:
    """ "may not leave the country", "can no longer enter"."""
    start = clause(s, verb.v)[0]
    nothing = bool({"no", "none", "nothing"} & {s.low(k) for k in range(start, verb.i)})
    if not (verb.negative or nothing) or verb.mood not in ("may", "can", "must", "shall", "will", "could"):
        return ""
    goods = any(start <= m.i < verb.i for m in s.products) or {s.low(k) for k in range(start, verb.i)} & GOODS
    if not goods or (
        not set(words[:4]) & {"country", "market", "ports", "port"}
        and not any(verb.j <= a.i <= verb.j + 2 for a in s.actors)
    ):
        return ""
    return {"leave": "export_ban", "enter": "import_ban"}.get(verb.lemma, "")


def _close_verb(s: Tagged, verb: Verb, words: list[str], found: list[Nucleus]) -> str:
    """ "closed its market to": imports kept out."""
    if (
        not set(words[:3]) & {"market", "markets", "border", "borders", "ports", "doors", "door"}
        or "to" not in words[:5]
    ):
        return ""
    out = {"outgoing", "outbound", "departing"} & set(words)
    return ("export_ban" if out else "import_ban") if verb.lemma in ("close", "shut") else ""


def need_verb(s: Tagged, verb: Verb, words: list[str], found: list[Nucleus]) -> str:
    """ "every cargo needs a permit", "exporters must obtain a licence": only where goods go out."""
    permit = first_of(words, PERMIT, 7)
    if permit < 0 or verb.negative:
        return ""
    start = clause(s, verb.v)[0]
    subject = {s.low(k) for k in range(start, verb.i)}
    outward = subject & {"exporters", "exporter", "exports", "cargo", "cargoes", "shipment", "shipments", "consignment",
                         "sales", "ships", "sends", "sells", "delivers"}  # fmt: skip
    outward = outward or ({"leave", "leaving", "leaves"} & {s.low(k) for k in range(verb.j, len(s.words))})
    goal = {"sell", "ship", "export", "send", "supply"} & set(words[permit : permit + 3])
    abroad = any(a.i > verb.j and a.oblique == "to" and a.kind in ("country", "place") for a in s.actors)
    if goal and (abroad or "export" in goal) and verb.lemma in _NEEDING and not outward:
        tech = any(m.entry.value in ("semiconductors", "chip_equipment", "technology") for m in s.products)
        return "tech_export_control" if tech else "export_licensing"
    return "export_licensing" if outward and verb.lemma in _NEEDING else ""


_NEEDING = frozenset(["need", "require", "obtain", "apply", "seek", "get", "hold"])


def add_verb(s: Tagged, verb: Verb, words: list[str], found: list[Nucleus]) -> str:
    """ "adds 23 items to the list of goods whose export requires permission"."""
    text = {t.low for t in s.words}
    firms = {"companies", "firms", "entities", "company"} & text
    listed = "list" in text and {"export", "exports"} & text and no_noun(s, verb, found)
    tech = any(m.entry.value in TECH for m in s.products)
    return ("tech_export_control" if tech else "export_licensing") if listed and not firms else ""


def pledge_investment(s: Tagged, verb: Verb, words: list[str], found: list[Nucleus]) -> str:
    """ "pledged 15 billion dollars of direct investment"."""
    money = any(verb.j <= a <= verb.j + 6 and x.money for a, _, x in s.amounts)
    noun = first_of(words, frozenset({"investment", "investments"}), 9)
    return "investment_commitment" if money and noun >= 0 else ""


def _put_money(s: Tagged, verb: Verb, words: list[str], found: list[Nucleus]) -> str:
    """ "will put $550 billion into US projects": money that goes into another economy."""
    if verb.negative or verb.mood in ("may", "could", "would"):
        return ""
    money = next((j for i, j, x in s.amounts if verb.j <= i <= verb.j + 3 and x.money), -1)
    if money < 0 or s.low(money) not in ("into", "in"):
        return ""
    abroad = any(money < a.i <= money + 3 and a.kind in ("country", "place") for a in s.actors) or any(
        money < m.i <= money + 3 for m in s.adjectives
    )
    return "investment_commitment" if abroad else ""


def strike_off(s: Tagged, verb: Verb, words: list[str], found: list[Nucleus]) -> str:
    """ "takes Korea off its list of trusted destinations": easier export procedures end, or come back."""
    if not {"list", "whitelist"} & set(words) or (
        not {"white", "trusted", "preferred", "favoured", "favored", "whitelist"} & {t.low for t in s.words}
        and not {"export", "exports"} & set(words)
    ):
        return ""
    return "export_licensing" if set(words) & {"off", "from", "on", "to", "back"} else ""


def _sell_verb(s: Tagged, verb: Verb, words: list[str], found: list[Nucleus]) -> str:
    """ "sell nothing below 30,000 euros": a price floor."""
    if verb.lemma != "sell" or not {"no", "nothing", "not", "none"} & set(words):
        return ""
    below = "below" in words or "under" in words or ("less" in words and "than" in words)
    return "price_floor" if below and any(verb.j <= a < verb.j + 12 and x.money for a, _, x in s.amounts) else ""


def pay_verb(s: Tagged, verb: Verb, words: list[str], found: list[Nucleus]) -> str:
    """ "pay extra at the EU's border"."""
    extra = words[:1] and words[0] in ("extra", "more", "duty", "nothing")
    return "import_tariff" if extra and {"border", "customs", "ports"} & set(words) and no_noun(s, verb, found) else ""


def _send_verb(s: Tagged, verb: Verb, words: list[str], found: list[Nucleus]) -> str:
    """ "sending 10,000 troops to the border"."""
    forces = {"troops", "soldiers", "guards", "officers", "agents", "guard"} & set(words)
    return "enforcement_commitment" if verb.lemma in ("send", "deploy") and forces and "border" in words else ""


def put_verb(s: Tagged, verb: Verb, words: list[str], found: list[Nucleus]) -> str:
    return _put_money(s, verb, words, found) if verb.lemma in ("put", "place") else ""


def other_verb(s: Tagged, verb: Verb, words: list[str], found: list[Nucleus]) -> str:
    if verb.lemma in ("pour", "spend") and (kind := _put_money(s, verb, words, found)):
        return kind
    for rule in (_sell_verb, _send_verb, _enter_verb, _close_verb, need_verb, strike_off):
        if kind := rule(s, verb, words, found):
            return kind
    return ""
