"""What a solver returns: the point, how it ended, how far it is from a root."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

CONVERGED: Final = "CONVERGED"
MAX_ITER: Final = "MAX_ITER"
STALLED: Final = "STALLED"
NONFINITE: Final = "NONFINITE"
SINGULAR: Final = "SINGULAR"


@dataclass(frozen=True)
class Solution:
    """The end of an iteration, for every scenario of a batch.

    Attributes:
        value: (unknown, b) best point found.
        status: b words out of CONVERGED, MAX_ITER, STALLED, NONFINITE, SINGULAR.
        error: (b,) largest relative residual of the un-mixed map at `value`.
        steps: (b,) passes used.
    """

    value: np.ndarray
    status: tuple[str, ...]
    error: np.ndarray
    steps: np.ndarray

    @property
    def converged(self) -> bool:
        """Return whether every scenario converged."""
        return all(status == CONVERGED for status in self.status)
