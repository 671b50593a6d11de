"""A baseline made out of another one: what its `meta` keeps, its history, and the checks made afresh."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from detente.baseline.baseline import Baseline
from detente.baseline.checks import check_baseline
from detente.core.errors import DataError, Problem

FILE_KEYS: Final = ("file_sha256", "arrays_sha256")
"""Checksums of the file of the parent; the derived world has no file."""

AFRESH: Final = ("B05 ", "B06 ", "B08 ", "B10 ")
"""Warnings that the checks make again for the derived world; other warnings are inherited."""


def derived_meta(base: Baseline, step: str, changes: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the `meta` of a world made out of `base`: everything kept, one more step of history, the parent named.

    Args:
        base: the parent. step: what was done, in words. changes: keys of `meta` that are other in the derived world.
    """
    kept = {key: value for key, value in base.meta.items() if key not in FILE_KEYS}
    history = (*base.meta.get("history", ()), step)
    return MappingProxyType({**kept, **changes, "history": history, "parent": base.sha256})


def with_remarks(meta: Mapping[str, Any], remarks: tuple[str, ...]) -> Mapping[str, Any]:
    """Return `meta` with warnings added, each once."""
    known = tuple(meta.get("warnings", ()))
    return MappingProxyType({**meta, "warnings": (*known, *(text for text in remarks if text not in known))})


def checked(draft: Baseline, *, treatment: str | None = None) -> Baseline:
    """Return the draft with the warnings of its checks, or refuse it like any other data.

    Args:
        draft: a derived world. treatment: a named treatment of negative final demand that is still to be applied.
    Raises:
        DataError: checks B04-B10; budget shares that are negative and no treatment named.
    """
    inherited = "exogenous" if draft.final_exogenous.any() else None
    problems, warnings = check_baseline(draft, treatment=treatment or inherited)
    if inherited and treatment is None and (draft.final_share < 0).any():
        cells = int((draft.final_share < 0).sum())
        found = f"{cells} of {draft.final_share.size} cells below what is already held outside the budget"
        expected = "final demand of at least that, or a named treatment"
        problems.append(Problem("", "B06 final demand", found, expected, "treatment='exogenous' or 'rebalance'"))
    if problems:
        raise DataError(problems=problems)
    kept = tuple(text for text in draft.meta.get("warnings", ()) if not str(text).startswith(AFRESH))
    meta = MappingProxyType({**draft.meta, "warnings": kept})
    return draft.replace(meta=with_remarks(meta, tuple(warnings)))
