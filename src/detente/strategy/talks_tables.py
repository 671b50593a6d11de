"""The tables of talks: columns of plain values; names and units as files rely on them. [log points are called pp]"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from detente.strategy.talks import Talks

Columns = dict[str, list[Any]]


def package_columns(talks: Talks) -> Columns:
    """Return one row for each package: choices, gains against no deal, real income, sets, status."""
    question = talks.question
    count = len(question.package_laws)
    columns: Columns = {"package": list(range(count))}
    fixed = ("package", "rational", "pareto", "no_deal", "status")
    for position, matter in enumerate(question.matters):
        name = matter.name.replace("-", "_")
        taken = name in fixed or name in columns
        chosen = [matter.choices[talks.levels(number)[position]] for number in range(count)]
        columns[f"{name}_choice" if taken else name] = chosen
    gains = talks.U - talks.u0
    for n, code in enumerate(question.players.codes):
        part = _name(code)
        usable = [talks.solved.usable(law) for law in question.package_laws]
        income = [talks.real_income[law, n] for law in question.package_laws]
        columns[f"gain_{part}_pp"] = _numbers(gains[:, n])
        columns[f"gain_{part}_musd"] = _kept(talks.musd[:, n], usable)
        columns[f"real_income_{part}_pct"] = _kept(income, usable)
    odds = [talks.odds(number) for number in range(count)]
    for code in question.players.codes:
        values = [each[code].probability for each in odds]
        columns[f"break_even_{_name(code)}_pct"] = [None if q is None else 100 * q for q in values]
    columns["rational"] = talks.rational.tolist()
    columns["pareto"] = talks.on_edge.tolist()
    columns["no_deal"] = talks.is_no_deal.tolist()
    columns["status"] = [talks.solved.status(law) for law in question.package_laws]
    return columns


def point_columns(talks: Talks) -> Columns:
    """Return the bargaining points: name, package, player, gains, real income, break-even odds."""
    columns = _empty(
        "solution", "package", "player", "gain_pp", "gain_musd", "real_income_pct", "break_even_pct", "why"
    )
    for name, number in talks.points.items():
        if number is None:
            continue
        deal, odds = talks.deal(number, name), talks.odds(number)
        for code in talks.question.players.codes:
            q = odds[code].probability
            _add(
                columns, name, number, code, deal.gain_pp[code], deal.gain_musd[code], deal.real_income_pct[code],
                None if q is None else 100 * q, odds[code].why,
            )  # fmt: skip
    return columns


def concession_columns(talks: Talks) -> Columns:
    """Return what each choice brings each player alone, from no deal and from the solution."""
    columns = _empty("moved_from", "issue", "choice", "giver", "player", "gain_pp")
    for where, steps in (("no-deal", talks.steps), (talks.rule, talks.steps_from_solution)):
        for step in steps:
            matter = talks.question.matters[step.issue]
            for code, gain in zip(talks.question.players.codes, step.gains, strict=True):
                giver = ",".join(matter.givers)
                _add(columns, where, matter.name, matter.choices[step.level], giver, code, gain)
    return columns


def linkage_columns(talks: Talks) -> Columns:
    """Return pairs of concessions of which the first is refused alone and both are accepted."""
    columns = _empty("issue", "choice", "refused_by", "with_issue", "with_choice", "player", "gain_pp")
    for each in talks.linkages:
        first, second = (_words(talks, pair) for pair in (each.first, each.second))
        refused = ",".join(talks.question.players.codes[n] for n in each.refused_by)
        for code, gain in zip(talks.question.players.codes, each.gains, strict=True):
            _add(columns, *first, refused, *second, code, gain)
    return columns


def threat_columns(talks: Talks) -> Columns:
    """Return what carrying out each threat brings, by situation and player."""
    columns = _empty("threat", "by", "answer", "player", "gain_pp", "best_response")
    for each in talks.threats:
        for code, gain in ((each.who, each.own), *each.others):
            _add(columns, ",".join(each.measures), each.who, each.answer, code, gain, each.best_response)
    return columns


def truce_columns(talks: Talks) -> Columns:
    """Return payoffs and critical discount factor of each side of each truce."""
    columns = _empty("issue", "player", "keep_pp", "deviate_pp", "punish_pp", "critical_discount_factor", "why")
    for truce in talks.truces:
        for code, side in truce.sides.items():
            _add(columns, truce.issue, code, side.keep, side.deviate, side.punish, side.factor, side.why)
    return columns


def _empty(*names: str) -> Columns:
    return {name: [] for name in names}


def _add(columns: Columns, *values: Any) -> None:
    """Add a row; what is not a number, because its law was not solved, is None."""
    for name, value in zip(columns, values, strict=True):
        columns[name].append(None if value != value else value)


def _words(talks: Talks, pair: tuple[int, int]) -> tuple[str, str]:
    matter = talks.question.matters[pair[0]]
    return matter.name, matter.choices[pair[1]]


def _name(code: str) -> str:
    return code.lower().replace("-", "_")


def _numbers(values: Any) -> list[float | None]:
    return [float(value) if value == value else None for value in values]


def _kept(values: Any, usable: Sequence[bool]) -> list[float | None]:
    found = _numbers(values)
    return [value if good else None for value, good in zip(found, usable, strict=True)]


TABLES: Final[Mapping[str, Callable[[Talks], Columns]]] = {
    "packages": package_columns,
    "points": point_columns,
    "concessions": concession_columns,
    "linkages": linkage_columns,
    "threats": threat_columns,
    "truces": truce_columns,
}
