"""From a path or the id of a packaged case to a scenario, with every problem of the file told at once."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping as AnyMapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from detente.baseline.text import decode, read_bytes
from detente.core.errors import DataError, MissingDataError, Problem, ScenarioError, nearest
from detente.policy.measure import Measure
from detente.policy.table import read_table
from detente.scenario import build, build_talks, checks
from detente.scenario.critical import critical_of
from detente.scenario.fields import Reader, Section
from detente.scenario.format import MAX_MEASURES, SCENARIO, VERSIONS
from detente.scenario.issues import check_issues
from detente.scenario.schema import Scenario
from detente.scenario.text import SIZE, Node, from_plain, tree

PACKAGED: Final = Path(__file__).parent / "packaged"
TABLE_SIZE: Final = 16_000_000


def packaged_ids() -> tuple[str, ...]:
    """Return the ids of the cases that ship with detente."""
    return tuple(sorted(path.stem for path in PACKAGED.glob("*.yaml")))


def load_scenario(source: str | Path | AnyMapping[str, Any] | Scenario) -> Scenario:
    """Return a scenario.

    Args:
        source: the id of a packaged case, a path, plain data as `Scenario.resolved()` gives it, or a scenario.
    Returns:
        The scenario, frozen; `drop`, `include` and `set` return copies.
    Raises:
        ScenarioError: unknown id, unreadable file, or everything that is wrong in it, with lines.
    Example:
        >>> import detente as dt
        >>> case = dt.scenario("us-china-2025-10")
        >>> case.branches
        ('main', 'full-exchange', 'rollover', 'snapback', 'threat', 'escalation')
    """
    if isinstance(source, Scenario):
        return source
    if isinstance(source, AnyMapping):
        return from_tree(from_plain(source), "scenario", None)
    path = locate(source)
    try:
        data = read_bytes(path, SIZE)
    except MissingDataError:
        raise ScenarioError(f"{path}: no such scenario; packaged ones: {', '.join(packaged_ids())}") from None
    except DataError as error:
        raise ScenarioError(problems=error.problems) from None
    return parse_scenario(data, path=path.name if path.parent == PACKAGED else str(path), folder=path.parent)


def parse_scenario(data: bytes, *, path: str = "scenario", folder: Path | None = None) -> Scenario:
    """Return the scenario in these bytes.

    Args:
        data: YAML. path: name for messages. folder: where tables may be; None allows no `table:` without `rows:`.
    Raises:
        ScenarioError: everything that is wrong in it, with lines.
    """
    return from_tree(tree(data, path), path, folder)


def from_tree(root: Node, path: str, folder: Path | None) -> Scenario:
    """Return the scenario of a tree.

    Raises:
        ScenarioError: every problem, in the order of lines.
    """
    reader = Reader(path)
    top = SCENARIO.read(reader, root, "")
    scenario = None if top is None else _scenario(reader, top, path, folder)
    if reader.problems or scenario is None:
        raise ScenarioError(problems=sorted(dict.fromkeys(reader.problems), key=_line))
    return scenario.replace(warnings=tuple(reader.warnings))


def _line(problem: Problem) -> int:
    match = re.search(r":([0-9]+)$", problem.where)
    return int(match[1]) if match else 0


def locate(source: str | Path) -> Path:
    """Return the file of a packaged id or a path.

    Raises:
        ScenarioError: an id that nothing is packaged under, with the nearest.
    """
    text = str(source)
    path = Path(text)
    looks_like_id = isinstance(source, str) and not re.search(r"[/\\]|\.ya?ml$", text) and text not in ("", ".", "..")
    if not looks_like_id or "\0" in text:
        return path
    if text in packaged_ids():
        return PACKAGED / f"{text}.yaml"
    if path.exists():
        return path
    known = packaged_ids()
    hint = nearest(text, known)
    raise ScenarioError(
        f"{text!r}: no packaged scenario and no file of that name; expected one of {', '.join(known)} or a path"
        + (f"; try {hint}" if hint else "")
    )


def _scenario(reader: Reader, top: Section, path: str, folder: Path | None) -> Scenario:
    if "detente" in top.given and top.get("detente") not in (None, *VERSIONS):
        expected = f"a format version that this detente reads: {', '.join(VERSIONS)}"
        reader.wrong(top.at("detente"), "detente", repr(top.get("detente")[:20]), expected, VERSIONS[-1])
    baseline = build.baseline_ref(top)
    ctx = build.context(reader, top, baseline)
    as_of, compare_to, horizon = (top.get(each) for each in ("as_of", "compare_to", "horizon"))
    if as_of and horizon and horizon < as_of:
        reader.wrong(top.at("horizon"), "horizon", f"{horizon}, before as_of: {as_of}", "as_of or a later day")
    measures = _measures(ctx, top, path, folder, as_of, compare_to)
    talks, leaves = build_talks.talks(ctx, top), build.leaves(reader, top)
    checks.names(reader, top, measures, talks, leaves)
    check_issues(reader, top, talks, measures)
    elasticity_set, sd = build.elasticities(top.get("model"))
    report = top.get("report")
    if report is not None:
        ctx.columns(report.get("countries"), "report.countries")
    texts = {each: top.get(each, "") for each in ("title", "author", "note")}
    return Scenario(
        id=top.get("id", ""),
        as_of=as_of or dt.date.min,
        compare_to=compare_to,
        horizon=horizon,
        baseline=baseline,
        elasticities=elasticity_set,
        elasticity_sd=sd,
        closure=build.closure(reader, top.get("model")),
        include_purge=build.include_purge(reader, top.get("model")),
        critical=critical_of(ctx, top.get("model")),
        groups=ctx.groups,
        measures=tuple(measures),
        included=build.texts(top.get("include")),
        dropped=build.texts(top.get("drop")),
        talks=talks,
        tree=leaves,
        uncertainty=build.uncertainty(reader, top),
        report_countries=build.texts(report.get("countries")) if report is not None else (),
        path=path,
        **texts,
    )


def _measures(
    ctx: build.Context, top: Section, path: str, folder: Path | None, as_of: dt.date | None, compare_to: dt.date | None
) -> list[Measure]:
    reader, measures = ctx.reader, []
    parts = top.get("measures", ())
    if not parts and "measures" in top.values and top.values["measures"] is None:
        return []
    if not parts:
        reader.warn(top.at("measures"), "measures", "none, so nothing changes")
    if len(parts) > MAX_MEASURES:
        reader.wrong(top.at("measures"), "measures", f"{len(parts)} measures", f"at most {MAX_MEASURES}")
        return []
    for position, part in enumerate(parts):
        name = f"measures[{position}]"
        measure = build.measure(ctx, part, name, path)
        if part.get("kind") is not None:
            checks.measure_fields(reader, part, measure, name)
        checks.measure_amounts(reader, part, measure, name)
        checks.measure_dates(reader, part, measure, name, as_of, compare_to)
        checks.by_against(reader, measure, name)
        measure = _with_table(reader, part, measure, name, folder)
        checks.table_codes(ctx, measure, name)
        measures.append(measure)
    checks.duplicates(reader, measures)
    checks.contradictions(reader, measures)
    return measures


def _with_table(reader: Reader, part: Section, measure: Measure, name: str, folder: Path | None) -> Measure:
    label, text = part.get("table", ""), part.get("rows")
    where, first_line = reader.path, part.at("rows") + 1
    if text is None:
        if not label:
            return measure
        found = _table_text(reader, part, label, name, folder)
        if found is None:
            return measure
        text, first_line = found, 1
        where = str(Path(reader.path).parent / label)
    negative = measure.kind == "subsidy"
    extreme = measure.allow_extreme
    table, problems = read_table(text, label, where, first_line=first_line, extreme=extreme, negative=negative)
    reader.problems += problems
    promised = part.get("table_sha256", "")
    if table is not None and promised and table.sha256 != promised:
        found = f"a table with checksum {table.sha256}"
        reader.wrong(
            part.at("table_sha256"), f"{name}.table_sha256", found, promised, "the file as it was, or no checksum"
        )
    return replace(measure, table=table)


def _table_text(reader: Reader, part: Section, label: str, name: str, folder: Path | None) -> str | None:
    """Return the text of a table beside the scenario; nothing outside its folder is ever opened."""
    line, field = part.at("table"), f"{name}.table"
    inside = "a CSV in the folder of the scenario or below it, without links"
    if folder is None:
        reader.wrong(line, field, repr(label), "`rows:` with the table itself, because this scenario has no folder")
        return None
    relative = Path(label)
    absolute = relative.is_absolute() or re.match(r"[A-Za-z]:|[\\/~]", label) is not None
    if absolute or ".." in relative.parts or "\\" in label or "\0" in label:
        reader.wrong(line, field, repr(label[:60]), inside)
        return None
    root = folder.resolve()
    path = folder / relative
    if not path.resolve().is_relative_to(root) or path.resolve() != root / relative:
        reader.wrong(line, field, f"{label!r}, which is or passes a link", inside)
        return None
    try:
        return decode(path, read_bytes(path, TABLE_SIZE))
    except MissingDataError:
        reader.wrong(line, field, f"{label!r}, which does not exist", inside)
    except DataError as error:
        reader.problems += error.problems
    return None
