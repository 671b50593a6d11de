"""`detente doctor`: what this installation is made of, and whether it is fit to use."""

from __future__ import annotations

from typing import Any

from detente.baseline.catalogue import list_baselines, load_baseline
from detente.cli import output
from detente.core.errors import DetenteError
from detente.report.environment import packages, versions
from detente.report.text_table import table

NOT_OK_EXIT = 5
OK, NOT_OK = "ok", "NOT OK"


def doctor() -> int:
    """Print versions and data with a verdict on each; return 5 if one is not ok."""
    rows = [*_programs(), *_data()]
    bad = [row for row in rows if row["verdict"] != OK]
    if output.wants_json():
        output.document({"status": "NOT_OK" if bad else "OK", "rows": rows})
    else:
        cells = [[str(row["what"]), str(row["found"]), str(row["verdict"])] for row in rows]
        output.say(table(["what", "found", ""], cells, left=3))
        output.say(f"{len(bad)} of {len(rows)} not ok" if bad else "all is well; next: detente verify --quick")
    return NOT_OK_EXIT if bad else 0


def _programs() -> list[dict[str, Any]]:
    rows = [
        {"what": name, "found": _text(found), "verdict": OK} for name, found in versions().items() if name != "numpy"
    ]
    rows += [
        {"what": name, "found": found, "verdict": NOT_OK if found == "missing" else OK}
        for name, found in packages().items()
    ]
    return rows


def _text(found: Any) -> str:
    if isinstance(found, dict):
        return ", ".join(f"{name}={value}" for name, value in found.items())
    return "installed package" if found is None else str(found)


def _data() -> list[dict[str, Any]]:
    """Return a row for each baseline: its years and checksum after it was read and checked, or what is wrong."""
    rows = []
    for entry in list_baselines():
        try:
            base = load_baseline(entry.name)
        except DetenteError as error:
            rows.append({"what": entry.name, "found": str(error).splitlines()[0], "verdict": NOT_OK})
            continue
        years = ", ".join(f"{what} {year}" for what, year in base.meta.get("years", {}).items())
        rows.append(
            {"what": entry.name, "found": f"{years or 'years not stated'}; sha256 {base.sha256[:16]}", "verdict": OK}
        )
    return rows
