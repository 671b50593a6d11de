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
TABLE_NAMES: Final = (*PLAIN_TABLES, "pairs", "diversion", "pressure")
LABELS: Final = ("countries", "sectors")
TALKS_NAMES: Final = tuple(
    f"talks_{name}" for name in ("packages", "points", "concessions", "linkages", "threats", "truces")
)
STRATEGY_NAMES: Final = tuple(f"strategy_{name}" for name in ("starts", "deviations", "binding"))
NAMES: Final = (
    MANIFEST,
    SCENARIO,
    ARRAYS,
    REPORT,
    *(f"{TABLES}/{name}.parquet" for name in (*TABLE_NAMES, *TALKS_NAMES, *STRATEGY_NAMES)),
)
BRANCH: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


def stranger(folder: Path) -> str:
    """Return the name of something in a folder that no bundle has, or "" for an empty folder or a bundle."""
    known = {*NAMES, TABLES}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if name not in known or path.is_symlink():
            return name
    return ""
