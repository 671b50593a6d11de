"""Verbs that hang together: what stands above a verb, who acts in it, and participles that belong to a noun."""

from __future__ import annotations

from detente.news.grammar import PREPOSITIONS, PRONOUNS, Actor, Tagged, Verb, clause
from detente.news.verb_places import CALENDAR
from detente.news.word_lists import word_list

MATRIX = word_list("frames.matrix")

EVENT = word_list("frames.event")


def reduced(s: Tagged, verb: Verb) -> bool:
    """Whether a past form is a participle on the noun before it: "goods listed in", "a ship built in ... pays".

    It has no auxiliary, a noun before it that is no actor, a preposition after it, and a finite verb still follows.
    """
    same = verb.tense == "pres" and verb.lemma in ("hurt", "hit", "cut", "set", "put") and s.low(verb.j) == "by"
    if (verb.tense not in ("past", "pp") and not same) or verb.passive or verb.mood or verb.i != verb.v or verb.i == 0:
        return False
    brought = verb.lemma in ("import", "export", "ship") and s.low(verb.j) == "from"
    if same or (brought and s.low(verb.i - 1) in ("and", "or")):
        return True
    if verb.cls in ("speak", "rise", "fall", "effect", "expire", "remain", "be", "have"):
        return False
    noun = s.words[verb.i - 1]
    if noun.low in CALENDAR and any(a.j < verb.i and not a.oblique and not a.possessor for a in s.actors):
        return False  # "China on Monday suspended for one year"
    if noun.low == "," and (s.low(verb.j) in _HANGS or s.low(verb.j - 1) in _HANGS):
        # "the levy, laid down in the act, remains"
        closing = next((k for k in range(verb.j, len(s.words)) if s.low(k) == ","), len(s.words))
        return any(v.i > closing and (v.mood or v.tense in ("pres", "perf")) for v in s.verbs)
    actor = any(a.j == verb.i and not a.oblique and a.kind != "firms" for a in s.actors)
    if (
        actor
        or not (noun.text.isalpha() or verb.i - 1 in s.taken)
        or noun.low in PRONOUNS
        or noun.low in ("and", "or", "but")
    ):
        return noun.low in ("and", "or", "but") and any(reduced(s, v) for v in s.verbs if v.j in (verb.i - 1,))
    joined = s.low(verb.j) in ("and", "or", "but") and any(v.i in (verb.j + 1, verb.j + 2) for v in s.verbs)
    after = s.low(verb.j + (s.low(verb.j) in ("down", "out", "up", "off")))
    if after not in _HANGS and not joined:
        return False
    later = [v for v in s.verbs if v.i >= verb.j]
    stop = next(
        (k for k in range(verb.j, len(s.words)) if s.low(k) in (";", ":", "which", "who", "that")), len(s.words)
    )
    finite = any((v.mood or v.tense in ("pres", "perf") or v.passive) and v.i <= stop for v in later)
    made = verb.lemma in _MAKING and after in ("in", "by", "from", "outside")
    return finite or (made and any(v.tense == "past" and v.i <= stop for v in later))


_MAKING = frozenset(["make", "build", "assemble", "produce", "grow", "manufacture", "ship", "import", "export", "mine",
                     "refine", "source", "hurt", "hit", "affect"])  # fmt: skip

_HANGS = frozenset(["in", "by", "under", "on", "at", "outside", "for", "from", "within", "with", "to", "into", "above"])


def chain(s: Tagged, verb: Verb) -> list[Verb]:
    """Return the verbs above a verb, innermost first: "threatened to impose", "said it would raise"."""
    found: list[Verb] = []
    at = verb
    while len(found) < 5:
        upper = _above(s, at)
        if upper is None:
            return found
        found.append(upper)
        at = upper
    return found


def _above(s: Tagged, verb: Verb) -> Verb | None:
    earlier = [v for v in s.verbs if v.j <= verb.i]
    if not earlier:
        return None
    near = earlier[-1]
    between = [s.low(k) for k in range(near.j, verb.i)]
    if any(word in (";", ".", "\u2014") for word in between):
        return None
    if _coordinate(between, near, verb):
        return _above(s, near) if verb.tense == near.tense or verb.tense in ("inf", "ing", "pres") else None
    if verb.tense == "inf" and not verb.mood:
        return near if len(between) <= 14 and near.cls not in ("effect_other",) else None
    if verb.tense == "ing" and not verb.mood and s.low(verb.i) not in ("is", "are", "was", "were"):
        return near if len([word for word in between if word != ","]) <= 6 else None
    return _complement(s, earlier, verb)


def _coordinate(between: list[str], near: Verb, verb: Verb) -> bool:
    joined = [word for word in between if word in ("and", "or", ",", "then")]
    close = bool(between) and between[-1] in ("and", "or", "then")
    return (
        close and bool(joined) and (verb.tense == near.tense or (near.tense == "inf" and verb.tense in ("pres", "inf")))
    )


