"""Date expressions and their values: explicit ones as they stand, relative ones by publication date and tense.

Without a publication date a relative expression keeps an empty value.
"""

from __future__ import annotations

import re
from datetime import date, timedelta

from detente.news.document import Timex

_MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
           "november", "december")  # fmt: skip
_MONTH = (
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December|"
    r"Jan\.?|Feb\.?|Mar\.|Apr\.?|Jun\.?|Jul\.?|Aug\.?|Sept?\.?|Oct\.?|Nov\.?|Dec\.?)(?![a-z])"
)
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAY = r"(?:Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)"
_UNIT = r"(?:days?|weeks?|months?|years?)"
_NUMBER = (
    r"(?:\d{1,4}|a|an|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|thirty|sixty|ninety|"
    r"half a)"
)
NUMBER_WORDS = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
                "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "fifteen": 15, "thirty": 30,
                "sixty": 60, "ninety": 90}  # fmt: skip
_SEASONS = {"spring": "SP", "summer": "SU", "autumn": "FA", "fall": "FA", "winter": "WI"}
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4}

_PATTERNS: tuple[tuple[str, str], ...] = (
    ("iso", r"\b(?P<iso>(?:19|20)\d\d-\d\d-\d\d)\b"),
    ("mdy", rf"\b(?P<m1>{_MONTH}) ?(?P<d1>\d{{1,2}})(?:st|nd|rd|th)?,? (?P<y1>(?:19|20)\d\d)\b"),
    ("dmy", rf"\b(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?(?: day)?(?: of)? (?P<m2>{_MONTH}),? (?P<y2>(?:19|20)\d\d)\b"),
    ("my", rf"\b(?P<m3>{_MONTH}),? (?:of )?(?P<y3>(?:19|20)\d\d)\b"),
    ("own", rf"\b(?:(?P<oq>[Ee]nd of|[Ii]n|[Ee]arly|[Ll]ate|[Mm]id) )?(?:(?P<od>\d{{1,2}})(?:st|nd|rd|th)?(?: "
        rf"of)? )?(?P<om>{_MONTH})"
            rf"(?: (?P<od2>\d{{1,2}})(?:st|nd|rd|th)?,?)? (?:of )?(?P<oy>this year|last year|next year|that year|"
            rf"the same year)\b"),
    ("md", rf"\b(?P<m4>{_MONTH}) ?(?P<d4>\d{{1,2}})(?:st|nd|rd|th)?\b(?![%.,]?\d| ?(?:percent|per cent))"),
    ("dm", rf"\b(?P<d5>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<m5>{_MONTH})\b"),
    ("quarter", r"\b(?P<q>first|second|third|fourth) quarter(?: of (?P<qy>(?:19|20)\d\d))?\b"),
    ("yearend", r"\b(?:the )?(?P<edge>end|beginning|start) of (?P<ey>(?:19|20)\d\d|the year|this year|next year|"
                r"the month|this month|next month|last year|" + _MONTH + r"(?: (?:19|20)\d\d)?)"),
    ("yearend2", r"\b(?:year-?end|end-(?P<ey2>20\d\d))\b"),
    ("day", r"\b(?P<rel>[Tt]oday|[Yy]esterday|[Tt]omorrow|[Tt]onight|[Tt]he day before yesterday|[Tt]he day after "
        r"tomorrow|"
            r"[Tt]his (?:morning|afternoon|evening)|[Ll]ast night|[Mm]idnight)\b"),
    ("weekday", rf"\b(?:(?P<wq>[Ll]ast|[Nn]ext|[Tt]his|[Oo]n|[Tt]he following|coming) )?(?P<wd>{_DAY})\b(?: "
        rf"(?:morning|evening|night|afternoon))?"),
    ("period", r"\b(?P<pq>[Ee]arlier this|[Ll]ater this|[Ll]ast|[Nn]ext|[Tt]his|[Tt]he following|[Tt]he previous|"
        r"[Ee]arlier in the|"
               r"[Ww]ithin the|[Tt]he same|[Tt]he past|[Tt]he coming|since) (?P<pu>weekend|week|month|year|"
               r"quarter|spring|summer|autumn|fall|winter)\b"),
    ("nextm", rf"\b(?P<nm>[Ll]ast|[Nn]ext|[Tt]his|[Ee]arly|[Ll]ate|[Mm]id|[Ee]arlier in|[Ii]n early|[Ii]n late|"
        rf"[Ii]n mid|[Ss]ince|[Ii]n|[Ff]rom|below|above|until|by|"
              rf"through|till|during|of|on|for|starting|end of|beginning|effective|before|after|since early|"
              rf"since late)[ -](?P<nmm>{_MONTH})\b(?!\.? ?\d)"),
    ("ago", rf"\b(?P<an>{_NUMBER}|a few|several) (?P<au>{_UNIT}) (?P<ad>ago|earlier|later|from now)\b"),
    ("in", rf"\b(?:[Ii]n|[Ww]ithin|[Aa]fter) (?P<bn>{_NUMBER}) (?P<bu>{_UNIT})(?:' time)?\b(?! ago)"),
    ("nth", r"\b(?:on|since|until|by|from|before) the (?P<nd>\d{1,2}(?:st|nd|rd|th)|first of the month)\b(?! "
        r"(?:of|century|time|round|term))"),
    ("fiscal", r"\b(?:[Ii]n|[Ss]ince|by|from|until|through|of|[Dd]uring|for|year) (?P<yy>(?:1[5-9]|20)\d\d)\b"),
)  # fmt: skip
_ANY = re.compile("|".join(f"(?P<k_{name}>{pattern})" for name, pattern in _PATTERNS))
_HINT = re.compile(
    r"\d\d|\d(?:st|nd|rd|th)\b|day\b|night\b|month|year|week|quarter|summer|winter|spring|autumn|morrow|ago\b|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|"
    r"Nov|Dec|later|January|[Ee]nd of|start of|beginning of|within |after |in "
)
_FUTURE = re.compile(
    r"\b(?:(?:is|are|was|were|set|due|going|plans?|expected|ready|about|vowed|promised|agreed|plans?|wants?|"
    r"threat\w*) to|"
    r"will|would|shall|may|could|might|next|due|set|plans?|unless|planned|expires?|ends?|takes?|coming|expected|scheduled|"
    r"upcoming|falls?|deadline|bites?|kicks?|begins?|starts?|lapses?|shuts?|runs?)\b",
    re.IGNORECASE,
)
_PAST = re.compile(
    r"\b(?:was|were|had|did|took|came|went|said|told|imposed|announced|since|last|ago|held|met|made|began|convened|"
    r"signed|ruled|raised|cut|put|wrote|added|confirmed|has|have|been|rose|fell|hit|struck|ran|got|\w+ed)\b",
    re.IGNORECASE,
)


