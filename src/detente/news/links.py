"""How the measures of one text hang together: exchanged, removed, extended, answered, contradicted."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from detente.news.measure import Condition, Link, ReadMeasure

_ANSWER = re.compile(
    r"\b(?:in response to|in retaliation for|retaliat\w+|in answer to|matching|hit back|struck back|responded|"
    r"tit[- ]for[- ]tat|over its|riposte|counter-?measures?|counter-?tariffs?)\b",
    re.IGNORECASE,
)
_OPEN = frozenset({"offered", "proposed", "announced"})


def linked_in_text(measures: Sequence[ReadMeasure]) -> tuple[ReadMeasure, ...]:
    """Return the measures with the links that the text itself gives.

    Args:
        measures: of one document, in order.
    """
    found: dict[str, list[Link]] = {each.id: list(each.links) for each in measures}
    for rule in (_exchanged, _removing, _extending, _answering, _contradicting, _conditional):
        for source, link in rule(measures):
            if link not in found[source] and link.to != source:
                found[source].append(link)
    return tuple(_conditioned(replace(each, links=tuple(found[each.id])), found) for each in measures)


def _same_sentence(a: ReadMeasure, b: ReadMeasure) -> bool:
    return bool({e.start for e in a.evidence} & {e.start for e in b.evidence})


def _conditioned(measure: ReadMeasure, found: dict[str, list[Link]]) -> ReadMeasure:
    """Name the demanded measures in the condition of the offer they belong to."""
    asked = tuple(name for name, links in found.items() if Link("condition_of", measure.id) in links)
    if not asked:
        on = tuple(link.to for link in measure.links if link.type == "conditional_on")
        if measure.conditionality is None or not on:
            return measure
        return replace(measure, conditionality=replace(measure.conditionality, antecedent_measure=on[0]))
    old = measure.conditionality or Condition("in_exchange_for", "", "")
    return replace(measure, conditionality=replace(old, type="in_exchange_for", antecedent_measures=asked))


def _exchanged(measures: Sequence[ReadMeasure]) -> list[tuple[str, Link]]:
    """What is demanded in the sentence of an offer is its condition."""
    return [
        (asked.id, Link("condition_of", offer.id))
        for offer in measures
        for asked in measures
        if offer.status in _OPEN
        and asked.status == "demanded"
        and asked.imposer != offer.imposer
        and _same_sentence(offer, asked)
    ]


def _kin(a: ReadMeasure, b: ReadMeasure) -> bool:
    target = set(a.target) & set(b.target) or "*" in (*a.target, *b.target)
    return a.id != b.id and a.instrument == b.instrument and a.imposer == b.imposer and bool(target)


def _removing(measures: Sequence[ReadMeasure]) -> list[tuple[str, Link]]:
    return [
        (end.id, Link("removes", begun.id))
        for end in measures
        for begun in measures
        if end.action in ("remove", "cancel")
        and begun.action in ("impose", "raise", "maintain", "resume")
        and _kin(end, begun)
        and (end.rate is None or begun.rate is None or end.rate.value == begun.rate.value)
    ]


def _extending(measures: Sequence[ReadMeasure]) -> list[tuple[str, Link]]:
    paused = [m for m in measures if m.instrument == "tariff_truce" or m.status == "suspended"]
    return [
        (longer.id, Link("extends", truce.id))
        for longer in measures
        for truce in paused
        if longer.action == "extend" and truce.action != "extend" and {longer.imposer, *longer.target} & {truce.imposer}
    ]


def _answering(measures: Sequence[ReadMeasure]) -> list[tuple[str, Link]]:
    """Two measures in opposite directions in one sentence that says the one answers the other."""
    out = []
    for answer in measures:
        for evidence in answer.evidence[:1]:
            sign = _ANSWER.search(evidence.sentence)
            if not sign or answer.status == "demanded":
                continue
            near = [m for m in measures if m.imposer in answer.target and _same_sentence(m, answer)]
            out += [(answer.id, Link("retaliates", m.id)) for m in near if answer.imposer not in (m.imposer,)]
    return out


def contradiction(claim: ReadMeasure, threat: ReadMeasure) -> bool:
    """Return whether a total said to hold today may already contain points that are only threatened."""
    if claim.rate is None or threat.rate is None or claim.id == threat.id:
        return False
    return (
        claim.instrument == threat.instrument == "import_tariff"
        and claim.imposer == threat.imposer
        and bool(set(claim.target) & set(threat.target))
        and claim.status == "in_force"
        and claim.rate.basis == "total"
        and threat.status in ("threatened", "proposed")
        and threat.rate.basis == "additional"
        and claim.rate.value > threat.rate.value
        and claim.attribution is not None
        and claim.attribution.mode in ("direct_quote", "quote_fragment", "nested_quote", "indirect_speech")
    )


def _contradicting(measures: Sequence[ReadMeasure]) -> list[tuple[str, Link]]:
    return [
        (claim.id, Link("inconsistent_with", threat.id))
        for claim in measures
        for threat in measures
        if contradiction(claim, threat)
    ]


_HEADS = {
    "port_fee": ("fee", "fees", "docking"), "export_licensing": ("export controls", "restrictions", "licen"),
    "import_tariff": ("tariff", "duties", "duty", "levies"), "tariff_truce": ("truce", "pause"),
}  # fmt: skip


def _conditional(measures: Sequence[ReadMeasure]) -> list[tuple[str, Link]]:
    """A condition that names another measure of the text."""
    out = []
    for measure in measures:
        if measure.conditionality is None or measure.conditionality.type not in ("if", "if_not", "unless"):
            continue
        words = measure.conditionality.antecedent.lower()
        for other in measures:
            heads = _HEADS.get(other.instrument, ())
            if other.id != measure.id and other.imposer != measure.imposer and any(head in words for head in heads):
                out.append((measure.id, Link("conditional_on", other.id)))
    return out
