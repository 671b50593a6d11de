"""detente's own baseline file: one compressed archive of arrays with its checksum inside.

Keys: format, id, countries, sectors, flows, tariffs, value_added_share, input_share, trade_elasticity, final_exogenous,
elasticity_set, meta (JSON), checksum. No pickle is ever read; sizes are checked before anything is allocated.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from detente.baseline.accounts import Progress, silent
from detente.baseline.baseline import ARRAYS, Baseline
from detente.baseline.checks import arrays_from_arguments, check_baseline
from detente.baseline.text import read_bytes
from detente.core.arrays import Array, frozen_array
from detente.core.errors import DataError, Problem

FORMAT: Final = "detente-baseline-1"
FILE_LIMIT: Final = 256 * 1024**2
CONTENT_LIMIT: Final = 1024**3
_TEXTS: Final = ("format", "id", "elasticity_set", "meta", "checksum")
KEYS: Final = (*_TEXTS, "countries", "sectors", *ARRAYS)


def save_npz(base: Baseline, path: Path) -> Path:
    """Write a baseline to one file; it appears complete or not at all.

    Args:
        base: the baseline. path: the file, conventionally `NAME.npz`; an existing one is replaced.
    Returns:
        The path.
    Raises:
        OSError: the folder cannot be written.
    """
    path = Path(path)
    meta = json.dumps(plain(base.meta), sort_keys=True, separators=(",", ":"), allow_nan=False)
    content = {
        "format": np.array(FORMAT),
        "id": np.array(base.id),
        "elasticity_set": np.array(base.elasticity_set),
        "meta": np.array(meta),
        "checksum": np.array(_checksum(base, meta)),
        "countries": np.array(base.countries, dtype=np.str_),
        "sectors": np.array(base.sectors, dtype=np.str_),
        **{name: getattr(base, name) for name in ARRAYS},
    }
    handle, draft = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with open(handle, "wb") as stream:
            np.savez_compressed(stream, **content)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(draft, 0o644)
        os.replace(draft, path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise
    return path


def read_npz(source: Path, *, progress: Progress = silent) -> Baseline:
    """Read a baseline that `save_npz` wrote.

    Args:
        source: the file. progress: told when it is read.
    Returns:
        The baseline, checked like any other; warnings of the checks are added to `meta["warnings"]`.
    Raises:
        MissingDataError: no such file.
        DataError: not such an archive, damaged, altered, incomplete, or not a baseline.
    """
    path = Path(source)
    content, remarks = read_arrays(path, KEYS)
    progress(path.name, len(KEYS), len(KEYS))
    texts = {name: text_of(path, name, content[name]) for name in _TEXTS}
    if texts["format"] != FORMAT:
        raise _refused(path, "format", repr(texts["format"][:80]), f"{FORMAT!r}: written by another version")
    base = _assembled(path, content, texts)
    if _checksum(base, texts["meta"]) != texts["checksum"]:
        raise _refused(path, "checksum", "content that was altered after it was written", "the stored sha256")
    treatment = "exogenous" if base.final_exogenous.any() else None
    problems, warnings = check_baseline(base, treatment=treatment)
    if (base.final_share < 0).any() and not problems:
        problems = [Problem("", "B06 final demand", "a negative final share", "final_exogenous that covers it")]
    if problems:
        raise DataError(problems=[Problem(str(path), p.field, p.found, p.expected, p.hint) for p in problems])
    known = base.meta.get("warnings", ())
    merged = (*known, *(text for text in (*remarks, *warnings) if text not in known))
    return base.replace(meta=MappingProxyType({**base.meta, "warnings": merged}))


def read_arrays(path: Path, keys: Sequence[str], *, data: bytes | None = None) -> tuple[dict[str, Array], list[str]]:
    """Return named arrays of an npz archive, and remarks on them; nothing is unpickled.

    Args:
        path: the file; only named in messages if `data` is given.
        keys: the arrays that must be there.
        data: the content of the file, when it was read already.
    Raises:
        MissingDataError: no such file.
        DataError: not a zip archive, damaged, too large, a missing key, an object or integer array.
    """
    data = read_bytes(path, FILE_LIMIT) if data is None else data
    if not data.startswith(b"PK\x03\x04"):
        raise _refused(path, "", "a file that is not an npz archive", "a baseline file", "detente data import DIR")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = {info.filename: info for info in archive.infolist()}
            size = sum(info.file_size for info in members.values())
            if size > CONTENT_LIMIT:
                raise _refused(path, "", f"{size} bytes inside", f"at most {CONTENT_LIMIT}")
            absent = [name for name in keys if f"{name}.npy" not in members]
            if absent:
                raise DataError(problems=[Problem(str(path), name, "no such array", "this key") for name in absent])
            raw = {name: _member(archive, members[f"{name}.npy"]) for name in keys}
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError, NotImplementedError) as error:
        raise _refused(path, "", f"a damaged archive ({error})", "an intact file", "importing it again") from None
    arrays = {name: _array(path, name, content) for name, content in raw.items()}
    narrow = [name for name, array in arrays.items() if array.dtype.kind == "f" and array.dtype.itemsize < 8]
    return arrays, [f"{path}: {name} is {arrays[name].dtype}, about 7 digits; float64 expected" for name in narrow]


def plain(value: Any) -> Any:
    """Return meta data as JSON knows them: dict, list, text, number, bool, None."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (tuple, list, set, frozenset)):
        return [plain(item) for item in (sorted(value) if isinstance(value, (set, frozenset)) else value)]
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)


