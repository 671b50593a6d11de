"""The verbs and their options. A verb's module is imported only when the verb is called."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import detente

HELP = {"help_option_names": ["-h", "--help"], "max_content_width": 110}

app = typer.Typer(
    rich_markup_mode=None,
    add_completion=False,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    context_settings=HELP,
    help="Solve trade wars and trade talks in general equilibrium, with a certificate on every number.",
    epilog="\b\nExamples:\n  detente demo\n  detente run us-china-2025-10 --branch all --out results",
)
data = typer.Typer(
    rich_markup_mode=None,
    no_args_is_help=True,
    help="Baselines and trade elasticities: list, info, check, template, import, export.",
)
scenario = typer.Typer(rich_markup_mode=None, no_args_is_help=True, help="Scenario files: check, schema.")
app.add_typer(
    data,
    name="data",
    context_settings=HELP,
    epilog="\b\nExamples:\n  detente data list --elasticities\n  detente data info world-2022",
)
app.add_typer(
    scenario,
    name="scenario",
    context_settings=HELP,
    epilog="\b\nExamples:\n  detente scenario check my.yaml\n  detente scenario schema",
)

Words = list[str] | None
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document, status first.")]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="No notes, no warnings.")]
Force = Annotated[bool, typer.Option("--force", help="Replace an earlier bundle.")]
Out = Annotated[
    Path | None, typer.Option("--out", metavar="DIR", help="Write manifest, scenario, arrays, tables and report there.")
]


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"detente {detente.__version__}")
        raise typer.Exit


@app.callback()
def _top(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks; may stand anywhere.")] = False,
) -> None:
    """Solve trade wars and trade talks in general equilibrium, with a certificate on every number."""


@app.command(epilog="\b\nExamples:\n  detente demo\n  detente demo --out /tmp/first-look")
def demo(
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Folder of the bundle; its own earlier one is replaced.")
    ] = Path("out"),
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Solve the packaged case us-china-2025-10, print who gains and loses, and write the report."""
    from detente.cli.demo import demo as body

    body(out)


@app.command(
    epilog="\b\nExamples:\n  detente run us-china-2025-10 --branch escalation --countries USA,CHN,DEU --json\n"
    "  detente run us-china-2025-10 --drop authority=ieepa --out court/"
)
def run(
    case: Annotated[str, typer.Argument(metavar="SCENARIO", help="Path, id of a packaged case, or - for stdin.")],
    out: Out = None,
    branch: Annotated[
        list[str] | None,
        typer.Option(
            "--branch", metavar="NAME|all", help="main (default), leaves of the tree, or all; comma or repeat."
        ),
    ] = None,
    on: Annotated[
        str | None, typer.Option("--on", metavar="DATE", help="Day whose law main is; default: as_of of the file.")
    ] = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="DATE", help="Leave out measures whose source is later.")
    ] = None,
    include: Annotated[
        Words, typer.Option("--include", metavar="ID", help="Measures that apply whatever their status.")
    ] = None,
    drop: Annotated[Words, typer.Option("--drop", metavar="ID|authority=A", help="Measures that do not apply.")] = None,
    rates: Annotated[
        Words, typer.Option("--set", metavar="ID=RATE", help="Another rate, such as us-fentanyl=+10pp.")
    ] = None,
    countries: Annotated[
        str | None, typer.Option("--countries", metavar="A,B", help="Economies and groups to print.")
    ] = None,
    elasticities: Annotated[
        str | None, typer.Option("--elasticities", metavar="SET", help="See detente data list --elasticities.")
    ] = None,
    closure: Annotated[str | None, typer.Option("--closure", help="world-share, balanced or fixed-nominal.")] = None,
    numeraire: Annotated[
        str | None, typer.Option("--numeraire", help="world-income or a country; fixed-nominal only.")
    ] = None,
    include_purge: Annotated[
        bool, typer.Option("--include-purge", help="Closure balanced: purge deficits and change policy in one number.")
    ] = False,
    draws: Annotated[int, typer.Option("--draws", help="Bands from so many draws; not in this version.")] = 0,
    seed: Annotated[int | None, typer.Option("--seed", help="Seed of the draws; default: that of the file.")] = None,
    tol: Annotated[float | None, typer.Option("--tol", help="Largest residual at which to stop.")] = None,
    max_iter: Annotated[int | None, typer.Option("--max-iter", help="Passes of the solver.")] = None,
    certify: Annotated[
        str, typer.Option("--certify", help="quick, or full: 20 starts, a second solver, the condition.")
    ] = "quick",
    strict: Annotated[bool, typer.Option("--strict", help="A marked status is a failed check (exit 5).")] = False,
    force: Force = False,
    json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Solve a scenario, print the changes by country, and write a bundle with --out."""
    from detente.cli.run import Options
    from detente.cli.run import run as body

    return body(
        Options(
            case, out, branch or [], on, as_of, include or [], drop or [], rates or [], countries, elasticities,
            closure, numeraire, draws, seed, tol, max_iter, certify, strict, force, include_purge,
        )
    )  # fmt: skip


@app.command(epilog="\b\nExamples:\n  detente verify --quick\n  detente verify results --rerun")
def verify(
    folder: Annotated[
        Path | None, typer.Argument(metavar="[DIR]", help="A bundle; without it, the installed model.")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="At most 10 seconds.")] = False,
    only: Annotated[str | None, typer.Option("--only", metavar="LAW", help="One law of the installed model.")] = None,
    rerun: Annotated[bool, typer.Option("--rerun", help="Solve the stored scenario again and compare.")] = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Hold the installed model, or a stored bundle, against the equations."""
    from detente.cli.verify import verify as body

    body(folder, quick=quick, only=only, rerun=rerun)


