"""Talks on one screen, as a negotiator reads them: no deal, deals, what concessions bring, threats, truce, deadline."""

from __future__ import annotations

from typing import Any, Final

from detente.core.certificate import CERTIFIED
from detente.report.text_table import number, table
from detente.strategy.bargaining import Change
from detente.strategy.talks import Talks

SHOWN_LINKAGES: Final = 4
SHOWN_SECONDS: Final = 3
HOLDS: Final = "holds"


def talks_text(talks: Talks) -> str:
    """Return talks as they are printed, without the line that repeats them."""
    parts = [_title(talks), _no_deal(talks), _deals(talks), _concessions(talks), _linkages(talks)]
    parts += [*_threats(talks), "\n".join([*_truces(talks), *_deadline(talks)]), _closures(talks), _closing(talks)]
    return "\n\n".join(part for part in parts if part)


def _title(talks: Talks) -> str:
    facts, question = talks.facts, talks.question
    n, j = facts["shape"]
    name = facts["title"] or facts["scenario"]
    lines = [f"{name} · talks, laws as of {facts['horizon']} · {facts['baseline']}: {n} economies x {j} sectors"]
    kinds = dict.fromkeys(question.players.objectives)
    players = ", ".join(
        code if len(kinds) == 1 else f"{code} ({words})"
        for code, words in zip(question.players.codes, question.players.objectives, strict=True)
    )
    what = f"{players} maximise {next(iter(kinds))}" if len(kinds) == 1 else players
    purged = facts["closure_rule"] == "purged"
    world = "trade balanced before anything else (purged world)" if purged else "as in the file"
    lines.append(f"{what} · closure {talks.solved.closure}, {world}")
    lines.append(f"gains: 100 ln of real income against no deal, called pp; {_beyond_trade(talks)}")
    if facts["assumed"]:
        lines.append(f"assumed, the level is ours and not the source's: {', '.join(facts['assumed'])}")
    return "\n".join(lines)


def _beyond_trade(talks: Talks) -> str:
    if talks.question.package_worth.any():
        return "with what the file says choices are worth beyond trade"
    return "concessions beyond trade are worth nothing here, because the file gives them no `worth`"


def _no_deal(talks: Talks) -> str:
    facts, codes = talks.facts, talks.question.players.codes
    include, drop = facts["include"], facts["drop"]
    content = [f"with {', '.join(include)}"] if include else []
    content += [f"without {', '.join(drop)}"] if drop else []
    of = "" if facts["disagreement"] == "of the file" else f" ({facts['disagreement']})"
    laws = {
        f"no deal{of}": talks.question.no_deal,
        f"nobody acts: the file on {facts['horizon']}": talks.question.standing,
    }
    rows = [[name, *(number(v, change=True) for v in talks.real_income[law])] for name, law in laws.items()]
    head = [f"real income, % against {facts['comparator']}", *codes]
    return table(head, rows) + f"\nno deal: the file on that day {'; '.join(content) or 'as it stands'}"


def _deals(talks: Talks) -> str:
    counted = [
        f"{len(talks.U)} packages",
        f"{int(talks.agreed.sum())} deals that nobody refuses",
        f"{int(talks.on_edge.sum())} on the Pareto edge",
    ]
    lines = [", ".join(counted) + _unranked(talks)]
    if talks.agreed.any():
        lines.append(_points(talks))
    else:
        lines += _least_bad(talks)
    return "\n".join(lines)


def _unranked(talks: Talks) -> str:
    laws = talks.question.package_laws
    out = [talks.solved.status(law) for law in laws if not talks.solved.usable(law)]
    told = ", ".join(f"{out.count(status)} {status}" for status in dict.fromkeys(out))
    return f"; not ranked: {told}" if out else ""


def together(talks: Talks) -> dict[int, list[str]]:
    """Return the packages that bargaining ends in, each with the names of the solutions that end there."""
    found: dict[int, list[str]] = {}
    for name, at in talks.points.items():
        if at is not None:
            found.setdefault(at, []).append(name)
    return found


