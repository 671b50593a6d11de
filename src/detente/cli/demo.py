"""`detente demo`: the packaged case, end to end, without a network."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any, Final

from detente.baseline.catalogue import PACKAGED, load_baseline
from detente.baseline.text import META_LIMIT, decode, read_bytes
from detente.cli import output
from detente.cli.run import Options, solved_branches, warnings, without_assumed
from detente.core.codes import WORLD
from detente.report.document import run_document
from detente.report.folder import check_target
from detente.report.layout import stranger
from detente.report.select import View, view
from detente.report.text import ladder_text, run_text
from detente.report.text_table import number
from detente.scenario.load import load_scenario

CASE: Final = "us-china-2025-10"
BRANCHES: Final = ("main", "threat")
COUNTRIES: Final = ("USA", "CHN", "EU27", "MEX", "VNM", "JPN", "KOR", "CAN", WORLD)
NOTE: Final = "us_applied_2025_10_20.note.json"


def demo(out: Path) -> None:
    """Solve the law in force (a) and the threat carried out (b), print both, write the bundle to `out`."""
    check_target(out, force=True, own=stranger)
    case = load_scenario(CASE)
    base = load_baseline(case.baseline.id, elasticities=case.elasticities)
    options = Options(CASE, branch=BRANCHES)
    solved = solved_branches(case, base, options)
    shown = view(solved, countries=COUNTRIES, without=without_assumed(solved, base, options))
    average = _averages(shown)
    repeat = shlex.join(["detente", "run", CASE, "--branch", ",".join(BRANCHES), "--out", str(out), "--force"])
    output.note(*(f"warning: {text}" for text in warnings(solved)))
    if not output.wants_json():
        output.say(run_text(shown, width=output.width(), facts=[average], detail=True))
        if ladders := ladder_text(shown):
            output.say("\n" + ladders)
    from detente.report.bundle import write_bundle

    write_bundle(solved, out, force=True, shown=shown)
    if output.wants_json():
        found = run_document(shown, warnings=warnings(solved), repeat=repeat, detail=True)
        output.document({**found, "us_average_tariff": average, "bundle": str(out)})
        return
    output.say(f"\nreport: {output.shown(out / 'report.html')} · repeat: {repeat}")
    output.say(
        f"next: detente run {CASE} --drop authority=ieepa · detente run {CASE} --branch all · "
        f"detente verify {output.shown(out)}"
    )


def _averages(shown: View) -> str:
    """Return the US average tariff as its source weighs it, beside the average at the flows of this world."""
    note: dict[str, Any] = json.loads(decode(PACKAGED / NOTE, read_bytes(PACKAGED / NOTE, META_LIMIT)))
    pairs = [(branch.mark, branch.pairs[WORLD, "USA"]) for branch in shown.branches]
    after = ", ".join(f"{number(pair['tariff_new_pct'])} {mark}" for mark, pair in pairs)
    return (
        f"US average tariff on goods, %: {number(note['tracker_average'])} at the import weights of its source "
        f"({note['day']}); at the flows of 2022: {number(pairs[0][1]['tariff_pct'])} before, {after}"
    )
