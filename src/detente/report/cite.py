"""What a result rests on, as BibTeX: the program, the model, the data, the elasticities, the acts of its scenario."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import detente
from detente.core.result import Result
from detente.policy.measure import Source
from detente.report.tex import escaped
from detente.scenario.execute import ScenarioRun

BIB: Final = Path(__file__).parent / "data" / "citations.bib"
SETS: Final = Path(detente.__file__).parent / "baseline" / "data" / "elasticity_sets.json"
ENTRY: Final = re.compile(r"^@\w+\{(\w+),.*?^\}$", re.MULTILINE | re.DOTALL)
MODEL: Final = ("caliendo_parro_2015", "dekle_eaton_kortum_2008", "costinot_rodriguez_clare_2014")
PACKAGED_DATA: Final = ("oecd_icio_2025", "teti_gtd", "census_imports_2024", "bown_piie")
PRODUCT_DATA: Final = ("bea_io_2017", "nbs_io_2020", "un_comtrade")
PACKAGED_WORLD: Final = "world-2022"
MEDIAN: Final = "default"


def bibtex(item: ScenarioRun | Result) -> str:
    """Return BibTeX entries of what a run or a result used; keys are sorted by kind, each entry once.

    Args:
        item: what dt.run or dt.solve returned.
    """
    result = item if isinstance(item, Result) else next(iter(item.values()))
    base = result.baseline
    entries = [_program(), *(_known()[key] for key in MODEL), *_data(base)]
    entries += _elasticities(str(getattr(base, "elasticity_set", "own")))
    if isinstance(item, ScenarioRun):
        entries.append(_scenario(item))
        entries += _acts(each.source for plan in item.plans.values() for each in plan.regime.applied)
    return "\n\n".join(dict.fromkeys(entries)) + "\n"


@functools.cache
def _known() -> Mapping[str, str]:
    """Return the packaged entries by key."""
    return {match[1]: match[0] for match in ENTRY.finditer(BIB.read_text(encoding="utf-8"))}


def _program() -> str:
    return _entry(
        "software", "detente", author="{The detente developers}", title="detente: trade wars and trade talks",
        version=detente.__version__,
    )  # fmt: skip


def _data(base: Any) -> list[str]:
    if str(base.id).split("+")[0].startswith(PACKAGED_WORLD):
        cut = bool(base.meta.get("satellites"))
        return [_known()[key] for key in (*PACKAGED_DATA, *(PRODUCT_DATA if cut else ()))]
    licence = str(base.meta.get("licence", "")) or "no source stated"
    return [_entry("misc", _key(f"data {base.id}"), title=escaped(str(base.id)), note=escaped(licence))]


def _elasticities(name: str) -> list[str]:
    """Return the papers of a set; the default is the median of all of them."""
    sets = json.loads(SETS.read_text(encoding="utf-8"))["sets"]
    chosen = [*sets] if name == MEDIAN else [name]
    known = {each: sets[each] for each in chosen if sets.get(each, {}).get("year")}
    return [_paper(each, facts) for each, facts in known.items()]


def _paper(name: str, facts: Mapping[str, Any]) -> str:
    """Return the entry of a set; it has no title, because no source that came with the data gives one."""
    note = f"trade elasticities, set {name}"
    return _entry(
        "misc",
        _key(f"elasticities {name}"),
        author=escaped(facts["authors"].replace(", ", " and ")),
        year=str(facts["year"]),
        note=escaped(f"{note}; {facts['treatment']}" if facts.get("treatment") else note),
    )


def _scenario(run: ScenarioRun) -> str:
    case = run.scenario
    return _entry(
        "misc", _key(f"scenario {case.id}"), author=f"{{{escaped(case.author)}}}" if case.author else "",
        title=escaped(case.title or case.id), note=escaped(f"scenario {case.id}, sha256 {case.sha256}"),
        year=str(case.as_of.year),
    )  # fmt: skip


def _acts(sources: Iterable[Source | None]) -> list[str]:
    """Return the acts that apply, by title and date; keys that would be the same are numbered."""
    found: dict[str, str] = {}
    for source in dict.fromkeys(each for each in sources if each is not None):
        date = "" if source.date is None else str(source.date)
        stem = _key(f"act {date} {' '.join(source.title.split()[:6])}")
        key = stem if stem not in found else f"{stem}_{len(found)}"
        title = escaped(source.title)
        found[key] = _entry("misc", key, title=title, note=escaped(date), url=source.url, year=date[:4])
    return list(found.values())


def _key(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")[:60]


def _entry(kind: str, key: str, **fields: str) -> str:
    lines = [f"  {name} = {{{value}}}" for name, value in fields.items() if value]
    return f"@{kind}{{{key},\n" + ",\n".join(lines) + "\n}"
