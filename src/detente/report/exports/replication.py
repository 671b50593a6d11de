"""A replication package as journals ask for it: inputs, code, outputs, and a README that says what is what.

The order of the README follows the template of the social science data editors, in our own words.
"""

from __future__ import annotations

import platform
import zipfile
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Final

import detente
from detente.core.errors import UsageError
from detente.report.bundle import repeat_command
from detente.report.charts.base import pdf
from detente.report.cite import bibtex
from detente.report.content import csv_text
from detente.report.environment import PACKAGES
from detente.report.exports.carried import SHEETS, Carried
from detente.report.exports.latex import headline
from detente.report.screens import FIGURES, figure
from detente.report.screens.measures import MeasureRow, listed
from detente.report.select import View
from detente.scenario.resolve import dump

MADE: Final = (1980, 1, 1, 0, 0, 0)
FOLDER: Final = "replication"


def write_replication(item: Carried, path: Path, *, figures: tuple[str, ...] = ()) -> None:
    """Write a zip with README, scenario, code, tables, figures, citations and versions.

    Args:
        item: of a run. path: the file. figures: names; none means all that this run has, without the slow ones.
    Raises:
        UsageError: a single result, which has no scenario to run again.
    """
    view = item.view
    if view is None:
        raise UsageError("export: found a single result; expected a run of a scenario for a replication package")
    parts: dict[str, bytes] = {
        "README.md": readme(item, view).encode(),
        "run.sh": _shell(view).encode(),
        "run.py": _python(view).encode(),
        "requirements.txt": _requirements().encode(),
        "scenario.yaml": _scenario(view).encode(),
        "citations.bib": bibtex(view.run).encode(),
        "output/headline.tex": headline(view).encode(),
    }
    for name in SHEETS:
        if name in item.tables:
            parts[f"output/tables/{name}.csv"] = csv_text(item.tables[name]).encode()
    for name in figures or FIGURES:
        found = figure(name, view)
        if found is not None:
            parts[f"output/figures/{found.id}.pdf"] = pdf(found.spec)
            parts[f"output/figures/{found.id}.csv"] = csv_text(found.columns).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            entry = zipfile.ZipInfo(f"{FOLDER}/{name}", MADE)
            entry.external_attr = (0o755 if name.endswith(".sh") else 0o644) << 16
            archive.writestr(entry, data, zipfile.ZIP_DEFLATED)


def _scenario(view: View) -> str:
    base = view.run.base
    moved = any(plan.comparator_wedges.tariffs is not None for plan in view.run.plans.values())
    start = str(base.meta["parent"]) if moved else base.sha256
    return dump(view.run.scenario.resolved(baseline_sha256=start))


def _command(view: View) -> str:
    return repeat_command(view.run, {}) + " --out results --force"


