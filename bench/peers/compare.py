"""Compare detente with two Python peers on the same inputs, and print the tables of docs/explanation/peers.md.

    python bench/peers/compare.py --puremacro PYTHON --gegravity PYTHON [--data ../shared/data] [--json out.json]

PYTHON is the interpreter of an environment that holds the peer, see README.md; a peer without one is left out. Each
peer runs in a process of its own, on one thread, and times itself after its imports: nobody is charged for starting.
Times are seconds of processor time, which other programs on the machine lengthen less than those of the clock.
puremacro's answer is put through detente's certificate, so that residuals mean the same on both sides.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

THREADS: Final = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
if __name__ == "__main__" and any(os.environ.get(name) != "1" for name in THREADS):
    os.environ.update(dict.fromkeys(THREADS, "1"))
    os.execv(sys.executable, [sys.executable, *sys.argv])  # numpy reads the variables when it is first imported

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import numpy as np  # noqa: E402
from worlds import ONE_THETA, Array, OneSector, nafta, one_sector, raised_cost  # noqa: E402

import detente as dt  # noqa: E402
from detente.certify import recompute  # noqa: E402
from detente.core.closure import Closure  # noqa: E402
from detente.core.result import all_arrays  # noqa: E402

TOLERANCES: Final = (1e-8, 1e-12)
"""Given to puremacro: its default, and one at which both sides are at rounding."""
LADDER: Final = tuple(10.0**-k for k in range(6, 14))
SHOWN: Final = ("USA", "CAN", "MEX")
REFERENCE: Final = "DEU"
GRAVITY_SHOWN: Final = ("USA", "CHN", "MEX", "VNM", "DEU")


# ---------------------------------------------------------------- puremacro, NAFTA


@dataclass(frozen=True)
class Side:
    """One solve.

    Attributes:
        residual, where: worst of the certificate, with its equation and place. seconds: of the processor; ours include
        the certificate. changes: code -> (welfare, wage). [percent]
    """

    program: str
    tolerance: float
    residual: float
    where: str
    passes: int
    seconds: float
    changes: dict[str, tuple[float, float]]


def peer_run(python: str, script: str, inputs: dict[str, Any], *arguments: str) -> dict[str, Any]:
    """Run a peer's script on one thread in its own interpreter and return the arrays that it wrote."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "world.npz"), Path(folder, "answer.npz")
        np.savez(source, **inputs)
        command = [python, str(HERE / script), str(source), str(target), *arguments]
        clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        subprocess.run(command, check=True, env=clean | dict.fromkeys(THREADS, "1"))
        with np.load(target, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}


def nafta_inputs(base: dt.Baseline, rates: Array) -> dict[str, Any]:
    """Return what puremacro is given: shares, elasticities, value added and tariffs of the same baseline."""
    names = ("share", "value_added_share", "input_share", "final_share", "trade_elasticity", "value_added", "tariffs")
    return {name: np.asarray(getattr(base, name)) for name in names} | {"tariffs_new": rates}


def certified_residual(base: dt.Baseline, rates: Array, answer: dict[str, Any]) -> tuple[float, str]:
    """Return the worst residual of somebody else's answer by detente's certificate, and where it is.

    Costs are not in the answer and follow from its wages and prices; flows follow from its shares and spending.
    """
    inputs = np.einsum("kos,ok->os", base.input_share, np.log(answer["price_hat"]))
    cost = np.exp(base.value_added_share * np.log(answer["wage_hat"])[:, None] + inputs)
    flows = answer["share_new"] * answer["expenditure_new"] / (1 + rates)
    nothing = np.zeros(len(base.countries))
    stored = {name: answer[name] for name in
              ("wage_hat", "price_hat", "share_new", "expenditure_new", "revenue_new", "welfare_hat")}  # fmt: skip
    stored |= {"tariffs_new": rates, "cost_hat": cost, "flows_new": flows, "deficit_new": nothing}
    stored |= {"income_new": answer["wage_hat"] * base.value_added + answer["revenue_new"]}
    stored |= {"final_exogenous_new": np.zeros_like(base.final_exogenous)}
    residuals = recompute(all_arrays(base, stored), Closure("balanced"), base.countries, base.sectors)
    name = max(residuals, key=lambda key: residuals[key][0])
    return residuals[name][0], f"{name}, {residuals[name][1]}"


def changes_of(countries: Sequence[str], welfare_hat: Array, wage_hat: Array) -> dict[str, tuple[float, float]]:
    """Return percent changes of welfare and wage."""
    at = {code: list(countries).index(code) for code in SHOWN}
    return {code: (100 * (float(welfare_hat[i]) - 1), 100 * (float(wage_hat[i]) - 1)) for code, i in at.items()}


