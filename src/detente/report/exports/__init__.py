"""Results as files for other programs, by suffix: tables, arrays, figures, a replication package."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from detente.baseline.tables_write import new_file
from detente.core.errors import UsageError, nearest
from detente.core.result import Result
from detente.report.charts.base import pdf, png, svg
from detente.report.content import Figure
from detente.report.exports.arrays import write_matlab, write_netcdf
from detente.report.exports.carried import DEFAULT_TABLE, SHEETS, Carried, carried
from detente.report.exports.latex import write_latex
from detente.report.exports.plain import write_csv, write_parquet, write_stata
from detente.report.exports.replication import write_replication
from detente.report.exports.workbook import write_workbook
from detente.report.screens import FIGURES, figure
from detente.report.select import View
from detente.scenario.execute import ScenarioRun

ONE_TABLE: Final[Mapping[str, Callable[[Carried, str, Path], None]]] = {
    ".csv": write_csv,
    ".parquet": write_parquet,
    ".dta": write_stata,
    ".tex": write_latex,
}
"""Formats that hold one table a file; several tables become several files, NAME-TABLE.SUFFIX."""
ARRAYS: Final[Mapping[str, Callable[[Carried, Path], None]]] = {".nc": write_netcdf, ".mat": write_matlab}
PICTURES: Final[Mapping[str, Callable[[Figure], bytes]]] = {
    ".svg": lambda found: svg(found.spec).encode(),
    ".png": lambda found: png(found.spec),
    ".pdf": lambda found: pdf(found.spec),
}
WORKBOOK: Final = ".xlsx"
PACKAGE: Final = ".zip"
SUFFIXES: Final = (*ONE_TABLE, WORKBOOK, *ARRAYS, *PICTURES, PACKAGE)
ALL: Final = "all"
FIRST_FIGURE: Final = "real-income"


def export(
    item: ScenarioRun | View | Result, path: Path, *, tables: Sequence[str] = (), figures: Sequence[str] = (),
    force: bool = False,
) -> list[Path]:  # fmt: skip
    """Write something as files and return them; each appears complete or not at all.

    Args:
        item: a run, what is shown of it, or one result. path: its suffix is the format, one of `SUFFIXES`.
        tables: names, or "all"; none means table "countries" (.xlsx: those that people read). figures: names, or "all",
            for pictures and packages; none means "real-income" (package: all). force: replace files.
    Raises:
        UsageError: unknown suffix, table or figure, a file that exists, a choice that the format does not have.
        MissingDataError: an optional package is absent. SolveError: not certified.
    """
    suffix = checked(path, tables, figures)
    found = carried(item)
    jobs = _jobs(found, path, suffix, tuple(tables), tuple(figures))
    taken = [target for target, _ in jobs if target.exists()]
    if taken and not force:
        raise UsageError(f"{taken[0]}: found a file; expected a new path; try --force to replace it")
    return [_written(target, fill, force) for target, fill in jobs]


Job = tuple[Path, Callable[[Path], None]]


def _written(target: Path, fill: Callable[[Path], None], force: bool) -> Path:
    if force and target.exists():
        spare = target.with_name(f".{target.stem}.new{target.suffix}")
        spare.unlink(missing_ok=True)
        new_file(spare, fill)
        spare.replace(target)
        return target
    return new_file(target, fill)


def checked(path: Path, tables: Sequence[str] = (), figures: Sequence[str] = ()) -> str:
    """Return the suffix of a file after what was asked for was found to fit it; nothing is solved before that.

    Raises:
        UsageError: a suffix, or a choice of tables or figures, that cannot be.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        hint = nearest(suffix, SUFFIXES)
        text = f"to: found {path.name!r}; expected a file that ends in {', '.join(SUFFIXES)}"
        raise UsageError(text + (f"; try {path.stem}{hint}" if hint else ""))
    if tables and suffix not in (*ONE_TABLE, WORKBOOK):
        raise UsageError(
            f"tables: found with {path.name!r}, which holds no tables; expected .csv, .dta, .xlsx or alike"
        )
    if figures and suffix not in (*PICTURES, PACKAGE):
        raise UsageError(f"figures: found with {path.name!r}, which is no picture; expected {', '.join(PICTURES)}")
    for name in (each for each in figures if each != ALL and each not in FIGURES):
        hint = nearest(name, [*FIGURES])
        text = f"figures: found {name!r}; expected one of {', '.join(FIGURES)}"
        raise UsageError(text + (f"; try {hint!r}" if hint else ""))
    return suffix


def _jobs(item: Carried, path: Path, suffix: str, tables: tuple[str, ...], figures: tuple[str, ...]) -> list[Job]:
    """Return the files to be written, each with what writes it."""
    if suffix == PACKAGE:
        return [(path, lambda target: write_replication(item, target, figures=_figures(figures, ())))]
    if suffix in ARRAYS:
        return [(path, lambda target: ARRAYS[suffix](item, target))]
    if suffix in PICTURES:
        return _pictures(item, path, suffix, _figures(figures, (FIRST_FIGURE,)))
    names = tuple(item.tables) if ALL in tables else tables
    if suffix == WORKBOOK:
        chosen = names or tuple(name for name in SHEETS if name in item.tables)
        item.known(chosen)
        return [(path, lambda target: write_workbook(item, chosen, target))]
    chosen = names or (DEFAULT_TABLE,)
    item.known(chosen)
    places = [path] if len(chosen) == 1 else [path.with_name(f"{path.stem}-{name}{path.suffix}") for name in chosen]
    return [(place, _one(item, name, suffix)) for place, name in zip(places, chosen, strict=True)]


def _one(item: Carried, name: str, suffix: str) -> Callable[[Path], None]:
    return lambda target: ONE_TABLE[suffix](item, name, target)


def _figures(asked: tuple[str, ...], default: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(FIGURES) if ALL in asked else asked or default


def _pictures(item: Carried, path: Path, suffix: str, names: tuple[str, ...]) -> list[Job]:
    if item.view is None:
        raise UsageError("figures: found a single result; expected a run of a scenario, what dt.run returns")
    made = {name: figure(name, item.view) for name in names}
    known = {name: found for name, found in made.items() if found is not None}
    if not known:
        raise UsageError(
            f"figures: found {', '.join(names)}, in which this run has nothing to show; expected another one"
        )
    places = {name: path if len(names) == 1 else path.with_name(f"{path.stem}-{name}{path.suffix}") for name in known}
    return [(places[name], _picture(found, suffix)) for name, found in known.items()]


def _picture(found: Figure, suffix: str) -> Callable[[Path], None]:
    def fill(target: Path) -> None:
        target.write_bytes(PICTURES[suffix](found))

    return fill
