"""Readers of single fields: from a node of the tree to a value, with every problem noted where it is.

Each reader is a `Type`: how to read, and the JSON Schema of what it reads. Sections are mappings with a table of
fields.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass, field
from typing import Any, Final

from detente.core.errors import Problem, nearest
from detente.scenario.text import Mapping, Node, Scalar
from detente.scenario.text import Sequence as List

ID: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,31})")
_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_LOOSE_DATE = re.compile(r"([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})")


FLOOD: Final = 200
"""Problems after which no nearest choices are looked for: only the first twenty are shown."""


class Reader:
    """Collects problems and warnings of one file."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.problems: list[Problem] = []
        self.warnings: list[str] = []

    def where(self, line: int) -> str:
        """Return `file:line`."""
        return f"{self.path}:{line}" if line else self.path

    def wrong(self, node: Node | int, name: str, found: str, expected: str, hint: str = "") -> None:
        """Note a problem at a node or line."""
        line = node if isinstance(node, int) else node.line
        self.problems.append(Problem(self.where(line), name, found, expected, hint))

    def warn(self, line: int, name: str, text: str) -> None:
        """Note something that is accepted, but looks like a mistake."""
        self.warnings.append(f"{self.where(line)}: {name}: {text}")


@dataclass(frozen=True)
class Type:
    """How a field is read, `None` meaning that a problem was noted; and its JSON Schema."""

    read: Callable[[Reader, Node, str], Any]
    schema: AnyMapping[str, Any]


@dataclass(frozen=True)
class Field:
    """A named field of a section."""

    name: str
    type: Type
    doc: str
    required: bool = False


@dataclass(frozen=True)
class Section:
    """What was read of a mapping: values, the line of each field, and the line of the whole."""

    values: AnyMapping[str, Any]
    lines: AnyMapping[str, int]
    line: int
    given: frozenset[str] = field(default_factory=frozenset)

    def get(self, name: str, default: Any = None) -> Any:
        """Return a value, or the default where it is missing or wrong."""
        value = self.values.get(name)
        return default if value is None else value

    def at(self, name: str) -> int:
        """Return the line of a field, or of the section."""
        return self.lines.get(name, self.line)


def shown(node: Node) -> str:
    """Return a node as the user wrote it, short."""
    if isinstance(node, Scalar):
        return "nothing" if not node.text and not node.quoted else repr(node.text[:60])
    return "a mapping" if isinstance(node, Mapping) else "a list"


def text_of(reader: Reader, node: Node, name: str, expected: str) -> str | None:
    """Return the text of a scalar that is not blank."""
    if isinstance(node, Scalar) and node.text.strip():
        return node.text
    reader.wrong(node, name, shown(node), expected)
    return None


def parsed(expected: str, parse: Callable[[str], Any], schema: AnyMapping[str, Any]) -> Type:
    """Return a type for texts; `parse` raises ValueError with what it expected."""

    def read(reader: Reader, node: Node, name: str) -> Any:
        text = text_of(reader, node, name, expected)
        if text is None:
            return None
        try:
            return parse(text)
        except ValueError as error:
            reader.wrong(node, name, shown(node), str(error))
            return None

    return Type(read, schema)


def _id(text: str) -> str:
    if not ID.fullmatch(text):
        raise ValueError("a name of at most 32 letters a-z, digits and hyphens")
    return text


def iso_date(text: str) -> dt.date:
    """Return the day written as YYYY-MM-DD.

    Raises:
        ValueError: anything else; the message is the expectation.
    """
    match = _DATE.fullmatch(text)
    if match is None:
        loose = _LOOSE_DATE.fullmatch(text)
        hint = "; try '{}-{:0>2}-{:0>2}'".format(*loose.groups()) if loose else ""
        raise ValueError(f"an ISO date YYYY-MM-DD, such as 2025-04-02{hint}")
    try:
        return dt.date(*map(int, match.groups()))
    except ValueError:
        raise ValueError("a day that exists in the calendar") from None


