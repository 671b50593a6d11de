"""YAML as text: a tree of scalars with line, column and quotes, from parser events. Nothing is constructed.

What a text means is decided by the field that reads it. Anchors, aliases, tags, merge keys, a second document, tabs and
deep nesting are refused while the events pass, so that no file can explode.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from detente.baseline.text import decode
from detente.core.errors import DataError, Problem, ScenarioError

SIZE: Final = 1_000_000
DEPTH: Final = 20
MARKS: Final = 300_000
"""Commas, colons, hyphens before blanks and line ends in a file; 20,000 measures of 1 MB have about 200,000."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """A text with its place; `quoted` tells `"0102"` from `0102`; `block` is the line where a `|` text starts, or 0."""

    text: str
    line: int
    column: int
    quoted: bool
    block: int = 0


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list of nodes."""

    items: tuple[Node, ...]
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys and nodes in the order of the file; duplicate keys are still there."""

    entries: tuple[tuple[Scalar, Node], ...]
    line: int
    column: int


Node = Scalar | Sequence | Mapping


def tree(data: bytes, path: str) -> Mapping:
    """Return the one document of a YAML file as a tree.

    Args:
        data: the bytes of the file. path: its name, for messages.
    Raises:
        ScenarioError: wrong encoding, tab, not YAML, more than one document, no mapping at the root, anchor, alias,
            tag, merge key, nesting above 20, more than 1 MB; with the line.
    """
    if len(data) > SIZE:
        raise _refusal(path, 0, f"{len(data)} bytes", f"at most {SIZE} bytes in a scenario")
    try:
        text = decode(Path(path), data)
    except DataError as error:
        raise ScenarioError(problems=error.problems) from None
    tab = text.find("\t")
    if tab >= 0:
        raise _refusal(path, text.count("\n", 0, tab) + 1, "a tab", "blanks", "two blanks for each level")
    marks = sum(text.count(mark) for mark in (",", ":", "- ", "\n"))
    if marks > MARKS:
        raise _refusal(path, 0, f"{marks} commas, colons and line ends", f"at most {MARKS} in a scenario")
    root = _built(_events(text, path), path)
    if root is None:
        raise _refusal(path, 0, "an empty file", "a scenario: a mapping that starts with `detente: 1`")
    if not isinstance(root, Mapping):
        found = "a list" if isinstance(root, Sequence) else f"the text {root.text[:40]!r}"
        raise _refusal(path, root.line, found, "a mapping of fields that starts with `detente: 1`")
    return root


def from_plain(value: Any) -> Node:
    """Return plain data (dict, list, text, number, bool, date) as a tree without places, as if read from a file.

    Raises:
        ScenarioError: something that no scenario file can hold.
    """
    if isinstance(value, AnyMapping):
        return Mapping(tuple((Scalar(str(key), 0, 0, False), from_plain(item)) for key, item in value.items()), 0, 0)
    if isinstance(value, list | tuple):
        return Sequence(tuple(from_plain(item) for item in value), 0, 0)
    if isinstance(value, bool):
        return Scalar("true" if value else "false", 0, 0, False)
    if isinstance(value, int | float | dt.date):
        return Scalar(str(value), 0, 0, False)
    if isinstance(value, str):
        return Scalar(value, 0, 0, True)
    raise ScenarioError(f"scenario: found {type(value).__name__}; expected text, a number, a list or a mapping")


def _events(text: str, path: str) -> Iterator[Any]:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        yield from YAML(typ="safe", pure=True).parse(text)
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        what = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error).split("\n")[0]
        line = 0 if mark is None else mark.line + 1
        raise _refusal(
            path, line, f"text that is not YAML ({what})", "YAML 1.2", "quotes around text with : or #"
        ) from None
    except (ValueError, IndexError, KeyError, AttributeError, TypeError, OverflowError, AssertionError) as error:
        # the parser of the library fails on a few malformed files with errors of its own making
        found = f"text that is not YAML ({type(error).__name__})"
        raise _refusal(path, 0, found, "YAML 1.2") from None


class _Open:
    """A collection whose end has not come yet."""

    __slots__ = ("column", "is_mapping", "key", "line", "parts")

    def __init__(self, is_mapping: bool, line: int, column: int) -> None:
        self.is_mapping, self.line, self.column = is_mapping, line, column
        self.parts: list[Any] = []
        self.key: Scalar | None = None

    def closed(self) -> Node:
        make = Mapping if self.is_mapping else Sequence
        return make(tuple(self.parts), self.line, self.column)


def _built(events: Iterator[Any], path: str) -> Node | None:
    stack: list[_Open] = []
    root: Node | None = None
    documents = 0
    for event in events:
        name = type(event).__name__
        line, column = event.start_mark.line + 1, event.start_mark.column + 1
        node: Node | None = None
        if name == "ScalarEvent":
            _plain_only(event, path, line)
            block = line + 1 if event.style in ("|", ">") else 0
            node = Scalar(event.value, line, column, event.style is not None, block)
        elif name in ("MappingStartEvent", "SequenceStartEvent"):
            _plain_only(event, path, line)
            if len(stack) >= DEPTH:
                raise _refusal(path, line, f"more than {DEPTH} levels of nesting", f"at most {DEPTH}")
            if stack and stack[-1].is_mapping and stack[-1].key is None:
                raise _refusal(path, line, "a list or mapping as a key", "text as a key")
            stack.append(_Open(name == "MappingStartEvent", line, column))
        elif name in ("MappingEndEvent", "SequenceEndEvent"):
            node = stack.pop().closed()
        elif name == "AliasEvent":
            raise _refusal(
                path, line, f"an alias (*{event.anchor})", "the text itself; anchors and aliases are not read"
            )
        elif name == "DocumentStartEvent":
            documents += 1
            if documents > 1:
                raise _refusal(path, line, "a second document", "one scenario in one file", "a file for each")
        if node is None:
            continue
        if stack:
            _placed(stack[-1], node, path)
        else:
            root = node
    return None if isinstance(root, Scalar) and not root.text and not root.quoted else root


def _placed(parent: _Open, node: Node, path: str) -> None:
    if not parent.is_mapping:
        parent.parts.append(node)
    elif parent.key is not None:
        parent.parts.append((parent.key, node))
        parent.key = None
    elif isinstance(node, Scalar):
        if node.text == "<<" and not node.quoted:
            raise _refusal(path, node.line, "a merge key (<<)", "the fields themselves; merge keys are not read")
        parent.key = node


def _plain_only(event: Any, path: str, line: int) -> None:
    if event.anchor is not None:
        raise _refusal(path, line, f"an anchor (&{event.anchor})", "the text itself; anchors and aliases are not read")
    if event.ctag is not None:
        raise _refusal(path, line, f"a tag ({event.ctag})", "plain text; tags are not read")


def _refusal(path: str, line: int, found: str, expected: str, hint: str = "") -> ScenarioError:
    return ScenarioError(problems=[Problem(f"{path}:{line}" if line else path, "", found, expected, hint)])
