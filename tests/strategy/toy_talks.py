"""An invented world of three economies and a scenario with talks on it, small enough to be solved many times."""

from __future__ import annotations

import numpy as np

from detente.baseline import Baseline
from detente.scenario.load import parse_scenario
from detente.scenario.schema import Scenario

CODES, SECTORS = ("USA", "CHN", "DEU"), ("A01", "C26", "SERV")
TEXT = """\
detente: 1
id: toy-talks
title: Toy talks
as_of: 2025-10-25
horizon: 2026-02-10
baseline: toy
measures:
  - {id: us-force, by: USA, against: CHN, kind: tariff, rate: +20pp, from: 2025-03-04, authority: ieepa}
  - {id: us-back, by: USA, against: CHN, kind: tariff, rate: +10pp, from: 2025-11-10, status: scheduled, unless: truce}
  - {id: cn-back, by: CHN, against: USA, kind: tariff, rate: +10pp, from: 2025-11-10, status: scheduled, unless: truce}
  - {id: us-threat, by: USA, against: CHN, kind: tariff, rate: +40pp, from: 2025-11-01, status: threatened}
  - {id: cn-boycott, by: CHN, against: USA, kind: import-quota, sectors: A01, volume: 30% of base, rents_to: lost}
  - {id: cn-buys, by: CHN, against: USA, kind: purchase, sectors: A01, volume: ">= 110% of base", status: offered}
  - {id: cn-licence, by: CHN, against: WORLD, kind: export-licence, sectors: C26, volume: 80% of base,
     from: 2025-12-01, status: scheduled}
talks:
  players: [USA, CHN]
  objective: {USA: real-income, CHN: real-income}
  deadline: 2025-11-10
  disagreement: {include: [us-threat, us-back, cn-back, cn-licence]}
  issues:
    truce: {measure: [us-back, cn-back], choices: [imposed, suspended]}
    threat: {measure: us-threat, choices: [imposed, dropped]}
    force: {measure: us-force, choices: [+20pp, +10pp, dropped]}
    beans: {measure: [cn-boycott, cn-buys], choices: [imposed, dropped, ">= 120% of base"]}
    licence: {measure: cn-licence, choices: [imposed, 90% of base, suspended]}
tree:
  storm: {include: [us-threat, us-back, cn-back, cn-licence]}
  calm: {drop: [us-back, cn-back, cn-licence]}
  strike: {include: [us-threat], drop: [us-back, cn-back]}
report: {countries: [USA, CHN, DEU]}
"""


def world(*, deficits: bool = True) -> Baseline:
    """Return three economies with input-output links; the first has a deficit if asked for."""
    n, j = len(CODES), len(SECTORS)
    rng = np.random.default_rng(7)
    flows = rng.uniform(4.0, 20.0, (n, n, j))
    flows[np.arange(n), np.arange(n)] = rng.uniform(120.0, 200.0, (n, j))
    if not deficits:
        flows = (flows + flows.transpose(1, 0, 2)) / 2
    tariffs = np.full((n, n, j), 0.03)
    tariffs[..., 2] = 0.0
    tariffs[np.arange(n), np.arange(n)] = 0.0
    inputs = np.full((j, n, j), 0.1)
    inputs[1, :, 1], inputs[2] = 0.2, 0.15
    share = 1 - inputs.sum(axis=0)
    return Baseline.from_flows(
        CODES, SECTORS, flows, tariffs, share, inputs, np.array([4.0, 3.0, 5.0]), sources={"toy": "invented"}
    )


def case(text: str = TEXT) -> Scenario:
    """Return the scenario, or an edited one."""
    return parse_scenario(text.encode(), path="toy.yaml")


def edited(*pairs: tuple[str, str]) -> Scenario:
    """Return the scenario with parts of its text replaced; each occurs once."""
    text = TEXT
    for old, new in pairs:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return case(text)
