"""A small scenario with everything that can be uncertain, on a small invented world."""

from __future__ import annotations

from detente.scenario.load import parse_scenario
from detente.scenario.schema import Scenario

TEXT = """
detente: 1
id: drawn
as_of: 2025-10-25
horizon: 2026-02-10
baseline: invented
model:
  trade_elasticity: {set: default, sd: 25%}
  critical:
    - {product: A01, users: [C26], rho: {low: 0.1, mode: 0.2, high: 0.5}, capacity: {low: 100% of base,
       mode: 110% of base, high: 150% of base}}
measures:
  - {id: duty, by: USA, against: CHN, kind: tariff, rate: {low: +10pp, mode: +20pp, high: +40pp}, from: 2025-03-04}
  - {id: answer, by: CHN, against: USA, kind: tariff, rate: 25%, from: 2025-03-04}
  - {id: licence, by: CHN, against: WORLD, kind: export-licence, sectors: A01,
     volume: {low: 70% of base, mode: 85% of base, high: 95% of base}, from: 2025-04-04}
  - {id: fees, by: USA, against: CHN, kind: port-fee, fee: 50 USD/net-ton,
     as_cost: {low: 0.2%, mode: 0.6%, high: 1.5%}, from: 2025-10-14}
tree:
  calm: {drop: [duty, licence]}
groups: {rivals: [USA, CHN]}
uncertainty: {method: sobol, seed: 7, bands: [5%, 50%, 95%]}
report: {countries: [USA, CHN, rivals]}
"""


def scenario(*swaps: tuple[str, str]) -> Scenario:
    """Return the scenario with pieces of its text swapped; each must be there."""
    text = TEXT
    for old, new in swaps:
        assert old in text, old
        text = text.replace(old, new)
    return parse_scenario(text.encode(), path="drawn.yaml")
