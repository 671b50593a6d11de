"""Untrusted files as text: only regular files, bounded, unchanged while read, UTF-8. Nothing is converted here.

Also the strict splitting of one CSV line. Every problem names the file and, where there is one, the line and the byte.
"""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import Final

from detente.core.errors import DataError, MissingDataError, Problem

TABLE_LIMIT: Final = 64 * 1024**2
"""Bytes of one CSV table; 200 economies x 200 x 50 sectors take about 50 MB."""

META_LIMIT: Final = 64 * 1024

_KINDS: Final = (
    (stat.S_ISDIR, "a directory"),
    (stat.S_ISFIFO, "a named pipe (FIFO)"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISSOCK, "a socket"),
)
_SIGNATURES: Final = (
    (b"\x1f\x8b", "a gzip archive"),
    (b"PK\x03\x04", "a zip archive or a workbook (xlsx, npz)"),
    (b"PAR1", "a Parquet file"),
    (b"\xff\xfe\x00\x00", "UTF-32 text"),
    (b"\xff\xfe", "UTF-16 text"),
    (b"\xfe\xff", "UTF-16 text"),
)


def read_bytes(path: Path, limit: int) -> bytes:
    """Return the content of a regular file that did not change while it was read.

    Args:
        path: the file; a pipe, device, socket or directory is refused before it is opened.
        limit: largest size accepted, in bytes.
    Raises:
        MissingDataError: there is no such file.
        DataError: not a regular file, too large, unreadable, changed while read.
    """
    try:
        _refuse_special(path, os.stat(path).st_mode)
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        with open(os.open(path, flags), "rb") as stream:
            before = os.fstat(stream.fileno())
            _refuse_special(path, before.st_mode)
            if before.st_size > limit:
                raise _error(path, f"{before.st_size} bytes", f"at most {limit} bytes")
            data = stream.read(limit + 1)
            after = os.fstat(stream.fileno())
    except (FileNotFoundError, NotADirectoryError):
        raise MissingDataError(problems=[Problem(str(path), "", "no such file", "a file")]) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise _error(path, f"a file that cannot be read ({reason})", "a readable file") from None
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns) or len(data) != after.st_size:
        raise _error(path, "a file that changed while it was read", "a file at rest", "again when it is complete")
    return data


def decode(path: Path, data: bytes) -> str:
    r"""Return bytes as text: UTF-8, with or without a byte order mark, lines ended by \n or \r\n.

    Raises:
        DataError: another encoding, a NUL byte, a lone carriage return, an archive; the byte and the line are named.
    """
    for signature, name in _SIGNATURES:
        if data.startswith(signature):
            found = f"{name} (first bytes {data[: len(signature)].hex(' ')})"
            raise _error(path, found, "UTF-8 text", "saving as UTF-8")
    nul = data.find(b"\0")
    if nul >= 0:
        found = f"a NUL byte (0x00) at byte {nul}: binary, or UTF-16 without its mark"
        raise _error(path, found, "UTF-8 text", "saving as UTF-8", _line_of(data, nul))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        at = error.start + (3 if data.startswith(b"\xef\xbb\xbf") else 0)
        found = f"byte 0x{data[at]:02x} at byte {at}, which is not UTF-8: Latin-1 or Windows-1252?"
        raise _error(path, found, "UTF-8 text", "saving as UTF-8", _line_of(data, at)) from None
    if "\r" in text:
        text = text.replace("\r\n", "\n")
        lone = text.find("\r")
        if lone >= 0:
            line = text.count("\n", 0, lone) + 1
            raise _error(path, "a carriage return without a line feed", "lines ended by LF or CR LF", line=line)
    return text


def split_quoted(line: str) -> list[str]:
    """Return the fields of one CSV line; a field in quotes may hold commas and doubled quotes, never a line end.

    Raises:
        ValueError: an open quote, text after a closing quote, a quote inside a bare field; the message says which.
    """
    fields: list[str] = []
    at, end = 0, len(line)
    while True:
        if at < end and line[at] == '"':
            field, at = _quoted_field(line, at)
        else:
            stop = line.find(",", at)
            stop = end if stop < 0 else stop
            field, at = line[at:stop], stop
            if '"' in field:
                raise ValueError(f"a quote inside the field {field!r}")
        fields.append(field)
        if at == end:
            return fields
        at += 1


def _quoted_field(line: str, start: int) -> tuple[str, int]:
    parts: list[str] = []
    at = start + 1
    while True:
        stop = line.find('"', at)
        if stop < 0:
            raise ValueError(f"a quote opened at character {start + 1} and never closed")
        parts.append(line[at:stop])
        at = stop + 1
        if line[at : at + 1] == '"':
            parts.append('"')
            at += 1
        elif line[at : at + 1] in ("", ","):
            return "".join(parts), at
        else:
            raise ValueError(f"text after the closing quote at character {at}")


def _refuse_special(path: Path, mode: int) -> None:
    for is_kind, name in _KINDS:
        if is_kind(mode):
            raise _error(path, name, "a regular file")


def _line_of(data: bytes, at: int) -> int:
    return data.count(b"\n", 0, at) + 1


def _error(path: Path, found: str, expected: str, hint: str = "", line: int = 0) -> DataError:
    where = f"{path}:{line}" if line else str(path)
    return DataError(problems=[Problem(where, "", found, expected, hint)])


_FORMULA = re.compile(r"'*[=+\-@\t\r]")


def guarded(text: str) -> str:
    """Return text that no spreadsheet takes for a formula: `'` before a leading = + - @, tab or carriage return."""
    return f"'{text}" if _FORMULA.match(text) else text


def unguarded(text: str) -> str:
    """Return the text that `guarded` was given."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text


def single_file(source: Path, suffixes: tuple[str, ...]) -> Path:
    """Return a file by its path, or the only file of its kind in a folder.

    Args:
        source: the file, or a folder that holds exactly one. suffixes: that the name may end in, the usual one first.
    Raises:
        MissingDataError: nothing there. DataError: another suffix, no such file in the folder, or more than one.
    """
    if source.is_dir():
        names = sorted(path for path in source.iterdir() if path.suffix.lower() in suffixes)
        names = [path for path in names if not path.name.startswith(("~$", "."))]
        if len(names) == 1:
            return names[0]
        shown = ", ".join(path.name for path in names[:5])
        found = f"{len(names)} files ({shown})" if names else "no such file in this folder"
        raise _error(source, found, f"one file that ends in {suffixes[0]}", "the path of the file")
    if source.suffix.lower() not in suffixes and source.exists():
        found = f"a name that ends in {source.suffix!r}" if source.suffix else "a name without an ending"
        raise _error(source, found, f"a file that ends in {' or '.join(suffixes)}", f"saving as {suffixes[0]}")
    return source
