"""Solve Caliendo-Parro as the literature does: the comparator of the bench.

The textbook program nests three loops. Wages move outside by tatonnement on the excess demand for labour relative to
labour income. Given wages, prices are iterated to a fixed point, each pass raising the whole bilateral tensor to the
power -theta. Given prices, spending is either one dense linear system in the N J unknowns, rebuilt and solved at every
wage (``dense=True``), or a fixed point through the input shares that never builds the matrix (``dense=False``).

It is written to be a fair opponent: everything is a numpy array operation, the spending loop starts from the last
solution, and axes are laid out (sector first) so that each contraction streams through memory once. The price loop
starts from ones at every wage, as published programs do (``pf0 = ones``); with ``warm=True`` it starts from the last
prices, which is the strongest form of the same method and is reported beside the others. It stops on the
same residuals as detente, each relative: labour market and trade balance outside, price and spending inside, the inner
ones at a tenth of the tolerance. World-share closure, lump-sum revenue. It shares no code with the package.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

DAMPINGS = (0.4, 0.3, 0.2)
"""Steps tried, the best counts. Published programs use 0.1 to 0.3; above 0.5 no bench world converges."""


class Inputs(Protocol):
    """Describe what a baseline must offer: axes origin, dest, sector; ``input_share[k, o, s]``."""

    @property
    def flows(self) -> Array: ...
    @property
    def tariffs(self) -> Array: ...
    @property
    def value_added_share(self) -> Array: ...
    @property
    def input_share(self) -> Array: ...
    @property
    def trade_elasticity(self) -> Array: ...


@dataclass(frozen=True)
class TextbookSolution:
    """Hold a textbook solution with its costs; ``seconds`` includes the set-up, not the input arrays."""

    wage_hat: Array
    price_hat: Array
    expenditure_new: Array
    welfare_hat: Array
    outer_iterations: int
    inner_iterations: int
    seconds: float
    residual: float
    converged: bool
    damping: float
    price_seconds: float
    expenditure_seconds: float
    note: str = "measured"


@dataclass(frozen=True)
class _Problem:
    """Hold baseline shares and the policy, sector first: ``share[s, d, o]``, ``inputs[o, k, s]``, else ``[s, n]``."""

    share: Array
    barrier: Array
    tariff_factor: Array
    theta: Array
    gamma: Array
    inputs: Array
    final_share: Array
    spending: Array
    value_added: Array
    deficit: Array
    income: Array


@dataclass
class _Tally:
    """Count passes and seconds of the two inner loops."""

    price_passes: int = 0
    spending_passes: int = 0
    price_seconds: float = 0.0
    spending_seconds: float = 0.0
    outer: int = 0
    residuals: list[float] = field(default_factory=list)


def textbook_solve(
    economy: Inputs,
    tariffs_new: Array,
    *,
    dense: bool,
    damping: float,
    warm: bool = False,
    tol: float = 1e-10,
    max_iter: int = 20_000,
) -> TextbookSolution:
    """Return the counterfactual, solved the textbook way.

    Args:
        economy: the baseline. tariffs_new: rates ``[o, d, s]``.
        dense: spending by ``np.linalg.solve`` at each wage, else by fixed point through the input shares.
        warm: start each price loop from the last prices; published programs start it from ones at every wage.
        damping: step of the tatonnement; too large a step does not converge (``converged`` says so).
        tol: largest relative residual of all four blocks. The inner loops stop at a tenth of it.
        max_iter: largest number of wage iterations.
    """
    start = time.perf_counter()
    problem = _problem(economy, tariffs_new)
    wage = np.ones(len(problem.value_added))
    price, spending = np.ones_like(problem.spending), problem.spending
    tally = _Tally()
    residual, converged = np.inf, False
    net, exports, imports = price, wage, wage
    while tally.outer < max_iter:
        tally.outer += 1
        price, cost_power = _price_loop(problem, wage, price if warm else np.ones_like(price), tol / 10, tally)
        border = _border_shares(problem, cost_power, price)
        net = border.sum(axis=2)
        spending = _spending(problem, wage, border, net, spending, tol / 10, tally, dense=dense)
        output, exports, imports = _sales(border, spending)
        excess, residual = _labour_gap(problem, wage, output, exports, imports)
        tally.residuals.append(residual)
        if residual <= tol:
            converged = True
            break
        if not np.isfinite(residual) or (tally.outer > 50 and residual > 1e3 * min(tally.residuals)):
            break
        wage = wage * np.clip(1 + damping * excess, 0.3, 3.0)
        wage = wage * (problem.value_added.sum() / (wage @ problem.value_added))
    return _solution(problem, wage, price, spending, net, residual, converged, damping, tally, start)


def _problem(economy: Inputs, tariffs_new: Array) -> _Problem:
    """Return shares and levels of the baseline and the change of the tariff factor."""
    spent = economy.flows * (1 + economy.tariffs)
    spending = spent.sum(axis=0)
    output = economy.flows.sum(axis=1)
    share = np.divide(spent, spending[None], out=np.zeros_like(spent), where=spending[None] > 0)
    value_added = (economy.value_added_share * output).sum(axis=1)
    imports, exports = economy.flows.sum(axis=(0, 2)), economy.flows.sum(axis=(1, 2))
    revenue = (economy.flows * economy.tariffs).sum(axis=(0, 2))
    final = spending - np.einsum("kds,ds->dk", economy.input_share, output)
    return _Problem(
        share=np.ascontiguousarray(share.transpose(2, 1, 0)),
        barrier=np.ascontiguousarray(((1 + tariffs_new) / (1 + economy.tariffs)).transpose(2, 1, 0)),
        tariff_factor=np.ascontiguousarray((1 + tariffs_new).transpose(2, 1, 0)),
        theta=economy.trade_elasticity,
        gamma=np.ascontiguousarray(economy.value_added_share.T),
        inputs=np.ascontiguousarray(economy.input_share.transpose(1, 0, 2)),
        final_share=np.ascontiguousarray((final / final.sum(axis=1, keepdims=True)).T),
        spending=np.ascontiguousarray(spending.T),
        value_added=value_added,
        deficit=imports - exports,
        income=value_added + revenue + imports - exports,
    )


# ---------------------------------------------------------------- prices at given wages


def _price_loop(problem: _Problem, wage: Array, price: Array, tol: float, tally: _Tally) -> tuple[Array, Array]:
    """Return prices at given wages, and the last tensor (cost * barrier)^-theta: N^2 J powers a pass."""
    start = time.perf_counter()
    active = problem.spending > 0
    for _ in range(10_000):
        tally.price_passes += 1
        power = _delivered_power(problem, _unit_cost(problem, wage, price))
        sums = np.einsum("sdo,sdo->sd", problem.share, power)
        new = np.where(active, np.where(active, sums, 1.0) ** (-1 / problem.theta[:, None]), 1.0)
        change = np.max(np.abs(new / price - 1))
        price = new
        if change <= tol:
            break
    tally.price_seconds += time.perf_counter() - start
    return price, power


def _unit_cost(problem: _Problem, wage: Array, price: Array) -> Array:
    """Return c[s, o] = w_o^gamma prod_k P_ok^g_kos."""
    from_inputs = np.matmul(np.log(price).T[:, None, :], problem.inputs)[:, 0, :].T
    return np.asarray(np.exp(problem.gamma * np.log(wage) + from_inputs))


def _delivered_power(problem: _Problem, cost: Array) -> Array:
    """Return (c_os barrier_ods)^-theta_s as ``[s, d, o]``."""
    return np.asarray((cost[:, None, :] * problem.barrier) ** -problem.theta[:, None, None])


def _border_shares(problem: _Problem, power: Array, price: Array) -> Array:
    """Return pi' / (1 + t') as ``[s, d, o]``, from the powers of the last price pass."""
    return problem.share * power * (price ** problem.theta[:, None])[:, :, None] / problem.tariff_factor


# ---------------------------------------------------------------- spending at given prices


def _spending(
    problem: _Problem, wage: Array, border: Array, net: Array, guess: Array, tol: float, tally: _Tally, *, dense: bool
) -> Array:
    """Return X'[s, d] at given wages and shares, by one of the two methods."""
    start = time.perf_counter()
    if dense:
        solution = _spending_dense(problem, wage, border, net)
    else:
        solution = _spending_matrix_free(problem, wage, border, net, guess, tol, tally)
    tally.spending_seconds += time.perf_counter() - start
    return solution


