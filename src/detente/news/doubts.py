"""Questions that the text itself raises: what it contradicts, leaves unnamed, or dates by an unknown day."""

from __future__ import annotations

from collections.abc import Sequence

from detente.news.document import Candidate, Conflict, Question, Timex
from detente.news.measure import ReadMeasure, Span
from detente.news.mention import Draft


def doubts(
    measures: Sequence[ReadMeasure], conflicts: Sequence[Conflict], left: Sequence[Draft], times: Sequence[Timex],
    published: str | None,
) -> tuple[Question, ...]:  # fmt: skip
    """Return the questions of one text.

    Args:
        measures, conflicts: as read. left: mentions that name no imposer and are therefore no measures.
        times: date expressions. published: day of publication, if known.
    """
    out = [*_of_conflicts(conflicts, measures), *_unnamed(left), *_ranges(measures), *_targets(measures)]
    if published is None:
        out += _undated(times)
    return tuple(out)


def _of_conflicts(conflicts: Sequence[Conflict], measures: Sequence[ReadMeasure]) -> list[Question]:
    known = {each.id: each for each in measures}
    out = []
    for conflict in conflicts:
        if conflict.kind == "status":
            options = (known[conflict.measures[0]].status, "in_force")
            candidates = tuple(Candidate(value, "the text") for value in dict.fromkeys(("proposed", *options)))
            out.append(Question(conflict.measures[0], "status", conflict.what, candidates, False, conflict.spans))
        if conflict.kind == "rate":
            values = [known[name].rate for name in conflict.measures]
            candidates = tuple(Candidate(f"{rate.value:g}", "the text") for rate in values if rate)
            out.append(Question(conflict.measures[0], "rate", conflict.what, candidates, False, conflict.spans))
    return out


def _unnamed(left: Sequence[Draft]) -> list[Question]:
    seen: set[int] = set()
    out = []
    for draft in left:
        if (
            draft.instrument == "diplomatic_action"
            or draft.evidence.start in seen
            or (draft.rate is None and not draft.target)
        ):
            continue
        seen.add(draft.evidence.start)
        why = f"the text does not say who imposes this {draft.instrument.replace('_', ' ')}"
        out.append(Question("", "imposer", why, (), False, (draft.evidence.trigger,)))
    return out


def _ranges(measures: Sequence[ReadMeasure]) -> list[Question]:
    out = []
    for each in measures:
        rule = next((cue.rule for cue in each.cues if cue.name == "rate"), "")
        if rule == "rate.upper-end" and each.rate is not None:
            why = f'the text gives a range or an upper limit ("{each.rate.raw}"); the rate of a product may be lower'
            out.append(Question(each.id, "rate", why, (), False, (each.evidence[0].trigger,)))
    return out


def _targets(measures: Sequence[ReadMeasure]) -> list[Question]:
    domestic = frozenset({"price_floor", "stockpile_purchase", "subsidy", "government_spending", "legal_ruling"})
    return [
        Question(each.id, "target", "the text does not say whom it is aimed at", (), False, (each.evidence[0].trigger,))
        for each in measures
        if not each.target and each.instrument not in domestic
    ]


def _undated(times: Sequence[Timex]) -> list[Question]:
    """Relative dates without a day of publication stay open."""
    spans = tuple(Span(t.start, t.end, t.text) for t in times if not t.value)
    if not spans:
        return []
    words = ", ".join(f'"{span.text}"' for span in spans[:3])
    why = f"the text has no date of publication, so {words} cannot be dated"
    return [Question("", "published", why, (), True, spans[:8])]
