"""Tables for a paper: booktabs, a caption that names unit and comparator, a note on what they rest on."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from detente.core.errors import UsageError
from detente.report.exports.carried import Carried
from detente.report.select import HEADLINE, View
from detente.report.tex import escaped
from detente.report.text import units
from detente.report.text_table import number

MOST: Final = 400
"""Rows above which a table is no table of a paper."""


def write_latex(item: Carried, name: str, path: Path) -> None:
    """Write a table in LaTeX: "countries" of a run is its headline table, the others are as they are.

    Raises:
        UsageError: more rows than a table of a paper has.
    """
    view = item.view if name == "countries" else None
    text = _plain(item, name) if view is None else headline(view)
    path.write_text(text, encoding="utf-8")


def headline(view: View) -> str:
    """Return the headline table of a run: economies in rows, numbers in columns, a panel for each branch."""
    lines = [*HEADLINE]
    head = " & ".join(["", *(escaped(f"{line.label}, {line.unit}") for line in lines)]) + r" \\"
    body = []
    for branch in view.branches:
        body += [r"\midrule", rf"\multicolumn{{{len(lines) + 1}}}{{l}}{{\emph{{{escaped(branch.title)}}}}} \\"]
        if branch.marked:
            body.append(rf"\multicolumn{{{len(lines) + 1}}}{{l}}{{\textbf{{{escaped(branch.marked)}}}}} \\")
        for code in view.countries:
            cells = [_math(branch.values.get((code, line.variable)), change=line.change) for line in lines]
            body.append(" & ".join([escaped(view.label(code)), *cells]) + r" \\")
    caption = f"{view.run.scenario.title or view.run.scenario.id}: change against {view.run.comparator}"
    note = (
        f"{units(view).capitalize()}. Closure: {view.run.scenario.closure.title}. World: {view.run.base.id}. "
        f"{' '.join(f'{b.name}: {b.result.certificate.line}.' for b in view.branches)}"
    )
    return _frame(caption, "l" + "r" * len(lines), head, body, note, f"tab:{view.run.scenario.id}")


def _plain(item: Carried, name: str) -> str:
    columns = item.table(name)
    rows = list(zip(*columns.values(), strict=True))
    if len(rows) > MOST:
        raise UsageError(f"{name}: found {len(rows)} rows; expected at most {MOST} in a table of a paper; try .csv")
    head = " & ".join(escaped(column.replace("_", " ")) for column in columns) + r" \\"
    body = [r"\midrule", *(" & ".join(_cell(cell) for cell in row) + r" \\" for row in rows)]
    text = [all(isinstance(cell, str) or cell is None for cell in values) for values in columns.values()]
    shape = "".join("l" if words else "r" for words in text)
    return _frame(f"{item.title}: table {name}", shape, head, body, dict(item.facts).get("units", ""), f"tab:{name}")


def _cell(cell: Any) -> str:
    if cell is None:
        return ""
    return escaped(cell) if isinstance(cell, str) else _math(float(cell))


def _math(value: float | None, *, change: bool = False) -> str:
    text = number(value, change=change)
    return "--" if text == "-" else f"${text.replace(',', '{,}')}$"


def _frame(caption: str, shape: str, head: str, body: list[str], note: str, label: str) -> str:
    lines = [
        "% needs \\usepackage{booktabs}",
        r"\begin{table}",
        r"\centering",
        rf"\caption{{{escaped(caption)}}}",
        rf"\label{{{label}}}",
        rf"\begin{{tabular}}{{{shape}}}",
        r"\toprule",
        head,
        *body,
        r"\bottomrule",
        r"\end{tabular}",
        *([r"\par\footnotesize " + escaped(note)] if note else []),
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"
