"""Which country an actor stands for: coreference over the document, and the people and places around a measure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from detente.news.grammar import BODY_WORDS, Actor, Tagged, Verb
from detente.news.notice import Notice

_OFFICE_WORDS = BODY_WORDS | {"of", "and", "the", ",", "commerce", "affairs", "republic", "food", "development"}
WHOLE = 10**6
"""In place of a sentence: the whole text."""
_NEUTRAL = frozenset({"HKG", "MAC"})


class Lead(Protocol):
    """A mention that opens a list."""

    sentence: int


@dataclass
class Discourse:
    """What the text has said so far, for pronouns and offices without a country.

    Args:
        person: country of the last person. subject: of the last subject. topic: of the last heading or dateline.
        name: of the last person.
        trade: the last sentence with a tariff noun, and its kind.
        sides: the two countries the text is about, empty if it is about more or fewer.
        label: the country that a list item or a paragraph opens with ("- Brazil: ...").
        only: the country of the last sentence that names any, if it names one.
        sole: the only country that the whole text names.
        publisher: country whose notice or ministry this is, empty for news. notice: what holds for a whole notice.
        acting: the country whose deeds the items of a list are ("What Japan will do:").
        labels_act: whether a label is who acts ("Kenya: the levy is raised"), not who is hit ("- Brazil: 50%").
        decreed: the last sentence that opens a list of what is decided.
        imagined: the paragraph that tells of a model or a study.
        proposed: the last sentence that tells of a proposal.
        dated: the paragraph that opens with a day, and that day ("16 February 2019. The duty is put up").
        ban: the last sentence with a ban, and its kind.
        group: the countries of the last sentence that names several, for "these countries".
        utility: the last sentence about the tariff of a utility; `WHOLE` where the head says so of the whole text.
        lead: the measure whose rates the items of a list give ("the following surtaxes:").
        history: whether the running passage tells of years long before publication.
        speaker: of the running quotation.
        recent: countries in order of mention, the last one last.
        pairs: imposer and target of the measures so far.
    """

    person: str = ""
    subject: str = ""
    topic: str = ""
    topic_from: int = -1
    publisher: str = ""
    sole: str = ""
    notice: Notice = field(default_factory=Notice)
    history: bool = False
    ban: tuple[int, str] = (-99, "")
    utility: int = -99
    group: tuple[str, ...] = ()
    acting: str = ""
    decreed: int = -99
    imagined: int = -1
    proposed: int = -99
    dated: tuple[int, str] = (-1, "")
    labels_act: bool = False
    lead: Lead | None = None
    speaker: str = ""
    sides: tuple[str, ...] = ()
    only: str = ""
    label: str = ""
    name: str = ""
    trade: tuple[int, str] = (-99, "")
    head: bool = False
    recent: list[str] = field(default_factory=list)
    pairs: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)

    def note(self, s: Tagged) -> None:
        """Take in a sentence after it has been read."""
        for actor in s.actors:
            if actor.country and actor.kind != "joint":
                self._mention(actor.country)
            if actor.kind == "body" and actor.head and actor.country and not actor.oblique:
                self.person, self.head, self.name = actor.country, True, ""
            if actor.kind == "person":
                self.person, self.head = actor.country, actor.head
                self.name = " ".join(s.words[k].text for k in range(actor.i, actor.j))
            if actor.kind == "joint" and "+" in actor.country:
                for code in actor.country.split("+"):
                    self._mention(code)
        for adjective in s.adjectives:
            self._mention(adjective.entry.value)
        here = {a.country for a in s.actors if a.country and a.kind != "person"} | {m.entry.value for m in s.adjectives}
        if here:
            self.only = here.pop() if len(here) == 1 else ""
        if len(named := countries_named(s, len(s.words))) > 1:
            self.group = named
        main = next((a for a in s.actors if a.country and not a.oblique and not a.possessor), None)
        if main and "+" not in main.country:
            self.subject = main.country
            self.head = main.head

    def _mention(self, code: str) -> None:
        if code in _NEUTRAL:
            return
        if code in self.recent:
            self.recent.remove(code)
        self.recent.append(code)

    def other(self, code: str) -> str:
        """Return the other side of the only pair of countries the text has measures between, if there is one."""
        sides = {frozenset([a, *b]) for a, b in self.pairs if a and b and b != ("*",) and "+" not in a}
        with_code = [side - {code} for side in sides if code in side]
        found = {next(iter(side)) for side in with_code if len(side) == 1}
        if len(found) == 1:
            return found.pop()
        return next(iter(set(self.sides) - {code}), "") if code in self.sides and not found else ""


def countries_named(s: Tagged, stop: int) -> tuple[str, ...]:
    """Return the countries that a sentence names before a token, people and demonyms aside."""
    codes: list[str] = []
    for actor in s.actors:
        if actor.i < stop and actor.kind in ("country", "place", "joint"):
            codes += [code for code in actor.country.split("+") if code and code not in codes]
    return tuple(codes)


def country_of(actor: Actor | None, s: Tagged, seen: Discourse) -> str:
    """Return the code an actor stands for; empty if the text does not say."""
    if actor is None:
        return ""
    if actor.country:
        return actor.country
    if actor.kind in ("pronoun:he", "pronoun:she"):
        return _person_before(actor, s) or seen.person
    if actor.kind in ("pronoun:we", "pronoun:i"):
        return quoting(s) or seen.speaker or seen.publisher
    if actor.kind == "joint" or (actor.kind == "pronoun:they" and not _before(actor, s, ())):
        count = 3 if s.low(actor.i) == "three" else 2
        return "+".join(sorted(seen.recent[-count:])) if len(seen.recent) >= count and actor.kind == "joint" else ""
    if actor.kind == "body" and seen.publisher and s.words[actor.j - 1].text == "President" and not actor.possessor:
        return _located(actor, s) or seen.publisher
    if actor.kind == "body":
        return _located(actor, s) or _before(actor, s, ()) or seen.publisher or seen.topic or seen.only or seen.subject
    return _before(actor, s, ()) or seen.subject or seen.publisher


def _before(actor: Actor, s: Tagged, kinds: tuple[str, ...]) -> str:
    """The country of the nearest actor before this one in the sentence that could be its antecedent."""
    found = [
        a
        for a in s.actors
        if a.j <= actor.i
        and a.country
        and (not kinds or a.kind in kinds)
        and (not a.oblique or kinds)
        and a.kind != "joint"
    ]
    free = [a for a in found if not a.possessor]
    return free[0].country if free else ""


def _located(actor: Actor, s: Tagged) -> str:
    """ "In Mexico City a bill before Congress": the place in the sentence, if it is the only one before."""
    for named in s.actors:
        gap = [s.low(k) for k in range(actor.j, named.i)]
        if named.oblique == "of" and 0 < len(gap) <= 9 and all(word in _OFFICE_WORDS for word in gap):
            return named.country
    places = [a for a in s.actors if a.oblique == "in" and a.kind in ("place", "country")]
    after = next((a.country for a in places if a.i == actor.j + 1), "")
    if after:
        return after
    found = {a.country for a in places if a.j <= actor.i}
    return found.pop() if len(found) == 1 else ""


def _person_before(actor: Actor, s: Tagged) -> str:
    found = [a for a in s.actors if a.j <= actor.i and a.country and (a.kind == "person" or a.head)]
    return found[-1].country if found else ""


def quoting(s: Tagged) -> str:
    """Return the country of the person quoted in this sentence: subject of a verb of saying outside the quotation."""
    for verb in s.verbs:
        if verb.cls in ("speak", "announce") and verb.tense in ("past", "pres"):
            near = [a for a in s.actors if a.j == verb.i or a.i == verb.j or 0 < verb.i - a.j <= 2]
            if near and near[0].country and "+" not in near[0].country:
                return near[0].country
    return ""


def speaker(s: Tagged, verbs: list[Verb], seen: Discourse) -> tuple[str, bool, str]:
    """Return who is said to say it: country, whether head of state, and the name as written.

    The verbs above a measure come first, then a verb of saying elsewhere in the sentence ("..., the ministry said").
    """
    tellers = [v for v in verbs if v.cls in ("speak", "announce", "threaten", "vow", "signal")]
    tellers += [
        v
        for v in s.verbs
        if (v.cls in ("speak", "announce") or v.lemma in ("decide", "determine", "rule"))
        and v not in tellers
        and v.tense in ("past", "pres")
    ]
    for verb in tellers:
        candidates = [a for a in s.actors if 0 <= verb.i - a.j <= 3 and not a.oblique]
        if not candidates and any(a.j == verb.i and a.oblique == "of" for a in s.actors):
            # "the Ministry of Transport of China announced"
            candidates = [a for a in s.actors if a.kind == "body" and 0 <= verb.i - a.j <= 6 and not a.oblique]
        after = [a for a in s.actors if 0 <= a.i - verb.j <= 3 and not a.oblique]
        for actor in candidates[-1:] or after[:1]:
            code = country_of(actor, s, seen)
            head = actor.head or (actor.kind in ("pronoun:he", "pronoun:she") and seen.head)
            words = " ".join(s.words[k].text for k in range(actor.i, actor.j))
            return code, head, seen.name if actor.kind in ("pronoun:he", "pronoun:she") and seen.name else words
    return "", False, ""
