"""Command line of the builder: `python -m detente.baseline.build --data DATA --out OUT [--tables FOLDER]`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from detente.baseline.build import applied_2025
from detente.baseline.build.archive import files_of, write_files
from detente.baseline.build.expected import EXPECTED, check_totals
from detente.baseline.build.world import World, build_world
from detente.core.errors import DetenteError


def main(arguments: Sequence[str] | None = None) -> int:
    """Build the baseline, stop if a total is missed, write the files and report the totals.

    Args:
        arguments: command line; None takes that of the process.
    Returns:
        Exit code: 0 written; 3 data invalid or a total missed (nothing is written); 6 raw data or a module missing.
    """
    parser = argparse.ArgumentParser(prog="python -m detente.baseline.build", description=main.__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with the raw folders")
    parser.add_argument("--out", type=Path, required=True, help="folder of the archive")
    parser.add_argument("--tables", type=Path, help="folder of the scenario table; default: OUT, or the package's own")
    parser.add_argument("--quiet", action="store_true", help="no table of totals")
    options = parser.parse_args(arguments)
    try:
        world = build_world(options.data)
        check_totals(world.totals)
        files = files_of(world, options.data)
        applied = applied_2025.build(options.data, world)
    except DetenteError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    write_files(files, options.out)
    write_files(applied.note_files, options.out)
    write_files(applied.table_files, options.tables or _tables_beside(options.out))
    if not options.quiet:
        sys.stdout.write(_report(world))
    return 0


def _tables_beside(out: Path) -> Path:
    """Return the folder of packaged scenario tables if `out` is the package's own data folder, else `out`."""
    if out.parts[-3:] == ("detente", "baseline", "data"):
        return out.parents[1] / "scenario" / "packaged" / "tables"
    return out


def _report(world: World) -> str:
    rows = [f"{name:<58} {world.totals[name]:>16.9g}  printed {total.text}" for name, total in EXPECTED.items()]
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    raise SystemExit(main())
