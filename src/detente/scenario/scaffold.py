"""A commented copy of a scenario to start from: the text as it is, with another id, and the tables it reads."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from detente.baseline.text import decode, read_bytes
from detente.core.errors import UsageError
from detente.scenario.fields import ID
from detente.scenario.load import TABLE_SIZE, load_scenario, locate, parse_scenario
from detente.scenario.text import SIZE

NOTE: Final = """\
# A copy of {source}, to change. Every rate carries its unit: "25%" is the whole rate, "+10pp" is added.
# Check it after each change: detente scenario check {name}
"""
_HEAD: Final = re.compile(r"^(id|author):[ ]*([^#\n]*)(.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Scaffold:
    """What was written. files: the scenario first, then its tables."""

    id: str
    source: str
    files: tuple[Path, ...]


def new_scenario(source: str, out: str | Path, *, force: bool = False) -> Scaffold:
    """Write a copy of a scenario, comments kept, with the name of the new file as its id, and its tables beside it.

    Args:
        source: a packaged id or a path. out: a new file ending in .yaml. force: replace files that are there.
    Returns:
        What was written; it loads without a problem.
    Raises:
        UsageError: files that exist, a name that is no scenario file. ScenarioError: a source that does not load.
        OSError: the place cannot be written.
    """
    target = Path(out)
    if target.suffix not in (".yaml", ".yml"):
        raise UsageError(
            f"out: found {str(out)!r}; expected a new file ending in .yaml; try {target.stem or 'my'}.yaml"
        )
    case = load_scenario(source)
    origin = locate(source)
    name = target.stem if ID.fullmatch(target.stem) else case.id
    text = retitled(decode(origin, read_bytes(origin, SIZE)), case.id, name, target.name)
    files = {target: text.encode()}
    for measure in case.measures:
        label = measure.table.label if measure.table is not None else ""
        if label and (origin.parent / label).is_file():
            files[target.parent / label] = read_bytes(origin.parent / label, TABLE_SIZE)
    parse_scenario(files[target], path=str(target), folder=origin.parent)
    _refuse_existing(files, force)
    for path, data in reversed(files.items()):
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(path, data)
    return Scaffold(name, case.id, tuple(files))


def retitled(text: str, source: str, name: str, file: str) -> str:
    """Return the text of a scenario with another id, without its author, and with a note at the top."""

    def line(match: re.Match[str]) -> str:
        if match[1] == "author":
            return f"# author of {source}: {match[2]}{match[3]}"
        return f"id: {name}  {match[3]}".rstrip()

    return NOTE.format(source=source, name=file) + _HEAD.sub(line, text)


def _refuse_existing(files: dict[Path, bytes], force: bool) -> None:
    """Raise for files that are there, unless they hold the same already."""
    taken = [
        path for path, data in files.items() if path.exists() and not (path.is_file() and path.read_bytes() == data)
    ]
    if taken and not force:
        named = ", ".join(map(str, taken))
        raise UsageError(f"out: found {named}, which exists; expected a new file; try --force to replace it")


def _write(path: Path, data: bytes) -> None:
    """Write a file so that it appears whole or not at all."""
    temporary = path.parent / f".{path.name}.{os.getpid()}"
    try:
        with temporary.open("xb") as stream:
            stream.write(data)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
