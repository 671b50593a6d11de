"""Where a new clause begins."""

from __future__ import annotations

from detente.news.grammar import SUBORDINATORS, Tagged, Verb
from detente.news.verb_places import CALENDAR, is_adverb
from detente.news.word_lists import word_list

_OPENERS = word_list("clauses.openers")


def clause_starts(s: Tagged) -> set[int]:
    """Tokens at which a new clause begins."""
    found = {0}
    s.breaks = found
    starts = [v.i for v in s.verbs]
    for k, token in enumerate(s.words):
        if token.text in (";", ":", "\u2014", "(", ")") or (token.text == "-" and k):
            found.add(k + 1)
        elif token.low in SUBORDINATORS and k:
            if (token.low == "that" and s.low(k - 1) in ("so",)) or (token.low == "so" and s.low(k + 1) == "called"):
                continue
            if token.low == "provided" and s.low(k + 1) == "for":
                continue
            if token.low in ("as", "since", "before", "after", "until") and not _clause_follows(s, k, starts):
                continue
            found.add(k)
        elif token.low in ("and", "but", "or", "then", "yet", "plus") and k and not _inside_actor(s, k):
            if (s.low(k - 1), s.low(k + 1)) == ("any", "all"):
                continue
            verb_before = any(max(found) <= v.i < k for v in s.verbs)
            listed = _goods_listed(s, k) or _origins_listed(s, k)
            if verb_before and _clause_follows(s, k, starts) and not listed:
                found.add(k)
        elif token.low == "in" and s.low(k + 1) in ("exchange", "return") and s.low(k + 2) == "for":
            found.add(k)
        elif token.text == "," and _comma_breaks(s, k, starts):
            found.add(k + 1)
    return found


def _goods_listed(s: Tagged, k: int) -> bool:
    """ "Starting in May, exporters of gallium and germanium will need": "and" between goods."""
    return any(m.j == k for m in s.products) and any(m.i == k + 1 for m in s.products)


def _origins_listed(s: Tagged, k: int) -> bool:
    """ "imported from Canada, Mexico, and the European Union shall be": the last of a list after a preposition."""
    after = any(a.i in (k + 1, k + 2) and not a.oblique for a in s.actors)
    at, oblique = k, ""
    while after and s.low(at - 1) == ",":
        before = next((a for a in s.actors if a.j == at - 1), None)
        if before is None:
            break
        at, oblique = before.i - (s.low(before.i - 1) == "the"), before.oblique
    return bool(oblique)


def _inside_actor(s: Tagged, k: int) -> bool:
    return any(a.i < k < a.j for a in s.actors)


def _clause_follows(s: Tagged, k: int, starts: list[int]) -> bool:
    """Whether a finite verb or an infinitive stands close enough after a conjunction to belong to a new clause."""
    if s.low(k) in ("until", "since", "before", "after") and (s.low(k + 1) in CALENDAR or s.low(k + 1)[:1].isdigit()):
        return False
    nxt = next((v for v in s.verbs if v.i > k), None)
    far = 18 if s.low(k) in ("but", "while", "as", "after", "before", "since", "until") else 11
    if nxt is None or nxt.i - k > far:
        return False
    between = [s.low(b) for b in range(k + 1, nxt.i)]
    if nxt.i - k == 1 or (nxt.i - k == 2 and is_adverb(between[0])):
        return True
    if any(word in (",", ";") for word in between):
        return False
    finite = nxt.tense in ("past", "pres", "perf") or bool(nxt.mood)
    return finite and not any(word in ("of", "from", "on") for word in between[:1])


def _comma_breaks(s: Tagged, k: int, starts: list[int]) -> bool:
    """A comma before a subject with its own finite verb: ", the ministry said", ", Washington will"."""
    nxt = next((v for v in s.verbs if v.i > k), None)
    if nxt is not None and _ends_condition(s, k, nxt):
        return True
    after = next((a for a in s.actors if a.i in (k + 1, k + 2)), None)
    listed = after is not None and (after.kind == "joint" or s.low(after.j) in (",", "and", "or"))
    if listed and any(a.j == k for a in s.actors):
        return False
    first = s.low(0) in _OPENERS and not any(s.low(b) == "," for b in range(k))
    if first and nxt is not None and (nxt.mood or nxt.tense in ("past", "pres", "perf")) and k >= 3:
        return True
    if nxt is None or nxt.i - k > 10 or not (nxt.mood or nxt.tense in ("past", "pres", "perf")):
        return False
    between = range(k + 1, nxt.i)
    if any(s.low(b) in (",", "and", "or") for b in between):
        return any(a.i == k + 1 and not a.oblique for a in s.actors)
    return any(a.i in between and not a.oblique and a.kind != "adjective" for a in s.actors)


def _ends_condition(s: Tagged, k: int, nxt: Verb) -> bool:
    """The comma between "if ..." or "after ..." and its main clause."""
    main = max((b for b in s.breaks if b <= k and s.low(b - 1) == ","), default=0)
    start = max((b for b in s.breaks if b <= k), default=0)
    openers = {s.low(b) for b in range(main, min(main + 3, k))} | {s.low(b) for b in s.breaks if main <= b <= k}
    opened = bool(openers & _OPENERS)
    finite = bool(nxt.mood) or nxt.tense in ("past", "pres", "perf")
    verb_before = any(start <= v.i < k for v in s.verbs)
    return opened and verb_before and finite and nxt.i - k <= 16 and s.low(k + 1) not in ("and", "or", "which", "who")
