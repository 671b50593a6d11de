"""On whom measures of one kind are aimed: listed firms, sellers, who is probed, judged, or loses a preference."""

from __future__ import annotations

from detente.news.actors import Discourse, countries_named, country_of
from detente.news.found import EXPORT_SIDE, NOBODY, Found, add_code, role, spelled
from detente.news.frames import Frame
from detente.news.grammar import Tagged, clause
from detente.news.verb_chains import plain_object
from detente.news.word_lists import word_list

_FIRMS = word_list("roles.firms")


def winner(f: Frame, s: Tagged, seen: Discourse) -> Found:
    """ "Switzerland secured a cut in US tariffs": who wins relief from somebody else's duty."""
    wins = f.verb is not None and f.verb.lemma in ("secure", "win", "get", "obtain", "gain", "negotiate")
    relief = any(cls in ("reduce", "exempt", "suspend", "remove") for cls, _ in f.nominal)
    relief = relief or f.n.instrument == "tariff_rate_quota"
    if not wins or not relief or f.subject is None or f.subject.kind not in ("country", "place", "body"):
        return NOBODY
    return role(s, country_of(f.subject, s, seen), "target.winner", f.subject.i, f.subject.j)


def loser(f: Frame, s: Tagged, seen: Discourse) -> Found:
    """ "Moldova lost its duty-free access", "ended India's trade preferences": whose preference it was."""
    if f.n.rule != "preference.lost":
        return NOBODY
    if f.verb is not None and f.verb.lemma in ("lose", "forfeit") and f.subject is not None:
        return role(s, country_of(f.subject, s, seen), "target.loser", f.subject.i, f.subject.j)
    for actor in s.actors:
        if actor.oblique == "of" and s.low(actor.i - 2) in ("designation", "status", "eligibility") and actor.i < f.n.i:
            return role(s, actor.country, "target.loser", actor.i, actor.j)
    owner = next((a for a in s.actors if f.left <= a.i < f.n.i and a.possessor and a.country), None)
    return role(s, owner.country, "target.loser", owner.i, owner.j) if owner is not None else NOBODY


def maker(f: Frame, s: Tagged, seen: Discourse) -> Found:
    """ "buying chips made by Micron": where the firm is from."""
    if f.n.instrument not in ("import_ban", "investigation", "tech_export_control", "export_ban", "import_tariff",
                              "purchase_commitment"):  # fmt: skip
        return NOBODY
    end = max(f.right, clause(s, f.n.i)[1])
    codes = [m.entry.value for m in s.firms if f.n.i <= m.i < end]
    return Found((codes[0],), "target.firm") if codes and len(set(codes)) == 1 else NOBODY


def sent_to(f: Frame, s: Tagged, seen: Discourse) -> Found:
    """ "may be exported to", "supplied to a military user in", "applications to ship gallium to": where it goes."""
    permit = (f.n.rule.startswith("permit.") and f.n.rule != "permit.entry") or f.n.rule == "curb.export-permit"
    if not permit and f.n.instrument not in EXPORT_SIDE:
        return NOBODY
    start = clause(s, f.n.i)[0]
    codes: list[str] = []
    for actor in s.actors:
        if actor.i < start or actor.kind not in ("country", "place", "joint") or actor.possessor:
            continue
        user = {s.low(k) for k in range(max(0, actor.i - 4), actor.i)} & {"user", "users", "buyers", "recipients"}
        if (permit and actor.oblique == "to") or (user and actor.oblique == "in"):
            add_code(codes, actor.country)
    return Found(tuple(codes), "target.sent-to") if codes else NOBODY


def struck(f: Frame, s: Tagged, seen: Discourse) -> Found:
    """ "takes Korea off its list": who loses the easier procedure."""
    if f.n.instrument != "export_licensing" or f.n.verb is None:
        return NOBODY
    actor = plain_object(s, f.n.verb)
    return role(s, actor.country, "target.struck", actor.i, actor.j) if actor and actor.country else NOBODY


