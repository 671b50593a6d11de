"""Is the certificate honest? Spoilt outputs, early stops and thresholds must be told; numbers must stay locked."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from detente.certify import recompute
from detente.core.arrays import Array
from detente.core.certificate import CERTIFIED, NOT_SOLVED, UNCERTIFIED
from detente.core.errors import SolveError
from detente.core.instruments import Bound, CriticalInput
from detente.core.result import Result
from detente.equilibrium.counterfactual import solve
from detente.verify import instruments, worlds
from detente.verify.check import Check, Checks, refused, same, within

SPOIL: Final = 1e-5
LINE: Final = 1e-9
SPOILT: Final = (
    ("wage_hat", "factor_market"),
    ("cost_hat", "share_price"),
    ("price_hat", "share_price"),
    ("share_new", "share_price"),
    ("share_new", "share_sums"),
    ("share_new", "goods_market"),
    ("expenditure_new", "goods_market"),
    ("expenditure_new", "flows"),
    ("flows_new", "flows"),
    ("revenue_new", "income"),
    ("income_new", "income"),
    ("income_new", "goods_market"),
    ("deficit_new", "deficits"),
    ("deficit_new", "trade_balance"),
    ("welfare_hat", "welfare_identity"),
    ("tariffs_new", "share_price"),
    ("tariffs_new", "income"),
    ("trade_elasticity", "share_price"),
    ("input_share", "share_price"),
    ("flows", "baseline"),
    ("tariffs", "baseline"),
    ("share", "baseline"),
    ("value_added", "baseline"),
    ("income", "baseline"),
    ("deficit", "baseline"),
    ("final_share", "baseline"),
    ("expenditure", "baseline"),
)
"""Array spoilt in one place -> equation that must say so."""


def check_certificate(quick: bool) -> Checks:
    """Check that the certificate tells what is wrong and that nothing uncertified can be read."""
    toy = worlds.toy()
    rates, kappa = worlds.new_tariffs(toy), worlds.new_costs(toy)
    good = solve(toy, rates, kappa)
    cert = good.certificate
    found = [
        same("certificate", "a plain solve is certified, grade A", (cert.status, cert.grade), (CERTIFIED, "A")),
        within("certificate", "at a line of 1e-9", cert.tolerance, LINE),
        within("certificate", "every residual below it", cert.worst[1], LINE),
        same("certificate", "and converged to 1e-10", good.provenance["settings"]["tol"], 1e-10),
    ]
    return found + _spoilt(good) + _swapped(good) + _unfinished(toy, rates)


def _spoilt(good: Result) -> Checks:
    """Return one check for each array and equation: a relative error of 1e-5 in one cell is seen there."""
    found = []
    for name, block in SPOILT:
        arrays: dict[str, Any] = {key: np.array(value) for key, value in good.arrays.items()}
        place = _place(arrays[name])
        arrays[name][place] *= 1 + SPOIL
        value = _residual(arrays, good, block)
        found.append(within("certificate", f"{name} spoilt by 1e-5: {block} tells", -value, -10 * LINE))
    return found


def _place(array: np.ndarray) -> tuple[int, ...]:
    """Return where an array is largest, away from home cells where it is bilateral."""
    size = np.abs(array)
    if array.ndim == 3 and array.shape[0] == array.shape[1]:
        size = size * ~np.eye(len(array), dtype=bool)[:, :, None]
    return tuple(int(i) for i in np.unravel_index(int(size.argmax()), size.shape))


def _swapped(good: Result) -> Checks:
    """Return checks that swapped axes, another numeraire, float32 and missing values are seen."""
    whole = {key: np.array(value) for key, value in good.arrays.items()}
    nominal = ("wage_hat", "cost_hat", "price_hat", "expenditure_new", "flows_new", "revenue_new", "income_new",
               "deficit_new", "final_exogenous_new")  # fmt: skip
    broken: list[tuple[str, str, dict[str, Any]]] = [
        ("importer and exporter swapped", "flows", {"flows_new": whole["flows_new"].swapaxes(0, 1).copy()}),
        ("inputs transposed", "share_price", {"input_share": whole["input_share"].swapaxes(0, 2).copy()}),
        ("another numeraire", "walras", {key: whole[key] * 1.001 for key in nominal}),
        ("float32", "dtype", {"welfare_hat": whole["welfare_hat"].astype(np.float32)}),
        ("not a number", "welfare_identity", {"welfare_hat": np.full_like(whole["welfare_hat"], np.nan)}),
    ]
    return [
        within("certificate", f"{name}: {block} tells", -_residual(whole | change, good, block), -10 * LINE)
        for name, block, change in broken
    ]


def _residual(arrays: dict[str, Any], good: Result, block: str) -> float:
    """Return what the certificate says about one equation; 0 if it says nothing."""
    residuals = recompute(arrays, good.closure, good.countries, good.sectors)
    return float(residuals.get(block, (0.0, ""))[0])


def _unfinished(toy: Any, rates: np.ndarray) -> Checks:
    """Return checks that an early stop and a loose solve end without readable numbers."""
    early, loose = solve(toy, rates, max_iter=3, throw=False), solve(toy, rates, tol=1e-2, throw=False)
    found: list[Check] = [
        same("certificate", "three passes are not a solution", early.status, NOT_SOLVED),
        same("certificate", "and the solver says so", early.solver_status, "MAX_ITER"),
        same("certificate", "a loose solve is not certified", loose.status, UNCERTIFIED),
        refused("certificate", "three passes raise", SolveError, lambda: solve(toy, rates, max_iter=3)),
        refused("certificate", "a loose solve raises", SolveError, lambda: solve(toy, rates, tol=1e-2)),
    ]
    for name, result in (("three passes", early), ("a loose solve", loose)):
        read = _reader(result)
        found.append(refused("certificate", f"{name}: numbers cannot be read", SolveError, read))
        found.append(refused("certificate", f"{name}: tables cannot be read", SolveError, _table_reader(result)))
        said = result.certificate.line
        found.append(same("certificate", f"{name}: the line does not say certified", said.startswith(CERTIFIED), False))
    return found


def _reader(result: Result) -> Any:
    return lambda: result.welfare_hat


def _table_reader(result: Result) -> Any:
    return lambda: result.columns("countries")


SPOILT_INSTRUMENTS: Final = (
    "wedge", "bound_wedge", "rent_exporter", "rent_importer", "rent_other", "rent_lost", "transfer_new", "directed_new",
    "value_added_share_new", "input_share_new",
)  # fmt: skip


def check_instruments(quick: bool) -> Checks:
    """Check that the certificate sees every array of instruments that is spoilt, and every bound that is edited."""
    base = instruments.world()
    bounds = (
        instruments.on("quota", volume=0.6, to="exporter"),
        instruments.on("quota", (0, 2, 1), volume=0.6, to="lost"),
        instruments.on("fixed", (1, 0, 1), rate=0.2, to=base.countries[3]),
        instruments.on("minimum", (2, 1, 1), volume=1.2, to="importer"),
        instruments.on("demand", (2, 1, 1), value_musd=3.0, to="importer"),
    )
    users = tuple((country, base.sectors[1]) for country in base.countries)
    result = instruments.under(*bounds, critical=(CriticalInput(base.sectors[0], users, 0.3),))

    def worst(arrays: dict[str, Array], levers: tuple[Bound, ...] = bounds) -> float:
        found = recompute(arrays, result.closure, base.countries, base.sectors, levers)
        return max(value for value, _ in found.values())

    checks: Checks = [within("instruments", "certificate: untouched", worst(result.arrays), 1e-9)]
    for name in SPOILT_INSTRUMENTS:
        arrays = result.arrays
        array = np.array(arrays[name])
        array.flat[int(np.abs(array - (name == "wedge")).argmax())] *= 1 + 1e-4
        checks.append(
            within("instruments", f"certificate: sees a spoilt {name}", -worst(arrays | {name: array}), -1e-9)
        )
    more = (instruments.on("quota", volume=0.61, to="exporter"), *bounds[1:])
    looser = (instruments.on("quota", volume=0.0, to="exporter"), *bounds[1:])
    for levers in (more, looser):
        checks.append(within("instruments", "certificate: sees another bound", -worst(result.arrays, levers), -1e-9))
    return checks
