"""Products of a measure in the words of the text; HS and sectors only where the product map is sure."""

from __future__ import annotations

from detente.news.frames import Frame
from detente.news.grammar import Mention, clause
from detente.news.measure import Product

_ALL = frozenset({"all_goods"})
_WIDE = frozenset(["goods", "imports", "products", "everything", "exports", "merchandise"])


_OWED = frozenset(["dutiable", "liable", "chargeable", "taxable", "subject", "free", "relieved", "exempt"])


def product(f: Frame, norm: str, low: int, high: int) -> Product:
    """Return the products named in tokens low to high of a frame."""
    s = f.s
    found = [m for m in s.products if low <= m.i < high]
    narrow = [m for m in found if m.entry.value not in _ALL]
    if narrow:
        return _product(f, norm, narrow)
    wide = bool(found) or any(s.low(k) in _WIDE for k in range(low, high))
    return Product("", "all_goods" if wide else "unspecified")


def zone(f: Frame) -> tuple[int, int]:
    """Return the tokens in which the products of a frame are named."""
    start, end = clause(f.s, f.n.i)
    low = f.left
    if f.n.rule.startswith("permit."):
        return start, max(f.right, f.n.j)
    if f.n.bare and f.n.rule in ("bare.on-goods", "bare.for-name"):
        return f.n.i, f.right
    if f.verb and f.relation == "object":
        low = min(low, f.verb.j)
        owed = f.verb.cls == "be" and f.s.low(f.verb.j) in _OWED
        if f.verb.cls in ("face", "subject") or f.verb.passive or owed:
            low = start
            if f.s.low(start) in ("which", "that"):
                low = clause(f.s, max(0, start - 1))[0]
    return low, max(f.right, min(end, f.n.j + 14)) if f.n.verb else f.right


def _product(f: Frame, norm: str, found: list[Mention]) -> Product:
    first, last = found[0], found[0]
    for mention in found[1:]:
        if mention.i - last.j > 4:
            break
        last = mention
    taken = [m for m in found if first.i <= m.i <= last.i]
    start, end = f.s.words[first.i].start, f.s.words[last.j - 1].end
    scopes = {m.entry.value for m in taken}
    scope = scopes.pop() if len(scopes) == 1 else "several"
    hs: list[str] = []
    sectors: list[str] = []
    for mention in taken:
        codes, _, rooms = mention.entry.extra.partition(";")
        hs += [code for code in codes.split(",") if code and code not in hs]
        sectors += [room for room in rooms.split(",") if room and room not in sectors]
    return Product(norm[start:end], scope, tuple(hs), tuple(sectors))


def compatible(a: Product, b: Product) -> bool:
    """Return whether two products can be the same: one unnamed, or a shared scope or word."""
    if a.scope in ("unspecified", "all_goods") or b.scope in ("unspecified", "all_goods"):
        return True
    shared = set(a.hs) & set(b.hs) or set(a.text.lower().split()) & set(b.text.lower().split()) - {"and", "of", ","}
    return a.scope == b.scope != "several" or bool(shared)
