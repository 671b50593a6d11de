"""The OECD inter-country input-output tables as CSV: rows and columns `AUS_A01_02`, final demand `AUS_HFCE`, `OUT`.

Editions differ a little. Sector codes are taken as they are, with or without the section letter (`01T02`, `A01_02`).
The processing zones of China and Mexico (CN1, CN2, MX1, MX2), where an edition has them, are added up to CHN and MEX.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar, Final

from detente.baseline.accounts import Progress, silent
from detente.baseline.baseline import Baseline
from detente.baseline.importers import layouts
from detente.baseline.importers.closing import world_baseline
from detente.baseline.importers.companions import read_companions
from detente.baseline.importers.layouts import Head, Label, Layout
from detente.baseline.importers.source import table_of
from detente.baseline.importers.world_table import read_world_table
from detente.core.errors import DataError, Problem, nearest

FINAL_DEMAND: Final = ("HFCE", "NPISH", "GGFC", "GFCF", "INVNT", "DPABR", "P33", "NONRES")
TAXES: Final = ("TLS", "TAXSUB")
ZONES: Final = {"CN1": "CHN", "CN2": "CHN", "MX1": "MEX", "MX2": "MEX"}
_TOTALS: Final = {
    **dict.fromkeys(("OUT", "OUTPUT", "TOTAL"), layouts.OUTPUT),
    **dict.fromkeys(("VA", "VALU"), layouts.VALUE_ADDED),
    **dict.fromkeys(TAXES, layouts.PRIMARY),
}
_CELL = re.compile(r"([A-Z][A-Z0-9]{2})_(.+)")
_GOODS = re.compile(r"[ABC][0-9]|(0[1-9]|[12][0-9]|3[1-3])")


class IcioLayout(Layout):
    """One header line; the first column labels the rows."""

    name: ClassVar[str] = "icio"
    expected: ClassVar[str] = "a header with AUS_A01_02 .., AUS_HFCE .., OUT and a first column of row labels"
    merged: ClassVar[dict[str, str]] = ZONES

    def head(self, path: Path, rows: Iterator[tuple[int, list[str]]]) -> Head:
        """Return the columns of the header line; see `Layout.head`."""
        line, fields = next(rows)
        fields = [field.strip() for field in fields]
        labels = [None, *(column_label(field) for field in fields[1:])]
        if not any(label is not None and label.kind == layouts.FINAL for label in labels):
            raise self.foreign(path, line, [fields], rows)
        problems = []
        for at, (field, label) in enumerate(zip(fields, labels, strict=True)):
            if at and label is None:
                close = nearest(field, fields[1:at] or fields[at + 1 :])
                found = f"the unknown label {field!r} in column {at + 1}" if field else f"no label in column {at + 1}"
                problems.append(Problem(f"{path}:{line}", "header", found, self.expected, close))
        if problems:
            raise DataError(problems=problems)
        return Head(tuple(fields), tuple(labels), (0,))

    def row(self, key: tuple[str, ...]) -> Label | None:
        """Return the meaning of a row; see `Layout.row`."""
        text = key[0].strip()
        if text in _TOTALS:
            return Label(_TOTALS[text], item=text)
        match = _CELL.fullmatch(text)
        if match is None or match[2] in FINAL_DEMAND:
            return None
        return Label(layouts.PRIMARY if match[2] in TAXES else layouts.CELL, match[1], match[2])

    def is_service(self, code: str) -> bool:
        """Return True outside agriculture, mining and manufacturing (ISIC Rev.4 sections A, B, C)."""
        return not _GOODS.match(code)


def column_label(text: str) -> Label | None:
    """Return the meaning of a column, None where it means nothing."""
    if _TOTALS.get(text) == layouts.OUTPUT:
        return Label(layouts.OUTPUT, item=text)
    match = _CELL.fullmatch(text)
    if match is None:
        return None
    return Label(layouts.FINAL if match[2] in FINAL_DEMAND else layouts.CELL, match[1], match[2])


def read_icio(source: Path, *, progress: Progress = silent) -> Baseline:
    """Read an OECD inter-country table with `tariffs.csv`, `elasticities.csv` and `meta.yaml` beside it.

    Args:
        source: the CSV file, or the folder that holds it and no other table. progress: told the bytes read.
    Raises:
        MissingDataError: nothing there, or nothing wrong but missing companions.
        DataError: everything that is wrong with the table, else with its companions, else with the accounts.
    """
    path = table_of(Path(source), (".csv",), form="icio")
    table = read_world_table(path, IcioLayout(), progress=progress)
    return world_baseline(table, read_companions(path, table.countries, table.sectors, services=table.services))
