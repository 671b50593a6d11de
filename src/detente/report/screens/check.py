"""Check: residuals, warnings, vintages, licences, limits, citations; how to repeat it all."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any, Final

from detente.report.choice import Choice
from detente.report.content import Grid
from detente.report.people import NO_HOUSEHOLDS, POPULATION_SOURCE
from detente.report.select import BranchView, View
from detente.scenario.schema import MAIN
from detente.strategy.talks import NO_DEAL

LIMITS: Final = (
    "no frictions: a long-run model; workers and capital move between sectors at no cost, and nothing says how fast",
    "one wage per economy, perfect competition, full employment; no money, no exchange rate, no financial markets",
    "sector averages: a tariff acts on a sector as if on every product in it alike",
    "trade elasticities drive the size of every number; try more than one set, and draws, before quoting one",
)


def content(view: View, choice: Choice) -> Mapping[str, Any]:
    """Return certificates, warnings, weaknesses, limits, sources and commands."""
    meta = view.run.base.meta
    return {
        "certificates": [certificate_grid(branch) for branch in view.branches],
        "warnings": [
            (branch.mark or branch.name, warn.code, warn.text)
            for branch in view.branches
            for warn in branch.result.certificate.warnings
        ],
        "notes": list(dict.fromkeys(text for plan in view.run.plans.values() for text in plan.warnings)),
        "weaknesses": [str(text) for text in meta.get("known_weaknesses", ())],
        "limits": LIMITS,
        "licence": str(meta.get("licence", "")),
        "people": f"{POPULATION_SOURCE}; {NO_HOUSEHOLDS}",
        "command": command(view),
        "python": python(view),
    }


def certificate_grid(branch: BranchView) -> Grid:
    """Return the recomputed residuals of a branch."""
    cert = branch.result.certificate
    rows = [(name, f"{value:.1e}", where) for name, (value, where) in cert.residuals.items()]
    if cert.uniqueness.get("claim"):
        rows.append(("other starts", str(cert.uniqueness.get("distinct", "-")), str(cert.uniqueness["claim"])))
    if cert.conditioning.get("cond"):
        digits = cert.conditioning.get("digits")
        rows.append(("condition", f"{cert.conditioning['cond']:.1e}", f"{digits} significant digits" if digits else ""))
    caption = f"{branch.mark} {branch.name}: {cert.line}".strip()
    head = ("equation", "largest relative error", "where")
    return Grid(caption, head, tuple(rows), text_columns=frozenset({2}))


def settled(view: View) -> bool:
    """Return whether the branches are those of talks, no deal and the deal, which no file has by name."""
    return view.branches[0].name == NO_DEAL


def _rule(view: View) -> str:
    return "nash" if view.talks is None else view.talks.rule


def command(view: View) -> str:
    """Return the line that solves the same branches again, beside the bundle's scenario."""
    if settled(view):
        return shlex.join(["detente", "talks", "scenario.yaml", "--solution", _rule(view)])
    names = ",".join(branch.name for branch in view.branches)
    words = ["detente", "run", "scenario.yaml", "--branch", names]
    if MAIN in view.run:
        words += ["--on", str(view.run.plans[MAIN].regime.date)]
    bands = view.branches[0].result.bands
    words += [] if bands is None else ["--draws", str(bands.asked), "--seed", str(bands.seed)]
    return shlex.join(words)


def python(view: View) -> str:
    """Return the same in Python."""
    if settled(view):
        return f'import detente as dt\ndt.talks(dt.scenario("scenario.yaml"), solution="{_rule(view)}").acceptable()'
    names = [branch.name for branch in view.branches]
    bands = view.branches[0].result.bands
    more = f', on="{view.run.plans[MAIN].regime.date}"' if MAIN in view.run else ""
    more += "" if bands is None else f", draws={bands.asked}, seed={bands.seed}"
    return "\n".join(
        [
            "import detente as dt",
            f'run = dt.run(dt.scenario("scenario.yaml"), branches={names!r}{more})',
            f'run[{names[0]!r}].table("countries")',
        ]
    )
