"""The five tables as Parquet files in a folder, checked against a manifest before a byte of them is parsed.

Damage that Parquet itself does not see (a flipped bit gives another number) is found by `manifest.json`, file to
sha256. NULL and NaN are two things, and both are refused; so is whatever is not a plain number or text.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from detente.baseline.accounts import Progress, silent
from detente.baseline.baseline import Baseline
from detente.baseline.tables import Tables, baseline_of, check_folder
from detente.baseline.tables_meta import read_meta
from detente.baseline.tables_place import LAYOUTS
from detente.baseline.tables_rows import (
    CODE_LIMIT,
    CODES_LIMIT,
    HS_COLUMN,
    ROW_LIMIT,
    Codes,
    Layout,
    Rows,
    Table,
    failed,
)
from detente.baseline.text import META_LIMIT, decode, read_bytes
from detente.core.arrays import Array
from detente.core.errors import DataError, MissingDataError, Problem

MANIFEST: Final = "manifest.json"
META: Final = "meta.yaml"
FILE_LIMIT: Final = 64 * 1024**2
CONTENT_LIMIT: Final = 256 * 1024**2
"""Bytes of one table when it is unpacked; 4 million rows take about 60 MB."""

RATIO_LIMIT: Final = 100
"""Largest size of a table over that of its file, as for workbooks; tables below `RATIO_FROM` bytes, and those that are
no larger than 8 bytes for each of their cells, are what they say."""

RATIO_FROM: Final = 1024**2
TEXT_LIMIT: Final = 4 * CODE_LIMIT
"""Bytes of one code; a character of UTF-8 takes at most 4."""

BATCH: Final = 1 << 16
COLUMN_LIMIT: Final = 100
_SIGNATURE: Final = b"PAR1"
_SHA256 = re.compile(r"[0-9a-f]{64}")


def read_parquet(source: Path, *, progress: Progress = silent) -> Baseline:
    """Read a folder of Parquet tables as a baseline.

    Args:
        source: holds flows.parquet, inputs.parquet, value_added.parquet, tariffs.parquet, elasticities.parquet,
            meta.yaml and, if possible, manifest.json: a JSON object from the name of each of these files to its sha256.
        progress: told which file is read and how many rows of it.
    Returns:
        The checked baseline; `meta["import"]` counts rows and cells.
    Raises:
        MissingDataError: no such folder, or nothing wrong but missing files.
        DataError: everything that is wrong in all files.
    """
    folder = Path(source)
    check_folder(folder, "flows.parquet")
    manifest, problems = _manifest(folder)
    meta = read_meta(folder / META)
    meta.problems += problems
    if manifest is None:
        if not problems:
            meta.warnings.append(f"no {MANIFEST} beside the Parquet files: a damaged number would not be seen")
        manifest = {}
    elif META in manifest:
        meta.problems += _altered(folder / META, META_LIMIT, manifest[META])
    tables = {name: _table(folder / f"{name}.parquet", layout, manifest, progress) for name, layout in LAYOUTS.items()}
    files = {f"{name}.parquet": table.sha256 for name, table in tables.items()}
    return baseline_of(Tables("parquet", str(folder), tables, meta, files))


def _manifest(folder: Path) -> tuple[dict[str, str] | None, list[Problem]]:
    """Return file to sha256, or None where there is no manifest; and what is wrong with it."""
    path = folder / MANIFEST
    if not path.exists() and not path.is_symlink():
        return None, []
    needed = [META, *(f"{name}.parquet" for name in LAYOUTS)]
    try:
        entries = json.loads(decode(path, read_bytes(path, META_LIMIT)), object_pairs_hook=list)
    except DataError as error:
        return None, list(error.problems)
    except (ValueError, RecursionError) as error:
        return None, [Problem(str(path), "", f"text that is not JSON ({str(error)[:80]})", "a JSON object")]
    if not isinstance(entries, list) or not all(isinstance(entry, tuple) and len(entry) == 2 for entry in entries):
        return None, [Problem(str(path), "", "no JSON object", "file to sha256")]
    names = [name for name, _ in entries]
    problems = [Problem(str(path), name, "no such entry", "its sha256") for name in needed if name not in names]
    problems += [Problem(str(path), name, "the file twice", "one entry for each") for name in _repeated(names)]
    for name, digest in entries:
        if not isinstance(digest, str) or not _SHA256.fullmatch(digest):
            problems.append(Problem(str(path), name[:60], "no sha256", "64 digits 0-9 and a-f"))
        elif not (folder / name).is_file() or "/" in name:
            problems.append(Problem(str(path), name[:60], "no such file", "the files of this folder"))
    return (None if problems else dict(entries)), problems


def _repeated(names: list[str]) -> list[str]:
    return [name for at, name in enumerate(names) if name in names[:at]]


def _altered(path: Path, limit: int, expected: str) -> list[Problem]:
    try:
        digest = hashlib.sha256(read_bytes(path, limit)).hexdigest()
    except DataError:
        return []  # the reader of the file says it
    return [] if digest == expected else [_wrong_checksum(path, digest, expected)]


def _wrong_checksum(path: Path, digest: str, expected: str) -> Problem:
    found = f"a file whose checksum is not the one in {MANIFEST} (sha256 {digest[:12]}..): truncated or altered"
    return Problem(str(path), "sha256", found, f"sha256 {expected[:12]}..", "copying or exporting it again")


def _table(path: Path, layout: Layout, manifest: Mapping[str, str], progress: Progress) -> Table:
    try:
        data = read_bytes(path, FILE_LIMIT)
    except MissingDataError as error:
        return failed(layout, path, error.problems)
    except DataError as error:
        return failed(layout, path, error.problems)
    digest = hashlib.sha256(data).hexdigest()
    if manifest.get(path.name, digest) != digest:
        return failed(layout, path, [_wrong_checksum(path, digest, manifest[path.name])])
    if not data.startswith(_SIGNATURE) or len(data) < 12:
        kind = "text" if data[:256].isascii() and b"\0" not in data[:256] else "other bytes"
        found = f"a file that does not begin with PAR1: {kind}" if data else "an empty file"
        return failed(layout, path, [Problem(str(path), "", found, "a Parquet file", "--format csv if it is a table")])
    if not data.endswith(_SIGNATURE):
        return failed(layout, path, [Problem(str(path), "", "a Parquet file without its end", "an intact file")])
    rows = Rows(path, layout, mark=": row ")
    try:
        _read(data, layout, rows, path.name, progress)
    except _library_errors() as error:
        reason = " ".join(str(error).split())[:120] or type(error).__name__
        rows.tell(0, "", f"a damaged Parquet file ({reason})", "an intact file", "exporting it again")
    return rows.table(digest)


def _library_errors() -> tuple[type[Exception], ...]:
    import pyarrow as pa

    # Damaged files reach pyarrow's own code, which then raises bare errors of any of these kinds.
    return pa.ArrowException, OSError, ValueError, TypeError, KeyError, IndexError, OverflowError, MemoryError


def _read(data: bytes, layout: Layout, rows: Rows, name: str, progress: Progress) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    with parquet.ParquetFile(pa.BufferReader(data)) as file:
        if not _sound(file, layout, rows, len(data)):
            return
        columns = file.schema_arrow.names
    texts = [name for name in columns if name != layout.value]
    with parquet.ParquetFile(pa.BufferReader(data), read_dictionary=texts, page_checksum_verification=True) as file:
        total, done = file.metadata.num_rows, 0
        for batch in file.iter_batches(batch_size=BATCH, columns=columns, use_threads=False):
            _take(batch, layout, rows, done + 1)
            done += len(batch)
            progress(name, done, total)
            if rows.enough(done):
                break


def _sound(file: Any, layout: Layout, rows: Rows, size: int) -> bool:
    """Tell what is wrong with sizes, columns and types, before a page is unpacked."""
    metadata, schema = file.metadata, file.schema_arrow
    # The sizes of row groups, not those of their columns: pyarrow ends the process on damaged column metadata.
    unpacked = sum(metadata.row_group(at).total_byte_size for at in range(metadata.num_row_groups))
    if metadata.num_rows > ROW_LIMIT or metadata.num_rows < 0:
        rows.tell(0, "", f"{metadata.num_rows} rows", f"at most {ROW_LIMIT}")
    if not 0 <= unpacked <= CONTENT_LIMIT:
        rows.tell(0, "", f"{unpacked} bytes when unpacked", f"at most {CONTENT_LIMIT}")
    elif unpacked > max(RATIO_FROM, RATIO_LIMIT * size, 8 * metadata.num_rows * len(schema.names)):
        rows.tell(0, "", f"{unpacked} bytes when unpacked, {unpacked // size} to 1", f"at most {RATIO_LIMIT} to 1")
    if len(schema.names) > COLUMN_LIMIT:
        rows.tell(0, "", f"{len(schema.names)} columns", f"at most {COLUMN_LIMIT}")
    if rows.problems or not rows.check_header(0, schema.names):
        return False
    for field in schema:
        _check_type(field, layout, rows)
    return not rows.problems


def _check_type(field: Any, layout: Layout, rows: Rows) -> None:
    """Tell which column is not plain: keys are text, the value is a number."""
    import pyarrow as pa

    kind = field.type
    if isinstance(kind, pa.BaseExtensionType) or b"ARROW:extension:name" in (field.metadata or {}):
        rows.tell(0, field.name, f"the extension type {str(kind)[:80]}", "plain text or numbers")
    elif pa.types.is_nested(kind):
        rows.tell(0, field.name, f"a nested type, {str(kind)[:80]}", "one value in each row")
    elif field.name != layout.value:
        text = kind.value_type if pa.types.is_dictionary(kind) else kind
        if not (pa.types.is_string(text) or pa.types.is_large_string(text)):
            rows.tell(0, field.name, f"a column of {kind}", "text: leading zeros and NA are lost otherwise")
    elif pa.types.is_float32(kind) or pa.types.is_float16(kind):
        rows.warnings.append(f"{rows.path}: {field.name} is {kind}, about 7 digits at best; double expected")
    elif not (pa.types.is_float64(kind) or pa.types.is_integer(kind)):
        rows.tell(0, field.name, f"a column of {kind}", "numbers of type double", "casting it to float64")


def _take(batch: Any, layout: Layout, rows: Rows, first: int) -> None:
    lines = np.arange(first, first + len(batch))
    codes, whole = {}, True
    for key in layout.keys:
        found = _codes(batch.column(key), key, rows, lines)
        whole = whole and found is not None
        if found is not None:
            codes[key] = found
    values = _numbers(batch.column(layout.value), layout.value, rows, lines)
    if HS_COLUMN in batch.schema.names:
        hs = _codes(batch.column(HS_COLUMN), HS_COLUMN, rows, lines)
        if hs is not None:
            rows.check_hs([hs[0][at] for at in hs[1]], lines)
    if whole:
        rows.take(codes, values, lines)


def _codes(column: Any, key: str, rows: Rows, lines: Array) -> Codes | None:
    """Return the codes of a column, or None after telling what they are not."""
    import pyarrow.compute as pc

    coded = column.dictionary_encode()
    positions = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    if len(coded.dictionary) > CODES_LIMIT:
        rows.tell(int(lines[0]), key, f"{len(coded.dictionary)} different codes", f"at most {CODES_LIMIT}")
        return None
    longest = pc.max(pc.binary_length(coded.dictionary)).as_py() or 0
    if longest > TEXT_LIMIT:
        rows.tell(int(lines[0]), key, f"a code of {longest} bytes, here or below", f"at most {CODE_LIMIT} characters")
        return None
    names = coded.dictionary.to_pylist()
    null = np.isin(positions, [-1, *(at for at, name in enumerate(names) if name is None)])
    for line in lines[null]:
        rows.tell(int(line), key, "NULL", "a code", "text; Namibia is the text NA")
    if null.any():
        return None
    used = sorted(set(positions.tolist()))
    order = np.zeros(len(names), dtype=np.int64)
    order[used] = np.arange(len(used))
    return [names[at] for at in used], order[positions]


def _numbers(column: Any, name: str, rows: Rows, lines: Array) -> Array:
    null = column.is_null().to_numpy(zero_copy_only=False)
    for line in lines[null]:
        rows.tell(int(line), name, "NULL", "a number; 0 and NULL are two things", "0, or no row and `missing: zero`")
    values: Array = column.fill_null(0).to_numpy(zero_copy_only=False).astype(np.float64)
    for at in np.flatnonzero(~np.isfinite(values)):
        found = "NaN" if math.isnan(values[at]) else str(values[at])
        rows.tell(int(lines[at]), name, found, "a finite number")
    return values


def manifest_of(folder: Path, names: Iterable[str]) -> str:
    """Return the text of a manifest for files of a folder."""
    digests = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names}
    return json.dumps(digests, indent=1) + "\n"
