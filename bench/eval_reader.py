"""Score the reader against the annotated texts and print the table of docs/explanation/reader-accuracy.md.

    python bench/eval_reader.py [--untouched] [--each] [--write PAGE]

Sets: the seed article (only where ../shared is there: its words are not in the repository), ten shared development
documents, our development texts (`ours/dev` and C01 to C10 of `ours/fresh`); each as read, and leaving one document
out: the rules and lexicon entries that no other document supports (column `docs` of the lexicons and of rules.csv) are
switched off for it. --untouched adds our texts that no rule was written from (`ours/test` and C11 to C20); they are
scored, never shown.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[1]
GOLD: Final = ROOT / "tests" / "gold"
sys.path.insert(0, str(GOLD / "shared"))

import score  # noqa: E402

from detente.news.reader import read_text  # noqa: E402

SEED: Final = ROOT.parent / "shared" / "seed" / "000_408f79ed41135ce5.txt"
SETS: Final = ("seed", "shared development", "our development", "development, one left out")
UNTOUCHED: Final = "our untouched half"
FIELDS: Final = ("imposer", "target", "rate", "status", "basis", "action", "announced", "effective", "expiry")


@dataclass(frozen=True)
class Sample:
    """An annotated text."""

    name: str
    gold: dict[str, Any]
    text: str
    published: str | None


def samples(which: str) -> Iterator[Sample]:
    """Yield the annotated texts of a set."""
    if which == "seed":
        if SEED.exists():
            gold = score.load_gold(GOLD / "shared" / "gold_seed.json")
            text = SEED.read_bytes().decode("utf-8")
            yield Sample("seed", gold | {"text": text}, text, None)
        return
    folders = {
        "shared development": ("shared/documents",),
        "our development": ("ours/dev", "ours/fresh:01-10"),
        "development, one left out": ("shared/documents", "ours/dev", "ours/fresh:01-10"),
        UNTOUCHED: ("ours/test", "ours/fresh:11-20"),
    }[which]
    if which.startswith("development"):
        yield from samples("seed")
    for folder in folders:
        for path in chosen(folder):
            text = path.with_suffix(".txt").read_bytes().decode("utf-8")
            yield Sample(path.stem, score.load_gold(path), text, json.loads(path.read_text("utf-8")).get("published"))


def chosen(folder: str) -> list[Path]:
    """Return the annotations of a folder, or of the texts of it with numbers in a range: `ours/fresh:01-10`."""
    name, _, numbers = folder.partition(":")
    low, _, high = numbers.partition("-")
    found = sorted((GOLD / name).glob("*.json"))
    return [path for path in found if not numbers or low <= path.stem[1:] <= high]


def scored(which: str) -> dict[str, Any]:
    """Return the scorer's summary of a set."""
    total = score.Count()
    for sample in samples(which):
        score.score_document(sample.gold, predicted(sample, leave_out="left out" in which), total, lambda line: None)
    return score.summary(total)


def predicted(sample: Sample, *, leave_out: bool = False) -> dict[str, Any]:
    """Return what the reader says of one text, as a prediction file has it."""
    without = frozenset({sample.name}) if leave_out else frozenset()
    document = read_text(sample.text, id=sample.gold["id"], published=sample.published, without=without)
    return json.loads(json.dumps(document.to_json()))


def table(results: dict[str, dict[str, Any]]) -> str:
    """Return the table in Markdown: one column per set, precision / recall / F1 per line."""
    names = list(results)
    lines = ["| precision / recall / F1 | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]
    head = {name: f"{r['documents']} / {r['gold']} / {r['predicted']}" for name, r in results.items()}
    lines.append("| documents / annotated / read | " + " | ".join(head[name] for name in names) + " |")
    for key in ("loose", "strict"):
        lines.append(f"| **{key}** | " + " | ".join(three(results[name][key]) for name in names) + " |")
    for field in FIELDS:
        lines.append(f"| {field} | " + " | ".join(three(results[name]["fields"][field]) for name in names) + " |")
    times = {name: r["times"] for name, r in results.items()}
    dates = [f"{times[name]['right']} of {times[name]['gold']}" for name in names]
    lines.append("| dates valued right | " + " | ".join(dates) + " |")
    clean = [f"{results[n]['empty_documents_left_empty']} of {results[n]['empty_documents']}" for n in names]
    lines.append("| texts without measures left empty | " + " | ".join(clean) + " |")
    never = [str(results[name]["must_not_rates_violated"]) for name in names]
    lines.append("| numbers that must never be a rate, read as one | " + " | ".join(never) + " |")
    return "\n".join(lines)


def three(numbers: dict[str, Any]) -> str:
    """Return precision / recall / F1 with two digits."""
    return " / ".join("-" if numbers[key] is None else f"{numbers[key]:.2f}" for key in ("precision", "recall", "f1"))


def main(argv: list[str] | None = None) -> int:
    """Print the table; write it into a page between its marks if asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--untouched", action="store_true", help="score the untouched half too")
    parser.add_argument("--each", action="store_true", help="one line per development document as well")
    parser.add_argument("--write", type=Path, help="page whose table is replaced")
    args = parser.parse_args(argv)
    names = [*SETS, *([UNTOUCHED] if args.untouched else [])]
    results = {name: result for name in names if (result := scored(name))["documents"]}
    text = table(results)
    sys.stdout.write(text + "\n")
    if args.each:
        sys.stdout.write("".join(each(sample) for sample in samples(SETS[3])))
    if args.write:
        page = args.write.read_text("utf-8")
        before, _, rest = page.partition("<!-- table -->")
        after = rest.partition("<!-- end of table -->")[2]
        args.write.write_text(f"{before}<!-- table -->\n{text}\n<!-- end of table -->{after}", "utf-8")
    return 0


def each(sample: Sample) -> str:
    """Return one line on a document, left out and not."""
    parts = []
    for leave_out in (False, True):
        total = score.Count()
        score.score_document(sample.gold, predicted(sample, leave_out=leave_out), total, lambda line: None)
        one = score.summary(total)
        parts.append(f"found {one['found']:2}, strictly {one['found_strictly']:2} of {one['predicted']:2} read")
    return f"{sample.name:6} annotated {total.gold:2}: {parts[0]}; left out: {parts[1]}\n"


if __name__ == "__main__":
    sys.exit(main())