def timexes(norm: str, start: int, end: int, published: date | None, earlier: str = "") -> list[Timex]:
    """Return the date expressions of one sentence, in order.

    Args:
        norm: normalised text. start, end: the sentence. published: publication day, if known.
        earlier: value of the last expression before, for "that year".
    """
    found: list[Timex] = []
    if not _HINT.search(norm, start, end):
        return found
    for match in _ANY.finditer(norm, start, end):
        kind = next(name for name, _ in _PATTERNS if match.group("k_" + name) is not None)
        left, right = match.start(), match.end()
        if kind == "nth":
            left = match.start("nd")
        if kind == "nextm":
            left = match.start("nmm") if match["nm"].lower() not in ("last", "next", "this") else left
        if kind == "fiscal":
            left = match.start("yy")
        if kind == "weekday":
            left = match.start("wd") if (match["wq"] or "on").lower() == "on" else left
        if kind == "in" and re.match(r" ago\b", norm[right : right + 5]):
            continue
        last = found[-1].value if found else earlier
        value = _value(kind, match, norm, (start, end), published, last)
        if value is not None:
            found.append(Timex(left, right, norm[left:right], value, f"date.{kind}"))
    return found


def _value(
    kind: str, m: re.Match[str], norm: str, sentence: tuple[int, int], pub: date | None, last: str = ""
) -> str | None:
    if kind == "iso":
        return m["iso"]
    if kind == "mdy":
        return _day(int(m["y1"]), _month(m["m1"]), int(m["d1"]))
    if kind == "dmy":
        return _day(int(m["y2"]), _month(m["m2"]), int(m["d2"]))
    if kind == "my":
        return f"{m['y3']}-{_month(m['m3']):02d}"
    if kind == "fiscal":
        return m["yy"]
    if pub is None:
        return ""
    if kind == "own":
        return _own_year(m, pub, last)
    direction = _direction(norm, m, sentence)
    if kind in ("md", "dm"):
        month, day = (m["m4"], m["d4"]) if kind == "md" else (m["m5"], m["d5"])
        return _nearest(pub, _month(month), int(day), direction)
    return _relative(kind, m, pub, direction)


