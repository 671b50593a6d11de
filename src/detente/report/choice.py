"""What a reader has chosen to look at: economy, branch, the pair whose trade is shown in detail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from detente.core.codes import COUNTRY_ALIASES
from detente.core.errors import UsageError, nearest
from detente.report.select import BranchView, View


@dataclass(frozen=True)
class Choice:
    """A selection that fits a view.

    Attributes:
        country: whose four numbers are shown; an economy or a group. branch: its name.
        by, against: importer and origin looked at in detail, both economies; "" where the view has no pair.
    """

    country: str
    branch: str
    by: str = ""
    against: str = ""

    def of(self, view: View) -> BranchView:
        """Return the chosen branch."""
        return next(branch for branch in view.branches if branch.name == self.branch)

    @property
    def pair(self) -> tuple[str, str] | None:
        """Return (importer, origin), or None."""
        return (self.by, self.against) if self.by and self.against else None


def choose(
    view: View, *, country: str | None = None, branch: str | None = None, by: str | None = None,
    against: str | None = None,
) -> Choice:  # fmt: skip
    """Return a selection; what is not given is the first of the view.

    Args:
        view: what is shown. country: an economy or group. branch: a name. by, against: economies, importer and origin.
    Raises:
        UsageError: something that the view does not have, with the nearest that it has.
    """
    names = [each.name for each in view.branches]
    labels = list(dict.fromkeys(code for code, _ in view.branches[0].values))
    economies = list(view.run.base.countries)
    pair = view.focus or ("", "")
    found = {
        "country": (country, labels, view.countries[0]),
        "branch": (branch, names, names[0]),
        "by": (by, economies, pair[0]),
        "against": (against, economies, pair[1]),
    }
    chosen = {name: _known(name, *item) for name, item in found.items()}
    if chosen["by"] and chosen["by"] == chosen["against"]:
        chosen |= _apart(chosen, by, pair)
    return Choice(**chosen)


def choice_of(view: View, query: Mapping[str, str]) -> Choice:
    """Return the selection that an address says: its keys are the fields of `Choice`; others are ignored."""
    return choose(view, **{name: query.get(name) or None for name in ("country", "branch", "by", "against")})


def _apart(chosen: Mapping[str, str], by: str | None, pair: tuple[str, str]) -> dict[str, str]:
    """Return the side that was not asked for, moved so that the two differ."""
    other = next(code for code in (*reversed(pair), "USA", "CHN") if code and code != chosen["by"])
    return {"against": other} if by else {"by": other}


def _known(name: str, asked: str | None, valid: list[str], default: str) -> str:
    if asked is None:
        return default
    if asked not in valid:
        hint = nearest(asked, valid, aliases=dict(COUNTRY_ALIASES))
        raise UsageError(f"{name}: found {asked!r}; expected one of this run" + (f"; try {hint}" if hint else ""))
    return asked