def _points(talks: Talks) -> str:
    codes = talks.question.players.codes
    head = ["bargaining ends in", "package", *(f"{c}, pp" for c in codes), *(f"{c}, MUSD" for c in codes)]
    head += [f"{c}, break-even" for c in codes]
    rows, contents = [], []
    for at, names in together(talks).items():
        deal, odds = talks.deal(at), talks.odds(at)
        rows.append(
            [
                ", ".join(names), str(at),
                *(number(deal.gain_pp[c], change=True) for c in codes),
                *(number(deal.gain_musd[c], change=True) for c in codes),
                *(percent(odds[c].probability) for c in codes),
            ]
        )  # fmt: skip
        contents.append(f"  {at}: {content(talks, at)}")
        contents += _others(talks, at)
    note = "break-even: from these odds of no deal on it beats waiting; 0%: it does anyway; none: it never does"
    return "\n".join([table(head, rows), *contents, note])


def content(talks: Talks, at: int) -> str:
    """Return what a package is, issue by issue."""
    return " · ".join(f"{issue} {choice}" for issue, choice in talks.choices(at).items())


def _others(talks: Talks, at: int) -> list[str]:
    """Return a line on third economies of the report: real income in a package less that without a deal."""
    codes = [c for c in talks.facts["report_countries"] if c not in talks.question.players.codes]
    if not codes:
        return []
    law = talks.question.package_laws[at]
    after, before = talks.real_income_of(codes, law), talks.real_income_of(codes, talks.question.no_deal)
    told = ", ".join(f"{code} {number(after[code] - before[code], change=True)}" for code in after)
    return [f"  others, real income against no deal, pp: {told}"] if told else []


def percent(probability: float | None) -> str:
    """Return odds as they are printed."""
    return "none" if probability is None else f"{100 * probability:.1f}%"


def _least_bad(talks: Talks) -> list[str]:
    lines = ["no package is accepted by everybody"]
    for each in talks.least_bad:
        who = "smallest largest shortfall" if each.alone is None else f"all but {codes_of(talks)[each.alone]} accept"
        short = number(each.shortfall)
        gains = ", ".join(f"{c} {number(g, change=True)}" for c, g in talks.deal(each.package).gain_pp.items())
        lines.append(f"  {who}, short by {short} pp: {each.package}: {content(talks, each.package)} ({gains})")
    return lines


def codes_of(talks: Talks) -> tuple[str, ...]:
    """Return the codes of the players."""
    return talks.question.players.codes


def _concessions(talks: Talks) -> str:
    codes = talks.question.players.codes
    after = {(step.issue, step.level): step for step in talks.steps_from_solution}
    goal = "" if talks.chosen is None else f"from {talks.chosen}: "
    head = ["what each choice brings, pp", "", "imposed by", *(f"from no deal: {c}" for c in codes)]
    head += [f"{goal}{c}" for c in codes] if after else []
    rows = []
    for step in talks.steps:
        matter = talks.question.matters[step.issue]
        row = [matter.name, matter.choices[step.level], ", ".join(matter.givers)]
        row += _gains(step, talks.question.start[step.issue])
        if talks.chosen is not None:
            row += _gains(after[step.issue, step.level], talks.levels(talks.chosen)[step.issue])
        rows.append(row)
    return table(head, rows, left=3)


def _gains(step: Change, held: int | None) -> list[str]:
    if step.level == held:
        return [HOLDS] * len(step.gains)
    return [number(gain, change=True) for gain in step.gains]


