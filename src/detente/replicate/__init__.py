"""Published papers solved again from their authors' public inputs, beside the values that they print.

A room above the strategy and beside `verify`: it asks the model what a paper asks, and compares. Published values are
in `published.csv` with their source and are read by `rows` alone, after everything is solved; `inputs.csv` says which
files a paper needs, where they come from, and their checksums.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from detente.core.errors import UsageError, nearest
from detente.replicate import caliendo_parro, gains, liberation_day, ossa, tariff_war
from detente.replicate.inputs import Inputs, inputs_of
from detente.replicate.rows import Cells, Replication, Row

__all__ = ["PAPERS", "Replication", "Row", "replicate"]

Solver = Callable[[Inputs], Cells]

PAPERS: Final[Mapping[str, tuple[str, Solver, tuple[str, ...]]]] = MappingProxyType(
    {
        module.PAPER: (module.TITLE, module.tables, module.NOTES)
        for module in (caliendo_parro, ossa, tariff_war, liberation_day, gains)
    }
)
"""Paper -> title, what solves it, what differs."""


def replicate(paper: str, data: str | Path) -> Replication:
    """Return every table of a paper that its public inputs allow, solved again.

    Args:
        paper: a name of `PAPERS`. data: the folder of its inputs, or the folder above it.
    Raises:
        UsageError: unknown paper. MissingDataError: inputs that are not there, with where they come from.
        DataError: inputs that cannot be read. SolveError: something without a certified equilibrium.
    """
    if paper not in PAPERS:
        hint = nearest(str(paper), [*PAPERS])
        try_ = f"; try {hint}" if hint else ""
        raise UsageError(f"paper: found {paper!r}; expected one of {', '.join(PAPERS)}{try_}")
    title, tables, notes = PAPERS[paper]
    inputs = inputs_of(paper, Path(data))
    started = time.perf_counter()
    rows = tables(inputs).rows()
    seconds = time.perf_counter() - started
    return Replication(paper, title, rows, (*notes, *inputs.notes), dict(inputs.found), seconds)
