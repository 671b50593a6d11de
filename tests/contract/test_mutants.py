"""The planted-bug gate: one line of the package is made wrong, and `detente verify --quick` must see it (exit 5).

A verify that cannot see a broken model is decoration. Each mutant names the law that catches it, so
that `--only` keeps it quick.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

import detente
from detente.verify import LAWS

PACKAGE = Path(detente.__file__).parent
LEFT_OUT = shutil.ignore_patterns("__pycache__")


@dataclass(frozen=True)
class Mutant:
    """One planted bug. `old` is a line or the part of one that occurs exactly once in `file`."""

    name: str
    law: str
    file: str
    old: str
    new: str


MUTANTS = (
    # income and receipts
    Mutant("revenue omitted from income", "I04", "model/clearing.py",
           "income, owed = earned + R + D, D", "income, owed = earned + D, D"),
    Mutant("revenue omitted from income in outputs", "I04", "equilibrium/assemble.py",
           "income_new = labour_income + revenue_new + deficit_new", "income_new = labour_income + deficit_new"),
    # market structures
    Mutant("profits are nobody's income", "markets", "model/firms.py",
           "return wL if firms is None else wL + profits(firms, Y)", "return wL"),
    Mutant("mark-up 1/theta for 1/sigma", "markets", "core/market.py",
           "frozen_array(1 / (theta + 1))", "frozen_array(1 / theta)"),
    Mutant("entry follows output, not output over cost", "markets", "model/firms.py",
           "firms.psi_theta * (np.log(ratio) - lc)", "firms.psi_theta * np.log(ratio)"),
    Mutant("profits pay for inputs too", "markets", "model/firms.py",
           "return Y if firms is None else (1 - firms.m) * Y", "return Y"),
    Mutant("a tariff counts like an iceberg", "markets", "model/trade.py", "** (phi[d] - 1)", "** 0"),
    Mutant("fixed costs leave the destination", "markets", "model/firms.py",
           "return home if firms is None or firms.labour is None else home + firms.labour.local(M)", "return home"),
    Mutant("revenue relieves nobody", "markets", "model/firms.py",
           "(R - self.R0) / wL if self.relief else", "0 * R if self.relief else"),
    Mutant("prices without the size of the market", "markets", "model/firms.py",
           "size: Array = (1 - self.phi)", "size: Array = 0 * (1 - self.phi)"),
    Mutant("welfare without work", "markets", "model/welfare.py", "delta = E / before", "delta = 1.0 + 0 * before"),
    Mutant("producers paid tariff-inclusive value", "I04", "model/trade.py",
           "return A, A / (1 + t_new[o, d, s])", "return A, A"),
    Mutant("producers paid tariff-inclusive value in the base", "I04", "baseline/baseline.py",
           "return frozen_array(self.share_rows / (1 + self.tariffs.transpose(2, 1, 0)))",
           "return frozen_array(self.share_rows)"),
    Mutant("old tariffs in new revenue", "I04", "equilibrium/assemble.py",
           'revenue_new = np.einsum("ods,ods->d", flows_new, shock.t_new)',
           'revenue_new = np.einsum("ods,ods->d", flows_new, base.tariffs)'),
    Mutant("old tariffs at the border", "golden", "model/trade.py",
           "return A, A / (1 + t_new[o, d, s])", "return A, A / (1 + t[o, d, s])"),
    # deficits and numeraire
    Mutant("deficit sign flipped", "I04", "baseline/baseline.py", "gap = imports - exports", "gap = exports - imports"),
    Mutant("deficit sign flipped in the shock", "I04", "equilibrium/shock.py",
           "D=self.D_new[:, None],", "D=-self.D_new[:, None],"),
    Mutant("deficit dropped", "I04", "equilibrium/shock.py", "D=self.D_new[:, None],", "D=0 * self.D_new[:, None],"),
    Mutant("deficits nominal under world-share", "I03", "equilibrium/shock.py",
           "return -1 if numeraire in (None, WORLD_INCOME) else",
           "return -1 if numeraire == WORLD_INCOME else 0 if numeraire is None else"),
    Mutant("deficits nominal in the wrong wage", "I03", "equilibrium/shock.py",
           "self.base.countries.index(str(numeraire))", "self.base.countries.index(str(numeraire)) - 1"),
    # prices, shares and technology
    Mutant("theta - 1 for theta", "golden", "model/trade.py",
           "pi * np.exp(-theta * np.log(barrier))", "pi * np.exp(-(theta - 1) * np.log(barrier))"),
    Mutant("theta - 1 in costs", "golden", "model/clearing.py",
           "u = np.exp(-econ.theta * (tech.lc - trade.c0))", "u = np.exp(-(econ.theta - 1) * (tech.lc - trade.c0))"),
    Mutant("theta - 1 throughout", "golden", "baseline/checks.py",
           '"trade_elasticity": (trade_elasticity, (j,)',
           '"trade_elasticity": (np.subtract(trade_elasticity, 1), (j,)'),
    Mutant("1/theta in the packaged world", "facts", "baseline/catalogue.py",
           "value_added_share, input_share, theta, sources=meta)",
           "value_added_share, input_share, 1 / theta, sources=meta)"),
    Mutant("1/theta", "golden", "equilibrium/shock.py",
           "theta=self.elasticities[:, None],", "theta=1 / self.elasticities[:, None],"),
    Mutant("input-output matrix transposed", "golden", "model/technology.py",
           "return gamma_io @ Y", "return gamma_io.swapaxes(1, 2) @ Y"),
    Mutant("input-output matrix transposed in prices", "golden", "model/technology.py",
           "gamma_io.swapaxes(1, 2) @ lP", "gamma_io @ lP"),
    Mutant("no inputs in prices", "golden", "model/technology.py",
           "gamma * lw[:, None, :] + gamma_io.swapaxes(1, 2) @ lP", "gamma * lw[:, None, :] + 0 * lP"),
    Mutant("budget shares not renormalised", "B06", "equilibrium/shock.py",
           "shares: Array = alpha / alpha.sum(axis=1, keepdims=True)", "shares: Array = alpha"),
    Mutant("demand outside the budget dropped", "I04", "model/technology.py",
           "(I - Z.sum(axis=1))[:, None, :] + Z", "(I - Z.sum(axis=1))[:, None, :] + 0 * Z"),
    Mutant("treatment forgets the negative part", "B06", "baseline/checks.py",
           "return base.replace(final_exogenous=negative, meta",
           "return base.replace(final_exogenous=0 * negative, meta"),
    Mutant("shares not renormalised", "I02", "equilibrium/assemble.py",
           "shares /= S", "shares /= 1.0"),
    # welfare
    Mutant("welfare without revenue", "I01", "equilibrium/assemble.py",
           'if shock.closure.revenue == "wasted":', 'if shock.closure.revenue != "wasted":'),
    Mutant("welfare with wrong weights", "I01", "model/welfare.py",
           "np.exp((alpha * np.log(P_hat)).sum(axis=1))", "np.exp(np.log(P_hat).mean(axis=1))"),
    Mutant("welfare with weights of all spending", "I01", "equilibrium/assemble.py",
           "welfare_hat(base.final_share, price_hat",
           "welfare_hat(base.expenditure / base.expenditure.sum(axis=1)[:, None], price_hat"),
    # numbers as stored, convergence and certificate
    Mutant("tolerance 1e-3", "certificate", "equilibrium/root.py", "TOL: Final = 1e-10", "TOL: Final = 1e-3"),
    Mutant("certificate's line at 1e-3", "certificate", "certify/grade.py",
           "THRESHOLD: Final = 1e-9", "THRESHOLD: Final = 1e-3"),
    Mutant("float32 output", "I06", "equilibrium/assemble.py",
           "wage_hat = np.exp(lw) / unit", "wage_hat = (np.exp(lw) / unit).astype(np.float32)"),
    Mutant("float32 in the file", "store", "report/bundle.py",
           "np.ascontiguousarray(array, dtype=np.float64)", "np.ascontiguousarray(array, dtype=np.float32)"),
    Mutant("certified set unconditionally", "certificate", "certify/grade.py",
           "status = _status(worst <= threshold, evidence)", "status = CERTIFIED"),
    Mutant("residuals not asked", "certificate", "certify/grade.py", "    if not met:", "    if False:"),
    Mutant("the solver's end not asked", "certificate", "certify/grade.py",
           "if evidence.solver_status != CONVERGED:", "if False:"),
    Mutant("uncertified numbers can be read", "certificate", "core/result.py",
           "if not self.certificate.ok:", "if False:"),
    Mutant("nothing raised", "certificate", "equilibrium/counterfactual.py", "    if cert.ok:", "    if True:"),
    Mutant("certificate without goods market", "certificate", "certify/recompute.py",
           'residuals["goods_market"] = _goods_market(stored, sums)', 'residuals["goods_market"] = (0.0, "")'),
    Mutant("certificate without welfare identity", "certificate", "certify/recompute.py",
           'residuals["welfare_identity"] = _welfare_identity(stored, sums, closure, technology)', "pass"),
    # policy and calendar
    Mutant("shock read as percent", "units", "core/units.py",
           "value = parse_number(number) / 100.0", "value = parse_number(number)"),
    Mutant("rates in tenths of a percent", "units", "core/units.py",
           "value = parse_number(number) / 100.0", "value = parse_number(number) / 1000.0"),
    Mutant("importer and exporter swapped", "policy", "policy/grid.py",
           "pairs = (o[keep] * n + d[keep]) * j", "pairs = (d[keep] * n + o[keep]) * j"),
    Mutant("importer and exporter swapped in a table", "policy", "policy/rates.py",
           "return [(o * n + d) * j + s for", "return [(d * n + o) * j + s for"),
    Mutant("tariff also on home sales", "policy", "policy/grid.py", "keep = o != d", "keep = o == o"),
    Mutant("tariff also on services", "policy", "policy/grid.py",
           "if code not in services]", "if code]"),
    Mutant("until inclusive", "I23", "scenario/calendar.py", "day >= measure.until", "day > measure.until"),
    Mutant("from exclusive", "I23", "scenario/calendar.py", "day < measure.from_", "day <= measure.from_"),
    Mutant("+pp treated as all-in", "units", "core/units.py",
           'return Rate(value, added=unit == "pp")', "return Rate(value, added=False)"),
    Mutant("stacking by max", "I24", "policy/stacking.py",
           '    for layer in modes["add"]:\n        total[layer.cells] += layer.values',
           '    for layer in modes["add"]:\n        total[layer.cells] = np.maximum(total[layer.cells], layer.values)'),
    Mutant("points by max", "I24", "policy/stacking.py",
           "    for layer in points:\n        total[layer.cells] += layer.values",
           "    for layer in points:\n        total[layer.cells] = np.maximum(total[layer.cells], layer.values)"),
    Mutant("threatened counted as in force", "I23", "scenario/calendar.py",
           'if measure.status not in ("in-force", "scheduled"):',
           'if measure.status not in ("in-force", "scheduled", "threatened"):'),
    Mutant("comparator ignored", "I23", "scenario/execute.py",
           "if comparator.tariffs is not None:", "if False:"),
    # what is made of a result
    Mutant("one decomposition part missing", "I25", "equilibrium/decompose.py",
           'parts = {"terms_of_trade": terms, "trade_costs": costs, ',
           'parts = {"terms_of_trade": terms, "trade_costs": 0 * costs, '),
    Mutant("residual of the decomposition hidden", "I25", "equilibrium/decompose.py",
           "residual = target - total", "residual = 0 * target"),
    Mutant("diversion at new prices", "diversion", "equilibrium/diversion.py",
           'result.flows_new / result["wedge"] / result.cost_hat[:, None, :] - result.baseline.flows',
           "result.flows_new - result.baseline.flows"),
    Mutant("groups averaged without weights", "tables", "core/tables.py",
           '"real_income_pct": 100 * (members @ variation) / (members @ spendable)',
           '"real_income_pct": 100 * (members @ (variation / spendable)) / members.sum(axis=1)'),
    Mutant("average tariff over imports with duty", "tables", "core/tables.py",
           '"average_tariff_pct": 100 * revenue_new / np.where(toward > 0, toward, 1.0)',
           '"average_tariff_pct": 100 * revenue_new / np.where(toward > 0, toward + revenue_new, 1.0)'),
    Mutant("average tariffs weighted with new flows", "tables", "core/pairs.py",
           "weights = old[:, :, goods]", "weights = new[:, :, goods]"),
    # instruments and critical inputs
    Mutant("rent to the other end", "I20", "equilibrium/instruments.py",
           "int(ends[0 if to == EXPORTER else 1][cell])", "int(ends[1 if to == EXPORTER else 0][cell])"),
    Mutant("wedge without theta", "I20", "model/wedge.py",
           "a = wedges.A * np.exp(-wedges.theta * cell)", "a = wedges.A * np.exp(-cell)"),
    Mutant("producers receive the rents as well", "instruments", "model/clearing.py",
           "Y, income, owed = Y - took.withheld, income", "Y, income, owed = Y, income"),
    Mutant("lost rents paid to nobody", "I20", "model/wedge.py",
           "np.where(lost, 1.0 - licence_share(wedges, gap), 1.0)", "np.where(lost, 1.0, 1.0)"),
    Mutant("floor upside down", "instruments", "model/wedge.py",
           "np.maximum(links.floor - log_cost[at], 0.0)", "np.maximum(log_cost[at] - links.floor, 0.0)"),
    Mutant("volumes with their rents", "I20", "model/wedge.py",
           "volume = F * np.exp(-chain.cell - lc[wedges.origin, wedges.sector])",
           "volume = F * np.exp(-lc[wedges.origin, wedges.sector])"),
    Mutant("every instrument collects at the border", "instruments", "model/wedge.py",
           "collected = F[at] * np.exp(-chain.outer) *", "collected = F[at] *"),
    Mutant("licences on the excess", "instruments", "model/wedge.py",
           "share[links.licensed] = np.exp(-np.maximum(gap[links.bound[links.licensed]], 0.0))",
           "share[links.licensed] = 1.0"),
    Mutant("commitments may tax", "instruments", "equilibrium/instruments.py",
           "upper=_column([0.0 if low else np.inf", "upper=_column([np.inf if low else np.inf"),
    Mutant("the payer of a guarantee is paid", "instruments", "model/wedge.py",
           "summed(amount, bounds.producer[given], n) - summed(amount, bounds.payer[given], n)",
           "summed(amount, bounds.payer[given], n) - summed(amount, bounds.producer[given], n)"),
    Mutant("tariff twice beyond a quota", "instruments", "equilibrium/instruments.py",
           "np.maximum(0.0, due - np.log(tau[cell]))", "np.maximum(0.0, due)"),
    Mutant("named purchases cost nobody", "instruments", "equilibrium/counterfactual.py",
           "Z = Z + once(directed_demand, base, wedges.bounds)", "once(directed_demand, base, wedges.bounds)"),
    Mutant("embargo on the other direction", "I20", "equilibrium/instruments.py",
           "kappa[country[o], country[d], sector[s]] = np.inf", "kappa[country[d], country[o], sector[s]] = np.inf"),
    Mutant("receipts of rents not in the balance", "instruments", "model/clearing.py",
           "income + took.transfers, D + took.transfers - took.rents", "income + took.transfers, D"),
    Mutant("cost shares of the rest stay", "critical", "model/nest.py",
           "cost[o, s], kept[o, s] = own, np.exp(one * (lc0 - own))", "cost[o, s], kept[o, s] = own, 1.0"),
    Mutant("sign of the exponent of a critical share", "critical", "model/nest.py",
           "np.where(held, one * (q - own), 0.0)", "np.where(held, one * (own - q), 0.0)"),
    Mutant("rho for 1 - rho", "critical", "model/nest.py",
           "1.0 - share.sum(axis=0), 1.0 - nests.rho[o, s]", "1.0 - share.sum(axis=0), nests.rho[o, s]"),
    Mutant("critical use on top of the old use", "critical", "model/nest.py",
           "more = (tech.share[:, o, s] - nests.share[:, o, s] * tech.kept[o, s]) * Y[o, s]",
           "more = tech.share[:, o, s] * Y[o, s]"),
    Mutant("certificate without instruments", "instruments", "certify/recompute.py",
           "return residuals | instrument_residuals(arrays, bounds, countries, sectors, sums.taken, once)",
           "return residuals"),
    Mutant("certificate without complementarity", "instruments", "certify/instruments.py",
           '"complementarity": _complementarity(seen)', '"complementarity": (0.0, "")'),
    # strategy
    Mutant("wrong sign in the adjoint", "I16", "model/adjoint.py",
           "value -= worth.revenue[d, column]", "value += worth.revenue[d, column]"),
    Mutant("no closure of deficits in the adjoint of a wage", "I16", "model/adjoint.py",
           "seeds.wage) / m.V + worth.earned", "seeds.wage) / m.V + worth.earned - worth.income"),
    Mutant("theta for theta + 1 in the slope of a tariff", "I17", "model/adjoint.py",
           "slope = slope - (phi * theta + 1) * border", "slope = slope - phi * theta * border"),
    Mutant("tariff-inclusive shares in the adjoint", "I17", "model/adjoint.py",
           "F = pi * at.X[..., 0].T[:, :, None] / tau", "F = pi * at.X[..., 0].T[:, :, None]"),
    Mutant("Nash stopped after one round", "I18", "strategy/search.py", "EVALUATIONS: Final = 120",
           "EVALUATIONS: Final = 2"),
    Mutant("first-order conditions hardly met", "I18", "strategy/search.py", "FOC: Final = 1e-9", "FOC: Final = 1e-2"),
    Mutant("every player serves the first", "I18", "strategy/search.py",
           "self._rule(m, found.worth, controls.cells, controls.player)",
           "self._rule(m, found.worth, controls.cells, 0)"),
    Mutant("one side of a bargain alone is served", "I19", "strategy/cooperative.py",
           "due, self.weights = rule(gains + slopes @ stopped, (slopes * (reach * (side == 0))) @ slopes.T)",
           "due = self.weights = np.eye(len(gains))[0]"),
    # talks
    Mutant("threat point replaced by baseline", "talks", "strategy/talks.py",
           "return self.of_law(self.question.no_deal)", "return 0 * self.of_law(self.question.no_deal)"),
    Mutant("packages on the day of the file", "talks", "scenario/packages.py",
           "return case.horizon or case.as_of", "return case.as_of"),
    Mutant("deals that one side refuses", "talks", "strategy/bargaining.py",
           "(U - u0 >= -SAME).all(axis=1)", "(U - u0 >= -SAME).any(axis=1)"),
    Mutant("Nash maximises the sum of gains", "talks", "strategy/bargaining.py",
           "(beta[helped] * np.log(gains[helped])).sum()", "(beta[helped] * gains[helped]).sum()"),
    Mutant("odds against the deal", "talks", "strategy/threat.py",
           "(refuse - accept) / (refuse - threat)", "(accept - threat) / (refuse - threat)"),
    Mutant("truce broken by both at once", "talks", "scenario/situations.py",
           "found.laws.add((), own, _rest(ids, own), day)", "found.laws.add((), ids, (), day)"),
    Mutant("packages on the observed world", "talks", "scenario/talks.py",
           "start = world.purged() if closure == PURGED else world", "start = world.purged() if closure else world"),
    Mutant("weights by sector ignored", "talks", "strategy/objective.py",
           "(weights * new).sum(axis=1) / (weights * old).sum(axis=1)", "new.sum(axis=1) / old.sum(axis=1)"),
    # data
    Mutant("percent tariffs accepted", "units", "baseline/checks.py",
           "((foreign > 1).mean() > 0.02 or np.quantile(foreign, 0.9) > 1)", "foreign.min() > 1"),
    Mutant("flows read with origin and dest swapped", "facts", "baseline/catalogue.py",
           "return Baseline.from_flows(countries, sectors, flows, tariffs, value",
           "return Baseline.from_flows(countries, sectors, flows.swapaxes(0, 1), tariffs, value"),
    Mutant("tariffs read with origin and dest swapped", "facts", "baseline/catalogue.py",
           "return Baseline.from_flows(countries, sectors, flows, tariffs, value",
           "return Baseline.from_flows(countries, sectors, flows, tariffs.swapaxes(0, 1), value"),
)  # fmt: skip
CONTROL = Mutant(
    "a comment and nothing else", "", "model/technology.py", "return gamma_io @ Y", "return gamma_io @ Y  # same"
)
FAST = (
    "revenue omitted from income",
    "importer and exporter swapped",
    "one decomposition part missing",
    "certified set unconditionally",
    "rent to the other end",
)


def planted(mutant: Mutant, folder: Path) -> Path:
    """Copy the package into a folder with one line changed."""
    copy = folder / "detente"
    shutil.copytree(PACKAGE, copy, ignore=LEFT_OUT)
    path = copy / mutant.file
    text = path.read_text(encoding="utf-8")
    assert text.count(mutant.old) == 1, f"{mutant.file}: {mutant.old!r} occurs {text.count(mutant.old)} times"
    changed = text.replace(mutant.old, mutant.new)
    before, after = text.splitlines(), changed.splitlines()
    assert len(before) == len(after), f"{mutant.name}: adds or removes lines"
    assert sum(a != b for a, b in zip(before, after, strict=True)) == 1, f"{mutant.name}: not exactly one line"
    path.write_text(changed, encoding="utf-8")
    return folder


def verified(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `detente verify --quick` on the package in a folder."""
    unchecked = {key: value for key, value in os.environ.items() if key != "DETENTE_CHECK_SHAPES"}
    env = unchecked | {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "detente", "verify", "--quick", *arguments]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=120, check=False)


