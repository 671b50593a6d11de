"""A world table of the 2013 release in an R data file: a list of year, countries, industries, inter, final, output.

The arrays have no labels of their own; they are stacked by the lists of countries and industries in the same file, and
their sizes have to be those of the lists.
"""

from __future__ import annotations

import bz2
import hashlib
import lzma
import warnings
import zlib
from pathlib import Path
from typing import Any, Final

import numpy as np

from detente.baseline.importers.layouts import RENAMED, Layout
from detente.baseline.importers.world_table import WorldTable
from detente.baseline.text import read_bytes
from detente.core.arrays import Array
from detente.core.errors import DataError, MissingDataError, Problem

LIMIT: Final = 64 * 1024**2
CONTENT_LIMIT: Final = 256 * 1024**2
"""Bytes after unpacking; a world table of 41 economies and 35 industries takes 10 MB."""

NEEDED: Final = ("year", "countries", "industries", "inter", "final", "output")


def read_rdata(path: Path, layout: Layout) -> WorldTable:
    """Read an R data file that holds one world table.

    Args:
        path: the file. layout: says which sectors are services.
    Raises:
        MissingDataError: no such file, or the package `rdata` is not installed.
        DataError: not R data, other content, sizes that differ from the lists, numbers that are not finite.
    """
    data = read_bytes(path, LIMIT)
    content = _content(path, data)
    countries, items = ([str(code) for code in np.asarray(content[key])] for key in ("countries", "industries"))
    n, j = len(countries), len(items)
    inter = _array(path, content, "inter", (n * j, n * j)).reshape(n, j, n, j)
    final = _final(path, content, n, j)
    output = _array(path, content, "output", (n * j,)).reshape(n, j)
    codes = [RENAMED.get(code, code) for code in countries]
    if len({*codes}) < n or len({*items}) < j:
        raise _error(path, "countries, industries", "a code twice", "distinct codes")
    order = np.argsort(np.array(codes))
    flows = np.ascontiguousarray((inter.sum(axis=3) + final.sum(axis=3)).transpose(0, 2, 1))
    integers = bool((inter == np.rint(inter)).all() and (final == np.rint(final)).all())
    return WorldTable(
        path=str(path),
        form=layout.name,
        year=str(int(np.asarray(content["year"]).ravel()[0])),
        countries=tuple(codes[at] for at in order),
        sectors=tuple(items),
        labels={},
        flows=flows[np.ix_(order, order)],
        inputs=np.ascontiguousarray(inter.sum(axis=0)[:, order]),
        published={"output row": output[order]},
        rounding=0.5 * (n * j + n * final.shape[3]) if integers else 0.0,
        negative=(int((final < 0).sum()), float(final[final < 0].sum())),
        outside=0.0,
        counts={
            "rows": n * j,
            "columns": n * j + n * final.shape[3],
            "cells": inter.size + final.size,
            "producers": n * j,
            "cells placed in flows": inter.size + final.size,
            "cells placed in inputs": inter.size,
            "rows compared": 1,
        },
        notes=tuple(f"{old} is called {new}" for old, new in RENAMED.items() if old in countries),
        services=tuple(code for code in items if layout.is_service(code)),
        sha256=hashlib.sha256(data).hexdigest(),
    )


def _content(path: Path, data: bytes) -> dict[str, Any]:
    try:
        import rdata
    except ImportError as error:
        raise MissingDataError("R data files need rdata; try: pip install 'detente[build]'") from error
    unpacked = _unpacked(path, data)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # classes of R that it does not know are given back as they are
            found = rdata.conversion.convert(rdata.parser.parse_data(unpacked))
    except Exception as error:  # the parser raises whatever a damaged file leads it to
        reason = " ".join(str(error).split())[:120] or type(error).__name__
        raise _error(path, "", f"a file that is not R data ({reason})", "an R data file", "the CSV table") from None
    tables = list(found.values()) if isinstance(found, dict) else []
    if len(tables) != 1 or not isinstance(tables[0], dict):
        raise _error(path, "", f"{len(tables)} objects", f"one list of {', '.join(NEEDED)}")
    content = {str(name): value for name, value in tables[0].items()}
    absent = [name for name in NEEDED if name not in content]
    if absent:
        raise DataError(problems=[Problem(str(path), name, "no such entry", "one list with it") for name in absent])
    return content


def _unpacked(path: Path, data: bytes) -> bytes:
    """Return the content of a packed file, refused before it grows beyond `CONTENT_LIMIT`."""
    kinds: tuple[tuple[bytes, Any], ...] = (
        (b"\x1f\x8b", lambda: zlib.decompressobj(zlib.MAX_WBITS | 16)),
        (b"BZh", bz2.BZ2Decompressor),
        (b"\xfd7zXZ", lzma.LZMADecompressor),
    )
    for signature, opened in kinds:
        if data.startswith(signature):
            try:
                content: bytes = opened().decompress(data, CONTENT_LIMIT + 1)
            except (zlib.error, OSError, EOFError, lzma.LZMAError) as error:
                raise _error(path, "", f"a damaged archive ({error})", "an intact file") from None
            if len(content) > CONTENT_LIMIT:
                raise _error(path, "", f"more than {CONTENT_LIMIT} bytes inside", f"at most {CONTENT_LIMIT}")
            return content
    return data


def _final(path: Path, content: dict[str, Any], n: int, j: int) -> Array:
    width = int(np.asarray(content["final"]).shape[-1])
    if width % n:
        raise _error(path, "final", f"{width} columns", f"a multiple of {n} countries")
    return _array(path, content, "final", (n * j, width)).reshape(n, j, n, width // n)


def _array(path: Path, content: dict[str, Any], name: str, shape: tuple[int, ...]) -> Array:
    try:
        values = np.asarray(content[name], dtype=np.float64)
    except (TypeError, ValueError):
        raise _error(path, name, "something that is not numbers", f"numbers of shape {shape}") from None
    if values.shape != shape:
        raise _error(path, name, f"shape {values.shape}", f"shape {shape}")
    if not np.isfinite(values).all():
        raise _error(path, name, "a number that is not finite", "finite numbers")
    return values


def _error(path: Path, field: str, found: str, expected: str, hint: str = "") -> DataError:
    return DataError(problems=[Problem(str(path), field, found, expected, hint)])