def other_owner(f: Frame, s: Tagged, seen: Discourse) -> Found:
    """ "Beijing's 125% and Washington's 145% remain": each is aimed at the other."""
    if f.n.rule != "bare.owned":
        return NOBODY
    owners = [a for a in s.actors if a.possessor and a.country]
    own = next((a.country for a in owners if a.j + 1 == f.n.i), "")
    other = next((a for a in owners if a.country != own), None)
    return role(s, other.country, "target.other-owner", other.i, other.j) if other and own else NOBODY


def probed(f: Frame, s: Tagged, seen: Discourse) -> Found:
    """ "looking into the bloc's pork": whose goods are looked at."""
    if f.n.instrument != "investigation":
        return NOBODY
    for actor in s.actors:
        if f.n.verb is not None and f.n.j <= actor.i <= f.n.j + 3 and actor.possessor:
            return role(s, actor.country, "target.probed", actor.i, actor.j)
    acting = f.subject.i if f.subject is not None else -1
    codes: list[str] = []
    for actor in s.actors:
        place = actor.i >= f.n.j and actor.i != acting and actor.kind in ("country", "place", "joint")
        if place and (actor.oblique in ("of", "from", "into", "against", "on", "") or actor.possessor):
            add_code(codes, actor.country)
    for adjective in s.adjectives:
        if adjective.i >= f.n.j and not any(a.i <= adjective.i < a.j for a in s.actors if a.kind != "firms"):
            add_code(codes, adjective.entry.value)
    if f.n.verb is None and codes:
        return Found(tuple(codes), "target.probed")
    return NOBODY


_JUDGED = frozenset(["curbs", "duties", "duty", "tariffs", "safeguards", "quotas", "measures", "restrictions",
                     "subsidies", "ban", "bans", "export", "levies"])  # fmt: skip


def ruled_against(f: Frame, s: Tagged, seen: Discourse) -> Found:
    """ "ruled that the United States' duties broke its rules", "ruled against India": whose measure is judged."""
    if f.n.instrument != "legal_ruling" or f.n.verb is None:
        return NOBODY
    theirs = [a for a in s.actors if a.i >= f.n.verb.j and a.kind in ("country", "place", "body") and a.country]
    if f.n.verb.lemma in ("allow", "authorise", "authorize", "permit") and len(theirs) > 1:
        return role(s, theirs[-1].country, "target.ruled", theirs[-1].i, theirs[-1].j)
    for adjective in s.adjectives:  # "found that Chinese curbs on exports breach the rules"
        judged = {s.low(k) for k in range(adjective.j, adjective.j + 4)} & _JUDGED
        if adjective.i >= f.n.verb.j and judged:
            return role(s, adjective.entry.value, "target.ruled", adjective.i, adjective.j)
    first = next((a for a in theirs if a.possessor or a.oblique in ("against", "") or a.kind == "country"), None)
    return role(s, first.country, "target.ruled", first.i, first.j) if first is not None else NOBODY


def entering(f: Frame, s: Tagged, seen: Discourse) -> Found:
    """ "13,000 tonnes of US beef to enter duty-free": where the goods of a quota come from."""
    if f.n.instrument == "tariff_rate_quota" and f.verb is not None and f.relation == "object":
        for adjective in s.adjectives:  # "will give American ethanol a duty-free quota"
            goods = any(adjective.j <= m.i <= adjective.j + 2 for m in s.products)
            if goods and f.verb.j <= adjective.i <= f.verb.j + 2 and adjective.i < f.left:
                return role(s, adjective.entry.value, "target.entering", adjective.i, adjective.j)
    if f.n.rule != "permit.entry":
        return NOBODY
    first = next((i for i, _, a in s.amounts if not a.money), 0)
    for adjective in s.adjectives:
        if first <= adjective.i:
            return role(s, adjective.entry.value, "target.entering", adjective.i, adjective.j)
    for actor in s.actors:
        if first <= actor.i and actor.kind in ("country", "place") and actor.oblique in ("of", "from"):
            return role(s, actor.country, "target.entering", actor.i, actor.j)
    return NOBODY


