"""What the text says twice and not alike. No side is chosen: both places are shown, and a question asks."""

from __future__ import annotations

import re
from collections.abc import Sequence

from detente.news.document import Conflict, Timex
from detente.news.links import contradiction
from detente.news.measure import ReadMeasure, Span
from detente.news.mention import Draft

_AFTER = re.compile(
    r"\b(?:\d+|a|one|two|three|four|five|six|seven|ten) (?:days?|weeks?|months?) (?:after|before|later|earlier)\b"
)


def conflicts(
    measures: Sequence[ReadMeasure], groups: Sequence[Sequence[Draft]], times: Sequence[Timex], text: str, norm: str
) -> tuple[Conflict, ...]:
    """Return the contradictions of one text.

    Args:
        measures: with links. groups: the mentions behind each measure, in the same order.
        times: date expressions. text, norm: as it stands and normalised.
    """
    return (
        *_arithmetic(measures),
        *_statuses(measures, groups),
        *_rates(measures),
        *_components(measures),
        *_days(times, text, norm),
    )


def _trigger(measure: ReadMeasure) -> Span:
    return measure.evidence[0].trigger


def _arithmetic(measures: Sequence[ReadMeasure]) -> list[Conflict]:
    out = []
    for claim in measures:
        for threat in measures:
            if not contradiction(claim, threat) or claim.rate is None or threat.rate is None:
                continue
            total, extra = f"{claim.rate.value:g}", f"{threat.rate.value:g}"
            rest = f"{claim.rate.value - threat.rate.value:g}"
            what = (
                f"{claim.id} says {total}% holds today, but {extra} points of it may be the ones that {threat.id} only "
                f"threatens ({total} = {rest} + {extra}); neither {total} nor the sum of both is taken for the "
                f"law of the day"
            )
            out.append(Conflict("arithmetic", (claim.id, threat.id), what, (_trigger(claim), _trigger(threat))))
    return out


def _statuses(measures: Sequence[ReadMeasure], groups: Sequence[Sequence[Draft]]) -> list[Conflict]:
    """One measure that is proposed in one place and has gone ahead in another."""
    out = []
    for measure, group in zip(measures, groups, strict=True):
        said = {draft.status: draft for draft in group}
        held, planned = said.get("in_force"), said.get("proposed") or said.get("threatened")
        if held is None or planned is None:
            continue
        a, b = planned.evidence.trigger, held.evidence.trigger
        what = f'{measure.id} is {planned.status} in one place ("{a.text}") and has gone ahead in another ("{b.text}")'
        out.append(Conflict("status", (measure.id,), what, (a, b)))
    return out


def _rates(measures: Sequence[ReadMeasure]) -> list[Conflict]:
    """Two different totals in force for the same goods."""
    out = []
    for i, a in enumerate(measures):
        for b in measures[i + 1 :]:
            same = (a.instrument, a.imposer, a.target, a.product.text, a.status) == (
                b.instrument, b.imposer, b.target, b.product.text, b.status)  # fmt: skip
            if not (same and a.rate and b.rate and a.status == "in_force" and a.rate.basis == b.rate.basis == "total"):
                continue
            if a.dates.effective != b.dates.effective or a.product.scope == "partial":
                continue
            if a.rate.value != b.rate.value:
                what = f"{a.id} and {b.id} give two totals for the same goods: {a.rate.value:g}% and {b.rate.value:g}%"
                out.append(Conflict("rate", (a.id, b.id), what, (_trigger(a), _trigger(b))))
    return out


def _components(measures: Sequence[ReadMeasure]) -> list[Conflict]:
    """Layers in force that do not add up to the total in force."""
    out = []
    for total in measures:
        if total.rate is None or total.rate.basis != "total" or total.status != "in_force":
            continue
        parts = [
            m for m in measures
            if m.rate and m.rate.basis == "component" and m.status == "in_force"
            and (m.instrument, m.imposer, m.target, m.product.text) == (
                total.instrument, total.imposer, total.target, total.product.text)
        ]  # fmt: skip
        amount = sum(m.rate.value for m in parts if m.rate)
        if len(parts) > 1 and abs(amount - total.rate.value) > 1e-9:
            ids = (total.id, *(m.id for m in parts))
            layers, whole = ", ".join(ids[1:]), f"{total.id} gives {total.rate.value:g}% in all"
            what = f"the layers {layers} add up to {amount:g}%, but {whole}"
            out.append(Conflict("arithmetic", ids, what, tuple(_trigger(m) for m in (total, *parts))))
    return out


def _days(times: Sequence[Timex], text: str, norm: str) -> list[Conflict]:
    """The same "two weeks ago" twice, of events that the text puts days apart."""
    by_words: dict[str, list[Timex]] = {}
    for each in times:
        if each.rule == "date.ago":
            by_words.setdefault(each.text.lower(), []).append(each)
    apart = _AFTER.search(norm)
    out = []
    for words, found in by_words.items():
        if len(found) > 1 and apart is not None and found[0].start < apart.start():
            gap = Span(apart.start(), apart.end(), text[apart.start() : apart.end()])
            places = (*(Span(t.start, t.end, t.text) for t in found[:2]), gap)
            apart_by = f'two events that the text puts apart ("{gap.text}")'
            what = f'"{words}" dates {apart_by}: intervals are kept, no day is chosen'
            out.append(Conflict("date", (), what, places))
    return out
