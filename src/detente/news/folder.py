"""Many texts in one run: which files are read, and a store of one immutable result a text that survives any end.

A result is written beside its place, flushed, and renamed: it is there whole or not at all. Its name is made of the
text and of the rules that read it, so the same command goes on where it stopped, and a changed text is read again.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import detente
from detente.core.errors import ArticleError, DetenteError, UsageError
from detente.news.document import Document
from detente.news.source import PAGE_ENDINGS, TEXT_ENDINGS, Text
from detente.scenario.load import PACKAGED

FORMAT: Final = "detente-read-1"
INDEX: Final = "store.json"
DOCUMENTS: Final = "documents"
TIMELINE: Final = "timeline.json"


@dataclass(frozen=True)
class Files:
    """What is in a folder. texts: those that are read, by name. others: files of other kinds, which are not."""

    texts: tuple[Path, ...]
    others: tuple[str, ...]


@dataclass(frozen=True)
class Done:
    """One text of a folder: its JSON as read, or why it could not be; `kept` if it came from the store."""

    name: str
    content: Mapping[str, Any] | None
    problem: str = ""
    kept: bool = False


def files_of(folder: Path) -> Files:
    """Return the files of a folder, hidden ones left out; folders inside it are not entered.

    Raises:
        ArticleError: no text in it.
    """
    names = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    texts = [path for path in names if path.suffix.lower() in (*TEXT_ENDINGS, *PAGE_ENDINGS)]
    if not texts:
        endings = ", ".join((*TEXT_ENDINGS, *PAGE_ENDINGS))
        raise ArticleError(f"{folder}: found no text; expected files that end in {endings}")
    return Files(tuple(texts), tuple(path.name for path in names if path not in texts))


def read_all(
    files: Files,
    load: Callable[[Path], Text],
    read: Callable[[Text], Document],
    store: Path | None,
    step: Callable[[str, int, int], None],
) -> Iterator[Done]:
    """Read every text, one after the other; a text that cannot be read does not stop the others.

    Args:
        files: which. load: from a file to its text. read: from the text to the document. store: a folder that
            `opened` has prepared, or None to keep nothing. step: told what, how many are done, of how many.
    Yields:
        One for each file, in the order of their names.
    """
    for position, path in enumerate(files.texts):
        step(path.name, position, len(files.texts))
        yield _one(path, load, read, store)
    step("done", len(files.texts), len(files.texts))


def _one(path: Path, load: Callable[[Path], Text], read: Callable[[Text], Document], store: Path | None) -> Done:
    try:
        source = load(path)
        place = None if store is None else store / DOCUMENTS / f"{_key(source)}.json"
        kept = None if place is None else _kept(place)
        if kept is not None:
            return Done(path.name, {**kept, "file": path.name}, kept=True)
        content = json.loads(json.dumps(read(source).to_json()))
        if place is not None:
            write_whole(place, json.dumps(content, ensure_ascii=False, indent=1))
        return Done(path.name, {**content, "file": path.name})
    except DetenteError as error:
        return Done(path.name, None, str(error))
    except RecursionError:
        return Done(path.name, None, f"{path.name}: found a text that is nested too deeply; expected an article")


def _key(source: Text) -> str:
    """Return the name of a result: of everything that decides what is read."""
    parts = (FORMAT, _rules(), source.id, source.title, source.published, source.text)
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]


@cache
def _rules() -> str:
    """Return a checksum of everything that decides how a text is read: code, word lists, registry."""
    digest = hashlib.sha256(detente.__version__.encode())
    for room in (Path(__file__).parent, PACKAGED):
        for path in sorted(each for each in room.rglob("*") if each.is_file() and each.suffix != ".pyc"):
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def _kept(place: Path) -> dict[str, Any] | None:
    """Return a stored result, or None where there is none that can be read."""
    try:
        found = json.loads(place.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and "measures" in found else None


def opened(store: Path, files: Files) -> Path:
    """Return a store for these files: a new folder, or an earlier store with which the run goes on.

    What is expected is written first; drafts that an earlier run left behind are swept.

    Raises:
        UsageError: a folder that holds something else. OSError: the place cannot be written.
    """
    if store.exists() and not store.is_dir():
        raise UsageError(f"out: found {str(store)!r}, which is not a folder; expected a new folder or a store")
    strangers = _strangers(store) if store.exists() else []
    if strangers:
        raise UsageError(f"out: found {strangers[0]!r} in {str(store)!r}; expected a new folder or an earlier store")
    (store / DOCUMENTS).mkdir(parents=True, exist_ok=True)
    for orphan in store.rglob(".*.draft"):
        orphan.unlink(missing_ok=True)
    expected = {"format": FORMAT, "version": detente.__version__, "files": [path.name for path in files.texts]}
    write_whole(store / INDEX, json.dumps(expected, ensure_ascii=False, indent=1))
    return store


def _strangers(store: Path) -> list[str]:
    found = []
    for path in sorted(store.rglob("*")):
        name = path.relative_to(store).as_posix()
        inside = name.startswith(f"{DOCUMENTS}/") and path.suffix in (".json", ".draft")
        if not (name in (INDEX, TIMELINE, DOCUMENTS) or inside or path.name.endswith(".draft")):
            found.append(name)
    return found


def write_whole(path: Path, text: str) -> None:
    """Write a file so that it appears whole or not at all, also if the machine stops.

    Raises:
        OSError: the place cannot be written; nothing is left behind.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}.draft")
    try:
        with draft.open("x", encoding="utf-8", errors="surrogatepass") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)
