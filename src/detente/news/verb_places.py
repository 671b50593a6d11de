"""Whether a word is a verb at its place, and in which form: the same words are nouns and adjectives elsewhere."""

from __future__ import annotations

from dataclasses import replace

from detente.news.grammar import (
    ADJECTIVES,
    ADVERBS,
    BE,
    BODIES,
    DETERMINERS,
    DO,
    HAVE,
    MODALS,
    NOUNY,
    PLURAL_PRONOUNS,
    PREPOSITIONS,
    PRONOUNS,
    Mention,
    Tagged,
)
from detente.news.word_lists import word_list


def verb_mentions(s: Tagged, candidates: list[Mention]) -> list[Mention]:
    """Verbs among the candidates, longest first; forms that are nouns or adjectives at their place are left out."""
    named = {k for a in s.actors for k in range(a.i, a.j)} | {k for m in s.adjectives for k in range(m.i, m.j)}
    nouns = {k for group in (s.instruments, s.products) for m in group for k in range(m.i, m.j) if m.j - m.i > 1}
    verbs = sorted((m for m in candidates if m.entry.kind == "verb"), key=lambda m: (m.i, -(m.j - m.i)))
    found: list[Mention] = []
    free = 0
    for m in verbs:
        if m.i < free or m.i in named or (m.i in nouns and m.j - m.i == 1) or m.i in s.taken:
            continue
        form = _form(s, m, verbs)
        if form:
            found.append(Mention(m.i, m.j, replace(m.entry, form=form)))
            free = m.j
    return found


def _back(s: Tagged, at: int) -> int:
    """The nearest token to the left that is no adverb."""
    k = at - 1
    while k >= 0:
        if is_adverb(s.low(k)) or (s.low(k) == "further" and s.low(k - 1) in MODALS):
            k -= 1
        elif s.low(k) == "part" and s.low(k - 2) == "for" and s.low(k - 1) in ("its", "his", "her", "their"):
            k -= 3  # "Switzerland for its part opens"
        elif s.low(k) == "once" and s.low(k - 1) == "at":
            k -= 2
        else:
            break
    return k


def is_adverb(word: str) -> bool:
    return word in ADVERBS or (
        word.endswith("ly")
        and word not in ("only", "apply", "supply", "early", "july", "italy", "comply", "imply", "rely", "family")
    )


_TRADED = frozenset(["exports", "imports", "shipments", "goods"])
_OWNED = frozenset(["the", "a", "an", "this", "that", "its", "their", "his", "her", "our", "these", "those"])
_FIRMS = frozenset(word for word in word_list("roles.firms") if word.endswith("s"))


def _sure_form(s: Tagged, m: Mention, verbs: list[Mention]) -> str | None:
    """The form that auxiliaries, "to" or a fixed phrase settle; None if the place of the word must decide."""
    forms = {v.entry.form for v in verbs if v.i == m.i and v.j == m.j and v.entry.extra == m.entry.extra}
    k = _back(s, m.i)
    before = s.low(k)
    if m.entry.extra.startswith("call") and s.low(m.i - 1) in ("so", "port", "per", "phone", "conference"):
        return ""
    if m.entry.extra == "back" and s.low(m.j) in ("in", "to", "into", "on", "at", "", "."):
        return ""
    if m.entry.extra in _LINKING and any(v.i in (m.j, m.j + 1) and v.entry.form in ("ed", "pp") for v in verbs):
        nearest = next(v for v in verbs if v.i in (m.j, m.j + 1) and v.entry.form in ("ed", "pp"))
        if nearest.i == m.j or is_adverb(s.low(m.j)):
            return ""
    if forms == {"s"} and before in ("and", "or") and k == m.i - 1 and s.low(k - 1) in _FIRMS:
        return ""  # "companies and institutes"
    if s.low(m.i - 1) == "in" and m.entry.form == "base" and s.low(m.j) in ("of", "", ".", ",", "for", "since"):
        return ""
    if "s" in forms and m.j - m.i == 1 and k >= 0 and s.low(m.j) in ("a", "an", "the", "no", "its", "any"):
        noun = any(n.j - 1 == k for n in [*s.products, *s.instruments])
        if noun and not modifier_before(s, k):
            return "s"
    if m.entry.value == "hit" and s.low(m.j) in ("by", "with") and before == "," and forms & {"pp", "ed", "past"}:
        return "pp"  # "Brazil, hit by a 50 percent tariff, said"
    if m.entry.value == "subject" and "s" in forms and s.low(m.j) in _TRADED:
        return "s"  # "subjects exports of palm kernels to a licence"
    if m.entry.value == "subject":
        return "pp" if s.low(m.j) == "to" and _be_before(s, m.i) else ""
    opened = before in MODALS or before == "to" or before in DO or modal_over_date(s, m.i) >= 0
    if opened and "base" in forms:
        return "base"
    if before in ("than", "as") and forms & {"ed", "pp"} and m.entry.value not in ("other", "speak"):
        return ""
    if s.low(m.i) in ("imported", "exported") and any(n.i in (m.j, m.j + 1) for n in s.products) and before not in HAVE:
        return ""
    if before in BE or before in HAVE:
        return next((f for f in ("pp", "ed", "ing") if f in forms), "")
    if any(n.i <= m.i < n.j for n in s.instruments):
        return next((f for f in ("ed", "ing") if f in forms and s.low(m.i).endswith(("ed", "ing"))), "")
    return None


