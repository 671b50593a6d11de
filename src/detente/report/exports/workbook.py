"""A workbook for people: contents, assumptions, then a sheet for each table; numbers keep every digit."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any, Final

from detente.baseline.tables_xlsx import Exact
from detente.core.errors import UsageError
from detente.report.content import Columns, safe_text
from detente.report.exports.carried import Carried
from detente.report.exports.words import meaning

ROWS: Final = 1 << 20
WIDEST: Final = 40
MADE: Final = datetime.datetime(1980, 1, 1)
PLAIN: Final = {"strings_to_numbers": False, "strings_to_formulas": False, "strings_to_urls": False}


def write_workbook(item: Carried, names: tuple[str, ...], path: Path) -> None:
    """Write tables as one workbook.

    Args:
        item: what is exported. names: its tables, a sheet each. path: the file.
    Raises:
        UsageError: a table with more rows than a sheet has.
    """
    import xlsxwriter

    for name in names:
        count = _count(item.table(name))
        if count >= ROWS:
            raise UsageError(f"{name}: found {count} rows; expected fewer than {ROWS} in a sheet; try .parquet or .csv")
    with xlsxwriter.Workbook(path, {**PLAIN, "in_memory": True}) as book:
        book.set_properties({"title": item.title, "created": MADE, "comments": "made by detente"})
        styles = _styles(book)
        _contents(book.add_worksheet("Contents"), item, names, styles)
        _assumptions(book.add_worksheet("Assumptions"), item, styles)
        for name in names:
            _table(book.add_worksheet(name[:31]), item.table(name), styles)


def _styles(book: Any) -> dict[str, Any]:
    head = {"bold": True, "bottom": 1, "valign": "top", "text_wrap": True}
    return {
        "title": book.add_format({"bold": True, "font_size": 14}),
        "head": book.add_format(head),
        "text": book.add_format({"valign": "top"}),
        "wrap": book.add_format({"valign": "top", "text_wrap": True}),
        "pct": book.add_format({"num_format": "+0.000;-0.000;0"}),
        "musd": book.add_format({"num_format": "#,##0.0"}),
        "link": book.add_format({"font_color": "#0072B2", "underline": 1}),
    }


def _contents(sheet: Any, item: Carried, names: tuple[str, ...], styles: dict[str, Any]) -> None:
    sheet.set_column(0, 0, 18)
    sheet.set_column(1, 1, 12)
    sheet.set_column(2, 2, 90)
    sheet.write_string(0, 0, str(safe_text(item.title)), styles["title"])
    for column, word in enumerate(("sheet", "rows", "columns")):
        sheet.write_string(2, column, word, styles["head"])
    for row, name in enumerate(("Assumptions", *names), start=3):
        sheet.write_url(row, 0, f"internal:'{name[:31]}'!A1", styles["link"], name)
        if name != "Assumptions":
            columns = item.table(name)
            sheet.write_number(row, 1, _count(columns))
            told = "; ".join(f"{column}: {meaning(column)}" for column in columns)
            sheet.write_string(row, 2, told, styles["wrap"])
        else:
            sheet.write_string(row, 2, "what the numbers rest on: law, closure, elasticities, sources", styles["wrap"])


def _assumptions(sheet: Any, item: Carried, styles: dict[str, Any]) -> None:
    sheet.set_column(0, 0, 28)
    sheet.set_column(1, 1, 110)
    sheet.freeze_panes(1, 0)
    for column, word in enumerate(("what", "how")):
        sheet.write_string(0, column, word, styles["head"])
    for row, (word, text) in enumerate(item.facts, start=1):
        sheet.write_string(row, 0, str(safe_text(word)), styles["text"])
        sheet.write_string(row, 1, str(safe_text(text)), styles["wrap"])


def _table(sheet: Any, columns: Columns, styles: dict[str, Any]) -> None:
    sheet.freeze_panes(1, 0)
    count = _count(columns)
    sheet.autofilter(0, 0, count, len(columns) - 1)
    for at, (name, values) in enumerate(columns.items()):
        sheet.write_string(0, at, str(safe_text(name)), styles["head"])
        longest = max((len(str(value)) for value in values if isinstance(value, str)), default=8)
        sheet.set_column(at, at, min(WIDEST, max(len(name) + 3, longest + 1)))
        style = styles["pct"] if name.endswith(("_pct", "_pp")) else styles["musd"] if name.endswith("_musd") else None
        for row, value in enumerate(values, start=1):
            if isinstance(value, str):
                sheet.write_string(row, at, str(safe_text(value)))
            elif value is not None:
                sheet.write_number(row, at, Exact(value), style)


def _count(columns: Columns) -> int:
    return len(next(iter(columns.values()), ()))
