"""A large CSV file, line by line in bounded memory: regular, plain, complete, unchanged while it is read.

A line is split once; its numbers are converted together. Only a line that cannot be converted is looked at cell by
cell, so that every message has the line and the labels of the cell.
"""

from __future__ import annotations

import math
import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from detente.baseline.accounts import Progress, silent
from detente.baseline.text import split_quoted
from detente.core.arrays import Array
from detente.core.errors import DataError, MissingDataError, Problem
from detente.core.units import parse_number

FILE_LIMIT: Final = 2 * 1024**3
"""Bytes of one world table; a full inter-country table of 85 economies and 50 industries takes about 200 MB."""

LINE_LIMIT: Final = 4 * 1024**2
PROBLEM_LIMIT: Final = 100
TOLD_EVERY: Final = 4 * 1024**2
_PLAIN: Final = b"0123456789.,+-eE"
_PACKED: Final = (
    (b"\x1f\x8b", "a gzip archive"),
    (b"PK\x03\x04", "a zip archive or a workbook (xlsx, xlsb)"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"PAR1", "a Parquet file"),
    (b"\xff\xfe", "UTF-16 text"),
    (b"\xfe\xff", "UTF-16 text"),
)


def rows_of(path: Path, *, progress: Progress = silent, digest: Any = None) -> Iterator[tuple[int, list[str]]]:
    """Yield (line, fields) of a CSV file; blank lines are left to the caller as a single empty field.

    Args:
        path: a regular file of UTF-8 text. progress: told the bytes read. digest: a hashlib object fed with every byte.
    Raises:
        MissingDataError: no such file.
        DataError: packed, too large, not text, a line that is too long or badly quoted, changed while it was read.
    """
    _refuse_special(path)
    try:
        with path.open("rb") as stream:
            before = os.fstat(stream.fileno())
            if before.st_size > FILE_LIMIT:
                raise _error(path, 0, f"{before.st_size} bytes", f"at most {FILE_LIMIT} bytes")
            done = told = number = 0
            while line := stream.readline(LINE_LIMIT + 1):
                number += 1
                if number == 1:
                    _refuse_packed(path, line)
                if len(line) > LINE_LIMIT:
                    raise _error(path, number, f"a line of more than {LINE_LIMIT} bytes", "shorter lines")
                done += len(line)
                if digest is not None:
                    digest.update(line)
                yield number, _fields(path, number, line)
                if done - told >= TOLD_EVERY:
                    told = done
                    progress(path.name, done, before.st_size)
            after = os.fstat(stream.fileno())
    except OSError as error:
        raise _error(path, 0, f"a file that cannot be read ({error.strerror})", "a readable file") from None
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns) or done != after.st_size:
        raise _error(path, 0, "a file that changed while it was read", "a file at rest", "again when it is complete")
    if not number:
        raise _error(path, 0, "an empty file", "a world table")
    progress(path.name, done, before.st_size)


def head_of(path: Path, lines: int) -> list[list[str]]:
    """Return the fields of the first lines of a file, fewer if it is shorter."""
    found = []
    for number, fields in rows_of(path):
        found.append(fields)
        if number == lines:
            break
    return found


def numbers(
    path: Path, line: int, row: str, columns: Sequence[str], fields: Sequence[str], problems: list[Problem]
) -> Array | None:
    """Return the numbers of one row, or None after saying which cells hold something else.

    Args:
        path, line, row: where, for the messages. columns: name of each field. fields: the text of each number.
        problems: gets what is wrong, at most `PROBLEM_LIMIT` in all.
    """
    text = ",".join(fields)
    if text.isascii() and not text.encode("ascii").translate(None, _PLAIN):
        try:
            values = np.fromiter(map(float, fields), dtype=np.float64, count=len(fields))
        except ValueError:
            pass
        else:
            if np.isfinite(values).all():
                return values
    bad = False
    values = np.zeros(len(fields))
    for at, field in enumerate(fields):
        try:
            values[at] = parse_number(field)
        except ValueError as error:
            bad = True
            if len(problems) < PROBLEM_LIMIT:
                found = repr(field[:40]) if field.strip() else "a blank"
                expected, _, hint = str(error).partition("; try ")
                problems.append(Problem(f"{path}:{line}", f"row {row}, column {columns[at]}", found, expected, hint))
    return None if bad else values


def printed_unit(fields: Sequence[str]) -> float:
    """Return the smallest step that these numbers are printed in: 1 for integers, 0.001 for three decimals."""
    decimals = 0
    for field in fields:
        mantissa, _, exponent = field.lower().partition("e")
        places = len(mantissa.partition(".")[2]) - (int(exponent) if exponent.lstrip("+-").isdigit() else 0)
        decimals = max(decimals, places)
    return math.pow(10.0, -min(decimals, 30))


def _fields(path: Path, number: int, line: bytes) -> list[str]:
    try:
        text = line.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
    except UnicodeDecodeError as error:
        found = f"byte 0x{line[error.start]:02x}, which is not UTF-8: Latin-1 or Windows-1252?"
        raise _error(path, number, found, "UTF-8 text", "saving as UTF-8") from None
    if "\0" in text or "\r" in text:
        raise _error(path, number, "a NUL byte or a lone carriage return", "lines of text")
    if '"' not in text:
        return text.split(",")
    try:
        return split_quoted(text)
    except ValueError as error:
        raise _error(path, number, str(error), "fields between commas") from None


def _refuse_special(path: Path) -> None:
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        raise MissingDataError(problems=[Problem(str(path), "", "no such file", "a world table")]) from None
    except OSError as error:
        raise _error(path, 0, f"a file that cannot be read ({error.strerror})", "a readable file") from None
    if not stat.S_ISREG(mode):
        found = "a directory" if stat.S_ISDIR(mode) else "a pipe, a device or a socket"
        raise _error(path, 0, found, "a regular file")


def _refuse_packed(path: Path, line: bytes) -> None:
    for signature, name in _PACKED:
        if line.startswith(signature):
            raise _error(path, 0, name, "the plain CSV file", "unpacking it, or saving as CSV in UTF-8")


def _error(path: Path, line: int, found: str, expected: str, hint: str = "") -> DataError:
    where = f"{path}:{line}" if line else str(path)
    return DataError(problems=[Problem(where, "", found, expected, hint)])
