"""Talks: packages are the laws of their choices, no deal is the threat point, and bargaining ends where theory says."""

from __future__ import annotations

from functools import cache
from itertools import product
from typing import Any, Final

import numpy as np

from detente.core.arrays import Array
from detente.core.errors import ScenarioError
from detente.core.result import Result
from detente.equilibrium.counterfactual import solve
from detente.scenario.talks import talks
from detente.strategy.talks import Talks
from detente.strategy.threat import break_even
from detente.strategy.truce import patience
from detente.verify import worlds
from detente.verify.check import Checks, near, refused, same, within

LAW: Final = "talks"
LIMIT: Final = 1e-7
"""Log points: real incomes of two solves agree to 1e-10, payoffs are 100 times their logarithm."""

USA, CHN = 0, 1
OLD: Final = ((0.10, 0.0), (0.04, -0.1), (0.0, -0.3))
"""The levels of the issue `old`, and what they are worth to the USA beyond trade. [fraction, log points]"""

CALM: Final = -0.1
"""What a truce is worth to CHN beyond trade. [log points]"""


def case(**changes: Any) -> dict[str, Any]:
    """Return a scenario with three issues: a truce of both sides, a threat, and a tariff in force at three levels."""
    pair, back = {"by": "USA", "against": "CHN"}, {"by": "CHN", "against": "USA"}
    later = {"kind": "tariff", "rate": "+20pp", "from": "2025-11-10", "status": "scheduled", "unless": "truce"}
    measures = [
        {"id": "old", **pair, "kind": "tariff", "rate": "+10pp", "from": "2025-03-01"},
        {"id": "us-later", **pair, **later},
        {"id": "cn-later", **back, **later},
        {"id": "threat", **pair, "kind": "tariff", "rate": "+50pp", "status": "threatened"},
    ]
    about = {
        "players": ["USA", "CHN"],
        "objective": {"USA": "real-income", "CHN": "real-income"},
        "deadline": "2025-11-10",
        "disagreement": {"include": ["us-later", "cn-later", "threat"]},
        "issues": {
            "truce": {
                "measure": ["us-later", "cn-later"],
                "choices": ["imposed", "suspended"],
                "worth": {"CHN": {"suspended": "-0.1pp"}},
            },
            "threat": {"measure": ["threat"], "choices": ["imposed", "dropped"]},
            "old": {
                "measure": ["old"],
                "choices": ["+10pp", "+4pp", "dropped"],
                "worth": {"USA": {"+4pp": "-0.1pp", "dropped": "-0.3pp"}},
            },
        },
    }
    world = worlds.policy_world()
    top = {"detente": 1, "id": "verify", "as_of": "2025-06-01", "horizon": "2026-01-01"}
    reference = {"id": world.id, "allow_year_mismatch": True}
    return {**top, "baseline": reference, "measures": measures, "talks": {**about, **changes}}


@cache
def settled() -> Talks:
    """Return the talks of the case."""
    return talks(case(), base=worlds.policy_world())


@cache
def alone(us: float, cn: float, closure: str = "balanced") -> Result:
    """Return the equilibrium with so many points of both sides on each other's goods; balanced: of the purged world."""
    base = worlds.policy_world()
    base = base.purged() if closure == "balanced" else base
    rates = np.array(base.tariffs)
    rates[CHN, USA, :2] += us
    rates[USA, CHN, :2] += cn
    return solve(base, rates, closure=closure, tol=worlds.TIGHT)


def payoff(us: float, cn: float, closure: str = "balanced") -> Array:
    """Return the payoffs of both sides."""
    return np.asarray(100 * np.log(alone(us, cn, closure).welfare_hat[[USA, CHN]]))


def _of_packages(closure: str = "balanced") -> Array:
    """Return the payoffs of all packages by hand, in the order of their choices."""
    return np.array(
        [
            payoff(0.2 * truce + 0.5 * threat + old, 0.2 * truce, closure) + np.array([worth, CALM * (1 - truce)])
            for truce, threat, (old, worth) in product((1, 0), (1, 0), OLD)
        ]
    )


def check_packages(quick: bool) -> Checks:
    """Check payoffs of packages, of no deal and of the other closure against single solves of rates set by hand."""
    found, U = settled(), _of_packages()
    u0, other = payoff(0.8, 0.2), _of_packages("world-share") - payoff(0.8, 0.2, "world-share")
    points = {name: at for name, at in found.points.items() if at is not None}
    shifted = found.other.gains if found.other else {}
    return [
        within(LAW, "payoffs of packages are those of single solves", np.abs(found.U - U).max(), LIMIT),
        within(LAW, "no deal is the threat point", np.abs(found.u0 - u0).max(), LIMIT),
        within(LAW, "the threat point is not the baseline", -np.abs(u0).min(), -1e-3),
        same(LAW, "the package with the choices of no deal is no deal", np.flatnonzero(found.is_no_deal).tolist(), [0]),
        same(LAW, "all certified", {found.solved.status(law) for law in range(len(found.wedges))}, {"CERTIFIED"}),
        *(
            within(LAW, f"{name} under the closure of the file", _gap(shifted.get(name), other[at]), LIMIT)
            for name, at in points.items()
        ),
    ]


def _gap(gains: Any, expected: Array) -> float:
    return float("inf") if gains is None else float(np.abs(np.array(list(gains.values())) - expected).max())


