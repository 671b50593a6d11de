"""Actors of a sentence: names, offices with or without their country, pronouns, pairs of countries."""

from __future__ import annotations

from dataclasses import replace

from detente.news.grammar import ADJECTIVES, BODIES, BODY_WORDS, FIRMS, PREPOSITIONS, Actor, Tagged


def with_bodies(s: Tagged) -> list[Actor]:
    """Actors with the office noun that follows a demonym or a possessor: "Chinese officials", "Canada's finance
    ministry"; and offices without a country ("the ministry"), whose country the context must give."""
    found = []
    for actor in s.actors:
        j = actor.j
        possessor = s.low(j) == "'s" or (s.low(j) == "'" and s.low(j - 1).endswith("s"))
        end = _body_end(s, j + possessor)
        if possessor and end == j + possessor:
            end = _office_after(s, j + 1)
        person = next((p for p in s.actors if p.i == end and p.kind == "person"), None)
        if end > j + possessor and actor.kind in ("country", "place"):
            stop = person.j if person else end
            words = {s.low(k) for k in range(j, end)}
            head = ("president" in words and "vice" not in words) or bool(person and person.head)
            found.append(replace(actor, j=stop, kind="body", head=head, oblique=_oblique(s, actor.i)))
        elif possessor and actor.kind in ("country", "place") and (named := _agency(s, j + 1)) > j + 1:
            found.append(replace(actor, j=named, kind="body", oblique=_oblique(s, actor.i)))
        else:
            found.append(replace(actor, oblique=_oblique(s, actor.i), possessor=possessor))
    for adjective in s.adjectives:
        end = _body_end(s, adjective.j)
        follows = any(v.i == adjective.j for v in s.verbs)
        if end == adjective.j and s.low(adjective.i - 1) == "the" and follows:
            found.append(
                Actor(adjective.i, adjective.j, adjective.entry.value, "country", False, _oblique(s, adjective.i))
            )
        firm = next((k for k in range(adjective.j, adjective.j + 3) if s.low(k) in FIRMS), -1)
        if end == adjective.j and firm >= 0 and not any(v.i <= firm < v.j for v in s.verbs):
            found.append(Actor(adjective.i, firm + 1, adjective.entry.value, "firms", False, _oblique(s, adjective.i)))
        if end > adjective.j:
            words = {s.low(k) for k in range(adjective.j, end)}
            head = "president" in words and "vice" not in words
            found.append(Actor(adjective.i, end, adjective.entry.value, "body", head, _oblique(s, adjective.i)))
    covered = {k for actor in found for k in range(actor.i, actor.j)}
    for at in range(1, len(s.words)):
        if s.low(at) in BODIES and at not in covered and _bare_body(s, at):
            found.append(Actor(at, at + 1, "", "body", s.low(at) == "president", _oblique(s, at)))
    return _without_inner(found)


def _office_after(s: Tagged, at: int) -> int:
    """The token after an office that begins with other words: "Chile's anti-distortions commission"; else `at`."""
    verbal = {k for v in s.verbs for k in range(v.i, v.j)}
    taken = {k for m in s.instruments for k in range(m.i, m.j)} | verbal
    for k in range(at, min(len(s.words), at + 4)):
        if k in taken or not s.words[k].text.isalpha() or s.low(k) in PREPOSITIONS:
            return at
        if s.low(k) in BODIES and k > at:
            return k + 1
    return at


def _agency(s: Tagged, at: int) -> int:
    """The token after a name in capitals before a verb: "Peru's Indecopi opened"; `at` if there is none."""
    k = at
    named = {c for group in (s.instruments, s.products) for m in group for c in range(m.i, m.j)}
    while k < len(s.words) and k - at < 4 and s.words[k].text[:1].isupper() and k not in named:
        k += 1
    return k if any(v.i in (k, k + 1) and v.tense in ("past", "pres", "perf") for v in s.verbs) else at


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
        if any(m.i <= k < m.j for m in s.instruments):
            break
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
        or (s.low(k)[:1].isdigit() and s.low(k - 1) in ("to", "from", "on", "against"))
    ):
        k -= 1
    word = s.low(k)
    if word == "and" and k > 0:
        return _oblique(s, k - 1) if s.low(k - 1) not in (",",) and s.words[k - 1].text[:1].isupper() else ""
    return word if word in PREPOSITIONS and word not in ("that", "before", "after", "as", "since", "until") else ""


def pronouns(s: Tagged) -> list[Actor]:
    found = []
    joint = {("both", "sides"), ("two", "sides"), ("two", "countries"), ("both", "countries"), ("two", "governments"),
             ("both", "governments"), ("two", "nations"), ("two", "economies"), ("two", "leaders"), ("two", "powers"),
             ("both", "parties"), ("three", "governments"), ("three", "countries"),
             ("three", "sides"), ("two", "parties"), ("both", "leaders"), ("two", "superpowers")}  # fmt: skip
    for at, token in enumerate(s.words):
        if token.low in ("it", "they", "he", "she", "we", "i") and not (token.text == "He" and _is_name(s, at)):
            found.append(Actor(at, at + 1, "", "pronoun:" + token.low, False, _oblique(s, at)))
        elif (token.low, s.low(at + 1)) in joint:
            found.append(Actor(at, at + 2, "", "joint", False, _oblique(s, at)))
        elif (token.low in ("country", "government") and s.low(at - 1) in ("his", "her", "their", "its")) or (
            token.low == "country" and s.low(at - 1) == "the"
        ):
            found.append(Actor(at, at + 1, "", "pronoun:it", False, _oblique(s, at - 1)))
    return found


def _is_name(s: Tagged, at: int) -> bool:
    """A capital He inside a sentence is a name: after "and", or before a comma with an apposition."""
    return (at > 0 and s.low(at - 1) in ("and", "premier", "minister", "with", "between")) or s.low(at + 1) == ","


def joined_pair(s: Tagged, actor: Actor) -> Actor:
    """ "The United States and China": two countries side by side act together."""
    if actor.kind not in ("country", "place", "body") or not actor.country:
        return actor
    at = actor.j
    hyphen = at < len(s.words) and s.words[at].start - s.words[at - 1].end == 1 and any(b.i == at for b in s.actors)
    if s.low(at) != "and" and not hyphen:
        return actor
    at += 0 if hyphen else 1 + (s.low(at + 1) == "the")
    other = next((b for b in s.actors if b.i == at and b.country and b.country != actor.country), None)
    if other is None or other.kind not in ("country", "place", "body") or other.possessor:
        return actor
    return replace(actor, j=other.j, country=f"{actor.country}+{other.country}", kind="joint")


def joined_lists(s: Tagged, actors: list[Actor]) -> list[Actor]:
    """ "Canada, Mexico and the United States agreed": a subject of three or more countries acts together."""
    out: list[Actor] = []
    for actor in reversed(actors):
        after = out[-1] if out else None
        at = actor.j + 1 + (s.low(actor.j + 1) == "the")
        listed = after is not None and s.low(actor.j) == "," and after.i == at and after.kind == "joint"
        if listed and after is not None and not actor.oblique and actor.kind in ("country", "place") and actor.country:
            out[-1] = replace(after, i=actor.i, country=f"{actor.country}+{after.country}", oblique="")
        else:
            out.append(actor)
    return out[::-1]
