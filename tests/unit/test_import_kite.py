"""KITE-style sets: conventions are read as stated, wrong ones are noticed, balancing keeps what it says it keeps."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import detente as dt
from detente.baseline.baseline import Baseline
from detente.baseline.importers.kite import read_kite
from detente.baseline.importers.kite_balance import Shares, asked_for, balanced, deficits, gaps
from detente.core.errors import DataError, MissingDataError
from economies import random_economy

META = "id: invented\nyear: 2014\nsource: invented\nlicence: CC0\nworld: false\nservice_tariffs: true\n"
TABLES = (
    "trade_share", "tariff", "expenditure", "factor_share", "consumption_share", "intermediate_share",
    "trade_elasticity",
)  # fmt: skip


def world(seed: int = 4) -> Baseline:
    return Baseline.from_flows(**random_economy(np.random.default_rng(seed), n=4, j=3, zeros=0.0).inputs())


def write_long(folder: Path, base: Baseline) -> Path:
    """Write a world as long tables in the conventions of the page: one loop for each table."""
    folder.mkdir(parents=True, exist_ok=True)
    names, codes = list(enumerate(base.countries)), list(enumerate(base.sectors))

    def put(table: str, head: str, rows: list[str]) -> None:
        (folder / f"{table}.csv").write_text("\n".join([head, *rows, ""]))

    share, budget = base.share, base.final_share
    put(
        "trade_share",
        "origin,destination,sector,value",
        [f"{a},{b},{c},{share[o, d, s]:.17g}" for o, a in names for d, b in names for s, c in codes],
    )
    put(
        "tariff",
        "origin,destination,sector,value",  # origin imposes, destination pays
        [f"{a},{b},{c},{1 + base.tariffs[o, d, s]:.17g}" for d, a in names for o, b in names for s, c in codes],
    )
    put(
        "expenditure",
        "country,sector,value",
        [f"{a},{c},{base.expenditure[d, s]:.17g}" for d, a in names for s, c in codes],
    )
    put(
        "factor_share",
        "country,sector,value",
        [f"{a},{c},{base.value_added_share[o, s]:.17g}" for o, a in names for s, c in codes],
    )
    put(
        "consumption_share",
        "country,sector,value",
        [f"{a},{c},{budget[d, s]:.17g}" for d, a in names for s, c in codes],
    )
    rest = 1 - base.value_added_share
    put(
        "intermediate_share",
        "country,input,output,value",
        [
            f"{a},{i},{c},{base.input_share[k, o, s] / rest[o, s]:.17g}"
            for o, a in names
            for k, i in codes
            for s, c in codes
        ],
    )
    put("trade_elasticity", "sector,value", [f"{c},{1 / base.trade_elasticity[s]:.17g}" for s, c in codes])
    put("value_added", "country,value", [f"{a},{base.value_added[o]:.17g}" for o, a in names])
    (folder / "meta.yaml").write_text(META)
    return folder  # fmt: skip


def dense(base: Baseline) -> dict[str, Any]:
    rest = 1 - base.value_added_share
    return {
        "countries": np.array(base.countries),
        "sectors": np.array(base.sectors),
        "trade_share_odj": base.share,
        "tariff_exporter_importer_sector": 1 + base.tariffs,
        "expenditure": base.expenditure,
        "factor_share": base.value_added_share,
        "consumption_share": base.final_share,
        "intermediate_share_input_output_country": (base.input_share / rest).transpose(0, 2, 1),
        "theta": base.trade_elasticity,
        "va": base.value_added,
    }


def write_dense(folder: Path, **arrays: Any) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    np.savez(folder / "set.npz", **arrays)
    (folder / "meta.yaml").write_text(META)
    return folder


def assert_same(found: Baseline, base: Baseline) -> None:
    assert (found.countries, found.sectors) == (base.countries, base.sectors)
    for name in ("flows", "tariffs", "value_added_share", "input_share", "trade_elasticity", "final_share"):
        np.testing.assert_allclose(getattr(found, name), getattr(base, name), rtol=1e-9, atol=1e-12, err_msg=name)


def test_long_tables_come_back_as_the_world_they_are_of(tmp_path: Path) -> None:
    base = world()
    found = read_kite(write_long(tmp_path, base))
    assert_same(found, base)
    assert found.meta["import"]["counts"]["trade_share"] == {"rows": 48, "cells": 48}
    assert "treatment" not in found.meta
    assert dt.solve(found, found.tariffs).status == "CERTIFIED"


def test_dense_arrays_come_back_too(tmp_path: Path) -> None:
    base = world()
    assert_same(read_kite(write_dense(tmp_path, **dense(base))), base)
    assert_same(read_kite(tmp_path / "set.npz"), base)


def test_one_table_the_wrong_way_round_is_noticed(tmp_path: Path) -> None:
    base = world()
    levels = np.array([0.01, 0.05, 0.10, 0.20])
    rates = np.broadcast_to(levels[None, :, None], base.tariffs.shape) * ~np.eye(4, dtype=bool)[:, :, None]
    mfn = Baseline.from_flows(
        base.countries, base.sectors, base.flows, rates, base.value_added_share, base.input_share,
        base.trade_elasticity, treatment="exogenous",
    )  # fmt: skip
    folder = write_long(tmp_path / "right", mfn)
    found = read_kite(folder)
    assert found.tariffs[0, 3, 0] == pytest.approx(0.20)
    assert not [text for text in found.meta["warnings"] if "wrong way round" in text]
    wrong = Path(shutil.copytree(folder, tmp_path / "wrong"))
    text = (wrong / "tariff.csv").read_text().replace("origin,destination", "destination,origin")
    (wrong / "tariff.csv").write_text(text)
    (wrong / "meta.yaml").write_text(META + "treatment: rebalance\n")
    assert [text for text in read_kite(wrong).meta["warnings"] if "wrong way round" in text]


def edit_values(name: str, change: Callable[[float], float]) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        head, *rows = (folder / f"{name}.csv").read_text().split()
        parts = [row.rsplit(",", 1) for row in rows]
        changed = [f"{keys},{change(float(value))!r}" for keys, value in parts]
        (folder / f"{name}.csv").write_text("\n".join([head, *changed, ""]))

    return edit


def put(name: str, old: str, new: str) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        text = (folder / name).read_text()
        assert old in text
        (folder / name).write_text(text.replace(old, new, 1))

    return edit


REFUSED: list[tuple[str, Callable[[Path], None], list[str]]] = [
    ("rates instead of factors", edit_values("tariff", lambda v: v - 1),
     ["tariff.csv", "rates instead of factors?", "try adding 1"]),
    ("theta instead of 1/theta", edit_values("trade_elasticity", lambda v: 1 / v),
     ["trade_elasticity.csv", "theta instead?", "writing 1/theta"]),
    ("zero 1/theta", edit_values("trade_elasticity", lambda v: 0.0), ["trade_elasticity.csv", "0 or less"]),
    ("shares that do not add up", edit_values("trade_share", lambda v: v * 1.1),
     ["trade_share.csv", "shares that add to 1 over origin"]),
    ("budget that does not add up", edit_values("consumption_share", lambda v: v * 1.1), ["add to 1 over sectors"]),
    ("inputs of cost, not of inputs", edit_values("intermediate_share", lambda v: v * 0.5),
     ["intermediate_share.csv", "shares that add to 1 inputs"]),
    ("value added above cost", edit_values("factor_share", lambda v: v + 1), ["factor_share.csv", "in (0, 1]"]),
    ("negative spending", edit_values("expenditure", lambda v: -v), ["expenditure.csv", "finite numbers of at least"]),
    ("no meta", lambda folder: (folder / "meta.yaml").unlink(), ["meta.yaml: found no such file", "`id`"]),
    ("no table", lambda folder: (folder / "tariff.csv").unlink(), ["tariff.csv: found no such file"]),
    ("text", put("expenditure.csv", "sector,value\n", "sector,value\nX,Y,n/a\n"), ["expenditure.csv:2", "'n/a'"]),
    ("ragged", put("expenditure.csv", "sector,value\n", "sector,value\nX,Y\n"), ["expenditure.csv:2", "2 fields"]),
    ("services that are no sectors", put("meta.yaml", "world", "services: [S00, S9]\nworld"),
     ["meta.yaml:5: services: found 'S9'", "expected sectors of"]),
    ("a field that is not for shares", put("meta.yaml", "world", "negative_flows: zero\nworld"), ["negative_flows"]),
]  # fmt: skip


@pytest.mark.parametrize(("edit", "words"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_what_is_wrong_is_named(edit: Callable[[Path], None], words: list[str], tmp_path: Path) -> None:
    folder = write_long(tmp_path, world())
    edit(folder)
    with pytest.raises(DataError) as caught:
        read_kite(folder)
    text = str(caught.value)
    assert not [word for word in words if word not in text], text


def test_unknown_missing_and_repeated_codes(tmp_path: Path) -> None:
    base = world()
    folder = write_long(tmp_path, base)
    first, second, sector = *base.countries[:2], base.sectors[0]
    line = f"{first},{second},{sector},"
    rows = (folder / "tariff.csv").read_text().splitlines()
    at = next(i for i, row in enumerate(rows) if row.startswith(line))
    (folder / "tariff.csv").write_text("\n".join([*rows[:at], *rows[at + 1 :], ""]))
    with pytest.raises(DataError, match=rf"tariff.csv.*no row for 1 of 48 cells: {first}-{second}-{sector}"):
        read_kite(folder)
    (folder / "tariff.csv").write_text("\n".join([*rows, rows[at], ""]))
    with pytest.raises(DataError, match=rf"on lines {at + 1} and {len(rows) + 1}"):
        read_kite(folder)
    (folder / "tariff.csv").write_text("\n".join([*rows[:at], f"{first}X{rows[at][len(first) :]}", *rows[at + 1 :]]))
    with pytest.raises(DataError, match=rf"tariff.csv:{at + 1}: origin: found unknown code '{first}X'.*try '{first}'"):
        read_kite(folder)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"theta": None}, "theta: found no such array"),
        ({"theta": np.ones(2)}, r"theta: found float64 of shape \(2,\)"),
        ({"countries": np.array(["A", "A", "B", "C"])}, "'A' twice"),
        ({"va": np.ones(3)}, r"va: found shape \(3,\)"),
        ({"trade_share_odj": np.full((4, 4, 3), np.nan)}, "nan at"),
    ],
)
def test_bad_archives(change: dict[str, Any], words: str, tmp_path: Path) -> None:
    arrays = {name: value for name, value in (dense(world()) | change).items() if value is not None}
    with pytest.raises(DataError, match=words):
        read_kite(write_dense(tmp_path, **arrays))


def test_folders_that_hold_no_set_or_two(tmp_path: Path) -> None:
    with pytest.raises(MissingDataError, match="no table"):
        read_kite(tmp_path)
    folder = write_dense(tmp_path, **dense(world()))
    shutil.copyfile(folder / "set.npz", folder / "two.npz")
    with pytest.raises(DataError, match=r"2 tables: set\.npz, two\.npz"):
        read_kite(folder)
    (folder / "two.npz").write_bytes(b"\x1f\x8b and more")
    with pytest.raises(DataError, match="not an npz archive"):
        read_kite(folder / "two.npz")


def test_open_accounts_are_refused_then_balanced(tmp_path: Path) -> None:
    base = world()
    arrays = dense(base)
    noise = np.random.default_rng(1).uniform(0.97, 1.03, base.expenditure.shape)
    arrays["expenditure"] = base.expenditure * noise
    folder = write_dense(tmp_path, **arrays)
    with pytest.raises(DataError, match=r"B03 absorption.*`treatment: rebalance` in meta.yaml"):
        read_kite(folder)
    (folder / "meta.yaml").write_text(META + "treatment: exogenous\n")
    with pytest.raises(DataError, match="B03 absorption"):
        read_kite(folder)
    (folder / "meta.yaml").write_text(META + "treatment: rebalance\n")
    found = read_kite(folder)
    assert found.id == "invented+rebalanced"
    np.testing.assert_allclose(found.final_share, base.final_share, rtol=1e-10)
    np.testing.assert_allclose(found.share, base.share, rtol=1e-12)
    assert found.expenditure.sum() == pytest.approx(arrays["expenditure"].sum(), rel=1e-12)
    note = found.meta["balancing"]
    before = base.flows * noise
    assert note["sum_musd"] == pytest.approx(np.abs(found.flows - before).sum() / 2, rel=1e-9)
    assert note["moved_share"] == pytest.approx(note["sum_musd"] / found.value_added.sum())
    assert found.meta["weak"] == (note["moved_share"] > 0.01)
    assert dt.solve(found, found.tariffs).status in ("CERTIFIED", "BASELINE_WEAK")


def test_much_moved_is_weak(tmp_path: Path) -> None:
    base = world()
    arrays = dense(base)
    arrays["expenditure"] = base.expenditure * np.random.default_rng(1).uniform(0.7, 1.3, base.expenditure.shape)
    folder = write_dense(tmp_path, **arrays)
    (folder / "meta.yaml").write_text(META + "treatment: rebalance\n")
    found = read_kite(folder)
    assert found.meta["weak"]
    assert any(text.startswith("B12 balancing moved") for text in found.meta["warnings"])
    assert dt.solve(found, found.tariffs).status == "BASELINE_WEAK"


def test_tariffs_on_home_sales_are_removed_and_logged(tmp_path: Path) -> None:
    base = world()
    arrays = dense(base)
    factors = 1 + base.tariffs
    factors[2, 2, 1] = 1.1
    folder = write_dense(tmp_path, **arrays | {"tariff_exporter_importer_sector": factors})
    found = read_kite(folder)
    assert_same(found, base)
    entry = found.meta["log"]["tariffs on home sales set to 0"]
    assert (entry["count"], entry["largest"][0]["cell"]) == (1, f"{base.countries[2]}/{base.sectors[1]}")
    assert entry["sum_musd"] == pytest.approx(0.1 * base.flows[2, 2, 1])


def test_balance_is_a_fixed_point_with_the_deficits_given() -> None:
    base = world(9)
    shares = Shares(base.share, base.tariffs, base.value_added_share, base.input_share, base.final_share)
    assert gaps(shares, base.expenditure).max() < 1e-9
    start = base.expenditure * np.random.default_rng(2).uniform(0.9, 1.1, base.expenditure.shape)
    found = balanced(shares, start, "")
    deficit = deficits(shares, start)
    np.testing.assert_allclose(asked_for(shares, found, deficit), found, rtol=1e-11)
    np.testing.assert_allclose(deficits(shares, found), deficit, atol=1e-8 * found.sum())
    assert found.sum() == pytest.approx(start.sum(), rel=1e-12)


def test_deficits_that_no_income_carries_are_refused() -> None:
    base = world()
    shares = Shares(base.share, base.tariffs, base.value_added_share, base.input_share, base.final_share)
    start = base.expenditure * np.array([1e-4, 1, 1, 1])[:, None]
    with pytest.raises(DataError, match="no spending was found"):
        balanced(shares, start, "set.npz")
