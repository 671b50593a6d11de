"""A scenario as plain data and as YAML: groups expanded, tables inline, checksums and version filled in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import detente
from detente.core.units import Rate, percent_text, rate_text
from detente.policy.measure import Measure, Products, Source
from detente.scenario.critical import plain_critical
from detente.scenario.schema import DEFAULT_CLOSURE, Issue, Scenario, Talks

_SAFE: Final = re.compile(
    r"[A-Za-z+][A-Za-z0-9_./%+=-]*(?: [A-Za-z0-9_./%+=()-]+)*|[0-9]+(\.[0-9]+)?%|[0-9]{4}-[0-9]{2}-[0-9]{2}"
)
_WORDS: Final = ("true", "false", "null", "yes", "no", "on", "off", "y", "n")


def plain(scenario: Scenario, *, baseline_sha256: str = "") -> dict[str, Any]:
    """Return plain data that loads again as the same scenario.

    Args:
        scenario: what to write. baseline_sha256: checksum of the world it is run on, if it is known.
    """
    reference = scenario.baseline
    baseline: dict[str, Any] = {"id": reference.id, "allow_year_mismatch": reference.allow_year_mismatch}
    digest = baseline_sha256 or reference.sha256
    data: dict[str, Any] = {
        "detente": 1,
        "id": scenario.id,
        "title": scenario.title,
        "author": scenario.author,
        "note": scenario.note,
        "as_of": scenario.as_of.isoformat(),
        "compare_to": _day(scenario.compare_to),
        "horizon": _day(scenario.horizon),
        "baseline": {**baseline, "sha256": digest} if digest else baseline,
        "model": _model(scenario),
        "groups": {name: _group(value) for name, value in scenario.groups.items()},
        "measures": [_measure(measure) for measure in scenario.measures],
        "include": list(scenario.included),
        "drop": list(scenario.dropped),
        "talks": _talks(scenario.talks),
        "tree": {leaf.name: _leaf(leaf) for leaf in scenario.tree},
        "uncertainty": {
            "method": scenario.uncertainty.method,
            "seed": scenario.uncertainty.seed,
            "bands": [percent_text(each) for each in scenario.uncertainty.bands],
            **_some(elasticities=scenario.uncertainty.elasticities),
        },
        "report": {"countries": list(scenario.report_countries)} if scenario.report_countries else {},
        "written_by": f"detente {detente.__version__}",
    }
    return {key: value for key, value in data.items() if value not in ("", None, {}, []) or key == "measures"}


def dump(data: Mapping[str, Any]) -> str:
    """Return plain data as YAML text that `load_scenario` reads back to the same."""
    return "\n".join(_lines(data, 0)) + "\n"


def _day(value: Any) -> str:
    return "" if value is None else str(value.isoformat())


def _some(**values: Any) -> dict[str, Any]:
    """Return the values that are not empty; a trailing underscore keeps a name from being a Python word."""
    return {key.rstrip("_"): value for key, value in values.items() if value not in ("", None, False, (), [], {})}


def _model(scenario: Scenario) -> dict[str, Any]:
    sd = scenario.elasticity_sd
    spread = {"set": scenario.elasticities} if sd is None else {"set": scenario.elasticities, "sd": percent_text(sd)}
    rule = scenario.closure or DEFAULT_CLOSURE
    return _some(
        trade_elasticity=spread,
        closure=rule.deficits,
        revenue=rule.revenue,
        numeraire=rule.numeraire,
        include_purge=scenario.include_purge,
        critical=plain_critical(scenario.critical),
    )


def _group(value: tuple[str, ...] | Products) -> Any:
    return {value.vintage: list(value.codes)} if isinstance(value, Products) else list(value)


def _measure(measure: Measure) -> dict[str, Any]:
    rate: Any = None if measure.rate is None else rate_text(measure.rate)
    if measure.rate_range is not None:
        rate = dict(zip(("low", "mode", "high"), map(rate_text, measure.rate_range), strict=True))
    table = measure.table
    details = {
        name: list(value) if isinstance(value, tuple) else dict(value) if isinstance(value, Mapping) else value
        for name, value in measure.details.items()
    }
    return _some(
        id=measure.id,
        by=list(measure.by),
        against=list(measure.against),
        kind=measure.kind,
        sectors=list(measure.sectors),
        products=None if measure.products is None else _group(measure.products),
        rate=rate,
        at_least=measure.at_least,
        stack=measure.stack,
        rate_kind="" if measure.rate_kind == "applied" else measure.rate_kind,
        allow_extreme=measure.allow_extreme,
        from_=_day(measure.from_),
        until=_day(measure.until),
        status=measure.status,
        authority=measure.authority,
        linkage=measure.linkage,
        unless=measure.unless,
        assumed=measure.assumed,
        note=measure.note,
        source=None if measure.source is None else _source(measure.source),
        **details,
        table=table.label if table else "",
        table_sha256=table.sha256 if table else "",
        rows=table.text if table else "",
    )


def _source(source: Source) -> dict[str, Any]:
    span = list(source.span) if source.span else None
    return _some(title=source.title, date=_day(source.date), url=source.url, quote=source.quote, span=span)


def _leaf(leaf: Any) -> dict[str, Any]:
    odds = "" if leaf.probability is None else percent_text(leaf.probability)
    return _some(path=list(leaf.path), include=list(leaf.include), drop=list(leaf.drop), probability=odds)


def _talks(talks: Talks | None) -> dict[str, Any]:
    if talks is None:
        return {}
    objective = {name: value if isinstance(value, str) else dict(value) for name, value in talks.objective.items()}
    issues = {issue.name: _issue(issue) for issue in talks.issues}
    return _some(
        players=list(talks.players),
        objective=objective,
        deadline=_day(talks.deadline),
        disagreement=_some(include=list(talks.include), drop=list(talks.drop)),
        issues=issues,
    )


def _issue(issue: Issue) -> dict[str, Any]:
    worth = {
        player: {choice: rate_text(Rate(points, True)) for choice, points in values.items()}
        for player, values in issue.worth.items()
    }
    return _some(measure=list(issue.measures), choices=list(issue.choices), worth=worth)


def _lines(data: Mapping[str, Any], depth: int) -> list[str]:
    pad = "  " * depth
    lines = []
    for key, value in data.items():
        head = f"{pad}{_scalar(str(key))}:"
        if isinstance(value, Mapping):
            lines += [head, *_lines(value, depth + 1)] if value else [f"{head} {{}}"]
        elif isinstance(value, list) and value and isinstance(value[0], Mapping):
            lines.append(head)
            for item in value:
                inner = _lines(item, depth + 2)
                inner[0] = f"{pad}  - {inner[0].lstrip()}"
                lines += inner
        elif isinstance(value, list):
            lines.append(f"{head} [{', '.join(_scalar(item) for item in value)}]")
        elif key == "rows":
            lines += _block(head, value, pad)
        else:
            lines.append(f"{head} {_scalar(value)}")
    return lines


def _block(head: str, text: str, pad: str) -> list[str]:
    """Return a table as a literal block where that reads back exactly, else as one quoted line."""
    body = text.removesuffix("\n")
    if (
        not body.isascii()
        or body.startswith((" ", "\n"))
        or body.endswith("\n")
        or not body.replace("\n", "").isprintable()
    ):
        return [f"{head} {_scalar(text)}"]
    mark = "|" if text.endswith("\n") else "|-"
    return [f"{head} {mark}", *(f"{pad}  {line}" for line in body.split("\n"))]


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    text = str(value)
    if _SAFE.fullmatch(text) and text.casefold() not in _WORDS:
        return text
    return f'"{"".join(map(_escaped, text))}"'


def _escaped(letter: str) -> str:
    if letter in '"\\':
        return "\\" + letter
    if letter.isprintable():
        return letter
    code = ord(letter)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
