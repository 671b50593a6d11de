"""The page of a best policy, a trade war or a ladder: who gains, which rates, that nothing better was found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from detente.core.errors import UsageError
from detente.core.result import Result
from detente.report.amounts import plain, signed
from detente.report.content import Code, Figure, Grid
from detente.report.screens.check import LIMITS
from detente.report.story import Number, Part, Story
from detente.report.strategy_document import ladder_document, nash_document, optimum_document
from detente.report.strategy_figures import (
    OBSERVED,
    chosen_rates,
    incomes,
    ladder,
    names,
    payoff_matrix,
    walk,
)
from detente.strategy.moves import walked
from detente.strategy.nash import Nash
from detente.strategy.optimal import Optimum
from detente.strategy.retaliation import Ladder

WALKERS: Final = 6
"""Players whose rates are varied one by one; with more of them this takes too long."""
INCOME: Final = "real-income"
MORE: Final = (
    "a search finds what it finds: other starts may end elsewhere, and what was tried is said above",
    "players move at once and for good; no elections, no lobbies, no third parties that answer",
)


def strategy_story(verb: str, found: Mapping[str, Any], results: Mapping[str, Result], repeat: str) -> Story:
    """Return the page.

    Args:
        verb: optimal, nash or escalate. found: its document, as `strategy_document` makes it.
        results: name -> result. repeat: the command; without it figures do not say how to make them again.
    Raises:
        UsageError: another verb.
    """
    made = {"optimal": _optimal, "nash": _nash, "escalate": _escalate}
    if verb not in made:
        raise UsageError(f"report: found a bundle of {verb!r}; expected one of {', '.join(made)}")
    if not results:
        raise UsageError("report: found a search that was stopped before its first result; expected at least one")
    last = list(results.values())[-1]
    title, sentence, numbers, parts = made[verb](
        found, last, Code(repeat, python(verb, found, last)) if repeat else None
    )
    base = last.baseline
    size = f"{len(base.countries)} economies x {len(base.sectors)} sectors"
    facts = f"change against {OBSERVED} · {base.id}: {size} · closure {last.closure.title}"
    return Story(title, facts, sentence, numbers, parts, dict(results), repeat, (*MORE, *LIMITS))


def story_of(found: Optimum | Nash | Ladder) -> Story:
    """Return the page of a search that was made from Python."""
    if isinstance(found, Optimum):
        return strategy_story("optimal", optimum_document(found), {"main": found.result}, "")
    if isinstance(found, Nash):
        return strategy_story("nash", nash_document(found), {"main": found.result}, "")
    rounds = {f"round-{rung.round}": rung.result for rung in found.rungs}
    return strategy_story("escalate", ladder_document(found), rounds, "")


Made = tuple[str, str, tuple[Number, ...], tuple[Part, ...]]


def _optimal(found: Mapping[str, Any], result: Result, code: Code | None) -> Made:
    player, instrument = str(found["player"]), str(found["instrument"]).replace("-", " ")
    name = names(result).get(player, player)
    what = {INCOME: "real income", "revenue": "revenue, in % of income"}.get(str(found["objective"]), "its objective")
    title = f"The best {instrument} of {name}"
    sentence = (
        f"{name} gains {signed(found['gain_pct'])} % in {what} against {OBSERVED}; the median {instrument} is "
        f"{plain(found['median_pct'])} %."
    )
    numbers = (
        Number(f"Gain of {name}", f"{signed(found['gain_pct'])} %", (f"{what}, against {OBSERVED}",)),
        Number(f"Median {instrument}", f"{plain(found['median_pct'])} %", ("over what is traded",)),
        Number("Rates at a bound", str(len(found["binding"])), ("where no inner rate is best",)),
        Number("Solutions found", str(found["distinct"]), (f"from {len(found['starts'])} starts",)),
    )
    tariff = found["instrument"] == "import-tariff"
    figures = [incomes(result, [player], f"at the best {instrument} of {name}", code)]
    along = walk(walked(result, [player]), [player], result, code) if tariff and found["objective"] == INCOME else None
    rates = [chosen_rates(result, player, by, code) for by in ("sector", "partner")] if tariff else []
    parts = (
        Part("payoffs", "Who gains, who loses", tuple(figures)),
        Part("rates", "Rates", _there(along, *rates), notes=_bounds(found)),
        Part("search", "The search", grids=(starts_grid(found, [player]),)),
    )
    return title, sentence, numbers, tuple(part for part in parts if part.figures or part.grids)


def _nash(found: Mapping[str, Any], result: Result, code: Code | None) -> Made:
    players = [str(each) for each in found["players"]]
    labels = [names(result).get(player, player) for player in players]
    payoffs = [float(found["payoff_pct"][player]) for player in players]
    few = players[:4]
    title = f"Where a trade war ends: Nash tariffs of {', '.join(labels[:6])}{' and others' if len(labels) > 6 else ''}"
    told = ", ".join(f"{label} {signed(each)} %" for label, each in list(zip(labels, payoffs, strict=True))[:4])
    sentence = f"At the tariffs from which nobody moves, payoffs against {OBSERVED}: {told}. {_opened(found['claim'])}."
    numbers = tuple(
        Number(label, f"{signed(found['payoff_pct'][player])} %", (
            f"payoff against {OBSERVED}", f"median tariff {plain(found['median_pct'][player])} %"
        ))
        for player, label in zip(few, labels, strict=False)
    )  # fmt: skip
    points = walked(result, players) if len(players) <= WALKERS else []
    rates = [chosen_rates(result, player, by, code) for player in players[:WALKERS] for by in ("sector", "partner")]
    war = (payoff_matrix(points, players, result, code), walk(points, players, result, code))
    parts = (
        Part("war", "What war brings", _there(*war)),
        Part("payoffs", "Who gains, who loses", (incomes(result, players[:WALKERS], "in the trade war", code),)),
        Part("rates", "Rates", _there(*rates), notes=_bounds(found)),
        Part("search", "Deviations and starts", grids=(deviations_grid(found), starts_grid(found, players))),
    )
    return title, sentence, numbers, tuple(part for part in parts if part.figures or part.grids)


def _escalate(found: Mapping[str, Any], result: Result, code: Code | None) -> Made:
    players = [str(each) for each in found["players"]]
    labels = [names(result).get(player, player) for player in players]
    rounds = list(found["rounds"])
    last = rounds[-1]
    title = f"Escalation between {labels[0]} and {labels[1]}, rule {found['rule']}"
    end = "nobody moves any more" if found["settled"] else "more rounds would follow"
    told = ", ".join(f"{n} {signed(last[f'{p}_welfare_pct'])} %" for p, n in zip(players, labels, strict=True))
    sentence = f"After {len(rounds)} rounds real income against {OBSERVED} is: {told}; {end}."
    numbers = tuple(
        Number(label, f"{signed(last[f'{player}_welfare_pct'])} %", (f"real income against {OBSERVED}",))
        for player, label in zip(players, labels, strict=True)
    )
    columns = list(rounds[0])
    rows = tuple(tuple(_cell(row[name]) for name in columns) for row in rounds)
    words = frozenset(n for n, name in enumerate(columns) if isinstance(rounds[0][name], str))
    heads = tuple(name.replace("_pct", ", %").replace("_pp", ", pp").replace("_", " ") for name in columns)
    parts = (
        Part("rounds", "Round by round", tuple(ladder(rounds, players, result, code)),
             (Grid("Round by round: cost is what the move changed", heads, rows, text_columns=words),)),
        Part("payoffs", "Who gains, who loses", (incomes(result, players, "after the last round", code),)),
    )  # fmt: skip
    return title, sentence, numbers, parts


def _there(*figures: Figure | None) -> tuple[Figure, ...]:
    return tuple(each for each in figures if each is not None)


def _bounds(found: Mapping[str, Any]) -> tuple[str, ...]:
    """Return which ceilings and floors bind, in words."""
    at = found["binding"]
    if not at:
        return ("No rate is at a bound.",)
    shown = ", ".join(f"{b['by']} on {b['against']} {b['sector']} at its {b['bound']}" for b in at[:6])
    return (f"{len(at)} rates are at a bound: {shown}{' and more' if len(at) > 6 else ''}.",)


def _opened(text: str) -> str:
    return text[:1].upper() + text[1:]


def _cell(value: Any) -> str:
    return signed(value) if isinstance(value, float) else str(value)


def starts_grid(found: Mapping[str, Any], players: Sequence[str]) -> Grid:
    """Return what became of each start."""
    rows = tuple(
        (each["name"], each["status"], *(signed(value) for value in list(each["payoff_pct"])[:6]),
         f"{each['residual']:.0e}", str(each["passes"]))
        for each in found["starts"]
    )  # fmt: skip
    head = ("start", "ended", *(f"{player}, %" for player in players[:6]), "step left", "passes")
    return Grid(f"Payoffs of each start, % against {OBSERVED}", head, rows, text_columns=frozenset({1}))


def deviations_grid(found: Mapping[str, Any]) -> Grid:
    """Return the best that each player could do alone."""
    rows = tuple((each["player"], f"{each['gain_pp']:.1e}", str(each["how"])) for each in found["deviations"])
    caption = f"The best deviation of each player, percentage points against the war; {found['tried']} tried"
    return Grid(caption, ("player", "gain, pp", "by"), rows, text_columns=frozenset({2}))


def python(verb: str, found: Mapping[str, Any], result: Result) -> str:
    """Return the same search in Python, without the options that were typed."""
    name = result.baseline.id.split("+")[0]
    call = {
        "optimal": lambda: f"dt.optimal_tariffs(world, {found['player']!r}, ...)",
        "nash": lambda: f"dt.nash(world, {list(found['players'])!r}, ...)",
        "escalate": lambda: f"dt.escalation(world, {list(found['players'])!r}, rule={found['rule']!r}, ...)",
    }[verb]()
    return f"import detente as dt\nworld = dt.baseline({name!r})\n{call}      # ...: the options of the command above"