def _form(s: Tagged, m: Mention, verbs: list[Mention]) -> str:
    """The form a candidate has here, or empty when it is a noun or an adjective."""
    sure = _sure_form(s, m, verbs)
    if sure is not None:
        return sure
    forms = {v.entry.form for v in verbs if v.i == m.i and v.j == m.j and v.entry.extra == m.entry.extra}
    k = _back(s, m.i)
    before = s.low(k)
    moves = s.low(m.j) in ("to", "by", "from", "at") and any(m.j < a <= m.j + 3 for a, _, _ in s.rates)
    if moves and forms & {"s", "base"} and before not in DETERMINERS and before not in PREPOSITIONS and k >= 0:
        return "s" if "s" in forms else "base" if before.endswith("s") else ""
    need = "base" in forms and m.entry.extra in ("need", "face", "require") and s.low(m.j) in DETERMINERS
    if need and any(a.j - 1 == k and a.oblique for a in s.actors):
        return "base"  # "exporters of tungsten in China need a licence"
    if "base" in forms and _demanded_that(s, k):
        return "base"
    ends_noun = any(n.j - 1 == k for n in s.instruments)
    plain = m.entry.extra.split(" ")[0] not in NOUNY and m.entry.value not in ("other", "effect_other", "speak")
    if ends_noun and "s" in forms and plain:
        return "s"
    if m.entry.value == "face" and "base" in forms and before == "year" and s.low(m.j) in ("a", "an", "the", "no"):
        return "base"
    modifier = _after_modifier(s, m, k)
    if "ing" in forms and m.entry.form == "ing":
        made = s.low(m.i) in ("making", "producing", "building")
        compound = made and k == m.i - 1 and any(n.j == m.i for n in s.products)
        if compound or (m.entry.value in ("other", "effect_other") and _modifies(s, m)):
            return ""
        return "" if before in _OWNED else "ing"
    if ("ed" in forms or "past" in forms or "pp" in forms) and not (forms & {"base", "s"}):
        if modifier and before not in ("as", "before", "after", "since", "until", "than", "unless"):
            return ""
        return "past" if "past" in forms else "pp" if "pp" in forms and "ed" not in forms else "ed"
    if modifier and not (before == "as" or (before == "that")):
        return ""
    return _finite(s, m, forms, k, modifier, ends_noun)


def _after_modifier(s: Tagged, m: Mention, k: int) -> bool:
    """Whether the word before makes a noun of a candidate: a determiner, an adjective, a preposition, a number."""
    before = s.low(k)
    modifier = before in DETERMINERS - {"that", "which", "all", "both", "these", "those", "this", "most"} or (
        before in ADJECTIVES
        or before in PREPOSITIONS
        or (before[:1].isdigit() and k == m.i - 1 and s.low(k - 1) not in CALENDAR and not _numbered(s, k))
    )
    dated = before in ("month", "year", "week", "quarter") and s.low(k - 1) in ("last", "this", "next", "earlier")
    modifier = modifier and before not in BODIES and not dated
    return bool(modifier) and not (before not in DETERMINERS and any(a.i <= k < a.j for a in s.actors))


def _finite(s: Tagged, m: Mention, forms: set[str], k: int, modifier: bool, ends_noun: bool) -> str:
    """The finite form that the place allows ("duties rise", "Ankara lifts"), or empty."""
    before = s.low(k)
    then = s.low(m.j) in ("on", "in", "at", "next", "this", "again", "today", "when", "after", "by", "until", "later")
    if ends_noun and then and "s" in forms and s.low(m.i) != s.low(k):
        return "s"
    nouny = (m.entry.extra.split(" ")[0] in NOUNY and m.j - m.i == 1) or m.entry.value in ("other", "effect_other")
    if "s" in forms and m.entry.form == "s":
        return (
            "s"
            if (_can_be_subject(s, k) or (not nouny and k >= 0 and s.words[k].text.isalpha() and not modifier))
            and (not nouny or _sure_subject(s, k, m))
            else ""
        )
    if "ed" in forms and _can_be_subject(s, k) and not _plural_subject(s, k):
        return "ed"
    if "ed" in forms and before in ("and", "but", "or", ",") and k > 0:
        return "ed"
    if "base" in forms and not nouny and k >= 0 and before not in DETERMINERS:
        return "base"
    itemed = k <= 1 and k >= 0 and not s.words[k].text.isalnum()
    if "base" in forms and (_plural_subject(s, k) or itemed or before in ("and", "or", ",", "'", '"', "") or k < 0):
        return "base"
    return ""


