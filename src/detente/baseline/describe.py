"""What a person should know about a baseline before quoting a number from it, as rows of text."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from detente.baseline.baseline import Baseline
from detente.core.codes import SERVICES

SHOWN = 5


def describe(base: Baseline) -> list[tuple[str, str]]:
    """Return rows (what, text): years, sources, totals, tariffs, what was imputed and moved, weaknesses, checksum.

    Args:
        base: any baseline; rows about which its `meta` is silent say so or are left out.
    """
    meta = base.meta
    rows = [
        ("id", base.id),
        ("title", str(meta.get("title", ""))),
        ("size", f"{len(base.countries)} economies x {len(base.sectors)} sectors"),
        ("years", _pairs(meta.get("years")) or "not stated"),
        ("source", str(meta.get("source", "")) or _source_files(meta) or "not stated"),
        ("licence", str(meta.get("licence", "not stated"))),
        *_totals(base),
        *_tariffs(base),
        ("elasticities", _elasticities(base)),
        *_treatment(meta),
        *(("weakness", str(text)) for text in meta.get("known_weaknesses", ())),
        *(("warning", str(text)) for text in meta.get("warnings", ())),
        *(("history", str(text)) for text in meta.get("history", ())),
        ("file sha256", str(meta.get("file_sha256", ""))),
        ("sha256", base.sha256),
    ]
    return [(name, text) for name, text in rows if text]


def _totals(base: Baseline) -> list[tuple[str, str]]:
    foreign = ~np.eye(len(base.countries), dtype=bool)
    goods = _goods(base)
    trade = float(base.flows[foreign][:, goods].sum())
    largest = np.argsort(-base.deficit)[:SHOWN]
    return [
        ("world output", _money(float(base.output.sum()))),
        ("world value added", _money(float(base.value_added.sum()))),
        ("trade in goods", _money(trade)),
        ("tariff revenue", _money(float(base.revenue.sum()))),
        (
            "largest deficits",
            ", ".join(f"{base.countries[i]} {_money(float(base.deficit[i]))}" for i in largest if base.deficit[i] > 0),
        ),
    ]


def _tariffs(base: Baseline) -> list[tuple[str, str]]:
    goods, foreign = _goods(base), ~np.eye(len(base.countries), dtype=bool)[:, :, None]
    flows = (base.flows * foreign)[:, :, goods]
    duty, imports = (base.tariffs[:, :, goods] * flows).sum(axis=(0, 2)), flows.sum(axis=(0, 2))
    if not imports.sum():
        return []
    largest = [i for i in np.argsort(-imports)[:SHOWN] if imports[i] > 0]
    by_importer = ", ".join(f"{base.countries[i]} {100 * duty[i] / imports[i]:.2f} %" for i in largest)
    return [
        ("average tariff on goods", f"{100 * float(duty.sum() / imports.sum()):.2f} % of world goods trade"),
        ("largest importers", by_importer),
        ("highest tariff", f"{100 * float(base.tariffs.max()):.1f} %"),
    ]


def _elasticities(base: Baseline) -> str:
    theta = base.trade_elasticity
    text = f"set {base.elasticity_set}: {theta.min():.3g} to {theta.max():.3g}, median {float(np.median(theta)):.3g}"
    spread = base.meta.get("elasticity_spread")
    if not spread:
        return f"{text}; no spread known"
    ratio = {sector: spread["max"][sector] / spread["min"][sector] for sector in spread["max"]}
    widest = max(ratio, key=lambda sector: ratio[sector])
    return (
        f"{text}; published sets differ by a factor of {float(np.median(list(ratio.values()))):.2g} in the median "
        f"sector, most in {widest} ({spread['min'][widest]:.3g} to {spread['max'][widest]:.3g})"
    )


def _treatment(meta: Mapping[str, object]) -> list[tuple[str, str]]:
    rows = [("imputed", _pairs(meta.get("imputed"))), ("treatment", _pairs(meta.get("treatment")))]
    rows.append(("treatment", _pairs(meta.get("treatment_notes"))))
    balancing = meta.get("balancing")
    if isinstance(balancing, Mapping):
        share = f"{100 * balancing['moved_share']:.3g} % of world value added"
        text = f"{balancing['sum_musd']:.6g} MUSD moved ({share}), at most {balancing['max_musd']:.6g} in a cell"
        rows.append(("balancing", text + ("; WEAK" if meta.get("weak") else "")))
    log = meta.get("log")
    if isinstance(log, Mapping):
        steps = (f"{step}: {item['count']} cells, {_money(item['sum_musd'])}" for step, item in log.items())
        rows.append(("changes logged", "; ".join(steps)))
    return rows


def _pairs(value: object) -> str:
    if isinstance(value, Mapping):
        return "; ".join(f"{key} {_pairs(item)}" for key, item in value.items())
    if isinstance(value, (tuple, list)):
        return ", ".join(_pairs(item) for item in value)
    if isinstance(value, float):
        return f"{value:.6g}"
    return "" if value is None else str(value)


def _source_files(meta: Mapping[str, object]) -> str:
    sources = meta.get("sources")
    if not isinstance(sources, Mapping):
        return ""
    folders = sorted({str(name).split("/")[0] for name in sources})
    return f"{len(sources)} files in {', '.join(folders)}"


def _goods(base: Baseline) -> list[int]:
    services = base.meta.get("services", SERVICES)
    return [s for s, code in enumerate(base.sectors) if code not in services]


def _money(musd: float) -> str:
    if abs(musd) >= 1e6:
        return f"{musd / 1e6:.3f} tn USD"
    return f"{musd / 1e3:.1f} bn USD" if abs(musd) >= 1e3 else f"{musd:.6g} MUSD"
