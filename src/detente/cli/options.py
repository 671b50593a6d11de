"""What several verbs have in common on the command line: options and their help."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

HELP = {"help_option_names": ["-h", "--help"], "max_content_width": 110}

Words = list[str] | None
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document, status first.")]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="No notes, no warnings.")]
Force = Annotated[bool, typer.Option("--force", help="Replace an earlier bundle.")]
ForceName = Annotated[bool, typer.Option("--force", help="Replace an earlier one of that name.")]
ForceFile = Annotated[bool, typer.Option("--force", help="Replace files that exist.")]
Branches = Annotated[
    Words, typer.Option("--branch", metavar="NAME|all", help="Of a scenario: main (default), leaves; comma or repeat.")
]
Solved = Annotated[
    str, typer.Argument(metavar="BUNDLE|SCENARIO", help="Folder that run --out has written, or a path or packaged id.")
]
Out = Annotated[
    Path | None, typer.Option("--out", metavar="DIR", help="Write manifest, scenario, arrays, tables and report there.")
]
Scenario = Annotated[str, typer.Argument(metavar="SCENARIO", help="Path, or id of a packaged case.")]
Branch = Annotated[
    str | None, typer.Option("--branch", metavar="NAME", help="A leaf of the tree, by its dates; default: main.")
]
AsOf = Annotated[str | None, typer.Option("--as-of", metavar="DATE", help="Leave out measures whose source is later.")]
Countries = Annotated[str | None, typer.Option("--countries", metavar="A,B", help="Economies and groups to print.")]
ToPage = Annotated[Path | None, typer.Option("--to", metavar="FILE", help="Write it as one HTML file, too.")]
