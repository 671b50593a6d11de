"""Permission to trade, in plain words: "may be exported only with", "no item may be supplied to", "under licence",
"up to 100,000 cars may enter at 10 percent"."""

from __future__ import annotations

from detente.news.frames import Frame
from detente.news.grammar import BE, MODALS, NEGATIVES, Tagged, Verb, clause
from detente.news.nucleus import EXPORT, GOODS, PERMIT, TECH, Nucleus
from detente.news.standings import Setting, Standing
from detente.news.verb_places import is_adverb
from detente.news.word_lists import word_list

_SENT = word_list("permits.sent")
_ALLOW = PERMIT | {"licensing", "authorised", "authorized", "licensed"}
_UNDER = frozenset(["licence", "license", "licences", "licensing", "authorisation", "authorization"])
_REFUSED = frozenset(["refused", "denied", "rejected"])
_GRANTED = frozenset(["granted", "issued", "approved", "given"])
_ALLOWED = frozenset(["permitted", "allowed", "authorised", "authorized"])
_ENTER = frozenset(["enter", "imported", "import", "in", "entry", "entering", "admitted"])
_WITHOUT = frozenset(["without", "unless", "except", "only", "absent"])


def permit_nuclei(s: Tagged, found: list[Nucleus]) -> list[Nucleus]:
    """Return a nucleus for each permission to export or to bring in that no noun or verb of its own tells."""
    covered = {k for n in found for k in range(n.i, n.j)}
    out: list[Nucleus] = []
    for at, word in enumerate(s.words):
        if at in covered:
            continue
        n = _sent(s, at) if word.low in _SENT | _ALLOWED else None
        n = n or (_kept_out(s, at) if word.low in _BROUGHT else None)
        n = n or (_refused(s, at) if word.low in _REFUSED | _GRANTED else None)
        n = n or (_subject_to(s, at) if word.low in _UNDER | PERMIT and not found else None)
        if n is not None and s.on(n.rule) and not any(m.i <= n.i < m.j for m in out):
            out.append(n)
    policy = None if found or out else _policy(s)
    out += [policy] if policy is not None and s.on(policy.rule) else []
    entry = None if any(n.instrument != "import_tariff" for n in found) else _entry(s)
    if entry is not None and found:
        amount = next(j for _, j, a in s.amounts if not a.money)
        at_rate = [
            n for n in found if n.i > amount and {"at", "without"} & {s.low(k) for k in range(max(0, n.i - 6), n.i)}
        ]
        if entry.verb is None or entry.verb.lemma == "" or len(at_rate) != len(found):
            entry = None
        else:
            found.clear()
    return out + ([entry] if entry is not None and not out else [])


def _passive(s: Tagged, at: int) -> tuple[int, str, bool]:
    """The first token, modal and negation of a passive whose participle stands at a token; (-1, "", False) if none."""
    k, be, mood, negative = at - 1, False, "", False
    while k >= 0 and at - k <= 7:
        word = s.low(k)
        if word in NEGATIVES or (word == "no" and s.low(k + 1) == "longer"):
            negative = True
            mood = MODALS.get(word, mood)
        elif word in BE:
            be = True
        elif word in MODALS:
            mood = MODALS[word]
        elif word == "to" and be and s.low(k - 1) in BE:
            mood = "will"
        elif not is_adverb(word) and word not in ("longer", "only", "as", "a", "rule", ","):
            break
        k -= 1
    return (k + 1, mood, negative) if be else (-1, "", False)


def _pseudo(s: Tagged, i: int, at: int, mood: str, negative: bool) -> Verb:
    return Verb(i, at, at + 1, "permit", s.low(at), mood, "inf" if mood else "pres", True, negative)


