"""The `meta.yaml` of a folder of tables: flat, small, and read without ever constructing a YAML object.

Only parser events are used: the text, line and column of each scalar. So `NO`, `0102` and `.nan` stay what the user
wrote, and our field decides what they are. Tags, aliases, merge keys, a second document and deep nesting are refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from detente.baseline.text import META_LIMIT, decode, read_bytes
from detente.core.errors import DataError, Problem, nearest

TABLE_NAMES: Final = ("flows", "inputs", "value_added", "tariffs", "elasticities")
_TEXT: Final = ("id", "title", "source", "licence", "elasticity_set")
_FLAGS: Final = ("allow_year_mismatch", "service_tariffs", "world")
_CHOICES: Final = {"treatment": ("exogenous", "rebalance"), "missing": ("zero", "refuse")}
_LISTS: Final = ("services", "countries", "sectors")
FIELDS: Final = (*_TEXT, "year", *_FLAGS, *_CHOICES, *_LISTS)
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9+_-]{0,63}")
_YEAR = re.compile(r"(1[89]|20)[0-9]{2}(-[0-9]{2}-[0-9]{2})?")

UNKNOWN: Final = "unknown"
"""`year: unknown` says that nobody knows; silence is refused."""

Node = Any  # (line, text) | (line, list of nodes) | (line, dict of key to (line, node))


@dataclass
class Meta:
    """What `meta.yaml` says.

    Attributes:
        values: field to text, bool or tuple of codes; absent where the file is silent.
        years: table to year, as text.
        lines: field to line. problems: what is wrong. warnings: what is merely missing.
    """

    path: str
    values: dict[str, Any] = field(default_factory=dict)
    years: dict[str, str] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def tell(self, line: int, name: str, found: str, expected: str, hint: str = "") -> None:
        """Add a problem of this file; line 0 means the file as a whole."""
        where = f"{self.path}:{line}" if line else self.path
        self.problems.append(Problem(where, name, found, expected, hint))

    def where(self, name: str) -> str:
        """Return `file:line` of a field, or the file."""
        return f"{self.path}:{self.lines[name]}" if name in self.lines else self.path


def read_meta(path: Path) -> Meta:
    """Read `meta.yaml`; what is wrong with it is in its `problems`, nothing is raised.

    Args:
        path: a YAML file with the fields `id` and `year` and, if wanted, those in `FIELDS`.
    """
    meta = Meta(str(path))
    try:
        text = decode(path, read_bytes(path, META_LIMIT))
        root = _compose(text, meta)
    except DataError as error:
        meta.problems += error.problems
        return meta
    for name, (line, node) in root.items():
        meta.lines[name] = line
        if name not in FIELDS:
            close = nearest(name, FIELDS, aliases={"LICENSE": "licence"})
            meta.tell(line, name, "an unknown field", f"one of {', '.join(FIELDS)}", close)
        else:
            _read_field(meta, name, (line, node[1]))
    for name, expected in (("id", "a name for these data"), ("year", f"the year of the tables, or `{UNKNOWN}`")):
        if name not in root:
            meta.tell(0, name, "no such field", expected)
    silent = [name for name in ("source", "licence") if name not in root]
    meta.warnings += [f"meta.yaml names no {name}: results cannot cite it" for name in silent]
    return meta


def _read_field(meta: Meta, name: str, node: Node) -> None:
    line, value = node
    if name == "year":
        _read_years(meta, node)
    elif name in _LISTS:
        items = [node] if isinstance(value, str) else value
        if isinstance(items, dict) or not all(isinstance(item[1], str) and item[1] for item in items):
            meta.tell(line, name, "something else", "a code or a list of codes such as [A01, C26]")
            return
        codes = tuple(item[1] for item in items)
        twice = next((code for at, code in enumerate(codes) if code in codes[:at]), "")
        if twice:
            meta.tell(line, name, f"{twice!r} twice", "distinct codes")
        meta.values[name] = codes
    elif not isinstance(value, str) or not value.strip():
        meta.tell(line, name, "a blank" if value == "" else "a list or mapping", "one value")
    elif name in _FLAGS:
        if value not in ("true", "false"):
            meta.tell(line, name, repr(value), "true or false", nearest(value, ("true", "false")))
        meta.values[name] = value == "true"
    elif name in _CHOICES and value not in _CHOICES[name]:
        meta.tell(line, name, repr(value), " or ".join(_CHOICES[name]), nearest(value, _CHOICES[name]))
    elif name == "id" and not _ID.fullmatch(value):
        meta.tell(line, name, repr(value[:80]), "1 to 64 letters, digits, - and +, without / or ..")
    else:
        meta.values[name] = value


def _read_years(meta: Meta, node: Node) -> None:
    line, value = node
    if value == UNKNOWN:
        meta.warnings.append("B08 the years of the tables are not known, so not compared")
        return
    if isinstance(value, str):
        given = dict.fromkeys(TABLE_NAMES[:4], (line, node))
    elif isinstance(value, dict):
        given = value
    else:
        meta.tell(line, "year", "a list", "a year, or one for each table: {flows: 2022, tariffs: 2024}")
        return
    for name, (at, (_, year)) in given.items():
        if name not in TABLE_NAMES:
            close = nearest(name, TABLE_NAMES)
            meta.tell(at, f"year.{name}", "an unknown table", f"one of {', '.join(TABLE_NAMES)}", close)
        elif not isinstance(year, str) or not _YEAR.fullmatch(year):
            meta.tell(at, f"year.{name}", repr(year), "a year or an ISO date", "2022 or 2022-12-31")
        else:
            meta.years[name] = year
    meta.lines |= {f"year.{name}": at for name, (at, _) in given.items()}
    for name in ("flows", "tariffs"):
        if name not in given:
            meta.tell(line, f"year.{name}", "no such entry", "the year of this table")


def _compose(text: str, meta: Meta) -> dict[str, tuple[int, Node]]:
    events = _events(text, meta)
    first = next(events, None)
    if first is None or type(first).__name__ != "MappingStartEvent":
        found = "an empty file" if first is None else "no mapping"
        raise _refusal(meta, 0 if first is None else _line(first), found, "`field: value` lines")
    root = _mapping(events, meta, "", 1)
    for _ in events:  # a second document or a broken end must not go unseen
        pass
    return root


def _events(text: str, meta: Meta) -> Iterator[Any]:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    documents = 0
    try:
        for event in YAML(pure=True).parse(text):
            kind = type(event).__name__
            if kind == "DocumentStartEvent":
                documents += 1
                if documents > 1:
                    raise _refusal(meta, _line(event), "a second document", "one document")
            elif kind == "AliasEvent" or getattr(event, "anchor", None):
                raise _refusal(meta, _line(event), "an anchor or alias", "plain values")
            elif getattr(event, "tag", None):
                raise _refusal(meta, _line(event), f"the tag {event.tag}", "no tags", "quotes for text")
            if kind.startswith(("Mapping", "Sequence", "Scalar")):
                yield event
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        found = " ".join(str(error.problem or error.context or "text that is not YAML").split())
        raise _refusal(meta, mark.line + 1 if mark else 0, found, "YAML 1.2") from None
    except DataError:
        raise
    except (YAMLError, ValueError, TypeError, AttributeError, IndexError, AssertionError) as error:
        # The parser raises bare errors of its own on some malformed input.
        found = " ".join(str(error).split())[:120] or type(error).__name__
        raise _refusal(meta, 0, found, "YAML 1.2") from None


def _node(event: Any, events: Iterator[Any], meta: Meta, name: str, depth: int) -> Node:
    kind = type(event).__name__
    if kind == "ScalarEvent":
        return _line(event), event.value
    if depth > 2:
        raise _refusal(meta, _line(event), "nesting deeper than two levels", "flat fields", field_name=name)
    if kind == "MappingStartEvent":
        return _line(event), _mapping(events, meta, name, depth)
    items = []
    for item in events:
        if type(item).__name__ == "SequenceEndEvent":
            break
        items.append(_node(item, events, meta, name, depth + 1))
    return _line(event), items


def _mapping(events: Iterator[Any], meta: Meta, name: str, depth: int) -> dict[str, tuple[int, Node]]:
    found: dict[str, tuple[int, Node]] = {}
    for key in events:
        if type(key).__name__ == "MappingEndEvent":
            break
        if type(key).__name__ != "ScalarEvent" or key.value == "<<":
            raise _refusal(meta, _line(key), "a merge key or a key that is not text", "`field: value`", field_name=name)
        path = f"{name}.{key.value}" if name else key.value
        node = _node(next(events), events, meta, path, depth + 1)
        if key.value in found:
            lines = f"the key twice, on lines {found[key.value][0]} and {_line(key)}"
            meta.tell(_line(key), path, lines, "distinct keys", "deleting one of them")
        found[key.value] = (_line(key), node)
    return found


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


def _refusal(meta: Meta, line: int, found: str, expected: str, hint: str = "", field_name: str = "") -> DataError:
    where = f"{meta.path}:{line}" if line else meta.path
    return DataError(problems=[Problem(where, field_name, found, expected, hint)])
