"""What a tagged sentence holds: actors, instruments, products, verb groups, clauses.

There is no parser here: word order, prepositions and verb forms are enough for the way trade measures are reported.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from detente.news.lexicon import Entry
from detente.news.numbers import Amount, RateWord
from detente.news.word_lists import word_list
from detente.news.words import Token

DETERMINERS = word_list("grammar.determiners")
PREPOSITIONS = word_list("grammar.prepositions")
ADJECTIVES = word_list("grammar.adjectives")
MODALS = {
    "will": "will", "shall": "shall", "would": "would", "may": "may", "might": "may", "could": "could", "can": "can",
    "must": "must", "should": "should", "'ll": "will", "'d": "would", "ll": "will", "won't": "will",
    "wouldn't": "would",
    "can't": "can", "couldn't": "could", "shouldn't": "should", "ought": "should", "cannot": "can",
}  # fmt: skip
BE = word_list("grammar.be")
HAVE = word_list("grammar.have")
DO = frozenset(["do", "does", "did", "doesn't", "don't", "didn't"])
NEGATIVES = word_list("grammar.negatives")
ADVERBS = word_list("grammar.adverbs")
PRONOUNS = word_list("grammar.pronouns")
PLURAL_PRONOUNS = word_list("grammar.plural_pronouns")
SUBORDINATORS = word_list("grammar.subordinators")
BODIES = word_list("grammar.bodies")
FIRMS = word_list("grammar.firms")
BODY_WORDS = word_list("grammar.body_words")
NOUNY = word_list("grammar.nouny")
SEMI = {"set": "will", "due": "will", "scheduled": "will", "slated": "will", "going": "will", "poised": "will",
        "about": "will", "expected": "expected", "likely": "expected", "ready": "offer", "prepared": "offer",
        "willing": "offer", "open": "offer", "unlikely": "deny", "reluctant": "deny", "unwilling": "deny",
        "required": "must", "bound": "must", "determined": "will", "preparing": "propose", "planned": "propose",
        "free": "deny", "able": "can", "entitled": "can", "keen": "propose", "supposed": "will", "obliged": "must",
        "minded": "propose", "eager": "offer"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mention:
    """A phrase of the lexicon at tokens i to j."""

    i: int
    j: int
    entry: Entry


@dataclass(frozen=True, slots=True)
class Actor:
    """Something that can act for a country.

    Args:
        country: ISO3, bloc, joint codes with `+`, or empty if only the context can tell.
        kind: `country`, `person`, `body`, `place`, `pronoun` or `joint`.
        head: whether it is a head of state or government.
        oblique: whether a preposition stands before it, so that it cannot be a subject.
        possessor: whether `'s` follows.
    """

    i: int
    j: int
    country: str
    kind: str
    head: bool = False
    oblique: str = ""
    possessor: bool = False


@dataclass(frozen=True, slots=True)
class Verb:
    """A verb group: first token i (auxiliaries included), head v, token after j.

    Args:
        mood: modal class, empty if none. tense: `past`, `pres`, `perf`, `inf`, `ing`, `pp` or `base`.
    """

    i: int
    v: int
    j: int
    cls: str
    lemma: str
    mood: str
    tense: str
    passive: bool
    negative: bool


@dataclass
class Tagged:
    """A sentence with everything found in it."""

    words: list[Token]
    actors: list[Actor] = field(default_factory=list)
    adjectives: list[Mention] = field(default_factory=list)
    instruments: list[Mention] = field(default_factory=list)
    products: list[Mention] = field(default_factory=list)
    firms: list[Mention] = field(default_factory=list)
    verbs: list[Verb] = field(default_factory=list)
    rates: list[tuple[int, int, RateWord]] = field(default_factory=list)
    amounts: list[tuple[int, int, Amount]] = field(default_factory=list)
    breaks: set[int] = field(default_factory=set)
    taken: set[int] = field(default_factory=set)
    off: frozenset[str] = frozenset()
    topic: str = ""
    ban: str = ""
    acting: str = ""
    utility: bool = False

    def on(self, rule: str) -> bool:
        """Return whether a rule is switched on (evaluation leaves rules out)."""
        return rule not in self.off

    def low(self, at: int) -> str:
        """Return the folded word at a place, empty outside."""
        return self.words[at].low if 0 <= at < len(self.words) else ""

    def span(self, i: int, j: int) -> tuple[int, int]:
        """Return the offsets of tokens i to j."""
        return self.words[i].start, self.words[j - 1].end


def clause(s: Tagged, at: int) -> tuple[int, int]:
    """Return the tokens of the clause that holds a token."""
    start = max((b for b in s.breaks if b <= at), default=0)
    end = min((b for b in s.breaks if b > at), default=len(s.words))
    return start, end
