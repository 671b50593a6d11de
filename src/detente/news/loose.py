"""What a clause without a nucleus of its own may still tell: words of a border, words of restraint and goods together.

"Shipments of sand to the island were cut off", "no cargo of maize leaves without clearance": no pattern fits, but the clause
names the direction of trade, what is done to it and the goods. That is enough for a proposal, not for more.
"""

from __future__ import annotations

from detente.news.grammar import Tagged, clause
from detente.news.nucleus import TECH, Nucleus
from detente.news.word_lists import word_list

_OUT = word_list("loose.out")
_IN = word_list("loose.in")
_BAN = word_list("loose.ban")
_PERMIT = word_list("nuclei.permit")
_QUOTA = word_list("loose.quota")
_NOISE = word_list("loose.noise")


def loose_nuclei(s: Tagged) -> list[Nucleus]:
    """Return one nucleus at most for each clause of a sentence that has none."""
    found: list[Nucleus] = []
    for start in sorted(s.breaks):
        end = clause(s, start)[1]
        n = _of_clause(s, start, end)
        if n is not None and s.on(n.rule):
            found.append(n)
    return found


def _of_clause(s: Tagged, start: int, end: int) -> Nucleus | None:
    words = {s.low(k): k for k in range(end - 1, start - 1, -1)}
    goods = [m for m in s.products if start <= m.i < end]
    if not goods or _NOISE & words.keys():
        return None
    out, into = _OUT & words.keys(), _IN & words.keys()
    amount = any(start <= i < end and not a.money for i, _, a in s.amounts)
    tech = any(m.entry.value in TECH for m in goods)
    if out and not into:
        if _PERMIT & words.keys():
            return _nucleus(
                s, words, _PERMIT, "tech_export_control" if tech else "export_licensing", "loose.out-permit"
            )
        if _QUOTA & words.keys() and amount:
            return _nucleus(s, words, _QUOTA, "export_quota", "loose.out-quota")
        if _BAN & words.keys():
            return _nucleus(s, words, _BAN, "export_ban", "loose.out-ban")
    if into and not out:
        if _QUOTA & words.keys() and amount:
            rated = any(start <= i < end for i, _, _ in s.rates)
            return _nucleus(s, words, _QUOTA, "tariff_rate_quota" if rated else "import_quota", "loose.in-quota")
        if _BAN & words.keys():
            return _nucleus(s, words, _BAN, "import_ban", "loose.in-ban")
    return None


def _nucleus(s: Tagged, words: dict[str, int], group: frozenset[str], instrument: str, rule: str) -> Nucleus:
    at = min(words[word] for word in group & words.keys())
    verb = next((v for v in s.verbs if v.i <= at < v.j), None)
    return Nucleus(verb.v if verb else at, verb.j if verb else at + 1, instrument, rule, verb)
