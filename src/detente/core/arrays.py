"""Array types with named axes. Checked at run time in the tests (jaxtyping and beartype), free for users."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    Array = np.typing.NDArray[Any]
else:
    Array = np.ndarray

if TYPE_CHECKING or os.environ.get("DETENTE_CHECK_SHAPES"):
    from jaxtyping import Bool, Float, Int
else:

    class _Named:
        """Stand-in for jaxtyping: `Float[Array, "origin dest sector"]` is just an array."""

        def __class_getitem__(cls, item: Any) -> type:
            return np.ndarray

    Float = Bool = Int = _Named

__all__ = ["Array", "Bool", "Float", "Int", "cells_where", "frozen_array"]


def frozen_array(values: Any) -> np.ndarray:
    """Return a read-only float64 C-ordered copy, so that a frozen dataclass is frozen inside as well."""
    array = np.array(values, dtype=np.float64, order="C")
    array.flags.writeable = False
    return array


def cells_where(mask: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return the positions of what is true in a large array with few such places; `np.nonzero`, many times faster."""
    return np.unravel_index(np.flatnonzero(mask), mask.shape)
