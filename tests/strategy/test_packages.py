"""Packages are the laws that their choices say, and compiling by parts is compiling each one from scratch."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from detente.core.errors import PolicyError, ScenarioError, UsageError
from detente.policy.compile import compiled
from detente.scenario import calendar
from detente.scenario.critical import critical_inputs
from detente.scenario.issues import ChoiceError, decide, decided_by, givers
from detente.scenario.packages import MOST, Laws, compiled_laws, packages
from detente.scenario.schema import Scenario
from strategy.toy_talks import TEXT, case, edited, world


def held(found: Scenario, issue: str, choice: str) -> dict[str, str]:
    """Return what holds of an issue under a choice: id -> its level, as text."""
    assert found.talks
    chosen = next(each for each in found.talks.issues if each.name == issue)
    made = decide(chosen, choice, found.measures)
    return {m.id: str(m.details.get("volume", m.rate and round(m.rate.value, 9))) for m in made.held}


def test_choices_mean_what_they_say() -> None:
    found = case()
    assert held(found, "truce", "imposed") == {"us-back": "0.1", "cn-back": "0.1"}
    assert held(found, "truce", "suspended") == {}
    assert held(found, "force", "+10pp") == {"us-force": "0.1"}
    assert held(found, "licence", "90% of base") == {"cn-licence": "90% of base"}


def test_a_volume_to_be_bought_ends_the_boycott_and_an_offer_is_not_imposed() -> None:
    found = case()
    assert held(found, "beans", "imposed") == {"cn-boycott": "30% of base"}
    assert held(found, "beans", ">= 120% of base") == {"cn-buys": ">= 120% of base"}
    alone = edited(("{measure: [cn-boycott, cn-buys], choices", "{measure: cn-buys, choices"))
    assert held(alone, "beans", "imposed") == {"cn-buys": ">= 110% of base"}


def test_what_says_unless_belongs_to_its_issue() -> None:
    found = edited(("truce: {measure: [us-back, cn-back]", "truce: {measure: us-back"))
    assert found.talks
    issue = found.talks.issues[0]
    assert [each.id for each in decided_by(issue, found.measures)] == ["us-back", "cn-back"]
    assert givers(issue, found.measures) == ("USA", "CHN")
    assert held(found, "truce", "imposed") == {"us-back": "0.1", "cn-back": "0.1"}


def test_every_package_is_its_law_as_of_the_horizon() -> None:
    found = case()
    made = packages(found)
    assert found.talks
    assert made.shape == (2, 2, 3, 3, 3)
    assert len(made.package_laws) == 108
    choices = [issue.choices for issue in found.talks.issues]
    for number, (truce, threat, force, beans, licence) in zip(made.package_laws, product(*choices), strict=True):
        regime = made.laws.regimes[number]
        applied = {each.id: each for each in regime.applied}
        assert str(regime.date) == "2026-02-10"
        assert ("us-back" in applied, "cn-back" in applied) == (truce == "imposed",) * 2
        assert ("us-threat" in applied) == (threat == "imposed")
        assert ("us-force" in applied) == (force != "dropped")
        assert ("cn-boycott" in applied) == (beans == "imposed")
        assert ("cn-buys" in applied) == (beans.startswith(">="))
        assert ("cn-licence" in applied) == (licence != "suspended")
        if force == "+10pp":
            assert applied["us-force"].rate is not None
            assert applied["us-force"].rate.value == 0.1


def test_no_deal_is_the_package_with_its_choices_and_equal_laws_are_one() -> None:
    made = packages(case())
    assert made.start == (0, 0, 0, 0, 0)
    assert made.package_laws[0] == made.disagreement
    assert made.standing != made.disagreement
    regime = calendar.regime(case(), branch="storm")
    assert made.laws.of(regime) == made.disagreement
    assert packages(case(), "storm").package_laws == made.package_laws
    calm = packages(case(), "calm")
    assert calm.start == (1, 1, 0, 0, 2)
    assert packages(case(), "main").disagreement == packages(case(), "main").standing


def test_compiled_by_parts_is_compiled_from_scratch() -> None:
    base = world()
    text = TEXT.replace("talks:\n", "model:\n  critical:\n    - {product: C26, users: [A01], rho: 0.3}\ntalks:\n", 1)
    quota = (
        "  - {id: q, by: USA, against: DEU, kind: tariff-rate-quota, rate: +1pp, over_rate: 60%, volume: 8% of base}\n"
    )
    found = case(text.replace("model:\n", f"{quota}\nmodel:\n", 1))
    made = packages(found)
    parts = compiled_laws(found, base, made.laws.regimes)
    for wedges, regime in zip(parts.wedges, made.laws.regimes, strict=True):
        whole = compiled(base, regime.applied, critical_inputs(found, base)).wedges
        assert wedges.tariffs is not None
        assert whole.tariffs is not None
        assert (wedges.tariffs == whole.tariffs).all()
        assert wedges.bounds == whole.bounds
        assert wedges.critical == whole.critical
        assert (wedges.trade_cost_hat, wedges.final_exogenous) == (None, None)
    assert len({id(each.tariffs) for each in parts.wedges}) == 12
    assert len({id(each.critical) for each in parts.wedges}) == 1
    assert len({id(bound) for each in parts.wedges for bound in each.bounds}) < 60
    with pytest.raises(ValueError, match="read-only"):
        np.asarray(parts.wedges[0].tariffs)[0, 0, 0] = 1.0


def test_contradicting_choices_are_told_all_at_once_with_their_lines() -> None:
    flat = "  - {id: us-flat, by: USA, against: CHN, kind: tariff, rate: 25%, status: threatened}\n"
    deal = "  - {id: us-deal, by: USA, against: CHN, kind: tariff, rate: 5%, status: offered}\n"
    buys = "  - {id: cn-more, by: CHN, against: USA, kind: purchase, sectors: A01, volume: '>= 90% of base'}\n"
    buys = buys.replace("}", ", status: offered}")
    text = TEXT.replace("talks:\n", flat + deal + buys + "talks:\n", 1)
    text = text.replace(
        "tree:\n",
        "    flat: {measure: us-flat, choices: [imposed, 15%, dropped]}\n"
        "    deal: {measure: us-deal, choices: [imposed, dropped]}\n"
        "    more: {measure: cn-more, choices: [imposed, dropped]}\n"
        "tree:\n",
        1,
    )
    found = case(text)
    made = packages(found)
    with pytest.raises(PolicyError) as caught:
        compiled_laws(found, world(), made.laws.regimes)
    told = [str(problem) for problem in caught.value.problems]
    lines = text.splitlines()
    choices = next(at for at, line in enumerate(lines, 1) if line.startswith("    flat:"))
    assert any("25% all-in" in each and "5% all-in" in each for each in told)
    assert any(f"toy.yaml:{choices}" in each and "15% all-in" in each for each in told)
    assert any("cn-more" in each and "cn-boycott" in each for each in told)


def test_too_many_packages_say_how_many_and_how_to_cut() -> None:
    rates = ", ".join(f"+{k}pp" for k in range(1, 200))
    many = edited(("choices: [+20pp, +10pp, dropped]", f"choices: [{rates}, dropped]"))
    with pytest.raises(ScenarioError) as caught:
        packages(many)
    text = str(caught.value)
    assert "found 7200 packages (2 of truce x 2 of threat x 200 of force x 3 of beans x 3 of licence)" in text
    assert f"at most {MOST}; try 113 of the 200 choices of 'force'" in text
    assert "toy.yaml:24: talks.issues" in text


def test_talks_that_are_not_there_and_a_disagreement_that_is_not() -> None:
    with pytest.raises(ScenarioError, match="talks: found none; expected issues with choices"):
        packages(case().replace(talks=None))
    with pytest.raises(UsageError, match=r"disagreement: found 'strom'; .*try storm"):
        packages(case(), "strom")


def test_a_choice_that_says_nothing_is_no_choice() -> None:
    found = case()
    assert found.talks
    with pytest.raises(ChoiceError, match="a measure of this issue with one rate"):
        decide(found.talks.issues[3], "+10pp", found.measures)


def test_what_the_user_drops_stays_dropped() -> None:
    made = packages(case().drop("us-threat"))
    assert all("us-threat" not in [each.id for each in regime.applied] for regime in made.laws.regimes)
    legal = packages(case().drop(authority="ieepa"))
    assert all("us-force" not in [each.id for each in regime.applied] for regime in legal.laws.regimes)
    assert len(legal.laws.regimes) < 108


def test_laws_with_the_same_measures_are_one_law() -> None:
    laws = Laws(case())
    assert laws.add() == laws.add((), ["us-force"]) == laws.of(calendar.regime(case(), case().horizon))
    assert laws.add((), (), ["us-force"]) == 1
