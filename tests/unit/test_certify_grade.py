"""From residuals and evidence to a status, a grade and words."""

from __future__ import annotations

import json
from typing import Any

import pytest

import detente as dt
from detente.certify import Evidence, certificate
from detente.core.certificate import Warn

GOOD = {"share_price": (1e-12, "C00 S00"), "walras": (3e-12, "world budget")}
BAD = {"share_price": (1e-12, "C00 S00"), "income": (2e-9, "C01")}

CASES: dict[str, tuple[dict[str, Any], dict[str, Any], str, str, list[str]]] = {
    "all met": (GOOD, {}, "CERTIFIED", "A", []),
    "one remark": (GOOD, {"notes": (Warn("numeraire", "it matters"),)}, "CERTIFIED", "B", ["numeraire"]),
    "over the line": (BAD, {}, "UNCERTIFIED", "C", ["uncertified"]),
    "no numbers": ({}, {"solver_status": "MAX_ITER"}, "NOT_SOLVED", "", []),
    "stalled": ({}, {"solver_status": "STALLED"}, "NOT_SOLVED", "", []),
    "converged without outputs": ({}, {}, "UNCERTIFIED", "C", ["uncertified"]),
    "half way": ({}, {"lambda_reached": 0.449, "solver_status": "STALLED"}, "PARTIAL_PATH", "", []),
    "nowhere": ({}, {"lambda_reached": 0.0, "solver_status": "STALLED"}, "NOT_SOLVED", "", []),
    "infeasible": ({}, {"infeasible": ("A: too much",), "solver_status": "MAX_ITER"}, "INFEASIBLE", "", ["infeasible"]),
    "in two parts": (GOOD, {"parts": 2}, "SOLVED_WARN", "B", ["disconnected"]),
    "hardly any trade": (GOOD, {"least_trade": (1e-9, "C02")}, "ILL_CONDITIONED", "C", ["ill_conditioned"]),
    "bad condition": (GOOD, {"cond": 1e9}, "ILL_CONDITIONED", "C", []),
    "two equilibria": (GOOD, {"uniqueness": {"starts": 20, "distinct": 2}}, "MULTIPLE_FOUND", "C", ["multiple"]),
    "weak data": (GOOD, {"baseline": {"moved_share": 0.04}}, "BASELINE_WEAK", "B", ["baseline_weak"]),
}


def made(residuals: dict[str, Any], evidence: dict[str, Any]) -> dt.Certificate:
    """Return a certificate of converged evidence with changes."""
    facts = {"solver_status": "CONVERGED", "iterations": 20, "baseline": {"id": "toy"}} | evidence
    return certificate(residuals, Evidence(**facts), dt.Closure())


@pytest.mark.parametrize("case", CASES)
def test_status_grade_and_warnings(case: str) -> None:
    """Feasibility first, then convergence, then the recomputed residuals, then remarks."""
    residuals, evidence, status, grade, codes = CASES[case]
    cert = made(residuals, evidence)
    assert (cert.status, cert.grade, [warn.code for warn in cert.warnings]) == (status, grade, codes)
    assert cert.ok == (status in ("CERTIFIED", "SOLVED_WARN", "ILL_CONDITIONED", "MULTIPLE_FOUND", "BASELINE_WEAK"))
    assert status in cert.line


def test_every_warning_is_a_sentence_with_a_code() -> None:
    """A reader is told what and where to read on."""
    for residuals, evidence, *_ in CASES.values():
        for warn in made(residuals, evidence).warnings:
            assert len(warn.text) > 5
            assert warn.code.islower()


def test_the_line_and_the_worst() -> None:
    """One line names the worst residual, its place and the passes; without numbers it says so."""
    cert = made(GOOD, {})
    assert cert.worst == ("walras", 3e-12, "world budget")
    assert cert.line == "CERTIFIED A · residual 3.0e-12 (walras, world budget) · 20 passes"
    none = made({}, {"lambda_reached": 0.449, "solver_status": "STALLED"})
    assert none.line == "PARTIAL_PATH(0.449) · STALLED · no numbers"
    assert none.worst == ("", float("inf"), "")


def test_digits_never_exceed_what_the_residual_supports() -> None:
    """A smaller residual, more digits; bad conditioning and near autarky take them away; at least one is left."""
    digits = [made({"walras": (size, "")}, {}).conditioning["digits"] for size in (1e-14, 1e-10, 9e-10)]
    assert digits == sorted(digits, reverse=True)
    assert digits[1] <= 9
    assert made(GOOD, {"cond": 1e10}).conditioning["digits"] < made(GOOD, {}).conditioning["digits"]
    assert made(GOOD, {"least_trade": (1e-9, "A")}).conditioning["digits"] <= 3
    assert made({}, {"solver_status": "STALLED"}).conditioning["digits"] is None


def test_plain_data() -> None:
    """A certificate goes through JSON: every field, schema and status first-hand."""
    cert = made(GOOD, {"notes": (Warn("numeraire", "it matters", "closures"),)})
    plain = json.loads(json.dumps(cert.to_dict()))
    assert plain["schema"] == 1
    assert plain["status"] == "CERTIFIED"
    assert plain["residuals"]["walras"] == [3e-12, "world budget"]
    assert plain["warnings"] == [{"code": "numeraire", "text": "it matters", "see": "closures"}]
    fields = {
        "schema", "status", "solver_status", "grade", "closure", "residuals", "baseline", "iterations", "fallbacks",
        "path", "conditioning", "uniqueness", "game", "warnings", "tolerance",
    }  # fmt: skip
    assert set(plain) == fields
    assert plain["closure"]["deficits"] == "world-share"