def _linkages(talks: Talks) -> str:
    """Return which second concession makes a refused first one acceptable, the best first."""
    lines: list[str] = []
    firsts: dict[tuple[int, int], list[Any]] = {}
    for each in talks.linkages:
        firsts.setdefault(each.first, []).append(each)
    for first, found in list(firsts.items())[:SHOWN_LINKAGES]:
        refused = " and ".join(codes_of(talks)[n] for n in found[0].refused_by)
        more = f" and {len(found) - SHOWN_SECONDS} more" if len(found) > SHOWN_SECONDS else ""
        seconds = ", ".join(_step(talks, each.second) for each in found[:SHOWN_SECONDS])
        lines.append(f"{_step(talks, first)}: refused alone by {refused}, accepted with {seconds}{more}")
    opened = [(talks.question.matters[each.issue].name, each) for each in talks.openings if each.refused]
    if opened:
        told = ", ".join(f"{name} {each.accepted} of {each.refused}" for name, each in opened)
        lines.append(f"refused packages that one more issue turns into accepted ones: {told}")
    if talks.start is None:
        return ""
    if not lines:
        return "linkages: none is needed; no concession that is refused alone is accepted with a second one"
    return "linkages\n" + "\n".join(f"  {line}" for line in lines)


def _step(talks: Talks, pair: tuple[int, int]) -> str:
    matter = talks.question.matters[pair[0]]
    return f"{matter.name} {matter.choices[pair[1]]}"


def _threats(talks: Talks) -> list[str]:
    rows = []
    for each in talks.threats:
        others = ", ".join(f"{code} {number(value, change=True)}" for code, value in each.others)
        verdict = "a best response" if each.best_response else "no best response"
        bites = "" if each.bites else ", and it does not bite"
        told = [", ".join(each.measures), each.who, each.answer, verdict + bites]
        rows.append([*told, number(each.own, change=True), others])
    head = ["threat, carried out against not", "by", "while", "carrying it out is", "own, pp", "others, pp"]
    return [table(head, rows, left=4)] if rows else []


def _truces(talks: Talks) -> list[str]:
    """Return a table of what keeps each truce; empty without one."""
    rows = []
    for truce in talks.truces:
        for code, side in truce.sides.items():
            moves = (side.deviate - side.keep, side.punish - side.keep)
            need = "none" if side.factor is None else f"{side.factor:.3f}"
            rows.append([truce.issue, code, side.why, *(number(value, change=True) for value in moves), need])
    day = talks.question.background
    head = [f"truce, as of {day}", "", "", "breaking it alone, pp", "all breaking it, pp", "discount factor needed"]
    return [table(head, rows, left=3)] if rows else []


def _deadline(talks: Talks) -> list[str]:
    found = talks.deadline
    if found is None:
        return []
    change = ", ".join(f"{code} {number(value, change=True)} pp" for code, value in found.change.items())
    begins = f"{', '.join(found.laws.begins)} begin" if found.laws.begins else "nothing begins"
    ends = f", {', '.join(found.laws.ends)} end" if found.laws.ends else ""
    return [f"deadline {found.laws.day}, if nobody acts: {begins}{ends}: {change}"]


def _closing(talks: Talks) -> str:
    worst, count, reached = talks.solved.worst, len(talks.solved.certificates), talks.solved.reached
    statuses = [talks.solved.status(law) for law in range(count)]
    told = ", ".join(f"{statuses.count(status)} {status}" for status in dict.fromkeys(statuses))
    told = f"all {CERTIFIED}" if set(statuses) == {CERTIFIED} else told
    laws = f"{count} laws" if reached == count else f"{reached} of {count} laws"
    return f"{laws} solved and recomputed: {told}; the worst: {worst.line if worst else 'none'}"


def _closures(talks: Talks) -> str:
    """Return no deal and the points under the closure that ranks and under the other one, and their difference."""
    other = talks.other
    if other is None:
        return ""
    law = talks.question.no_deal
    ours, theirs = talks.real_income[law].tolist(), list(other.no_deal.values())
    head = ["closure", *(f"no deal, %: {code}" for code in codes_of(talks))]
    for at, names in together(talks).items():
        head += [f"gain in {at}, pp: {code}" for code in codes_of(talks)]
        ours += list(talks.deal(at).gain_pp.values())
        theirs += list(other.gains[names[0]].values())
    gaps = [b - a for a, b in zip(ours, theirs, strict=True)]
    lines = ((talks.solved.closure, ours), (other.closure, theirs), ("difference", gaps))
    return table(head, [[name, *(number(value, change=True) for value in values)] for name, values in lines])
