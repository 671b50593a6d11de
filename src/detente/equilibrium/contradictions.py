"""Instruments that no equilibrium can meet together: more to be bought than may be sold. Found before any iteration."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from detente.baseline import Baseline
from detente.core.instruments import GUARANTEE, MINIMUM, QUOTA, Bound, Cell

SLACK: Final = 1e-9
SHOWN: Final = 5


def over_the_cap(base: Baseline, bounds: Sequence[Bound]) -> tuple[str, ...]:
    """Return sentences on least volumes above what quotas on the same cells let through.

    Args:
        base: the world that the volumes are relative to. bounds: the instruments of a shock.
    """
    floors = [bound for bound in bounds if bound.kind in (MINIMUM, GUARANTEE)]
    if not floors:
        return ()
    flow = _flows(base)
    caps = [bound for bound in bounds if bound.kind == QUOTA]
    found = []
    for floor in floors:
        least = float(floor.volume or 0.0) * sum(map(flow, floor.cells))
        wanted = set(floor.cells)
        pools = [(float(cap.volume or 0.0) * sum(map(flow, cap.cells)), cap) for cap in caps if wanted <= {*cap.cells}]
        inner = [cap for cap in caps if wanted > {*cap.cells} and len(cap.cells) == 1]
        if {cap.cells[0] for cap in inner} == wanted:
            pools.append((sum(float(cap.volume or 0.0) * flow(cap.cells[0]) for cap in inner), inner[0]))
        for most, cap in pools:
            if least > most * (1 + SLACK):
                what, name = f"{floor.name or floor.kind} on {'-'.join(floor.cells[0])}", cap.name or cap.kind
                found.append(f"{what}: at least {least:.6g} MUSD at base prices; {name} lets {most:.6g} through")
                break
    return tuple(found[:SHOWN])


def _flows(base: Baseline) -> Callable[[Cell], float]:
    """Return the baseline flow of a cell, the codes looked up once. [MUSD]"""
    country = {code: at for at, code in enumerate(base.countries)}
    sector = {code: at for at, code in enumerate(base.sectors)}
    return lambda cell: float(base.flows[country[cell[0]], country[cell[1]], sector[cell[2]]])
