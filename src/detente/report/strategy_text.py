"""Best responses, trade wars, ladders and bargains over tariffs as text: one screen each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from detente.core.result import Result
from detente.report.text_table import number, table
from detente.strategy.controls import Binding
from detente.strategy.cooperative import Cooperation
from detente.strategy.nash import Nash
from detente.strategy.optimal import Optimum, Start
from detente.strategy.retaliation import Ladder

LARGEST = 8
"""Economies shown beside the players, by the size of what happens to them."""


def optimum_text(found: Optimum) -> str:
    """Return a best response as text."""
    what = {"real-income": "real income", "revenue": "revenue, % of income", "weights": "weighted real income"}
    instrument = found.instrument.replace("-", " ")
    head = f"best {instrument} of {found.player} · everybody else's policy as observed · {_world(found.result)}"
    parts = [
        head,
        table(
            ["", "%"],
            [
                [f"gain in {what[found.objective]}", number(found.gain_pct, change=True)],
                [f"median {instrument}", number(found.median_pct)],
            ],
        ),
        _others(found.result, (found.player,)),
        _bound(found.binding, found.idle),
        _starts(found.starts, (found.player,)),
        found.result.certificate.line,
    ]
    return "\n\n".join(part for part in parts if part)


def nash_text(found: Nash) -> str:
    """Return a trade war as text."""
    head = f"Nash tariffs of {', '.join(found.players)} · everybody else passive · {_world(found.result)}"
    best = {each.player: each for each in found.examination.best}
    rows = [
        [
            player,
            number(payoff, change=True),
            number(median),
            f"{best[player].gain_pp:.1e}" if player in best else "not tried",
            best[player].how if player in best and best[player].gain_pp > 0 else "",
        ]
        for player, payoff, median in zip(found.players, found.payoff_pct, found.median_pct, strict=True)
    ]
    columns = ["player", "payoff, %", "median tariff, %", "best deviation, pp", "by"]
    claim = found.examination.claim + ("" if found.complete else " (interrupted)")
    same = f"{found.distinct} equilibri{'um' if found.distinct == 1 else 'a'} found in {len(found.starts)} starts"
    parts = [
        head,
        table(columns, rows),
        f"{claim}; {same}",
        _others(found.result, found.players),
        _bound(found.binding, found.idle),
        _starts(found.starts, found.players) if len(found.starts) > 1 else "",
        found.result.certificate.line,
    ]
    return "\n\n".join(part for part in parts if part)


def ladder_text(found: Ladder) -> str:
    """Return an escalation as text, a line for each round."""
    rows = []
    for rung in found.rungs:
        k = found.players.index(rung.mover)
        welfare, cost = (values if k == 0 else values[::-1] for values in (rung.welfare_pct, rung.cost_pp))
        values = [*(number(value, change=True) for value in (*welfare, *cost))]
        rows.append([str(rung.round), rung.mover, number(rung.average_pct), *values, rung.result.status])
    a, b = found.players
    columns = ["round", "moves", "its average, %", f"{a} so far, %", f"{b} so far, %", f"{a} by it, pp"]
    first = found.rungs[0].result if found.rungs else None
    head = f"escalation between {a} and {b}, rule {found.rule}" + (f" · {_world(first)}" if first else "")
    end = "settled: nobody moves any more" if found.settled else "not settled: more rounds would follow"
    if not found.complete:
        end = "interrupted"
    note = "real income against the observed policy; average: on the other's goods, weighted with baseline trade"
    return "\n\n".join([head, table([*columns, f"{b} by it, pp", ""], rows, left=2), f"{end}\n{note}"])


def cooperation_text(found: Cooperation) -> str:
    """Return a bargain over tariffs as text."""
    ideal = found.solution.get("ideal_pp", {})
    rows = [
        [
            player,
            number(found.disagreement["payoffs"][player], change=True),
            number(gain, change=True),
            *([number(ideal[player])] if ideal else []),
            number(100 * weight),
            number(median),
        ]
        for player, gain, weight, median in zip(
            found.players, found.gains_pp, found.weights, found.median_pct, strict=True
        )
    ]
    columns = ["player", f"no deal ({found.disagreement['name']})", "gain, pp", *(["ideal, pp"] if ideal else [])]
    head = f"bargain over tariffs: {found.solution['name']} · {_world(found.result)}"
    note = "payoffs: 100 ln of the objective against observed policy; efficient tariffs are not unique, gains are"
    parts = [
        head,
        table([*columns, "weight, %", "median tariff, %"], rows),
        note,
        _others(found.result, found.players),
        _bound(found.binding, 0),
        found.result.certificate.line,
    ]
    return "\n\n".join(part for part in parts if part)


def _world(result: Result) -> str:
    base = result.baseline
    return f"{base.id}: {len(base.countries)} economies x {len(base.sectors)} sectors · closure {result.closure.title}"


def _others(result: Result, players: Sequence[str]) -> str:
    """Return what happens to the players and to those who feel it most. [percent]"""
    change = 100 * (result.welfare_hat - 1)
    known = [code for code in players if code in result.countries]
    rest = [at for at in np.argsort(-np.abs(change)) if result.countries[at] not in known][:LARGEST]
    shown = [*known[:LARGEST], *(result.countries[at] for at in rest)]
    cells = [number(float(change[result.countries.index(code)]), change=True) for code in shown]
    return "real income, % against observed policy\n" + table(["", *shown], [["", *cells]])


def _bound(binding: Sequence[Binding], idle: int) -> str:
    told = []
    if len(binding) > LARGEST:
        count = Counter((each.by, each.bound) for each in binding)
        kinds = "; ".join(f"{by} {times} {bound}" for (by, bound), times in count.most_common(LARGEST))
        told.append(f"{len(binding)} rates at a bound, all with --json: {kinds}")
    elif binding:
        shown = [f"{b.by} on {b.against} {b.sector} {number(b.rate_pct)}% ({b.bound})" for b in binding]
        told.append(f"{len(binding)} rates at a bound: {'; '.join(shown)}")
    else:
        told.append("no rate is at a bound")
    if idle:
        told.append(f"{idle} cells without trade have no best rate and stay as they are")
    return "\n".join(told)


def _starts(starts: Sequence[Start], players: Sequence[str]) -> str:
    rows = [
        [
            start.name,
            start.status,
            *(number(payoff, change=True) for payoff in start.payoff_pct[:LARGEST]),
            f"{start.residual:.0e}",
            str(start.evaluations),
            str(start.passes),
        ]
        for start in starts
    ]
    columns = [f"{player}, %" for player in players[:LARGEST]]
    return table(["start", "", *columns, "step left", "evaluations", "passes"], rows, left=2)
