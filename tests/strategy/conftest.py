"""Helpers of this folder can be imported; few deviations are tried unless a test asks for the usual number."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from detente.strategy import deviation

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(autouse=True)
def _few_deviations(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Try a dozen deviations of each player, so that tests of other things are quick."""
    if "usual_deviations" not in request.fixturenames:
        monkeypatch.setattr(deviation, "LEAST", 0)


@pytest.fixture
def usual_deviations() -> int:
    """Return the number of deviations that a game is held against outside these tests."""
    return deviation.LEAST
