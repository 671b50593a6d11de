"""Write `world-2022.npz` and what belongs to it: the same bytes on every build from the same sources."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from detente.baseline.build import costs, elasticity, products, raw, tariffs
from detente.baseline.build.labels import COUNTRY_LABELS, SECTOR_LABELS
from detente.baseline.build.ledger import as_rows, summary
from detente.baseline.build.world import World
from detente.core.arrays import Array

NAME: Final = "world-2022"
EPOCH: Final = (1980, 1, 1, 0, 0, 0)
PIIE: Final = "us-china-tariffs-piie/us-china-trade-war-tariffs.csv"

LICENCE: Final = (
    "Input-output and trade data: OECD (2025), Inter-Country Input-Output Tables and national Input-Output Tables, "
    "2025 edition, year 2022, aggregated to 81 economies and 28 sectors by the detente project; the rest of the world "
    "is imputed and US and Chinese tariffs are replaced as described in the data notes. The OECD is not responsible "
    "for these changes. US tariffs: own calculation from US Census Bureau imports and calculated duties 2024. Chinese "
    "tariffs on the United States: level after C. P. Bown, PIIE. Other tariffs: F. Teti, Global Tariff Database."
)
WEAKNESSES: Final = (
    "ROW (3.6 % of world output) has no national table: its input coefficients are the average of the 80 economies, "
    "and its use of coal and metal ores is scaled down so that final demand is not negative.",
    "Services are one sector, bilateral trade in services is one aggregate, and services carry no tariff.",
    "Tariffs of importers other than the USA are simple averages over tariff lines of 2021, capped at 30 %; A01-A03, "
    "B05-B09, C20/C21, C22/C23 and C29/C301/C302T309 share one value.",
    "ROW levies no tariffs and pays none outside the USA, because the source has none; averages count these zeros.",
    "Chinese tariffs on the USA are right in level (21.1 % on goods) but not by sector; waivers are not in the data.",
    "US tariffs are duty over imports of 2024 by sector; for partners without customs data the average of the others "
    "except China. Products under HS 98 and 99 (4.5 % of value) are in no sector.",
    "Flows are of 2022 and tariffs of the end of 2024.",
    "Taxes less subsidies on products and other imports (1.3 % of output) are counted with value added.",
)


def arrays_of(world: World) -> dict[str, Array]:
    """Return the arrays of the archive by key; axes as in `core/notation.csv`, money in MUSD, rates as fractions."""
    joined = world.joined
    return {
        "countries": np.array(joined.countries, dtype="U3"),
        "sectors": np.array(joined.sectors, dtype="U8"),
        "country_labels": np.array([COUNTRY_LABELS[code] for code in joined.countries]),
        "sector_labels": np.array([SECTOR_LABELS[code] for code in joined.sectors]),
        "flows": joined.flows,
        "tariffs": world.tariffs,
        "value_added_share": world.costs.value_added_share,
        "input_share": world.costs.input_share,
        "value_added_reported": joined.primary["value_added"],
        "labour": joined.primary["labour"],
        "taxes": joined.primary["taxes"],
        "other_imports": joined.primary["other_imports"],
        "imputed": joined.imputed,
    }


def meta_of(world: World, data: Path) -> dict[str, Any]:
    """Return what a report needs to say about the baseline: years, sources with checksums, log summary, totals."""
    imputed = [code for code, flag in zip(world.joined.countries, world.joined.imputed, strict=True) if flag]
    filled: dict[str, list[str]] = {}
    for country, sector in world.filled:
        filled.setdefault(country, []).append(sector)
    return {
        "id": NAME,
        "title": "World economy 2022, 81 economies and 28 sectors, tariffs of the end of 2024",
        "format": 1,
        "units": {"flows": "MUSD", "tariffs": "rate of dest on origin", "shares": "share of output"},
        "years": {"flows": "2022", "tariffs": "2024-12-31", "inputs": "2022"},
        "licence": LICENCE,
        "imputed": dict.fromkeys(imputed, "no national table: world coefficients of the other economies"),
        "treatment": {
            "cost shares": f"inputs above {costs.CAP} of output scaled to {costs.CAP}; no output: value_added_share 1",
            "final demand": "imputed use of ROW scaled down where final demand would be negative",
            "tariffs": f"services and home sales 0; importers other than the USA capped at {tariffs.CAP}",
            "tariffs of the USA": "duty / imports 2024; cells without an entry: average of the others except China",
            "tariffs of CHN on USA": f"the same {100 * world.points:.4f} points added in all goods sectors",
            "elasticities": "CP: C19 capped at the largest value of the set outside petroleum",
        },
        "us_cells_filled": dict(sorted(filled.items())),
        "known_weaknesses": list(WEAKNESSES),
        "log": summary(world.entries),
        "totals": {name: float(f"{value:.9g}") for name, value in world.totals.items()},
        "sources": {str(path.relative_to(data)): raw.sha256_of(path) for path in input_files(world, data)},
    }


def input_files(world: World, data: Path) -> list[Path]:
    """Return every raw file that the build reads or quotes, sorted."""
    tables = [code for code, flag in zip(world.joined.countries, world.joined.imputed, strict=True) if not flag]
    names = [raw.FLOWS, raw.JOINED, products.SECTOR_RATES, products.PARTNERS, elasticity.SECTOR_FILE, PIIE]
    names += [raw.TABLE.format(code=code) for code in tables]
    names += [f"concordances/{name}.RData" for name in products.CONCORDANCES]
    imports = (data / products.IMPORTS).glob("*.parquet")
    return sorted([data / name for name in names] + [p for p in imports if not p.stem.endswith(products.DUPLICATE)])


def digest_of(arrays: Mapping[str, Array]) -> str:
    """Return a SHA-256 over keys, types, shapes and values: the same whatever the compression.

    Args:
        arrays: the arrays of the archive, without `meta`.
    """
    total = hashlib.sha256()
    for key in sorted(arrays):
        values = np.ascontiguousarray(arrays[key])
        total.update(f"{key}|{values.dtype.str}|{values.shape}|".encode())
        total.update(values.tobytes())
    return total.hexdigest()


def packed(arrays: Mapping[str, Array]) -> bytes:
    """Return the bytes of an .npz archive with fixed dates and order, readable with `allow_pickle=False`."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for key, values in arrays.items():
            entry = zipfile.ZipInfo(f"{key}.npy", date_time=EPOCH)
            entry.compress_type, entry.external_attr, entry.create_system = zipfile.ZIP_DEFLATED, 0o644 << 16, 3
            content = io.BytesIO()
            np.lib.format.write_array(content, np.asarray(values, order="C"), version=(1, 0), allow_pickle=False)
            archive.writestr(entry, content.getvalue())
    return buffer.getvalue()


