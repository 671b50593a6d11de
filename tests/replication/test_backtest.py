"""The back-test 2017 to 2019: the page is what the code prints, the shock what it claims, the model moves as it must.

What happened in 2019 is not asserted; whether the prediction was good is on the page, docs/explanation/backtest.md.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import backtest as subject
import backtest_shock as shock
import detente as dt
from backtest import CASES, LINES, MAIN, Backtest, Trade
from detente.baseline.importers.icio_pair import read_icio_pair

PAGE = Path(__file__).resolve().parents[2] / "docs" / "explanation" / "backtest.md"
TITLES = (
    "The shock", "Main lines", "Other elasticities and the other shock", "CHN to USA by sector", "USA to CHN by sector",
    "Fit over sectors",
)  # fmt: skip
NUMBER = re.compile(r"(?<![\w.-])[+-]?\d+\.\d+(?![\w.])")


@pytest.fixture(scope="module")
def data(shared: Path) -> Path:
    return shared / "data"


@pytest.fixture(scope="module")
def found(data: Path) -> Backtest:
    return subject.backtest(data)


# ---------------------------------------------------------------- the page


@pytest.mark.slow
@pytest.mark.parametrize("title", TITLES)
def test_table_of_the_page_is_what_the_code_prints(found: Backtest, title: str) -> None:
    """Character by character."""
    printed = subject.tables(found)
    assert tuple(printed) == TITLES
    assert f"\n\n{printed[title]}\n" in PAGE.read_text(encoding="utf-8")


@pytest.mark.slow
def test_numbers_in_the_words_of_the_page_are_in_its_tables(found: Backtest) -> None:
    """A decimal number in a sentence stands in a table, up to its sign, which the words say."""
    page = PAGE.read_text(encoding="utf-8")
    for table in subject.tables(found).values():
        page = page.replace(table, "")
    said = {number.lstrip("+-") for number in NUMBER.findall(page)}
    known = {number.lstrip("+-") for table in subject.tables(found).values() for number in NUMBER.findall(table)}
    assert len(said) > 15
    assert said <= known


# ---------------------------------------------------------------- the prediction


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_signs(found: Backtest, case: str) -> None:
    """Taxed trade falls, the competitors of the taxed gain: in the model, whatever the elasticities."""
    moved = {line: subject.changes(found, case, *line)[0][0] for line in LINES}
    assert moved["USA", "CHN", "A01"] < 0
    assert moved["USA", "CHN", ""] < 0
    assert moved["CHN", "USA", ""] < 0
    assert moved["VNM", "USA", ""] > 0
    assert moved["MEX", "USA", ""] > 0
    assert found.results[case].certificate.ok


@pytest.mark.slow
def test_flows_of_both_years_are_those_of_the_source(found: Backtest) -> None:
    """Totals of the source's README, bn USD."""
    for trade, china, crops in ((found.before, 367.8, 10.3), (found.after, 353.0, 5.8)):
        assert trade.total("CHN", "USA")[0] / 1e3 == pytest.approx(china, abs=0.05)
        assert trade.total("USA", "CHN", "A01")[0] / 1e3 == pytest.approx(crops, abs=0.05)


@pytest.mark.slow
def test_fitted_sets_are_the_extremes(found: Backtest) -> None:
    """LL and Shap: lowest and highest elasticity over what China sells to the USA."""
    flows = found.before.flows[found.before.countries.index("CHN"), found.before.countries.index("USA")]
    goods = shock.goods_of(found.results[MAIN].baseline.sectors)
    average = {case: float(result.baseline.trade_elasticity[goods] @ flows) for case, result in found.results.items()}
    assert min(average, key=lambda case: average[case]) == "LL"
    assert max(average, key=lambda case: average[case]) == "Shap"


@pytest.mark.slow
def test_nothing_but_two_tariffs_moves(found: Backtest) -> None:
    """Only goods between the two countries; services and everybody else keep the rates of 2017."""
    for case, result in found.results.items():
        changed = np.argwhere(result.tariffs_new != result.baseline.tariffs)
        codes = result.countries
        assert {(codes[o], codes[d]) for o, d, _ in changed} == set(shock.PAIRS), case
        assert (result.tariffs_new >= result.baseline.tariffs).all()
        assert not (result.tariffs_new != result.baseline.tariffs)[:, :, result.sectors.index("SERV")].any()


# ---------------------------------------------------------------- the shock


def test_level_is_the_mean_over_the_days_of_2019(data: Path) -> None:
    """151 days to the end of May, 92 to the end of August, 122 after: by hand from the printed series."""
    assert shock.level_of(data, "USA") == pytest.approx((3.1, (151 * 12.0 + 92 * 17.3 + 122 * 21.0) / 365))
    assert shock.level_of(data, "CHN") == pytest.approx((8.0, (151 * 16.5 + 92 * 20.7 + 122 * 21.8) / 365))


