"""`detente data ..`: the verbs and their options. A verb's module is imported only when the verb is called."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from detente.cli.options import ForceName, Json, Quiet

data = typer.Typer(
    rich_markup_mode=None,
    no_args_is_help=True,
    help="Baselines and trade elasticities: list, info, check, import, export, template, aggregate, split, update.",
)


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


@data.command(
    "aggregate",
    epilog="\b\nExamples:\n  detente data aggregate world-2022 --countries 'EU27, USA=USA, CHN=CHN, ROW=*' --out four\n"
    "  detente data aggregate world-2022 --sectors 'FARM=A01+A02+A03' --out small.npz",
)
def data_aggregate(
    name: Annotated[str, typer.Argument(metavar="NAME|PATH")],
    out: Annotated[str, typer.Option("--out", metavar="NAME", help="Name of the new one, or a path ending in .npz.")],
    countries: Annotated[
        str | None, typer.Option("--countries", help="Groups: EU27, NEW=A+B+C, or NEW=* for the rest.")
    ] = None,
    sectors: Annotated[str | None, typer.Option("--sectors", help="Groups of sectors, in the same way.")] = None,
    force: ForceName = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Merge countries and sectors; every total stays, tariffs become trade-weighted averages."""
    from detente.cli import derive as body

    body.aggregate(name, countries, sectors, out, force=force)


@data.command(
    "split",
    epilog="\b\nExamples:\n  detente data split world-2022 --products soybeans,batteries --out finer\n"
    "  detente data split world-2022 --shares low --out low.npz",
)
def data_split(
    name: Annotated[str, typer.Argument(metavar="NAME|PATH")],
    out: Annotated[str, typer.Option("--out", metavar="NAME", help="Name of the new one, or a path ending in .npz.")],
    products: Annotated[
        str | None, typer.Option("--products", help="soybeans, rare-earths, magnets, chips, batteries; default: all.")
    ] = None,
    shares: Annotated[str, typer.Option("--shares", help="central, low or high end of assumed shares.")] = "central",
    force: ForceName = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Make product groups sectors of their own; every total stays, and what is assumed is said."""
    from detente.cli import derive as body

    body.split(name, products, out, shares=shares, force=force)


@data.command(
    "update",
    epilog="\b\nExamples:\n  detente data update world-2022 --tariffs mine.csv --out world-2026\n"
    "  detente data update mine.npz --tariffs new.csv --out newer.npz",
)
def data_update(
    name: Annotated[str, typer.Argument(metavar="NAME|PATH")],
    tariffs: Annotated[Path, typer.Option("--tariffs", metavar="CSV", help="Columns by, against, sector, rate_pct.")],
    out: Annotated[str, typer.Option("--out", metavar="NAME", help="Name of the new one, or a path ending in .npz.")],
    force: ForceName = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Replace tariffs and solve the world again: a new baseline with its history."""
    from detente.cli import derive as body

    body.update(name, tariffs, out, force=force)