def cases() -> list[object]:
    """Return the mutants as parameters; all but a few are slow."""
    marks = {mutant.name: () if mutant.name in FAST else pytest.mark.slow for mutant in MUTANTS}
    return [pytest.param(mutant, id=mutant.name, marks=marks[mutant.name]) for mutant in MUTANTS]


@pytest.mark.parametrize("mutant", cases())
def test_a_planted_bug_is_seen(mutant: Mutant, tmp_path: Path) -> None:
    """Each wrong line makes its law fail: exit 5, and the law is named."""
    done = verified(planted(mutant, tmp_path), "--only", mutant.law)
    assert done.returncode == 5, f"{mutant.name} survives {mutant.law}: {done.stdout}{done.stderr}"
    assert f"FAILED {mutant.law}" in done.stdout


@pytest.mark.slow
def test_a_line_that_changes_nothing_passes(tmp_path: Path) -> None:
    """Control: the copied package passes every law, so that it is the planted line that fails."""
    done = verified(planted(CONTROL, tmp_path))
    assert done.returncode == 0, f"{done.stdout}{done.stderr}"
    assert done.stdout.rstrip().endswith("all ok")


def test_mutants_are_many_and_name_laws() -> None:
    """Every mutant has a name of its own and a law that exists; the fast ones are among them."""
    names = [mutant.name for mutant in MUTANTS]
    assert len(names) == len(set(names)) >= 22
    assert {mutant.law for mutant in MUTANTS} <= set(LAWS)
    assert set(FAST) <= set(names)
