"""`detente read FOLDER`: every text of a folder, one life for each measure, a store that goes on where it stopped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from detente.cli import output
from detente.cli.progress import reported
from detente.cli.read_text import plain
from detente.core.errors import ArticleError, UsageError
from detente.news.folder import TIMELINE, Done, Files, files_of, opened, read_all, write_whole
from detente.news.read import read_source
from detente.news.source import from_file
from detente.news.timeline import Life, lives
from detente.report.text_table import table
from detente.scenario.dated import day_of

if TYPE_CHECKING:
    from detente.cli.read import Options


def run_folder(options: Options) -> int:
    """Read a folder, print its time lines, keep the results with --out, and return 3 if a text could not be read.

    Raises:
        UsageError: options that need one text. ArticleError: no text in the folder.
    """
    _checked(options)
    day = day_of("as-of", options.as_of)
    files = files_of(Path(options.source))
    store = None if options.out is None else opened(options.out, files)
    with reported() as step:
        whole = output.wants_json()
        done = [each if whole else _slim(each) for each in read_all(files, from_file, read_source, store, step)]
    found = lives([each.content for each in done if each.content is not None])
    content = _content(done, files, found, None if day is None else day.isoformat())
    if store is not None:
        import json

        write_whole(store / TIMELINE, json.dumps(content, ensure_ascii=False, indent=1))
    bad = [each for each in done if each.content is None]
    if output.wants_json():
        output.document({**content, "documents": [each.content for each in done if each.content is not None]})
    else:
        output.say(_text(done, files, found, None if day is None else day.isoformat()))
    output.complain(*(line for each in bad for line in each.problem.splitlines()))
    return ArticleError.exit_code if bad else 0


def _slim(done: Done) -> Done:
    """Return a result with what a time line needs; a thousand whole ones would fill the memory."""
    kept = ("id", "published", "sha256", "measures", "file")
    return done if done.content is None else replace(done, content={name: done.content[name] for name in kept})


def _checked(options: Options) -> None:
    for name, given in (
        ("accept", options.accept),
        ("set", options.answers),
        ("review", options.review),
        ("published", options.published),
        ("llm", options.llm),
    ):
        if given:
            raise UsageError(f"{name}: found beside a folder; expected one text; read the one you mean by itself")


def _content(done: Sequence[Done], files: Files, found: Sequence[Life], day: str | None) -> dict[str, Any]:
    """Return the time lines as one JSON document, status first; the texts themselves are in the store."""
    bad = [{"file": each.name, "problem": each.problem} for each in done if each.content is None]
    content: dict[str, Any] = {
        "status": "INVALID_INPUT" if bad else "OK",
        "read": len(done) - len(bad),
        "failed": bad,
        "left_out": list(files.others),
        "lives": [each.to_json() for each in found],
    }
    if day is not None:
        content["as_of"] = day
        content["statuses"] = {each.id: status for each in found if (status := each.as_of(day))}
    return content


def _text(done: Sequence[Done], files: Files, found: Sequence[Life], day: str | None) -> str:
    status = "status" if day is None else f"on {day}"
    head = ("id", "instrument", "by", "against", "rate", status, "moves", "texts")
    rows = [_row(each, day) for each in found if day is None or each.as_of(day)]
    parts = [table(head, rows, left=len(head)) if rows else "no measure in any of the texts"]
    doubts = [f"{each.id}: {plain(text)}" for each in found for text in each.contradictions]
    if doubts:
        parts.append("\n".join(["contradictions, side by side", *(f"  {line}" for line in doubts)]))
    parts.append(_counts(done, files))
    return "\n\n".join(parts)


def _row(life: Life, day: str | None) -> list[str]:
    rate = life.fields.get("rate")
    said = "" if not rate else f"{rate['value']:g}{'%' if rate['unit'].endswith('ad_valorem') else ''} {rate['basis']}"
    moves = " > ".join(f"{status} {when}".strip() for when, status in life.moves)
    return [
        life.id, str(life.fields.get("instrument")), str(life.fields.get("imposer", "?")),
        " ".join(life.fields.get("target", ["?"])), said, life.status if day is None else life.as_of(day), moves,
        str(len(life.sources)),
    ]  # fmt: skip


def _counts(done: Sequence[Done], files: Files) -> str:
    bad, kept = sum(each.content is None for each in done), sum(each.kept for each in done)
    text = f"{len(done)} texts: {len(done) - bad} read, {bad} not"
    text += f", {kept} of them kept from before" if kept else ""
    if files.others:
        shown = ", ".join(plain(name) for name in files.others[:5]) + (" .." if len(files.others) > 5 else "")
        text += f"; {len(files.others)} files of other kinds left out: {shown}"
    undated = sum(1 for each in done if each.content is not None and not each.content["published"])
    return text + (f"; {undated} without a date of publication, taken last" if undated else "")
