"""The public verbs of detente: they join rooms and do nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from detente.baseline import Baseline
from detente.baseline.catalogue import load_baseline as baseline
from detente.baseline.satellites import with_satellites
from detente.core.certificate import Certificate
from detente.core.closure import Closure
from detente.core.errors import (
    ArticleError,
    CheckError,
    DataError,
    DetenteError,
    MissingDataError,
    PolicyError,
    ScenarioError,
    SolveError,
    UsageError,
)
from detente.core.first_order import welfare_cp_first_order_pct
from detente.core.instruments import Bound, CriticalInput
from detente.core.market import PERFECT_MARKET, Market, as_market
from detente.core.result import Result
from detente.equilibrium.adjoint import Gradient
from detente.equilibrium.batch import solve_many
from detente.equilibrium.counterfactual import solve
from detente.equilibrium.decompose import decompose as _decomposed
from detente.equilibrium.diversion import diversion_columns, pressure_columns
from detente.equilibrium.rebase import rebased
from detente.equilibrium.update import updated
from detente.policy.wedges import Wedges
from detente.scenario.cooperative import tariffs_of
from detente.scenario.execute import ScenarioRun
from detente.scenario.load import load_scenario as scenario
from detente.scenario.schema import Scenario
from detente.scenario.talks import PURGED
from detente.scenario.talks import talks as _over_packages
from detente.strategy.bargaining import NASH
from detente.strategy.cooperative import Cooperation, cooperative
from detente.strategy.government import REAL_INCOME
from detente.strategy.gradient import gradient
from detente.strategy.nash import Nash, nash
from detente.strategy.optimal import Optimum, optimal_tariffs
from detente.strategy.retaliation import Ladder, escalation, retaliate
from detente.strategy.talks import Talks
from detente.sweep.run import run
from detente.sweep.sweep import sweep

if TYPE_CHECKING:
    import pandas as pd

    from detente.news.document import Documents

__all__ = [
    "ArticleError",
    "Baseline",
    "Bound",
    "Certificate",
    "CheckError",
    "Closure",
    "Cooperation",
    "CriticalInput",
    "DataError",
    "DetenteError",
    "Gradient",
    "Ladder",
    "Market",
    "MissingDataError",
    "Nash",
    "Optimum",
    "PolicyError",
    "Result",
    "Scenario",
    "ScenarioError",
    "ScenarioRun",
    "SolveError",
    "Talks",
    "UsageError",
    "Wedges",
    "baseline",
    "cite",
    "decompose",
    "diversion",
    "escalation",
    "export",
    "gradient",
    "nash",
    "optimal_tariffs",
    "pressure",
    "read",
    "rebased",
    "report",
    "retaliate",
    "run",
    "scenario",
    "solve",
    "solve_many",
    "sweep",
    "talks",
    "updated",
    "welfare_cp_first_order_pct",
    "with_satellites",
]


def decompose(result: Result, country: str, *, by: str | None = None) -> pd.DataFrame:
    """Return why the real income of one country changes, exactly.

    Args:
        result: certified. country: code.
        by: None for totals, "partner" or "sector" for detail.
    Returns:
        A table country, part, (partner or sector,) unit, value. Without `by` the last rows are "residual" (what the
        parts leave over, below 1e-8) and "total" (the percent change of real income).
    Raises:
        UsageError: unknown country or detail. SolveError: not certified.
    Source: docs/explanation, welfare decomposition; own.
    Example:
        >>> import detente as dt
        >>> world = dt.baseline("world-2022").aggregated({"USA": ["USA"], "CHN": ["CHN"], "ROW": "*"})
        >>> usa, chn = (world.countries.index(code) for code in ("USA", "CHN"))
        >>> tariffs = world.tariffs.copy()
        >>> tariffs[chn, usa, :27] += 0.10  # ten points on all goods
        >>> result = dt.solve(world, tariffs)
        >>> parts = dt.decompose(result, "USA").set_index("part").value
        >>> f"{parts.terms_of_trade:+.3f} {parts.volume_of_trade:+.3f} = {parts.total:+.3f} %"
        '+0.045 -0.081 = -0.036 %'
    """
    import pandas as pd

    return pd.DataFrame(_decomposed(result).columns(country, by=by))


def diversion(result: Result, *, by: str, against: str) -> pd.DataFrame:
    """Return who gains the trade that `by` no longer buys from `against`, and where `against` sells instead.

    Args:
        result: certified. by: importer. against: origin.
    Returns:
        A table by, against, country, role (lost, recaptured, home, redirected), value_musd at base prices, share_pct.
    Raises:
        UsageError: unknown country. SolveError: not certified.
    Source: own; docs/explanation/diversion.
    Example:
        >>> import detente as dt
        >>> world = dt.baseline("world-2022").aggregated({"USA": ["USA"], "CHN": ["CHN"], "ROW": "*"})
        >>> usa, chn = (world.countries.index(code) for code in ("USA", "CHN"))
        >>> tariffs = world.tariffs.copy()
        >>> tariffs[chn, usa, :27] += 0.10  # ten points on all goods
        >>> result = dt.solve(world, tariffs)
        >>> moved = dt.diversion(result, by="USA", against="CHN").groupby("role").value_musd.sum()
        >>> {role: round(value / 1e3) for role, value in moved.items()}  # bn USD
        {'home': 43, 'lost': -137, 'recaptured': 94, 'redirected': 77}
    """
    import pandas as pd

    return pd.DataFrame(diversion_columns(result, by=by, against=against))


def pressure(result: Result, *, by: str, against: str) -> pd.DataFrame:
    """Return what the diversion does to third countries by sector: who gains orders, who faces pressure.

    Args:
        result: certified. by: importer. against: origin.
    Returns:
        A table country, sector, output_pct, import_penetration_pp, orders_musd (sales to `by`) and arrivals_musd
        (purchases from `against`), the last two at base prices.
    Raises:
        UsageError: unknown country. SolveError: not certified.
    Source: own; docs/explanation/diversion.
    Example:
        >>> import detente as dt
        >>> world = dt.baseline("world-2022").aggregated({"USA": ["USA"], "CHN": ["CHN"], "ROW": "*"})
        >>> usa, chn = (world.countries.index(code) for code in ("USA", "CHN"))
        >>> tariffs = world.tariffs.copy()
        >>> tariffs[chn, usa, :27] += 0.10  # ten points on all goods
        >>> result = dt.solve(world, tariffs)
        >>> table = dt.pressure(result, by="USA", against="CHN").set_index("sector")
        >>> f"{table.arrivals_musd['C26'] / 1e3:+.1f} bn USD of Chinese electronics arrive elsewhere"
        '+11.1 bn USD of Chinese electronics arrive elsewhere'
    """
    import pandas as pd

    return pd.DataFrame(pressure_columns(result, by=by, against=against))


def read(text_or_path: str | Path, published: str | None = None) -> Documents:
    """Read articles or notices: dated measures, each tied to the words it came from; nothing is loaded or solved.

    Args:
        text_or_path: a text, the path of a file (plain text; HTML with the extra `web`) or of a folder of them, or the
            name of a packaged text.
        published: day of publication, YYYY-MM-DD; without it the text's own header or metadata say it, or a question
            asks. Not with a folder, where each text has its own.
    Returns:
        The documents, in the order of their names; `.table()` has one row for each measure, `.json()` everything.
        Without measures, `why_empty` of a document says why.
    Raises:
        ArticleError: empty, binary, not UTF-8, too large, a page without the extra `web`. UsageError: not a day.
    Example:
        >>> import detente as dt
        >>> text = "The United States imposed a tariff of 25 percent on steel from Canada on March 4, 2025."
        >>> (document,) = dt.read(text, published="2025-03-05")
        >>> [(each.instrument, each.imposer, each.status) for each in document.measures]
        [('import_tariff', 'USA', 'in_force')]
    """
    from detente.news.read import read as _read

    return _read(text_or_path, published)


def export(
    result: ScenarioRun | Result, path: str | Path, *, tables: Sequence[str] = (), figures: Sequence[str] = (),
    force: bool = False,
) -> list[Path]:  # fmt: skip
    """Write a run or a result as files for other programs; the suffix of the path is the format.

    Args:
        result: what `run` or `solve` returned.
        path: .csv, .parquet, .dta (Stata), .tex (LaTeX): one table; .xlsx: several, with contents and assumptions;
            .nc (netCDF), .mat (MATLAB): the arrays; .svg, .png, .pdf: a figure; .zip: a replication package.
        tables: names, or "all"; none means "countries", for a workbook those that people read.
        figures: names, or "all", for pictures and packages; none means "real-income". force: replace files.
    Returns:
        The files written: NAME-TABLE or NAME-FIGURE where there are several of one format.
    Raises:
        UsageError: an unknown suffix, table or figure, or a file that exists. SolveError: not certified.
        MissingDataError: the format needs a package that is not installed; the message names it.
    Example:
        >>> import detente as dt
        >>> world = dt.baseline("world-2022").aggregated({"USA": ["USA"], "CHN": ["CHN"], "ROW": "*"})
        >>> usa, chn = (world.countries.index(code) for code in ("USA", "CHN"))
        >>> tariffs = world.tariffs.copy()
        >>> tariffs[chn, usa, :27] += 0.10  # ten points on all goods
        >>> result = dt.solve(world, tariffs)
        >>> [path.name for path in dt.export(result, "ten-points.csv", tables=["countries", "sectors"])]
        ['ten-points-countries.csv', 'ten-points-sectors.csv']
    """
    from detente.report.exports import export as write

    return write(result, Path(path), tables=tuple(tables), figures=tuple(figures), force=force)


def cite(result: ScenarioRun | Result) -> str:
    """Return BibTeX of the program, model, data, elasticities and acts that a run or a result used.

    Args:
        result: what `run` or `solve` returned; its status does not matter, because no number of it is read.
    Returns:
        Entries apart by blank lines, each once, in that order; titles only where a source at hand has them.
    Raises:
        UsageError: an argument that is neither.
    Example:
        >>> import detente as dt
        >>> dt.cite(dt.solve(dt.baseline("world-2022"))).splitlines()[0]
        '@software{detente,'
    """
    from detente.report.cite import bibtex

    if not isinstance(result, ScenarioRun | Result):
        raise UsageError(f"result: found {type(result).__name__}; expected what dt.run or dt.solve returned")
    return bibtex(result)


def report(
    run: ScenarioRun | Optimum | Nash | Ladder, path: str | Path, *, talks: Talks | None = None, force: bool = False
) -> Path:
    """Write the one-page report of a run, or of a search, as one self-contained HTML file.

    Args:
        run: what `run`, `optimal_tariffs`, `nash` or `escalation` returned. path: the file to write.
        talks: of the same scenario as a run, shown too. force: replace an existing file.
    Returns:
        The path written.
    Raises:
        UsageError: the file exists, or `run` is something else.
    """
    from detente.report.html import write_report
    from detente.report.select import view

    if not isinstance(run, ScenarioRun | Optimum | Nash | Ladder):
        expected = "what dt.run returns, all branches together, or dt.optimal_tariffs, dt.nash, dt.escalation"
        raise UsageError(f"run: found {type(run).__name__}; expected {expected}")
    if Path(path).exists() and not force:
        raise UsageError(f"{path}: found a file; expected a new path; try force=True")
    if not isinstance(run, ScenarioRun):
        from detente.report.story import write_story
        from detente.report.strategy_story import story_of

        return write_story(story_of(run), Path(path))

    return write_report(view(run, talks=talks), Path(path))


def talks(
    scenario_or_base: Scenario | Baseline | str | Mapping[str, Any],
    *,
    players: Sequence[Any] | None = None,
    objective: Any = None,
    disagreement: Any = None,
    method: str = "packages",
    solution: str = NASH,
    closure: str = PURGED,
    bounds: Any = ("0%", None),
    sectors: Any = "goods",
    market: Any = PERFECT_MARKET,
) -> Talks | Cooperation:
    """Settle trade talks: who gains what against no deal, which deals both sides would sign, where bargaining ends.

    Args:
        scenario_or_base: a scenario with `talks` (or its packaged id, path or plain data); for "cooperative" a baseline
            too.
        players: economies or groups; None: those of the file.
        objective: packages: player -> "real-income" or weights by sector. cooperative: as in `nash`.
        disagreement: packages: None for that of the file, "main" or a leaf of its tree. cooperative: None or "nash",
            "factual", "free-trade", everybody's tariffs (N, N, J), or a leaf that is tariffs alone.
        method: "packages", every combination of the choices on the table; "cooperative", all tariffs of the players.
        solution: "nash", "kalai-smorodinsky" or "equal-gains".
        closure: packages: "purged", balanced trade before anything else, or "file", that of the file. Both are shown.
        bounds, sectors, market: cooperative: as in `nash`.
    Returns:
        Talks or Cooperation: packages, acceptable(), pareto(), solution, disagreement.
    Raises:
        UsageError, ScenarioError, PolicyError: what cannot be compared. SolveError: no deal without an equilibrium.
    Source: Nash (1950), Kalai and Smorodinsky (1975), Kalai (1977); Ossa (2014) for bargains over tariffs.
    Example:
        >>> import detente as dt
        >>> world = dt.baseline("world-2022").aggregated({"USA": ["USA"], "CHN": ["CHN"], "ROW": "*"})
        >>> deal = dt.talks(world, players=["USA", "CHN"], method="cooperative", disagreement="factual")
        >>> [f"{gain:+.2f} pp" for gain in deal.gains_pp]
        ['+0.30 pp', '+0.47 pp']
    """
    if method == "cooperative":
        base, who, gone = tariffs_of(scenario_or_base, players, disagreement)
        return cooperative(
            base, who, disagreement=gone, solution=solution, bounds=bounds, sectors=sectors,
            objective=REAL_INCOME if objective is None else objective, market=market,
        )  # fmt: skip
    if not as_market(market).perfect:
        raise UsageError(f"market: found {market!r}; expected 'perfect' for packages, or method='cooperative'")
    if method != "packages":
        raise UsageError(f"method: found {method!r}; expected 'packages' or 'cooperative'")
    if isinstance(scenario_or_base, Baseline):
        raise UsageError(
            "scenario_or_base: found a Baseline; expected a scenario, whose `talks` have the packages; or try "
            "method='cooperative'"
        )
    return _over_packages(
        scenario_or_base, players=players, objective=objective, disagreement=disagreement, solution=solution,
        closure=closure,
    )  # fmt: skip
