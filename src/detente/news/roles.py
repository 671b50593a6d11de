"""Who imposes a measure, from the words around it. What the text does not settle stays open."""

from __future__ import annotations

from detente.news.actors import Discourse, country_of, speaker
from detente.news.acts import LAWS, act_in, bench, bill, by_act, granting, keeper, named_act, signed
from detente.news.found import EXPORT_SIDE, MADE, MEETS, NOBODY, ORIGIN_NOUNS, Found, adjective_at, role
from detente.news.frames import Frame
from detente.news.grammar import Actor, Tagged, Verb, clause
from detente.news.targets import targets
from detente.news.verb_chains import subject

_BY_FIRMS = frozenset({"investment_commitment", "purchase_commitment", "price_floor"})


def _wide_importer(f: Frame, s: Tagged, seen: Discourse) -> Found:
    """ "dearer to bring into the European Union": the only border in the sentence."""
    if not s.on("imposer.into-in-sentence") or not f.alone:
        return NOBODY
    if f.n.instrument not in ("import_tariff", "import_ban", "port_fee"):
        return NOBODY
    for actor in s.actors:
        entered = any(v.lemma == "enter" and v.j <= actor.i <= v.j + 1 for v in s.verbs)
        if (actor.oblique == "into" or entered) and actor.country and actor.kind in ("country", "place"):
            return role(s, actor.country, "imposer.into-in-sentence", actor.i, actor.j)
    return NOBODY


def imposers(f: Frame, seen: Discourse, target: Found) -> Found:
    """Return who imposes a measure."""
    s = f.s
    for finder in (
        bench,
        _passive_agent,
        _hit_by,
        _deciding,
        _announced_by_colon,
        granting,
        _home,
        _possessor,
        _by_phrase,
        _importer,
        _of_country,
        bill,
        act_in,
        _acting_subject,
        _below_heading,
        _relative_subject,
        _exporter,
        _partner,
        _wide_importer,
        signed,
        named_act,
        keeper,
        _teller,
    ):
        if finder is _teller and not target.value and not by_act(f) and f.n.instrument not in EXPORT_SIDE:
            continue
        found = _other_half(finder(f, s, seen), target)
        if found.value and not set(found.value) & set(target.value):
            return found
    return NOBODY


def _other_half(found: Found, target: Found) -> Found:
    """ "Seoul and Washington settled on 15 percent for Korean goods": of a pair, the one that is not the target."""
    sides = found.value[0].split("+") if found.value else []
    if len(sides) == 2 and len(target.value) == 1 and target.value[0] in sides:
        return Found((sides[1 - sides.index(target.value[0])],), found.rule, found.words)
    return found


def _of_country(f: Frame, s: Tagged, seen: Discourse) -> Found:
    """ "the safeguard measure of the European Union", "the duty of the United States"."""
    if f.n.verb is not None or s.low(f.n.j) != "of":
        return NOBODY
    actor = next((a for a in s.actors if f.n.j < a.i <= f.n.j + 2 and a.oblique == "of"), None)
    if actor is None or actor.kind not in ("country", "place") or s.low(actor.j) == "$":
        return NOBODY
    return role(s, actor.country, "imposer.of-country", actor.i, actor.j)


def _below_heading(f: Frame, s: Tagged, seen: Discourse) -> Found:
    """ "What Japan will do: - buy ..": the actor of the heading."""
    own = f.verb is not None and f.relation == "object" and not f.verb.passive and f.verb.cls not in ("face", "subject")
    free = (
        f.subject is None
        and own
        and not any(not a.oblique and a.kind == "country" and f.verb and a.i < f.verb.i for a in s.actors)
    )
    return Found((s.acting,), "imposer.below-heading") if s.acting and free else NOBODY


