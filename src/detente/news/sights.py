"""A sentence as a row of words and kinds of words, so that what is learned from one country or rate holds for all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from detente.news.lexicon import rows
from detente.news.mention import Place
from detente.news.when import in_future, in_past, long_ago


@dataclass(frozen=True, slots=True)
class Sight:
    """A sentence as a row.

    Args:
        cells: `<land>`, `<folk>`, `<person>`, `<goods>`, `<rate>`, `<perunit>`, `<free>`, `<sum>`, `<mass>`, `<later>`,
            `<earlier>`, `<ago>`, `<day>`, `<n>` or a stem.
        at: for each token the number of its cell.
    """

    cells: list[str]
    at: list[int]

    def near(self, token: int, step: int) -> str:
        """Return the cell so many places from the one of a token; `^` and `$` outside."""
        place = self.at[token] + step
        return "^" if place < 0 else "$" if place >= len(self.cells) else self.cells[place]


def sight(place: Place) -> Sight:
    """Return a sentence as a row of words and kinds of words."""
    words, kinds = place.tagged.words, _kinds(place)
    cells: list[str] = []
    at: list[int] = []
    k = 0
    while k < len(words):
        stop, kind = kinds.get(k, (k + 1, ""))
        low = words[k].low
        kind = kind or _names().get(words[k].text, "")
        cells.append(kind or ("<n>" if low[0].isdigit() else stem(low)))
        at += [len(cells) - 1] * (max(stop, k + 1) - k)
        k = max(stop, k + 1)
    return Sight(cells, at[: len(words)])


def _kinds(place: Place) -> dict[int, tuple[int, str]]:
    """The kinds of words of a sentence by their first token, each with the token after its last."""
    s = place.tagged
    kinds: dict[int, tuple[int, str]] = {}
    for i, j, rate in s.rates:
        kinds[i] = (j, "<free>" if rate.free else "<rate>" if rate.unit.startswith("percent") else "<perunit>")
    for i, j, amount in s.amounts:
        kinds.setdefault(i, (j, "<sum>" if amount.money else "<mass>"))
    for actor in s.actors:
        kind = {"country": "<land>", "place": "<land>", "person": "<person>"}.get(actor.kind)
        if kind:
            kinds.setdefault(actor.i, (actor.j, kind))
    for name, mentions in (("<folk>", s.adjectives), ("<goods>", s.products)):
        for mention in mentions:
            kinds.setdefault(mention.i, (mention.j, name))
    for time in place.times:
        inside = [k for k, t in enumerate(s.words) if time.start <= t.start < time.end]
        if inside:
            kinds.setdefault(inside[0], (inside[-1] + 1, _when(time.value, place.published)))
    return kinds


def _when(value: str, published: date | None) -> str:
    """Whether a day lies after publication, before it, long before it, or cannot be told."""
    if long_ago(value, published):
        return "<ago>"
    return "<later>" if in_future(value, published) else "<earlier>" if in_past(value, published) else "<day>"


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    """Names of countries, their people and capitals in one word, for those inside the name of an office."""
    kinds = {"names": "<land>", "places": "<land>", "adjectives": "<folk>"}
    return {
        word: kind for row in rows("countries.csv") for name, kind in kinds.items() for word in row[name].split(",")
    }


_ENDINGS = (("ies", "y"), ("ied", "y"), ("sses", "ss"), ("ing", ""), ("ed", ""), ("es", ""), ("s", ""))


def stem(word: str) -> str:
    """Return a word without the endings of number and tense: `taxes`, `taxed`, `taxing` are `tax`."""
    if len(word) <= 3 or not word.isalpha():
        return word
    for ending, instead in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3 and not word.endswith("ss"):
            word = word[: len(word) - len(ending)] + instead
            break
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "lsz":
        word = word[:-1]
    return word[:-1] if word.endswith("e") and len(word) > 3 else word


def senses(cells: list[str]) -> set[str]:
    """Return the classes of the words and phrases of a row (`data/word_classes.csv`)."""
    found = set()
    for at, cell in enumerate(cells):
        for stems, name in _classes().get(cell, ()):
            if tuple(cells[at : at + len(stems)]) == stems:
                found.add(name)
    return found


@lru_cache(maxsize=1)
def _classes() -> dict[str, list[tuple[tuple[str, ...], str]]]:
    """The classes of words by the first stem of each phrase."""
    found: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for row in rows("word_classes.csv"):
        for phrase in row["words"].split(","):
            stems = tuple(stem(word) for word in phrase.split(" "))
            found.setdefault(stems[0], []).append((stems, row["class"]))
    return found
