"""A small YAML file as nodes with their lines, read without ever constructing a YAML object.

Only parser events are used: the text, line and column of each scalar. So `NO`, `0102` and `.nan` stay what the user
wrote. Tags, aliases, merge keys, a second document and deep nesting are refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from detente.core.errors import DataError, Problem

Node = Any  # (line, text) | (line, list of nodes) | (line, dict of key to (line, node))


_Place = tuple[str, list[Problem]]
"""The path, and where to tell of keys that are there twice."""


def compose(text: str, path: str) -> tuple[dict[str, tuple[int, Node]], list[Problem]]:
    """Return the fields of a YAML mapping: name to (line of the name, node); and keys that are there twice.

    Args:
        text: of the file. path: its name, for messages.
    Raises:
        DataError: not YAML, no mapping, or a construct that is refused.
    """
    twice: list[Problem] = []
    events = _events(text, path)
    first = next(events, None)
    if first is None or type(first).__name__ != "MappingStartEvent":
        found = "an empty file" if first is None else "no mapping"
        raise _refusal(path, 0 if first is None else _line(first), found, "`field: value` lines")
    root = _mapping(events, (path, twice), "", 1)
    for _ in events:  # a second document or a broken end must not go unseen
        pass
    return root, twice


def _events(text: str, path: str) -> Iterator[Any]:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    documents = 0
    try:
        for event in YAML(pure=True).parse(text):
            kind = type(event).__name__
            if kind == "DocumentStartEvent":
                documents += 1
                if documents > 1:
                    raise _refusal(path, _line(event), "a second document", "one document")
            elif kind == "AliasEvent" or getattr(event, "anchor", None):
                raise _refusal(path, _line(event), "an anchor or alias", "plain values")
            elif getattr(event, "tag", None):
                raise _refusal(path, _line(event), f"the tag {event.tag}", "no tags", "quotes for text")
            if kind.startswith(("Mapping", "Sequence", "Scalar")):
                yield event
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        found = " ".join(str(error.problem or error.context or "text that is not YAML").split())
        raise _refusal(path, mark.line + 1 if mark else 0, found, "YAML 1.2") from None
    except DataError:
        raise
    except (YAMLError, ValueError, TypeError, AttributeError, IndexError, AssertionError) as error:
        # The parser raises bare errors of its own on some malformed input.
        found = " ".join(str(error).split())[:120] or type(error).__name__
        raise _refusal(path, 0, found, "YAML 1.2") from None


def _node(event: Any, events: Iterator[Any], place: _Place, name: str, depth: int) -> Node:
    kind = type(event).__name__
    if kind == "ScalarEvent":
        return _line(event), event.value
    if depth > 2:
        raise _refusal(place[0], _line(event), "nesting deeper than two levels", "flat fields", field_name=name)
    if kind == "MappingStartEvent":
        return _line(event), _mapping(events, place, name, depth)
    items = []
    for item in events:
        if type(item).__name__ == "SequenceEndEvent":
            break
        items.append(_node(item, events, place, name, depth + 1))
    return _line(event), items


def _mapping(events: Iterator[Any], place: _Place, name: str, depth: int) -> dict[str, tuple[int, Node]]:
    found: dict[str, tuple[int, Node]] = {}
    for key in events:
        if type(key).__name__ == "MappingEndEvent":
            break
        if type(key).__name__ != "ScalarEvent" or key.value == "<<":
            raise _refusal(
                place[0], _line(key), "a merge key or a key that is not text", "`field: value`", field_name=name
            )
        field = f"{name}.{key.value}" if name else key.value
        node = _node(next(events), events, place, field, depth + 1)
        if key.value in found:
            lines = f"the key twice, on lines {found[key.value][0]} and {_line(key)}"
            where = f"{place[0]}:{_line(key)}"
            place[1].append(Problem(where, field, lines, "distinct keys", "deleting one of them"))
        found[key.value] = (_line(key), node)
    return found


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


def _refusal(path: str, line: int, found: str, expected: str, hint: str = "", field_name: str = "") -> DataError:
    where = f"{path}:{line}" if line else path
    return DataError(problems=[Problem(where, field_name, found, expected, hint)])