_DEMAND = frozenset(["demand", "demands", "demanded", "demanding", "insist", "insists", "insisted", "ask", "asks",
                     "asked"])  # fmt: skip


def _demanded_that(s: Tagged, k: int) -> bool:
    """ "demands that Europe drop": a bare verb after the actor of whom something is demanded."""
    actor = next((a for a in s.actors if a.j - 1 == k and not a.oblique), None)
    if actor is None:
        return False
    at = actor.i - 1 - (s.low(actor.i - 1) == "the")
    return s.low(at) == "that" and s.low(at - 1) in _DEMAND


_ACTS = frozenset(["no", "nr", "number", "proclamation", "order", "resolution", "decree", "notification", "regulation",
                   "law", "decision", "circular", "notice", "ordinance", "directive", "announcement"])  # fmt: skip


def _numbered(s: Tagged, k: int) -> bool:
    """ "Resolution No. 311 bars": the number of an act."""
    return bool({s.low(k - 1), s.low(k - 2)} & _ACTS)


def modifier_before(s: Tagged, k: int) -> bool:
    """Whether a noun at k only says of what there is a rise or a fall ("a rise in steel costs")."""
    return s.low(k - 1) in ("in", "of") and s.low(k - 2) in ("rise", "fall", "increase", "drop")


_WHEN = frozenset(["from", "on", "as", "by", "in", "at", "starting", "beginning", "until", "for", "after", "within",
                   "effective", "next", "this", "later", "with"])  # fmt: skip
CALENDAR = frozenset(
    ["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
     "december", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "month", "months",
     "week", "weeks", "year", "years", "day", "days", "effect", "midnight", "quarter", "date"]
)  # fmt: skip


def modal_over_date(s: Tagged, at: int) -> int:
    """Return the modal before a time phrase and a bare verb ("will from 1 October levy"), or -1."""
    k, named = at - 1, False
    while k >= 0 and at - k <= 8:
        word = s.low(k)
        if word in MODALS and not (word == "may" and s.words[k].text == "May"):
            return k if named and s.low(k + 1) in _WHEN | {","} else -1
        named = named or word in CALENDAR or word[:1].isdigit()
        if word not in CALENDAR | _WHEN | {",", "of", "the", "immediate"} and not word[:1].isdigit():
            return -1
        k -= 1
    return -1


_CURBS = (
    word_list("nuclei.curb") | word_list("nuclei.ban") | frozenset(["new", "fresh", "quota", "quotas", "fees", "fee"])
)


def _modifies(s: Tagged, m: Mention) -> bool:
    """ "sweeping curbs", "crippling duties": a participle right before the noun."""
    return s.low(m.j) in _CURBS or any(n.i == m.j for n in s.instruments)


_LINKING = frozenset(["remain", "stay", "become"])


def _be_before(s: Tagged, at: int) -> bool:
    return any(
        s.low(k) in BE or s.low(k) in ("become", "becomes", "remain", "remains") for k in range(max(0, at - 7), at)
    )


def _sure_subject(s: Tagged, k: int, m: Mention) -> bool:
    """Whether the word before an -s form that may be a noun is a subject: a name or a pronoun, no noun after it."""
    after = s.low(m.j)
    if after in ("a", "an", "no", "its", "their"):
        return True
    if after in ("of", "from", "for", "by", "and", "or", ".", ",", "imposed", "were", "are", "have", "will") and (
        s.low(k) not in ("it", "he", "she", "which", "that", "who") and after != "from"
    ):
        return False
    return any(a.i <= k < a.j for a in s.actors) or s.low(k) in (
        "it",
        "he",
        "she",
        "which",
        "that",
        "who",
        "one",
        "order",
        "bill",
        "agreement",
        "deal",
        "notice",
        "law",
        "rule",
        "decree",
        "regulation",
        "statute",
        "proclamation",
        "ministry",
        "government",
        "commission",
        ",",
    )


def _can_be_subject(s: Tagged, k: int) -> bool:
    if k < 0:
        return False
    word = s.words[k]
    product = any(m.i <= k < m.j for m in s.products)
    return (
        any(a.i <= k < a.j for a in s.actors)
        or word.low in PRONOUNS
        or word.text[:1].isupper()
        or word.low in ("'", '"', ",", ")", "and", "but")
        or (word.text.isalpha() and word.low not in ADJECTIVES and word.low not in PREPOSITIONS and not product)
    )


def _plural_subject(s: Tagged, k: int) -> bool:
    word = s.low(k)
    return word in PLURAL_PRONOUNS or (
        word.endswith("s")
        and word not in ("'s", "us", "is", "was", "has", "this", "its", "as", "his", "says", "plus", "yes")
    )
