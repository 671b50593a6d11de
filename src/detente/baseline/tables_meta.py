"""What is said about a set of tables beside their rows: `meta.yaml`, a sheet `meta`, or attributes of a file.

Every value arrives as the text that the user wrote, and the field decides what it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from detente.baseline.tables_yaml import Node, compose
from detente.baseline.text import META_LIMIT, decode, read_bytes
from detente.core.errors import DataError, Problem, nearest
from detente.core.units import parse_number

TABLE_NAMES: Final = ("flows", "inputs", "value_added", "tariffs", "elasticities")
TEXT: Final = ("id", "title", "source", "licence", "elasticity_set", "tables_sha256")
FLAGS: Final = ("allow_year_mismatch", "service_tariffs", "world", "weak")
_CHOICES: Final = {"treatment": ("exogenous", "rebalance"), "missing": ("zero", "refuse")}
LISTS: Final = ("services", "countries", "sectors")
SENTENCES: Final = ("known_weaknesses", "warnings", "history")
PAIRS: Final = ("imputed", "treatment_notes", "country_labels", "sector_labels", "sources")
SPREAD: Final = {"elasticity_min": "min", "elasticity_max": "max", "elasticity_sd_log": "sd_log"}
"""Fields with a number for each sector, and what `meta["elasticity_spread"]` calls them."""

FIELDS: Final = (*TEXT, "year", *FLAGS, *_CHOICES, *LISTS, *SENTENCES, *PAIRS, *SPREAD)
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9+_-]{0,63}")
_YEAR = re.compile(r"(1[89]|20)[0-9]{2}(-[0-9]{2}-[0-9]{2})?")

NONE: Final = "none"
"""An empty list, where a list is a text."""

UNKNOWN: Final = "unknown"
"""`year: unknown` says that nobody knows; silence is refused."""


@dataclass
class Meta:
    """What is said about a set of tables.

    Attributes:
        path: as shown to the user. place: the same in words, for hints.
        values: field to text, bool or tuple of codes; absent where the file is silent.
        years: table to year, as text.
        lines: field to line. problems: what is wrong. warnings: what is merely missing.
    """

    path: str
    place: str = "meta.yaml"
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
        return f"{self.path}:{self.lines[name]}" if self.lines.get(name) else self.path


def read_meta(path: Path) -> Meta:
    """Read `meta.yaml`; what is wrong with it is in its `problems`, nothing is raised.

    Args:
        path: a YAML file with the fields `id` and `year` and, if wanted, those in `FIELDS`.
    """
    meta = Meta(str(path))
    try:
        root, twice = compose(decode(path, read_bytes(path, META_LIMIT)), str(path))
    except DataError as error:
        meta.problems += error.problems
        return meta
    meta.problems += twice
    read_fields(meta, root)
    return meta


def flat_meta(path: str, place: str, rows: Iterable[tuple[int, str, str]]) -> Meta:
    """Return what rows of a field and its value say; blank values say nothing.

    Args:
        path: as shown to the user. place: the same in words.
        rows: (line or 0, field, value). Lists are separated by commas, or numbered: `history.1`; the entries of a
            mapping are named: `year.flows`.
    """
    meta = Meta(path, place)
    root: dict[str, tuple[int, Node]] = {}
    for line, name, text in rows:
        head, _, key = name.partition(".")
        if not text.strip():
            continue
        if name in root or (key and not isinstance(root.setdefault(head, (line, (line, {})))[1][1], dict)):
            meta.tell(line, name, "the field twice", "one row for each", "deleting one of them")
        elif not key:
            root[name] = (line, (line, _listed(name, text, line)))
        elif key in root[head][1][1]:
            meta.tell(line, name, "the field twice", "one row for each", "deleting one of them")
        else:
            root[head][1][1][key] = (line, (line, text))
    for name, (line, (at, value)) in root.items():
        if isinstance(value, dict) and name in (*LISTS, *SENTENCES):
            root[name] = (line, (at, [node for _, node in value.values()]))
    read_fields(meta, root)
    return meta


def read_fields(meta: Meta, root: Mapping[str, tuple[int, Node]]) -> None:
    """Read the fields of a mapping into `meta`, and say which are missing.

    Args:
        meta: to be filled. root: name to (line, node).
    """
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
    if "source" in silent and "sources" in root:
        silent.remove("source")
    meta.warnings += [f"{meta.place} names no {name}: results cannot cite it" for name in silent]


def _listed(name: str, text: str, line: int) -> Any:
    if name not in LISTS:
        return text
    return [] if text.strip() == NONE else [(line, code.strip()) for code in text.split(",")]


def _read_field(meta: Meta, name: str, node: Node) -> None:
    line, value = node
    if name == "year":
        _read_years(meta, node)
    elif name in LISTS:
        items = [node] if isinstance(value, str) else value
        if isinstance(items, dict) or not all(isinstance(item[1], str) and item[1] for item in items):
            meta.tell(line, name, "something else", "a code or a list of codes such as [A01, C26]")
            return
        codes = tuple(item[1] for item in items)
        twice = next((code for at, code in enumerate(codes) if code in codes[:at]), "")
        if twice:
            meta.tell(line, name, f"{twice!r} twice", "distinct codes")
        meta.values[name] = codes
    elif name in SENTENCES:
        _read_sentences(meta, name, node)
    elif name in (*PAIRS, *SPREAD):
        _read_pairs(meta, name, node)
    elif not isinstance(value, str) or not value.strip():
        meta.tell(line, name, "a blank" if value == "" else "a list or mapping", "one value")
    elif name in FLAGS:
        if value not in ("true", "false"):
            meta.tell(line, name, repr(value), "true or false", nearest(value, ("true", "false")))
        meta.values[name] = value == "true"
    elif name in _CHOICES and value not in _CHOICES[name]:
        meta.tell(line, name, repr(value), " or ".join(_CHOICES[name]), nearest(value, _CHOICES[name]))
    elif name == "id" and not _ID.fullmatch(value):
        meta.tell(line, name, repr(value[:80]), "1 to 64 letters, digits, - and +, without / or ..")
    else:
        meta.values[name] = value


def _read_sentences(meta: Meta, name: str, node: Node) -> None:
    line, value = node
    items = [node] if isinstance(value, str) else value
    if isinstance(items, dict) or not all(isinstance(item[1], str) and item[1].strip() for item in items):
        meta.tell(line, name, "something else", "a sentence or a list of sentences")
        return
    meta.values[name] = tuple(item[1] for item in items)


def _read_pairs(meta: Meta, name: str, node: Node) -> None:
    line, value = node
    if not isinstance(value, dict) or not all(isinstance(text, str) for _, (_, text) in value.values()):
        meta.tell(line, name, "something else", "`key: value` for each")
        return
    if name in PAIRS:
        meta.values[name] = MappingProxyType({key: text for key, (_, (_, text)) in value.items()})
        return
    numbers: dict[str, float] = {}
    for key, (at, (_, text)) in value.items():
        try:
            numbers[key] = parse_number(text)
        except ValueError as error:
            meta.tell(at, f"{name}.{key}", repr(text[:60]), *str(error).split("; try ")[:2])
    meta.values[name] = MappingProxyType(numbers)


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
