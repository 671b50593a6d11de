"""The totals that a build of `world-2022` has to meet, with the tolerance that the printed digits imply."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from detente.core.errors import DataError, Problem


@dataclass(frozen=True)
class Total:
    """One printed total.

    Attributes:
        text: the number as printed; its last digit sets the tolerance (half a unit).
        scale: printed number times scale = unit of the quantity that the builder computes (MUSD, rate, count).
    """

    text: str
    scale: float = 1.0

    @property
    def value(self) -> float:
        """Return the printed value in the unit of the builder."""
        return float(self.text) * self.scale

    @property
    def tolerance(self) -> float:
        """Return half a unit of the last printed digit; 0 for counts."""
        mantissa, _, exponent = self.text.partition("e")
        decimals = len(mantissa.partition(".")[2])
        if not decimals and not exponent and self.scale == 1.0:
            return 0.0
        return float(0.5 * 10.0 ** (int(exponent or 0) - decimals) * self.scale * (1 + 1e-9))


TN, BN, PCT = 1e6, 1e3, 0.01

CAPPED_CELLS: Final = {
    "EGY": 114,
    "AGO": 79,
    "ARE": 74,
    "SAU": 74,
    "VNM": 74,
    "JOR": 70,
    "MYS": 70,
    "THA": 63,
    "IND": 53,
}
US_ON_CHINA: Final = {
    "A01": "17.5", "A02": "8.2", "A03": "21.2", "B05": "1.3", "B06": "25.0", "B07": "3.1", "B08": "3.5",
    "C10T12": "20.0", "C13T15": "18.5", "C16": "19.2", "C17_18": "11.9", "C19": "15.7", "C20": "15.2", "C21": "1.2",
    "C22": "13.9", "C23": "18.1", "C24A": "24.1", "C24B": "15.7", "C25": "18.0", "C26": "3.1", "C27": "14.3",
    "C28": "18.1", "C29": "25.0", "C301": "18.5", "C302T309": "18.0", "C31T33": "6.1",
}  # fmt: skip
US_ON: Final = {"CHN": "12.04", "VNM": "5.71", "JPN": "1.82", "DEU": "1.65", "MEX": "0.26", "CAN": "0.10"}

EXPECTED: Final[Mapping[str, Total]] = {
    "world output": Total("199.691", TN),
    "value added of the 80 economies": Total("89.725", TN),
    "value added of ROW (imputed)": Total("3.572", TN),
    "international flows": Total("27.11", TN),
    "international flows of goods": Total("17.47", TN),
    "goods CHN to USA": Total("453.4", BN),
    "goods USA to CHN": Total("127.8", BN),
    "A01 USA to CHN": Total("21.3", BN),
    "intermediate use": Total("103.888", TN),
    "final demand at border value": Total("95.804", TN),
    "taxes less subsidies": Total("2.346", TN),
    "other imports": Total("0.160", TN),
    "table output against flows, largest gap": Total("5.1e-4"),
    "final demand against tables, L1": Total("5e-7"),
    "negative final demand, 80 economies": Total("0"),
    "negative final demand, ROW": Total("2"),
    "negative final demand, ROW, share": Total("0.3", PCT),
    "cells without output": Total("41"),
    "cells with inputs capped": Total("4"),
    "ISL C21 before the cap": Total("-0.206"),
    "primary cost beyond value added, share of output": Total("1.3", PCT),
    "primary cost beyond value added, largest cell": Total("12.8", PCT),
    "tariff cells capped": Total("911"),
    **{f"tariff cells capped, {code}": Total(str(count)) for code, count in CAPPED_CELLS.items()},
    "tariff cells capped outside C10T12 and C13T15": Total("0"),
    "largest rate outside C10T12 and C13T15, other importers": Total("30", PCT),
    "CHN on USA before": Total("7.85", PCT),
    "points added, CHN on USA": Total("13.25", PCT),
    "US average": Total("3.31", PCT),
    "US duty": Total("82.8", BN),
    "US goods imports": Total("2500.4", BN),
    **{f"US on {code}": Total(text, PCT) for code, text in US_ON.items()},
    **{f"US on CHN, {code}": Total(text, PCT) for code, text in US_ON_CHINA.items()},
    "CHN average": Total("5.30", PCT),
    "CHN on USA": Total("21.10", PCT),
    "world average": Total("2.68", PCT),
    "world duty": Total("468.2", BN),
    "C10T12 world": Total("8.06", PCT),
    "largest cell": Total("40.8", PCT),
    "US imports 2024": Total("3209", 1e9),
    "US duty 2024": Total("75.6", 1e9),
    "US on CHN at 2024 weights": Total("10.87", PCT),
    "US imports 2024 unmapped": Total("4.5", PCT),
    "US sector rates repeated from HS10, largest gap": Total("0"),
    "joined archive, largest relative gap": Total("0"),
}


def check_totals(found: Mapping[str, float], expected: Mapping[str, Total] = EXPECTED) -> None:
    """Stop the build unless every expected total is met.

    Args:
        found: name -> value in the unit of the builder. expected: name -> printed total.
    Raises:
        DataError: lists all totals that are missed or were not computed, with found, expected and tolerance.
    """
    problems = []
    for name, total in expected.items():
        wanted = f"{total.value:.9g} +- {total.tolerance:.2g} (printed {total.text})"
        if name not in found:
            problems.append(Problem("world-2022", name, "no value", wanted))
        elif not abs(found[name] - total.value) <= total.tolerance:
            problems.append(Problem("world-2022", name, f"{found[name]:.9g}", wanted))
    if problems:
        raise DataError("the build misses its totals: the sources changed, or a step did", problems=problems)