def ours(base: dt.Baseline, rates: Array, at_most: float, repeat: int) -> Side:
    """Return our solve at the loosest tolerance whose certificate is at most as bad as a residual, best of several."""
    for tolerance in LADDER:
        result = dt.solve(base, rates, tol=tolerance, throw=False)
        name, residual, place = result.certificate.worst
        if residual <= at_most:
            break
    arrays = all_arrays(base, result.stored)  # a loose solve is not certified, so its numbers are not read as a result
    return Side(
        program="detente",
        tolerance=tolerance,
        residual=residual,
        where=f"{name}, {place}",
        passes=result.certificate.iterations,
        seconds=processor_seconds(partial(dt.solve, base, rates, tol=tolerance, throw=False), repeat),
        changes=changes_of(base.countries, arrays["welfare_hat"], arrays["wage_hat"]),
    )


def processor_seconds(work: Callable[[], object], repeat: int) -> float:
    """Return the least processor time of several calls."""
    taken = []
    for _ in range(repeat):
        started = time.process_time()
        work()
        taken.append(time.process_time() - started)
    return min(taken)


def nafta_rows(python: str, data: Path, repeat: int, peer_repeat: int) -> tuple[list[Side], dict[str, float]]:
    """Return theirs and ours at each tolerance, and facts: set-up seconds and the largest difference of welfare."""
    base, rates = nafta(data)
    inputs, rows, facts = nafta_inputs(base, rates), [], {}
    for tolerance in TOLERANCES:
        answers = [peer_run(python, "run_puremacro.py", inputs, f"{tolerance:g}") for _ in range(peer_repeat)]
        answer = min(answers, key=lambda each: float(each["seconds"][1]))
        residual, where = certified_residual(base, rates, answer)
        changed = changes_of(base.countries, answer["welfare_hat"], answer["wage_hat"])
        peer = Side("puremacro", tolerance, residual, where, int(answer["iterations"]),
                    float(answer["seconds"][1]), changed)  # fmt: skip
        rows += [peer, ours(base, rates, residual, repeat)]
        tight = dt.solve(base, rates, tol=1e-12)
        facts[f"set-up of puremacro at {tolerance:g}, s"] = float(answer["seconds"][0])
        facts[f"largest welfare difference at {tolerance:g}"] = float(
            np.abs(answer["welfare_hat"] / tight.welfare_hat - 1).max()
        )
    fresh = [base.replace(id="fresh") for _ in range(5)]
    facts["first solve of a fresh baseline, with certificate, s"] = min(
        processor_seconds(partial(dt.solve, world, rates, tol=1e-12), 1) for world in fresh
    )
    return rows, facts


def nafta_table(rows: Sequence[Side]) -> str:
    """Return the comparison as a table."""
    header = (
        "program", "tolerance", "worst residual by our certificate", "iterations", "seconds", "times faster",
        *(f"{code} welfare, %" for code in SHOWN), *(f"{code} wage, %" for code in SHOWN),
    )  # fmt: skip
    lines = []
    for peer, own in zip(rows[::2], rows[1::2], strict=True):
        for side in (peer, own):
            numbers = [f"{side.changes[code][part]:+.9f}" for part in (0, 1) for code in SHOWN]
            ratio = "" if side is peer else f"{peer.seconds / own.seconds:.0f}"
            lines.append((side.program, f"{side.tolerance:g}", f"{side.residual:.1e} ({side.where})", str(side.passes),
                          f"{side.seconds:.4f}", ratio, *numbers))  # fmt: skip
    return markdown(header, lines)


# ---------------------------------------------------------------- gegravity, one sector


@dataclass(frozen=True)
class Gravity:
    """Changes by country in percent: real income and the producer price over the reference country's price index."""

    case: str
    program: str
    seconds: float | None
    welfare: dict[str, float]
    price: dict[str, float]
    largest_gap: float
    """Largest relative difference of any country's producer price from detente's."""


def gravity_rows(python: str, repeat: int) -> list[Gravity]:
    """Return the one-sector comparison, balanced and with deficits, and the whole model beside it."""
    rows = []
    for balanced in (True, False):
        world = one_sector(balanced=balanced)
        case = "balanced" if balanced else "with deficits"
        closure = "balanced" if balanced else "world-share"
        cost = world.cost_hat[:, :, None]
        solve = partial(dt.solve, world.base, trade_cost_hat=cost, closure=closure, tol=1e-12)
        result, seconds = solve(), processor_seconds(solve, repeat)
        reference = world.base.countries.index(REFERENCE)
        price = result.wage_hat / result.price_hat[reference, 0]
        rows.append(gravity(world, case, "detente", seconds, result.welfare_hat, price, price))
        answer = peer_run(python, "run_gegravity.py", gravity_inputs(world))
        theirs = float(answer["seconds"].sum())
        rows.append(gravity(world, case, "gegravity", theirs, answer["welfare"], answer["price"], price))
        again = answer["updated_welfare"], answer["updated_price"]
        rows.append(gravity(world, case, "gegravity, shares updated", None, *again, price))
    rows.append(gravity(world, case, "plain iteration, gegravity's deficits", None, *plain(world, REFERENCE), price))
    return [*rows, whole_model()]