def _sent(s: Tagged, at: int) -> Nucleus | None:
    """ "may be exported only with a licence", "shall not be exported", "no item may be supplied to"."""
    i, mood, negative = _passive(s, at)
    if i < 0:
        return None
    start = clause(s, i)[0]
    subject = [s.low(k) for k in range(start, i)]
    if subject[:1] in (["if"], ["when"], ["unless"]):
        return None
    nothing = bool({"no", "none", "nothing", "neither"} & set(subject[:3]))
    if s.low(at) in _ALLOWED and not set(subject) & EXPORT:
        return None
    abroad = s.low(at) in _ALLOWED | {"exported"} or any(
        a.i > at and a.oblique in ("to", "in", "into") and a.kind in ("country", "place") for a in s.actors
    ) or {"abroad", "overseas"} & {s.low(k) for k in range(at, min(len(s.words), at + 5))}  # fmt: skip
    goods = any(start <= m.i < i for m in s.products) or bool(set(subject) & (GOODS | {"item", "nothing", "equipment"}))
    rest = {s.low(k) for k in range(i, len(s.words))}
    allowed = bool(rest & _ALLOW) and bool(rest & _WITHOUT)
    if not abroad or not goods or not (negative or nothing or allowed) or mood in ("could", "would", "should"):
        return None
    tech = any(m.entry.value in TECH for m in s.products if start <= m.i < i)
    kind = ("tech_export_control" if tech else "export_licensing") if allowed else "export_ban"
    return Nucleus(at, at + 1, kind, "permit.sent", _pseudo(s, i, at, mood, False))


_BROUGHT = frozenset(["brought", "imported", "admitted"])


def _kept_out(s: Tagged, at: int) -> Nucleus | None:
    """ "Cassava flour may not be brought in", "no rice may be imported": goods that must stay out."""
    i, mood, negative = _passive(s, at)
    if (
        i < 0
        or mood not in ("may", "shall", "can", "must", "will")
        or (s.low(at) == "brought" and s.low(at + 1) != "in")
    ):
        return None
    start = clause(s, i)[0]
    subject = [s.low(k) for k in range(start, i)]
    goods = any(start <= m.i < i for m in s.products) or bool(set(subject) & GOODS)
    nothing = bool({"no", "none", "nothing"} & set(subject[:3]))
    without = _WITHOUT - {"absent"} & {s.low(k) for k in range(at, len(s.words))}
    if not goods or not (negative or nothing) or without:
        return None
    return Nucleus(at, at + 1, "import_ban", "permit.kept-out", _pseudo(s, i, at, mood, False))


_POLICIES = {("export", "prohibited"): "export_ban", ("export", "restricted"): "export_licensing",
             ("import", "prohibited"): "import_ban", ("import", "restricted"): "import_quota"}  # fmt: skip


def _policy(s: Tagged) -> Nucleus | None:
    """ "the export policy of wheat is amended from Free to Prohibited"."""
    words = [t.low for t in s.words]
    for (side, state), instrument in _POLICIES.items():
        at = next((k for k, word in enumerate(words) if word == state and k > 1), -1)
        named = any(words[k : k + 2] == [side, "policy"] for k in range(max(at, 0)))
        if named and "to" in (words[at - 1], words[at - 2]):
            return Nucleus(
                at, at + 1, instrument, "permit.policy", Verb(at, at, at + 1, "permit", state, "", "pres", True, False)
            )
    return None


def _refused(s: Tagged, at: int) -> Nucleus | None:
    """ "Applications to ship gallium to X will be refused", "no licences will be granted for exports to"."""
    i, mood, negative = _passive(s, at)
    start = clause(s, i)[0] if i >= 0 else 0
    subject = {s.low(k) for k in range(start, max(i, 0))}
    asked = subject & (PERMIT | {"application", "applications", "requests"})
    outward = {s.low(k) for k in range(start, min(len(s.words), at + 8))} & (EXPORT | {"ship", "sell", "abroad"})
    refusal = (s.low(at) in _REFUSED) != (negative or "no" in subject)
    if i < 0 or not asked or not outward or not refusal:
        return None
    return Nucleus(at, at + 1, "export_ban", "permit.refused", _pseudo(s, i, at, mood, False))


