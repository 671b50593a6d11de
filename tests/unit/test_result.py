"""A result: properties, arrays by key, guarded reading, tables."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import numpy as np
import pytest

import detente as dt
from detente.core.result import BASE_KEYS, NEW_KEYS
from economies import random_economy, random_tariffs


@pytest.fixture(scope="module")
def result() -> dt.Result:
    rng = np.random.default_rng(40)
    economy = random_economy(rng, n=4, j=3)
    return dt.solve(dt.Baseline.from_flows(**economy.inputs()), random_tariffs(rng, economy))


def test_arrays_by_key(result: dt.Result) -> None:
    """Every key of arrays.npz, labels included, in float64 and in the shapes that are promised."""
    arrays = result.arrays
    assert set(arrays) == {"countries", "sectors", *BASE_KEYS, *NEW_KEYS}
    n, j = 4, 3
    shapes = {"flows_new": (n, n, j), "wedge": (n, n, j), "price_hat": (n, j), "welfare_hat": (n,)}
    for name, shape in shapes.items():
        assert arrays[name].shape == shape
    assert all(arrays[name].dtype == np.float64 for name in (*BASE_KEYS, *NEW_KEYS))
    assert arrays["countries"].tolist() == list(result.countries)
    assert (arrays["wedge"] == 1).all()
    assert not arrays["rent_exporter"].any()


@pytest.mark.parametrize(
    "name",
    [
        "welfare_hat", "wage_hat", "price_hat", "cost_hat", "share_new", "expenditure_new", "flows_new", "revenue_new",
        "income_new", "deficit_new", "tariffs_new",
    ],
)  # fmt: skip
def test_properties_are_the_arrays(result: dt.Result, name: str) -> None:
    """A property is the array of the same name."""
    np.testing.assert_array_equal(getattr(result, name), result[name])


def test_stored_arrays_are_frozen(result: dt.Result) -> None:
    """Nobody changes a result, neither its fields nor the numbers inside."""
    with pytest.raises(FrozenInstanceError):
        result.groups = {}  # type: ignore[misc]
    for name, array in result.stored.items():
        assert not array.flags.writeable, name
    with pytest.raises(ValueError, match="read-only"):
        result.welfare_hat[0] = 2.0


def test_an_unknown_array_is_refused_with_the_nearest(result: dt.Result) -> None:
    with pytest.raises(dt.UsageError, match="welfare_hat"):
        _ = result["welfare"]
    with pytest.raises(dt.UsageError, match="countries"):
        result.columns("country")


def test_timing_and_words(result: dt.Result) -> None:
    """Seconds of both parts, status of both kinds, the elasticity set and the settings."""
    assert set(result.timing) == {"solve", "certify"}
    assert min(result.timing.values()) > 0
    assert (result.status, result.solver_status) == ("CERTIFIED", "CONVERGED")
    assert result.provenance["settings"] == {"tol": 1e-10, "max_iter": 200}
    assert result.provenance["elasticity_set"] == "own"


def test_the_table_of_countries(result: dt.Result) -> None:
    """Percent of real income is 100 (W - 1), in money base income times that, for every country by its code."""
    table = result.table("countries")
    assert list(table.columns) == ["country", "variable", "unit", "value"]
    by = table.set_index(["country", "variable"])["value"]
    for d, code in enumerate(result.countries):
        assert by[code, "real_income_pct"] == pytest.approx(100 * (result.welfare_hat[d] - 1), abs=1e-12)
        money = result.baseline.income[d] * (result.welfare_hat[d] - 1)
        assert by[code, "real_income_musd"] == pytest.approx(money, rel=1e-12)
        assert by[code, "tariff_revenue_musd"] == pytest.approx(result.revenue_new[d], rel=1e-12)
        assert by[code, "deficit_musd"] == result.deficit_new[d]
        foreign = result.flows_new.sum(axis=2) * ~np.eye(4, dtype=bool)
        assert by[code, "exports_musd"] == pytest.approx(foreign[d].sum(), rel=1e-12)
        assert by[code, "imports_musd"] == pytest.approx(foreign[:, d].sum(), rel=1e-12)


def test_the_table_of_flows(result: dt.Result) -> None:
    """One row for each traded cell, origin before dest; values old and new at border value."""
    table = result.table("flows").set_index(["origin", "dest", "sector"])
    assert len(table) == (result.baseline.flows > 0).sum()
    o, d, s = np.argwhere(result.baseline.flows > 0)[-1]
    row = table.loc[(result.countries[o], result.countries[d], result.sectors[s])]
    assert row["value_musd"] == result.baseline.flows[o, d, s]
    assert row["value_new_musd"] == result.flows_new[o, d, s]


def test_the_table_of_tariffs(result: dt.Result) -> None:
    """Rates in percent, `by` the importer, `against` the origin."""
    table = result.table("tariffs").set_index(["against", "by", "sector"])
    for (o, d, s), rate in np.ndenumerate(result.tariffs_new):
        if o != d and result.baseline.flows[o, d, s] > 0:
            key = (result.countries[o], result.countries[d], result.sectors[s])
            assert table.loc[key]["rate_pct"] == pytest.approx(100 * rate, rel=1e-13)


def test_columns_are_plain(result: dt.Result) -> None:
    """Lists of equal length of plain values, ready for JSON."""
    for name in ("countries", "sectors", "tariffs", "flows"):
        columns = result.columns(name)
        assert len({len(values) for values in columns.values()}) == 1
        assert {type(value) for values in columns.values() for value in values} <= {str, float, int, type(None)}
