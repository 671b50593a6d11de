"""A draft as YAML: the sections of a scenario, and as comments where each measure was read and what is still open."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import detente
from detente.news.document import Document, Question
from detente.news.kinds import proof_of
from detente.news.measure import Cue, ReadMeasure
from detente.scenario.resolve import dump

Origin = tuple[ReadMeasure, tuple[str, ...], tuple[str, ...]]
"""A measure as read, its ids in the scenario, and the fields that the user answered."""


def written(data: Mapping[str, Any], document: Document, origins: Sequence[Origin], left: Sequence[Question]) -> str:
    """Return the scenario as text that loads again.

    Args:
        data: plain, sections in order. document: what was read. origins: where each measure comes from.
        left: questions that are open; they stand at the end.
    """
    read = {name: (measure, answered) for measure, names, answered in origins for name in names}
    lines = _head(document, origins)
    for key, value in data.items():
        if key == "measures":
            lines += ["", "measures:"]
            for each in value:
                lines += [*_remarks(*read[each["id"]]), *dump({key: [_plain(each)]}).splitlines()[1:], ""]
        elif key == "tree":
            lines += ["", *_conditions(document, origins), *dump({key: _plain(value)}).splitlines()]
        else:
            lines += dump({key: _plain(value)}).splitlines()
    if left:
        lines += ["", "# still open:"]
        lines += [_comment(f"{each.measure or 'the text'}.{each.field}: {each.why}") for each in left]
    return "\n".join([*lines, ""])


def _head(document: Document, origins: Sequence[Origin]) -> list[str]:
    names = ", ".join(measure.id for measure, _, _ in origins)
    return [
        _comment(f"Draft by detente {detente.__version__} from {document.id!r}, sha256 of the text {document.sha256}."),
        _comment(f"Accepted: {names}. A quote's span counts characters of that text; levels of the user are assumed."),
        "# Add `probability:` to the leaves if you have odds: the text gives none.",
    ]


def _remarks(measure: ReadMeasure, answered: Sequence[str]) -> list[str]:
    """Return what a person must see above a measure: its words, how it was read, who said what."""
    cues = "; ".join(f"{cue.name}: {cue.words!r} ({cue.rule})" for cue in _cues(measure))
    lines = [f"{measure.id} {measure.instrument} {measure.action}, {measure.status}: {proof_of(measure).trigger.text}"]
    lines += [f"cues: {cues}"] if cues else []
    who = measure.attribution
    if who is not None and (who.speaker or who.reported_by or who.outlet):
        told = ", ".join(part for part in (who.speaker, who.reported_by, who.outlet) if part)
        lines.append(f"said by: {told} ({who.mode})")
    more = [f"{each.start}-{each.end}" for each in measure.evidence if each != proof_of(measure)]
    lines += [f"also at characters {', '.join(more)}"] if more else []
    lines += [f"answered by the user: {', '.join(answered)}"] if answered else []
    return [f"  {_comment(line)}" for line in lines]


def _cues(measure: ReadMeasure) -> list[Cue]:
    """Return one cue for each field: that of the sentence shown, else the first."""
    proof = proof_of(measure)
    inside = [cue for cue in measure.cues if proof.start <= cue.start < proof.end]
    found: dict[str, Cue] = {}
    for cue in (*inside, *measure.cues):
        if cue.words:
            found.setdefault(cue.name, cue)
    return list(found.values())


def _conditions(document: Document, origins: Sequence[Origin]) -> list[str]:
    """Return the conditions and dates of the text that open the leaves."""
    ids = {measure.id for measure, _, _ in origins}
    found = [each for each in document.branches if ids & set(each.measures)]
    lines = [f"{each.name}: {each.condition}" + (f" ({each.date})" if each.date else "") for each in found]
    return ["# leaves on the horizon; no odds, they are yours", *(_comment(line) for line in lines)]


def _comment(text: str) -> str:
    """Return one line that is a comment whatever is in the text."""
    plain = "".join(mark if mark.isprintable() else " " for mark in text)
    return f"# {' '.join(plain.split())[:600]}"


def _plain(value: Any) -> Any:
    """Return days as text, in mappings and lists too."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, dt.date) else value
