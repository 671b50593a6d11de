"""From tokens to a tagged sentence: numbers, names, instruments and products, then verbs, actors and clauses."""

from __future__ import annotations

from dataclasses import replace

from detente.news.clauses import clause_starts
from detente.news.grammar import Actor, Mention, Tagged, Verb
from detente.news.lexicon import Lexicon, match
from detente.news.naming import joined_lists, joined_pair, pronouns, with_bodies
from detente.news.numbers import Amount, RateWord
from detente.news.verb_groups import copulas, verb_group
from detente.news.verb_places import verb_mentions
from detente.news.words import Token


def tag(words: list[Token], lex: Lexicon, year: int, rates: list[RateWord], amounts: list[Amount]) -> Tagged:
    """Tag one sentence.

    Args:
        words: its tokens. year: of publication, to choose office-holders. rates, amounts: found in it.
    """
    s = Tagged(words)
    _place_numbers(s, rates, amounts)
    candidates = _mentions(words, lex, year)
    _choose(s, candidates)
    verbs = verb_mentions(s, candidates)
    s.verbs = [group for mention in verbs if (group := verb_group(s, mention, verbs))]
    s.verbs = _shared_mood(s)
    s.verbs = sorted([*s.verbs, *copulas(s)], key=lambda v: v.i)
    s.actors = with_bodies(s) + pronouns(s)
    s.actors.sort(key=lambda actor: actor.i)
    s.actors = joined_lists(s, [joined_pair(s, actor) for actor in s.actors])
    verbal = {v.v for v in s.verbs}
    s.instruments = [m for m in s.instruments if m.i not in verbal]
    s.breaks = clause_starts(s)
    return s


def _shared_mood(s: Tagged) -> list[Verb]:
    """ "will invest ... and buy": a bare verb after "and" takes the modal or the infinitive of the verb before."""
    out: list[Verb] = []
    named = s.actors
    for verb in s.verbs:
        last = out[-1] if out else None
        bare = verb.tense == "pres" and verb.i == verb.v and s.low(verb.v) == verb.lemma.split(" ")[0]
        joined = verb.i > 0 and s.low(verb.i - 1) in ("and", "or", "then")
        owner = any(a.j == verb.i and not a.possessor for a in named)
        if last is None and verb.tense == "inf" and not verb.mood and s.low(verb.i) == "to" and owner:
            verb = replace(verb, mood="will")
        if last is not None and bare and joined and last.tense == "inf" and verb.i - last.j <= 20:
            verb = replace(verb, mood=last.mood, tense="inf")
        out.append(verb)
    return out


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


_RANK = {
    "person": 0,
    "office": 0,
    "country": 1,
    "firm": 1,
    "place": 2,
    "adjective": 1,
    "instrument": 3,
    "product": 4,
    "verb": 9,
}


def _choose(s: Tagged, candidates: list[Mention]) -> None:
    """Keep names, instruments and products, longest first, without overlap."""
    named = [m for m in candidates if m.entry.kind != "verb"]
    named.sort(key=lambda m: (m.entry.kind in ("instrument", "product"), -(m.j - m.i), _RANK[m.entry.kind]))
    used: set[int] = set()
    for m in named:
        cells = set(range(m.i, m.j))
        free = m.entry.kind == "instrument" and any(
            r.raw.lower().startswith("free of") and i <= m.i < j for i, j, r in s.rates
        )
        if cells & used or free or (m.entry.kind == "product" and cells & s.taken):
            continue
        used |= cells
        if m.entry.kind == "instrument":
            s.instruments.append(m)
        elif m.entry.kind == "product":
            s.products.append(m)
        elif m.entry.kind == "firm":
            s.firms.append(m)
        elif m.entry.kind == "adjective":
            s.adjectives.append(m)
        else:
            kind = {"person": "person", "office": "body", "country": "country", "place": "place"}[m.entry.kind]
            s.actors.append(Actor(m.i, m.j, m.entry.value, kind, m.entry.extra == "head"))
    for group in (s.instruments, s.products, s.adjectives):
        group.sort(key=lambda m: m.i)
    s.actors.sort(key=lambda a: a.i)