def as_json(value: Any, *, indent: int | None = 1) -> str:
    """Return canonical JSON text: sorted keys, UTF-8, no NaN."""
    return json.dumps(value, indent=indent, sort_keys=True, ensure_ascii=False, allow_nan=False)


def files_of(world: World, data: Path) -> dict[str, bytes]:
    """Return the files of the baseline, name -> bytes, ready to be written."""
    arrays = arrays_of(world)
    meta = {**meta_of(world, data), "arrays_sha256": digest_of(arrays)}
    body = packed({**arrays, "meta": np.array(as_json(meta, indent=None))})
    log = {"id": NAME, "zlib": zlib.ZLIB_RUNTIME_VERSION, "summary": meta["log"], "entries": as_rows(world.entries)}
    sets = elasticity.as_sets(world.elasticities)
    return {
        f"{NAME}.npz": body,
        f"{NAME}.sha256": f"{hashlib.sha256(body).hexdigest()}  {NAME}.npz\n".encode(),
        f"{NAME}.log.json": (as_json(log) + "\n").encode(),
        "elasticities.csv": elasticity.as_csv(world.elasticities).encode(),
        "elasticity_sets.json": (as_json(sets) + "\n").encode(),
    }


def write_files(files: Mapping[str, bytes], folder: Path) -> Iterable[Path]:
    """Write files into a folder, each through a temporary sibling, and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, body in files.items():
        temporary = folder / f".{name}.tmp"
        temporary.write_bytes(body)
        temporary.replace(folder / name)
    return [folder / name for name in files]