def _complement(s: Tagged, earlier: list[Verb], verb: Verb) -> Verb | None:
    """The verb of saying or threatening whose clause this finite verb belongs to."""
    for near in reversed(earlier[-3:]):
        between = [s.low(k) for k in range(near.j, verb.i)]
        if near.cls not in MATRIX or near.cls == "match":
            if any(word in ("which", "who", "because", "if", "while", "as", "after", "when") for word in between):
                continue
            if near.tense in ("ing", "inf") or near.cls in EVENT:
                return _above(s, near) if "and" in between[-6:] else None
            continue
        if near.lemma in ("post", "report", "note") and near.tense == "pres":
            continue
        opened = "that" in between or ":" in between or '"' in between or len(between) <= 12
        stopped = any(
            word in ("which", "who", "because", "while", "as", "after", "when", ";", "but") for word in between
        )
        comma = "," in between and "that" not in between and '"' not in between
        if opened and not stopped and not comma:
            return near
        return None
    return None


def subject(s: Tagged, verb: Verb) -> Actor | None:
    """Return who acts in a verb group: its own subject, or that of the verb it hangs on."""
    start = clause(s, verb.i)[0]
    if verb.tense == "inf" and not verb.mood:
        return _controller(s, verb)
    own = [a for a in s.actors if start <= a.i and a.j <= verb.i and not a.oblique and not a.possessor]
    previous = [v for v in s.verbs if start <= v.i and v.j <= verb.i and not reduced(s, v)]
    after = [a for a in own if not previous or a.i >= previous[-1].j]
    if after:
        return after[0]
    passing = all(v.tense in ("past", "pp", "ing") and not v.mood and v.cls not in MATRIX for v in previous)
    if own and passing and s.low(verb.i - 1) not in ("and", "or", ","):
        return own[0]
    before = [a for a in s.actors if a.j <= verb.i and a.i >= start and a.oblique == "for" and verb.tense == "ing"]
    if before:
        return before[-1]
    if verb.tense == "ing" and s.low(verb.i) not in ("is", "are", "was", "were"):
        return _controller(s, verb)
    return _inherited(s, verb, start)


def _controller(s: Tagged, verb: Verb) -> Actor | None:
    """The subject of an infinitive: the object of a demand ("urged China to cut"), else the subject above."""
    upper = _above(s, verb)
    if upper is None:
        return _inherited(s, verb, clause(s, verb.i)[0])
    between = [a for a in s.actors if upper.j <= a.i and a.j <= verb.i and a.oblique in ("", "on", "for", "to")]
    between = [a for a in between if not a.possessor]
    if between and upper.cls in ("demand", "want", "order", "expect", "allow", "seek"):
        return between[0]
    if between and verb.tense == "ing" and between[-1].j >= verb.i - 1:
        return between[-1]
    agent = next((a for a in s.actors if upper.j <= a.i < verb.i and a.oblique == "by"), None)
    if upper.passive and agent is not None:
        return agent
    return subject(s, upper)


def _inherited(s: Tagged, verb: Verb, start: int) -> Actor | None:
    """A verb without a subject of its own: after "and", or after a relative clause or an apposition."""
    relative = any(s.low(k) in ("which", "who", "that") for k in range(start, verb.i))
    if relative and start > 0 and (upper := _of_act(s, start)) is not None:
        return subject(s, upper)
    if relative and start > 0:
        heads = [a for a in s.actors if a.j <= start and not a.possessor]
        return heads[-1] if heads and heads[-1].j >= start - 2 else None
    earlier = [v for v in s.verbs if v.j <= verb.i]
    opener = s.low(start)
    if opener in ("and", "but", "or", "then") and earlier:
        upper = next((v for v in reversed(earlier) if v.tense == verb.tense or not v.mood), earlier[-1])
        return subject(s, upper)
    if s.low(verb.i - 1) == "," or (start > 0 and s.low(start - 1) == ","):
        heads = [a for a in s.actors if a.j <= verb.i and not a.oblique and not a.possessor]
        return heads[0] if heads and not verb.passive else None
    return None


_ACTS = word_list("frames.acts")


def _of_act(s: Tagged, start: int) -> Verb | None:
    """ "approved a bill that raises": the verb whose object is the act that a relative clause describes."""
    if s.low(start) not in ("that", "which") or not {s.low(start - 1), s.low(start - 2)} & _ACTS:
        return None
    upper = next((v for v in reversed(s.verbs) if v.j <= start), None)
    return upper if upper is not None and start - upper.j <= 6 else None


def act_verb(s: Tagged, verb: Verb) -> Verb | None:
    """Return the verb over the act that a relative clause describes: "signed" in "signed an order that raises"."""
    return _of_act(s, clause(s, verb.i)[0])


def plain_object(s: Tagged, verb: Verb) -> Actor | None:
    """Return the actor right after a verb: "hit China with"."""
    for actor in s.actors:
        near = verb.j <= actor.i <= verb.j + 3 and not actor.oblique and not actor.possessor
        if near and not any(s.low(k) in PREPOSITIONS for k in range(verb.j, actor.i)):
            return actor
    return None
