"""Tables of the satellites: `python -m detente.baseline.build.satellites --data DATA --out OUT`.

Writes `satellites.csv` (shares of the parent's flow by cell, with basis and range), `satellite_uses.csv` (who buys) and
their checksums; stops if a printed total of a source is missed. The rules are in `satellites_rules`.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from detente.baseline.build.archive import write_files
from detente.baseline.build.satellites_rules import rows_of, shares_csv, uses_csv, uses_of
from detente.baseline.build.satellites_sources import EXPECTED, Sources, read_sources
from detente.baseline.satellites_table import KNOWN
from detente.core.errors import DetenteError

SHARES: Final = "satellites.csv"
USES: Final = "satellite_uses.csv"


def build(sources: Sources) -> dict[str, bytes]:
    """Return the files, name -> bytes: the same bytes from the same sources."""
    shares = shares_csv(row for name in KNOWN for row in rows_of(name, sources)).encode()
    uses = uses_csv(uses_of(sources)).encode()
    sums = "".join(f"{hashlib.sha256(body).hexdigest()}  {name}\n" for name, body in ((SHARES, shares), (USES, uses)))
    return {SHARES: shares, USES: uses, "satellites.sha256": sums.encode()}


def main(arguments: Sequence[str] | None = None) -> int:
    """Build the tables, stop if a total is missed, write the files and report the totals.

    Args:
        arguments: command line; None takes that of the process.
    Returns:
        Exit code: 0 written; 3 data invalid or a total missed (nothing is written); 6 raw data or a module missing.
    """
    parser = argparse.ArgumentParser(prog="python -m detente.baseline.build.satellites", description=main.__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with the raw folders")
    parser.add_argument("--out", type=Path, required=True, help="folder of the tables")
    parser.add_argument("--quiet", action="store_true", help="no table of totals")
    options = parser.parse_args(arguments)
    try:
        sources = read_sources(options.data)
        files = build(sources)
    except DetenteError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    write_files(files, options.out)
    if not options.quiet:
        rows = [f"{name:<50} {sources.totals[name]:>16.9g}  printed {total.text}" for name, total in EXPECTED.items()]
        sys.stdout.write("\n".join(rows) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
