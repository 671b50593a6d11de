"""Which rate belongs to which measure: the new one, the old one, a change; and the basis that decides arithmetic."""

from __future__ import annotations

from dataclasses import dataclass

from detente.news.frames import Frame
from detente.news.grammar import Tagged, Verb, clause
from detente.news.numbers import RateWord
from detente.news.word_lists import word_list

_APPROX = word_list("levels.approx")
_OLD = frozenset(["from", "than", "against"])
_NOW = frozenset(["current", "existing", "present"])
_VALUE_OF = word_list("levels.value_of")
_ADDITIONAL = word_list("levels.additional")
_COMPONENT = frozenset(["reciprocal", "fentanyl", "baseline", "basic", "ordinary", "mfn", "component"])


_GOES = frozenset(["go", "goes", "went", "going", "gone", "put", "puts", "bumped", "moved"])


@dataclass(frozen=True, slots=True)
class Level:
    """A rate linked to a measure.

    Args:
        i, j: its tokens. rate: the number. role: `value`, `to`, `old`, `by`, `step` (a later rate of a
            schedule) or `none`.
        current: whether the text calls it the present one. limit: "up to". span: it is one end of a range.
    """

    i: int
    j: int
    rate: RateWord
    role: str
    current: bool = False
    limit: bool = False
    span: bool = False


def levels(f: Frame, stop: int) -> list[Level]:
    """Return the rates of a frame in order, with their roles.

    Args:
        stop: token at which the next measure's phrase begins.
    """
    s = f.s
    start, end = clause(s, f.n.i)
    low = min(f.left, f.verb.j if f.verb and f.relation == "object" and start <= f.verb.i else f.left)
    if f.n.verb is None and s.low(f.left - 1) == "of" and any(b == f.left - 1 for _, b, _ in s.rates):
        low = min(low, next(i for i, b, _ in s.rates if b == f.left - 1))
    if f.n.verb is not None:
        low = f.n.i
    high = min(max(end, f.right), stop)
    if f.verb and f.relation == "subject" and f.verb.i >= end:
        high = min(clause(s, f.verb.i)[1], stop)
    found = [read_level(s, i, j, r, f.left, f.n.i, f.n.j) for i, j, r in s.rates if low <= i < high]
    own = (f.verb, f.participle)
    other = [
        v.i for v in s.verbs if v.i >= f.n.j and v not in own and v.tense == "inf" and v.cls in ("raise", "reduce")
    ]
    found = [x for x in found if x.role != "none" and not (x.role == "to" and any(v < x.i for v in other))]
    return _later_years(s, _ranges(_both_ends(s, found)), stop)


_LATER = frozenset(["second", "third", "fourth", "fifth"])


def _later_years(s: Tagged, found: list[Level], stop: int) -> list[Level]:
    """ "30 percent in the first year, ... 24 percent in the second": each later year is a step."""
    dated = [(i, j, r) for i, j, r in s.rates if s.low(j) in ("in", "during") and s.low(j + 2) in _LATER]
    if not dated or not any(x.i < dated[0][0] and x.role in ("value", "to") for x in found):
        return found
    steps = [Level(i, j, r, "step") for i, j, r in dated if found[0].i < i < stop]
    return [x for x in found if x.i not in {y.i for y in steps}] + steps


def _both_ends(s: Tagged, found: list[Level]) -> list[Level]:
    """With a new rate given by "to", a rate inside the noun phrase is the old one."""
    if not any(level.role == "to" for level in found) or len(found) < 2:
        return found
    news = [k for k, level in enumerate(found) if level.role == "to"]
    return [
        Level(x.i, x.j, x.rate, "old", x.current) if x.role == "value" and x.i > found[news[0]].i and k not in news
        and s.low(x.i - 1) in ("the", "its", "a") else x
        for k, x in enumerate(found)
    ]  # fmt: skip


def _ranges(found: list[Level]) -> list[Level]:
    """Join the ends of a range ("between 30.6% and 39%"): the upper one stays, marked."""
    out: list[Level] = []
    for level in found:
        if out and out[-1].span and level.i - out[-1].j <= 2:
            out[-1] = Level(out[-1].i, level.j, level.rate, "value", limit=True)
            continue
        out.append(level)
    return out


