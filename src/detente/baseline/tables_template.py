"""An empty set of tables to fill: a workbook or a folder of CSV files with headers, fields and instructions."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from detente.baseline.tables_place import LAYOUTS
from detente.baseline.tables_write import new_file, new_folder
from detente.baseline.tables_xlsx import INSTRUCTIONS, META, META_COLUMNS, Value, write_sheets
from detente.core.errors import UsageError, nearest

FORMS: Final = ("xlsx", "csv")
_MEANING: Final = {
    "flows": "sales of the sector of `origin` to `dest`, home sales included, at producer value [million USD]",
    "inputs": "use of `input_sector` by the sector of `country`, home-made and imported [million USD]",
    "value_added": "wages, profits and taxes on production [million USD]; inputs + value added = sales",
    "tariffs": "rate that `by` levies on goods from `against` [percent; 25 is 25 %]; none at home, none on services",
    "elasticities": "theta: flows fall by theta percent when their cost rises by one; not 1/theta, not sigma",
}
_EXAMPLE: Final[dict[str, tuple[Value, ...]]] = {
    "flows": ("USA", "CHN", "C26", 12345.6),
    "inputs": ("USA", "C26", "C29", 789.0),
    "value_added": ("USA", "C26", 4567.8),
    "tariffs": ("USA", "CHN", "C26", 25.0),
    "elasticities": ("C26", 5.5),
}
_FIELDS: Final = {
    "id": "required: a name of letters, digits and -",
    "title": "one line",
    "source": "whom results must cite",
    "licence": "of the data",
    "year.flows": "required: such as 2022",
    "year.inputs": "",
    "year.value_added": "",
    "year.tariffs": "required; where years differ, say allow_year_mismatch: true",
    "allow_year_mismatch": "true or false",
    "world": "false: not the whole world, its size is not compared with known totals",
    "services": "codes of the service sectors, which carry no tariff; separated by commas",
    "missing": "zero: a cell without a row is 0",
    "treatment": "exogenous or rebalance, where implied final demand is negative",
}

_YEAR_LINE: Final = "# year: {flows: 2022, inputs: 2022, value_added: 2022, tariffs: 2022}  # required"


def write_template(out: Path, form: str = "") -> Path:
    """Write an empty set of tables.

    Args:
        out: a new file that ends in .xlsx, or a new folder. form: "xlsx" or "csv"; by default what `out` says.
    Returns:
        The path.
    Raises:
        UsageError: another format, a name that does not fit it, or something is there already.
    """
    form = form or ("xlsx" if out.suffix.lower() == ".xlsx" else "csv")
    if form not in FORMS:
        close = nearest(form, FORMS) or "xlsx"
        raise UsageError(f"format: found {form!r}; expected one of {', '.join(FORMS)}; try {close!r}")
    if (out.suffix.lower() == ".xlsx") != (form == "xlsx"):
        expected = "a file that ends in .xlsx" if form == "xlsx" else "a folder"
        raise UsageError(f"out: found {str(out)!r} with format {form}; expected {expected}")
    return new_file(out, _fill_workbook) if form == "xlsx" else new_folder(out, _fill_folder)


def _fill_workbook(draft: Path) -> None:
    fields = [(name, "") for name in _FIELDS]
    guide = (INSTRUCTIONS, ("sheet", "column or field", "example", "meaning"), _instructions())
    write_sheets(draft, [guide, (META, META_COLUMNS, fields), *((name, x.columns, ()) for name, x in LAYOUTS.items())])


def _instructions() -> list[tuple[Value, ...]]:
    rows: list[tuple[Value, ...]] = []
    for name, layout in LAYOUTS.items():
        for column, example in zip(layout.columns, _EXAMPLE[name], strict=True):
            meaning = _MEANING[name] if column == layout.value else "code, stored as text; rows in any order"
            rows.append((name, column, example, meaning))
    rows += [(META, name, "", meaning) for name, meaning in _FIELDS.items()]
    return [*rows, ("", "", "", "this sheet is not read")]


def _fill_folder(draft: Path) -> None:
    for name, layout in LAYOUTS.items():
        (draft / f"{name}.csv").write_text(",".join(layout.columns) + "\n", encoding="utf-8", newline="\n")
    lines = [f"# {name}:  # {meaning}" for name, meaning in _FIELDS.items() if "." not in name]
    lines.insert(lines.index(next(line for line in lines if line.startswith("# licence"))) + 1, _YEAR_LINE)
    (draft / "meta.yaml").write_text("\n".join([*lines, ""]), encoding="utf-8", newline="\n")
