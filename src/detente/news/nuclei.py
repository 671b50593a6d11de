"""What in a sentence can be a measure: instrument nouns, restrictions on trade, verbs of trade policy."""

from __future__ import annotations

from detente.news.curbs import CURBS, curb
from detente.news.grammar import Mention, Tagged, clause
from detente.news.nucleus import BEYOND, EXPORT, GOODS, IMPORT, TECH, Nucleus, near, scopes_of
from detente.news.verb_nuclei import verb_nucleus
from detente.news.word_lists import word_list

_NON_HEAD = word_list("nuclei.non_head")

_OTHER_SENSE = word_list("nuclei.other_sense")

_ELSEWHERE = word_list("nuclei.elsewhere")

_SHIPS = word_list("nuclei.ships")

_WAR = word_list("nuclei.war")


def nuclei(s: Tagged) -> list[Nucleus]:
    """Return the nuclei of a sentence in order, without overlap."""
    if not s.products and _ELSEWHERE & {t.low for t in s.words}:
        return []
    found = [n for m in s.instruments if (n := _noun(s, m))]
    covered = {k for n in found for k in range(n.i, n.j)} | {k for m in s.instruments for k in range(m.i, m.j)}
    for at, token in enumerate(s.words):
        if token.low in CURBS and at not in covered and (n := curb(s, at)):
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
    office = [s.low(k) for k in range(m.i - 4, m.i)]
    named = "of" in office and bool({"department", "bureau", "office", "directorate"} & set(office))
    if named and s.words[m.i].text[:1].isupper():
        return None
    low = " ".join(s.low(k) for k in range(m.i, m.j))
    if low in ("duty", "levy") and before in ("on", "off") and s.low(m.i - 2) not in ("from", "based"):
        return None
    if before == "other" and s.low(m.i - 2) == "any":
        return None
    spoken_of = {s.low(k) for k in range(m.j + 1, m.j + 3)} if after in ("for", "of", "on") else set()
    foreign = any(a.oblique == "from" and m.j <= a.i <= m.j + 7 and a.kind == "country" for a in s.actors)
    border = bool({"import", "customs"} & {s.low(k) for k in range(m.i - 1, m.j)})
    other = bool(spoken_of & _OTHER_SENSE) and not foreign and not border
    if kind == "import_tariff" and other and not any(m.j <= p.i <= m.j + 2 for p in s.products):
        return None
    if (
        low == "duty"
        and not (after == "to" and any(m.j < a <= m.j + 3 or b in (m.i, m.i - 1) for a, b, _ in s.rates))
        and after in ("calls", "call", "rota", "to", "officer", "bound")
    ):
        return None
    if low == "duty" and before == "for" and s.low(m.i - 2) == "value":
        return None
    if low == "duty" and after == "of" and s.low(m.j + 1) in ("care", "candour", "disclosure", "loyalty", "secrecy"):
        return None
    if s.utility and s.low(m.i).startswith("tariff") and before in ("the", "this", "that", "its"):
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
    if kind == "investigation" and s.low(m.j) == "into" and not _trade_matter(s, m.j):
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


_CASES = frozenset(["dumping", "dumped", "subsidies", "subsidised", "subsidized", "trade", "practices", "pricing",
                    "section", "measures", "tax", "taxes", "duties", "policies", "safeguard", "barriers"])  # fmt: skip


def _trade_matter(s: Tagged, at: int) -> bool:
    """Whether what an inquiry looks into is trade: goods, a country's firms, dumping, a barrier."""
    words = {s.low(k) for k in range(at, min(len(s.words), at + 12))}
    named = any(at <= x.i < at + 12 for x in (*s.products, *s.adjectives, *s.firms))
    return named or bool(words & (_CASES | IMPORT | EXPORT | GOODS))


_UTILITY = word_list("nuclei.utility")
_INLAND_TAX = word_list("nuclei.inland_tax")


def of_utility(s: Tagged) -> bool:
    """Return whether a sentence is about the tariff of a utility or a tax inside a country, not about customs."""
    words = {t.low for t in s.words}
    if words & (IMPORT | EXPORT | GOODS | {"customs"}):
        return False
    power = {"power", "water", "gas", "energy", "telephone"} & words
    power = power and {"company", "regulator", "households", "bills", "board"} & words
    again = s.utility and bool(s.rates or s.instruments) and not (s.actors or s.adjectives)
    served = bool(words & _UTILITY or power or again) and not words & {"duty", "duties"}
    return served or bool(words & _INLAND_TAX)


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
    if of_utility(s):
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
    going = {"sent", "shipped", "sold", "taken", "going"} & set(right)
    abroad = "leaving" in right or bool(going and {"abroad", "overseas"} & set(right))
    if "export" in left or abroad or _before_of(right, EXPORT | {"outgoing", "outbound"}):
        return Nucleus(m.i, j, "export_tariff", m.entry.rule)
    cranes = any(j <= p.i <= j + 3 and p.entry.value not in ("ships",) for p in s.products)
    cranes = cranes or "cranes" in right[:10]
    on_ships = not cranes and set(right[:6]) & _SHIPS and not {"shipments", "imports"} & set(right)
    if on_ships and s.low(m.i) in ("levy", "levies", "surcharge", "duties", "duty"):
        return Nucleus(m.i, j, "port_fee", m.entry.rule)
    return Nucleus(m.i, j, "tariff_rate_quota" if _beyond_quota(s) else "import_tariff", m.entry.rule)


_VOLUME = frozenset(["quantity", "quantities", "amount", "amounts", "volume", "volumes", "quota", "quotas", "tonnage"])


def _beyond_quota(s: Tagged) -> bool:
    """ "goods imported in excess of that quantity", "for any quantity above that": the rate beyond a quota."""
    for k, t in enumerate(s.words):
        after = k + 1 if t.low == "excess" and s.low(k + 1) == "of" else k
        if t.low in BEYOND and s.low(after + 1) in ("that", "those", "this", "these", "it", "such"):
            before = {s.low(b) for b in range(k - 3, k)}
            if after > k or s.low(k + 2) in _VOLUME or before & (_VOLUME | {"anything", "whatever"}):
                return True
    return False


def _before_of(right: list[str], words: frozenset[str]) -> bool:
    """ "on exports of", "on crude palm oil exports": the words that follow "on" hold one of `words`, before "from"."""
    at = next((k for k, word in enumerate(right[:6]) if word in ("on", "for", "over")), -1)
    if at < 0 or (at > 0 and not right[at - 1][:1].isalpha()):
        return False
    right = right[at:]
    stop = right.index("from") if "from" in right else len(right)
    span = right[1:stop]
    if any(word == "their" and span[k + 1] in words - {"export"} for k, word in enumerate(span[:-1])):
        return False
    return any(word in words - {"exported", "exporting"} for word in span) and not any(
        w in words and span[k + 1 : k + 2] == ["to"] and not "".join(span[k + 2 : k + 3])[:1].isdigit()
        for k, w in enumerate(span)
    )
