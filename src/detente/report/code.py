"""How to make a figure again: the command and the Python that the page shows beside it."""

from __future__ import annotations

import shlex
from typing import Final

from detente.report.content import Code
from detente.report.select import View
from detente.strategy.talks import NO_DEAL

STORED: Final = "scenario.yaml"
PACKAGES: Final = "packages"


def code_of(view: View, figure: str, table: str) -> Code:
    """Return the two ways to make a figure and its numbers again.

    What one command cannot make from the file, bands and talks, is made as a folder first.
    Args:
        figure: its name. table: an expression of Python on `run` that gives its numbers.
    """
    names = [branch.name for branch in view.branches]
    if names[0] == NO_DEAL or figure == PACKAGES:
        rule = "nash" if view.talks is None else view.talks.rule
        first = ["detente", "talks", STORED, "--solution", rule, "--out", "talks"]
        python = f'import detente as dt\ntalks = dt.talks(dt.scenario("{STORED}"), solution="{rule}")\ntalks.packages'
        return Code(f"{shlex.join(first)}\n{_export('talks', figure)}", python)
    bands, listed = view.branches[0].result.bands, ",".join(names)
    drawn = "" if bands is None else f", draws={bands.asked}, seed={bands.seed}"
    python = f'import detente as dt\nrun = dt.run(dt.scenario("{STORED}"), branches={names!r}{drawn})\n{table}'
    if bands is None:
        return Code(_export(STORED, figure, "--branch", listed), python)
    first = ["detente", "run", STORED, "--branch", listed, "--draws", str(bands.asked), "--seed", str(bands.seed)]
    return Code(f"{shlex.join([*first, '--out', 'drawn'])}\n{_export('drawn', figure)}", python)


def _export(source: str, figure: str, *more: str) -> str:
    return shlex.join(["detente", "export", source, *more, "--figures", figure, "--to", f"{figure}.svg"])