def frozen(value: Any) -> Any:
    """Return JSON data as they are kept in `Baseline.meta`: read-only mappings and tuples."""
    if isinstance(value, Mapping):
        return MappingProxyType({key: frozen(item) for key, item in value.items()})
    return tuple(frozen(item) for item in value) if isinstance(value, list) else value


def json_meta(path: Path, text: str) -> Mapping[str, Any]:
    """Return the meta data of an archive, read-only.

    Raises:
        DataError: not a JSON object.
    """
    try:
        meta = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _refused(path, "meta", f"text that is not JSON ({error})", "a JSON object") from None
    if not isinstance(meta, dict):
        raise _refused(path, "meta", "JSON that is not an object", "a JSON object")
    checked: Mapping[str, Any] = frozen(meta)
    return checked


def codes_of(path: Path, name: str, array: Array) -> tuple[str, ...]:
    """Return a one-dimensional array of text as a tuple.

    Raises:
        DataError: other shapes or types.
    """
    if array.dtype.kind != "U" or array.ndim != 1 or not array.size:
        raise _refused(path, name, f"{array.dtype} of shape {array.shape}", "a list of codes (text)")
    return tuple(str(code) for code in array)


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError(f"compression {info.compress_type} of {info.filename}")
    with archive.open(info) as stream:
        return stream.read(info.file_size)  # never more than announced; the zip checksum is compared at the end


def _array(path: Path, name: str, content: bytes) -> Array:
    stream = io.BytesIO(content)
    try:
        version = np.lib.format.read_magic(stream)
        header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, fortran, dtype = header(stream)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError) as error:
        raise _refused(path, name, f"a damaged array ({str(error)[:120]})", "an array") from None
    if dtype.hasobject or dtype.kind not in "fU":
        raise _refused(path, name, f"type {dtype}", "float64 numbers, or text")
    count, size = 1, len(content) - stream.tell()
    for length in shape:
        count *= length
    if min(shape, default=0) < 0 or dtype.itemsize == 0 or count * dtype.itemsize != size:
        raise _refused(path, name, f"{size} bytes for {dtype} of shape {shape}", "as many as the shape says")
    if dtype.kind == "U":  # numpy makes text of any four bytes
        points = np.frombuffer(content, dtype=np.dtype("u4").newbyteorder(dtype.byteorder), offset=stream.tell())
        if points.max(initial=0) > sys.maxunicode:
            raise _refused(path, name, "characters outside Unicode", "text")
    array = np.frombuffer(content, dtype=dtype, offset=stream.tell())
    return array.reshape(shape, order="F" if fortran else "C")


def _assembled(path: Path, content: Mapping[str, Array], texts: Mapping[str, str]) -> Baseline:
    countries, sectors = (codes_of(path, name, content[name]) for name in ("countries", "sectors"))
    names = [name for name in ARRAYS if name != "final_exogenous"]
    shape = (len(countries), len(sectors))
    if content["final_exogenous"].shape != shape or not np.isfinite(content["final_exogenous"]).all():
        found = f"shape {content['final_exogenous'].shape} or numbers that are not finite"
        raise _refused(path, "final_exogenous", found, f"finite numbers of shape {shape}")
    try:
        arrays = arrays_from_arguments(countries, sectors, *(content[name] for name in names))
    except DataError as error:
        problems = [Problem(str(path), p.field, p.found, p.expected, p.hint) for p in error.problems]
        raise DataError(problems=problems) from None
    return Baseline(
        id=texts["id"],
        countries=countries,
        sectors=sectors,
        **{name: frozen_array(values) for name, values in arrays.items()},
        final_exogenous=frozen_array(content["final_exogenous"]),
        elasticity_set=texts["elasticity_set"],
        meta=json_meta(path, texts["meta"]),
    )


def _checksum(base: Baseline, meta: str) -> str:
    parts = [FORMAT, base.id, base.elasticity_set, base.sha256, meta]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def text_of(path: Path, name: str, array: Array) -> str:
    """Return the text of an array that holds one.

    Raises:
        DataError: numbers, or more than one text.
    """
    if array.dtype.kind != "U" or array.size != 1:
        raise _refused(path, name, f"{array.dtype} of shape {array.shape}", "one text")
    return str(array.ravel()[0])


def _refused(path: Path, field: str, found: str, expected: str, hint: str = "") -> DataError:
    return DataError(problems=[Problem(str(path), field, found, expected, hint)])
