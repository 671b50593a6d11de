"""The verbs and their options. A verb's module is imported only when the verb is called."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import detente
from detente.cli.app_data import data
from detente.cli.app_report import add as add_report
from detente.cli.app_scenario import scenario
from detente.cli.app_strategy import add as add_strategy
from detente.cli.app_time import add as add_time
from detente.cli.options import HELP, AsOf, Branch, Countries, Force, Json, Out, Quiet, Scenario, Words

app = typer.Typer(
    rich_markup_mode=None,
    add_completion=False,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    context_settings=HELP,
    help="Solve trade wars and trade talks in general equilibrium, with a certificate on every number.",
    epilog="\b\nExamples:\n  detente demo\n  detente run us-china-2025-10 --branch all --out results",
)
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
    draws: Annotated[
        int, typer.Option("--draws", metavar="N", help="Bands from so many draws of everything uncertain in the file.")
    ] = 0,
    seed: Annotated[int | None, typer.Option("--seed", help="Seed of the draws; default: that of the file.")] = None,
    jobs: Annotated[int | None, typer.Option("--jobs", help="Processes that solve draws; default: one a core.")] = None,
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
            closure, numeraire, draws, seed, tol, max_iter, certify, strict, force, include_purge, jobs,
        )
    )  # fmt: skip


@app.command(
    epilog="\b\nExamples:\n  detente explain us-china-2025-10 --rate USA CHN --sector C26\n"
    "  detente explain us-china-2025-10 --claim 157%"
)
def explain(
    case: Scenario,
    rate: Annotated[
        tuple[str, str] | None,
        typer.Option("--rate", metavar="BY AGAINST", help="Why the rate of BY on AGAINST is what it is."),
    ] = None,
    sector: Annotated[
        str | None, typer.Option("--sector", metavar="CODE", help="With --rate; default: average over goods.")
    ] = None,
    hs: Annotated[str | None, typer.Option("--hs", metavar="CODE", help="With --rate: an HS code, 8541.10.")] = None,
    claim: Annotated[
        str | None, typer.Option("--claim", metavar="RATE", help="Which reading of the law a stated rate is.")
    ] = None,
    on: Annotated[str | None, typer.Option("--on", metavar="DATE", help="Day of the law.")] = None,
    branch: Branch = None,
    as_of: AsOf = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Say what is in force and why, and why a rate is what it is: parts that sum to the total."""
    from detente.cli.explain import run_explain

    run_explain(case, rate=rate, sector=sector, hs=hs, on=on, branch=branch, as_of=as_of, claim=claim)