def _bool(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError("true or false")
    return text == "true"


def _int(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,15}", text):
        raise ValueError("a whole number of digits only")
    return int(text)


TEXT: Final = parsed("text", str, {"type": "string"})
NAME: Final = parsed("a name", _id, {"type": "string", "pattern": f"^{ID.pattern}$"})
DATE: Final = parsed("an ISO date such as 2025-04-02", iso_date, {"type": "string", "format": "date"})
BOOL: Final = parsed("true or false", _bool, {"type": "boolean"})
INT: Final = parsed("a whole number", _int, {"type": "integer", "minimum": 0})


def choice(*options: str) -> Type:
    """Return a type for one word of a list."""

    def read(reader: Reader, node: Node, name: str) -> str | None:
        text = text_of(reader, node, name, f"one of {', '.join(options)}")
        if text is None or text in options:
            return text
        reader.wrong(node, name, shown(node), f"one of {', '.join(options)}", nearest(text, options))
        return None

    return Type(read, {"enum": list(options)})


def _codes(reader: Reader, node: Node, name: str) -> tuple[Scalar, ...] | None:
    items = node.items if isinstance(node, List) else (node,)
    if not items:
        reader.wrong(node, name, "an empty list", "at least one code, or leave the field out")
        return None
    fine = [isinstance(item, Scalar) and bool(item.text.strip()) for item in items]
    for item, good in zip(items, fine, strict=True):
        if not good:
            reader.wrong(item, name, shown(item), "a code, or a list of codes")
    return tuple(item for item in items if isinstance(item, Scalar)) if all(fine) else None


_CODE_LIST: Final = {"type": "array", "items": {"type": "string"}, "minItems": 1}
CODES: Final = Type(_codes, {"oneOf": [{"type": "string"}, _CODE_LIST]})


def list_of(of: Type, least: int = 1) -> Type:
    """Return a type for a list, read item by item; wrong items are noted and left out."""

    def read(reader: Reader, node: Node, name: str) -> tuple[Any, ...] | None:
        if not isinstance(node, List):
            reader.wrong(node, name, shown(node), "a list")
            return None
        if len(node.items) < least:
            reader.wrong(node, name, "an empty list", f"at least {least} entry")
            return None
        values = [of.read(reader, item, f"{name}[{position}]") for position, item in enumerate(node.items)]
        return tuple(value for value in values if value is not None)

    return Type(read, {"type": "array", "items": of.schema, "minItems": least})


def section(fields: Sequence[Field], extra_hints: AnyMapping[str, str] | None = None) -> Type:
    """Return a type for a mapping with these fields and no others.

    Args:
        fields: the table of fields. extra_hints: words often used as keys, and what to say instead.
    """
    table = {each.name: each for each in fields}
    hints = extra_hints or {}

    def read(reader: Reader, node: Node, name: str) -> Section | None:
        if not isinstance(node, Mapping):
            reader.wrong(node, name, shown(node), f"a mapping with {', '.join(table)}")
            return None
        prefix = f"{name}." if name else ""
        values: dict[str, Any] = {}
        entries = _unique(reader, node, prefix)
        for key, (line, value) in entries.items():
            known = table.get(key)
            if known is None:
                close = nearest(key, [*table, *hints]) if len(reader.problems) < FLOOD else ""
                reader.wrong(line, prefix + key[:40], "an unknown field", "a known one", hints.get(close, close))
            else:
                values[key] = known.type.read(reader, value, prefix + key)
        for each in fields:
            if each.required and each.name not in entries:
                reader.wrong(node, prefix + each.name, "nothing", f"this field: {each.doc}")
        return Section(values, {key: line for key, (line, _) in entries.items()}, node.line, frozenset(entries))

    properties = {each.name: {**each.type.schema, "description": each.doc} for each in fields}
    schema = {
        "type": "object",
        "properties": properties,
        "required": [each.name for each in fields if each.required],
        "additionalProperties": False,
    }
    return Type(read, schema)


def named(of: Type, key: Type = NAME) -> Type:
    """Return a type for a mapping from free names to values; the value is a dict name -> (line, value)."""

    def read(reader: Reader, node: Node, name: str) -> dict[str, tuple[int, Any]] | None:
        if not isinstance(node, Mapping):
            reader.wrong(node, name, shown(node), "a mapping from names")
            return None
        found: dict[str, tuple[int, Any]] = {}
        for text, (line, value) in _unique(reader, node, f"{name}.").items():
            label = key.read(reader, Scalar(text, line, 0, False), f"{name}.{text[:40]}")
            item = of.read(reader, value, f"{name}.{text[:40]}")
            if label is not None and item is not None:
                found[label] = (line, item)
        return found

    return Type(read, {"type": "object", "additionalProperties": of.schema})


def _unique(reader: Reader, node: Mapping, prefix: str) -> dict[str, tuple[int, Node]]:
    found: dict[str, tuple[int, Node]] = {}
    for key, value in node.entries:
        if key.text in found:
            first = found[key.text][0]
            found_text = f"a second {key.text[:40]!r}; the first is on line {first}"
            reader.wrong(key, prefix + key.text[:40], found_text, "each field once")
        else:
            found[key.text] = (key.line, value)
    return found


def either(*types: tuple[type, Type]) -> Type:
    """Return a type chosen by the shape of the node: (Scalar, List or Mapping, how to read it)."""

    def read(reader: Reader, node: Node, name: str) -> Any:
        for shape, chosen in types:
            if isinstance(node, shape):
                return chosen.read(reader, node, name)
        words = {Scalar: "text", List: "a list", Mapping: "a mapping"}
        reader.wrong(node, name, shown(node), " or ".join(words[shape] for shape, _ in types))
        return None

    return Type(read, {"anyOf": [chosen.schema for _, chosen in types]})
