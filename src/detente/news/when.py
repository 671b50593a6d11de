"""Dates of a measure: which expression near it says from when, until when, or when it was decided."""

from __future__ import annotations

import re
from datetime import date

from detente.news.document import Timex
from detente.news.measure import Cue, Dates
from detente.news.timex import NUMBER_WORDS, plus

_EFFECTIVE = re.compile(
    r"(?:\bfrom|\bstarting|\bstarting on|\bstarts?|\bstarts? on|\bbeginning|\bbeginning on|\beffective|"
    r"\beffective from|"
    r"\beffective on|\beffective as of|\bas of|\bas from|\bon or after|\bon and after|\bsince|\bin force since|"
    r"\bwith effect from|\bapplicable (?:from|as of)|(?:took|take|takes|taking|come|came|comes|coming|go|goes|"
    r"went|enter|"
    r"entered|enters|entering|put) (?:into |in )?(?:effect|force)(?: again)?(?: from| on| at| in)?|\bbite[s]?(?: at)?|"
    r"\bkick(?:s|ed)? in(?: on| from)?|\bcommencing(?: on)?|\bdue(?: on)?|\bapplies from|\bapply from|\bdates? from|"
    r"\b12:01 a\.m\.(?: eastern (?:daylight|standard) time)? on|\bas soon as|\bby|\bfollowed on|\bbegan(?: on)?|"
    r"\bbegins(?: on)?|\bwas to apply on and after|\bstart(?:ed)?(?: on| from)?|\beffect on|\bfrom midnight(?: "
    r"on)?) (?:early |late |the |about )?$",
    re.IGNORECASE,
)
_EXPIRY = re.compile(
    r"(?:\buntil|\bthrough|\btill|\bexpir(?:e|es|ed|ing)(?: on| at| in)?|\bruns? out(?: on| at| in)?|\bran out(?: on)?|"
    r"\brunning out(?: on)?|\bends?(?: on| in)?|\bended(?: on)?|\blapses?(?: on| at| in)?|\blapsed(?: on)?|\bup "
    r"to|\buntil at least|"
    r"\bvalid until|\bshuts? on|\bterminates?(?: on)?|\bgood until|\bdue to (?:expire|end|lapse)(?: on)?|\buntil the|"
    r"\bset to (?:run out|expire|end|lapse)(?: on)?|\b(?:run|running) out on|\band through) (?:the |midnight on |"
    r"at least )?$",
    re.IGNORECASE,
)
_DURATION = re.compile(
    r"\b(?:for (?:a (?:period|further|total) (?:period )?of )?(?:the next |another |a further |an additional |at "
    r"least )?|"
    r"lasting |lasts? (?:for )?|in place for |valid for |over )"
    r"(?P<n>\d{1,4}|a|an|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|thirty|sixty|ninety)"
    r"[ -](?P<u>days?|weeks?|months?|years?)\b|\b(?P<n2>\d{1,4}|one|two|three|four|five|six|ninety)-(?P<u2>day|"
    r"week|month|year) "
    r"(?:pause|suspension|truce|freeze|reprieve|delay|extension|period|moratorium|exemption|window|tariff|ban)",
    re.IGNORECASE,
)
_DECIDED = re.compile(
    r"\b(?:announced|announce|unveiled|signed|said|told|wrote|declared|threatened|ordered|decided|proposed|posted|"
    r"published|issued|ruled|warned|vowed|approved|notified|pledged|agreed|determined|dated|notification|reached)\b"
)
_OPENING = re.compile(
    r",? (?:[\w'.-]+ ){1,8}?(?:announced|said|unveiled|signed|threatened|ordered|decided|proposed|declared|wrote|"
    r"warned|"
    r"vowed|told|published|approved|put forward|agreed)\b"
)
_IMMEDIATE = re.compile(
    r"\b(?:with immediate effect|effective immediately|immediately effective|from today|as of today)\b"
)