def test_scaled_pattern_has_the_level_of_the_series(data: Path) -> None:
    """The average with the weights of the series is its change; the pattern is kept, and is too high unscaled."""
    base = read_icio_pair(data, year=2017)
    for exporter, importer in shock.PAIRS:
        points, note = shock.scaled_pattern(data, base, exporter, importer)
        o = base.countries.index(exporter)
        abroad = np.delete(base.flows[o], o, axis=0).sum(axis=0)[: len(base.sectors) - 1]
        assert base.sectors[-1] == "SERV"
        assert points[:-1] @ abroad / abroad.sum() == pytest.approx(note.mean_2019 - note.start)
        pattern = shock.pattern_of(data, importer, base.sectors)
        assert points == pytest.approx(note.factor * pattern)
        assert 0 < note.factor < 1
    assert shock.scaled_pattern(data, base, "CHN", "USA")[1].pattern_average > 21.0 - 3.1  # the round that never came


def test_pattern_is_placed_by_sector(data: Path) -> None:
    """Sector 1 is crops and forestry, 15 both metals, 22 furniture; services are free."""
    points = shock.pattern_of(data, "USA", ["SERV", "C24B", "A01", "C31T33", "A02", "C24A"])
    assert points == pytest.approx([0.0, 17.6349502, 15.6031746, 22.2352786, 15.6031746, 17.6349502])


def test_lists_by_day() -> None:
    """Lists 1 and 2 all year, list 3 raised in June, list 4A from September, list 4B never."""
    assert shock.list_mean("1") == shock.list_mean("2") == 25.0
    assert shock.list_mean("3") == pytest.approx((151 * 10 + 214 * 25) / 365)
    assert shock.list_mean("4A") == pytest.approx(122 * 15 / 365)
    assert shock.list_mean("4B") == shock.list_mean("biden_25") == 0.0


@pytest.mark.slow
def test_lists_by_sector(found: Backtest) -> None:
    """No sector is above list 1, medicines are next to free, and phones and toys keep two sectors low."""
    case = subject.BY_LISTS
    points = dict(zip(found.before.sectors, found.added[case]["CHN", "USA"].tolist(), strict=True))
    assert min(points.values()) >= 0
    assert max(points.values()) < 25
    assert points["C21"] < 1
    assert points["C26"] < points["C28"]
    assert np.array_equal(found.added[case]["USA", "CHN"], found.added[MAIN]["USA", "CHN"])


# ---------------------------------------------------------------- measures, on three invented countries


def three(flows: list[list[float]]) -> Trade:
    """Return one sector among three countries."""
    return Trade(("AAA", "BBB", "CCC"), ("S",), np.array(flows)[:, :, None])


def test_measures() -> None:
    """Home sales never count; each control takes off the change of the others."""
    before, after = three([[9, 4, 2], [1, 9, 1], [5, 8, 9]]), three([[1, 2, 4], [1, 1, 1], [5, 16, 1]])
    raw, suppliers, customers = subject.log_changes(before, after, "AAA", "BBB")
    assert raw == pytest.approx(np.log(1 / 2))
    assert suppliers == pytest.approx(np.log(1 / 2) - np.log(2))
    assert customers == pytest.approx(np.log(1 / 2) - np.log(2))
    lopsided = subject.log_changes(before, after, "CCC", "AAA")
    assert lopsided == pytest.approx([0.0, 0.0, -np.log(2)])


def test_a_flow_of_zero_is_no_change_at_all() -> None:
    """NaN, not a large number: the fit leaves it out and the table prints a dash."""
    before, after = three([[1, 0, 2], [1, 1, 1], [1, 1, 1]]), three([[1, 3, 2], [1, 1, 1], [1, 1, 1]])
    assert np.isnan(subject.log_changes(before, after, "AAA", "BBB")).all()
    assert subject.percent(float("nan")) == "-"
    assert subject.percent(np.log(1.25)) == "+25.0"


def test_fit_finds_a_line() -> None:
    """Actual = -0.1 + 0.5 predicted gives slope 0.5, constant -0.1 and correlation 1; weights do not matter then."""
    sectors, guess = ("R", "S", "T", "U"), np.array([-0.4, -0.2, 0.1, 0.1])

    def trade(change: np.ndarray) -> Trade:
        flows = np.ones((3, 3, 4))
        flows[0, 1] = np.array([1.0, 5.0, 2.0, 0.0]) * np.exp(change)
        return Trade(("AAA", "BBB", "CCC"), sectors, flows)

    test = Backtest(trade(np.zeros(4)), trade(-0.1 + 0.5 * guess), {MAIN: trade(guess)}, {}, [], {})
    one = subject.fit(test, MAIN, "AAA", "BBB", 0)
    assert (one.sectors, one.slope, one.constant) == (3, pytest.approx(0.5), pytest.approx(-0.1))
    assert one.correlation == pytest.approx(1.0)
    assert one.same_sign == pytest.approx(6 / 8)  # the third moved the other way; the fourth is zero


def test_needs_the_raw_data(tmp_path: Path) -> None:
    """Without them the error says what is missing."""
    with pytest.raises(dt.DataError, match=r"ICIO20\d\d"):
        subject.backtest(tmp_path)