def _possessor(f: Frame, s: Tagged, seen: Discourse) -> Found:
    """ "its duty", "Washington's tariffs", "Chinese levies on Canadian canola", "US tariffs on"."""
    if f.n.rule == "preference.lost" and target_rule(f, seen) == "target.loser":
        return NOBODY
    for k in range(f.n.i - 1, f.left - 2, -1):
        actor = next((a for a in s.actors if a.i <= k < a.j), None)
        if actor and actor.country and (actor.possessor or actor.j - 1 == k) and k >= f.left:
            plain = actor.kind in ("country", "place", "body", "person", "joint")
            if plain and (actor.possessor or (not actor.oblique or actor.i >= f.left)):
                return role(s, actor.country, "imposer.possessor", actor.i, actor.j)
        if s.low(k) in ("a", "an") and k > f.left:
            return NOBODY
        adjective = next((m for m in s.adjectives if m.i <= k < m.j and k >= f.left), None)
        if adjective and f.n.verb is None and not (f.n.bare and f.relation == "object" and f.subject is not None):
            return role(s, adjective.entry.value, "imposer.demonym", adjective.i, adjective.j)
        word = s.low(k)
        if k >= f.left and word in ("its", "their", "his", "her", "our"):
            return role(s, _owner(word, k, f, s, seen), "imposer.its", k, k + 1)
    return NOBODY


def _owner(word: str, k: int, f: Frame, s: Tagged, seen: Discourse) -> str:
    if word == "our":
        from_quote = country_of(Actor(k, k + 1, "", "pronoun:we"), s, seen)
        return from_quote
    if f.subject is not None and f.subject.i < k:
        return country_of(f.subject, s, seen)
    before = [a for a in s.actors if a.j <= k and a.country and (not a.oblique or a.kind == "person")]
    if word in ("his", "her"):
        people = [a for a in before if a.kind in ("person", "body")]
        return people[-1].country if people else seen.person
    return before[-1].country if before else seen.subject


def _passive_agent(f: Frame, s: Tagged, seen: Discourse) -> Found:
    """ "Vietnam's 46% tariff was cut by Washington": the agent of a passive comes before any possessor."""
    return _by_phrase(f, s, seen) if f.verb is not None and f.verb.passive and f.relation == "subject" else NOBODY


def _hit_by(f: Frame, s: Tagged, seen: Discourse) -> Found:
    """ "China was hit by India with a 12 percent duty"; "Toys from China are banned in India"."""
    verb = f.verb
    if verb is None or not verb.passive:
        return NOBODY
    oblique = "in" if f.n.verb is verb and f.n.instrument == "import_ban" else "by" if verb.cls == "hit" else ""
    for actor in s.actors:
        near = verb.j <= actor.i <= verb.j + 2 and (actor.i < f.left or f.n.verb is verb)
        if oblique and near and actor.oblique == oblique and actor.kind in ("country", "place"):
            return role(s, actor.country, "imposer.hit-by", actor.i, actor.j)
    return NOBODY


_DECISIONS = frozenset(["decision", "move", "plan", "plans", "threat", "order", "vow", "pledge", "proposal", "decree"])


def _deciding(f: Frame, s: Tagged, seen: Discourse) -> Found:
    """ "India's decision to impose a duty angered Beijing": whose decision it is."""
    verb = f.verb
    if verb is None or verb.tense != "inf" or f.relation != "object" or s.low(verb.i - 1) not in _DECISIONS:
        return NOBODY
    for actor in s.actors:
        if actor.possessor and actor.j <= verb.i - 1 <= actor.j + 2:
            return role(s, actor.country, "imposer.whose-decision", actor.i, actor.j)
    return NOBODY


def _announced_by_colon(f: Frame, s: Tagged, seen: Discourse) -> Found:
    """ "Ottawa hit back: a 25 percent tariff on American cars": the subject before the colon."""
    start = clause(s, f.n.i)[0]
    verb = next((v for v in reversed(s.verbs) if v.j <= start), None)
    if f.verb is not None or s.low(start - 1) != ":" or verb is None or verb.cls not in ("retaliate", "respond"):
        return NOBODY
    actor = subject(s, verb)
    return role(s, country_of(actor, s, seen), "imposer.before-colon", actor.i, actor.j) if actor else NOBODY


def _exporter(f: Frame, s: Tagged, seen: Discourse) -> Found:
    """ "Exports of rice from India were halted", "exporters of graphite in China": whose exports they are."""
    if f.n.instrument not in EXPORT_SIDE or f.verb is None:
        return NOBODY
    start, end = clause(s, f.n.i)
    for actor in s.actors:
        if not start <= actor.i < end or actor.kind not in ("country", "place"):
            continue
        users = {"user", "users", "entities", "buyers", "customers"} & {s.low(k) for k in range(actor.i - 4, actor.i)}
        if users:
            continue
        if actor.oblique in ("from", "in") or actor.possessor or s.low(actor.i - 1) == "leaving":
            return role(s, actor.country, "imposer.exporter", actor.i, actor.j)
    adjective = adjective_at(s, start, f.n.i)
    return role(s, adjective.entry.value, "imposer.exporter", adjective.i, adjective.j) if adjective else NOBODY