def _subject_to(s: Tagged, at: int) -> Nucleus | None:
    """ "exports of X are subject to licensing", "graphite stays under licence"."""
    start = clause(s, at)[0]
    before = [s.low(k) for k in range(start, at)]
    verb = next((v for v in reversed(s.verbs) if start <= v.i and v.j <= at), None)
    if verb is None or verb.negative or at - verb.j > (7 if verb.lemma == "leave" else 4):
        return None
    leaves = verb.lemma == "leave" and {"only", "without"} & {s.low(k) for k in range(verb.j, at)}
    outward = bool(set(before) & EXPORT)
    goods = any(start <= m.i < verb.i for m in s.products)
    under = s.low(at - 1) == "under" or s.low(at - 2) == "under"
    subject_to = verb.cls == "subject" and outward
    placed = under and s.low(at) in _UNDER and (outward or goods) and verb.cls in ("remain", "be", "impose", "maintain",
                                                                                  "other")  # fmt: skip
    if not (subject_to or placed or (leaves and goods)):
        return None
    tech = any(m.entry.value in TECH for m in s.products if start <= m.i < verb.i)
    kind = "tech_export_control" if tech else "export_licensing"
    pseudo = Verb(verb.i, at, at + 1, "permit", verb.lemma, verb.mood, verb.tense, True, False)
    return Nucleus(at, at + 1, kind, "permit.under", pseudo)


def _entry(s: Tagged) -> Nucleus | None:
    """ "up to 100,000 cars a year may enter at 10 percent", "let in 2 million tonnes without customs duty"."""
    amounts = [(i, j) for i, j, a in s.amounts if not a.money]
    if not amounts:
        return None
    first, after = amounts[0]
    words = [s.low(k) for k in range(len(s.words))]
    free = any(r.free for _, _, r in s.rates) or " ".join(words).find("without customs duty") >= 0
    rated = any(i > first and s.low(i - 1) in ("at", "of") for i, _, r in s.rates if r.unit == "percent_ad_valorem")
    mouth = next((k for k in range(max(0, first - 3), min(len(words), after + 14)) if words[k] in _ENTER), -1)
    if mouth < 0 or not (free or rated):
        return None
    verb = next((v for v in s.verbs if v.cls == "allow" and v.i < mouth + 6 and not v.negative), None)
    if verb is None and not any(words[k] in MODALS for k in range(after, mouth)):
        return None
    mood = verb.mood if verb is not None else next(MODALS[words[k]] for k in range(after, mouth) if words[k] in MODALS)
    i = verb.i if verb is not None else first
    at = verb.v if verb is not None else first
    tense = verb.tense if verb is not None else "inf"
    pseudo = Verb(i, at, max(at + 1, verb.j if verb else at + 1), "permit", words[at], mood, tense, False, False)
    return Nucleus(at, at + 1, "tariff_rate_quota", "permit.entry", pseudo)


def permit_standing(f: Frame, setting: Setting) -> Standing | None:
    """Return status and action of a permission: proposed and threatened by the verb above; or announced."""
    verb = f.n.verb
    if f.n.instrument == "legal_ruling" and verb is not None and verb.cls not in ("rule", "strike"):
        given = not verb.mood and not verb.negative and verb.tense in ("past", "perf", "pres")
        return Standing("in_force", "impose", "status.ruled", f.s.words[verb.v].text, verb.v) if given else None
    if verb is None or verb.cls != "permit":
        return None
    above = {"propose": "proposed", "threaten": "threatened", "demand": "demanded", "offer": "offered",
             "seek": "proposed", "want": "demanded", "commit": "announced", "announce": "announced"}  # fmt: skip
    status = next((above[v.cls] for v in f.chain if v.cls in above), "")
    if not status and verb.mood in ("would", "could"):
        status = "proposed"
    later = setting.future or (verb.mood == "will" and f.n.rule not in ("permit.refused", "permit.kept-out"))
    status = status or ("announced" if later else "in_force")
    action = "reduce" if f.n.instrument == "tariff_rate_quota" else "impose"
    return Standing(status, action, f"status.{f.n.rule}", f.s.words[verb.v].text, verb.v)
