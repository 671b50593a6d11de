"""Mentions joined into measures: one measure per act, every mention kept as evidence."""

from __future__ import annotations

from detente.news.goods import compatible
from detente.news.hedges import HEARSAY
from detente.news.measure import Cue, Dates, Evidence, ReadMeasure
from detente.news.mention import BORDER, Draft, replace_draft

_FLOW = {
    "import_tariff": "import", "import_ban": "import", "import_quota": "import", "tariff_rate_quota": "import",
    "tariff_truce": "import", "export_tariff": "export", "export_licensing": "export", "export_ban": "export",
    "export_quota": "export", "tech_export_control": "export", "port_fee": "transport", "price_floor": "domestic",
    "stockpile_purchase": "domestic", "subsidy": "domestic", "government_spending": "domestic",
    "purchase_commitment": "import", "investment_commitment": "investment",
}  # fmt: skip
_SUPPORT = frozenset({"price_floor", "stockpile_purchase", "subsidy"})
_FRIENDLY = frozenset({"tariff_truce", "trade_agreement", "critical_minerals_deal", "purchase_commitment",
                       "investment_commitment", "enforcement_commitment"})  # fmt: skip
_BOUGHT = frozenset({"purchase_commitment", "investment_commitment"})
_LOOSER = frozenset({"reduce", "remove", "suspend"})
_COURSE = frozenset({"threatened", "proposed", "announced", "in_force"})

_RANK = {"in_force": 5, "suspended": 5, "withdrawn": 5, "expired": 5, "announced": 4, "threatened": 3, "offered": 3,
         "demanded": 3, "proposed": 2}  # fmt: skip


def merged(drafts: list[Draft]) -> tuple[tuple[ReadMeasure, ...], list[list[Draft]], list[Draft]]:
    """Return the measures, the mentions behind each, and the mentions that are too open to be a measure."""
    groups: list[list[Draft]] = []
    wholes: list[Draft] = []
    left = []
    _resolve_forward(drafts)
    for draft in drafts:
        if not emitted(draft):
            left.append(draft)
            continue
        home = next((k for k in _latest(groups) if _same(wholes[k], draft)), -1)
        if home < 0:
            groups.append([draft])
            wholes.append(draft)
        else:
            groups[home].append(draft)
            wholes[home] = _joined(wholes[home], draft)
    left = [draft for draft in left if draft.imposer or not _joined_to(groups, wholes, draft)]
    pairs = zip(groups, wholes, strict=True)
    measures = tuple(_measure(number, group, whole) for number, (group, whole) in enumerate(pairs, start=1))
    return measures, groups, left


def _latest(groups: list[list[Draft]]) -> range:
    """The numbers of the measures that a mention is compared with, the last one first."""
    return range(len(groups) - 1, max(-1, len(groups) - MOST - 1), -1)


def _joined_to(groups: list[list[Draft]], wholes: list[Draft], draft: Draft) -> bool:
    """Join a mention that names no imposer to the measure that it can be a further mention of; whether there is one."""
    home = next((k for k in _latest(groups) if _same(replace_draft(wholes[k], imposer=()), draft)), -1)
    if home >= 0:
        groups[home].append(draft)
        wholes[home] = _joined(wholes[home], draft)
    return home >= 0


def _main_imposer(drafts: list[Draft]) -> set[tuple[str, ...]]:
    """The one that imposes what the text tells: all border measures, or three in four of four or more."""
    counts: dict[tuple[str, ...], int] = {}
    for draft in drafts:
        if draft.imposer and draft.instrument in BORDER:
            counts[draft.imposer] = counts.get(draft.imposer, 0) + 1
    total, best = sum(counts.values()), max(counts, key=lambda imposer: counts[imposer], default=())
    sure = bool(best) and (len(counts) == 1 or (total >= 4 and 4 * counts[best] >= 3 * total))
    return {best} if sure else set()


