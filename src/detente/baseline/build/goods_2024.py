"""What each economy sold to the USA in 2024 by product, with the gaps filled, as the baseline fills them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from detente.baseline.build.labels import COUNTRY_LABELS, REST, USA
from detente.baseline.build.products import CHINA, partner_codes
from detente.baseline.build.raw import optional_module

HEADER: Final = "by,against,sector,rate,authority,assumed"
POINTS: Final = "+{:.4f}pp"
ALL_IN: Final = "{:.4f}%"

Row = tuple[str, str, float, bool]
"""Economy hit, sector, percent, assumed."""


@dataclass(frozen=True)
class Goods:
    """Products of one economy.

    Attributes:
        frame: products, own ones and those of borrowed sectors. borrowed: sectors that its own imports do not have.
        partner: customs partner code, or "" where there is none.
    """

    frame: Any
    borrowed: frozenset[str]
    partner: str


def goods_by_country(frame: Any, data: Path) -> dict[str, Goods]:
    """Return economy -> its products, the USA left out.

    The 27 members of the European Union share one set. A sector in which an economy sold nothing, or every sector of an
    economy without customs data, is borrowed from all listed partners except China.

    Args:
        frame: products of all partners; see `products.read_imports`.
    """
    countries = [code for code in sorted(COUNTRY_LABELS) if code != USA]
    partners = partner_codes(data, [code for code in countries if code != REST], set(frame.partner))
    pool = frame[frame.partner != CHINA]
    sets = {
        code: _completed(frame[frame.partner == code], pool, code) for code in (*sorted(set(partners.values())), "")
    }
    return {country: sets[partners.get(country, "")] for country in countries}


def _completed(own: Any, pool: Any, partner: str) -> Goods:
    value = own.imports.groupby(own.sector).sum()
    present = set(value.index[value > 0])
    borrowed = pool[~pool.sector.isin(present)]
    pandas = optional_module("pandas")
    parts = [part for part in (own[own.sector.isin(present)], borrowed) if not part.empty]
    return Goods(pandas.concat(parts, ignore_index=True), frozenset(borrowed.sector), partner)


def by_sector(frame: Any, points: Any) -> dict[str, float]:
    """Return sector -> average of `points` with the imports of 2024 as weights; sectors without imports are absent.

    Args:
        frame: products. points: (products,) percent.
    """
    value = frame.imports.groupby(frame.sector).sum()
    paid = (frame.imports * points).groupby(frame.sector).sum()
    return {str(sector): float(paid[sector] / value[sector]) for sector in sorted(value.index) if value[sector] > 0}


def positive(country: str, rates: Mapping[str, float], borrowed: Iterable[str]) -> Iterable[Row]:
    """Yield the rows of one economy, without those that would be written as zero."""
    for sector, rate in rates.items():
        if round(rate, 4) > 0:
            yield country, sector, rate, sector in borrowed


def as_csv(rows: Iterable[Row], form: str, authority: str) -> str:
    """Return rows as a table of a scenario.

    Args:
        rows: in the order to write. form: of the rate, with its unit. authority: legal basis, or "".
    """
    lines = [HEADER]
    for against, sector, rate, assumed in rows:
        lines.append(f"{USA},{against},{sector},{form.format(rate)},{authority},{str(assumed).lower()}")
    return "\n".join(lines) + "\n"
