"""A role with the rule and words that gave it; goods and where they come from."""

from __future__ import annotations

from dataclasses import dataclass

from detente.news.grammar import Actor, Mention, Tagged
from detente.news.word_lists import word_list

ORIGIN_NOUNS = word_list("roles.origin_nouns")
MEETS = frozenset({"face", "subject"})
EXPORT_SIDE = frozenset({"export_tariff", "export_licensing", "export_ban", "export_quota", "tech_export_control"})


@dataclass(frozen=True, slots=True)
class Found:
    """A role with the rule and words that gave it."""

    value: tuple[str, ...]
    rule: str
    words: str = ""


NOBODY = Found((), "")
MADE = word_list("roles.made")


def spelled(s: Tagged, i: int, j: int) -> str:
    return " ".join(s.words[k].text for k in range(i, j))


def role(s: Tagged, code: str, rule: str, i: int, j: int) -> Found:
    return Found((code,), rule, spelled(s, i, j)) if code else NOBODY


def add_code(codes: list[str], code: str) -> None:
    for one in code.split("+"):
        if one and one not in codes and one not in ("HKG", "MAC"):
            codes.append(one)


def enters_of(s: Tagged, actor: Actor) -> bool:
    """Whether a country is where goods go: "entering the United States", "imported into the territory of"."""
    back = [s.low(k) for k in range(max(0, actor.i - 6), actor.i)]
    return any(word in ("entering", "enter", "enters", "into", "reaching") for word in back) and actor.oblique in (
        "",
        "into",
        "of",
    )


def is_product(s: Tagged, at: int) -> bool:
    return any(at - 3 <= m.j <= at for m in s.products)


def adjective_at(s: Tagged, i: int, j: int) -> Mention | None:
    """Return a demonym among tokens i to j that is not part of an actor."""
    return next(
        (m for m in s.adjectives if i <= m.i < j and not any(a.i <= m.i < a.j for a in s.actors if a.kind != "firms")),
        None,
    )
