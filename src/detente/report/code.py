"""How to make a figure again: the command and the Python that the page shows beside it."""

from __future__ import annotations

import shlex

from detente.report.content import Code
from detente.report.select import View
from detente.strategy.talks import NO_DEAL

STORED = "scenario.yaml"


def code_of(view: View, figure: str, table: str) -> Code:
    """Return the two ways to make a figure and its numbers again.

    Args:
        figure: its name. table: an expression of Python on `run` that gives its numbers.
    """
    names = [branch.name for branch in view.branches]
    if names[0] == NO_DEAL:  # the branches of talks: no file has them by name, the folder of the talks has
        words = ["detente", "export", ".", "--figures", figure, "--to", f"../{figure}.svg"]
        return Code(
            shlex.join(words), f'import detente as dt\ntalks = dt.talks(dt.scenario("{STORED}"))\ntalks.packages'
        )
    command = shlex.join(
        ["detente", "export", STORED, "--branch", ",".join(names), "--figures", figure, "--to", f"{figure}.svg"]
    )
    bands = view.branches[0].result.bands
    drawn = "" if bands is None else f", draws={bands.asked}, seed={bands.seed}"
    python = f'import detente as dt\nrun = dt.run(dt.scenario("{STORED}"), branches={names!r}{drawn})\n{table}'
    return Code(command, python)
