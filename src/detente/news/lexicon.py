"""The lexicons of `data/`, read once: phrases as token tuples in two tries, as written and folded.

A row may carry the development documents it was written for (`docs`); leaving a document out leaves out the rows that
no other document supports.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from detente.news.verb_forms import forms
from detente.news.words import Token, normalise, tokens

Trie = dict[str, list[tuple[tuple[str, ...], "Entry"]]]


@dataclass(frozen=True, slots=True)
class Entry:
    """What a phrase means.

    Args:
        kind: `country`, `adjective`, `place`, `person`, `office`, `firm`, `instrument`, `product` or `verb`.
        value: ISO3, instrument, scope or verb class.
        extra: office-holder role, HS codes, lemma: what the kind needs.
        form: grammatical form of a verb.
        years: first and last year of an office-holder.
        rule: row of the lexicon it comes from.
    """

    kind: str
    value: str
    extra: str = ""
    form: str = ""
    years: tuple[int, int] = (0, 9999)
    rule: str = ""


@dataclass(frozen=True)
class Lexicon:
    """Phrases by their first word; `exact` matches as written, `folded` in lower case."""

    exact: Mapping[str, list[tuple[tuple[str, ...], Entry]]]
    folded: Mapping[str, list[tuple[tuple[str, ...], Entry]]]


def rows(name: str) -> Iterator[dict[str, str]]:
    """Yield the rows of a lexicon file."""
    source = resources.files("detente.news") / "data" / name
    with source.open(encoding="utf-8") as handle:
        yield from csv.DictReader(handle, delimiter="|", quoting=csv.QUOTE_NONE)


@lru_cache(maxsize=64)
def lexicon(without: frozenset[str] = frozenset()) -> Lexicon:
    """Return the lexicon.

    Args:
        without: documents left out; entries only they support are off.
    """
    exact: Trie = {}
    folded: Trie = {}
    _countries(exact)
    _firms(exact)
    _people(exact)
    _offices(exact)
    _plain(folded, "instruments.csv", "instrument", without)
    _plain(folded, "products.csv", "product", without)
    _verbs(folded, without)
    for trie in (exact, folded):
        for choices in trie.values():
            choices.sort(key=lambda item: -len(item[0]))
    return Lexicon(exact, folded)


def supported(docs: str | None, without: frozenset[str]) -> bool:
    """Return whether an entry written for these documents stays on when some are left out."""
    own = frozenset((docs or "").split())
    return not own or not own <= without


@lru_cache(maxsize=64)
def rules_off(without: frozenset[str]) -> frozenset[str]:
    """Return the ids of the rules that only the left-out documents support."""
    return frozenset(row["rule"] for row in rows("rules.csv") if not supported(row["docs"], without))


def _put(trie: Trie, phrase: str, entry: Entry, fold: bool) -> None:
    text = normalise(phrase)
    words = tuple((t.low if fold else t.text) for t in tokens(text, 0, len(text)))
    if words:
        trie.setdefault(words[0], []).append((words, entry))


def _countries(trie: Trie) -> None:
    for row in rows("countries.csv"):
        for kind, column in (("country", "names"), ("adjective", "adjectives"), ("place", "places")):
            for phrase in filter(None, row[column].split(",")):
                _put(trie, phrase, Entry(kind, row["code"], rule=f"countries.{row['code']}"), fold=False)
                if phrase.startswith("the "):
                    _put(trie, phrase.replace("the ", "The ", 1), Entry(kind, row["code"]), fold=False)


def _firms(trie: Trie) -> None:
    """Firms and where they come from: "added Huawei to the list", "chips made by Micron"."""
    for row in rows("firms.csv"):
        for phrase in row["names"].split(","):
            _put(trie, phrase, Entry("firm", row["code"], rule=f"firms.{row['code']}"), fold=False)


def _people(trie: Trie) -> None:
    for row in rows("people.csv"):
        years = (int(row["from"]), int(row["to"]))
        for phrase in row["name"].split(","):
            entry = Entry("person", row["country"], row["role"], years=years, rule=f"people.{row['country']}")
            _put(trie, phrase, entry, fold=False)


def _offices(trie: Trie) -> None:
    for row in rows("offices.csv"):
        for phrase in row["name"].split(","):
            entry = Entry("office", row["country"], row["role"], rule="offices")
            _put(trie, phrase, entry, fold=False)
            if phrase.startswith("the "):
                _put(trie, phrase.replace("the ", "The ", 1), entry, fold=False)


def _plain(trie: Trie, name: str, kind: str, without: frozenset[str]) -> None:
    value = "instrument" if kind == "instrument" else "scope"
    for number, row in enumerate(rows(name), start=1):
        if not supported(row.get("docs"), without):
            continue
        extra = "" if kind == "instrument" else f"{row['hs']};{row['sectors']}"
        entry = Entry(kind, row[value], extra, rule=f"{name[:-4]}.{number}")
        for phrase in row["words"].split(","):
            _put(trie, phrase, entry, fold=True)


def _verbs(trie: Trie, without: frozenset[str]) -> None:
    for row in rows("verbs.csv"):
        if not supported(row.get("docs"), without):
            continue
        for phrase, form in forms(row["lemma"], row["irregular"]):
            entry = Entry("verb", row["class"], row["lemma"], form=form, rule=f"verbs.{row['class']}")
            _put(trie, phrase, entry, fold=True)


def match(words: list[Token], at: int, lex: Lexicon) -> Iterator[tuple[int, Entry]]:
    """Yield every entry that starts at a token, longest first within each trie, with the token after it."""
    for trie, fold in ((lex.exact, False), (lex.folded, True)):
        token = words[at]
        for phrase, entry in trie.get(token.low if fold else token.text, ()):
            end = at + len(phrase)
            if end <= len(words) and all(
                (words[at + k].low if fold else words[at + k].text) == phrase[k] for k in range(1, len(phrase))
            ):
                yield end, entry
