"""Switches of the page written into the text of a scenario: comments, order and everything else stay as they were."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from detente.app.selection import Selection
from detente.core.errors import UsageError
from detente.scenario.text import Mapping, Node, Scalar, Sequence, tree

SWITCHES: Final = ("include", "drop")


@dataclass(frozen=True)
class Change:
    """Text to put between two places of the file, as offsets."""

    start: int
    end: int
    text: str


def written(text: str, state: Selection) -> str:
    """Return the text with the rates, includes, drops, closure and elasticities of a state in it.

    Args:
        text: a scenario that loads. state: of the page.
    Raises:
        ScenarioError: the text is no YAML. UsageError: a measure whose rate is not on one line.
    """
    root = tree(text.encode(), "scenario.yaml")
    starts = _line_starts(text)
    changes = [_rate(root, item, text, starts) for item in state.set]
    changes += [change for name in SWITCHES if (change := _switch(root, name, getattr(state, name), text, starts))]
    changes += _model(root, state, text, starts)
    for change in sorted(changes, key=lambda each: -each.start):
        text = text[: change.start] + change.text + text[change.end :]
    return text


def _line_starts(text: str) -> list[int]:
    starts = [0]
    for line in text.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    return starts


def _entry(node: Node | None, name: str) -> tuple[Scalar, Node] | None:
    if not isinstance(node, Mapping):
        return None
    return next(((key, value) for key, value in node.entries if key.text == name), None)


def _offset(node: Scalar | Mapping | Sequence, starts: list[int]) -> int:
    return starts[node.line - 1] + node.column - 1


def _scalar(node: Scalar, new: str, text: str, starts: list[int]) -> Change:
    """Return the change of one value that stands on one line."""
    start = _offset(node, starts)
    written = text[start : start + len(node.text) + 2]
    length = len(node.text) + 2 if written[:1] in "\"'" and node.quoted else len(node.text)
    if node.block or "\n" in text[start : start + length]:
        raise UsageError(f"line {node.line}: found a value over several lines; expected one line; edit the text")
    return Change(start, start + length, new)


def _rate(root: Mapping, item: str, text: str, starts: list[int]) -> Change:
    id_, _, rate = item.partition("=")
    measures = _entry(root, "measures")
    nodes = measures[1].items if measures and isinstance(measures[1], Sequence) else ()
    for node in nodes:
        own, found = _entry(node, "id"), _entry(node, "rate")
        if own is not None and isinstance(own[1], Scalar) and own[1].text == id_ and found is not None:
            if isinstance(found[1], Scalar):
                return _scalar(found[1], rate, text, starts)
            return _replaced(found[1], rate, text, starts)
    raise UsageError(f"set: found {id_!r}; expected a measure with a rate of its own in the text")


def _replaced(node: Mapping | Sequence, new: str, text: str, starts: list[int]) -> Change:
    """Return the change of a range in braces, which stands on one line."""
    start = _offset(node, starts)
    end = text.find("}", start)
    if text[start : start + 1] != "{" or end < 0 or "\n" in text[start:end]:
        raise UsageError(f"line {node.line}: found a range over several lines; expected one line; edit the text")
    return Change(start, end + 1, new)


def _switch(root: Mapping, name: str, items: tuple[str, ...], text: str, starts: list[int]) -> Change | None:
    """Return the change of a top-level list: what it holds already stays."""
    if not items:
        return None
    found = _entry(root, name)
    if found is None:
        return Change(
            len(text), len(text), f"{'' if text.endswith(chr(10)) else chr(10)}{name}: [{', '.join(items)}]\n"
        )
    key, value = found
    old = (
        [value.text]
        if isinstance(value, Scalar)
        else [each.text for each in value.items if isinstance(each, Scalar)]
        if isinstance(value, Sequence)
        else []
    )
    start = starts[key.line - 1]
    after = [other.line for other, _ in root.entries if other.line > key.line]
    end = starts[min(after) - 1] if after else len(text)
    kept = text[start:end].split("\n")
    tail = [line for line in kept[1:] if line.lstrip().startswith("#") or not line.strip()]
    merged = ", ".join(dict.fromkeys((*filter(None, old), *items)))
    return Change(start, end, "\n".join([f"{name}: [{merged}]", *tail]))


def _model(root: Mapping, state: Selection, text: str, starts: list[int]) -> list[Change]:
    wanted = {"closure": state.closure, "trade_elasticity": state.elasticities}
    wanted = {name: value for name, value in wanted.items() if value}
    if not wanted:
        return []
    model = _entry(root, "model")
    if model is None or not isinstance(model[1], Mapping):
        lines = "".join(f"  {name}: {value}\n" for name, value in wanted.items())
        return [Change(len(text), len(text), f"{'' if text.endswith(chr(10)) else chr(10)}model:\n{lines}")]
    changes = []
    for name, value in wanted.items():
        found = _entry(model[1], name)
        inner = _entry(found[1], "set") if found is not None else None
        target = inner or found
        if target is not None and isinstance(target[1], Scalar):
            changes.append(_scalar(target[1], value, text, starts))
        else:
            start = starts[model[0].line]
            pad = " " * (model[1].column - 1)
            changes.append(Change(start, start, f"{pad}{name}: {value}\n"))
    return changes
