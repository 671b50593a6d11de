"""Fit the weights of the reader's second look: `src/detente/news/data/weights.tsv`.

    python bench/fit_reader.py [--without AA,AB] [--out FILE]

Training sentences are the lines of `tests/gold/lines/*.jsonl`, written for this by several hands, and the sentences of
`tests/unit/news/constructions.csv`. A sentence that shares seven words in a row with one of the annotated texts that
the reader is scored with stays out. Multinomial logit for the kind and the status, conditional logit for the roles,
logit for rates; penalised maximum likelihood (a ridge on the weights), by L-BFGS.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

from detente.news.actors import Discourse
from detente.news.clues import figures, of_figure, of_lands, of_sentence, of_status
from detente.news.drafts import read_sentence
from detente.news.measure import STATUSES, Attribution, Dates, Evidence, Product, Rate, Span
from detente.news.mention import Draft, Place
from detente.news.reader import LOOKBACK, opened, walk
from detente.news.second import KINDS, NONE, imposer_options, target_options
from detente.news.sights import sight

ROOT: Final = Path(__file__).resolve().parents[1]
GOLD: Final = ROOT / "tests" / "gold"
LINES: Final = GOLD / "lines"
CONSTRUCTIONS: Final = ROOT / "tests" / "unit" / "news" / "constructions.csv"
OUT: Final = ROOT / "src" / "detente" / "news" / "data" / "weights.tsv"
RIDGE: Final = {"kind": 4.0, "status": 4.0, "imposer": 4.0, "target": 4.0, "rate": 3.0}
RARE: Final = {"kind": 4, "status": 3, "imposer": 3, "target": 3, "rate": 3}
"""A clue that is seen less often has no weight."""
SMALL: Final = 0.1
"""Weights below this are left out."""
RUN: Final = 7
"""Words in a row that a sentence may not share with a text that the reader is scored with."""
UNNAMED: Final = 6
"""One choice of an imposer in so many is learned once more without the right country: then nobody is named."""

STEPS: Final = {"maxiter": 3000, "maxfun": 4000, "ftol": 1e-10, "gtol": 1e-3}

Case = tuple[list[str], float]
Fitted = dict[str, dict[str, float]]
"""For each clue the weight of each class."""


@dataclass
class Cases:
    """What the models learn from."""

    kind: list[tuple[list[str], str]] = field(default_factory=list)
    status: list[tuple[list[str], str]] = field(default_factory=list)
    imposer: list[list[Case]] = field(default_factory=list)
    target: list[list[Case]] = field(default_factory=list)
    rate: list[tuple[list[str], bool]] = field(default_factory=list)


@dataclass(frozen=True)
class Told:
    """A measure as annotated in a line: `instrument imposer target rate status`."""

    kind: str
    imposer: tuple[str, ...]
    target: tuple[str, ...]
    rate: float | None
    status: str


def told(words: str) -> Told:
    """Return an annotation."""
    kind, imposer, target, rate, status = words.split(" ")
    return Told(kind, _codes(imposer), _codes(target), None if rate == "-" else float(rate), status)


def _codes(words: str) -> tuple[str, ...]:
    return () if words == "-" else tuple(sorted(words.replace("+", ",").split(",")))


def lines(path: Path) -> Iterator[tuple[str, str, list[tuple[int, int, list[str]]]]]:
    """Yield day, text and annotated sentences (start, end, annotations) of a file."""
    if path == CONSTRUCTIONS:
        for row in csv.DictReader(path.read_text("utf-8").splitlines(), delimiter="|", quoting=csv.QUOTE_NONE):
            measures = [each for each in row["expected"].split(";") if each]
            if not any(each.endswith(" -") for each in measures):
                yield row["published"], row["text"], [(0, len(row["text"]), measures)]
        return
    for line in path.read_text("utf-8").splitlines():
        if not line.strip():
            continue
        item = json.loads(line)
        text, spans = "", []
        for words, measures in item["s"]:
            text += "" if not text or words.startswith("\n") else " "
            spans.append((len(text), len(text) + len(words), measures))
            text += words
        yield item["date"], text, spans


def runs(text: str) -> set[str]:
    """Return every run of `RUN` words of a text, folded, signs left out."""
    words = re.findall(r"\w+", text.lower())
    return {" ".join(words[k : k + RUN]) for k in range(len(words) - RUN + 1)}


@cache
def scored_runs() -> frozenset[str]:
    """Return the runs of words of the texts that the reader is scored with."""
    return frozenset(run for path in GOLD.glob("*/*/*.txt") for run in runs(path.read_text("utf-8")))


def known(sentence: str) -> bool:
    """Return whether a sentence shares a run of words with a text that the reader is scored with."""
    return bool(runs(sentence) & scored_runs())


def learn(paths: Sequence[Path]) -> Cases:
    """Return the cases of files of lines; a sentence that shares a run of words with a scored text is left out."""
    cases = Cases()
    for path in paths:
        for day, text, spans in lines(path):
            page = opened(text, day)
            drafts: list[Draft] = []
            for place in walk(page, drafts):
                near = drafts[-LOOKBACK:]
                found = read_sentence(place, page.seen, near)
                measures = _of_unit(place, page.places, spans)
                if measures is not None and not known(text[place.sentence.start : place.sentence.end]):
                    _take(cases, place, page.seen, near, measures)
                drafts += found if measures is None else [_draft(place, m) for m in measures]
    return cases


def _of_unit(place: Place, units: list[Place], spans: list[tuple[int, int, list[str]]]) -> list[Told] | None:
    """The measures of a sentence; None where it cannot be told which of several clauses holds them."""
    start, end = place.sentence.start, place.sentence.end
    over = [(a, b, annotations) for a, b, annotations in spans if a < end and start < b]
    if len(over) != 1:
        return None
    a, b, annotations = over[0]
    measures = [told(words) for words in annotations if words != "="]
    if not measures:
        return []
    parts = [u for u in units if u.sentence.start < b and a < u.sentence.end]
    if len(parts) == 1:
        return measures
    rated = [u for u in parts if figures(u)]
    if len(rated) == 1 and rated[0] is place and all(m.rate is not None for m in measures):
        return measures
    return None


def _take(cases: Cases, place: Place, seen: Discourse, before: list[Draft], measures: list[Told]) -> None:
    row = sight(place)
    clues = of_sentence(place, row, seen, before)
    for kind in dict.fromkeys(m.kind for m in measures) or (NONE,):
        cases.kind.append((clues, kind))
    numbers = figures(place)
    for kind in dict.fromkeys(m.kind for m in measures):
        same = [m for m in measures if m.kind == kind]
        for figure in numbers:
            hit = any(m.rate is not None and abs(m.rate - figure.value) < 1e-9 for m in same)
            cases.rate.append((of_figure(place, row, figure, len(numbers), kind), hit))
    for m in measures:
        figure = next((f for f in numbers if m.rate is not None and abs(f.value - m.rate) < 1e-9), None)
        cases.status.append((of_status(clues, m.kind, before), m.status))
        lands = of_lands(place, row, seen, before, m.kind, figure.i if figure else -1)
        options = imposer_options(lands, m.kind, ())
        _role(cases.imposer, options, m.imposer)
        if len(cases.imposer) % UNNAMED == 0:
            _role(cases.imposer, {c: v for c, v in options.items() if not set(c) & set(m.imposer)}, ())
        lands = of_lands(place, row, seen, before, m.kind, figure.i if figure else -1, m.imposer)
        _role(cases.target, target_options(lands, m.kind, m.imposer), m.target)


def _draft(place: Place, m: Told) -> Draft:
    """What has been read of a sentence, for the sentences after it: its annotation."""
    start, end = place.sentence.start, place.sentence.end
    evidence = Evidence(start, end, place.text[start:end], Span(start, end, place.text[start:end]), f"s{place.number}")
    rate = None if m.rate is None else Rate(m.rate, "percent_ad_valorem", "total", "", -1)
    return Draft(
        instrument=m.kind, action="impose", status=m.status, imposer=("+".join(m.imposer),) if m.imposer else (),
        target=m.target, rate=rate, product=Product(), quantity=None, dates=Dates(), evidence=evidence,
        attribution=Attribution(), condition=None, cues=[], sentence=place.number, own_imposer=True, own_target=True,
        definite=False,
    )  # fmt: skip


def _role(cases: list[list[Case]], candidates: dict[tuple[str, ...], list[str]], right: tuple[str, ...]) -> None:
    """A choice among candidates; where several together are right and no candidate is all of them, each is."""
    hits = [right] if right in candidates else [c for c in candidates if c and set(c) <= set(right)]
    if hits:
        cases.append([(clues, 1 / len(hits) if codes in hits else 0.0) for codes, clues in candidates.items()])


def fit_classes(rows: list[tuple[list[str], str]], classes: Sequence[str], ridge: float, rare: int) -> Fitted:
    """Return the weights of a multinomial logit."""
    index = _index((clues for clues, _ in rows), rare)
    x = _matrix([clues for clues, _ in rows], index)
    number = {label: k for k, label in enumerate(classes)}
    y = np.zeros((len(rows), len(classes)))
    y[np.arange(len(rows)), [number[label] for _, label in rows]] = 1.0
    shape = (len(index) + 1, len(classes))

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        w = flat.reshape(shape)
        z = x @ w[:-1] + w[-1]
        z -= z.max(1, keepdims=True)
        p = np.exp(z)
        p /= p.sum(1, keepdims=True)
        slope = np.vstack([x.T @ (p - y), (p - y).sum(0)]) + ridge * w
        value = -float(np.log((p * y).sum(1) + 1e-300).sum()) + 0.5 * ridge * float((w**2).sum())
        return value, slope.ravel()

    best = _least(loss, shape[0] * shape[1]).reshape(shape)
    named = [*sorted(index, key=index.__getitem__), ""]
    return {clue: dict(zip(classes, best[k].tolist(), strict=True)) for k, clue in enumerate(named)}


def fit_choice(groups: list[list[Case]], ridge: float, rare: int) -> Fitted:
    """Return the weights of a conditional logit."""
    rows = [clues for group in groups for clues, _ in group]
    right = np.array([share for group in groups for _, share in group])
    sizes = [len(group) for group in groups]
    owner, starts = np.repeat(np.arange(len(groups)), sizes), np.r_[0, np.cumsum(sizes)[:-1]]
    index = _index(rows, rare)
    x = _matrix(rows, index)

    def loss(w: np.ndarray) -> tuple[float, np.ndarray]:
        z = x @ w
        z = np.exp(z - np.maximum.reduceat(z, starts)[owner])
        p = z / np.add.reduceat(z, starts)[owner]
        return -float((right * np.log(p + 1e-300)).sum()) + 0.5 * ridge * float(w @ w), x.T @ (p - right) + ridge * w

    best = _least(loss, len(index))
    return {clue: {"yes": float(best[k])} for clue, k in index.items()}


def fit_yes(rows: list[tuple[list[str], bool]], ridge: float, rare: int) -> Fitted:
    """Return the weights of a logit."""
    both = fit_classes([(clues, "yes" if hit else "no") for clues, hit in rows], ("yes", "no"), ridge, rare)
    return {clue: {"yes": weights["yes"] - weights["no"]} for clue, weights in both.items()}


def _least(loss: Callable[[np.ndarray], tuple[float, np.ndarray]], size: int) -> np.ndarray:
    """Return the argument of least loss.

    Raises:
        RuntimeError: L-BFGS has not converged.
    """
    found = minimize(loss, np.zeros(size), jac=True, method="L-BFGS-B", options=STEPS)
    if not found.success:
        raise RuntimeError(f"the fit has not converged: {found.message}")
    best: np.ndarray = found.x
    return best


def _index(rows: Any, rare: int) -> dict[str, int]:
    counts = Counter(clue for clues in rows for clue in clues)
    return {clue: k for k, clue in enumerate(sorted(clue for clue, n in counts.items() if n >= rare))}


def _matrix(rows: list[list[str]], index: dict[str, int]) -> csr_matrix:
    cells = [(k, index[clue]) for k, clues in enumerate(rows) for clue in clues if clue in index]
    at = np.array(cells, dtype=int).reshape(-1, 2)
    return csr_matrix((np.ones(len(at)), (at[:, 0], at[:, 1])), shape=(len(rows), len(index)))


def fit(cases: Cases) -> dict[str, Fitted]:
    """Return the weights of all models."""
    return {
        "kind": fit_classes(cases.kind, KINDS, RIDGE["kind"], RARE["kind"]),
        "status": fit_classes(cases.status, STATUSES, RIDGE["status"], RARE["status"]),
        "imposer": fit_choice(cases.imposer, RIDGE["imposer"], RARE["imposer"]),
        "target": fit_choice(cases.target, RIDGE["target"], RARE["target"]),
        "rate": fit_yes(cases.rate, RIDGE["rate"], RARE["rate"]),
    }


def written(models: dict[str, Fitted]) -> str:
    """Return the weights as lines: model, clue, then `class=weight` for each class, tabs between."""
    out = []
    for name, weights in models.items():
        for clue in sorted(weights):
            kept = [f"{label}={w:.2f}" for label, w in weights[clue].items() if abs(w) >= SMALL]
            out += ["\t".join([name, clue, *kept])] if kept else []
    return "\n".join(out) + "\n"


def main(argv: list[str] | None = None) -> None:
    """Fit and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--without", default="", help="files left out, by name")
    parser.add_argument("--out", type=Path, default=OUT)
    args = parser.parse_args(argv)
    paths = [
        path for path in (*sorted(LINES.glob("*.jsonl")), CONSTRUCTIONS) if path.stem not in args.without.split(",")
    ]
    cases = learn(paths)
    sizes = {name: len(getattr(cases, name)) for name in ("kind", "status", "imposer", "target", "rate")}
    args.out.write_text(written(fit(cases)), "utf-8")
    sys.stdout.write(", ".join(f"{name} {size}" for name, size in sizes.items()) + f" cases; {args.out}\n")


if __name__ == "__main__":
    main()
