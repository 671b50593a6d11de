"""A tagged sentence: actors, instruments, products, verb groups with tense, mood, voice and governor.

There is no parser here: word order, prepositions and verb forms are enough for the way trade measures are reported.
"""

from __future__ import annotations

from detente.news.word_lists import word_list

from dataclasses import dataclass, field, replace

from detente.news.lexicon import Entry, Lexicon, match
from detente.news.numbers import Amount, RateWord
from detente.news.words import Token

DETERMINERS = word_list("grammar.determiners")
PREPOSITIONS = word_list("grammar.prepositions")
ADJECTIVES = word_list("grammar.adjectives")
MODALS = {
    "will": "will", "shall": "shall", "would": "would", "may": "may", "might": "may", "could": "could", "can": "can",
    "must": "must", "should": "should", "'ll": "will", "'d": "would", "ll": "will", "won't": "will", "wouldn't": "would",
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
        "free": "may", "able": "can", "entitled": "can", "keen": "propose", "supposed": "will", "obliged": "must",
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
    verbs: list[Verb] = field(default_factory=list)
    rates: list[tuple[int, int, RateWord]] = field(default_factory=list)
    amounts: list[tuple[int, int, Amount]] = field(default_factory=list)
    breaks: set[int] = field(default_factory=set)
    taken: set[int] = field(default_factory=set)
    off: frozenset[str] = frozenset()
    topic: str = ""

    def on(self, rule: str) -> bool:
        """Return whether a rule is switched on (evaluation leaves rules out)."""
        return rule not in self.off

    def low(self, at: int) -> str:
        """Return the folded word at a place, empty outside."""
        return self.words[at].low if 0 <= at < len(self.words) else ""

    def span(self, i: int, j: int) -> tuple[int, int]:
        """Return the offsets of tokens i to j."""
        return self.words[i].start, self.words[j - 1].end


def tag(words: list[Token], lex: Lexicon, year: int, rates: list[RateWord], amounts: list[Amount]) -> Tagged:
    """Tag one sentence.

    Args:
        words: its tokens. year: of publication, to choose office-holders. rates, amounts: found in it.
    """
    s = Tagged(words)
    _place_numbers(s, rates, amounts)
    candidates = _mentions(words, lex, year)
    _choose(s, candidates)
    verbs = _verb_mentions(s, candidates)
    s.verbs = [group for mention in verbs if (group := _group(s, mention, verbs))]
    s.verbs = sorted([*s.verbs, *_copulas(s)], key=lambda v: v.i)
    s.actors = _bodies(s) + _pronouns(s)
    s.actors.sort(key=lambda actor: actor.i)
    s.actors = [_joined(s, actor) for actor in s.actors]
    verbal = {v.v for v in s.verbs}
    s.instruments = [m for m in s.instruments if m.i not in verbal]
    s.breaks = _breaks(s)
    return s


def _place_numbers(s: Tagged, rates: list[RateWord], amounts: list[Amount]) -> None:
    for rate in rates:
        inside = [k for k, t in enumerate(s.words) if t.start >= rate.start and t.end <= rate.end]
        if inside:
            s.rates.append((inside[0], inside[-1] + 1, rate))
            s.taken.update(inside if not rate.free else ())
    for amount in amounts:
        inside = [k for k, t in enumerate(s.words) if t.start >= amount.start and t.end <= amount.end]
        if inside and not any(a <= inside[0] < b for a, b, _ in s.rates):
            s.amounts.append((inside[0], inside[-1] + 1, amount))


def _mentions(words: list[Token], lex: Lexicon, year: int) -> list[Mention]:
    found = []
    for at in range(len(words)):
        for end, entry in match(words, at, lex):
            if entry.kind == "person" and not entry.years[0] - 1 <= year <= entry.years[1] + 1:
                entry = replace(entry, extra="person")
            found.append(Mention(at, end, entry))
    return found


_RANK = {"person": 0, "office": 0, "country": 1, "place": 2, "adjective": 1, "instrument": 3, "product": 4, "verb": 9}


def _choose(s: Tagged, candidates: list[Mention]) -> None:
    """Keep names, instruments and products, longest first, without overlap."""
    named = [m for m in candidates if m.entry.kind != "verb"]
    named.sort(key=lambda m: (m.entry.kind in ("instrument", "product"), -(m.j - m.i), _RANK[m.entry.kind]))
    used: set[int] = set()
    for m in named:
        cells = set(range(m.i, m.j))
        if cells & used or (m.entry.kind == "product" and cells & s.taken):
            continue
        used |= cells
        if m.entry.kind == "instrument":
            s.instruments.append(m)
        elif m.entry.kind == "product":
            s.products.append(m)
        elif m.entry.kind == "adjective":
            s.adjectives.append(m)
        else:
            kind = {"person": "person", "office": "body", "country": "country", "place": "place"}[m.entry.kind]
            s.actors.append(Actor(m.i, m.j, m.entry.value, kind, m.entry.extra == "head"))
    for group in (s.instruments, s.products, s.adjectives):
        group.sort(key=lambda m: m.i)
    s.actors.sort(key=lambda a: a.i)


def _bodies(s: Tagged) -> list[Actor]:
    """Actors with the office noun that follows a demonym or a possessor: "Chinese officials", "Canada's finance
    ministry"; and offices without a country ("the ministry"), whose country the context must give."""
    found = []
    for actor in s.actors:
        j = actor.j
        possessor = s.low(j) == "'s" or (s.low(j) == "'" and s.low(j - 1).endswith("s"))
        end = _body_end(s, j + possessor)
        person = next((p for p in s.actors if p.i == end and p.kind == "person"), None)
        if end > j + possessor and actor.kind in ("country", "place"):
            stop = person.j if person else end
            head = "president" in {s.low(k) for k in range(j, end)} or bool(person and person.head)
            found.append(replace(actor, j=stop, kind="body", head=head, oblique=_oblique(s, actor.i)))
        else:
            found.append(replace(actor, oblique=_oblique(s, actor.i), possessor=possessor))
    for adjective in s.adjectives:
        end = _body_end(s, adjective.j)
        follows = any(v.i == adjective.j for v in s.verbs)
        if end == adjective.j and s.low(adjective.i - 1) == "the" and follows:
            found.append(Actor(adjective.i, adjective.j, adjective.entry.value, "country", False, _oblique(s, adjective.i)))
        firm = next((k for k in range(adjective.j, adjective.j + 3) if s.low(k) in FIRMS), -1)
        if end == adjective.j and firm >= 0 and not any(v.i <= firm < v.j for v in s.verbs):
            found.append(Actor(adjective.i, firm + 1, adjective.entry.value, "firms", False, _oblique(s, adjective.i)))
        if end > adjective.j:
            head = "president" in {s.low(k) for k in range(adjective.j, end)}
            found.append(Actor(adjective.i, end, adjective.entry.value, "body", head, _oblique(s, adjective.i)))
    covered = {k for actor in found for k in range(actor.i, actor.j)}
    for at in range(1, len(s.words)):
        if s.low(at) in BODIES and at not in covered and _bare_body(s, at):
            found.append(Actor(at, at + 1, "", "body", s.low(at) == "president", _oblique(s, at)))
    return _without_inner(found)


def _without_inner(found: list[Actor]) -> list[Actor]:
    return [
        a for a in found if not any(b is not a and b.i <= a.i and a.j <= b.j and b.j - b.i > a.j - a.i for b in found)
    ]


def _bare_body(s: Tagged, at: int) -> bool:
    k = at - 1
    while k >= 0 and s.low(k) in BODY_WORDS:
        k -= 1
    return s.low(k) in ("the", "its", "their") or (k < at - 1 and s.low(k) in ("", ",", "and", "but", "'"))


def _body_end(s: Tagged, at: int) -> int:
    """The token after a run of office words that ends in a body noun; `at` itself if there is none."""
    end, k = at, at
    while k < len(s.words) and k < at + 6:
        word = s.low(k)
        if word in BODIES:
            end = k + 1
        elif word not in BODY_WORDS and not (word == "and" and end == at and k > at):
            break
        k += 1
    return end


def _oblique(s: Tagged, at: int) -> str:
    """The preposition before a noun phrase, looking back over its determiners and adjectives."""
    k = at - 1
    while k >= 0 and (
        s.low(k)
        in (
            "the",
            "both",
            "mainland",
            "communist",
            "neighbouring",
            "neighboring",
            "president",
            "prime",
            "minister",
            "republic",
        )
        or (s.low(k) in ADJECTIVES and k < at)
    ):
        k -= 1
    word = s.low(k)
    if word == "and" and k > 0:
        return _oblique(s, k - 1) if s.low(k - 1) not in (",",) and s.words[k - 1].text[:1].isupper() else ""
    return word if word in PREPOSITIONS and word not in ("that", "before", "after", "as", "since", "until") else ""


def _pronouns(s: Tagged) -> list[Actor]:
    found = []
    joint = {("both", "sides"), ("two", "sides"), ("two", "countries"), ("both", "countries"), ("two", "governments"),
             ("both", "governments"), ("two", "nations"), ("two", "economies"), ("two", "leaders"), ("two", "powers"),
             ("both", "parties"), ("two", "parties"), ("both", "leaders"), ("two", "superpowers")}  # fmt: skip
    for at, token in enumerate(s.words):
        if token.low in ("it", "they", "he", "she", "we", "i") and not (token.text == "He" and _is_name(s, at)):
            found.append(Actor(at, at + 1, "", "pronoun:" + token.low, False, _oblique(s, at)))
        elif (token.low, s.low(at + 1)) in joint:
            found.append(Actor(at, at + 2, "", "joint", False, _oblique(s, at)))
        elif token.low == "country" and s.low(at - 1) == "the":
            found.append(Actor(at, at + 1, "", "pronoun:it", False, _oblique(s, at - 1)))
    return found


def _is_name(s: Tagged, at: int) -> bool:
    """A capital He inside a sentence is a name: after "and", or before a comma with an apposition."""
    return (at > 0 and s.low(at - 1) in ("and", "premier", "minister", "with", "between")) or s.low(at + 1) == ","


def _joined(s: Tagged, actor: Actor) -> Actor:
    """ "The United States and China": two countries side by side act together."""
    if actor.kind not in ("country", "place", "body") or not actor.country:
        return actor
    at = actor.j
    if s.low(at) != "and":
        return actor
    at += 1 + (s.low(at + 1) == "the")
    other = next((b for b in s.actors if b.i == at and b.country and b.country != actor.country), None)
    if other is None or other.kind not in ("country", "place", "body") or other.possessor:
        return actor
    return replace(actor, j=other.j, country=f"{actor.country}+{other.country}", kind="joint")


def _verb_mentions(s: Tagged, candidates: list[Mention]) -> list[Mention]:
    """Verbs among the candidates, longest first; forms that are nouns or adjectives at their place are left out."""
    named = {k for a in s.actors for k in range(a.i, a.j)} | {k for m in s.adjectives for k in range(m.i, m.j)}
    nouns = {k for group in (s.instruments, s.products) for m in group for k in range(m.i, m.j) if m.j - m.i > 1}
    verbs = sorted((m for m in candidates if m.entry.kind == "verb"), key=lambda m: (m.i, -(m.j - m.i)))
    found: list[Mention] = []
    free = 0
    for m in verbs:
        if m.i < free or m.i in named or (m.i in nouns and m.j - m.i == 1) or m.i in s.taken:
            continue
        form = _form(s, m, verbs)
        if form:
            found.append(Mention(m.i, m.j, replace(m.entry, form=form)))
            free = m.j
    return found


def _back(s: Tagged, at: int) -> int:
    """The nearest token to the left that is no adverb."""
    k = at - 1
    while k >= 0 and _adverb(s.low(k)):
        k -= 1
    return k


def _adverb(word: str) -> bool:
    return word in ADVERBS or (
        word.endswith("ly")
        and word not in ("only", "apply", "supply", "early", "july", "italy", "comply", "imply", "rely", "family")
    )


def _form(s: Tagged, m: Mention, verbs: list[Mention]) -> str:
    """The form a candidate has here, or empty when it is a noun or an adjective."""
    forms = {v.entry.form for v in verbs if v.i == m.i and v.j == m.j and v.entry.extra == m.entry.extra}
    k = _back(s, m.i)
    before = s.low(k)
    if m.entry.value == "subject":
        return "pp" if s.low(m.j) == "to" and _be_before(s, m.i) else ""
    opened = before in MODALS or before == "to" or before in DO
    if opened and "base" in forms:
        return "base"
    if before in BE or before in HAVE:
        return next((f for f in ("pp", "ed", "ing") if f in forms), "")
    instrument = any(n.i <= m.i < n.j for n in s.instruments)
    if instrument:
        return next((f for f in ("ed", "ing") if f in forms and s.low(m.i).endswith(("ed", "ing"))), "")
    moves = s.low(m.j) in ("to", "by", "from", "at") and any(m.j < a <= m.j + 3 for a, _, _ in s.rates)
    if moves and forms & {"s", "base"} and before not in DETERMINERS and before not in PREPOSITIONS and k >= 0:
        return "s" if "s" in forms else "base" if before.endswith("s") else ""
    modifier = before in DETERMINERS - {"that", "which", "all", "both", "these", "those", "this", "most"} or (
        before in ADJECTIVES or before in PREPOSITIONS or (before[:1].isdigit() and k == m.i - 1)
    )
    modifier = modifier and not (before not in DETERMINERS and any(a.i <= k < a.j for a in s.actors))
    if "ing" in forms and m.entry.form == "ing":
        return "" if before in ("the", "a", "this") else "ing"
    if ("ed" in forms or "past" in forms or "pp" in forms) and not (forms & {"base", "s"}):
        if modifier and before not in ("as", "before", "after", "since", "until", "than", "unless"):
            return ""
        return "past" if "past" in forms else "pp" if "pp" in forms and "ed" not in forms else "ed"
    if modifier and not (before == "as" or (before == "that")):
        return ""
    ends_noun = any(n.j - 1 == k for n in s.instruments)
    then = s.low(m.j) in ("on", "in", "at", "next", "this", "again", "today", "when", "after", "by", "until", "later")
    if ends_noun and then and "s" in forms and s.low(m.i) != s.low(k):
        return "s"
    nouny = m.entry.extra.split(" ")[0] in NOUNY or m.entry.value in ("other", "effect_other")
    if "s" in forms and m.entry.form == "s":
        return (
            "s"
            if (_can_be_subject(s, k) or (not nouny and k >= 0 and s.words[k].text.isalpha() and not modifier))
            and (not nouny or _sure_subject(s, k, m))
            else ""
        )
    if "ed" in forms and _can_be_subject(s, k) and not _plural_subject(s, k):
        return "ed"
    if "ed" in forms and before in ("and", "but", "or", ",") and k > 0:
        return "ed"
    if "base" in forms and not nouny and k >= 0 and before not in DETERMINERS:
        return "base"
    if "base" in forms and (_plural_subject(s, k) or before in ("and", "or", ",", "'", '"', "") or k < 0):
        return "base"
    return ""


def _be_before(s: Tagged, at: int) -> bool:
    return any(
        s.low(k) in BE or s.low(k) in ("become", "becomes", "remain", "remains") for k in range(max(0, at - 7), at)
    )


def _sure_subject(s: Tagged, k: int, m: Mention) -> bool:
    """Whether the word before an -s form that may be a noun is a subject: a name or a pronoun, no noun after it."""
    after = s.low(m.j)
    if after in ("of", "from", "for", "by", "and", "or", ".", ",", "imposed", "were", "are", "have", "will") and (
        s.low(k) not in ("it", "he", "she", "which", "that", "who") and after != "from"
    ):
        return False
    return any(a.i <= k < a.j for a in s.actors) or s.low(k) in (
        "it",
        "he",
        "she",
        "which",
        "that",
        "who",
        "one",
        "order",
        "bill",
        "agreement",
        "deal",
        "notice",
        "which",
        ",",
    )


def _can_be_subject(s: Tagged, k: int) -> bool:
    if k < 0:
        return False
    word = s.words[k]
    product = any(m.i <= k < m.j for m in s.products)
    return (
        any(a.i <= k < a.j for a in s.actors)
        or word.low in PRONOUNS
        or word.text[:1].isupper()
        or word.low in ("'", '"', ",", ")", "and", "but")
        or (word.text.isalpha() and word.low not in ADJECTIVES and word.low not in PREPOSITIONS and not product)
    )


def _plural_subject(s: Tagged, k: int) -> bool:
    word = s.low(k)
    return word in PLURAL_PRONOUNS or (
        word.endswith("s")
        and word not in ("'s", "us", "is", "was", "has", "this", "its", "as", "his", "says", "plus", "yes")
    )


def _group(s: Tagged, m: Mention, verbs: list[Mention]) -> Verb | None:
    """Extend a verb to the left over its auxiliaries and read tense, mood, voice and negation from them."""
    k, aux, negative, i = m.i - 1, [], False, m.i
    while k >= 0:
        word = s.low(k)
        if word in NEGATIVES or (word == "no" and s.low(k + 1) == "longer"):
            negative, i = True, k
        if word in MODALS or word in BE or word in HAVE or word in DO:
            aux.append(word)
            i = k
        elif word == "to" and not aux:
            return _infinitive(s, m, k, negative)
        elif word == "to" and aux[-1:] in (["be"], ["have"]):
            return _infinitive(s, m, k, negative, passive=m.entry.form in ("ed", "pp"))
        elif word == "," and not aux and (jump := _parenthesis(s, k)):
            k = jump
            continue
        elif word == '"' and not aux and s.low(k - 1) in MODALS:
            pass
        elif not _adverb(word) and word not in NEGATIVES:
            if not (word in ("it", "he", "they", "we") and k > 0 and s.low(k - 1) in MODALS):
                break
        k -= 1
    mood = next((MODALS[a] for a in aux if a in MODALS), "")
    be, have = [a for a in aux if a in BE], [a for a in aux if a in HAVE]
    form = m.entry.form
    passive = bool(be) and form in ("ed", "pp")
    tense = _tense(form, aux, be, have, mood)
    if not aux and form in ("ed", "pp") and m.entry.value != "speak":
        tense = "past" if form == "ed" else "pp"
    if aux[:1] == ["having"]:
        tense = "perf"
    return Verb(i, m.i, m.j, m.entry.value, m.entry.extra, mood, tense, passive, negative)


def _copulas(s: Tagged) -> list[Verb]:
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
            s.low(i - 1) in MODALS or s.low(i - 1) in NEGATIVES or _adverb(s.low(i - 1)) or s.low(i - 1) in HAVE
        ):
            i -= 1
            mood = MODALS.get(s.low(i), mood)
            negative = negative or s.low(i) in NEGATIVES
        if s.low(i - 1) == "to":
            i, mood = i - 1, mood or ("will" if s.low(i - 2) in BE else "")
        while s.low(j) in NEGATIVES or s.low(j) == "been" or _adverb(s.low(j)):
            negative = negative or s.low(j) in NEGATIVES
            j += 1
        cls = "be" if token.low in BE or s.low(j - 1) == "been" else "have"
        past = token.low in ("was", "were", "had", "wasn't", "weren't")
        tense = "inf" if mood or token.low == "be" else "past" if past else "perf" if "been" in s.low(j - 1) else "pres"
        found.append(Verb(i, k, j, cls, cls, mood, tense, False, negative))
    return found


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
    while k >= 0 and _adverb(s.low(k)) and s.low(k) not in SEMI:
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
    elif word in BE:
        mood, start = "will", k
    elif word in HAVE:
        mood, start = "must", k
    return Verb(start, m.i, m.j, m.entry.value, m.entry.extra, mood, tense, passive, negative)


