"""`detente read`: from a text to proposals, and to a scenario of those that a person accepts, and of no other."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from detente.cli import output
from detente.cli.read_dialogue import Dialogue, asked
from detente.cli.read_text import document_text, next_lines
from detente.core.errors import UsageError
from detente.news.answers import parse_answers
from detente.news.document import Document
from detente.news.draft import Draft, draft
from detente.news.fetch import fetched, is_address
from detente.news.folder import write_whole
from detente.news.read import read_source
from detente.news.registry import standing
from detente.news.source import PAGE_LIMIT, Text, from_bytes, from_file, packaged_text


@dataclass(frozen=True)
class Options:
    """The options of `detente read`, as typed."""

    source: str
    review: Path | None = None
    accept: Sequence[str] = ()
    answers: Sequence[str] = ()
    published: str | None = None
    as_of: str | None = None
    out: Path | None = None
    allow_network: bool = False
    force: bool = False
    llm: str | None = None


def run_read(options: Options) -> int:
    """Read, print, write what was asked for, and return the exit code.

    Raises:
        UsageError: options that do not go together, a file that exists. ArticleError: a text that cannot be read, or
            accepted measures with questions that a run needs.
    """
    if _is_folder(options.source):
        from detente.cli.read_folder import run_folder

        return run_folder(options)
    _checked(options)
    document = _read(options)
    said: Mapping[str, Mapping[str, str]] = parse_answers(options.answers, document)
    accepted = list(options.accept)
    if _wants_dialogue(options):
        output.say(document_text(document, output.width()))
        found = Dialogue(input, output.say).walk(document, said)
        accepted, said = list(found.accepted), found.answers
        if not accepted:
            output.say("nothing accepted, nothing written")
            return 0
    made = draft(document, accepted, said, name=_stem(options)) if accepted else None
    _write(options, document, made)
    _tell(options, document, made)
    return 0


def _is_folder(source: str) -> bool:
    return source != "-" and not is_address(source) and Path(source).is_dir()


def _checked(options: Options) -> None:
    """Refuse options that do not go together, before anything is read."""
    if options.as_of is not None:
        raise UsageError("as-of: found a day beside one text; expected a folder, where a measure has a life")
    if options.out is not None and not options.accept and not _wants_dialogue(options):
        raise UsageError("out: found without accept; expected ids such as --accept M02,M03: nothing is loaded unasked")
    if options.answers and not options.accept and not _wants_dialogue(options):
        raise UsageError("set: found without accept; expected --accept ID,.. beside it")
    if options.llm is not None and not options.allow_network:
        raise UsageError(
            "llm: found without leave to use the network; expected it, because the text is sent to the model; "
            "try --allow-network"
        )
    if options.out is not None and options.out.suffix not in (".yaml", ".yml"):
        raise UsageError(f"out: found {str(options.out)!r}; expected a new file ending in .yaml")
    for path in (options.out, options.review):
        if path is not None and (path.exists() or path.is_symlink()) and not (options.force and path.is_file()):
            raise UsageError(f"{path}: found a file that exists; expected a new one; try --force to replace it")


def _wants_dialogue(options: Options) -> bool:
    """Return whether a person sits at both ends and has not said yet what to accept."""
    plain = not (options.accept or options.review or output.wants_json() or output.quiet())
    ends = all(stream is not None and not stream.closed and stream.isatty() for stream in (sys.stdin, sys.stdout))
    return plain and ends and options.source != "-"


def _read(options: Options) -> Document:
    document = read_source(text_of(options.source, allow_network=options.allow_network), options.published)
    if options.llm is None:
        return document
    from detente.news.llm import with_model

    return with_model(document, options.llm)


def text_of(source: str, *, allow_network: bool) -> Text:
    """Return the text of an argument: `-`, an address, a file.

    Raises:
        ArticleError: as `news.source` and `news.fetch`. UsageError: an address without leave, a closed stdin.
    """
    if source == "-":
        if sys.stdin is None or sys.stdin.closed:
            raise UsageError("TEXT: found - with a closed stdin; expected a text on it")
        return from_bytes(sys.stdin.buffer.read(PAGE_LIMIT + 1), id="stdin", where="stdin")
    if is_address(source):
        if not allow_network:
            raise UsageError(
                f"TEXT: found the address {source[:200]}; expected leave to use the network, which detente never does "
                "by itself; try --allow-network, or save the page and read the file"
            )
        return fetched(source)
    path = Path(source)
    return from_file(path if path.exists() else packaged_text(source) or path)


def _stem(options: Options) -> str:
    return "" if options.out is None else options.out.stem


def _write(options: Options, document: Document, made: Draft | None) -> None:
    if made is not None and options.out is not None:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        write_whole(options.out, made.text)
    if options.review is not None:
        from detente.news.review import written

        options.review.parent.mkdir(parents=True, exist_ok=True)
        written(document, options.review, where=options.source, published=options.published or "")


def _tell(options: Options, document: Document, made: Draft | None) -> None:
    if output.wants_json():
        output.document(_json(options, document, made))
        return
    for text in made.scenario.warnings if made is not None else ():
        output.note(f"warning: {text}")
    if made is not None and options.out is None:
        output.say(made.text.rstrip("\n"))
        return
    if made is None:
        output.say(document_text(document, output.width()))
        output.say("\n".join(next_lines(document, options.source, options.published)))
    else:
        names = ", ".join(measure.id for measure in made.scenario.measures)
        count = len(made.scenario.measures)
        output.say(f"written: {output.shown(options.out or Path())}, {count} measure{'s' * (count > 1)} ({names})")
        output.note(*(f"open: {asked(each)}" for each in made.open))
        output.say(f"next: detente run {output.shown(options.out or Path())} --branch all")
    if options.review is not None:
        output.say(f"review: {output.shown(options.review)}")


def _json(options: Options, document: Document, made: Draft | None) -> dict[str, Any]:
    found: dict[str, Any] = {
        "status": "OK",
        "documents": [document.to_json()],
        "registry": standing(document),
    }
    if made is not None:
        found["scenario"] = made.text if options.out is None else str(options.out)
    if options.review is not None:
        found["review"] = str(options.review)
    return found
