"""What a bundle is made of: names of its files. Imports nothing that takes time."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

FORMAT: Final = "detente-bundle-1"
MANIFEST: Final = "manifest.json"
SCENARIO: Final = "scenario.yaml"
ARRAYS: Final = "arrays.npz"
REPORT: Final = "report.html"
TABLES: Final = "tables"
PLAIN_TABLES: Final = ("countries", "sectors", "tariffs", "flows", "instruments")
BAND_TABLES: Final = ("bands", "assumptions")
TABLE_NAMES: Final = (*PLAIN_TABLES, *BAND_TABLES, "pairs", "diversion", "pressure")
LABELS: Final = ("countries", "sectors")
NAMES: Final = (MANIFEST, SCENARIO, ARRAYS, REPORT, *(f"{TABLES}/{name}.parquet" for name in TABLE_NAMES))
TALKS_NAMES: Final = ("packages", "points", "concessions", "linkages", "threats", "truces")
STRATEGY_NAMES: Final = ("starts", "deviations", "binding")
ALL_NAMES: Final = (
    *NAMES,
    *(f"{TABLES}/talks_{name}.parquet" for name in TALKS_NAMES),
    *(f"{TABLES}/strategy_{name}.parquet" for name in STRATEGY_NAMES),
)
"""What a bundle may hold; talks and best responses have tables of their own beside those of a run."""

BRANCH: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


def stranger(folder: Path) -> str:
    """Return the name of something in a folder that no bundle has, or "" for an empty folder or a bundle."""
    known = {*ALL_NAMES, TABLES}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if name not in known or path.is_symlink():
            return name
    return ""