@app.command(
    epilog="\b\nExamples:\n  detente compare now/ court/ --delta-vs now/\n"
    "  detente compare mine.yaml us-china-2025-10 --fail-on 'USA.real_income_pct<-1'"
)
def compare(
    runs: Annotated[
        list[str], typer.Argument(metavar="A B ..", help="Bundles that run --out has written, or scenarios.")
    ],
    delta_vs: Annotated[
        str | None, typer.Option("--delta-vs", metavar="A", help="Which run deltas are against; default: the first.")
    ] = None,
    fail_on: Annotated[
        Words,
        typer.Option("--fail-on", metavar="EXPR", help="Exit 5 where true: [RUN:|delta:]COUNTRY.variable<NUMBER."),
    ] = None,
    branch: Annotated[
        Words, typer.Option("--branch", metavar="NAME|all", help="Which branches of each; default: main.")
    ] = None,
    countries: Countries = None,
    on: Annotated[str | None, typer.Option("--on", metavar="DATE", help="Scenarios only: day of main.")] = None,
    as_of: AsOf = None,
    json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Put runs side by side: levels and deltas, and what went in beside what came out."""
    from detente.cli.compare import compare as body

    return body(
        runs, delta_vs=delta_vs, fail_on=fail_on or [], branches=branch or [], countries=countries, on=on, as_of=as_of
    )


add_time(app)


@app.command(
    epilog="\b\nExamples:\n  detente sweep plan.yaml --out store --dry-run\n"
    "  detente sweep plan.yaml --out store --jobs 2"
)
def sweep(
    plan: Annotated[Path, typer.Argument(metavar="PLAN", help="YAML file; or a store, to go on with it.")],
    out: Annotated[
        Path | None, typer.Option("--out", metavar="STORE", help="Folder of the cells; the same command resumes.")
    ] = None,
    jobs: Annotated[int | None, typer.Option("--jobs", help="Worker processes; default: one a core.")] = None,
    executor: Annotated[
        str, typer.Option("--executor", metavar="WHERE", help="local, dask, or dask://HOST:PORT of a scheduler.")
    ] = "local",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say cells, time and disk; write nothing.")] = False,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Read every cell again; drop and redo what is damaged or crashed.")
    ] = False,
    export: Annotated[
        Path | None, typer.Option("--export", metavar="FILE", help="Write a finished store as one .parquet or .csv.")
    ] = None,
    sql: Annotated[
        str | None, typer.Option("--sql", metavar="QUERY", help="Ask a finished store; its table is `cells`.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file of --export.")] = False,
    json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Solve scenarios x levels x closures x elasticity sets x draws into a store that survives being killed."""
    from detente.cli.sweep import Options
    from detente.cli.sweep import run as body

    return body(Options(plan, out, jobs, executor, dry_run, rebuild, export, sql, force))


@app.command(
    epilog="\b\nExamples:\n  detente talks us-china-2025-10\n"
    "  detente talks us-china-2025-10 --players USA,CHN,EU27 --objective USA=C29:2,C24A:2 --solution equal-gains\n"
    "  detente talks us-china-2025-10 --method cooperative --players USA,CHN,EU27"
)
def talks(
    case: Scenario,
    players: Annotated[
        str | None, typer.Option("--players", metavar="A,B", help="Economies or groups; default: those of the file.")
    ] = None,
    objective: Annotated[
        Words,
        typer.Option("--objective", metavar="A=..", help="real-income, or weights by sector such as USA=C29:2."),
    ] = None,
    disagreement: Annotated[
        str | None,
        typer.Option("--disagreement", metavar="NAME", help="No deal: main or a leaf; default: that of the file."),
    ] = None,
    solution: Annotated[
        str, typer.Option("--solution", metavar="RULE", help="nash, kalai-smorodinsky or equal-gains.")
    ] = "nash",
    closure: Annotated[
        str,
        typer.Option("--closure", metavar="RULE", help="purged: balanced trade first; file: the closure of the file."),
    ] = "purged",
    method: Annotated[
        str, typer.Option("--method", metavar="HOW", help="packages, or cooperative: all tariffs of the players.")
    ] = "packages",
    out: Out = None,
    force: Force = False,
    json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Solve every package on the table: what each side gains against no deal, and where bargaining ends."""
    from detente.cli.talks import Options, run_talks

    return run_talks(Options(case, players, objective or [], disagreement, solution, closure, out, force, method))


@app.command(
    epilog="\b\nExamples:\n  detente read eve-of-korea --review review.html\n"
    "  detente read article.txt --accept M02,M03 --set 'M03.volume=70% of base' --out draft.yaml"
)
def read(
    source: Annotated[
        str,
        typer.Argument(
            metavar="TEXT|FOLDER|-|URL", help="Text or HTML, a folder of them, stdin, an address, or eve-of-korea."
        ),
    ],
    review: Annotated[
        Path | None, typer.Option("--review", metavar="FILE", help="Write a page to check proposals on.")
    ] = None,
    accept: Annotated[Words, typer.Option("--accept", metavar="ID", help="Measures for the scenario.")] = None,
    answers: Annotated[
        Words, typer.Option("--set", metavar="ID.FIELD=VALUE", help="Your word where the text is silent.")
    ] = None,
    published: Annotated[
        str | None, typer.Option("--published", metavar="DATE", help="Day of publication, if the text has none.")
    ] = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="DATE", help="Folders: the status of every measure on a day.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="FILE", help="The scenario; for a folder, a store that goes on where it stopped."
        ),
    ] = None,
    allow_network: Annotated[
        bool, typer.Option("--allow-network", help="Fetch an address; send the text to a model.")
    ] = False,
    llm: Annotated[
        str | None, typer.Option("--llm", metavar="MODEL", help="Extra llm: let a model propose more, quotes checked.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace files that are there.")] = False,
    json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Read an article: measures with their quotes, doubts and questions; a scenario only of what you accept."""
    from detente.cli.read import Options as ReadOptions
    from detente.cli.read import run_read

    return run_read(
        ReadOptions(
            source, review, accept or [], answers or [], published, as_of, out, allow_network, force, llm,
        )
    )  # fmt: skip


@app.command(epilog="\b\nExamples:\n  detente verify --quick\n  detente verify results --rerun")
def verify(
    folder: Annotated[
        Path | None, typer.Argument(metavar="[DIR]", help="A bundle or a store; without it, the installed model.")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="At most 10 seconds.")] = False,
    only: Annotated[str | None, typer.Option("--only", metavar="LAW", help="One law of the installed model.")] = None,
    rerun: Annotated[bool, typer.Option("--rerun", help="Solve the stored scenario again and compare.")] = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Hold the installed model, or a stored bundle or sweep, against equations and checksums."""
    from detente.cli.verify import verify as body

    body(folder, quick=quick, only=only, rerun=rerun)


@app.command(
    epilog="\b\nExamples:\n  detente replicate caliendo-parro-2015 --data data\n"
    "  detente replicate ossa-2014 --data data --json"
)
def replicate(
    paper: Annotated[
        str,
        typer.Argument(
            metavar="PAPER",
            help="caliendo-parro-2015, ossa-2014, lashkaripour-2021, liberation-day-2025 or "
            "costinot-rodriguez-clare-2014.",
        ),
    ],
    data: Annotated[
        Path, typer.Option("--data", metavar="DIR", help="Folder of the authors' inputs, or the one above.")
    ],
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Solve a published paper again from its public inputs; exit 5 where a compared cell is off."""
    from detente.cli.replicate import replicate as body

    body(paper, data)


@app.command(epilog="\b\nExamples:\n  detente serve\n  detente serve out --open")
def serve(
    folder: Annotated[
        Path | None, typer.Argument(metavar="[DIR]", help="Scenarios and bundles to open beside the packaged cases.")
    ] = None,
    port: Annotated[int, typer.Option("--port", metavar="N", help="Port; 0 is any free one.")] = 8765,
    open_: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
    host: Annotated[
        str | None, typer.Option("--host", metavar="ADDRESS", help="Let other machines in; needs --token.")
    ] = None,
    token: Annotated[
        str | None, typer.Option("--token", metavar="TOKEN", help="The key of the page; default: a new one each time.")
    ] = None,
    allow_network: Annotated[
        bool, typer.Option("--allow-network", help="An article may be given as an address, which is then fetched.")
    ] = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Serve the local page and its HTTP API: numbers before any click, switches, branches, talks, downloads."""
    from detente.cli.serve import Options, run_serve

    run_serve(Options(folder, port, open_, host, token, allow_network))


@app.command(epilog="\b\nExamples:\n  detente doctor\n  detente doctor --json")
def doctor(json: Json = False, quiet: Quiet = False) -> int:
    """Say versions, BLAS, threads, data with their years and checksums, and whether all is well."""
    from detente.cli.doctor import doctor as body

    return body()


add_report(app)
add_strategy(app)