def _breaks(s: Tagged) -> set[int]:
    """Tokens at which a new clause begins."""
    found = {0}
    s.breaks = found
    starts = [v.i for v in s.verbs]
    for k, token in enumerate(s.words):
        if token.text in (";", ":", "\u2014", "(", ")") or (token.text == "-" and k):
            found.add(k + 1)
        elif token.low in SUBORDINATORS and k:
            if token.low == "that" and s.low(k - 1) in ("so",):
                continue
            if token.low in ("as", "since", "before", "after", "until") and not _clause_follows(s, k, starts):
                continue
            found.add(k)
        elif token.low in ("and", "but", "or", "then", "yet", "plus") and k and not _inside_actor(s, k):
            verb_before = any(max(found) <= v.i < k for v in s.verbs)
            if verb_before and _clause_follows(s, k, starts):
                found.add(k)
        elif token.low == "in" and s.low(k + 1) in ("exchange", "return") and s.low(k + 2) == "for":
            found.add(k)
        elif token.text == "," and _comma_breaks(s, k, starts):
            found.add(k + 1)
    return found


def _inside_actor(s: Tagged, k: int) -> bool:
    return any(a.i < k < a.j for a in s.actors)


def _clause_follows(s: Tagged, k: int, starts: list[int]) -> bool:
    """Whether a finite verb or an infinitive stands close enough after a conjunction to belong to a new clause."""
    nxt = next((v for v in s.verbs if v.i > k), None)
    far = 18 if s.low(k) in ("but", "while", "as", "after", "before", "since", "until") else 11
    if nxt is None or nxt.i - k > far:
        return False
    between = [s.low(b) for b in range(k + 1, nxt.i)]
    if nxt.i - k == 1 or (nxt.i - k == 2 and _adverb(between[0])):
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
    opened = bool(openers & {"if", "unless", "should", "once", "when", "after", "while", "although", "though", "because",
                        "since", "as", "before", "until", "were", "had"})  # fmt: skip
    finite = bool(nxt.mood) or nxt.tense in ("past", "pres", "perf")
    verb_before = any(start <= v.i < k for v in s.verbs)
    return opened and verb_before and finite and nxt.i - k <= 16 and s.low(k + 1) not in ("and", "or", "which", "who")


def clause(s: Tagged, at: int) -> tuple[int, int]:
    """Return the tokens of the clause that holds a token."""
    start = max((b for b in s.breaks if b <= at), default=0)
    end = min((b for b in s.breaks if b > at), default=len(s.words))
    return start, end
