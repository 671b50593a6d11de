"""Talks end to end on an invented world: payoffs are those of single solves, and the laws of bargaining hold."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from detente.baseline import Baseline
from detente.core.errors import SolveError, UsageError
from detente.equilibrium.counterfactual import solve
from detente.equilibrium.evaluate import Evaluation, evaluate_many
from detente.scenario.packages import compiled_laws, packages
from detente.scenario.talks import talks
from detente.strategy.objective import payoffs
from detente.strategy.talks import Talks
from strategy.toy_talks import CODES, TEXT, case, edited, world


@pytest.fixture(scope="module")
def found() -> Talks:
    return talks(case(), base=world())


def payoff(talks: Talks, base: Baseline, law: int, closure: str) -> Any:
    result = solve(base, wedges=talks.wedges[law], closure=closure)
    return payoffs(result, base, talks.question.players.members)


def test_payoffs_are_those_of_single_solves_on_the_purged_world(found: Talks) -> None:
    purged = world().purged()
    for number in (0, 17, 53, 107):
        law = found.question.package_laws[number]
        assert found.U[number] == pytest.approx(payoff(found, purged, law, "balanced"), abs=1e-7)
    assert found.u0 == pytest.approx(payoff(found, purged, found.question.no_deal, "balanced"), abs=1e-7)
    assert found.solved.closure == "balanced"
    assert {found.solved.status(law) for law in range(len(found.wedges))} == {"CERTIFIED"}


def test_the_file_s_closure_ranks_where_asked_and_is_shown_beside_otherwise(found: Talks) -> None:
    base = world()
    again = talks(case(), base=base, closure="file")
    law = found.question.package_laws[found.chosen or 0]
    wedges = compiled_laws(case(), base, packages(case()).laws.regimes).wedges
    alone = [solve(base, wedges=wedges[n]).welfare_hat for n in (law, found.question.no_deal)]
    gain = 100 * np.log(alone[0][:2] / alone[1][:2])
    assert found.other is not None
    assert list(found.other.gains["nash"].values()) == pytest.approx(gain.tolist(), abs=1e-7)
    assert list(found.other.no_deal.values()) == pytest.approx((100 * (alone[1][:2] - 1)).tolist(), abs=1e-7)
    number = found.chosen
    assert number is not None
    assert again.U[number] - again.u0 == pytest.approx(gain, abs=1e-7)
    assert again.other is not None
    assert (again.solved.closure, again.other.closure) == ("world-share", "balanced")
    assert again.facts["closure_rule"] == "file"


def test_each_side_has_at_least_its_threat_point(found: Talks) -> None:
    for number in found.points.values():
        assert number is not None
        deal = found.deal(number)
        assert min(deal.gain_pp.values()) >= -1e-9
        assert found.on_edge[number]
    table = found.acceptable()
    assert len(table) == found.agreed.sum() > 0
    assert table[["gain_usa_pp", "gain_chn_pp"]].to_numpy().min() >= -1e-9
    assert not table["no_deal"].any()
    assert (table[["gain_usa_pp", "gain_chn_pp"]].min(axis=1).diff().dropna() <= 1e-12).all()


def test_the_table_of_packages(found: Talks) -> None:
    table = found.packages
    assert len(table) == 108
    assert table.columns[:6].tolist() == ["package", "truce", "threat", "force", "beans", "licence"]
    row = table.iloc[found.chosen or 0]
    deal = found.solution
    assert deal is not None
    assert {name: row[name] for name in deal.choices} == deal.choices
    assert row["gain_usa_pp"] == pytest.approx(deal.gain_pp["USA"])
    base = found.solved.base
    spent = base.income - base.final_exogenous.sum(axis=1)
    hats = found.solved.welfare_hat[[found.question.package_laws[deal.number or 0], found.question.no_deal]]
    assert deal.gain_musd["CHN"] == pytest.approx(spent[1] * (hats[0] - hats[1])[1])
    assert deal.real_income_pct["USA"] == pytest.approx(100 * (hats[0][0] - 1))
    assert set(found.pareto()["package"]) == set(np.flatnonzero(found.on_edge))
    assert found.disagreement.name == "no-deal"
    assert set(found.disagreement.gain_pp.values()) == {0.0}
    assert found.disagreement.choices["force"] == "+20pp"


def test_swapping_names_swaps_payoffs(found: Talks) -> None:
    turned = talks(case(), base=world(), players=["CHN", "USA"])
    assert (turned.U[:, ::-1] == found.U).all()
    assert turned.points == found.points
    assert turned.rational.tolist() == found.rational.tolist()


def test_a_country_of_size_1e_9_changes_nothing(found: Talks) -> None:
    base = world()
    size = 1e-9
    flows = np.zeros((4, 4, 3))
    flows[:3, :3] = base.flows
    flows[3, :3], flows[:3, 3], flows[3, 3] = size * 8.0, size * 8.0, size * 150.0
    tariffs = np.pad(np.array(base.tariffs), ((0, 1), (0, 1), (0, 0)))
    tariffs[3, :3, :2] = tariffs[:3, 3, :2] = 0.03
    wide = {"value_added_share": ((0, 1), (0, 0)), "input_share": ((0, 0), (0, 1), (0, 0))}
    shares = {name: np.pad(np.array(getattr(base, name)), pad, mode="edge") for name, pad in wide.items()}
    bigger = Baseline.from_flows(
        (*CODES, "VUT"), base.sectors, flows, tariffs, trade_elasticity=base.trade_elasticity, **shares
    )
    again = talks(case(), base=bigger)
    assert np.abs((again.U - again.u0) - (found.U - found.u0)).max() < 1e-6
    assert again.points == found.points


def test_concessions_from_no_deal_and_from_the_solution(found: Talks) -> None:
    for step in found.steps:
        levels = [0, 0, 0, 0, 0]
        levels[step.issue] = step.level
        number = int(np.ravel_multi_index(tuple(levels), found.question.shape))
        assert step.gains == pytest.approx((found.U[number] - found.u0).tolist(), abs=1e-12)
    rows = found.columns("concessions")
    assert set(rows["moved_from"]) == {"no-deal", "nash"}
    assert {giver for giver, issue in zip(rows["giver"], rows["issue"], strict=True) if issue == "force"} == {"USA"}


def law_of(*ids: str) -> int:
    """Return the law in which exactly these measures hold."""
    made = packages(case())
    for regime in made.laws.regimes:
        if {each.id for each in regime.applied} == set(ids):
            return made.laws.of(regime)
    raise AssertionError(ids)


def test_threats_compare_carrying_out_with_not(found: Talks) -> None:
    rows = {(each.who, each.answer): each for each in found.threats}
    assert list(rows) == [
        ("USA", "the others carry out theirs"),
        ("USA", "the others do nothing"),
        ("USA", "leaf storm"),
        ("USA", "leaf strike"),
        ("CHN", "the others carry out theirs"),
        ("CHN", "the others do nothing"),
    ]
    first = rows["USA", "the others carry out theirs"]
    assert first.measures == ("us-threat", "us-back")
    leaf = rows["USA", "leaf storm"]
    carried, dropped = (
        found.of_law(law)
        for law in (
            law_of("us-force", "us-back", "cn-back", "us-threat", "cn-boycott", "cn-licence"),
            law_of("us-force", "us-back", "cn-back", "cn-boycott", "cn-licence"),
        )
    )
    assert leaf.own == pytest.approx(float((carried - dropped)[0]))
    assert leaf.best_response == (leaf.own >= 0)
    assert dict(leaf.others)["CHN"] == pytest.approx(float((carried - dropped)[1]))


def test_the_truce_is_the_law_of_its_measures_on_the_eve(found: Talks) -> None:
    (truce,) = found.truces
    assert (truce.issue, found.question.background) == ("truce", "2025-11-09")
    laws = found.question.truces[0]
    base = found.solved.base
    for law, ids in ((laws.keep, set()), (laws.punish, {"us-back", "cn-back"}), (laws.deviate[0][1], {"us-back"})):
        rates = np.array(base.tariffs)
        rates[1, 0, :2] += 0.2 + 0.1 * ("us-back" in ids)
        rates[0, 1, :2] += 0.1 * ("cn-back" in ids)
        assert found.wedges[law].tariffs == pytest.approx(rates)
        assert [bound.name for bound in found.wedges[law].bounds] == ["cn-boycott"]
    side = truce.sides["USA"]
    assert side.keep == pytest.approx(float(found.of_law(laws.keep)[0]))
    if side.factor is not None and side.factor > 0:
        expected = (side.deviate - side.keep) / (side.deviate - side.punish)
        assert side.factor == pytest.approx(expected)


def test_the_deadline_takes_what_begins_on_its_day(found: Talks) -> None:
    assert found.deadline is not None
    laws = found.deadline.laws
    assert (laws.day, laws.begins, laws.ends) == ("2025-11-10", ("us-back", "cn-back"), ())
    gap = found.of_law(laws.after) - found.of_law(laws.before)
    assert list(found.deadline.change.values()) == pytest.approx(gap.tolist())
    assert laws.before == found.question.truces[0].keep
    assert laws.after == found.question.truces[0].punish


def test_break_even_odds_are_of_no_deal_against_the_file_as_it_stands(found: Talks) -> None:
    standing = found.of_law(found.question.standing)
    table = found.packages
    for number in range(0, 108, 7):
        odds = found.odds(number)
        q = odds["USA"].probability
        assert (q is None) == np.isnan(table["break_even_usa_pct"][number])
        if q:
            assert (1 - q) * standing[0] + q * found.u0[0] == pytest.approx(found.U[number, 0])
        if found.U[number, 0] >= standing[0]:
            assert q == 0


def test_worth_beyond_trade_is_added_where_the_choice_is_made() -> None:
    worth = "choices: [+20pp, +10pp, dropped], worth: {CHN: {+20pp: -0.5pp, dropped: +0.25pp}}"
    priced = talks(edited(("choices: [+20pp, +10pp, dropped]", worth)), base=world())
    plain = talks(case(), base=world())
    gap = (priced.U - plain.U).reshape(2, 2, 3, 3, 3, 2)
    assert np.abs(gap[..., 0]).max() < 1e-12
    assert gap[:, :, 0, :, :, 1] == pytest.approx(np.full((2, 2, 3, 3), -0.5))
    assert np.abs(gap[:, :, 1, :, :, 1]).max() < 1e-12
    assert gap[:, :, 2, :, :, 1] == pytest.approx(np.full((2, 2, 3, 3), 0.25))
    assert priced.u0 - plain.u0 == pytest.approx([0.0, -0.5])


def test_weights_by_sector_change_what_is_acceptable_as_the_formula_says() -> None:
    base = world()
    weighted = talks(case(), base=base, objective={"USA": {"C26": "40"}})
    plain = talks(case(), base=base)
    assert (weighted.U[:, 1] == plain.U[:, 1]).all()
    assert np.abs(weighted.U[:, 0] - plain.U[:, 0]).max() > 0.05
    assert weighted.question.players.objectives[0] == "real income weighted C26 40, others 1"
    assert weighted.disagreement.real_income_pct == pytest.approx(plain.disagreement.real_income_pct)


def test_a_group_and_a_player_who_is_not_in_the_file() -> None:
    text = TEXT.replace("measures:\n", "groups:\n  pacific: [USA, CHN]\nmeasures:\n", 1)
    found = talks(case(text), base=world(), players=["pacific", "DEU"])
    base = found.solved.base
    hats = found.solved.welfare_hat[found.question.no_deal]
    spent = base.income - base.final_exogenous.sum(axis=1)
    joint = 1 + spent[:2] @ (hats[:2] - 1) / spent[:2].sum()
    assert found.u0 == pytest.approx([100 * np.log(joint), 100 * np.log(hats[2])])


def test_where_nobody_accepts_the_least_bad_is_told() -> None:
    hate = "choices: [imposed, dropped], worth: {USA: {dropped: -50pp}}"
    kept = "choices: [imposed, suspended], worth: {USA: {suspended: -50pp}}"
    war = edited(
        ("choices: [imposed, suspended]}\n    threat", f"{kept}}}\n    threat"),
        ("{measure: us-threat, choices: [imposed, dropped]", "{measure: us-threat, " + hate),
        ("[+20pp, +10pp, dropped]", "[+20pp, +10pp, dropped], worth: {USA: {+10pp: -9pp, dropped: -9pp}}"),
        ('[imposed, dropped, ">= 120% of base"]', "[imposed, dropped], worth: {CHN: {dropped: -8pp}}"),
        ("[imposed, 90% of base, suspended]", "[imposed, suspended], worth: {CHN: {suspended: -7pp}}"),
    )
    found = talks(war, base=world())
    assert not found.agreed.any()
    assert found.solution is None
    assert set(found.points.values()) == {None}
    overall = found.least_bad[0]
    short = np.maximum(found.u0 - found.U, 0).max(axis=1)
    short[found.is_no_deal] = np.inf
    assert (overall.package, overall.shortfall) == (int(short.argmin()), pytest.approx(float(short.min())))
    assert {each.alone for each in found.least_bad} == {None, 0, 1}
    assert found.steps_from_solution == ()


def test_another_disagreement_moves_the_threat_point() -> None:
    calm, storm = (talks(case(), base=world(), disagreement=name) for name in ("calm", "storm"))
    assert calm.u0 == pytest.approx(storm.of_law(law_of("us-force", "cn-boycott")).tolist())
    assert (storm.u0 == talks(case(), base=world()).u0).all()
    assert abs(calm.u0 - storm.u0).min() > 0.01
    assert calm.agreed.sum() != storm.agreed.sum()
    assert calm.facts["disagreement"] == "calm"


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"players": ["USA", "CHM"]}, "players: found 'CHM'.*try CHN"),
        ({"players": ["USA"]}, "players: found USA; expected two or more"),
        ({"players": ["USA", "WORLD"]}, "players: found USA in USA and WORLD"),
        ({"objective": {"DEU": "real-income"}}, "objective: found 'DEU'; expected one of USA, CHN"),
        ({"objective": {"USA": "revenue"}}, "objective.USA: found 'revenue'; expected one of real-income"),
        ({"objective": {"USA": {"C62": "2"}}}, "found 'C62'"),
        ({"objective": {"USA": {"C26": "-2"}}}, "expected a weight of zero or more"),
        ({"objective": {"USA": {"C26": "two"}}}, "expected a number"),
        ({"objective": {"USA": {"all": "0"}}}, "found only weights of zero"),
        ({"solution": "nahs"}, "solution: found 'nahs'.*try nash"),
        ({"closure": "balanced"}, "closure: found 'balanced'; expected one of purged, file"),
    ],
)
def test_what_cannot_be_asked(how: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        talks(case(), base=world(), **how)


def interrupted_after(count: int) -> Callable[[str, int, int], None]:
    def tell(what: str, done: int, total: int) -> None:
        if done == count:
            raise KeyboardInterrupt

    return tell


def test_an_interrupt_keeps_what_is_done() -> None:
    found = talks(case(), base=world(), progress=interrupted_after(40), keep=True)
    assert found.solved.reached == 40
    table = found.packages
    assert (table["status"] == "CANCELLED").sum() == 108 - 40
    assert table.loc[table["status"] == "CANCELLED", "gain_usa_pp"].isna().all()
    assert found.chosen is not None
    assert found.solved.usable(found.question.package_laws[found.chosen])
    with pytest.raises(KeyboardInterrupt):
        talks(case(), base=world(), progress=interrupted_after(40))


def test_reading_a_package_that_is_not_there_or_not_solved() -> None:
    found = talks(case(), base=world(), progress=interrupted_after(5), keep=True)
    with pytest.raises(SolveError, match="found status CANCELLED"):
        found.deal(107)
    with pytest.raises(UsageError, match="expected 0 to 107"):
        found.deal(108)
    with pytest.raises(UsageError, match="try 'packages'"):
        found.columns("package")


def without(monkeypatch: pytest.MonkeyPatch, *lost: int, status: str = "NOT_SOLVED", grade: str = "") -> None:
    """Let some laws come out with another certificate."""

    def changed(*arguments: Any, **how: Any) -> Iterator[Evaluation]:
        for number, each in enumerate(evaluate_many(*arguments, **how)):
            certificate = replace(each.certificate, status=status, grade=grade)
            yield replace(each, certificate=certificate) if number in lost else each

    monkeypatch.setattr(sys.modules["detente.scenario.talks"], "evaluate_many", changed)


def test_what_is_not_solved_or_weak_is_told_and_not_ranked(found: Talks, monkeypatch: pytest.MonkeyPatch) -> None:
    best = found.chosen
    assert best is not None
    law = found.question.package_laws[best]
    for status, grade in (("NOT_SOLVED", ""), ("ILL_CONDITIONED", "C")):
        without(monkeypatch, law, status=status, grade=grade)
        again = talks(case(), base=world())
        assert again.chosen not in (best, None)
        assert again.packages["status"][best] == status
        assert np.isnan(again.packages["gain_usa_pp"][best])
        assert again.agreed.sum() == found.agreed.sum() - 1
        rows = again.columns("concessions")["gain_pp"]
        assert all(value is None or np.isfinite(value) for value in rows)


def test_no_deal_must_be_certified_and_strong(found: Talks, monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, found.question.no_deal)
    with pytest.raises(SolveError, match="no deal: found NOT_SOLVED") as caught:
        talks(case(), base=world())
    assert caught.value.exit_code == 4
    without(monkeypatch, found.question.no_deal, status="ILL_CONDITIONED", grade="C")
    with pytest.raises(SolveError, match="expected a certificate of grade A or B"):
        talks(case(), base=world())


def test_the_other_closure_may_fail_alone(found: Talks, monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, 1)
    again = talks(case(), base=world())
    assert again.other is None
    assert any(text.startswith("closure world-share: not shown") for text in again.warnings)