@app.command(epilog="\b\nExamples:\n  detente doctor\n  detente doctor --json")
def doctor(json: Json = False, quiet: Quiet = False) -> int:
    """Say versions, BLAS, threads, data with their years and checksums, and whether all is well."""
    from detente.cli.doctor import doctor as body

    return body()


@data.command("list", epilog="\b\nExamples:\n  detente data list\n  detente data list --elasticities --json")
def data_list(
    elasticities: Annotated[bool, typer.Option("--elasticities", help="List elasticity sets instead.")] = False,
    baseline: Annotated[str, typer.Option("--baseline", help="Whose elasticity sets.")] = "world-2022",
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """List baselines on this machine, or elasticity sets."""
    from detente.cli import data as body

    body.sets(baseline) if elasticities else body.baselines()


@data.command("info", epilog="\b\nExamples:\n  detente data info world-2022\n  detente data info my-data.npz --json")
def data_info(
    name: Annotated[str, typer.Argument(metavar="NAME|PATH")], json: Json = False, quiet: Quiet = False
) -> None:
    """Say what to know before quoting a number: years, sources, licence, totals, imputations, checksum."""
    from detente.cli import data as body

    body.info(name)


@data.command("check", epilog="\b\nExamples:\n  detente data check my-tables/\n  detente data check my-data.npz")
def data_check(path: Annotated[str, typer.Argument(metavar="PATH")], json: Json = False, quiet: Quiet = False) -> None:
    """Check a folder of tables or a file; every problem is told (exit 3)."""
    from detente.cli import data as body

    body.check(path)


@data.command(
    "export",
    epilog="\b\nExamples:\n  detente data export world-2022 --out tables/\n"
    "  detente data export world-2022 --format xlsx --out world.xlsx",
)
def data_export(
    name: Annotated[str, typer.Argument(metavar="NAME|PATH")],
    out: Annotated[Path, typer.Option("--out", metavar="PATH", help="A new folder (csv, parquet) or file.")],
    form: Annotated[str, typer.Option("--format", help="csv, parquet, xlsx, netcdf or npz.")] = "csv",
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Write a baseline as five tables with all that must be known about them, or as one file."""
    from detente.cli import data as body

    body.export(name, out, form)


@data.command(
    "template",
    epilog="\b\nExamples:\n  detente data template --out my-world.xlsx\n"
    "  detente data template --format csv --out my-world/",
)
def data_template(
    out: Annotated[Path, typer.Option("--out", metavar="PATH", help="A new file ending in .xlsx, or a new folder.")],
    form: Annotated[str, typer.Option("--format", help="xlsx or csv; default: what --out says.")] = "",
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Write an empty set of tables to fill and import."""
    from detente.cli import data as body

    body.template(out, form)


@data.command(
    "import",
    epilog="\b\nExamples:\n  detente data import tables/ --out mine\n"
    "  detente data import my-world.xlsx --format xlsx --out mine.npz",
)
def data_import(
    source: Annotated[Path, typer.Argument(metavar="PATH", help="A folder or a file, as the format has it.")],
    out: Annotated[
        str, typer.Option("--out", metavar="NAME", help="Name to use afterwards, or a path ending in .npz.")
    ],
    form: Annotated[
        str | None,
        typer.Option(
            "--format",
            help="csv, parquet, xlsx, netcdf, icio, icio-pair, wiod2013, wiod2016, kite or npz; "
            "default: csv, or what the name of the file says.",
        ),
    ] = None,
    year: Annotated[int | None, typer.Option("--year", help="Which year of an icio-pair.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an earlier one of that name.")] = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Check data of any known layout and keep them as a baseline with a name."""
    from detente.cli import data as body

    body.imported(source, form, out, year=year, force=force)


@scenario.command(
    "check", epilog="\b\nExamples:\n  detente scenario check us-china-2025-10\n  detente scenario check my.yaml --json"
)
def scenario_check(
    case: Annotated[str, typer.Argument(metavar="SCENARIO")], json: Json = False, quiet: Quiet = False
) -> None:
    """Read a scenario without solving it; every problem is told (exit 3)."""
    from detente.cli import scenario as body

    body.check(case)


@scenario.command(
    "schema", epilog="\b\nExamples:\n  detente scenario schema\n  detente scenario schema > detente.schema.json"
)
def scenario_schema(json: Json = False, quiet: Quiet = False) -> None:
    """Print the JSON Schema of scenario files, for editors."""
    from detente.cli import scenario as body

    body.schema()