def dates(
    norm: str, span: tuple[int, int], zone: tuple[int, int], found: list[Timex], published: date | None, done: bool
) -> tuple[Dates, list[Cue]]:
    """Return the dates of a measure in its sentence.

    Args:
        span: the sentence. zone: the part of it that belongs to this measure.
        found: date expressions of the sentence. done: whether the act lies in the past (a bare "in March" is its day).
    """
    effective = expiry = announced = None
    cues: list[Cue] = []
    for timex in found:
        if not timex.value:
            continue
        before = norm[max(span[0], timex.start - 60) : timex.start]
        inside = zone[0] <= timex.start < zone[1]
        last = [t for t in found if t.end <= timex.start and t.value]
        ranged = bool(last) and norm[last[-1].end : timex.start].strip() in ("to", "until", "and", "-", "\u2013")
        ranged = ranged and norm[max(0, last[-1].start - 9) : last[-1].start].lower().rstrip().endswith(
            ("from", "between")
        )
        if ranged and inside:
            expiry = expiry or timex.value
            effective = effective or last[-1].value
            cues.append(Cue("expiry", "date.range", timex.text, timex.start, timex.value))
            continue
        if _EXPIRY.search(before) and inside:
            expiry = expiry or timex.value
            cues.append(Cue("expiry", "date.expiry-cue", timex.text, timex.start, timex.value))
        elif _EFFECTIVE.search(before) and inside and not _deadline_of_other(before):
            effective = effective or timex.value
            cues.append(Cue("effective", "date.effective-cue", timex.text, timex.start, timex.value))
        elif inside and effective is None and _direct(norm, span, timex, done):
            effective = timex.value
            cues.append(Cue("effective", "date.direct", timex.text, timex.start, timex.value))
        elif announced is None and _OPENING.match(norm[timex.end : span[1]]) and timex.start - span[0] < 25:
            announced = timex.value
            cues.append(Cue("announced", "date.opening", timex.text, timex.start, timex.value))
        elif announced is None and _DECIDED.search(before[-40:]) and len(timex.value) >= 7:
            announced = timex.value
            cues.append(Cue("announced", "date.decided", timex.text, timex.start, timex.value))
    if effective is None and published and (match := _IMMEDIATE.search(norm, zone[0], zone[1])):
        effective = str(published)
        cues.append(Cue("effective", "date.immediate", match.group(), match.start(), effective))
    if expiry is None and effective and (match := _DURATION.search(norm, zone[0], zone[1])):
        expiry = _after(effective, match)
        if expiry:
            cues.append(Cue("expiry", "date.duration", match.group(), match.start(), expiry))
    return Dates(announced=announced, effective=effective, expiry=expiry), cues


def _deadline_of_other(before: str) -> bool:
    return bool(re.search(r"\b(?:meet|meeting|talks|summit|comments|imported|bought|away) (?:by|from|since) $", before))


def _direct(norm: str, span: tuple[int, int], timex: Timex, done: bool) -> bool:
    """ "to 15 percent on August 1", "imposed in March", "will be raised on July 1": a day right at the measure."""
    before = norm[max(span[0], timex.start - 30) : timex.start]
    if re.search(
        r"(?:percent|per cent|%|tariffs?|duty|duties|levies|surcharge|points|levy) (?:on|in|at|next|as of) (?:the )?$",
        before,
    ):
        return True
    return bool(done and re.search(r"\b(?:imposed|collected|raised|introduced|lifted|lowered|cut|levied|put|"
        r"slapped|stopped|"
                                   r"banned|halted|doubled|suspended|goods|removed|dropped|scrapped|restricted) "
                                   r"(?:\w+ ){0,2}?(?:on|in|last|this|earlier this|only) ?$", before))  # fmt: skip


def _after(effective: str, match: re.Match[str]) -> str | None:
    word, unit = (match["n"] or match["n2"]).lower(), match["u"] or match["u2"]
    count = int(word) if word.isdigit() else NUMBER_WORDS.get(word, 0)
    return plus(effective, count, unit) if count else None


def in_future(value: str | None, published: date | None) -> bool:
    """Return whether a possibly partial date lies after publication."""
    if not value or published is None:
        return False
    day = str(published)
    return value[:10] > day if len(value) == 10 else value[: len(value)] > day[: len(value)] and "-W" not in value


def long_ago(value: str | None, published: date | None) -> bool:
    """Return whether a date lies more than about fourteen months before publication."""
    if not value or published is None or not value[:4].isdigit():
        return False
    month = int(value[5:7]) if len(value) >= 7 and value[5:7].isdigit() else 6
    return (published.year - int(value[:4])) * 12 + published.month - month > 14


def in_past(value: str | None, published: date | None) -> bool:
    """Return whether a possibly partial date is publication day or before."""
    return bool(value and published and not in_future(value, published))