def _spending_dense(problem: _Problem, wage: Array, border: Array, net: Array) -> Array:
    """Solve (I - M) X = alpha (wL + D), M the inputs and the revenue that a dollar of spending sets off."""
    j, n, _ = border.shape
    # built transposed, so that the innermost axis is contiguous and LAPACK's column order needs no reshuffling
    columns = border[:, :, None, :] * -problem.inputs.transpose(2, 1, 0)[:, None, :, :]  # columns (s, n), rows (k, d)
    countries = np.arange(n)
    wedge = np.where(problem.spending > 0, 1 - net, 0.0)
    columns[:, countries, :, countries] -= wedge.T[:, :, None] * problem.final_share.T[:, None, :]
    columns = columns.reshape(j * n, j * n)
    columns.flat[:: j * n + 1] += 1
    right = problem.final_share * (wage * problem.value_added + problem.deficit)
    return np.asarray(np.linalg.solve(columns.T, right.ravel()).reshape(j, n))


def _spending_matrix_free(
    problem: _Problem, wage: Array, border: Array, net: Array, spending: Array, tol: float, tally: _Tally
) -> Array:
    """Iterate X = g Y(X) + alpha I(X) from the last spending."""
    fixed_income = wage * problem.value_added + problem.deficit
    wedge = np.where(problem.spending > 0, 1 - net, 0.0)
    scale = np.where(problem.spending > 0, 1.0, np.inf)
    for _ in range(10_000):
        tally.spending_passes += 1
        output = np.matmul(spending[:, None, :], border)[:, 0, :]
        income = fixed_income + (wedge * spending).sum(axis=0)
        use = np.matmul(problem.inputs, output.T[:, :, None])[:, :, 0].T
        new = use + problem.final_share * income
        change = np.max(np.abs(new - spending) / np.where(new > 0, new, 1.0) / scale)
        spending = new
        if change <= tol:
            break
    return spending