def listed(f: Frame, s: Tagged, seen: Discourse) -> Found:
    """ "added 11 American companies to its list": the firms' country."""
    if f.n.instrument != "entity_listing":
        return NOBODY
    start, end = clause(s, f.n.i)
    if f.verb is not None and f.verb.i < start:  # "put 20 Japanese companies and institutes on its list"
        start = clause(s, f.verb.i)[0]
    homes: list[str] = []
    for adjective in s.adjectives:
        if start <= adjective.i < end and any(s.low(k) in _FIRMS for k in range(adjective.j, adjective.j + 5)):
            add_code(homes, adjective.entry.value)
    last = -1
    for actor in s.actors:
        if not (start <= actor.i < end and actor.kind in ("country", "place", "joint")):
            continue
        acts = any(v.i in range(actor.j, actor.j + 3) for v in s.verbs)
        firms = any(s.low(k) in _FIRMS for k in range(actor.j, actor.j + 4)) and not actor.possessor and not acts
        back = any(s.low(k) in _FIRMS for k in range(max(start, actor.i - 5), actor.i))
        under = s.low(actor.i - 2) in ("destination", "destinations")
        joined = homes and not actor.oblique and s.low(actor.i - 1) in (",", "and") and actor.i - last <= 3
        if joined or firms or ((back or under) and actor.oblique in ("of", "from", "in")):
            add_code(homes, actor.country)
            last = actor.j
    if homes:
        return Found(tuple(homes), "target.firms-of")
    named = [m.entry.value for m in s.firms if start <= m.i < end]
    return Found(tuple(dict.fromkeys(named)), "target.firms-named", "") if named else NOBODY


_PLACES = frozenset(["countries", "nations", "economies", "states", "governments", "members", "partners", "country"])


def the_group(f: Frame, s: Tagged, seen: Discourse) -> Found:
    """ "steel articles of these countries", "against the same five countries": those named together before."""
    start = 0 if f.alone else clause(s, f.n.i)[0]
    for k in range(start, len(s.words)):
        if s.low(k) not in ("these", "those", "same", "both", "either"):
            continue
        noun = next((n for n in (k + 1, k + 2) if s.low(n) in _PLACES), -1)
        before = s.low(k - 2) if s.low(k - 1) in ("the", "all") else s.low(k - 1)
        if noun < 0 or before not in ("of", "from", "on", "against", "for", "over"):
            continue
        named = countries_named(s, k)
        group = named if len(named) > 1 else seen.group
        imposing = country_of(f.subject, s, seen) if f.subject is not None else seen.publisher
        group = tuple(code for code in group if code != imposing)
        if len(group) > 1:
            return Found(group, "target.those-countries", spelled(s, k, noun + 1))
    return NOBODY


def invested(f: Frame, s: Tagged, seen: Discourse) -> Found:
    if f.n.instrument != "investment_commitment":
        return NOBODY
    end = clause(s, f.n.i)[1]
    for actor in s.actors:
        if f.n.j <= actor.i < end and actor.oblique in ("in", "into", "to") and actor.kind in ("country", "place"):
            return role(s, actor.country, "target.invest-in", actor.i, actor.j)
    for adjective in s.adjectives:
        if f.n.j <= adjective.i < end:
            return role(s, adjective.entry.value, "target.invest-in", adjective.i, adjective.j)
    return NOBODY


def bought(f: Frame, s: Tagged, seen: Discourse) -> Found:
    """ "buy $500 billion of US energy", "resume purchases of American soybeans": the seller."""
    if f.n.instrument != "purchase_commitment":
        return NOBODY
    end = clause(s, f.n.i)[1]
    for adjective in s.adjectives:
        if f.n.j <= adjective.i < end:
            return role(s, adjective.entry.value, "target.seller", adjective.i, adjective.j)
    for actor in s.actors:
        if f.n.j <= actor.i < end and actor.kind in ("country", "place") and actor.oblique in ("", "of", "from"):
            return role(s, actor.country, "target.seller", actor.i, actor.j)
    return NOBODY
