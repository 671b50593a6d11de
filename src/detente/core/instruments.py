"""Instruments between producer and border, and critical inputs, as plain data: what a scenario compiles into."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

EXPORTER: Final = "exporter"
IMPORTER: Final = "importer"
LOST: Final = "lost"
BENEFICIARIES: Final = (EXPORTER, IMPORTER, LOST)

Cell = tuple[str, str, str]
"""Codes of (origin, dest, sector)."""

FIXED: Final = "fixed"
QUOTA: Final = "quota"
TARIFF_RATE_QUOTA: Final = "tariff-rate-quota"
MINIMUM: Final = "minimum"
MINIMUM_VALUE: Final = "minimum-value"
PRICE_FLOOR: Final = "price-floor"
GUARANTEE: Final = "guarantee"
DEMAND: Final = "demand"

NEEDS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        FIXED: ("rate",),
        QUOTA: ("volume",),
        TARIFF_RATE_QUOTA: ("volume", "rate"),
        MINIMUM: ("volume",),
        MINIMUM_VALUE: ("value_musd",),
        PRICE_FLOOR: ("price",),
        GUARANTEE: ("price", "volume"),
        DEMAND: ("value_musd",),
    }
)
"""Kind of bound -> the levels that it needs; it may have no other."""

ORDER: Final = (FIXED, PRICE_FLOOR, GUARANTEE, QUOTA, TARIFF_RATE_QUOTA, MINIMUM, MINIMUM_VALUE)
"""The price chain of a cell: what the origin levies comes first, what the importer does last."""

BOUNDED: Final = (QUOTA, TARIFF_RATE_QUOTA, MINIMUM, MINIMUM_VALUE, GUARANTEE)
"""Kinds whose wedge is an unknown of the solver."""


@dataclass(frozen=True)
class Bound:
    """One instrument on one or more cells, which share its bound and its wedge.

    Attributes:
        kind: a key of `NEEDS`:
            "fixed" a wedge of `rate` (export tax, port fee); "quota" at most `volume`; "tariff-rate-quota" the tariff
            up to `volume` and the all-in tariff `rate` above; "minimum" at least `volume`; "minimum-value" at least
            `value_musd`; "price-floor" buyers pay at least `price`; "guarantee" producers get `price` for `volume`, the
            payer pays the difference; "demand" purchases of `value_musd` from these cells alone.
        cells: (origin, dest, sector) codes.
        volume: of all cells together, relative to the baseline. [ratio] rate: [fraction]
        value_musd: at the border (demand: at buyer price), in units of baseline world value added. [MUSD]
        price: relative to the baseline price, in units of world value added. [ratio]
        to: who collects or pays: "exporter", "importer", "lost" or the code of a country.
        name: the measure it comes from.
    """

    kind: str
    cells: tuple[Cell, ...]
    volume: float | None = None
    rate: float | None = None
    value_musd: float | None = None
    price: float | None = None
    to: str = EXPORTER
    name: str = ""


@dataclass(frozen=True)
class CriticalInput:
    """An input that its users can hardly replace (section 11 of the model).

    Attributes:
        sector: code of the input.
        users: (country, sector) codes of the producers that hold it fast.
        rho: elasticity of substitution between critical inputs and everything else; 1 is the standard model.
        name: the measure or table it comes from.
    """

    sector: str
    users: tuple[tuple[str, str], ...]
    rho: float
    name: str = ""