def plain(world: OneSector, reference: str) -> tuple[Array, Array]:
    """Return welfare and producer prices over the reference's index, by tatonnement with spending over output fixed.

    Shares no code with either program: it shows that the rule for deficits is all that is left between them. Spending
    is scaled to world output, as in the updated shares of ``run_gegravity.py``.
    """
    flows = np.asarray(world.base.flows[:, :, 0])
    output, spending = flows.sum(axis=1), flows.sum(axis=0)
    price, excess = np.ones(len(output)), np.full(len(output), np.inf)
    while np.abs(excess - 1).max() > 1e-13:
        sold = flows / spending * (price[:, None] * world.cost_hat) ** -ONE_THETA
        budget = spending * price * (output @ price) / (spending @ price)
        excess = (sold / sold.sum(axis=0)) @ budget / (output * price)
        price = price * excess**0.2
    index = (flows / spending * (price[:, None] * world.cost_hat) ** -ONE_THETA).sum(axis=0) ** (-1 / ONE_THETA)
    return price / index, price / index[world.base.countries.index(reference)]


def gravity_inputs(world: OneSector) -> dict[str, Any]:
    """Return what gegravity is given; the elasticity of substitution is theta + 1."""
    return {
        "countries": np.array(world.base.countries),
        "flows": np.asarray(world.base.flows[:, :, 0]),
        "cost_hat": world.cost_hat,
        "sigma": np.array(ONE_THETA + 1),
        "reference": np.array(REFERENCE),
    }


def gravity(
    world: OneSector, case: str, program: str, seconds: float | None, welfare: Array, price: Array, own: Array
) -> Gravity:
    """Return one row."""
    at = {code: world.base.countries.index(code) for code in GRAVITY_SHOWN}
    changed = {code: 100 * (float(welfare[i]) - 1) for code, i in at.items()}
    prices = {code: 100 * (float(price[i]) - 1) for code, i in at.items()}
    return Gravity(case, program, seconds, changed, prices, float(np.abs(price / own - 1).max()))


def whole_model() -> Gravity:
    """Return detente's own answer with 28 sectors, inputs, tariffs and deficits to the same change of costs."""
    base = dt.baseline("world-2022")
    cost = np.repeat(raised_cost(base.countries)[:, :, None], len(base.sectors), axis=2)
    result = dt.solve(base, trade_cost_hat=cost)
    at = {code: base.countries.index(code) for code in GRAVITY_SHOWN}
    changed = {code: 100 * (float(result.welfare_hat[i]) - 1) for code, i in at.items()}
    return Gravity("28 sectors, inputs, tariffs", "detente", None, changed, {}, float("nan"))


def gravity_table(rows: Sequence[Gravity]) -> str:
    """Return the comparison as a table."""
    header = ("world", "program", "seconds", *(f"{code} real income, %" for code in GRAVITY_SHOWN),
              "USA price, %", "CHN price, %", "largest gap of a price")  # fmt: skip
    lines = []
    for row in rows:
        prices = [f"{row.price[code]:+.7f}" if row.price else "" for code in ("USA", "CHN")]
        gap = f"{row.largest_gap:.0e}" if row.price and row.program != "detente" else ""
        welfare = [f"{row.welfare[code]:+.7f}" for code in GRAVITY_SHOWN]
        seconds = "" if row.seconds is None else f"{row.seconds:.4f}"
        lines.append((row.case, row.program, seconds, *welfare, *prices, gap))
    return markdown(header, lines)


def markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table as it stands on the page."""
    lines = [list(header), ["---"] * len(header), *map(list, rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def main(arguments: Sequence[str]) -> int:
    """Run the comparisons that an interpreter was given for, and print their tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--puremacro", help="interpreter of an environment with puremacro")
    parser.add_argument("--gegravity", help="interpreter of an environment with gegravity")
    parser.add_argument("--data", type=Path, default=HERE.parents[2] / "shared" / "data")
    parser.add_argument("--repeat", type=int, default=7, help="our solves, the best counts")
    parser.add_argument("--peer-repeat", type=int, default=1, help="runs of puremacro, the best counts")
    parser.add_argument("--json", type=Path, help="write the rows to this file")
    options = parser.parse_args(arguments)
    record: dict[str, Any] = {}
    if options.puremacro:
        rows, facts = nafta_rows(options.puremacro, options.data, options.repeat, options.peer_repeat)
        sys.stdout.write(f"## NAFTA, puremacro\n\n{nafta_table(rows)}\n\n")
        sys.stdout.write("".join(f"{name}: {value:.3g}\n" for name, value in facts.items()) + "\n")
        record["nafta"] = {"rows": [asdict(row) for row in rows], "facts": facts}
    if options.gegravity:
        gravity_found = gravity_rows(options.gegravity, options.repeat)
        sys.stdout.write(f"## One sector, gegravity\n\n{gravity_table(gravity_found)}\n")
        record["gravity"] = [asdict(row) for row in gravity_found]
    if options.json:
        options.json.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
