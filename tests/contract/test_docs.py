"""The documentation is true: every example runs, prints what the page says, and every code and name is explained."""

from __future__ import annotations

import ast
import csv
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Executor
from pathlib import Path

import pytest

import detente as dt
from detente import api
from detente.core import certificate
from detente.core.notation import notation
from documentation import FENCE, follow, reader

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(path for path in DOCS.rglob("*.md") if not {"decisions", "_build"} & set(path.parts))
NAMES = [path.relative_to(DOCS).as_posix() for path in PAGES]


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[Executor]:
    """Return the process in which pages are followed."""
    with reader() as pool:
        yield pool


@pytest.mark.parametrize("name", [name for name in NAMES if FENCE.search((DOCS / name).read_text(encoding="utf-8"))])
def test_examples_of_a_page(name: str, tmp_path: Path, elsewhere: Executor) -> None:
    """Every example of a page does what the page says, in order, in an empty folder."""
    wrong = elsewhere.submit(follow, DOCS / name, tmp_path).result(timeout=300)
    assert not wrong, "\n".join(wrong)


def text_of(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def source_files() -> list[Path]:
    return sorted((ROOT / "src" / "detente").rglob("*.py"))


def warnings_in(path: Path) -> Iterator[tuple[str, str]]:
    """Yield (code, see) of every certificate warning that a source file can make."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Warn":
            first, _, *rest = [each.value if isinstance(each, ast.Constant) else "" for each in node.args]
            yield str(first), str(rest[0]) if rest else ""


def test_every_status_and_exit_code_is_explained() -> None:
    """A word that a result can carry has a row."""
    words = {value for name, value in vars(certificate).items() if name.isupper() and isinstance(value, str)}
    for page in ("reference/codes.md", "how-to/when-a-solve-fails.md"):
        assert not [word for word in words if f"`{word}`" not in text_of(page)], page
    codes = {
        each.exit_code for each in vars(api).values() if isinstance(each, type) and issubclass(each, dt.DetenteError)
    }
    assert not [code for code in codes if f"| {code} |" not in text_of("reference/cli.md")]


def test_every_warning_is_explained_and_leads_somewhere() -> None:
    """Each code has a row; each `see` is a page or a label."""
    found = [
        match for path in source_files() for match in re.findall(r'Warn\("(\w+)", .*"([a-z-]+)"\)', path.read_text())
    ]
    assert len(found) >= 7
    assert not [code for code, _ in found if f"`{code}`" not in text_of("reference/codes.md")]
    pages = {path.stem for path in PAGES}
    labels = {label for name in NAMES for label in re.findall(r"^\(([a-z-]+)\)=$", text_of(name), re.MULTILINE)}
    assert {see for _, see in found} <= pages | labels


def test_every_public_name_is_in_the_reference() -> None:
    """The names of the package are those of the page."""
    page = text_of("reference/python.md")
    assert not [name for name in api.__all__ if not re.search(rf"detente\.api\.{name}$", page, re.MULTILINE)]


def test_every_equation_function_is_in_a_table_of_symbols() -> None:
    """A function of model/ that no explanation names would be hidden mathematics."""
    pages = [text_of(name) for name in NAMES if name.startswith("explanation/")]
    tables = "\n".join(re.findall(r"^```\{symbols\}\n(.*?)^```$", "\n".join(pages), re.MULTILINE | re.DOTALL))
    functions = [
        f"model.{path.stem}.{name}"
        for path in sorted((ROOT / "src" / "detente" / "model").glob("*.py"))
        for name in re.findall(r"^def ([a-z]\w*)\(", path.read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert len(functions) > 10
    assert not [name for name in functions if not re.search(rf"{re.escape(name)}\b", tables)]


def test_symbol_table_of_the_model_page_has_only_known_names() -> None:
    """The table that ends the page names arrays of the dictionary."""
    listed = re.search(r"^```\{notation\} (.+)$", text_of("explanation/model.md"), re.MULTILINE)
    assert listed
    assert set(listed.group(1).split()) <= set(notation())


def test_licences_of_the_packaged_sources_are_repeated() -> None:
    """Every source in the record beside the data is on the data page."""
    page = text_of("reference/data.md")
    record = (ROOT / "src" / "detente" / "baseline" / "data" / "SOURCES.md").read_text(encoding="utf-8")
    for name in ("OECD", "Teti", "Census", "Bown", "Budget Lab"):
        assert name in record
        assert name in page


def test_pages_name_no_machine_and_no_missing_page() -> None:
    """No absolute path of a machine; every page is in a table of contents."""
    assert not [name for name in NAMES if re.search(r"(?<![\w~.])/(?:home|work|root|tmp|Users)/", text_of(name))]
    listed = {
        line.strip()
        for block in re.findall(r"```\{toctree\}(.*?)```", text_of("index.md"), re.DOTALL)
        for line in block.splitlines()
    }
    assert {name.removesuffix(".md") for name in NAMES} - {"index"} <= listed


def test_table_of_elasticities_is_told_in_full() -> None:
    """The span over all sets on the page of limits is that of the sets that ship."""
    path = ROOT / "src" / "detente" / "baseline" / "data" / "elasticities.csv"
    names = [
        name
        for name in next(csv.reader(path.read_text().splitlines()))
        if name not in ("sector", "default", "min", "max", "sd_log")
    ]
    changes = []
    for name in names:
        world = dt.baseline("world-2022", elasticities=name)
        result = dt.run("us-china-2025-10", base=world, branches="main")["main"]
        changes.append(100 * (result.welfare_hat[world.countries.index("USA")] - 1))
    low, high = f"{min(changes):+.2f}", f"{max(changes):+.2f}"
    words = " ".join(text_of("explanation/limits.md").split())
    assert f"the law of October 2025 on US real income runs from {low} % to {high} %" in words


def test_documentation_builds_without_a_warning(tmp_path: Path) -> None:
    """`sphinx-build -W` passes, and the pages load nothing from elsewhere."""
    pytest.importorskip("sphinx", reason="pip install detente[docs]")
    command = [
        sys.executable,
        "-m",
        "sphinx",
        "-W",
        "-q",
        "-b",
        "html",
        "-d",
        str(tmp_path / "d"),
        str(DOCS),
        str(tmp_path / "html"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    loads = re.compile(
        r"""<(?:script|img|iframe)[^>]+src=["'](?:https?:)?//|<link[^>]+rel=["']stylesheet["'][^>]+href=["'](?:https?:)?//"""
    )
    assert not [
        path.name for path in (tmp_path / "html").rglob("*.html") if loads.search(path.read_text(encoding="utf-8"))
    ]
