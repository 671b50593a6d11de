"""The installed model put to the test: closed forms, laws of equilibrium, policy, calendar, tables, stored files.

Every statement is worked out by formulas of this room alone; it shares no code with the solver or the certificate.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from detente.core.errors import UsageError, nearest
from detente.verify import (
    bargains,
    certificates,
    facts,
    golden,
    instruments,
    laws,
    markets,
    policies,
    stores,
    strategy,
    tables,
)
from detente.verify.check import Check, Checks

__all__ = ["LAWS", "Check", "report", "run"]

LAWS: Final[Mapping[str, tuple[Callable[[bool], Checks], ...]]] = MappingProxyType(
    {
        "golden": (
            golden.check_symmetric_pair,
            golden.check_three_countries,
            golden.check_two_sectors,
            golden.check_productivity,
        ),
        "I01": (laws.check_identity,),
        "I02": (laws.check_shares_and_prices,),
        "I03": (laws.check_numeraire,),
        "I04": (laws.check_markets,),
        "I05": (laws.check_no_shock,),
        "I06": (laws.check_levels,),
        "I07": (laws.check_homogeneity,),
        "I09": (golden.check_one_sector,),
        "I10": (golden.check_autarky,),
        "I12": (laws.check_rebasing,),
        "I14": (laws.check_batch,),
        "I15": (laws.check_starts,),
        "I21": (laws.check_ladder,),
        "I16": (strategy.check_gradient,),
        "I17": (strategy.check_optimum,),
        "I18": (strategy.check_war,),
        "I19": (strategy.check_bargain,),
        "I20": (instruments.check_equivalence,),
        "instruments": (instruments.check_kinds, certificates.check_instruments),
        "critical": (instruments.check_critical,),
        "certificate": (certificates.check_certificate,),
        "markets": (markets.check_nesting, markets.check_krugman, markets.check_melitz),
        "policy": (policies.check_policy,),
        "units": (policies.check_units,),
        "I24": (policies.check_stacking,),
        "I23": (policies.check_calendar,),
        "I25": (tables.check_decomposition,),
        "diversion": (tables.check_diversion,),
        "tables": (tables.check_tables,),
        "talks": (bargains.check_packages, bargains.check_bargaining, bargains.check_threats),
        "store": (stores.check_store,),
        "facts": (facts.check_facts,),
        "B06": (facts.check_treatments,),
    }
)
"""Law -> what checks it; the numbers are those of the list of invariants in the documentation."""


def run(*, quick: bool = True, only: str | None = None) -> list[Check]:
    """Return the outcome of every check.

    Args:
        quick: False adds two hundred invented worlds and longer ladders. only: one law of `LAWS`.
    Raises:
        UsageError: unknown law.
    """
    if only is not None and only not in LAWS:
        hint = nearest(only, [*LAWS])
        raise UsageError(f"only: found {only!r}; expected one of {', '.join(LAWS)}" + (f"; try {hint}" if hint else ""))
    found: list[Check] = []
    for law in LAWS if only is None else (only,):
        for act in LAWS[law]:
            try:
                found += act(quick)
            except Exception as error:  # a model too broken to be asked fails the law; it does not end the run
                said = " ".join(f"{type(error).__name__}: {error}".split())[:160]
                found.append(Check(law, False, float("inf"), 0.0, f"{act.__name__} stopped: {said}"))
    return found


def report(checks: list[Check]) -> str:
    """Return the outcome as text: one line for each law, then every check that fails."""
    lines = []
    for law in dict.fromkeys(check.law for check in checks):
        of_law = [check for check in checks if check.law == law]
        failed = sum(not check.ok for check in of_law)
        lines.append(f"{law:<12} {len(of_law):>4} checks  " + (f"{failed} FAILED" if failed else "ok"))
    lines += [f"FAILED {c.law}: {c.text} (value {c.value:.3g}, limit {c.limit:.3g})" for c in checks if not c.ok]
    failed = sum(not check.ok for check in checks)
    lines.append(f"{len(checks)} checks, {failed} failed" if failed else f"{len(checks)} checks, all ok")
    return "\n".join(lines)