def check_bargaining(quick: bool) -> Checks:
    """Check sets and points against their definitions, worked out on payoffs set by hand."""
    found = settled()
    gains = _of_packages() - payoff(0.8, 0.2)
    agreed = np.array([bool((row >= -1e-9).all()) for row in gains])
    agreed[0] = False
    beaten = [bool(((gains >= row - 1e-9).all(1) & (gains > row + 1e-9).any(1)).any()) for row in gains]
    ideal = gains[agreed].max(axis=0)
    worth = {
        "nash": gains.clip(0).prod(axis=1),
        "kalai-smorodinsky": (gains / ideal).min(axis=1),
        "equal-gains": gains.min(axis=1),
    }
    checks: Checks = [
        same(LAW, "deals that nobody refuses", found.agreed.tolist(), agreed.tolist()),
        within(LAW, "some are refused by one side alone", -(~agreed & (gains > 1e-3).any(axis=1)).sum(), -1.0),
        within(
            LAW, "not the largest sum of gains", gains[found.chosen or 0].sum() - gains[agreed].sum(axis=1).max(), -1e-3
        ),
        same(LAW, "Pareto set", found.on_edge.tolist(), [not each for each in beaten]),
    ]
    for name, values in worth.items():
        at = found.points[name]
        best = values[agreed].max()
        value = values[at] if at is not None and agreed[at] else -np.inf
        checks.append(within(LAW, f"{name}: no deal is worth more", best - value, 1e-9))
        least = gains[at].min() if at is not None else -np.inf
        checks.append(within(LAW, f"{name}: each side has at least its threat point", -least, 1e-9))
    return checks + _choices(found, gains)


def _choices(found: Talks, gains: Array) -> Checks:
    """Return checks of what a choice brings, of odds, and of a scenario whose talks say nothing."""
    steps = {(each.issue, each.level): each.gains for each in found.steps}
    standing = payoff(0.3, 0.2)
    odds = [found.odds(at)["CHN"].probability for at in range(12)]
    expected = [_odds(float(row[CHN]), float(standing[CHN]), float(payoff(0.8, 0.2)[CHN])) for row in _of_packages()]
    nothing = {"old": {"measure": ["old"], "choices": ["+10pp", "+10pp"]}}
    return [
        near(LAW, "the threat dropped alone", steps.get((1, 1), (0.0, 0.0)), gains[3], 1e-6),
        near(LAW, "the old tariff dropped alone", steps.get((2, 2), (0.0, 0.0)), gains[2], 1e-6),
        same(LAW, "which odds exist", [q is None for q in odds], [q is None for q in expected]),
        near(LAW, "break-even odds", [q or 0.0 for q in odds], [q or 0.0 for q in expected], 1e-6),
        near(LAW, "odds by hand", break_even(-1.0, 0.0, -4.0).probability or 0.0, 0.25, 1e-12),
        refused(LAW, "the same choice twice is refused", ScenarioError, lambda: talks(case(issues=nothing))),
    ]


def _odds(accept: float, refuse: float, threat: float) -> float | None:
    if accept >= refuse:
        return 0.0
    q = (refuse - accept) / (refuse - threat) if threat < refuse else 2.0
    return q if q <= 1 + 1e-9 else None


def check_threats(quick: bool) -> Checks:
    """Check threats, truce and deadline against laws set by hand, and weights by sector by their formula in levels."""
    found = settled()
    threats = {(each.who, each.answer): each.own for each in found.threats}
    kept = payoff(0.1, 0.0) + np.array([0.0, CALM])
    us, cn, both = payoff(0.3, 0.0), payoff(0.1, 0.2), payoff(0.3, 0.2)
    others_too, others_not = "the others carry out theirs", "the others do nothing"
    expected = {
        ("USA", others_too): payoff(0.8, 0.2)[USA] - payoff(0.1, 0.2)[USA],
        ("USA", others_not): payoff(0.8, 0.0)[USA] - kept[USA],
        ("CHN", others_too): payoff(0.8, 0.2)[CHN] - payoff(0.8, 0.0)[CHN],
        ("CHN", others_not): cn[CHN] - kept[CHN],
    }
    sides = found.truces[0].sides if found.truces else {}
    truce = [[side.keep, side.deviate, side.punish] for side in sides.values()]
    by_hand = [[kept[USA], us[USA], both[USA]], [kept[CHN], cn[CHN], both[CHN]]]
    change = list(found.deadline.change.values()) if found.deadline else []
    return [
        same(LAW, "threats and answers", sorted(threats), sorted(expected)),
        near(LAW, "threats", [threats.get(key, 0.0) for key in expected], list(expected.values()), 1e-6),
        near(LAW, "truce: kept, broken, both broken", truce, by_hand, 1e-6),
        near(LAW, "discount factor", patience(0.0, 1.0, -3.0).factor or 0.0, 0.25, 1e-12),
        near(LAW, "for two periods", patience(0.0, 0.75, -1.0, periods=2).factor or 0.0, 0.5, 1e-9),
        near(LAW, "the deadline", change, (both - kept).tolist(), 1e-6),
        _weights(),
    ]


def _weights() -> Any:
    """Return a check of an objective with weights by sector."""
    found = talks(case(), base=worlds.policy_world(), objective={"USA": {"C26": "3"}})
    result = alone(0.8, 0.2)
    arrays, weights = result.arrays, np.array([1.0, 3.0, 1.0])
    old = (arrays["value_added_share"] * arrays["flows"].sum(axis=1))[USA]
    new = (arrays["value_added_share"] * arrays["flows_new"].sum(axis=1))[USA]
    shares = (weights @ new / new.sum()) / (weights @ old / old.sum())
    expected = 100 * np.log(result.welfare_hat[USA] * shares)
    return within(LAW, "an objective with weights by sector", abs(found.u0[0] - expected), LIMIT)
