"""What differs between two scenarios in meaning: measures added, removed, changed field by field.

Order, comments, quotes and file names do not matter; dates and rates are compared with their units.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from detente.core.units import rate_text
from detente.policy.measure import Measure
from detente.policy.table import RateTable
from detente.scenario.load import load_scenario
from detente.scenario.resolve import plain
from detente.scenario.schema import Scenario

ADDED: Final = "added"
REMOVED: Final = "removed"
CHANGED: Final = "changed"
TOLD: Final = 5
_TABLE_FIELDS: Final = ("rows", "table", "table_sha256")
_LISTS: Final = ("by", "against", "sectors", "countries", "include", "drop", "origin", "hs22", "players", "measure")
"""Fields whose order means nothing; `choices`, `path` and `bands` keep theirs."""


@dataclass(frozen=True)
class Change:
    """One difference. `where` is a field, such as "measures.us-fentanyl.rate"; texts carry units, "" where absent."""

    where: str
    what: str
    before: str
    after: str


def diff_scenarios(
    before: Scenario | str | Path | Mapping[str, Any],
    after: Scenario | str | Path | Mapping[str, Any],
    *,
    as_of: dt.date | None = None,
) -> tuple[Change, ...]:
    """Return what differs, fields of the file first, then measures by id, in the order of the files.

    Args:
        before, after: scenarios, packaged ids, paths or plain data.
        as_of: leave out measures whose source is later, in both.
    Raises:
        ScenarioError: a file that is no scenario.
    """
    old, new = (_known_then(load_scenario(each), as_of) for each in (before, after))
    found = _fields(_head(old), _head(new), "")
    return (*found, *diff_measures(old.measures, new.measures))


def diff_measures(before: Sequence[Measure], after: Sequence[Measure]) -> tuple[Change, ...]:
    """Return measures added, removed and changed, by id."""
    old, new = ({each.id: each for each in measures} for measures in (before, after))
    found: list[Change] = []
    for name in dict.fromkeys((*old, *new)):
        where = f"measures.{name}"
        if name not in new:
            found.append(Change(where, REMOVED, summary(old[name]), ""))
        elif name not in old:
            found.append(Change(where, ADDED, "", summary(new[name])))
        else:
            found += _fields(_measure(old[name]), _measure(new[name]), f"{where}.")
            found += _tables(old[name].table, new[name].table, where)
    return tuple(found)


def summary(measure: Measure) -> str:
    """Return a measure in one line: kind, sides, rate, dates, status."""
    sides = " on ".join(_codes(each) for each in (measure.by, measure.against) if each)
    size = "" if measure.rate is None else rate_text(measure.rate)
    if measure.table is not None:
        size = f"table of {len(measure.table.rows)} rows"
    days = " ".join(
        f"{word} {day}" for word, day in (("from", measure.from_), ("until", measure.until)) if day is not None
    )
    return ", ".join(part for part in (measure.kind, sides, size, days, measure.status) if part)


def _known_then(case: Scenario, as_of: dt.date | None) -> Scenario:
    if as_of is None:
        return case
    late = [m.id for m in case.measures if m.source and m.source.date and m.source.date > as_of]
    return case.replace(measures=tuple(m for m in case.measures if m.id not in late))


def _head(case: Scenario) -> dict[str, Any]:
    data = plain(case)
    for name in ("measures", "written_by", "detente"):
        data.pop(name, None)
    data["baseline"].pop("sha256", None)
    return data


def _measure(measure: Measure) -> dict[str, Any]:
    case = Scenario("measure", dt.date.min, measures=(measure,))
    found: dict[str, Any] = plain(case)["measures"][0]
    return {name: value for name, value in found.items() if name not in _TABLE_FIELDS}


def _fields(before: Mapping[str, Any], after: Mapping[str, Any], prefix: str) -> list[Change]:
    found = []
    for name in dict.fromkeys((*before, *after)):
        old, new = before.get(name), after.get(name)
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            found += _fields(old, new, f"{prefix}{name}.")
        elif isinstance(old, list) and isinstance(new, list) and name in _LISTS:
            if set(old) != set(new):
                found.append(_members(f"{prefix}{name}", old, new))
        elif old != new:
            what = ADDED if old is None else REMOVED if new is None else CHANGED
            found.append(Change(f"{prefix}{name}", what, _text(old), _text(new)))
    return found


def _members(where: str, old: Sequence[str], new: Sequence[str]) -> Change:
    """Return what left and what joined a list; the whole lists where they are short."""
    if max(len(old), len(new)) <= TOLD:
        return Change(where, CHANGED, _text(list(old)), _text(list(new)))
    left, joined = (tuple(code for code in one if code not in other) for one, other in ((old, new), (new, old)))
    return Change(where, CHANGED, f"{len(old)} codes", f"{len(new)} codes ({_moved(left, joined)})")


def _moved(left: Sequence[str], joined: Sequence[str]) -> str:
    texts = [f"{sign} {_codes(codes)}" for sign, codes in (("without", left), ("with", joined)) if codes]
    return ", ".join(texts)


def _tables(before: RateTable | None, after: RateTable | None, where: str) -> list[Change]:
    """Return rows added, removed and changed: all are counted, the first few told."""
    old, new = _rows(before), _rows(after)
    found = []
    for key in [key for key in dict.fromkeys((*old, *new)) if old.get(key) != new.get(key)]:
        what = ADDED if key not in old else REMOVED if key not in new else CHANGED
        found.append(Change(f"{where}.table[{key}]", what, old.get(key, ""), new.get(key, "")))
    rest = len(found) - TOLD
    if rest > 0:
        counts = {what: sum(each.what == what for each in found) for what in (ADDED, REMOVED, CHANGED)}
        told = ", ".join(f"{count} {what}" for what, count in counts.items() if count)
        found = [*found[:TOLD], Change(f"{where}.table", CHANGED, f"{len(old)} rows", f"{len(new)} rows ({told})")]
    return found


def _rows(table: RateTable | None) -> dict[str, str]:
    """Return "by on against, item (authority)" to the rate with what else the row says."""
    if table is None:
        return {}
    found: dict[str, str] = {}
    for row in table.rows:
        basis = f", {row.authority}" if row.authority else ""
        more = [f"stacks with {', '.join(sorted(row.stacks_with))}"] if row.stacks_with else []
        more += ["assumed"] if row.assumed else []
        text = f"{rate_text(row.rate)}" + (f" ({', '.join(more)})" if more else "")
        key = f"{row.by} on {row.against}, {row.item}{basis}"
        found[key] = f"{found[key]} and {text}" if key in found else text
    return found


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name}: {_text(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list):
        return _codes([_text(item) for item in value])
    return str(value)


def _codes(codes: Sequence[str]) -> str:
    return ", ".join(codes[:TOLD]) + (f" and {len(codes) - TOLD} more" if len(codes) > TOLD else "")
