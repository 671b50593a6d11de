"""Rates in lists: members after a first one, members after a colon."""

from __future__ import annotations

from dataclasses import replace

from detente.news.actors import Discourse, Lead, country_of
from detente.news.found import NOBODY, Found, spelled
from detente.news.frames import Frame
from detente.news.grammar import Tagged
from detente.news.levels import Level, read_level
from detente.news.measure import Cue, Dates, Product, Rate, Span
from detente.news.mention import Draft, Place, replace_draft
from detente.news.standings import Setting, Standing


def listed_members(place: Place, drafts: list[Draft], used: set[int]) -> list[Draft]:
    """Further members of a list after a rate: "Geely 18.8% and SAIC 35.3%", "Vietnam 46%"."""
    s = place.tagged
    rated = [d for d in drafts if d.rate is not None and d.rate.start >= 0]
    out: list[Draft] = []
    if not rated or not s.on("rate.list"):
        return out
    for i, j, rate in s.rates:
        earlier = [d for d in [*rated, *out] if d.rate and d.rate.start < rate.start]
        if i in used or not earlier or rate.unit != "percent_ad_valorem":
            continue
        model = max(earlier, key=lambda d: d.rate.start if d.rate else -1)
        last = max(b for _, b, r in s.rates if model.rate and r.start == model.rate.start)
        between = [s.low(k) for k in range(last, i)]
        verbs = any(last <= v.i < i for v in s.verbs)
        level = read_level(s, i, j, rate, i, i, j)
        named = any(last <= m.i < i for m in s.products) and any(last <= a.i < i for a in s.actors)
        joined = bool(between) and between[0] in (",", "and", "(", ";") and len(between) <= (14 if named else 8)
        twin = bool(between) and between[0] in ("on", "for") and between[-1] in ("and", ",") and s.low(j) == between[0]
        joined = joined or (twin and len(between) <= 12)
        if verbs or not joined or level.role != "value" or level.span or level.current:
            continue
        out.append(_member(place, model, level, last))
        used.add(i)
    return out


_BESIDE = (("instead", "of"), ("top", "of"), ("addition", "to"), ("as", "against"), ("surcharge", "against"))
_ORDINARY = frozenset(["the", "a", "an", "its", "their", "present", "current", "ordinary", "existing", "usual"])
_HOLDS = frozenset(["since", "present", "now", "today", "currently", "borne", "under", "paid", "paying", "collected"])


def rates_beside(place: Place, drafts: list[Draft], used: set[int]) -> list[Draft]:
    """ "instead of the 25 percent borne by others", "on top of the 10 percent they pay": a rate that already holds."""
    s = place.tagged
    rated = [d for d in drafts if d.rate is not None and d.instrument == "import_tariff"]
    taken = {d.rate.start for d in drafts if d.rate is not None}
    out: list[Draft] = []
    for i, j, rate in s.rates:
        k = i - 1
        while s.low(k) in _ORDINARY:
            k -= 1
        after = {s.low(b) for b in range(j, min(len(s.words), j + 9))}
        beside = (s.low(k - 1), s.low(k)) in _BESIDE or s.low(k) == "against"
        holds = bool(after & _HOLDS) or bool({s.low(b) for b in range(k + 1, i)} & (_ORDINARY - {"the", "a", "an"}))
        if not rated or rate.start in taken or rate.unit != "percent_ad_valorem" or not (beside and holds):
            continue
        words = place.text[rate.start : rate.end]
        fresh = replace_draft(rated[0], rate=Rate(rate.value, rate.unit, "total", words, rate.start), quantity=None)
        fresh.status, fresh.action, fresh.dates = "in_force", "maintain", Dates()
        fresh.target = ("*",) if after & {"other", "others"} else fresh.target
        fresh.evidence = replace(fresh.evidence, trigger=Span(rate.start, rate.end, words))
        fresh.cues.append(Cue("rate", "rate.beside", rate.raw, rate.start, f"{rate.value:g}"))
        used.add(i)
        out.append(fresh)
    return out


def opened_list(drafts: list[Draft]) -> Draft | None:
    """Return the mention whose rates the list after a colon gives: a tariff without a rate of its own."""
    return next((d for d in drafts if d.instrument == "import_tariff" and d.rate is None and d.imposer), None)


def rates_follow(place: Place, before: list[Draft]) -> Draft | None:
    """ "The rates shall be as follows:": the tariff told shortly before, whose rates come now."""
    words = {t.low for t in place.tagged.words}
    near = [d for d in before if d.instrument == "import_tariff" and place.number - d.sentence <= 4 and d.imposer]
    told = words & {
        "rate",
        "rates",
        "duty",
        "duties",
        "tariff",
        "tariffs",
        "surtax",
        "levels",
        "schedule",
        "scale",
        "steps",
    }
    return near[-1] if near and told and near[-1].rate is None else None