# ---------------------------------------------------------------- wages


def _sales(border: Array, spending: Array) -> tuple[Array, Array, Array]:
    """Return output[s, o] and each country's exports and imports at border value."""
    output = np.matmul(spending[:, None, :], border)[:, 0, :]
    home = (np.einsum("snn->sn", border) * spending).sum(axis=0)
    imports = (border.sum(axis=2) * spending).sum(axis=0) - home
    return output, output.sum(axis=0) - home, imports


def _labour_gap(problem: _Problem, wage: Array, output: Array, exports: Array, imports: Array) -> tuple[Array, float]:
    """Return excess demand for labour over labour income, and the worst residual of labour and trade balance."""
    labour_income = wage * problem.value_added
    excess = (problem.gamma * output).sum(axis=0) / labour_income - 1
    balance = (imports - exports - problem.deficit) / np.maximum(exports, imports)
    return excess, float(max(np.max(np.abs(excess)), np.max(np.abs(balance))))


def _solution(
    problem: _Problem,
    wage: Array,
    price: Array,
    spending: Array,
    net: Array,
    residual: float,
    converged: bool,
    damping: float,
    tally: _Tally,
    start: float,
) -> TextbookSolution:
    """Return the solution with welfare = real income."""
    income = wage * problem.value_added + (spending * (1 - net)).sum(axis=0) + problem.deficit
    consumer_price = np.exp((problem.final_share * np.log(price)).sum(axis=0))
    return TextbookSolution(
        wage_hat=wage,
        price_hat=price.T,
        expenditure_new=spending.T,
        welfare_hat=income / problem.income / consumer_price,
        outer_iterations=tally.outer,
        inner_iterations=tally.price_passes + tally.spending_passes,
        seconds=time.perf_counter() - start,
        residual=residual,
        converged=converged,
        damping=damping,
        price_seconds=tally.price_seconds,
        expenditure_seconds=tally.spending_seconds,
    )


# ---------------------------------------------------------------- timing


def best_matrix_free(
    economy: Inputs,
    tariffs_new: Array,
    *,
    warm: bool = False,
    dampings: tuple[float, ...] = DAMPINGS,
    tol: float = 1e-10,
    repeat: int = 3,
) -> TextbookSolution:
    """Return the matrix-free solution at the best damping, timed by the best of ``repeat`` runs.

    The damping with the fewest inner passes wins; the search is not charged to it. Where none of them converges,
    smaller and smaller steps are tried.
    """
    trials = [
        textbook_solve(economy, tariffs_new, dense=False, damping=d, warm=warm, tol=tol, max_iter=2000)
        for d in dampings
    ]
    converged = [trial for trial in trials if trial.converged]
    if converged:
        best = min(converged, key=lambda trial: trial.inner_iterations)
        again = [
            textbook_solve(economy, tariffs_new, dense=False, damping=best.damping, warm=warm, tol=tol)
            for _ in range(repeat - 1)
        ]
        return min([best, *again], key=lambda trial: trial.seconds)
    if min(dampings) < 1e-3:
        raise RuntimeError("the textbook program converges at no damping")
    smaller = tuple(damping / 4 for damping in dampings)
    return best_matrix_free(economy, tariffs_new, warm=warm, dampings=smaller, tol=tol, repeat=repeat)


def time_dense(
    economy: Inputs, tariffs_new: Array, twin: TextbookSolution, *, budget: float, sample: int = 3, tol: float = 1e-10
) -> TextbookSolution:
    """Return the dense solution, run to the end if ``budget`` seconds allow it, otherwise its extrapolated time.

    The dense program takes the same wage iterations (but for the last one or two) and the same price passes as its
    matrix-free twin at the same damping and differs only in the spending step. So when it does not fit the budget,
    ``sample`` wage iterations are run, and its time is the twin's time without spending plus the twin's number of wage
    iterations times the measured seconds of a dense spending step. ``note`` says which of the two it was; the numbers
    of an extrapolated one are the twin's.
    """
    probe = textbook_solve(economy, tariffs_new, dense=True, damping=twin.damping, tol=tol, max_iter=sample)
    each = probe.expenditure_seconds / probe.outer_iterations
    seconds = twin.seconds - twin.expenditure_seconds + twin.outer_iterations * each
    if seconds <= budget:
        return textbook_solve(economy, tariffs_new, dense=True, damping=twin.damping, tol=tol)
    note = f"extrapolated: {probe.outer_iterations} of {twin.outer_iterations} dense steps run, {each:.3g} s each"
    return replace(twin, seconds=seconds, expenditure_seconds=twin.outer_iterations * each, note=note)
