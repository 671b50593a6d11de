"""Predict the trade of 2019 from the world of 2017 and the tariffs of the trade war, and print what happened beside it.

    python bench/backtest.py [--data ../shared/data]

The world: OECD flows of 2017, cost coefficients of 2022, tariffs of 2017. The shock: points added between the USA and
China, see ``backtest_shock.py``. Everything else stays as in 2017, in particular technology, incomes, other tariffs and
the weather. No parameter was chosen to fit 2019. The tables are those of docs/explanation/backtest.md.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

import detente as dt
from backtest_shock import PAIRS, Array, Scaling, goods_of, list_points, raised, scaled_pattern
from detente.baseline.importers.icio_pair import read_icio_pair

MAIN: Final = "default"
BY_LISTS: Final = "default, product lists"
CASES: Final = {
    MAIN: "default",
    **{name: name for name in ("LL", "IS", "U4", "GYY", "BSY", "FGO", "CP", "Shap")},
    BY_LISTS: "default",
}
"""Case -> elasticity set: the default, all others, and the other way to the shock."""
FITTED: Final = (MAIN, "LL", "Shap", BY_LISTS)
"""Fitted over sectors: LL and Shap have the lowest and highest average over what China sells to the USA."""
LINES: Final = (
    ("USA", "CHN", "A01"), ("BRA", "CHN", "A01"), ("USA", "CHN", ""), ("CHN", "USA", ""), ("VNM", "USA", ""),
    ("MEX", "USA", ""), ("TWN", "USA", ""),
)  # fmt: skip
"""What is compared first: origin, dest, sector ("" is all goods)."""
MEASURES: Final = ("raw", "against other suppliers", "against other customers")


@dataclass(frozen=True)
class Trade:
    """Flows of one year or of a prediction, goods only. [MUSD]"""

    countries: tuple[str, ...]
    sectors: tuple[str, ...]
    flows: Array

    def total(self, origin: str, dest: str, sector: str = "") -> Array:
        """Return the flow, the dest's imports from all others, and the origin's exports to all others. [MUSD]"""
        o, d = self.countries.index(origin), self.countries.index(dest)
        wanted = [self.sectors.index(sector)] if sector else list(range(len(self.sectors)))
        cube = self.flows[:, :, wanted].sum(axis=2) * ~np.eye(len(self.countries), dtype=bool)
        return np.array([cube[o, d], cube[:, d].sum() - cube[o, d], cube[o].sum() - cube[o, d]])


def log_changes(before: Trade, after: Trade, origin: str, dest: str, sector: str = "") -> Array:
    """Return the log change by the three `MEASURES`; NaN where a flow is zero.

    The second takes off the change of the importer's purchases from its other foreign suppliers, the third that of the
    exporter's sales to its other foreign customers: crude controls for demand here and for supply there.
    """
    old, new = before.total(origin, dest, sector), after.total(origin, dest, sector)
    known = (old > 0) & (new > 0)
    moved = np.where(known, np.log(np.where(known, new, 1.0) / np.where(known, old, 1.0)), np.nan)
    return np.array([moved[0], moved[0] - moved[1], moved[0] - moved[2]])


@dataclass(frozen=True)
class Backtest:
    """What was predicted, by case, and what happened.

    Attributes:
        before, after: goods trade of 2017 and 2019. predicted: by case. results: by case.
        added: case -> pair -> points by goods sector. scaling: of the scaled pattern, by pair.
    """

    before: Trade
    after: Trade
    predicted: dict[str, Trade]
    added: dict[str, dict[tuple[str, str], Array]]
    scaling: list[Scaling]
    results: dict[str, dt.Result]


def backtest(data: Path) -> Backtest:
    """Solve the world of 2017 under the tariffs of 2019 in each case, and read the flows of 2019.

    Args:
        data: folder that holds the raw folders.
    Raises:
        MissingDataError: raw data, h5py or pyreadr are missing. SolveError: no certified equilibrium.
    """
    base, later = read_icio_pair(data, year=2017), read_icio_pair(data, year=2019)
    if (base.countries, base.sectors) != (later.countries, later.sectors):
        raise RuntimeError("the years have other codes")
    scaled = {pair: scaled_pattern(data, base, *pair) for pair in PAIRS}
    pattern = {pair: points for pair, (points, _) in scaled.items()}
    added = dict.fromkeys(CASES, pattern) | {BY_LISTS: {**pattern, ("CHN", "USA"): list_points(data, base.sectors)}}
    results = {
        case: dt.solve(dt.baseline(base, elasticities=name), raised(base, added[case])) for case, name in CASES.items()
    }
    goods = goods_of(base.sectors)
    return Backtest(
        before=goods_trade(base, base.flows),
        after=goods_trade(later, later.flows),
        predicted={case: goods_trade(base, result.flows_new) for case, result in results.items()},
        added={case: {pair: points[goods] for pair, points in each.items()} for case, each in added.items()},
        scaling=[note for _, note in scaled.values()],
        results=results,
    )


def goods_trade(base: dt.Baseline, flows: Array) -> Trade:
    """Return the goods flows with their codes."""
    goods = goods_of(base.sectors)
    return Trade(base.countries, tuple(np.array(base.sectors)[goods]), np.asarray(flows)[:, :, goods])


def changes(test: Backtest, case: str, origin: str, dest: str, sector: str = "") -> tuple[Array, Array]:
    """Return (predicted, actual) log changes by measure."""
    cell = (origin, dest, sector)
    return log_changes(test.before, test.predicted[case], *cell), log_changes(test.before, test.after, *cell)


@dataclass(frozen=True)
class Fit:
    """How predicted and actual log changes agree over the sectors of a pair, weighted by flows of 2017.

    slope: of actual on predicted changes, with a constant; 1 if the size is right. same_sign: share of the value.
    """

    sectors: int
    correlation: float
    slope: float
    constant: float
    same_sign: float


def fit(test: Backtest, case: str, origin: str, dest: str, measure: int) -> Fit:
    """Return the fit over sectors; sectors with a zero flow in a year are left out, and `sectors` counts the rest."""
    pairs = np.array([[side[measure] for side in changes(test, case, origin, dest, s)] for s in test.before.sectors])
    weight = np.array([test.before.total(origin, dest, sector)[0] for sector in test.before.sectors])
    known = np.isfinite(pairs).all(axis=1)
    (x, y), weight = pairs[known].T, weight[known] / weight[known].sum()
    dx, dy = x - weight @ x, y - weight @ y
    slope = float(weight @ (dx * dy) / (weight @ dx**2))
    return Fit(
        sectors=int(known.sum()),
        correlation=slope * float(np.sqrt((weight @ dx**2) / (weight @ dy**2))),
        slope=slope,
        constant=float(weight @ y - slope * (weight @ x)),
        same_sign=float(weight @ (x * y > 0)),
    )


# ---------------------------------------------------------------- tables


def percent(log_change: float) -> str:
    """Return a log change as a percent change."""
    return "-" if not np.isfinite(log_change) else f"{100 * np.expm1(log_change):+.1f}"


def markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table as it stands on the page."""
    lines = [list(header), ["---"] * len(header), *map(list, rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def average_added(test: Backtest, case: str, exporter: str, importer: str) -> float:
    """Return the points added, averaged over goods with the flows of 2017 between the two."""
    o, d = test.before.countries.index(exporter), test.before.countries.index(importer)
    flows = test.before.flows[o, d]
    return float(test.added[case][exporter, importer] @ flows / flows.sum())


def shock_table(test: Backtest) -> str:
    """Return how the points were scaled, and what they are on average."""
    header = ("importer", "series, start of 2018, %", "series, mean of 2019, %", "average of the pattern, points",
              "factor", "scaled pattern, bilateral average, points", "product lists, bilateral average, points",
              )  # fmt: skip
    rows = []
    for (exporter, importer), note in zip(PAIRS, test.scaling, strict=True):
        lists = f"{average_added(test, BY_LISTS, exporter, importer):.2f}" if importer == "USA" else "none"
        levels = (f"{value:.2f}" for value in (note.start, note.mean_2019, note.pattern_average))
        scaled = f"{average_added(test, MAIN, exporter, importer):.2f}"
        rows.append((importer, *levels, f"{note.factor:.3f}", scaled, lists))
    return markdown(header, rows)


def line_table(test: Backtest) -> str:
    """Return the main lines: raw changes and changes relative to others, default elasticities, scaled pattern."""
    header = ("flow", "2017, bn USD", "2019, bn USD", "actual, %", "predicted, %", *(
        f"{side}, {measure}, %" for measure in MEASURES[1:] for side in ("actual", "predicted")))  # fmt: skip
    rows = []
    for cell in LINES:
        predicted, actual = changes(test, MAIN, *cell)
        old, new = (each.total(*cell)[0] / 1e3 for each in (test.before, test.after))
        cells = [percent(side[m]) for m in range(len(MEASURES)) for side in (actual, predicted)]
        rows.append((name_of(cell), f"{old:.1f}", f"{new:.1f}", *cells))
    return markdown(header, rows)


def name_of(cell: tuple[str, str, str]) -> str:
    """Return a flow in words."""
    return f"{cell[0]} to {cell[1]}, {cell[2] or 'goods'}"


def case_table(test: Backtest) -> str:
    """Return the predicted raw changes of the main lines by case."""
    rows = []
    for cell in LINES:
        guesses = [percent(changes(test, case, *cell)[0][0]) for case in CASES]
        rows.append((name_of(cell), percent(changes(test, MAIN, *cell)[1][0]), *guesses))
    return markdown(("flow", "actual, %", *(f"predicted, {case}, %" for case in CASES)), rows)


def sector_table(test: Backtest, origin: str, dest: str) -> str:
    """Return all sectors of a pair, largest first; the shock by product lists beside the other where there is one.

    Points are shown for the product lists only: the pattern by sector is somebody's table and is not reprinted.
    """
    lists = dest == "USA"
    header = ["sector", "2017, bn USD", "actual, %", "actual, against other suppliers, %", "predicted, %",
              "predicted, against other suppliers, %"]  # fmt: skip
    if lists:
        header += ["points, product lists", "predicted, product lists, %", "the same, against other suppliers, %"]
    size = {sector: test.before.total(origin, dest, sector)[0] / 1e3 for sector in test.before.sectors}
    rows = []
    for sector in sorted(size, key=lambda name: -size[name]):
        predicted, actual = changes(test, MAIN, origin, dest, sector)
        cells = [sector, f"{size[sector]:.3f}", *(percent(side[m]) for side in (actual, predicted) for m in (0, 1))]
        if lists:
            points = test.added[BY_LISTS][origin, dest][test.before.sectors.index(sector)]
            second = changes(test, BY_LISTS, origin, dest, sector)[0]
            cells += [f"{points:.1f}", *(percent(second[m]) for m in (0, 1))]
        rows.append(cells)
    return markdown(header, rows)


def fit_table(test: Backtest) -> str:
    """Return the fit over sectors for every pair, measure and case."""
    header = ("flow", "measure", "case", "sectors", "correlation", "slope", "constant", "value of the right sign, %")
    rows = []
    for origin, dest in PAIRS:
        for m, measure in enumerate(MEASURES):
            for case in (case for case in FITTED if dest == "USA" or case != BY_LISTS):
                one = fit(test, case, origin, dest, m)
                numbers = (f"{one.correlation:.2f}", f"{one.slope:.2f}", f"{one.constant:+.2f}")
                signs = f"{100 * one.same_sign:.0f}"
                rows.append((f"{origin} to {dest}", measure, case, str(one.sectors), *numbers, signs))
    return markdown(header, rows)


def tables(test: Backtest) -> dict[str, str]:
    """Return every table of the page by its title."""
    return {
        "The shock": shock_table(test),
        "Main lines": line_table(test),
        "Other elasticities and the other shock": case_table(test),
        "CHN to USA by sector": sector_table(test, "CHN", "USA"),
        "USA to CHN by sector": sector_table(test, "USA", "CHN"),
        "Fit over sectors": fit_table(test),
    }


def main(arguments: Sequence[str]) -> int:
    """Print the tables and return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path(__file__).resolve().parents[2] / "shared" / "data")
    test = backtest(parser.parse_args(arguments).data)
    for title, text in tables(test).items():
        sys.stdout.write(f"## {title}\n\n{text}\n\n")
    for case, result in test.results.items():
        sys.stdout.write(f"{case}: {result.certificate.line}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
