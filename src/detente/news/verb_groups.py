"""Verbs with their auxiliaries: tense, mood, voice and negation."""

from __future__ import annotations

from dataclasses import replace

from detente.news.grammar import (
    BE,
    DO,
    HAVE,
    MODALS,
    NEGATIVES,
    SEMI,
    Mention,
    Tagged,
    Verb,
)
from detente.news.verb_places import is_adverb, modal_over_date

_APART = {("bring", "down"): "reduce", ("take", "down"): "reduce", ("get", "down"): "reduce", ("put", "up"): "raise",
          ("push", "up"): "raise"}  # fmt: skip


def _with_particle(s: Tagged, m: Mention) -> Mention:
    """ "bring it down", "push them up": a particle behind the pronoun."""
    far = next((k for k in range(m.j, m.j + 9) if s.low(k) in ("down", "up") and s.low(k + 1) in ("to", "from")), -1)
    near = m.j + 1 if s.low(m.j) in ("it", "them", "this", "that") else -1 if m.entry.extra == "get" else far
    cls = _APART.get((m.entry.extra, s.low(near)), "") if near >= 0 else ""
    return replace(m, entry=replace(m.entry, value=cls)) if cls else m


def verb_group(s: Tagged, m: Mention, verbs: list[Mention]) -> Verb | None:
    """Extend a verb to the left over its auxiliaries and read tense, mood, voice and negation from them."""
    m = _with_particle(s, m)
    k, aux, negative, i = m.i - 1, [], False, m.i
    while k >= 0:
        word = s.low(k)
        if word in NEGATIVES or (word == "no" and s.low(k + 1) == "longer"):
            negative, i = True, k
        if word == "may" and k > 0 and s.words[k].text == "May":
            break
        if word in MODALS or word in BE or word in HAVE or word in DO:
            aux.append(word)
            i = k
        elif word == "to" and not aux:
            return _infinitive(s, m, k, negative)
        elif word == "to" and aux[-1:] in (["be"], ["have"]):
            return _infinitive(s, m, k, negative, passive=m.entry.form in ("ed", "pp"))
        elif not aux and (jump := _over_aside(s, m, k)):
            k = jump
            continue
        elif word in ('"', "it", "he", "they", "we") and k > 0 and s.low(k - 1) in MODALS:
            pass
        elif not is_adverb(word) and word not in NEGATIVES and word != "further":
            break
        k -= 1
    mood = next((MODALS[a] for a in aux if a in MODALS), "")
    be, have = [a for a in aux if a in BE], [a for a in aux if a in HAVE]
    form = m.entry.form
    if not aux and form in ("ed", "pp") and (at := _linked(s, m.i)) >= 0:
        past = s.low(at).endswith("ed") or s.low(at) in ("became", "got")
        mood = MODALS.get(s.low(at - 1), "")
        start = at - 1 if mood else at
        tense = "inf" if mood else "past" if past else "pres"
        return Verb(start, m.i, m.j, m.entry.value, m.entry.extra, mood, tense, True, negative)
    passive = bool(be) and form in ("ed", "pp")
    tense = _tense(form, aux, be, have, mood)
    if not aux and form in ("ed", "pp") and m.entry.value != "speak":
        tense = "past" if form == "ed" else "pp"
    if aux[:1] == ["having"]:
        tense = "perf"
    return Verb(i, m.i, m.j, m.entry.value, m.entry.extra, mood, tense, passive, negative)


_LINKS = frozenset(["remain", "remains", "remained", "stay", "stays", "stayed", "become", "becomes", "became", "gets",
                    "got", "stands", "stand", "stood"])  # fmt: skip


def _linked(s: Tagged, at: int) -> int:
    """The token of "remains", "stays", "became" right before a participle; -1 if there is none."""
    k = at - 1
    while k >= 0 and is_adverb(s.low(k)):
        k -= 1
    return k if k > 0 and s.low(k) in _LINKS else -1