def _resolve_forward(drafts: list[Draft]) -> None:
    """A measure without an imposer takes the one that the text names elsewhere for the same target, if it is unique;
    a tariff at a rate that nobody imposes, the only imposer of tariffs in the text."""
    by_target: dict[tuple[str, tuple[str, ...]], set[tuple[str, ...]]] = {}
    for draft in drafts:
        if draft.imposer:
            by_target.setdefault((draft.instrument, draft.target), set()).add(draft.imposer)
    sure = {d.imposer for d in drafts if d.instrument == "import_tariff" and d.imposer}
    named = _main_imposer(drafts)
    for draft in drafts:
        if draft.imposer or not draft.target or draft.target == ("*",):
            only = next(iter(named)) if len(named) == 1 else ()
            told = draft.instrument in BORDER and (draft.rate is not None or bool(draft.product.text))
            if only and told and not draft.imposer and not set(only[0].split("+")) & set(draft.target):
                draft.imposer, draft.inherited = only, True
                draft.cues.append(Cue("imposer", "imposer.only-one", "", -1, only[0]))
            continue
        named_for = by_target.get((draft.instrument, draft.target), set())
        if not named_for and draft.instrument == "import_tariff" and draft.rate and len(sure) == 1:
            only = next(iter(sure))
            named_for = sure if not set(only[0].split("+")) & set(draft.target) else set()
        if not named_for and draft.instrument in BORDER | {"investigation"}:
            named_for = {one for one in named if not set(one[0].split("+")) & set(draft.target)}
        if len(named_for) == 1:
            draft.imposer = next(iter(named_for))
            draft.inherited = True
            draft.cues.append(Cue("imposer", "imposer.elsewhere", "", -1, draft.imposer[0]))


def emitted(draft: Draft) -> bool:
    """Return whether enough is certain to propose a measure."""
    if not draft.imposer:
        return False
    if draft.instrument == "diplomatic_action":
        return draft.own_imposer
    return not (set(draft.imposer) & set(draft.target) and "+" not in draft.imposer[0])


def _same(a: Draft, b: Draft) -> bool:
    if a.instrument != b.instrument or a.imposer != b.imposer:
        return False
    if a.target and b.target and not set(a.target) & set(b.target) and "*" not in (*a.target, *b.target):
        return False
    opens = a.sentence == b.sentence and a.rate is None and b.rate is not None and a.status == b.status
    if opens and a.product.scope in ("all_goods", "unspecified") and a.target == b.target:
        return True
    if a.rate and b.rate and (a.rate.value != b.rate.value):
        return False
    if a.instrument in _BOUGHT and a.quantity and b.quantity and a.quantity.amount != b.quantity.amount:
        return False
    if b.definite and a.rate and b.rate:
        return _same_step(a, b)
    if not compatible(a.product, b.product):
        return False
    days = (a.dates.effective or "", b.dates.effective or "")
    named = a.product.text and b.product.text and a.product.text != b.product.text
    if named and all(len(day) == 10 for day in days) and days[0] != days[1] and not b.definite:
        return False
    if {a.product.scope == "all_goods", b.product.scope == "all_goods"} == {
        True,
        False,
    } and a.product.text + b.product.text:
        return False
    if a.rate and not b.rate and b.product.text and not a.product.text and a.sentence != b.sentence and not b.definite:
        return False
    if a.sentence == b.sentence and a.rate and b.rate and a.product.text != b.product.text:
        return False
    return _same_step(a, b)


def _ends_it(a: Draft, b: Draft) -> bool:
    """Whether a later mention tells the end or the pause of a measure told before: one life, the last word counts."""
    if a.instrument == "entity_listing" and not b.own_target:
        return False
    begun = a.status in ("in_force", "announced") and a.action not in ("remove", "suspend", "cancel", "reduce")
    over = b.status in ("suspended", "withdrawn", "expired") and b.action in ("remove", "suspend", "cancel")
    named = b.product.scope == a.product.scope or not b.product.text
    return begun and over and named and b.sentence > a.sentence and a.target == b.target and b.rate is None


