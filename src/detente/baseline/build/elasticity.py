"""Step 4: eight literature sets of trade elasticities, a damped one among them, their median and their spread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from detente.baseline.build.labels import SERVICE, SERVICE_LABEL
from detente.baseline.build.raw import read_csv
from detente.core.arrays import Array
from detente.core.errors import DataError, Problem

SECTOR_FILE: Final = "elasticities/sector_elasticities_icio28.csv"
DAMPED: Final = ("CP", "C19")
"""Caliendo and Parro (2015) find 64.85 for petroleum, far outside everything else: that cell is capped."""

SETS: Final[dict[str, dict[str, Any]]] = {
    "CP": {"authors": "Caliendo and Parro", "year": 2015},
    "FGO": {"authors": "Fontagné, Guimbard and Orefice", "year": 2022},
    "GYY": {"authors": "Giri, Yi and Yilmazkuday", "year": 2021},
    "BSY": {"authors": "Bagwell, Staiger and Yurukoglu", "year": 2021},
    "Shap": {"authors": "Shapiro", "year": 2016},
    "LL": {"authors": "Lashkaripour and Lugovskyy", "year": 2023},
    "IS": {"authors": "in-sample estimate of the source of the sector file", "year": None,
           "title": "in-sample", "where": "as distributed with the flows"},
    "U4": {"authors": "uniform", "year": None, "title": "4 in every sector", "where": "a common round value"},
}  # fmt: skip
"""Who estimated a set, and when: what the note beside the sector file says. Titles are in no source that we have."""


@dataclass(frozen=True)
class Elasticities:
    """Trade elasticities theta > 0 by set and sector (flows vary with cost to the power -theta).

    Attributes:
        sectors: J codes. sets: name -> (J,), the eight sets with CP damped, then "default", their median.
        low, high: smallest and largest value of the eight by sector. sd_log: sample sd of their logs.
        cap: the value that replaced Caliendo-Parro petroleum. replaced: the value it replaced.
    """

    sectors: tuple[str, ...]
    sets: Mapping[str, Array]
    low: Array
    high: Array
    sd_log: Array
    cap: float
    replaced: float


def read_elasticities(data: Path, sectors: Sequence[str]) -> dict[str, Array]:
    """Return the raw sets, name -> (J,), placed by sector code.

    Raises:
        DataError: a sector is missing, twice or unknown, or a value is not above zero.
    """
    rows = read_csv(data / SECTOR_FILE)
    codes = [SERVICE if row["sector"] == SERVICE_LABEL else row["sector"] for row in rows]
    if sorted(codes) != sorted(sectors):
        raise DataError(problems=[Problem(SECTOR_FILE, "sector", str(sorted(codes)), "each sector once")])
    order = [codes.index(code) for code in sectors]
    found = {name: np.array([float(rows[i][f"epsilon_{name}"]) for i in order]) for name in SETS}
    bad = [name for name, values in found.items() if not (values > 0).all()]
    if bad:
        raise DataError(problems=[Problem(SECTOR_FILE, name, "a value of 0 or less", "theta > 0") for name in bad])
    return found


def with_default(raw: Mapping[str, Array], sectors: Sequence[str]) -> Elasticities:
    """Return the sets with petroleum of CP damped, the sector-wise median of the eight, and their spread.

    The cap is the largest value of the CP set outside petroleum. The service aggregate keeps the value of each set.
    Args:
        raw: name -> (J,) theta > 0. sectors: J codes.
    """
    name, sector = DAMPED
    at = list(sectors).index(sector)
    damped = raw[name].copy()
    cap = float(np.delete(damped, at).max())
    replaced, damped[at] = float(damped[at]), min(float(damped[at]), cap)
    sets = {**raw, name: damped}
    stacked = np.stack([sets[key] for key in raw])
    return Elasticities(
        sectors=tuple(sectors),
        sets={**sets, "default": np.median(stacked, axis=0)},
        low=stacked.min(axis=0),
        high=stacked.max(axis=0),
        sd_log=np.log(stacked).std(axis=0, ddof=1),
        cap=cap,
        replaced=replaced,
    )


def as_csv(elasticities: Elasticities) -> str:
    """Return the table that ships: one line per sector; the sets, default, min, max and sd_log in columns."""
    names = list(elasticities.sets)
    lines = [",".join(["sector", *names, "min", "max", "sd_log"])]
    for s, sector in enumerate(elasticities.sectors):
        values = [elasticities.sets[name][s] for name in names] + [elasticities.low[s], elasticities.high[s]]
        lines.append(",".join([sector, *(f"{value:.10g}" for value in values), f"{elasticities.sd_log[s]:.4f}"]))
    return "\n".join(lines) + "\n"


def as_sets(elasticities: Elasticities) -> dict[str, Any]:
    """Return the citation of each set and what was changed, as plain data for JSON."""
    name, sector = DAMPED
    note = (
        f"{sector} capped at {elasticities.cap:g}, the largest value of the set outside petroleum "
        f"(published: {elasticities.replaced:g})"
    )
    sets: dict[str, Any] = {key: dict(value) for key, value in SETS.items()}
    sets[name]["treatment"] = note
    sets["default"] = {"title": "sector-wise median of the eight sets, CP damped", "sets": list(SETS)}
    return {"sets": sets, "spread": {"min": "of the eight", "max": "of the eight", "sd_log": "sample sd of logs"}}