def list_items(place: Place, lead: Lead | None) -> list[Draft]:
    """Return the measure of a list item without a verb: "- Switzerland: 39 percent", "- steel: 25 percent"."""
    s = place.tagged
    rates = [(i, j, r) for i, j, r in s.rates if r.unit == "percent_ad_valorem" and not r.free]
    if (
        not isinstance(lead, Draft)
        or s.verbs
        or len(rates) != 1
        or len(s.words) > 16
        or place.number - lead.sentence > 60
    ):
        return []
    i, _, rate = rates[0]
    countries = tuple(dict.fromkeys(a.country for a in s.actors if a.kind in ("country", "place") and a.country))
    countries = countries or tuple(dict.fromkeys(m.entry.value for m in s.adjectives))
    goods = s.products
    named = s.words[0].text in ("-", "*", "\u2022") or any(s.low(k) == ":" for k in range(i))
    named = named and any(s.words[k].text.isalpha() for k in range(i))
    dated = any(len(t.value) >= 7 for t in place.times) and s.words[0].text in ("-", "*", "\u2022", "\u2013")
    if not (countries or goods or named or dated) or set(countries) & set(lead.imposer):
        return []
    start, end = place.sentence.start, place.sentence.end
    span = Span(rate.start, rate.end, place.text[rate.start : rate.end])
    fresh = replace_draft(lead, rate=Rate(rate.value, rate.unit, "total", span.text, rate.start), quantity=None)
    fresh.evidence = replace(lead.evidence, start=start, end=end, sentence=place.text[start:end], trigger=span,
                             sentence_id=f"s{place.number}")  # fmt: skip
    fresh.sentence = place.number
    fresh.target = countries or fresh.target
    day = next((t.value for t in place.times if len(t.value) >= 7), "")
    fresh.dates = replace(fresh.dates, effective=day or fresh.dates.effective)
    if goods:
        first, last = s.span(goods[0].i, goods[-1].j)
        fresh.product = Product(place.text[first:last], goods[0].entry.value)
    fresh.cues.append(Cue("rate", "rate.item", rate.raw, rate.start, f"{rate.value:g}"))
    return [fresh]


def _member(place: Place, model: Draft, level: Level, low: int) -> Draft:
    s = place.tagged
    countries = [
        a
        for a in s.actors
        if low <= a.i < level.i and a.kind in ("country", "place") and (not a.oblique or a.oblique in ("from", "of"))
    ]
    goods = [m for m in s.products if low <= m.i < level.i]
    start, end = s.words[low + 1].start, s.words[level.j - 1].end
    kind = model.rate.basis if model.rate else "total"
    rate = Rate(
        level.rate.value, level.rate.unit, kind, place.text[level.rate.start : level.rate.end], level.rate.start
    )
    fresh = replace_draft(model, rate=rate, quantity=None)
    fresh.evidence = replace(model.evidence, trigger=Span(start, end, place.text[start:end]))
    if countries:
        fresh.target = tuple(a.country for a in countries)
    if goods:
        first, last = s.span(goods[0].i, goods[-1].j)
        fresh.product = Product(place.text[first:last], goods[0].entry.value)
    elif not countries:
        fresh.product = Product(place.text[start : level.rate.start].strip(" ,"), "partial")
    fresh.cues.append(Cue("rate", "rate.list", rate.raw, rate.start, f"{rate.value:g}"))
    return fresh


def carried_on(f: Frame, before: list[Draft], number: int) -> Standing | None:
    """A rate in a list without a verb has the status of the measure before it."""
    near = [d for d in before if d.instrument == f.n.instrument and number - d.sentence <= 1]
    return Standing(near[-1].status, near[-1].action, "status.list", "", -1) if near else None


def heading_actor(s: Tagged, at: int, seen: Discourse) -> Found:
    """ "Ottawa's riposte: 25 percent on ...": who stands before the colon of a list."""
    colon = next((k for k in range(at - 1, 0, -1) if s.low(k) == ":"), 0)
    if not colon or not s.on("imposer.before-colon"):
        return NOBODY
    owner = next((a for a in s.actors if a.j <= colon and (a.possessor or not a.oblique) and a.kind != "joint"), None)
    code = country_of(owner, s, seen)
    return Found((code,), "imposer.before-colon", spelled(s, owner.i, owner.j)) if owner and code else NOBODY


def listed_standing(place: Place, f: Frame, setting: Setting) -> Standing | None:
    """A rate after a colon, with what was done before it: "Orders signed on Saturday: 25 percent on"."""
    s = place.tagged
    colon = next((k for k in range(f.n.i - 1, 0, -1) if s.low(k) == ":"), 0)
    before = [v for v in s.verbs if v.j <= colon]
    words = {s.low(k) for k in range(colon)}
    if not colon or not s.on("status.before-colon"):
        return None
    if any(v.cls in ("sign", "announce", "commit") for v in before) or words & {"order", "orders", "decree", "plan"}:
        return Standing("announced", "impose", "status.before-colon", "", -1)
    if words & {"riposte", "response", "answer", "retaliation", "countermeasures", "reply"}:
        past = setting.past or "since" in {t.low for t in s.words}
        return Standing("in_force" if past else "announced", "impose", "status.before-colon", "", -1)
    return None
