"""Status of a measure whose verb the lexicon does not know: from the words of its clause, if it names rate or goods.

A measure that a clause names with its rate ("the 25 percent duty on wine that Canberra swallowed") is a measure
whatever the verb. What the clause says of will, plan, threat and end decides; anything doubtful stays out.
"""

from __future__ import annotations

from detente.news.frames import Frame
from detente.news.grammar import NEGATIVES, clause
from detente.news.word_lists import word_list

_RATED = frozenset({"import_tariff", "export_tariff", "port_fee"})
_NAMED = frozenset({"export_ban", "import_ban", "export_quota", "import_quota", "tariff_rate_quota", "export_licensing",
                    "tech_export_control"})  # fmt: skip
_DOUBT = word_list("told.doubt")
_LUCKY = frozenset(["get", "gain", "win", "enjoy", "lose", "escape", "avoid", "break", "violate", "breach"])
_SIGNS = (
    ("threatened", "impose", word_list("told.threatened")),
    ("suspended", "suspend", word_list("told.suspended")),
    ("withdrawn", "remove", word_list("told.withdrawn")),
    ("proposed", "impose", word_list("told.proposed")),
    ("announced", "impose", word_list("told.announced")),
)


def told_status(f: Frame) -> tuple[str, str, int] | None:
    """Return status, action and the token that decides (-1: none did); None if the clause leaves it open."""
    s = f.s
    start, end = clause(s, f.n.i)
    end = max(end, f.right)
    rated = any(f.left <= i < f.right for i, _, _ in s.rates)
    goods = any(f.left <= m.i < f.right for m in s.products)
    if not (rated and f.n.instrument in _RATED) and not (goods and f.n.instrument in _NAMED):
        return None
    if any(v.cls in ("expect", "wish", "deny") for v in s.verbs if v.j <= f.n.i):
        return None
    if f.verb is not None and (f.verb.lemma in _LUCKY or f.verb.cls == "speak"):
        return None
    words = {s.low(k): k for k in range(start, min(end, len(s.words)))}
    if (
        _DOUBT & words.keys()
        or NEGATIVES & words.keys()
        or any(v.mood in ("would", "could", "should") for v in s.verbs)
    ):
        return None
    above = {"announce": "announced", "sign": "announced", "commit": "announced", "order": "announced",
             "propose": "proposed", "threaten": "threatened", "vow": "threatened"}  # fmt: skip
    told = next((above[v.cls] for v in reversed(s.verbs) if v.j <= f.n.i and v.cls in above), "")
    if told:
        return told, "impose", -1
    for status, action, signs in _SIGNS:
        hit = next((k for word, k in words.items() if word in signs), -1)
        if hit >= 0:
            return status, action, hit
    return "in_force", "maintain", -1
