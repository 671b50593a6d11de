"""A baseline as a folder of CSV tables, the inverse of `read_tables`; any export appears complete or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from detente.baseline.baseline import Baseline
from detente.baseline.tables_content import Content, content_of
from detente.baseline.tables_meta import LISTS
from detente.baseline.tables_place import LAYOUTS
from detente.baseline.text import META_LIMIT, guarded
from detente.core.arrays import Array
from detente.core.errors import UsageError


def write_tables(base: Baseline, folder: Path) -> Path:
    """Write a baseline as the five tables and `meta.yaml`; `read_tables` gives it back within 1e-12.

    Args:
        base: the baseline; final demand outside the budget shares must be the negative part of implied final demand.
        folder: a new folder; it appears complete or not at all.
    Returns:
        The folder.
    Raises:
        UsageError: the folder exists, or the baseline holds something the tables have no column or no room for.
    """

    def fill(draft: Path) -> None:
        for name, text in _texts(content_of(base)):
            (draft / name).write_text(text, encoding="utf-8", newline="\n")

    return new_folder(Path(folder), fill)


def new_folder(folder: Path, fill: Callable[[Path], None]) -> Path:
    """Make a folder that appears complete or not at all.

    Args:
        folder: must not exist. fill: writes the files into the folder it is given.
    Raises:
        UsageError: something is there already.
    """
    refuse_existing(folder, "folder")
    with _parents(folder):
        draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
        try:
            fill(draft)
            draft.chmod(0o755)
            draft.rename(folder)
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise
    return folder


def new_file(path: Path, fill: Callable[[Path], None]) -> Path:
    """Make a file that appears complete or not at all.

    Args:
        path: must not exist. fill: writes the file that it is given the path of.
    Raises:
        UsageError: something is there already.
    """
    refuse_existing(path, "file")
    with _parents(path):
        handle, name = tempfile.mkstemp(prefix=f".{path.stem}.", suffix=path.suffix, dir=path.parent)
        os.close(handle)
        draft = Path(name)
        try:
            fill(draft)
            draft.chmod(0o644)
            draft.replace(path)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
    return path


@contextmanager
def _parents(path: Path) -> Iterator[None]:
    """Make the folders above a path, and remove those that were made if what is done in them fails."""
    new = [parent for parent in path.parents if not parent.exists()]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield
    except BaseException:
        with suppress(OSError):
            for parent in new:
                parent.rmdir()
        raise


def refuse_existing(path: Path, kind: str) -> None:
    """Refuse to write where something is.

    Raises:
        UsageError: something is there already.
    """
    if path.exists() or path.is_symlink():
        raise UsageError(f"{path}: found something there already; expected a new {kind}")


def meta_yaml(fields: Mapping[str, Any]) -> str:
    """Return fields as the text of a `meta.yaml`.

    Raises:
        UsageError: it would be larger than a reader accepts.
    """
    lines = []
    for name, value in fields.items():
        if isinstance(value, bool):
            lines.append(f"{name}: {'true' if value else 'false'}")
        elif isinstance(value, str):
            lines.append(f"{name}: {_scalar(value)}")
        elif isinstance(value, Mapping):
            lines += [f"{name}:", *(f"  {_scalar(key)}: {_scalar(text)}" for key, text in value.items())]
        elif name in LISTS:
            lines.append(f"{name}: [{', '.join(map(_scalar, value))}]")
        else:
            lines += [f"{name}:", *(f"  - {_scalar(text)}" for text in value)]
    text = "\n".join([*lines, ""])
    size = len(text.encode())
    if size > META_LIMIT:
        found = f"{size} bytes of notes on these data"
        raise UsageError(f"meta.yaml: found {found}; expected at most {META_LIMIT}; try the format npz, which has room")
    return text


def _texts(content: Content) -> Iterator[tuple[str, str]]:
    for name, values in content.grids.items():
        yield f"{name}.csv", _table(LAYOUTS[name].columns, values, content.axes[name])
    yield "meta.yaml", meta_yaml(content.fields)


def _table(columns: tuple[str, ...], values: Array, axes: tuple[tuple[str, ...], ...]) -> str:
    keys = [""]
    for axis in axes:
        codes = [_field(code) for code in axis]
        keys = [f"{key}{code}," for key in keys for code in codes]
    rows = (key + repr(value) for key, value in zip(keys, values.ravel().tolist(), strict=True))
    return "\n".join([",".join(columns), *rows, ""])


def _field(code: str) -> str:
    code = guarded(code)
    return '"' + code.replace('"', '""') + '"' if any(mark in code for mark in ',"') else code


def _scalar(text: str) -> str:
    """Return text in double quotes as YAML reads it, whatever is in it."""
    plain = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t"}
    special = (plain.get(mark) or (mark if mark.isprintable() else _escaped(mark)) for mark in text)
    return f'"{"".join(special)}"'


def _escaped(mark: str) -> str:
    return f"\\U{ord(mark):08x}"