def _relative(kind: str, m: re.Match[str], pub: date, direction: int) -> str | None:
    if kind == "quarter":
        return f"{m['qy'] or pub.year}-Q{_ORDINALS[m['q']]}"
    if kind == "yearend":
        return _edge(m["edge"], m["ey"], pub)
    if kind == "yearend2":
        return f"{m['ey2'] or pub.year}-12-31"
    if kind == "nth":
        return _nth(m["nd"], pub, direction)
    if kind == "day":
        shift = {
            "this morning": 0,
            "this afternoon": 0,
            "this evening": 0,
            "last night": -1,
            "midnight": 0,
            "today": 0,
            "tonight": 0,
            "yesterday": -1,
            "tomorrow": 1,
            "the day before yesterday": -2,
        }
        return str(pub + timedelta(days=shift.get(m["rel"].lower(), 2)))
    if kind == "weekday":
        return _weekday(m["wd"], m["wq"], pub, direction)
    if kind == "period":
        return _period(m["pq"], m["pu"], pub)
    if kind == "nextm":
        return _bare_month(m["nm"], m["nmm"], pub, direction)
    if kind == "ago":
        return _ago(m, pub)
    return _shift(pub, _count(m["bn"]), m["bu"])


def _nth(word: str, pub: date, direction: int) -> str | None:
    """ "since the 3rd": the day of this month, or of the one before or after."""
    day = 1 if word.startswith("first") else int(word[:-2])
    shift = -1 if direction < 0 and day > pub.day else 1 if direction > 0 and day < pub.day else 0
    month = _plus_months(pub, shift)
    return _day(int(month[:4]), int(month[5:7]), day)


def _own_year(m: re.Match[str], pub: date, last: str) -> str | None:
    """ "5 August of last year", "April of this year", "23 May that year"."""
    shift = {"this year": 0, "last year": -1, "next year": 1}.get(m["oy"])
    year = pub.year + shift if shift is not None else int(last[:4]) if last[:4].isdigit() else pub.year
    day = m["od"] or m["od2"]
    month = _month(m["om"])
    return _day(year, month, int(day)) if day else f"{year}-{month:02d}"


def _direction(norm: str, m: re.Match[str], sentence: tuple[int, int]) -> int:
    """1 if the clause around an expression speaks of the future, -1 of the past, 0 if it does not show.

    The words before the expression decide, the nearest first; then those after it.
    """
    before = norm[max(sentence[0], m.start() - 90) : m.start()]
    after = norm[m.end() : min(sentence[1], m.end() + 40)]
    if re.match(r" (?:have|has|had|was|were)\b", after):
        return 0
    if re.match(r"(?:until|by|through) ", m.group(), re.IGNORECASE):
        return 1
    if re.search(r"\b(?:from|starting|effective|until|by|through|unless|beginning|due|before) $", before):
        past_verb = re.search(
            r"\b(?:effective|in force|in place|applied|lasted|ran|held|stood|was|were|had been) (?:from|until) $",
            before,
        )
        return -1 if past_verb and re.search(r"\b(?:was|were|had|ran|lasted|applied|held|stood)\b", before) else 1
    for piece in (re.split(r"[,;:]", before)[-1], before):
        future = [x.start() for x in _FUTURE.finditer(piece)]
        past = [x.start() for x in _PAST.finditer(piece)]
        if future or past:
            return 1 if (future or [-1])[-1] >= (past or [-1])[-1] else -1
    if _FUTURE.match(after.strip(" ,")):
        return 1
    return -1 if _PAST.search(after) else (1 if _FUTURE.search(after) else 0)


def _month(word: str) -> int:
    return next(i for i, name in enumerate(_MONTHS, start=1) if name.startswith(word.lower().rstrip(".")[:3]))


def _day(year: int, month: int, day: int) -> str | None:
    try:
        return str(date(year, month, day))
    except ValueError:
        return None


def _nearest(pub: date, month: int, day: int, direction: int) -> str | None:
    """Month and day without a year: the occurrence within about half a year that the tense allows."""
    options = [value for year in (pub.year - 1, pub.year, pub.year + 1) if (value := _day(year, month, day))]
    days = [(date.fromisoformat(value) - pub).days for value in options]
    if not options:
        return None
    if direction > 0:
        ahead = [(gap, value) for gap, value in zip(days, options, strict=True) if gap >= -20]
        return min(ahead)[1] if ahead else options[-1]
    if direction < 0:
        behind = [(-gap, value) for gap, value in zip(days, options, strict=True) if gap <= 0]
        nearest = min(behind)[1] if behind else options[0]
        soon = [value for gap, value in zip(days, options, strict=True) if 0 < gap <= 120]
        far = behind and min(behind)[0] > 200
        return soon[0] if soon and far else nearest
    return min(zip((abs(gap) for gap in days), options, strict=True))[1]


