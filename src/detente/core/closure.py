"""The rule for deficits, revenue and numeraire; one meaning everywhere (MODEL: closures)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from detente.core.errors import Problem, UsageError, nearest

DEFICITS: Final = ("world-share", "balanced", "fixed-nominal")
TAX_RELIEF: Final = "income-tax-relief"
REVENUES: Final = ("lump-sum", "wasted", TAX_RELIEF)
WORLD_INCOME: Final = "world-income"


@dataclass(frozen=True)
class Closure:
    """What is held fixed while trade adjusts.

    Attributes:
        deficits: "world-share" (a country's deficit is a fixed share of world value added), "balanced" (no deficits),
            or "fixed-nominal" (fixed in units of `numeraire`).
        revenue: "lump-sum" (tariff revenue is income of the imposer), "wasted" (spent, but left out of welfare) or
            "income-tax-relief" (it lowers the tax on labour; market structures with elastic labour only).
        numeraire: None, "world-income" (world value added) or a country code (its wage). Required by fixed-nominal,
            where results depend on it, and refused elsewhere, where they do not.
    """

    deficits: str = "world-share"
    revenue: str = "lump-sum"
    numeraire: str | None = None

    def validated(self, countries: Sequence[str]) -> Closure:
        """Return self, or raise `UsageError` with every problem.

        Args:
            countries: codes of the baseline; a country numeraire must be one of them.
        Raises:
            UsageError: unknown rule, missing or superfluous numeraire.
        """
        problems = []
        if self.deficits not in DEFICITS:
            hint = nearest(self.deficits, DEFICITS)
            problems.append(Problem("", "closure", repr(self.deficits), f"one of {', '.join(DEFICITS)}", hint))
        if self.revenue not in REVENUES:
            hint = nearest(self.revenue, REVENUES)
            problems.append(Problem("", "revenue", repr(self.revenue), f"one of {', '.join(REVENUES)}", hint))
        valid = (WORLD_INCOME, *countries)
        if self.deficits == "fixed-nominal" and self.numeraire is None:
            expected = "a numeraire, because results under fixed-nominal deficits depend on it"
            problems.append(Problem("", "numeraire", "none", expected, f"'{WORLD_INCOME}' or a country code"))
        elif self.deficits != "fixed-nominal" and self.numeraire is not None:
            expected = f"none: under closure '{self.deficits}' real results do not depend on a numeraire"
            problems.append(Problem("", "numeraire", repr(self.numeraire), expected, "closure='fixed-nominal'"))
        elif self.numeraire is not None and self.numeraire not in valid:
            hint = nearest(self.numeraire, valid)
            problems.append(Problem("", "numeraire", repr(self.numeraire), f"'{WORLD_INCOME}' or a country code", hint))
        if problems:
            raise UsageError(problems=problems)
        return self

    @property
    def title(self) -> str:
        """Return the closure as printed beside results."""
        text = self.deficits if self.numeraire is None else f"{self.deficits} in units of {self.numeraire}"
        return text if self.revenue == "lump-sum" else f"{text}, revenue {self.revenue}"