def copulas(s: Tagged) -> list[Verb]:
    """Forms of be and have that belong to no other verb: "the rate is 10%", "the duties are unaffected"."""
    covered = {k for v in s.verbs for k in range(v.i, v.j)}
    found: list[Verb] = []
    for k, token in enumerate(s.words):
        if k in covered or (token.low not in BE and token.low not in HAVE) or token.low in ("being", "am"):
            continue
        if found and found[-1].j >= k:
            continue
        i, j, mood, negative = k, k + 1, "", token.low in NEGATIVES
        while i > 0 and (
            s.low(i - 1) in MODALS or s.low(i - 1) in NEGATIVES or is_adverb(s.low(i - 1)) or s.low(i - 1) in HAVE
        ):
            i -= 1
            mood = MODALS.get(s.low(i), mood)
            negative = negative or s.low(i) in NEGATIVES
        if s.low(i - 1) == "to":
            i, mood = i - 1, mood or ("will" if s.low(i - 2) in BE else "")
        while s.low(j) in NEGATIVES or s.low(j) == "been" or is_adverb(s.low(j)):
            negative = negative or s.low(j) in NEGATIVES
            j += 1
        cls = "be" if token.low in BE or s.low(j - 1) == "been" else "have"
        past = token.low in ("was", "were", "had", "wasn't", "weren't")
        tense = "inf" if mood or token.low == "be" else "past" if past else "perf" if "been" in s.low(j - 1) else "pres"
        found.append(Verb(i, k, j, cls, cls, mood, tense, False, negative))
    return found


def _over_aside(s: Tagged, m: Mention, k: int) -> int:
    """The auxiliary before a date, a short aside or a parenthesis that ends at token k; 0 if there is none."""
    modal = modal_over_date(s, m.i) if m.entry.form == "base" else -1
    if 0 <= modal < k:
        return modal
    return _aside_before(s, k) or (_parenthesis(s, k) if s.low(k) == "," else 0)


_ASIDES = tuple(
    tuple(words.split())
    for words in ("in any case", "for now", "so far", "by law", "in turn", "as a rule", "in principle", "in effect",
                  "at once", "in future", "in practice", "with immediate effect", "until further notice",
                  "for the moment")
)  # fmt: skip


def _aside_before(s: Tagged, k: int) -> int:
    """The auxiliary before a short aside that ends at token k: "are in any case capped"; 0 if there is none."""
    for words in _ASIDES:
        i = k - len(words) + 1
        if i > 0 and tuple(s.low(b) for b in range(i, k + 1)) == words:
            held = s.low(i - 1) in MODALS or s.low(i - 1) in BE or s.low(i - 1) in HAVE
            return i - 1 if held else 0
    return 0


def _parenthesis(s: Tagged, k: int) -> int:
    """The token before ", consistent with law," when an auxiliary stands there; 0 otherwise."""
    for back in range(k - 1, max(0, k - 8), -1):
        if s.low(back) == ",":
            return back - 1 if s.low(back - 1) in MODALS or s.low(back - 1) in BE or s.low(back - 1) in HAVE else 0
    return 0


def _tense(form: str, aux: list[str], be: list[str], have: list[str], mood: str) -> str:
    if mood:
        return "inf"
    if have:
        return "perf"
    if be:
        past = be[-1] in ("was", "were", "wasn't", "weren't")
        return "past" if past else "pres" if form in ("ed", "pp", "ing") and be[-1] not in ("be", "being") else "ing"
    if aux and aux[0] in ("did", "didn't"):
        return "past"
    return {"base": "pres", "s": "pres", "past": "past", "ed": "past", "pp": "pp", "ing": "ing"}[form]


def _infinitive(s: Tagged, m: Mention, to: int, negative: bool, passive: bool = False) -> Verb:
    """ "to impose": an infinitive; "is set to", "are to", "is willing to" before it become its mood."""
    k = to - 1
    if s.low(k) in NEGATIVES:
        negative = True
        k -= 1
    while k >= 0 and is_adverb(s.low(k)) and s.low(k) not in SEMI:
        k -= 1
    word = s.low(k)
    mood, start, tense = "", to, "inf"
    if word in SEMI and any(s.low(b) in BE or s.low(b) in (",", "'") for b in range(max(0, k - 4), k)):
        mood, start = SEMI[word], k
        for b in range(k - 1, max(-1, k - 5), -1):
            negative = negative or s.low(b) in NEGATIVES
            if s.low(b) in BE:
                start = b
                break
    elif word in BE or word in ("mean", "means"):
        mood, start = "will", k
    elif word in HAVE:
        mood, start = "must", k
    return Verb(start, m.i, m.j, m.entry.value, m.entry.extra, mood, tense, passive, negative)
