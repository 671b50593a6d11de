"""The certificate: residuals recomputed from stored outputs, and the words for how a solve ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

SCHEMA: Final = 1

CERTIFIED: Final = "CERTIFIED"
SOLVED_WARN: Final = "SOLVED_WARN"
ILL_CONDITIONED: Final = "ILL_CONDITIONED"
MULTIPLE_FOUND: Final = "MULTIPLE_FOUND"
BASELINE_WEAK: Final = "BASELINE_WEAK"
UNCERTIFIED: Final = "UNCERTIFIED"
PARTIAL_PATH: Final = "PARTIAL_PATH"
NOT_SOLVED: Final = "NOT_SOLVED"
INFEASIBLE: Final = "INFEASIBLE"
INVALID_INPUT: Final = "INVALID_INPUT"

SHOWN: Final = (CERTIFIED, SOLVED_WARN, ILL_CONDITIONED, MULTIPLE_FOUND, BASELINE_WEAK)
"""Statuses whose numbers may be read; all but the first are marked wherever they are shown."""


@dataclass(frozen=True)
class Warn:
    """Something a reader of the numbers must know: a code, a sentence, and where to read on."""

    code: str
    text: str
    see: str = ""


@dataclass(frozen=True)
class Certificate:
    """What was recomputed from the outputs as stored, and what it means.

    Attributes:
        status: what may be done with the numbers; solver_status: how the iteration ended.
        grade: A all met, B one warning, C weaker; "" where there are no numbers.
        closure: deficits, revenue, rents, numeraire.
        residuals: name of the equation -> (largest relative error, worst country and sector).
        baseline: id, sha256, max_imbalance, moved_share, year_flows, year_tariffs.
        iterations: passes; fallbacks: what was used when the first solver gave up.
        path: {"lambda_reached": 1.0} or less when only part of the shock could be solved.
        conditioning: {"cond": estimate or None, "digits": significant digits the residuals support}.
        uniqueness: {"starts", "distinct", "claim"}. game: concept and deviations of a strategic result, or {}.
        tolerance: the line the residuals were held against. schema: version of the plain data of `to_dict`.
        warnings: of each remark the code, a sentence, and where to read on.
    """

    status: str
    solver_status: str
    grade: str
    closure: Mapping[str, Any]
    residuals: Mapping[str, tuple[float, str]]
    baseline: Mapping[str, Any]
    iterations: int
    tolerance: float
    fallbacks: tuple[str, ...] = ()
    path: Mapping[str, float] = field(default_factory=lambda: {"lambda_reached": 1.0})
    conditioning: Mapping[str, Any] = field(default_factory=lambda: {"cond": None, "digits": None})
    uniqueness: Mapping[str, Any] = field(default_factory=dict)
    game: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[Warn, ...] = ()
    schema: int = SCHEMA

    @property
    def ok(self) -> bool:
        """Return whether the numbers may be read (certified, or solved and marked)."""
        return self.status in SHOWN

    @property
    def worst(self) -> tuple[str, float, str]:
        """Return (equation, error, place) of the largest recomputed residual; ("", inf, "") if there is none."""
        if not self.residuals:
            return "", float("inf"), ""
        name = max(self.residuals, key=lambda key: self.residuals[key][0])
        return name, *self.residuals[name]

    @property
    def line(self) -> str:
        """Return the certificate in one line, as printed under every table."""
        status = self.status
        if self.status == PARTIAL_PATH:
            status = f"{PARTIAL_PATH}({self.path['lambda_reached']:.3f})"
        if not self.residuals:
            return f"{status} · {self.solver_status} · no numbers"
        name, error, where = self.worst
        text = f"{status} {self.grade} · residual {error:.1e} ({name}, {where}) · {self.iterations} passes"
        return text + "".join(f" · {warn.code}" for warn in self.warnings)

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Certificate:
        """Return a certificate from what `to_dict` gave, read back from JSON.

        Raises:
            KeyError, TypeError, ValueError: something that `to_dict` does not write.
        """
        fields = dict(plain)
        fields["residuals"] = {name: (float(value), str(where)) for name, (value, where) in plain["residuals"].items()}
        fields["fallbacks"] = tuple(plain["fallbacks"])
        fields["warnings"] = tuple(Warn(**warn) for warn in plain["warnings"])
        return cls(**fields)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        plain = asdict(self)
        plain["residuals"] = {name: [value, where] for name, (value, where) in self.residuals.items()}
        return plain
