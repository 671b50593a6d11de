"""`detente demo`: the packaged case, end to end, without a network."""

from __future__ import annotations

import json
import shlex
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from detente.baseline import Baseline
from detente.baseline.catalogue import PACKAGED, load_baseline
from detente.baseline.text import META_LIMIT, decode, read_bytes
from detente.cli import output
from detente.cli.run import Options, solved_branches, warnings, without_assumed
from detente.core.codes import WORLD
from detente.news.draft import draft
from detente.news.kinds import proof_of
from detente.news.read import read
from detente.report.document import country_rows, run_document
from detente.report.folder import check_target
from detente.report.layout import stranger
from detente.report.select import View, view
from detente.report.text import ladder_text, run_text
from detente.report.text_table import number
from detente.scenario.execute import run_scenario
from detente.scenario.load import load_scenario

CASE: Final = "us-china-2025-10"
BRANCHES: Final = ("main", "threat")
COUNTRIES: Final = ("USA", "CHN", "EU27", "MEX", "VNM", "JPN", "KOR", "CAN", WORLD)
ARTICLE: Final = "eve-of-korea"
SIDES: Final = ("USA", "CHN", WORLD)
INCOME: Final = "real_income_pct"
NOTE: Final = "us_applied_2025_10_20.note.json"


def demo(out: Path) -> None:
    """Solve the law in force (a) and the threat carried out (b), print both, write the bundle, read an article."""
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
    article = read_and_run(base)
    if output.wants_json():
        found = run_document(shown, warnings=warnings(solved), repeat=repeat, detail=True)
        output.document({**found, "us_average_tariff": average, "bundle": str(out), "article": asdict(article)})
        return
    output.say("\n" + article.text)
    output.say(f"\nreport: {output.shown(out / 'report.html')} · repeat: {repeat}")
    output.say(
        f"next: detente read {ARTICLE} · detente run {CASE} --drop authority=ieepa · detente run {CASE} --branch all · "
        f"detente verify {output.shown(out)}"
    )


@dataclass(frozen=True)
class Article:
    """From a packaged article to a result: what was proposed, the one measure accepted, its words, what it does."""

    name: str
    proposed: int
    questions: int
    conflicts: tuple[str, ...]
    accepted: str
    words: str
    real_income_pct: dict[str, float]
    certificate: str

    @property
    def text(self) -> str:
        """Return the article in a few lines."""
        changes = ", ".join(f"{code} {number(value, change=True)}" for code, value in self.real_income_pct.items())
        lines = [
            f"from an article to a result: {self.name}, {self.proposed} measures proposed, none loaded; "
            f"{self.questions} questions",
            *(f"  doubted: {what}" for what in self.conflicts),
            f"  accepted {self.accepted} on the words {self.words!r}",
            f"  carried out, alone on the law of the end of 2024: real income, %: {changes} · {self.certificate}",
        ]
        return "\n".join(lines)


def read_and_run(base: Baseline) -> Article:
    """Read the packaged article, accept its threat of a tariff, and run the branch in which it is carried out."""
    (document,) = read(ARTICLE)
    threat = next(each for each in document.measures if each.status == "threatened" and each.rate is not None)
    case = draft(document, [threat.id]).scenario
    branch = case.tree[0].name
    result = run_scenario(case, base=base, branches=[branch])[branch]
    told = {row["country"]: row for row in country_rows(result, SIDES) if row["variable"] == INCOME}
    return Article(
        document.id, len(document.measures), len(document.questions), tuple(each.what for each in document.conflicts),
        threat.id, proof_of(threat).sentence, {code: told[code]["value"] for code in SIDES},
        result.certificate.line,
    )  # fmt: skip


def _averages(shown: View) -> str:
    """Return the US average tariff as its source weighs it, beside the average at the flows of this world."""
    note: dict[str, Any] = json.loads(decode(PACKAGED / NOTE, read_bytes(PACKAGED / NOTE, META_LIMIT)))
    pairs = [(branch.mark, branch.pairs[WORLD, "USA"]) for branch in shown.branches]
    after = ", ".join(f"{number(pair['tariff_new_pct'])} {mark}" for mark, pair in pairs)
    return (
        f"US average tariff on goods, %: {number(note['tracker_average'])} at the import weights of its source "
        f"({note['day']}); at the flows of 2022: {number(pairs[0][1]['tariff_pct'])} before, {after}"
    )
