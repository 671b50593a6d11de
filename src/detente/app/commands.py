"""A state of the page in words: the command line and the Python that give the same, and what the visitor changed."""

from __future__ import annotations

import shlex

from detente.app.selection import Selection
from detente.scenario.schema import MAIN


def _file(state: Selection, first: str) -> str:
    """Return the name of the scenario as one would type it: edited ones are downloaded first."""
    return "scenario.yaml" if state.edit or state.case.startswith("my/") else state.case or first


def command_of(state: Selection, *, first: str = "us-china-2025-10") -> str:
    """Return the command line that solves the same."""
    words = ["detente", "run", _file(state, first)]
    if state.branch and state.branch != (MAIN,):
        words += ["--branch", ",".join(state.branch)]
    for name in ("on", "closure", "elasticities"):
        if value := getattr(state, name):
            words += [f"--{name}", value]
    for name in ("include", "drop", "set"):
        for value in getattr(state, name):
            words += [f"--{name}", value]
    return shlex.join(words)


def python_of(state: Selection, *, first: str = "us-china-2025-10") -> str:
    """Return the lines of Python that solve the same."""
    lines = ["import detente as dt", f"case = dt.scenario({_file(state, first)!r})"]
    if state.include:
        lines.append(f"case = case.include({', '.join(map(repr, state.include))})")
    for item in state.drop:
        lines.append(f"case = case.drop({f'authority={item[10:]!r}' if item.startswith('authority=') else repr(item)})")
    for item in state.set:
        name, _, rate = item.partition("=")
        lines.append(f"case = case.set({name!r}, {rate!r})")
    if state.closure:
        lines.append(f"case = case.replace(closure=dt.Closure({state.closure!r}))")
    if state.elasticities:
        lines.append(f"case = case.replace(elasticities={state.elasticities!r})")
    day = f", on={state.on!r}" if state.on else ""
    lines.append(f"run = dt.run(case, branches={list(state.branch or (MAIN,))!r}{day})")
    lines.append(f'run[{(state.branch or (MAIN,))[0]!r}].table("countries")')
    return "\n".join(lines)


def changes(state: Selection, *, own: bool = False) -> list[str]:
    """Return, in words, what the visitor has changed in the file; `own`: the text is a scenario of its own."""
    found = [] if own or not state.edit else ["the text was edited"]
    found += [f"{item.replace('=', ' at ', 1)}" for item in state.set]
    found += [f"with {item}" for item in state.include if not any(each.startswith(f"{item}=") for each in state.set)]
    found += [f"without {item.removeprefix('authority=')}" for item in state.drop]
    found += [f"{name} {value}" for name in ("closure", "elasticities", "on") if (value := getattr(state, name))]
    return found
