"""From observations to rows of the satellite table: data where there are data, and a range around what is assumed.

Rules, in the order in which they win (a row of a cell beats the row of its origin, which beats the default):

1. Sales to the USA: the product's share in US imports of the parent sector from that partner, 2024. The customs file of
   the European Union serves its members; the share of a single member lies between 0 and the highest observed.
2. US sales at home: share in home sales of the parent, 2017 (oilseeds, semiconductors, batteries).
3. Chinese sales at home: share in home sales of the parent, 2020 (batteries; electronic components bound chips).
4. Soybeans to China: customs value 2022 over the flow of the parent. US soybeans elsewhere: exports of chapter 12, as
   far as the two sources say that they are soybeans in sales to China. Brazil and Argentina elsewhere, and at home:
   their share to China, times the ratio of US shares there and in China.
5. An origin's sales elsewhere: its share in US imports, if it has at least `MAJOR` of US imports of the parent.
   USA: share in what the detailed table leaves for sale abroad. China: half way between that of its own table and US
   imports, which are also the range.
6. The default: the share in US imports from all partners except China.

What is assumed ranges from the lowest to the highest share among partners with at least `MAJOR`, or as said.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from detente.baseline.build.labels import CHN, USA
from detente.baseline.build.products import CHINA, EUROPE
from detente.baseline.build.satellites_sources import CHAPTERS, Sources
from detente.baseline.satellites_table import ANY, FINAL, KNOWN, SHARE_COLUMNS, USE_COLUMNS, Share, Use

MAJOR: Final = 0.01
"""Part of US imports of the parent from which a partner's share is taken to say something about its sales elsewhere."""

UNION: Final = "EU27"
CUSTOMS, SOY, TABLE_US, TABLE_CHINA, EXPORTS, MEAN = (
    "US Census imports", "UN Comtrade", "BEA", "NBS China", "US Census exports by chapter", "NBS China and US Census",
)  # fmt: skip
_CHINA_BASIS: Final = {"batteries": "data", "chips": "assumed"}
"""Whether the Chinese industry is the product, or wider (electronic components: a bound)."""


def rows_of(name: str, sources: Sources) -> list[Share]:
    """Return the rows of one satellite, default first, a cell once (the first rule that speaks wins), sorted."""
    rules = (*_soy(name, sources), *_tables(name, sources), *_customs(name, sources), *_origins(name, sources))
    found: dict[tuple[str, str], Share] = {}
    for row in (*rules, _default(name, sources)):
        found.setdefault((row.origin, row.dest), row)
    return sorted(found.values(), key=lambda row: (row.rank, row.origin, row.dest))


def uses_of(sources: Sources) -> list[Use]:
    """Return who uses soybeans, chips and batteries: USA, China, and what is assumed of all others.

    Elsewhere: soybeans as in the USA; chips and batteries as in China, because the US table books most semiconductors
    through wholesale trade.
    """
    rows: list[Use] = []
    for (name, country), users in sorted(sources.users.items()):
        basis = "assumed" if (name, country) == ("chips", CHN) else "data"
        rows += _weights(name, country, users, basis, country)
    for name, model in (("soybeans", USA), ("chips", CHN), ("batteries", CHN)):
        rows += _weights(name, ANY, sources.users[name, model], "assumed", model)
    return rows


def shares_csv(rows: Iterable[Share]) -> str:
    """Return the table of shares as text; numbers with six significant digits."""
    lines = [",".join(SHARE_COLUMNS)]
    for row in rows:
        share, low, high = (f"{100 * value:.6g}" for value in (row.share, row.low, row.high))
        cells = (row.satellite, row.parent, row.origin, row.dest, share, row.basis, low, high, row.source, row.year)
        lines.append(",".join(cells))
    return "\n".join(lines) + "\n"


def uses_csv(rows: Iterable[Use]) -> str:
    """Return the table of users as text; percent with four decimals."""
    lines = [",".join(USE_COLUMNS)]
    for row in rows:
        weight = f"{100 * row.weight:.4f}"
        lines.append(",".join((row.satellite, row.country, row.sector, weight, row.basis, row.source, row.year)))
    return "\n".join(lines) + "\n"


def _row(
    name: str,
    cell: tuple[str, str],
    share: float,
    basis: str,
    limits: tuple[float, float] | None,
    source: tuple[str, str],
) -> Share:
    low, high = limits or (share, share)
    return Share(0, name, KNOWN[name].parent, *cell, share, basis, min(low, share), max(high, share), *source)


def _default(name: str, sources: Sources) -> Share:
    rows = [pair for partner, pair in sources.imports[name].items() if partner != CHINA]
    average = sum(product for product, _ in rows) / sum(parent for _, parent in rows)
    return _row(name, (ANY, ANY), average, "assumed", _span(name, sources), (CUSTOMS, "2024"))


def _span(name: str, sources: Sources) -> tuple[float, float]:
    shares = [product / parent for product, parent in _major(name, sources).values()]
    return min(shares), max(shares)


def _major(name: str, sources: Sources) -> dict[str, tuple[float, float]]:
    rows = sources.imports[name]
    total = sum(parent for _, parent in rows.values())
    return {partner: pair for partner, pair in rows.items() if pair[1] >= MAJOR * total}


def _countries(sources: Sources) -> dict[str, str]:
    """Return customs partner -> country of the world, the Union for its members."""
    codes = {partner: country for country, partner in sources.partners.items()}
    return {**codes, EUROPE: UNION}


def _customs(name: str, sources: Sources) -> Iterator[Share]:
    codes, (_, highest) = _countries(sources), _span(name, sources)
    for partner, (product, parent) in sources.imports[name].items():
        if partner in codes:
            limits = (0.0, highest) if partner == EUROPE else None
            yield _row(name, (codes[partner], USA), product / parent, "data", limits, (CUSTOMS, "2024"))