def _weekday(word: str, qualifier: str | None, pub: date, direction: int) -> str:
    gap = (_DAYS.index(word.lower()) - pub.weekday()) % 7
    qualifier = qualifier.lower() if qualifier else None
    if qualifier in ("next", "coming", "the following") or (direction > 0 and qualifier != "last"):
        return str(pub + timedelta(days=gap or (7 if qualifier == "next" else 0)))
    if qualifier == "last":
        return str(pub - timedelta(days=(7 - gap) % 7 or 7))
    if qualifier == "this":
        return str(pub + timedelta(days=gap))
    return str(pub - timedelta(days=(7 - gap) % 7))


def _week(day: date) -> str:
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"


def _period(qualifier: str, unit: str, pub: date) -> str | None:
    qualifier = qualifier.lower()
    step = {"last": -1, "the previous": -1, "next": 1, "the following": 1, "the coming": 1}.get(qualifier, 0)
    if unit == "week":
        return _week(pub + timedelta(days=7 * step))
    if unit == "month":
        return _plus_months(pub, step)[:7]
    if unit == "year":
        return str(pub.year + step)
    if unit == "quarter":
        index = pub.year * 4 + (pub.month - 1) // 3 + step
        return f"{index // 4}-Q{index % 4 + 1}"
    if unit == "weekend":
        return _week(pub + timedelta(days=7 * step))
    return f"{pub.year + step}-{_SEASONS[unit]}"


def _bare_month(qualifier: str, word: str, pub: date, direction: int) -> str:
    month = _month(word)
    qualifier = qualifier.lower()
    if qualifier == "last" or "since" in qualifier or qualifier in ("below", "above"):
        direction = -1
    if qualifier == "next":
        direction = 1
    gap = month - pub.month
    year = pub.year
    if direction > 0 and gap < 0:
        year += 1
    elif direction < 0 and gap > 0:
        year -= 1
    elif direction == 0:
        year += 1 if gap < -6 else -1 if gap > 6 else 0
    return f"{year}-{month:02d}"


def _edge(edge: str, what: str, pub: date) -> str | None:
    if re.fullmatch(r"(?:19|20)\d\d", what):
        return f"{what}-12-31" if edge == "end" else f"{what}-01"
    year, month = pub.year, pub.month
    if "year" in what:
        year += what.startswith("next") - what.startswith("last")
        return f"{year}-12-31" if edge == "end" else f"{year}-01"
    if "month" in what:
        return _plus_months(pub, int(what.startswith("next")))[:7]
    month = _month(what)
    year = int(what[-4:]) if what[-4:].isdigit() else year + (month < pub.month - 6)
    if edge == "end":
        return _plus_months(date(year, month, 28), 0)[:8] + f"{_last_day(year, month):02d}"
    return f"{year}-{month:02d}"


def _last_day(year: int, month: int) -> int:
    following = date(year + (month == 12), month % 12 + 1, 1)
    return (following - timedelta(days=1)).day


def _count(word: str) -> int:
    return int(word) if word.isdigit() else NUMBER_WORDS.get(word.lower(), 1)


def _ago(m: re.Match[str], pub: date) -> str | None:
    if m["an"] in ("a few", "several") or m["ad"] in ("earlier", "later"):
        return None
    count = _count(m["an"]) * (1 if m["ad"] == "from now" else -1)
    unit = m["au"].rstrip("s")
    if unit == "day":
        return str(pub + timedelta(days=count))
    if unit == "week":
        return _week(pub + timedelta(days=7 * count))
    return _plus_months(pub, count)[:7] if unit == "month" else str(pub.year + count)


def _shift(pub: date, count: int, unit: str) -> str:
    unit = unit.rstrip("s")
    if unit in ("day", "week"):
        return str(pub + timedelta(days=count * (7 if unit == "week" else 1)))
    return _plus_months(pub, count * (12 if unit == "year" else 1))[:7]


def _plus_months(day: date, months: int) -> str:
    index = day.year * 12 + day.month - 1 + months
    last = (date(index // 12 + (index % 12 == 11), (index % 12 + 1) % 12 + 1, 1) - timedelta(days=1)).day
    return str(date(index // 12, index % 12 + 1, min(day.day, last)))


def plus(value: str, count: int, unit: str) -> str | None:
    """Return a full date moved by a duration; None if the date is partial."""
    if len(value) != 10:
        return None
    day = date.fromisoformat(value)
    unit = unit.rstrip("s")
    if unit in ("day", "week"):
        return str(day + timedelta(days=count * (7 if unit == "week" else 1)))
    return _plus_months(day, count * (12 if unit == "year" else 1))
