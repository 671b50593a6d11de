"""The cells of a workbook (xlsx), streamed, and everything in it that a reader of its cells would not see.

An xlsx file is a zip archive of XML. Sizes are checked before anything is unpacked, document types and entities are
refused, and nothing is evaluated. What a person cannot see, or sees otherwise than it is stored, is told: formulas
without a value, dates, percent formats, merged cells, hidden rows, columns and sheets.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from xml.parsers import expat

from detente.core.errors import DataError, Problem

CONTENT_LIMIT: Final = 256 * 1024**2
RATIO_LIMIT: Final = 100
MEMBERS: Final = 1000
SHEETS: Final = 50
CHUNK: Final = 1 << 18
ROWS: Final = 1 << 20
COLUMNS: Final = 1 << 14
TEXT_LIMIT: Final = 1 << 15
ODD_LIMIT: Final = 100

NUMBER: Final = "number"
TEXT: Final = "text"
DATE: Final = "date"
PERCENT: Final = "percent"
BOOLEAN: Final = "boolean"
ERROR: Final = "error"
FORMULA: Final = "formula"
"""A formula that was never calculated."""

Cells = dict[int, tuple[str, str]]
"""Column, from 1, to kind and text of a cell that is not empty."""

_ADDRESS = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
_DATES: Final = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}
_PERCENTS: Final = {9, 10}
_NOT_IN_FORMAT = re.compile(r'"[^"]*"|\\.|\[(?!h|m|s)[^\]]*\]|_.|\*.', re.IGNORECASE)
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError, ValueError, KeyError)


@dataclass
class Sheet:
    """A sheet: its name, its part of the archive, whether it is hidden; `odd` is filled while it is read."""

    name: str
    member: str
    hidden: bool
    size: int = 0
    odd: list[tuple[str, str]] = field(default_factory=list)

    def tell(self, address: str, found: str) -> None:
        """Remember something odd, by address."""
        if len(self.odd) < ODD_LIMIT:
            self.odd.append((address, found))


class Workbook:
    """An open workbook.

    Args:
        path: as shown to the user. data: the content of the file.
    Raises:
        DataError: not a workbook, damaged, too large when unpacked.
    """

    def __init__(self, path: Path, data: bytes) -> None:
        self.path = path
        _check_signature(path, data)
        try:
            self.archive = zipfile.ZipFile(io.BytesIO(data))
            self._check_sizes(len(data))
            self.sheets = self._read_sheets()
            self.kinds = self._read_styles()
            self.strings = self._read_strings()
        except _DAMAGE as error:
            raise self._damaged(error) from None

    def rows(self, sheet: Sheet) -> Iterator[tuple[int, Cells, int]]:
        """Yield (number of the row, its cells, bytes read so far) of rows that hold anything.

        Raises:
            DataError: a damaged sheet.
        """
        reader = _SheetReader(sheet, self.strings, self.kinds)
        try:
            for done in self._parse(sheet.member, reader.start, reader.end, reader.text):
                yield from ((number, cells, done) for number, cells in reader.rows)
                reader.rows.clear()
        except _DAMAGE as error:
            raise self._damaged(error, sheet.name) from None

    def _damaged(self, error: Exception, sheet: str = "") -> DataError:
        reason = " ".join(str(error).split())[:120] or type(error).__name__
        return refused(self.path, sheet, f"a damaged workbook ({reason})", "an intact file", "saving it again")

    def _check_sizes(self, size: int) -> None:
        members = self.archive.infolist()
        if len(members) > MEMBERS:
            raise refused(self.path, "", f"{len(members)} parts", f"at most {MEMBERS}")
        if len({info.filename for info in members}) < len(members):
            raise refused(self.path, "", "two parts of one name", "an intact file")
        total = sum(info.file_size for info in members)
        if total > CONTENT_LIMIT:
            raise refused(self.path, "", f"{total} bytes when unpacked", f"at most {CONTENT_LIMIT}")
        if total > RATIO_LIMIT * size:
            found = f"{size} bytes that unpack to {total}: {total / size:.0f} to 1"
            raise refused(self.path, "", found, f"at most {RATIO_LIMIT} to 1")
        if any(info.flag_bits & 1 for info in members):
            raise refused(self.path, "", "a workbook with a password", "one without")

    def _read_sheets(self) -> list[Sheet]:
        main = next(iter(self._relations("", "officeDocument").values()), "")
        if main not in self.archive.namelist():
            raise refused(self.path, "", "a zip archive without a workbook in it", "a workbook (xlsx)")
        targets = self._relations(main, "worksheet")
        found: list[Sheet] = []

        def start(name: str, attributes: dict[str, str]) -> None:
            if _local(name) == "sheet":
                reference = next((value for key, value in attributes.items() if _local(key) == "id"), "")
                hidden = attributes.get("state", "visible") != "visible"
                found.append(Sheet(attributes.get("name", "")[:60], targets.get(reference, ""), hidden))

        self._consume(main, start)
        if len(found) > SHEETS:
            raise refused(self.path, "", f"{len(found)} sheets", f"at most {SHEETS}")
        for sheet in found:
            if sheet.member not in self.archive.namelist():
                raise refused(self.path, sheet.name, "a sheet that is not in the file, or no sheet of cells", "cells")
            sheet.size = self.archive.getinfo(sheet.member).file_size
        return found

    def _relations(self, owner: str, kind: str) -> dict[str, str]:
        folder, name = posixpath.split(owner)
        member = posixpath.join(folder, "_rels", f"{name}.rels")
        found: dict[str, str] = {}

        def start(element: str, attributes: dict[str, str]) -> None:
            internal = attributes.get("TargetMode", "Internal") == "Internal"
            if internal and attributes.get("Type", "").endswith(f"/{kind}"):
                target = attributes.get("Target", "")
                whole = target[1:] if target.startswith("/") else posixpath.join(folder, target)
                found[attributes.get("Id", "")] = posixpath.normpath(whole)

        if member in self.archive.namelist():
            self._consume(member, start)
        return found

    def _part(self, kind: str) -> str:
        main = next(iter(self._relations("", "officeDocument").values()))
        member = next(iter(self._relations(main, kind).values()), "")
        return member if member in self.archive.namelist() else ""

    def _read_styles(self) -> list[str]:
        """Return for each cell style what its numbers are: a number, a date or a percentage."""
        formats: dict[str, str] = {}
        kinds: list[str] = []
        inside: list[str] = []

        def start(name: str, attributes: dict[str, str]) -> None:
            inside.append(_local(name))
            if inside[-1] == "numFmt":
                formats[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
            elif inside[-2:] == ["cellXfs", "xf"]:
                kinds.append(_kind_of_format(attributes.get("numFmtId", "0"), formats))

        member = self._part("styles")
        if member:
            self._consume(member, start, lambda name: inside.__delitem__(-1))
        return kinds or [NUMBER]

    def _read_strings(self) -> list[str]:
        """Return the shared strings; phonetic readings are no part of them."""
        found: list[str] = []
        parts: list[str] = []
        state = {"text": False, "phonetic": False}

        def start(name: str, attributes: dict[str, str]) -> None:
            local = _local(name)
            state["text"] = local == "t" and not state["phonetic"]
            state["phonetic"] = state["phonetic"] or local == "rPh"

        def end(name: str) -> None:
            local = _local(name)
            state["text"] = False
            if local == "rPh":
                state["phonetic"] = False
            elif local == "si":
                found.append("".join(parts))
                parts.clear()

        member = self._part("sharedStrings")
        if member:
            self._consume(member, start, end, lambda text: parts.append(text) if state["text"] else None)
        return found

    def _consume(self, member: str, start: Any, end: Any = None, text: Any = None) -> None:
        for _ in self._parse(member, start, end, text):
            pass

    def _parse(self, member: str, start: Any, end: Any, text: Any) -> Iterator[int]:
        """Parse a part in pieces; yield the bytes read after each."""
        parser = expat.ParserCreate(namespace_separator="|")
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = _no_doctype
        parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, text
        done = 0
        try:
            with self.archive.open(member) as stream:
                while piece := stream.read(CHUNK):
                    done += len(piece)
                    parser.Parse(piece, False)
                    yield done
            parser.Parse(b"", True)
        except expat.ExpatError as error:
            raise ValueError(f"{member}: {error}") from None
        yield done


class _SheetReader:
    """Turns the elements of one sheet into rows of cells."""

    def __init__(self, sheet: Sheet, strings: list[str], kinds: list[str]) -> None:
        self.sheet, self.strings, self.kinds = sheet, strings, kinds
        self.rows: list[tuple[int, Cells]] = []
        self.row, self.column = 0, 0
        self.cells: Cells = {}
        self.type, self.style = "n", 0
        self.formula = self.open = False
        self.parts: list[str] = []
        self.row_hidden = False
        self._starts: dict[str, Callable[[dict[str, str]], None]] = {
            "row": self._start_row, "c": self._start_cell, "v": self._start_text, "t": self._start_text,
            "f": self._start_formula, "col": self._column, "mergeCell": self._merged,
        }  # fmt: skip
        self._ends = {"row": self._end_row, "c": self._end_cell, "v": self._end_text, "t": self._end_text}
        self._start_of: dict[str, Callable[[dict[str, str]], None] | None] = {}
        self._end_of: dict[str, Callable[[], None] | None] = {}

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name not in self._start_of:
            self._start_of[name] = self._starts.get(_local(name))
            self._end_of[name] = self._ends.get(_local(name))
        handler = self._start_of[name]
        if handler is not None:
            handler(attributes)

    def end(self, name: str) -> None:
        handler = self._end_of[name]
        if handler is not None:
            handler()

    def text(self, text: str) -> None:
        if self.open:
            self.parts.append(text)

    def _start_row(self, attributes: dict[str, str]) -> None:
        number = int(attributes.get("r", self.row + 1))
        if not self.row < number <= ROWS:
            raise ValueError(f"row {number} after row {self.row}")
        self.row, self.column, self.cells = number, 0, {}
        self.row_hidden = attributes.get("hidden") in ("1", "true") or attributes.get("ht") == "0"

    def _start_cell(self, attributes: dict[str, str]) -> None:
        column = self.column + 1
        if "r" in attributes and attributes["r"] != self._expected(column):
            match = _ADDRESS.fullmatch(attributes["r"])
            if match is None or int(match.group(2)) != self.row:
                raise ValueError(f"the address {attributes['r'][:20]!r} in row {self.row}")
            column = column_number(match.group(1))
        if not self.column < column <= COLUMNS:
            raise ValueError(f"column {column} after column {self.column}")
        self.column, self.type, self.style = column, attributes.get("t", "n"), int(attributes.get("s", 0))
        self.formula = False
        self.parts.clear()

    def _expected(self, column: int) -> str:
        return f"{_LETTERS[column]}{self.row}" if column < len(_LETTERS) else ""

    def _start_text(self, attributes: dict[str, str]) -> None:
        self.open = True

    def _end_text(self) -> None:
        self.open = False

    def _start_formula(self, attributes: dict[str, str]) -> None:
        self.formula = True

    def _end_cell(self) -> None:
        text = "".join(self.parts)
        if not text and not self.formula:
            return
        if len(text) > TEXT_LIMIT:
            raise ValueError(f"{len(text)} characters in one cell")
        self.cells[self.column] = self._cell(text)

    def _cell(self, text: str) -> tuple[str, str]:
        if self.formula and not text:
            return FORMULA, ""
        if self.type == "n":
            return (self.kinds[self.style] if 0 <= self.style < len(self.kinds) else NUMBER), text
        if self.type == "s":
            at = int(text)
            if not 0 <= at < len(self.strings):
                raise ValueError(f"the shared string {at} of {len(self.strings)}")
            return TEXT, self.strings[at]
        return {"b": BOOLEAN, "e": ERROR, "d": DATE}.get(self.type, TEXT), text

    def _end_row(self) -> None:
        if self.cells:
            if self.row_hidden:
                self.sheet.tell(f"{self.row}:{self.row}", "a hidden row")
            self.rows.append((self.row, self.cells))

    def _column(self, attributes: dict[str, str]) -> None:
        if attributes.get("hidden") in ("1", "true") or attributes.get("width") == "0":
            first = column_letters(min(int(attributes.get("min", 1)), COLUMNS))
            last = column_letters(min(int(attributes.get("max", 1)), COLUMNS))
            self.sheet.tell(f"{first}:{last}", "a hidden column")

    def _merged(self, attributes: dict[str, str]) -> None:
        self.sheet.tell(attributes.get("ref", "")[:20], "merged cells")


def column_letters(number: int) -> str:
    """Return the letters of a column, counted from 1."""
    letters = ""
    while number > 0:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def column_number(letters: str) -> int:
    """Return the number of a column, counted from 1."""
    number = 0
    for letter in letters:
        number = 26 * number + ord(letter) - ord("A") + 1
    return number


def refused(path: Path, sheet: str, found: str, expected: str, hint: str = "") -> DataError:
    """Return the error of a file or a sheet that cannot be used."""
    return DataError(problems=[Problem(str(path), sheet, found, expected, hint)])


def _check_signature(path: Path, data: bytes) -> None:
    if data.startswith(b"PK\x03\x04"):
        return
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        found = "an old workbook (xls), or one with a password"
        raise refused(path, "", found, "a workbook (xlsx)", "saving as xlsx without a password")
    raise refused(path, "", "a file that is no workbook" if data else "an empty file", "a workbook (xlsx)")


def _kind_of_format(number: str, formats: dict[str, str]) -> str:
    identity = int(number)
    if number not in formats:
        return DATE if identity in _DATES else PERCENT if identity in _PERCENTS else NUMBER
    shown = _NOT_IN_FORMAT.sub("", formats[number]).lower()
    if re.search(r"[dmyhs]", shown.replace("general", "")):
        return DATE
    return PERCENT if "%" in shown else NUMBER


_LETTERS: Final = [column_letters(number) for number in range(27)]


def _no_doctype(*_: Any) -> None:
    raise ValueError("a document type declaration, which no workbook needs")


def _local(name: str) -> str:
    return name.rpartition("|")[2]