def _shell(view: View) -> str:
    lines = [
        "#!/bin/sh", "# Makes every number, table and figure again; needs Python 3.11 or newer.", "set -e",
        "python3 -m venv .venv", ".venv/bin/python -m pip install -r requirements.txt", f".venv/bin/{_command(view)}",
        ".venv/bin/detente verify results", ".venv/bin/detente export results --to results-tables.xlsx --force",
        ".venv/bin/python run.py",
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def _python(view: View) -> str:
    names = [branch.name for branch in view.branches]
    return "\n".join(
        [
            '"""Solve the scenario again and print its headline numbers."""',
            "import detente as dt",
            "",
            f'run = dt.run(dt.scenario("scenario.yaml"), branches={names!r})',
            "for name in run:",
            "    print(name, run[name].certificate.line)",
            '    table = run[name].table("countries")',
            f"    print(table[table.country.isin({list(view.countries)!r})].to_string(index=False))",
            "",
        ]
    )


def _requirements() -> str:
    lines = [f"detente=={detente.__version__}"]
    for name in (each for each in PACKAGES if each not in ("pyarrow", "altair")):
        try:
            lines.append(f"{name}=={metadata.version(name)}")
        except metadata.PackageNotFoundError:
            continue
    return "\n".join(lines) + "\n"


def readme(item: Carried, view: View) -> str:
    """Return the README of a package: data and their availability, programs, what makes what, how long it takes."""
    return "\n".join(part(item, view) for part in PARTS)


def _overview(item: Carried, view: View) -> str:
    return f"""# Replication package: {item.title}

## Overview

`run.sh` makes every number, table and figure of this package again from `scenario.yaml`, with one program,
detente {detente.__version__}. It needs no data other than those that the program holds. It takes under five minutes
on an ordinary computer.
"""


def _availability(item: Carried, view: View) -> str:
    base = view.run.base
    years = ", ".join(f"{what} {year}" for what, year in base.meta.get("years", {}).items())
    terms = _line(base.meta.get("licence", "not stated"))
    acts = "\n".join(f"| {row.measure.id} | {_source(row)} | {'ours' if row.measure.assumed else 'source'} |"
                     for row in _measures(view))  # fmt: skip
    return f"""## Data availability and provenance

The authors of a paper that uses this package state here that they have the right to use the data and to publish them
with the package: **fill in**. What follows is what the program knows.

| data | where | years | terms |
|---|---|---|---|
| world `{base.id}` | inside the program; sha256 `{base.sha256}` | {years or "not stated"} | {terms} |
| trade elasticities, set `{base.elasticity_set}` | inside the program; `citations.bib` | | cite the papers |
| policy | `scenario.yaml`; acts by title and date below | until {view.run.scenario.as_of} | public acts |

| measure | source | level |
|---|---|---|
{acts}

"ours" means that the level is an assumption and not in the source. Nothing is confidential, nothing has to be bought or
applied for.
"""


def _requirements_part(item: Carried, view: View) -> str:
    return f"""## Computational requirements

Made with Python {platform.python_version()} on {platform.system()} {platform.machine()}. Versions of the packages are
in `requirements.txt`. No random numbers are used{_seed(view)}. Any computer with 2 cores and 4 GB of memory is enough.
Results agree to 1e-10 across processors and operating systems; on one machine they are the same.
"""


def _seed(view: View) -> str:
    drawn = any(branch.bands for branch in view.branches)
    return f" but for the draws of the bands, whose seed is {view.run.scenario.uncertainty.seed}" if drawn else ""


def _programs(item: Carried, view: View) -> str:
    return f"""## Programs

| file | does |
|---|---|
| `run.sh` | installs the versions named, solves, checks the certificate, writes tables and figures |
| `run.py` | the same from Python, printing the headline numbers |
| `scenario.yaml` | every measure with its dates, sources and levels; the closure; the world with its checksum |

Without `run.sh`: `{_command(view)}`, then `detente verify results`.
"""


def _outputs(item: Carried, view: View) -> str:
    figures = "\n".join(f"| `output/figures/{name}*.pdf` | `detente export results --figures {name} --to {name}.pdf` |"
                        for name in FIGURES)  # fmt: skip
    tables = "\n".join(f"| `output/tables/{name}.csv` | `detente export results --tables {name} --to {name}.csv` |"
                       for name in SHEETS if name in item.tables)  # fmt: skip
    return f"""## What makes what

| file | command |
|---|---|
| `output/headline.tex` | `detente export results --to headline.tex` |
{tables}
{figures}

Figures that this run has nothing to show in are not there. Each figure has its numbers beside it as CSV.

## Certificate

{chr(10).join(f"* {branch.name}: {branch.result.certificate.line}" for branch in view.branches)}

## References

`citations.bib` has the program, the model, the data, the elasticities and the acts.
"""


PARTS: Final[tuple[Callable[[Carried, View], str], ...]] = (
    _overview, _availability, _requirements_part, _programs, _outputs,
)  # fmt: skip


def _measures(view: View) -> list[MeasureRow]:
    return [row for row in listed(view) if not row.reason]


def _source(row: MeasureRow) -> str:
    source = row.measure.source
    return "none stated" if source is None else _line(f"{source.title}{f', {source.date}' if source.date else ''}")


def _line(text: object) -> str:
    return str(text).replace("|", "/").replace("\n", " ")
