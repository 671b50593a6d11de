"""English verb forms: base, third person, past, participle, -ing; the irregular ones come from the lexicon."""

from __future__ import annotations

from collections.abc import Iterator

from detente.news.word_lists import word_list

_VOWELS = "aeiou"
_DOUBLING = word_list("verb_forms.doubling")


def forms(lemma: str, irregular: str = "") -> Iterator[tuple[str, str]]:
    """Yield (words, form) of a verb; a particle stays behind its verb.

    Args:
        lemma: base form, possibly with a particle (`roll out`).
        irregular: past, participle, -ing separated by commas; empty if regular.
    """
    head, _, rest = lemma.partition(" ")
    if head == "re":
        for words, form in forms(rest, irregular):
            yield "re " + words, form
        return
    tail = f" {rest}" if rest else ""
    yield lemma, "base"
    yield _third(head) + tail, "s"
    if irregular:
        past, participle, ing = irregular.split(",")
        yield past, "past" if past != participle else "ed"
        if past != participle:
            yield participle, "pp"
        yield ing, "ing"
        return
    stem = _stem(head)
    yield (stem + "ed" if not head.endswith("e") else head + "d") + tail, "ed"
    yield _ing(head, stem) + tail, "ing"


def _third(head: str) -> str:
    if head.endswith(("s", "sh", "ch", "x", "z", "o")):
        return head + "es"
    if head.endswith("y") and head[-2] not in _VOWELS:
        return head[:-1] + "ies"
    return head + "s"


def _stem(head: str) -> str:
    if head.endswith("y") and head[-2] not in _VOWELS:
        return head[:-1] + "i"
    return head + head[-1] if head in _DOUBLING and not head.endswith(("rb", "mp")) else head


def _ing(head: str, stem: str) -> str:
    if head.endswith("e") and not head.endswith("ee"):
        return head[:-1] + "ing"
    return (head if head.endswith("y") else stem) + "ing"
