"""What the United States added to its tariffs in 2025, by product and partner, as in force on 2025-10-20.

Reciprocal rates (Executive Order 14326, from 7 August 2025; exemptions of Annex II and of 11 April); deals of the EU
and Japan (15 % including the ordinary duty); China 20 + 10; Canada 35 and Mexico 25 outside USMCA, energy and potash
10; Brazil 10 + 40 (Executive Order 14323, own exemptions); India 25 + 25; Section 232 on autos and parts, steel and
aluminium, copper, timber and furniture (14 October 2025). Products under Section 232 pay no emergency tariff, except
the 20 points on China; autos go before metals, metals before copper. No fact is later than 25 October 2025.
Metal derivatives are those of March 2025: the 407 codes of 18 August 2025 pay on their metal content only, which is not
in the data. Two readings are computed, see `Reading`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from detente.core.arrays import Array

CHINA, HONG_KONG, CANADA, MEXICO, EUROPE = "5700", "5820", "1220", "2010", "0003"
JAPAN, KOREA, KINGDOM, BRAZIL, INDIA = "5880", "5800", "4120", "3510", "5330"
RUSSIA, BELARUS, UKRAINE = "4621", "4622", "4623"
"""Russia and Belarus are under column 2 of the tariff schedule; the reciprocal order leaves it out (section 3 b v)."""
SPARED_IN_2024: Final = (EUROPE, JAPAN, KINGDOM, KOREA, CANADA, MEXICO, "6021", "3570", BRAZIL, UKRAINE)
"""Partners that paid no Section 232 duty on steel and aluminium in 2024 (exemption, quota or tariff-rate quota)."""

FENTANYL: Final = 20.0
DEFAULT_RECIPROCAL: Final = 10.0
DEAL: Final = 15.0
US_CONTENT: Final = 0.4
"""Share of US content in cars that qualify under USMCA: duty falls on the rest only."""
VEHICLES: Final = ("8703", "8704")
ENERGY: Final = ("27", "284410", "284420", "310420")
"""Energy, uranium and potash: 10 % instead of 35 % (Canada) or 25 % (Mexico)."""
TIMBER: Final = (
    "440311", "440321", "440322", "440323", "440324", "440325", "440326", "440399", "440611", "440691", "440711",
    "440712", "440713", "440714", "440719",
)  # fmt: skip
FURNITURE: Final = (
    "9401614011", "9401614031", "9401616011", "9401616031", "9403409060", "9403608093", "9403910080",
)  # fmt: skip
"""Proclamation of 29 September 2025: softwood 10 %; upholstered furniture, kitchen cabinets and vanities 25 %."""


@dataclass(frozen=True)
class Reading:
    """How product lists are read.

    Attributes:
        name: "tracker" or "law".
        annex_digits: digits at which Annex II is matched. Its entries are eight-digit lines written with two zeros:
            matched at ten digits they miss most pharmaceuticals, copper, wood and energy.
        core_metals: Section 232 on steel mill products and aluminium too, not on the listed derivatives only.
        deal_on_top: the 15 % of the EU and Japan come on top of the ordinary duty instead of including it.
        russia: reciprocal rate of Russia. korea_autos: rate on Korean autos. [percent]
        uk_cars: all-in rate on British cars within their quota; None: 25 % added. [percent]
    """

    name: str
    annex_digits: int
    core_metals: bool
    deal_on_top: bool
    russia: float
    korea_autos: float
    uk_cars: float | None


TRACKER: Final = Reading("tracker", 10, False, True, DEFAULT_RECIPROCAL, DEAL, None)
"""Reproduces the effective points of the trade-war tracker, without a factor for 45 of its 50 partners."""
LAW: Final = Reading("law", 8, True, False, 0.0, 25.0, 10.0)
"""Follows the orders: Annex II at eight digits, core metals under Section 232, deals include the ordinary duty."""


@dataclass(frozen=True)
class Lists:
    """Product lists (HS prefixes, digits only) and facts by partner.

    Attributes:
        annex, electronics: exempt from the reciprocal rate. autos, steel, aluminium, copper: Section 232.
        brazil: exempt from the 40 points. reciprocal: customs partner code -> rate of 7 August 2025 in percent.
        usmca: partner code -> HS6 -> share of imports claimed under USMCA; "" holds the median for the others.
    """

    annex: tuple[str, ...]
    electronics: tuple[str, ...]
    autos: tuple[str, ...]
    steel: tuple[str, ...]
    aluminium: tuple[str, ...]
    copper: tuple[str, ...]
    brazil: tuple[str, ...]
    reciprocal: Mapping[str, float]
    usmca: Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class Added:
    """Points added by product, in percent.

    Attributes:
        ieepa: emergency tariffs, net of USMCA claims, without the 20 points on China.
        ieepa_claimed: what the emergency tariffs lose to USMCA claims (Canada and Mexico; else 0).
        fixed: the 20 points on China, a measure of its own. section_232: duties under that section.
    """

    ieepa: Array
    ieepa_claimed: Array
    fixed: Array
    section_232: Array


def matches(codes: Array, prefixes: Iterable[str]) -> Array:
    """Return True where a ten-digit code starts with one of the prefixes.

    Args:
        codes: (P,) text. prefixes: digits, of any lengths.
    """
    by_length: dict[int, list[str]] = {}
    for prefix in prefixes:
        by_length.setdefault(len(prefix), []).append(prefix)
    found = np.zeros(len(codes), dtype=bool)
    for length, same in by_length.items():
        found |= np.isin(codes.astype(f"U{length}"), same)
    return found


def is_core_metal(codes: Array) -> tuple[Array, Array]:
    """Return masks of steel mill products and of aluminium, Proclamations 9705 and 9704 of 2018.

    Args:
        codes: (P,) ten-digit text.
    """
    hs6 = codes.astype("U6").astype(np.int64)
    ranges = ((720610, 721650), (721699, 730110), (730210, 730210), (730240, 730290), (730410, 730690))
    steel = np.zeros(len(codes), dtype=bool)
    for low, high in ranges:
        steel |= (hs6 >= low) & (hs6 <= high)
    aluminium = ("7601", "7604", "7605", "7606", "7607", "7608", "7609", "7616995160", "7616995170")
    return steel, matches(codes, aluminium)


def points_added(goods: Any, partner: str, lists: Lists, reading: Reading) -> Added:
    """Return the points added on each product if it came from `partner`.

    Args:
        goods: frame with hs10 (text), imports and duty of 2024 [USD]. partner: customs partner code.
        lists: product lists and facts by partner. reading: how the lists are read.
    """
    codes = goods.hs10.to_numpy().astype("U10")
    imports = goods.imports.to_numpy()
    paid = 100 * goods.duty.to_numpy() / np.where(imports > 0, imports, np.inf)
    autos, metals, copper, furniture, timber = _under_232(codes, lists, reading)
    claimed = _claimed(codes, partner, lists)
    rate_232 = np.select(
        [autos, metals, copper, furniture, timber],
        [
            _autos(codes, partner, paid, claimed, reading),
            _metals(codes, partner, reading),
            np.full(len(codes), 50.0),
            _furniture(partner, paid, reading),
            np.full(len(codes), 10.0),
        ],
        default=0.0,
    )
    free = autos | metals | copper | furniture | timber
    fixed = np.full(len(codes), FENTANYL if partner == CHINA else 0.0)
    ieepa = np.where(free, 0.0, _emergency(codes, partner, paid, lists, reading))
    ieepa += FENTANYL if partner == HONG_KONG else 0.0
    return Added(ieepa * (1 - claimed), ieepa * claimed, fixed, rate_232)


def _under_232(codes: Array, lists: Lists, reading: Reading) -> tuple[Array, Array, Array, Array, Array]:
    autos = matches(codes, lists.autos)
    metals = matches(codes, lists.steel) | matches(codes, lists.aluminium)
    if reading.core_metals:
        steel, aluminium = is_core_metal(codes)
        metals |= steel | aluminium
    copper = matches(codes, lists.copper)
    return autos, metals, copper, matches(codes, FURNITURE), matches(codes, TIMBER)


def _deal(paid: Array, reading: Reading) -> Array:
    return np.maximum(DEAL - (0.0 if reading.deal_on_top else 1.0) * paid, 0.0)


def _autos(codes: Array, partner: str, paid: Array, claimed: Array, reading: Reading) -> Array:
    full = np.full(len(codes), 25.0)
    cars = matches(codes, VEHICLES)
    if partner in (EUROPE, JAPAN):
        return _deal(paid, reading)
    if partner == KOREA:
        return np.full(len(codes), reading.korea_autos)
    if partner == KINGDOM and reading.uk_cars is not None:
        return np.where(cars, np.maximum(reading.uk_cars - paid, 0.0), full)
    return full * np.where(cars, 1 - claimed * US_CONTENT, 1 - claimed)


def _metals(codes: Array, partner: str, reading: Reading) -> Array:
    rate = np.full(len(codes), 25.0 if partner == KINGDOM else 50.0)
    if reading.core_metals and partner not in SPARED_IN_2024:
        steel, aluminium = is_core_metal(codes)
        rate -= np.where(steel, 25.0, np.where(aluminium, 10.0, 0.0))
    return rate


def _furniture(partner: str, paid: Array, reading: Reading) -> Array:
    if partner in (EUROPE, JAPAN):
        return _deal(paid, reading)
    return np.full(len(paid), 10.0 if partner == KINGDOM else 25.0)


def _emergency(codes: Array, partner: str, paid: Array, lists: Lists, reading: Reading) -> Array:
    if partner in (CANADA, MEXICO):
        return np.where(matches(codes, ENERGY), 10.0, 35.0 if partner == CANADA else 25.0)
    annex = {code[: reading.annex_digits] for code in lists.annex}
    exempt = matches(codes, annex) | matches(codes, lists.electronics)
    rate = np.full(len(codes), lists.reciprocal.get(partner, DEFAULT_RECIPROCAL))
    if partner in (RUSSIA, BELARUS):
        rate[:] = reading.russia if partner == RUSSIA else 0.0
    if partner in (EUROPE, JAPAN):
        rate = _deal(paid, reading)
    if partner == INDIA:
        rate += 25.0
    if partner == BRAZIL:
        steel, aluminium = is_core_metal(codes)
        rate += np.where(matches(codes, lists.brazil) | steel | aluminium, 0.0, 40.0)
    return np.where(exempt, 0.0, rate)


def _claimed(codes: Array, partner: str, lists: Lists) -> Array:
    if partner not in lists.usmca:
        return np.zeros(len(codes))
    shares = lists.usmca[partner]
    return np.array([shares.get(code[:6], shares[""]) for code in codes])
