"""Best responses, trade wars, ladders and bargains as plain data: what --json prints."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

from detente.core.result import Result
from detente.report.document import country_rows
from detente.strategy.cooperative import Cooperation
from detente.strategy.nash import Nash
from detente.strategy.optimal import Optimum
from detente.strategy.retaliation import Ladder


def optimum_document(found: Optimum) -> dict[str, Any]:
    """Return a best response as plain data."""
    return {
        "status": found.result.status,
        "player": found.player,
        "instrument": found.instrument,
        "objective": found.objective,
        "gain_pct": found.gain_pct,
        "median_pct": found.median_pct,
        **_common(found.result),
        "starts": [asdict(start) for start in found.starts],
        "distinct": found.distinct,
        "binding": [asdict(each) for each in found.binding],
        "idle_cells": found.idle,
    }


def nash_document(found: Nash) -> dict[str, Any]:
    """Return a trade war as plain data."""
    return {
        "status": found.result.status,
        "players": list(found.players),
        "payoff_pct": dict(zip(found.players, found.payoff_pct, strict=True)),
        "median_pct": dict(zip(found.players, found.median_pct, strict=True)),
        "max_gain_pp": found.max_gain_pp,
        "claim": found.examination.claim,
        "deviations": [asdict(each) for each in found.examination.best],
        "tried": found.examination.tried,
        "complete": found.complete,
        **_common(found.result),
        "starts": [_finite(asdict(start)) for start in found.starts],
        "distinct": found.distinct,
        "binding": [asdict(each) for each in found.binding],
        "idle_cells": found.idle,
    }


def ladder_document(found: Ladder) -> dict[str, Any]:
    """Return an escalation as plain data."""
    from detente.report.document import worst_status

    return {
        "status": worst_status([rung.result for rung in found.rungs]),
        "players": list(found.players),
        "rule": found.rule,
        "settled": found.settled,
        "complete": found.complete,
        "rounds": found.table().to_dict("records"),
        "certificates": [rung.result.certificate.to_dict() for rung in found.rungs],
    }


def cooperation_document(found: Cooperation) -> dict[str, Any]:
    """Return a bargain over tariffs as plain data."""
    return {
        "status": found.result.status,
        "players": list(found.players),
        "solution": found.solution,
        "disagreement": found.disagreement,
        "gains_pp": dict(zip(found.players, found.gains_pp, strict=True)),
        "weights": dict(zip(found.players, found.weights, strict=True)),
        "median_pct": dict(zip(found.players, found.median_pct, strict=True)),
        **_common(found.result),
        "binding": [asdict(each) for each in found.binding],
    }


def _common(result: Result) -> dict[str, Any]:
    return {
        "baseline": result.baseline.id,
        "closure": result.closure.title,
        "countries": country_rows(result, result.countries),
        "certificate": result.certificate.to_dict(),
    }


def _finite(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row whose payoffs that were not reached are None."""
    return {**row, "payoff_pct": [value if math.isfinite(value) else None for value in row["payoff_pct"]]}
