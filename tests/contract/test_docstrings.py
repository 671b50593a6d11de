"""Every public name is documented, and the examples in docstrings do what they say."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from concurrent.futures import Executor
from pathlib import Path

import pytest

import detente as dt
from detente import api
from documentation import example, reader

VERBS = [name for name in api.__all__ if not inspect.isclass(getattr(dt, name))]
THINGS = [name for name in api.__all__ if inspect.isclass(getattr(dt, name))]
ON_PAGES = {"report", "sweep"}
"""Verbs that write seconds' worth of files: their examples are pages, how-to/reports-and-files and run-10000-draws."""


WITHOUT_SOURCE = ON_PAGES | {"baseline", "cite", "export", "read", "scenario"}
"""Verbs that compute nothing."""


def parts(name: str) -> dict[str, str]:
    """Return the sections of a docstring by their head."""
    text = inspect.getdoc(getattr(dt, name)) or ""
    found = re.split(r"^(Args|Returns|Raises|Example|Attributes):\n", text, flags=re.MULTILINE)
    return {"": found[0]} | dict(zip(found[1::2], found[2::2], strict=True))


@pytest.mark.parametrize("name", VERBS)
def test_a_verb_says_what_it_takes_gives_and_refuses(name: str) -> None:
    found = parts(name)
    assert re.search(r"\.( \[%\])?$", found[""].split("\n")[0])
    assert {"Args", "Returns", "Raises"} <= set(found)
    missing = [each for each in inspect.signature(getattr(dt, name)).parameters if each not in found["Args"]]
    assert not missing
    assert ("Example" in found) is (name not in ON_PAGES)
    assert ("Source:" in (inspect.getdoc(getattr(dt, name)) or "")) is (name not in WITHOUT_SOURCE)


@pytest.mark.parametrize("name", THINGS)
def test_a_thing_says_what_it_holds(name: str) -> None:
    """Every field of a dataclass has its line; every public method has a sentence."""
    thing, text = getattr(dt, name), inspect.getdoc(getattr(dt, name)) or ""
    assert text.split("\n")[0].endswith((".", ":"))
    hidden = [each for each in getattr(thing, "__dataclass_fields__", {}) if not re.search(rf"\b{each}\b", text)]
    assert not hidden
    own = {key: value for key, value in vars(thing).items() if not key.startswith("_")}
    methods = [key for key, value in own.items() if callable(value) or isinstance(value, property | classmethod)]
    assert not [key for key in methods if not inspect.getdoc(inspect.getattr_static(thing, key))]


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[Executor]:
    """Return the process in which examples are run."""
    with reader() as pool:
        yield pool


@pytest.mark.parametrize("name", [name for name in VERBS if name not in ON_PAGES])
def test_the_example_of_a_verb(name: str, tmp_path: Path, elsewhere: Executor) -> None:
    tried, wrong = elsewhere.submit(example, name, tmp_path).result(timeout=120)
    assert tried > 1
    assert not wrong, wrong
