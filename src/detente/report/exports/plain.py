"""One table as one file: CSV, Parquet, Stata."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from detente.core.errors import UsageError
from detente.report.content import csv_text
from detente.report.exports.carried import Carried
from detente.report.exports.words import VARIABLES, meaning
from detente.report.tables import parquet_table

NAME: Final = re.compile(r"[a-z_][a-z0-9_]{0,31}")
TITLE: Final = 80
MADE: Final = datetime.datetime(1980, 1, 1)
"""A fixed time, so that the same numbers give the same bytes."""
VALUE_LABELS: Final = ("branch", "country", "partner", "origin", "dest", "by", "against", "sector", "variable")
"""Columns of codes; beside each stands NAME_label, numbers with value labels in words."""


def write_csv(item: Carried, name: str, path: Path) -> None:
    """Write a table as CSV, UTF-8 with a header; texts that a spreadsheet would run get a leading '."""
    path.write_text(csv_text(item.table(name)), encoding="utf-8", newline="")


def write_parquet(item: Carried, name: str, path: Path) -> None:
    """Write a table as Parquet: codes as dictionaries, numbers as float64."""
    import pyarrow.parquet as pq

    pq.write_table(parquet_table(item.table(name)), path)


def write_stata(item: Carried, name: str, path: Path) -> None:
    """Write a table for Stata 14 or newer: numbers as double, variable labels, and value labels in words for codes.

    Codes stay text, so that they can be merged; NAME_label has the words. Missing numbers are Stata's missing.
    Raises:
        UsageError: a column that Stata cannot name.
    """
    import pandas as pd

    columns = item.table(name)
    wrong = next((column for column in columns if not NAME.fullmatch(column)), None)
    if wrong is not None:
        raise UsageError(f"{path.name}: found column {wrong!r}; expected at most 32 of [a-z0-9_] for Stata")
    data: dict[str, Any] = {}
    for column, values in columns.items():
        data[column] = pd.Series(_typed(values))
        if column in VALUE_LABELS:
            data[f"{column}_label"] = _labelled(values, item.labels)
    frame = pd.DataFrame(data)
    labels = {column: meaning(column.removesuffix("_label")) for column in frame.columns}
    frame.to_stata(
        path, version=118, write_index=False, variable_labels=labels, data_label=item.title[:TITLE], time_stamp=MADE
    )


def _typed(values: Any) -> list[Any]:
    """Return numbers as floats, with NaN where there is none; text as it is."""
    if any(isinstance(value, str) for value in values):
        return ["" if value is None else str(value) for value in values]
    if all(isinstance(value, int) for value in values):
        return list(values)
    return [float("nan") if value is None else float(value) for value in values]


def _labelled(values: Any, words: Mapping[str, str]) -> Any:
    """Return codes as a category whose labels are words; codes without words label themselves."""
    import pandas as pd

    order = list(dict.fromkeys(str(value) for value in values))
    told = [words.get(code) or VARIABLES.get(code) or code for code in order]
    label = {
        code: text if told.count(text) == 1 else f"{text} ({code})" for code, text in zip(order, told, strict=True)
    }
    return pd.Categorical([label[str(value)] for value in values], categories=[label[code] for code in order])