def _partner(f: Frame, s: Tagged, seen: Discourse) -> Found:
    """ "a deal under which European exports will face 15%": the other side of the pair the sentence names."""
    if f.verb is None or f.verb.cls not in ("face", "subject", "fall", "rise", "be"):
        return NOBODY
    own = set(targets(f, seen).value)
    for actor in s.actors:
        sides = set(actor.country.split("+")) if actor.kind == "joint" else set()
        if len(sides) == 2 and len(sides & own) == 1:
            return role(s, (sides - own).pop(), "imposer.partner", actor.i, actor.j)
        back = {s.low(k) for k in range(max(0, actor.i - 6), actor.i)}
        if (
            (
                actor.oblique == "with"
                and back & {"agreement", "deal", "pact"}
                and actor.country
                and actor.country not in own
            )
            and (own == {"*"} or not own)
            and s.on("imposer.no-deal-with")
        ):
            return role(s, actor.country, "imposer.no-deal-with", actor.i, actor.j)
    return NOBODY


def _by_phrase(f: Frame, s: Tagged, seen: Discourse) -> Found:
    end = max(clause(s, f.n.i)[1], clause(s, f.verb.i)[1] if f.verb else 0)
    for actor in s.actors:
        if f.n.j <= actor.i < max(end, f.right) and actor.oblique == "by":
            passive = (f.verb and f.verb.passive and f.verb.j <= actor.i) or (
                f.participle and f.participle.j <= actor.i
            )
            done = bool(f.nominal) and f.relation == "subject" and f.verb is not None and actor.j <= f.verb.i
            if passive or done or actor.i - f.n.j <= 3:
                return role(s, country_of(actor, s, seen), "imposer.by", actor.i, actor.j)
    return NOBODY


_INTO = frozenset(["entering", "enter", "into", "reaching", "to", "bound"])


def _importer(f: Frame, s: Tagged, seen: Discourse) -> Found:
    """The country that goods enter: "entering the United States", "exports to the US", "at the US border"."""
    if f.n.instrument not in ("import_tariff", "import_ban", "import_quota", "tariff_rate_quota", "port_fee"):
        return NOBODY
    start, end = clause(s, f.verb.i if f.verb else f.n.i)
    for adjective in s.adjectives:
        gate = s.low(adjective.j) in ("border", "borders", "ports", "port", "customs", "market")
        if start <= adjective.i < max(end, f.right) and gate and s.low(adjective.i - 1) in ("the", "at", "in", "to"):
            return role(s, adjective.entry.value, "imposer.importer", adjective.i, adjective.j)
    start = min(start, clause(s, max(0, start - 1))[0]) if start and s.low(start) in ("which", "that") else start
    for actor in s.actors:
        if not start <= actor.i < max(end, f.right) or not actor.country or actor.kind == "person":
            continue
        back = [s.low(k) for k in range(max(0, actor.i - 5), actor.i)]
        enters = any(word in ("entering", "enter", "enters", "into", "reaching", "calling") for word in back)
        enters = enters and actor.oblique in ("", "into", "of", "at")
        exports = actor.oblique == "to" and any(w in ("exports", "shipments", "exported", "sales", "sold") for w in
                                                [s.low(k) for k in range(max(0, actor.i - 6), actor.i)])  # fmt: skip
        border = actor.oblique in ("at", "in") and s.low(actor.j) in ("border", "ports", "port", "customs")
        faces = (
            f.verb is not None
            and (f.verb.cls in MEETS or f.n.rule == "bare.dutiable")
            and f.relation == "object"
            and actor.i >= f.n.j
        )
        trader = actor.oblique == "in" and any(
            w in ("importers", "importer", "buyers") for w in [s.low(k) for k in range(max(0, actor.i - 7), actor.i)]
        )
        border = border or trader
        faces = faces or bool(
            f.verb
            and f.verb.passive
            and (f.relation == "subject" or f.n.bare)
            and actor.i >= f.verb.j
            and actor.oblique == "in"
        )
        border = border or (
            f.verb is not None
            and f.verb.cls == "effect"
            and f.relation == "subject"
            and actor.oblique == "in"
            and f.verb.j <= actor.i <= f.verb.j + 2
        )
        goods = set(back) & (ORIGIN_NOUNS - {"made"}) if actor.oblique == "from" else set(back) & MADE
        border = border or (faces and actor.oblique in ("in", "from") and not goods)
        border = border or (s.low(actor.j) == "'s" and s.low(actor.j + 1) in ("border", "ports"))
        if enters or exports or border:
            return role(s, actor.country, "imposer.importer", actor.i, actor.j)
    return NOBODY


