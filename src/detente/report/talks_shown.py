"""Settled talks as they are shown: their tables, whose they are, what was asked; from the search or from a bundle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from detente.report.layout import TABLES, TALKS_NAMES
from detente.strategy.talks import Talks

Columns = Mapping[str, Sequence[Any]]


@dataclass(frozen=True, eq=False)
class ShownTalks:
    """Talks as tables.

    Attributes:
        codes: the players. matters: names of the issues, in the order of the packages. rule: the solution asked for.
        tables: name -> columns.
    """

    codes: tuple[str, ...]
    matters: tuple[str, ...]
    rule: str
    tables: Mapping[str, Columns]

    def columns(self, name: str) -> Columns:
        """Return a table: packages, points, concessions, linkages, threats or truces."""
        return self.tables[name]


def shown_talks(talks: Talks) -> ShownTalks:
    """Return settled talks as they are shown."""
    question = talks.question
    matters = tuple(matter.name for matter in question.matters)
    return ShownTalks(question.players.codes, matters, talks.rule, {name: talks.columns(name) for name in TALKS_NAMES})


def stored_talks(folder: Path, codes: Sequence[str], matters: Sequence[str], rule: str) -> ShownTalks:
    """Return the talks of a bundle.

    Args:
        folder: of the bundle. codes: the players. matters: names of the issues. rule: the solution asked for.
    Raises:
        OSError: a table that is not there.
    """
    import pyarrow.parquet as pq

    tables = {name: pq.read_table(folder / TABLES / f"talks_{name}.parquet").to_pydict() for name in TALKS_NAMES}
    return ShownTalks(tuple(codes), tuple(matters), rule, tables)
