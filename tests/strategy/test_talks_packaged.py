"""The talks of the packaged article: its packages are the leaves of its tree, one by one."""

from __future__ import annotations

import numpy as np
import pytest

import detente as dt

CASE = "us-china-2025-10"
LEAVES = {
    "full-exchange": ("suspended", "dropped", "dropped", "suspended", ">= 20 Mt/year", "suspended"),
    "rollover": ("suspended", "dropped", "+20pp", "suspended", "imposed", "imposed"),
    "threat": ("suspended", "imposed", "+20pp", "imposed", "imposed", "imposed"),
    "snapback": ("imposed", "dropped", "+20pp", "imposed", "imposed", "imposed"),
    "escalation": ("imposed", "imposed", "+20pp", "imposed", "imposed", "imposed"),
}


@pytest.mark.slow
def test_packages_are_the_leaves_of_the_tree() -> None:
    """Leaf and package are written apart in the file; under the file's closure both give the same real income."""
    found = dt.talks(CASE, closure="file")
    table = found.packages
    assert len(table) == 320
    assert set(table["status"]) == {"CERTIFIED"}
    run = dt.run(CASE, branches=list(LEAVES))
    issues = ["truce", "threat", "fentanyl", "minerals", "soybeans", "ports"]
    for name, choices in LEAVES.items():
        (number,) = np.flatnonzero((table[issues] == list(choices)).all(axis=1))
        hat = run[name].welfare_hat
        for code in ("USA", "CHN"):
            income = 100 * (hat[run[name].countries.index(code)] - 1)
            assert table[f"real_income_{code.lower()}_pct"][number] == pytest.approx(income, abs=1e-7), (name, code)
    assert table["no_deal"].sum() == 1
    assert table.loc[table["no_deal"], issues].to_numpy().tolist() == [list(LEAVES["escalation"])]


@pytest.mark.slow
def test_groups_are_players_and_third_parties_bargain() -> None:
    """With the European Union at the table a deal must suit it as well; its members are one player."""
    two, three = dt.talks(CASE), dt.talks(CASE, players=["USA", "CHN", "EU27"])
    assert (three.U[:, :2] == two.U).all()
    assert three.agreed.sum() <= two.agreed.sum()
    assert all(min(three.deal(at).gain_pp.values()) >= -1e-9 for at in three.points.values() if at is not None)