def _acting_subject(f: Frame, s: Tagged, seen: Discourse) -> Found:
    verb = f.verb
    if verb is None or verb.cls in ("face", "subject"):
        return NOBODY
    if f.relation == "subject" or (verb.passive and f.n.verb is None):
        return NOBODY
    if f.subject is None or verb.passive or verb.lemma in ("secure", "win", "get", "obtain", "gain"):
        return NOBODY
    if f.subject.kind == "firms" and f.n.instrument not in _BY_FIRMS:
        return NOBODY
    code = country_of(f.subject, s, seen)
    return role(s, code, "imposer.subject", f.subject.i, f.subject.j)


def _home(f: Frame, s: Tagged, seen: Discourse) -> Found:
    """ "cars not made in America will pay": the country whose own goods are spared."""
    if target_rule(f, seen) != "target.not-made-in":
        return NOBODY
    for actor in s.actors:
        if actor.oblique in ("in", "outside") and actor.kind in ("country", "place"):
            return role(s, actor.country, "imposer.home", actor.i, actor.j)
    return NOBODY


def target_rule(f: Frame, seen: Discourse) -> str:
    """Return the rule that found whom a measure is aimed at."""
    return targets(f, seen).rule


def _teller(f: Frame, s: Tagged, seen: Discourse) -> Found:
    """ "Tariffs on Indian goods will rise, the White House said": who decides is who says so."""
    verb = f.verb
    moves = verb is not None and (
        verb.mood in ("will", "shall", "would", "may", "could")
        or verb.passive
        or verb.cls in ("rise", "fall", "effect")
        or verb.lemma == "apply"
        or verb.cls == "remain"
    )
    meets = verb is not None and verb.cls in MEETS and f.relation == "object"
    charged = verb is not None and verb.passive and verb.cls in ("impose", "hit", "tax")
    meets = meets or (charged and f.relation == "object" and f.n.instrument == "import_tariff")
    acts = verb is not None and f.relation == "object" and f.subject is None and s.low(verb.i - 1) in LAWS
    meets = meets or acts
    if verb is None or not (meets or (f.relation == "subject" and moves)):
        return NOBODY
    code, _, name = speaker(s, f.chain, seen)
    return Found((code,), "imposer.speaker", name) if code and "+" not in code else NOBODY


def _relative_subject(f: Frame, s: Tagged, seen: Discourse) -> Found:
    """ "the 15% duty it put on", "the duty Trump announced": the subject of a clause on the nucleus."""
    for verb in s.verbs:
        far = f.n.j + (24 if verb is f.participle else 8)
        if f.n.j <= verb.i <= far and not verb.passive and verb.cls in ("impose", "announce", "raise", "propose",
                                                                             "threaten"):  # fmt: skip
            actor = next((a for a in s.actors if f.n.j <= a.i and a.j <= verb.i and not a.oblique), None)
            if actor:
                return role(s, country_of(actor, s, seen), "imposer.relative", actor.i, actor.j)
    return NOBODY


def demander(f: Frame, seen: Discourse) -> str:
    """Return the country that asks, when the measure is asked of somebody."""
    for verb in f.chain:
        if verb.cls in ("demand", "want", "seek", "expect"):
            return country_of(subject(f.s, verb), f.s, seen)
    return ""


def chain_has(f: Frame, classes: frozenset[str]) -> Verb | None:
    """Return the innermost verb above a measure that belongs to one of the classes."""
    return next((v for v in f.chain if v.cls in classes), None)
