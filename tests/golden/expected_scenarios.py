"""Expected results of the packaged histories, beside the scenario: `python tests/golden/expected_scenarios.py`.

Rewrites `ID.expected.csv` (country, variable, value of branch main at its own date). Only in a commit that says why.
"""

from __future__ import annotations

import csv
from pathlib import Path

import detente as dt

SCENARIOS = ("liberation-day-2025", "us-china-2018-2020", "us-china-2025-10")
VARIABLES = (
    "real_income_pct", "consumer_prices_pct", "exports_pct", "imports_pct", "tariff_revenue_change_musd",
    "average_tariff_pct",
)  # fmt: skip
FOLDER = Path(__file__).resolve().parents[2] / "src" / "detente" / "scenario" / "packaged"

Table = dict[tuple[str, str], float]


def path_of(scenario: str) -> Path:
    """Return the file of expected values of a scenario."""
    return FOLDER / f"{scenario}.expected.csv"


def computed(scenario: str) -> Table:
    """Return (country, variable) -> value of branch main."""
    columns = dt.run(scenario, branches=["main"])["main"].columns("countries")
    rows = zip(columns["country"], columns["variable"], columns["value"], strict=True)
    return {(country, variable): value for country, variable, value in rows if variable in VARIABLES}


def read(scenario: str) -> Table:
    """Return the expected values as they ship."""
    with path_of(scenario).open(newline="", encoding="utf-8") as file:
        return {(row["country"], row["variable"]): float(row["value"]) for row in csv.DictReader(file)}


def text_of(table: Table) -> str:
    """Return a table as CSV, twelve digits, rows in order."""
    rows = [f"{country},{variable},{value:.12g}" for (country, variable), value in table.items()]
    return "\n".join(["country,variable,value", *rows]) + "\n"


if __name__ == "__main__":
    for each in SCENARIOS:
        path_of(each).write_text(text_of(computed(each)), encoding="utf-8", newline="\n")
