"""What is carried away: tables in long format under their names, facts beside them, and the view for figures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import detente
from detente.core.errors import UsageError, nearest
from detente.core.result import Result
from detente.report.content import Columns
from detente.report.layout import PLAIN_TABLES
from detente.report.screens.measures import facts as assumed_facts
from detente.report.screens.measures import listed
from detente.report.select import View
from detente.report.select import view as shown
from detente.report.tables import names_of, table_of
from detente.report.text import units
from detente.scenario.execute import ScenarioRun

DEFAULT_TABLE: Final = "countries"
SHEETS: Final = ("countries", "sectors", "pairs", "instruments", "diversion", "pressure")
"""Tables of a workbook where none are named: those that people read; tariffs and flows have a row for every cell."""


class Tables(Mapping[str, Columns]):
    """Tables by name, each made when it is first asked for: some have a row for every cell of the world."""

    def __init__(self, names: Iterable[str], make: Callable[[str], Columns]) -> None:
        self._names, self._make = tuple(names), make
        self._made: dict[str, Columns] = {}

    def __getitem__(self, name: str) -> Columns:
        """Return a table.

        Raises:
            KeyError: no such table.
        """
        if name not in self._names:
            raise KeyError(name)
        if name not in self._made:
            self._made[name] = self._make(name)
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


@dataclass(frozen=True)
class Carried:
    """Something to be exported.

    Attributes:
        title: with the comparator. tables: name -> columns, in the order of a bundle. facts: what the numbers rest on,
            as (word, sentence). results: branch -> result. view: for figures; None for a single result.
    """

    title: str
    tables: Mapping[str, Columns]
    facts: tuple[tuple[str, str], ...]
    results: Mapping[str, Result]
    view: View | None = None
    labels: Mapping[str, str] = field(default_factory=dict)

    def known(self, names: Iterable[str]) -> None:
        """Refuse names of tables that are not here.

        Raises:
            UsageError: the first of them, with the nearest.
        """
        for name in names:
            if name not in tuple(self.tables):
                hint = nearest(name, [*self.tables])
                text = f"tables: found {name!r}; expected one of {', '.join(self.tables)}"
                raise UsageError(text + (f"; try {hint!r}" if hint else ""))

    def table(self, name: str) -> Columns:
        """Return a table by its name.

        Raises:
            UsageError: no such table here.
        """
        self.known((name,))
        return self.tables[name]


def carried(item: ScenarioRun | View | Result) -> Carried:
    """Return what is to be exported of a run, of what is shown of it, or of one result.

    Raises:
        UsageError: something else. SolveError: a result that is not certified.
    """
    if isinstance(item, Result):
        return _of_result(item)
    if isinstance(item, ScenarioRun):
        return _of_view(shown(item))
    if isinstance(item, View):
        return _of_view(item)
    expected = "what dt.run or dt.solve returns"
    raise UsageError(f"export: found {type(item).__name__}; expected {expected}")


def _of_view(view: View) -> Carried:
    run = view.run
    facts = [
        ("title", run.scenario.title or run.scenario.id),
        ("scenario", f"{run.scenario.id}, sha256 {run.scenario.sha256}"),
        ("as of", str(run.scenario.as_of)),
        ("compared with", run.comparator),
        ("units", units(view)),
        ("world", f"{run.base.id}, sha256 {run.base.sha256}"),
        *assumed_facts(view),
        *((f"branch {branch.name}", branch.title) for branch in view.branches),
        *((f"certificate {branch.name}", branch.result.certificate.line) for branch in view.branches),
        *_measures(view),
        ("data", str(run.base.meta.get("licence", ""))),
        ("detente", detente.__version__),
    ]
    title = f"{run.scenario.title or run.scenario.id}; change against {run.comparator}"
    return Carried(
        title,
        Tables(names_of(view), lambda name: table_of(view, name)),
        tuple(facts),
        dict(run),
        view,
        _labels(run.base.meta),
    )


def _measures(view: View) -> list[tuple[str, str]]:
    found = []
    for row in listed(view):
        source = row.measure.source
        parts = [
            f"{row.measure.kind} {row.says}",
            f"by {', '.join(row.measure.by)}",
            f"against {', '.join(row.measure.against)}" if row.measure.against else "",
            f"from {row.measure.from_}" if row.measure.from_ else "",
            f"branches {row.branch}",
            f"does not apply: {row.reason}" if row.reason else "applies",
            "LEVEL ASSUMED" if row.measure.assumed else "",
            f"{row.assumed_rows} rows assumed" if row.assumed_rows and not row.reason else "",
            "" if source is None else f"source: {source.title}{f', {source.date}' if source.date else ''}",
            row.measure.note,
        ]
        found.append((f"measure {row.measure.id}", "; ".join(part for part in parts if part)))
    return found


def _of_result(result: Result) -> Carried:
    base = result.baseline
    facts = (
        ("world", base.id),
        ("closure", result.closure.title),
        ("compared with", "the baseline"),
        ("certificate", result.certificate.line),
        ("data", str(base.meta.get("licence", ""))),
        ("detente", detente.__version__),
    )
    tables = Tables((name for name in PLAIN_TABLES if name != "instruments" or result.bounds), result.columns)
    return Carried(f"{base.id}; change against the baseline", tables, facts, {"main": result}, None, _labels(base.meta))


def _labels(meta: Mapping[str, Any]) -> dict[str, str]:
    found = {str(code): str(label) for code, label in meta.get("country_labels", {}).items()}
    return found | {str(code): str(label) for code, label in meta.get("sector_labels", {}).items()}
