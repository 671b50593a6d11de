"""Best tariffs and trade wars as plain data: payoffs first, then rates, then how they were found."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from detente.core.arrays import Array
from detente.core.result import Result
from detente.strategy.nash import Nash
from detente.strategy.optimal import Optimum

MOVED: Final = 1e-9


def optimum_document(found: Optimum) -> dict[str, Any]:
    """Return a best policy as plain data; gains in percent against the tariffs as they are."""
    return {
        "status": found.result.status,
        "player": found.player,
        "instrument": found.instrument,
        "objective": found.objective,
        "gain_pct": found.gain_pct,
        "median_rate_pct": found.median_pct,
        "countries": _everybody(found.result, found.welfare_pct),
        "rates": _rates(found.result, found.export_taxes if found.instrument == "export-tax" else found.tariffs),
        "binding": [vars(each) for each in found.binding],
        "starts": [vars(each) for each in found.starts],
        "distinct": found.distinct,
        "idle": found.idle,
        "certificate": found.result.certificate.to_dict(),
    }


def nash_document(found: Nash) -> dict[str, Any]:
    """Return a trade war in equilibrium as plain data."""
    return {
        "status": found.result.status,
        "players": list(found.players),
        "payoff_pct": dict(zip(found.players, found.payoff_pct, strict=True)),
        "median_rate_pct": dict(zip(found.players, found.median_pct, strict=True)),
        "claim": found.examination.claim,
        "max_gain_pp": found.max_gain_pp,
        "countries": _everybody(found.result, found.welfare_pct),
        "rates": _rates(found.result, found.tariffs),
        "binding": [vars(each) for each in found.binding],
        "starts": [vars(each) for each in found.starts],
        "distinct": found.distinct,
        "complete": found.complete,
        "certificate": found.result.certificate.to_dict(),
    }


def _everybody(result: Result, welfare_pct: Array) -> list[dict[str, Any]]:
    return [
        {"country": code, "variable": "real_income_pct", "unit": "%", "value": value}
        for code, value in zip(result.countries, welfare_pct.tolist(), strict=True)
    ]


def _rates(result: Result, rates: Array) -> list[dict[str, Any]]:
    """Return the rates that differ from those before, importer first. [percent]"""
    before = np.asarray(result.baseline.tariffs)
    cells = np.argwhere((np.abs(rates - before) > MOVED) & (np.asarray(result.baseline.flows) > 0))
    return [
        {
            "by": result.countries[d],
            "against": result.countries[o],
            "sector": result.sectors[s],
            "rate_pct": 100 * float(rates[o, d, s]),
            "before_pct": 100 * float(before[o, d, s]),
        }
        for o, d, s in cells
    ]