def _origins(name: str, sources: Sources) -> Iterator[Share]:
    if name == "soybeans":  # the USA sells soybeans: what it buys says nothing about others
        return
    codes, span = _countries(sources), _span(name, sources)
    for partner, (product, parent) in _major(name, sources).items():
        if partner in codes:
            yield _row(name, (codes[partner], ANY), product / parent, "assumed", span, (CUSTOMS, "2024"))


def _tables(name: str, sources: Sources) -> Iterator[Share]:
    """Yield what the detailed tables of the USA and of China say of sales at home and abroad."""
    span = _span(name, sources)
    if name in sources.bea:
        split = sources.bea[name]
        yield _row(name, (USA, USA), split.home[0] / split.home[1], "data", None, (TABLE_US, "2017"))
        if name != "soybeans":
            abroad = split.away[0] / split.away[1]
            yield _row(name, (USA, ANY), abroad, "assumed", (0.0, span[1]), (TABLE_US, "2017"))
            yield _bounded(name, sources, abroad, span[1])
    elif name in CHAPTERS:
        yield _bounded(name, sources, _default(name, sources).share, span[1])
    if name in sources.china:
        split, (product, parent) = sources.china[name], sources.imports[name][CHINA]
        away, home = split.away[0] / split.away[1], split.home[0] / split.home[1]
        yield _between(name, (CHN, ANY), away, product / parent)
        if _CHINA_BASIS[name] == "data":
            yield _row(name, (CHN, CHN), home, "data", None, (TABLE_CHINA, "2020"))
        else:
            yield _between(name, (CHN, CHN), home, product / parent)


def _between(name: str, cell: tuple[str, str], one: float, other: float) -> Share:
    """Return a row half way between two sources, which are also its range."""
    return _row(name, cell, (one + other) / 2, "assumed", _ordered(one, other), (MEAN, "2020/2024"))


def _bounded(name: str, sources: Sources, share: float, highest: float) -> Share:
    """Return US sales to China: as elsewhere, but never more than US exports of the whole chapter."""
    bound = min(1.0, _per_flow(sources, sources.exports[CHAPTERS[name]][CHN], USA, CHN, KNOWN[name].parent))
    limits = (0.0, min(highest, bound))
    return _row(name, (USA, CHN), min(share, bound), "assumed", limits, (EXPORTS, "2022"))


def _soy(name: str, sources: Sources) -> Iterator[Share]:
    if name != "soybeans":
        return
    parent = KNOWN[name].parent
    customs = {o: _per_flow(sources, value, o, CHN, parent) for o, value in sources.soy.items()}
    margin = max(1.0, *customs.values())
    chapter = sources.exports[CHAPTERS[name]]
    for origin, ratio in customs.items():
        share = min(1.0, ratio)
        high = _per_flow(sources, chapter[CHN], USA, CHN, parent) if origin == USA else 1.0
        yield _row(name, (origin, CHN), share, "data", (share / margin, min(1.0, high)), (SOY, "2022"))
    soy_in_chapter = sources.soy[USA] / chapter[CHN]
    for dest in sources.trade.countries:
        if dest not in (USA, CHN):
            bound = min(1.0, _per_flow(sources, chapter.get(dest, 0.0), USA, dest, parent))
            yield _row(name, (USA, dest), soy_in_chapter * bound, "assumed", (0.0, bound), (EXPORTS, "2022"))
    third = soy_in_chapter * _third_countries(sources, chapter) / customs[USA]
    home = sources.bea[name].home[0] / sources.bea[name].home[1] / customs[USA]
    own = {_countries(sources)[p]: a / b for p, (a, b) in sources.imports[name].items() if p in _countries(sources)}
    for origin in (code for code in customs if code != USA):
        china = min(1.0, customs[origin])
        yield _row(name, (origin, ANY), china * third, "assumed", _ordered(own[origin], china), (SOY, "2022"))
        limits = _ordered(own[origin], china * third)
        yield _row(name, (origin, origin), china * home, "assumed", limits, (SOY, "2022"))


def _ordered(one: float, other: float) -> tuple[float, float]:
    return min(one, other), max(one, other)


def _third_countries(sources: Sources, chapter: Mapping[str, float]) -> float:
    """Return US exports of the chapter to all but China over the flow of the parent."""
    trade, s = sources.trade, sources.trade.sectors.index(KNOWN["soybeans"].parent)
    others = [d for d, code in enumerate(trade.countries) if code not in (USA, CHN)]
    flow = float(trade.flows[trade.countries.index(USA), others, s].sum())
    return sum(value for code, value in chapter.items() if code != CHN) / (1e6 * flow)


def _per_flow(sources: Sources, value: float, origin: str, dest: str, sector: str) -> float:
    """Return a value in USD over a flow of 2022; 0 where nothing flows."""
    trade = sources.trade
    flow = float(trade.flows[trade.countries.index(origin), trade.countries.index(dest), trade.sectors.index(sector)])
    return value / (1e6 * flow) if flow > 0 else 0.0


def _weights(name: str, country: str, users: Mapping[str, float], basis: str, model: str) -> Iterator[Use]:
    source, year = (TABLE_US, "2017") if model == USA else (TABLE_CHINA, "2020")
    total = sum(users.values())
    order = sorted(users, key=lambda sector: (sector == FINAL, sector))
    shown = {sector: round(users[sector] / total, 6) for sector in order}
    for sector in order:
        if shown[sector] > 0:
            yield Use(0, name, country, sector, shown[sector], basis, source, year)
