"""Rates and quantities: numbers with a unit, each with its words and place. A bare number is nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass

_UNITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
          "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen")  # fmt: skip
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
WORDS = {word: i for i, word in enumerate(_UNITS)} | {word: 10 * i for i, word in enumerate(_TENS, start=2)}
_WORD = "|".join(sorted(WORDS, key=len, reverse=True))
_SPELLED = rf"(?:(?:a|one|two) hundred(?: and (?:{_WORD})(?:[- ](?:{_WORD}))?)?|(?:{_WORD})(?:[- ](?:{_WORD}))?)"
_NUMBER = rf"(?:\d{{1,3}}(?:,\d{{3}})+(?:\.\d+)?|\d+(?:\.\d+)?|{_SPELLED})"
_PERCENT = r"(?:%|percent\b|per[ -]cent\b|pct\b|p\.c\.)"
_POINTS = r"(?:(?:%|percentage|percent|per[ -]cent|pct)?[ -]?points?\b|pp\b|ppts?\b)"
_RATE = re.compile(
    rf"(?<![\w.,/$€£-])(?P<n>{_NUMBER})(?:[ -]?(?P<pp>{_POINTS})|[ -]?(?P<pc>{_PERCENT})(?:[ -]?(?P<pp2>points?\b))?)"
    rf"|(?<![\w.,/$€£])(?P<n2>{_NUMBER}) (?:to|or|and|-) (?={_NUMBER}[ -]?{_PERCENT})"
    rf"|(?P<money>(?:US)?[$€£¥] ?|(?:USD|EUR|RMB|CNY|GBP|INR) ?)(?P<n3>{_NUMBER})(?: (?P<s3>million))? ?"
    rf"(?:(?:dollars|euros|yuan) )?"
    rf"(?:per|a|an|on each|on every|for each|each|/) ?(?P<per>net ton(?:ne)?|gross ton(?:ne)?|tonne|ton|metric "
    rf"ton|item|parcel|package|unit|vehicle|"
    rf"container|postal item|kilogram|kg|litre|liter|barrel|watt|head|bushel|pound|shipment|piece|TEU|"
    rf"(?:car equivalent|equivalent|transport|vehicle) unit|car|CEU|passenger|voyage|call|pair|dozen|hectolitre|"
    rf"port entry|port call|entry|"
    rf"square met(?:re|er)|cubic met(?:re|er)|short ton|long ton|bottle|tyre|tire|animal|bird|bag)\b"
    rf"|(?<![\w.,/$€£-])(?P<n4>{_NUMBER}) (?P<cur>yuan|dollars|euros|pounds|rupees|pesos|reais|roubles|rubles|"
    rf"francs|yen|won|baht|lira|rand|ringgit|dirhams|hryvnias?|tenge|cents) "
    rf"(?:per|a|an) (?P<per2>net ton(?:ne)?|gross ton(?:ne)?|tonne|ton|metric ton|item|parcel|package|unit|vehicle|"
    rf"container|kilogram|kg|litre|barrel|postal item|pound|bushel|piece|car|pair)\b"
    rf"|\b(?P<free>duty[- ]free|free of (?:customs )?dut(?:y|ies)|nil[- ](?:tariffs?|dut(?:y|ies))|"
    rf"zero[- ](?:tariffs?|dut(?:y|ies))(?: (?:rate|treatment|access))?|tariff[- ]free|"
    rf"(?<=\bto )zero|"
    rf"(?<=\bat )zero)\b",
    re.IGNORECASE,
)
_SCALE = {"thousand": 1e3, "k": 1e3, "million": 1e6, "m": 1e6, "mn": 1e6, "mln": 1e6, "bln": 1e9,
          "billion": 1e9, "bn": 1e9, "b": 1e9,
          "trillion": 1e12, "tn": 1e12, "crore": 1e7, "lakh": 1e5}  # fmt: skip
_SCALES = r"(?:thousand|million|billion|trillion|crore|lakh|bn|bln|mln|mn|tn|m|b|k)\b"
_MONEY = re.compile(
    rf"(?P<cur>US\$ ?|A\$ ?|C\$ ?|NZ\$|[$€£¥] ?|USD ?|EUR ?|RMB ?|CNY ?|GBP ?|Rs\.? ?|INR ?)(?P<n>{_NUMBER})(?:[ "
    rf"-]?(?P<s>{_SCALES}))?"
    rf"|(?<![\w.,])(?P<n2>{_NUMBER})(?:[ -]?(?P<s2>{_SCALES}))? (?P<cur2>dollars|euros|yuan|"
    rf"pounds|rupees|yen|won|reais|pesos|francs|lira|"
    rf"baht|ringgit|rand|roubles|rubles|kroner|kronor|zloty|dirhams|naira)\b",
    re.IGNORECASE,
)
_AMOUNT = re.compile(
    rf"(?<![\w.,$€£])(?P<n>{_NUMBER})(?: (?P<s>{_SCALES}))? ?(?:metric )?"
    rf"(?P<u>tonnes|tons|tonne|ton|t|mt|mmt|barrels|bushels|gallons|litres|liters|hectolitres|hl|units|vehicles|cars|"
    rf"aircraft|planes|jets|companies|firms|entities|companies|head|kg|kilograms|kilotonnes|cubic metres|bcm|"
    rf"(?:[a-z]+(?:-[a-z]+)? )?(?:vehicles|cars|trucks|aircraft)|"
    rf"Chinese electric vehicles|electric vehicles|visas|containers|pieces|metric tons)\b",
    re.IGNORECASE,
)
_PERIOD = re.compile(
    r"[^.;]{0,60}?\b(?:(?P<year>(?:a|per|each|every) (?:calendar )?year|annually|yearly|/year|per annum)|"
    r"(?:over|within|during|in|across|for) (?:the )?(?:next |coming |following )?(?P<n>two|three|four|five|six|seven|"
    r"eight|nine|ten|\d{1,2})[- ](?P<u>years?|months?))\b",
    re.IGNORECASE,
)
_CURRENCY = {"US$": "USD", "$": "USD", "USD": "USD", "€": "EUR", "EUR": "EUR", "£": "GBP", "GBP": "GBP", "¥": "CNY",
             "RMB": "CNY", "CNY": "CNY", "yuan": "CNY", "dollars": "USD", "euros": "EUR", "pounds": "GBP",
             "rupees": "INR", "INR": "INR", "Rs": "INR", "Rs.": "INR", "A$": "AUD", "C$": "CAD", "NZ$": "NZD",
             "yen": "JPY", "won": "KRW"}  # fmt: skip


@dataclass(frozen=True)
class RateWord:
    """A rate in the text.

    Args:
        unit: as in the schema. free: whether it says "duty-free" and no number.
    """

    start: int
    end: int
    value: float
    unit: str
    raw: str
    free: bool = False


@dataclass(frozen=True)
class Amount:
    """A quantity or a sum of money in the text."""

    start: int
    end: int
    value: float
    unit: str
    period: str
    raw: str
    money: bool


def number(words: str) -> float:
    """Return the value of a number in digits or words."""
    words = words.lower().replace(",", "")
    if words[0].isdigit():
        return float(words)
    total = 0.0
    for word in re.split(r"[- ]", words):
        if word == "hundred":
            total = max(total, 1) * 100
        elif word == "a":
            total = 1
        else:
            total += WORDS.get(word, 0)
    return total


def rates(norm: str, start: int, end: int) -> list[RateWord]:
    """Return the rates of a stretch, in order."""
    return [_rate(match, norm) for match in _RATE.finditer(norm, start, end)]


def _rate(m: re.Match[str], norm: str) -> RateWord:
    raw = m.group().strip()
    if m["free"]:
        return RateWord(m.start(), m.end(), 0.0, "percent_ad_valorem", raw, free=True)
    if m["n3"] or m["n4"]:
        per = (m["per"] or m["per2"]).lower()
        dollars = "$" in (m["money"] or "") or "USD" in (m["money"] or "") or m["cur"] == "dollars"
        unit = "specific_other" if not dollars else "usd_per_net_ton" if "net ton" in per else "usd_per_unit"
        scale = 1e6 if m["s3"] else 1.0
        return RateWord(m.start(), m.end(), number(m["n3"] or m["n4"]) * scale, unit, raw)
    points = m["pp"] or m["pp2"]
    unit = "percentage_points_ad_valorem" if points else "percent_ad_valorem"
    return RateWord(m.start(), m.end(), number(m["n"] or m["n2"]), unit, raw)


def amounts(norm: str, start: int, end: int) -> list[Amount]:
    """Return sums of money and physical quantities of a stretch, in order."""
    found = []
    for match in _MONEY.finditer(norm, start, end):
        cur = match["cur"] or match["cur2"]
        scale = _SCALE.get((match["s"] or match["s2"] or "").lower(), 1.0)
        unit = _CURRENCY.get(cur.strip(), _CURRENCY.get(cur.strip().lower(), "money"))
        value = number(match["n"] or match["n2"]) * scale
        found.append(
            Amount(match.start(), match.end(), value, unit, _period(norm, match.end(), end), match.group(), True)
        )
    for match in _AMOUNT.finditer(norm, start, end):
        scale = _SCALE.get((match["s"] or "").lower(), 1.0)
        unit = match["u"].lower()
        unit = "t" if unit in ("tonnes", "tons", "tonne", "ton", "t", "mt", "metric tons") else unit.split()[-1]
        unit = "firms" if unit in ("companies", "firms", "entities") else unit
        unit = "units" if unit in ("vehicles", "cars", "units", "pieces") else unit
        value = number(match["n"]) * scale
        found.append(
            Amount(match.start(), match.end(), value, unit, _period(norm, match.end(), end), match.group(), False)
        )
    return sorted(found, key=lambda item: item.start)


def _period(norm: str, at: int, end: int) -> str:
    match = _PERIOD.match(norm, at, min(end, at + 120))
    if not match:
        return ""
    if match["year"]:
        return "P1Y"
    count = WORDS.get(match["n"].lower()) or int(match["n"])
    return f"P{count}{'Y' if match['u'].lower().startswith('y') else 'M'}"