def read_level(s: Tagged, i: int, j: int, rate: RateWord, left: int, head: int, after: int) -> Level:
    """Return one rate with its role, from the words before and after it."""
    in_phrase = left <= i < head
    k = i - 1
    current = limit = False
    while k >= 0 and (
        s.low(k) in _APPROX or s.low(k) in _NOW or s.low(k) in ("new", "additional", "extra", "combined")
    ):
        current = current or s.low(k) in _NOW
        limit = limit or (s.low(k) == "up" and s.low(k + 1) == "to")
        if s.low(k) == "at" and s.low(k + 1) not in ("least", "most"):
            break
        k -= 1
    word = s.low(k)
    if word == "to" and s.low(k - 1) == "up" and s.low(k - 2) not in _GOES:
        limit, k, word = True, k - 2, s.low(k - 2)
    if word == "than" and s.low(k - 1) in ("more", "less", "higher") and s.low(k - 2) in ("no", "not"):
        limit, k, word = True, k - 3, s.low(k - 3)
    if word == "as" and s.low(k - 1) in ("much", "high", "little", "low"):
        k, word = k - 3, s.low(k - 3)
        limit = True
    stacked = s.low(k) in ("of", "the", "a") and "on top of" in " ".join(s.low(b) for b in range(i - 5, i))
    if (stacked and not in_phrase) or _noise(s, i, j, rate, in_phrase):
        return Level(i, j, rate, "none")
    span = word in ("between", "ranging") or (word == "from" and s.low(k - 1) in ("ranging", "range", "ranges", "is"))
    span = span or (
        s.low(j) in ("to", "and", "or", "until") and rate.raw.rstrip()[-1:].isalpha() is False and word == "between"
    )
    last = rate.raw.split()[-1:]
    if last and last[0] in ("to", "or", "and") and word != "from":
        span = last[0] != "and" or word == "between"
    ranged = s.low(j) == "to" and any(a == j + 1 for a, _, _ in s.rates) and (word == "of" or in_phrase)
    if span or ranged:
        return Level(i, j, rate, "value", current, limit, True)
    if s.low(j) in ("before", "previously", "earlier", "today") or (s.low(j) == ")" and s.low(j - 1) == "before"):
        return Level(i, j, rate, "old", True)
    if word in ("down", "up") or (word in _OLD and not in_phrase) or (word == "of" and s.low(k - 1) == "instead"):
        return Level(i, j, rate, "old", current)
    if word == "with" and s.low(k - 1) == "compared":
        return Level(i, j, rate, "old", current)
    if word == "by" or rate.unit == "percentage_points_ad_valorem":
        return Level(i, j, rate, "by" if word in ("by", "of", "another") or not in_phrase else "value", current)
    if word == "to" and not in_phrase and (aside := _aside(s, k)):
        return Level(i, j, rate, aside)
    if word == "to":
        return Level(i, j, rate, "to", current, limit)
    return Level(i, j, rate, "value", current, limit)


def _aside(s: Tagged, to: int) -> str:
    """ ", taking the total to 50 percent" is `none`; ", falling to 25 in the second year" a later `step`."""
    verb = next((v for v in reversed(s.verbs) if v.j <= to), None)
    if verb is None or not any(a < verb.i for a, _, _ in s.rates) or s.low(verb.i - 1) not in (",", "and", "then"):
        return ""
    later = verb.tense == "ing" or (verb.tense == "inf" and not verb.mood)
    if not later or to - verb.j > 18:
        return ""
    year = {"year", "years"} & {s.low(k) for k in range(to, min(len(s.words), to + 8))}
    if verb.cls in ("rise", "fall", "reduce", "raise"):
        return "step" if year else "none" if verb.tense == "ing" else ""
    summed = {"total", "overall", "combined", "burden", "level"} & {s.low(k) for k in range(verb.j, to)}
    return "none" if summed and verb.tense == "ing" and to - verb.j <= 5 else ""


_NOISE_AFTER = word_list("levels.noise_after")


def _noise(s: Tagged, i: int, j: int, rate: RateWord, in_phrase: bool) -> bool:
    if rate.unit not in ("percent_ad_valorem", "percentage_points_ad_valorem") or in_phrase:
        return False
    after = s.low(j)
    if after == "of":
        if any(j < m.i <= j + 7 and m.entry.value.endswith("_tariff") for m in s.instruments):
            return False
        words = {s.low(k) for k in range(j + 1, min(len(s.words), j + 4))}
        return not words & _VALUE_OF and not {"its", "own"} <= words
    if after == "on" and s.low(j + 1) in ("year", "month", "average"):
        return True
    if after in ("lower", "higher", "more", "less", "fewer", "growth", "inflation", "share", "stake", "below", "above"):
        return True
    before = s.low(i - 1)
    return before in ("than", "nearly") and s.low(i - 2) in ("more", "less") and s.low(i - 3) not in ("no", "not")


def choose(found: list[Level]) -> tuple[Level | None, list[Level]]:
    """Return the rate of the measure and the further ones that are measures of their own."""
    percent = any(x.rate.unit.startswith("percent") for x in found)
    found = [x for x in found if x.rate.unit.startswith("percent") or not percent]
    news = [x for x in found if x.role == "to"] or [x for x in found if x.role == "value"]
    if not news:
        change = [x for x in found if x.role == "by"]
        return (change[0], []) if change else (None, [])
    return news[0], news[1:]


def basis(f: Frame, level: Level, action: str) -> tuple[str, str]:
    """Return the basis of a rate and the word that decides it."""
    if level.role == "by" or level.rate.unit == "percentage_points_ad_valorem":
        just_before = {f.s.low(k) for k in range(max(0, level.i - 3), level.i)}
        if level.role == "value" and just_before & _ADDITIONAL:
            return "additional", "additional"
        return "change", "by"
    window = [f.s.low(k) for k in range(max(0, min(f.left, level.i - 4)), min(len(f.s.words), max(f.right, level.j)))]
    near = [f.s.low(k) for k in range(max(0, min(f.left, level.i) - 2), max(f.n.j, level.j))]
    for word in near:
        if word in _COMPONENT:
            return "component", word
    for word in near:
        if word in _ADDITIONAL or word in ("surtax", "surcharge"):
            return "additional", word
    text = " ".join(window + [f.s.low(k) for k in range(f.right, min(len(f.s.words), f.right + 14))])
    for phrase in ("on top of", "over and above", "in addition to"):
        before = " ".join(f.s.low(k) for k in range(max(0, f.left - 3), f.left))
        if before == phrase:
            return "component", phrase
        if phrase in text:
            return "additional", phrase
    return "total", ""


def signed(level: Level, verb: Verb | None, action: str) -> float:
    """Return the value of a level; a change that lowers is negative."""
    if level.role == "by" and action in ("reduce", "remove"):
        return -level.rate.value
    return level.rate.value
