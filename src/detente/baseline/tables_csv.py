"""One long CSV table, read strictly: fields are counted on every line before anything is converted.

A row that is too long or too short is named with its line and never shifted; blank, 0 and a missing row stay three
different things. Blocks of plain lines take a fast path; whatever it does not take, a slow one reads and explains.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from detente.baseline.accounts import Progress, silent
from detente.baseline.tables_rows import (
    CODE_LIMIT,
    CODES_LIMIT,
    HS_COLUMN,
    Codes,
    Layout,
    Rows,
    Table,
    distinct,
    failed,
    shortened,
)
from detente.baseline.text import TABLE_LIMIT, decode, read_bytes, split_quoted, unguarded
from detente.core.arrays import Array
from detente.core.errors import DataError
from detente.core.units import NUMBER, parse_number

__all__ = ["Layout", "Table", "read_table"]

BLOCK: Final = 1 << 20
LINE_LIMIT: Final = 1000
_is_number = re.compile(NUMBER).fullmatch
_FOOTNOTE = "deleting the line if it is a footnote or a row of units"


def read_table(path: Path, layout: Layout, *, progress: Progress = silent) -> Table:
    """Read one table; what is wrong with it is in its `problems`, nothing is raised.

    Args:
        path: a CSV file with a header; columns in any order; an optional column `hs22` is checked and not used.
        layout: the columns expected. progress: told the bytes read.
    """
    try:
        data = read_bytes(path, TABLE_LIMIT)
        text = decode(path, data)
    except DataError as error:
        return failed(layout, path, error.problems)
    reader = _Reader(path, layout)
    reader.read(text, progress)
    return reader.rows.table(hashlib.sha256(data).hexdigest())


class _Reader:
    """The lines of one table while it is read."""

    def __init__(self, path: Path, layout: Layout) -> None:
        self.path, self.layout = path, layout
        self.rows = Rows(path, layout)
        self.tell = self.rows.tell
        self.header: list[str] = []

    def read(self, text: str, progress: Progress) -> None:
        first, _, body = text.rstrip("\n").partition("\n")
        if not self._read_header(first) or not body:
            return
        line, done = 2, 0
        for block in _blocks(body):
            lines = block.count("\n") + 1
            self._read_block(block, np.arange(line, line + lines))
            line, done = line + lines, done + len(block) + 1
            progress(self.path.name, done, len(body) + 1)
            if self.rows.enough(line):
                break

    def _read_header(self, line: str) -> bool:
        expected = ",".join(self.layout.columns)
        fields, reason = _fields(line[: LINE_LIMIT + 1])
        if not line.strip() or len(line) > LINE_LIMIT or reason:
            long = f"a first line of {len(line)} characters" if len(line) > LINE_LIMIT else reason
            found = long or "an empty first line"
            self.tell(1, "", found, f"the header {expected}")
            return False
        for separator, name in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
            if separator in line and len(fields) < len(self.layout.columns):
                hint = "saving as CSV with commas between fields and a point in decimals"
                self.tell(1, "", f"{name} between the fields", f"commas: {expected}", hint)
                return False
        self.header = fields
        return self.rows.check_header(1, fields)

    def _read_block(self, block: str, numbers: Array) -> None:
        found = _plain_block(block, self.header, self.layout)
        if found is not None:
            self.rows.take(*found, numbers)
            return
        rows, kept = [], []
        for number, line in zip(numbers, block.split("\n"), strict=True):
            row = self._row(line, int(number))
            if row is not None:
                rows.append(row)
                kept.append(int(number))
        if rows:
            self._take(dict(zip(self.header, zip(*rows, strict=True), strict=True)), np.array(kept))

    def _row(self, line: str, number: int) -> list[str] | None:
        width = len(self.header)
        expected = f"{width} fields: {','.join(self.header)}"
        if len(line) > LINE_LIMIT:
            self.tell(number, "", f"a line of {len(line)} characters", f"at most {LINE_LIMIT}")
            return None
        fields, reason = _fields(line)
        if reason:
            self.tell(number, "", reason, expected)
        elif len(fields) == width:
            return fields
        elif not line.strip():
            self.tell(number, "", "a blank line", expected, "deleting the line")
        else:
            found = f"{len(fields)} field{'s' * (len(fields) > 1)} ({shortened(line)})"
            self.tell(number, "", found, expected, self._width_hint(fields, line))
        return None

    def _width_hint(self, fields: Sequence[str], line: str) -> str:
        width = len(self.header)
        if ";" in line:
            return "commas between the fields, not semicolons"
        if len(fields) > width and self.header[-1] == self.layout.value:
            number = ",".join(fields[width - 1 :])
            if re.fullmatch(r"[+-]?[0-9]+(,[0-9]+)+(\.[0-9]*)?", number):
                return _number_advice(number)[1] or "a number without commas inside"
        if len(fields) < width:
            return _FOOTNOTE
        return "quotes around a field that holds a comma"

    def _take(self, columns: dict[str, tuple[str, ...]], lines: Array) -> None:
        codes = {key: distinct([unguarded(code) for code in columns[key]]) for key in self.layout.keys}
        self.rows.take(codes, self._numbers(columns[self.layout.value], lines), lines)
        if HS_COLUMN in columns:
            self.rows.check_hs(columns[HS_COLUMN], lines)

    def _numbers(self, column: Sequence[str], lines: Array) -> Array:
        if all(map(_is_number, column)):
            values = np.fromiter(map(float, column), dtype=np.float64, count=len(column))
            if np.isfinite(values).all():
                return values
        values = np.full(len(column), np.nan)
        for at, text in enumerate(column):
            try:
                values[at] = parse_number(text)
            except ValueError:
                found = repr(shortened(text)) if text.strip() else "a blank"
                self.tell(int(lines[at]), self.layout.value, found, *_number_advice(text))
        return values


def _plain_block(block: str, header: Sequence[str], layout: Layout) -> tuple[dict[str, Codes], Array] | None:
    """Return the codes and numbers of lines that are all as they should be, or None: then the slow path must look.

    Everything that the fast reader takes, the slow one takes too, with the same result; the reverse need not hold.
    """
    if '"' in block or len(header) != len(layout.columns):
        return None
    data = block.encode()
    ends = np.flatnonzero(np.frombuffer(data, dtype=np.uint8) == ord("\n"))
    if np.diff(ends, prepend=-1, append=len(data)).max() > LINE_LIMIT:
        return None
    columns = _parsed(data, header, layout)
    if columns is None or len(columns) != len(ends) + 1:
        return None
    values = columns.column(layout.value).combine_chunks().to_numpy(zero_copy_only=False)
    if not np.isfinite(values).all():
        return None
    codes: dict[str, Codes] = {}
    for key in layout.keys:
        column = columns.column(key).unify_dictionaries().combine_chunks()
        if len(column.dictionary) > CODES_LIMIT:
            return None
        names = column.dictionary.to_pylist()
        if max(map(len, names)) > CODE_LIMIT:
            return None
        codes[key] = ([unguarded(name) for name in names], column.indices.to_numpy(zero_copy_only=False))
    return codes, values


def _parsed(data: bytes, header: Sequence[str], layout: Layout) -> Any:
    import pyarrow as pa
    from pyarrow import csv

    types: dict[str, Any] = dict.fromkeys(layout.keys, pa.dictionary(pa.int32(), pa.string()))
    try:
        return csv.read_csv(
            io.BytesIO(data),
            csv.ReadOptions(use_threads=False, block_size=2 * len(data) + 64, column_names=list(header)),
            csv.ParseOptions(quote_char=False, double_quote=False, ignore_empty_lines=False),
            csv.ConvertOptions(
                column_types={**types, layout.value: pa.float64()}, null_values=[], strings_can_be_null=False
            ),
        )
    except pa.ArrowException:
        return None


def _blocks(body: str) -> Iterator[str]:
    start = 0
    while start < len(body):
        stop = body.find("\n", start + BLOCK)
        stop = len(body) if stop < 0 else stop
        yield body[start:stop]
        start = stop + 1


def _fields(line: str) -> tuple[list[str], str]:
    if '"' not in line:
        return line.split(","), ""
    try:
        return split_quoted(line), ""
    except ValueError as error:
        return [], str(error)


def _number_advice(text: str) -> tuple[str, str]:
    if not text.strip():
        return "a number; 0 and blank are two things", "0, or no row and `missing: zero` in meta.yaml"
    try:
        parse_number(text)
    except ValueError as error:
        expected, _, hint = str(error).partition("; try ")
        return expected, hint or (_FOOTNOTE if re.search(r"[A-Za-z]{3}", text) else "")
    return "a number", ""