def _same_step(a: Draft, b: Draft) -> bool:
    """Whether two mentions can be one step in the life of a measure."""
    if _ends_it(a, b):
        return True
    ends = {"remove", "suspend", "cancel"}
    loosening = (a.action in ends) != (b.action in ends)
    if a.rate is None or b.rate is None:
        loosening = loosening or (a.action == "reduce") != (b.action == "reduce")
    if loosening and a.instrument not in _FRIENDLY:
        return False
    pair = {a.status, b.status}
    apart = bool(a.product.text and b.product.text) and a.product.scope != b.product.scope
    if apart and a.status == "in_force" and b.status in ("proposed", "threatened"):
        return False
    if a.status == b.status or pair == {"in_force", "announced"}:
        return True
    if pair == {"announced", "threatened"} and b.status == "threatened" and b.action == "raise":
        return False
    open_rate = a.rate is None or b.rate is None
    close = a.product.scope == b.product.scope or "unspecified" in (a.product.scope, b.product.scope)
    return open_rate and close and pair <= _COURSE and pair != {"threatened", "in_force"}


MOST = 400
"""Measures that a mention is compared with; earlier ones are too far away to be meant."""


def _joined(a: Draft, b: Draft) -> Draft:
    """Fill the gaps of the first mention from the second."""
    dates = Dates(
        announced=_fuller(a.dates.announced, b.dates.announced),
        effective=_fuller(a.dates.effective, b.dates.effective),
        expiry=_fuller(a.dates.expiry, b.dates.expiry),
    )
    if _ends_it(a, b):
        return replace_draft(a, status=b.status, action=b.action, dates=dates, rate=a.rate or b.rate)
    stronger = b if a.rate is None and (b.rate is not None or _RANK[b.status] > _RANK[a.status]) else a
    return replace_draft(
        a,
        status=stronger.status,
        action=stronger.action,
        rate=a.rate or b.rate,
        target=a.target or b.target,
        quantity=a.quantity or b.quantity,
        condition=a.condition or b.condition,
        product=a.product if a.product.text else b.product,
        dates=dates,
    )


def _fuller(first: str | None, second: str | None) -> str | None:
    """The first date, or the second where it says the same day more exactly."""
    if first and second and second.startswith(first):
        return second
    return first or second


def _measure(number: int, group: list[Draft], head: Draft) -> ReadMeasure:
    evidence: list[Evidence] = []
    for draft in group:
        if all((e.start, e.trigger.start) != (draft.evidence.start, draft.evidence.trigger.start) for e in evidence):
            evidence.append(draft.evidence)
    return ReadMeasure(
        id=f"M{number:02d}", instrument=head.instrument, action=head.action, imposer="+".join(head.imposer),
        target=head.target, status=head.status, polarity=_polarity(head), evidence=tuple(evidence),
        confidence=_confidence(group), product=head.product, rate=head.rate, quantity=head.quantity,
        flow=_FLOW.get(head.instrument), dates=head.dates, conditionality=head.condition,
        attribution=head.attribution, links=(), cues=tuple(cue for draft in group for cue in draft.cues),
    )  # fmt: skip


def _polarity(draft: Draft) -> str:
    if draft.instrument in _SUPPORT:
        return "support_domestic"
    if draft.instrument in ("government_spending", "legal_ruling", "diplomatic_action"):
        return "neutral"
    return "liberalise" if draft.instrument in _FRIENDLY or draft.action in _LOOSER else "restrict"


def _confidence(group: list[Draft]) -> float:
    head = group[0]
    value = 0.9
    quoted_total = head.rate is not None and head.rate.basis == "total" and head.attribution.mode == "direct_quote"
    value -= 0.35 * (quoted_total and head.status == "in_force")
    value -= 0.15 * (not head.own_imposer) + 0.1 * (not head.own_target) + 0.1 * head.inherited
    value += 0.05 * (len(group) > 1)
    if head.hearsay or head.nested:
        value = min(value, HEARSAY)
    value = min(value, max(draft.likely for draft in group))
    return round(min(0.95, max(0.2, value)), 2)


def why_empty(left: list[Draft]) -> str:
    """Return why there is no measure."""
    if left:
        return "trade measures are mentioned, but the text does not say who imposes them"
    return "no trade measure in the text"
