"""Parts of the documentation that are read from the package when it is built, so that they cannot go stale.

Directives: `notation`, `scenario-fields`, `instruments`, `country-variables`, `elasticity-sets`, `cli`, `symbols`. Each
writes Markdown and lets the page's own parser read it.
"""

from __future__ import annotations

import contextlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective


def cell(text: object) -> str:
    """Return text that is safe in a cell of a Markdown table."""
    return " ".join(str(text).split()).replace("|", "\\|")


def code(text: object) -> str:
    """Return text in code style, or nothing."""
    return f"`{cell(text)}`" if str(text) else ""


def grid(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def notation(names: str = "") -> str:
    """Return the dictionary of arrays, or the entries named."""
    from detente.core.notation import notation as terms

    chosen = names.split() or list(terms())
    rows = [
        (
            cell(term.symbol),
            code(term.name),
            code(term.model_name),
            cell(", ".join(term.axes)),
            cell(term.unit),
            cell(term.meaning),
        )
        for term in (terms()[name] for name in chosen)
    ]
    return grid(("symbol", "public name", "in `model/`", "axes", "unit", "meaning"), rows)


SECTIONS = (
    ("The file", "TOP"), ("A measure", "MEASURE"), ("source", "SOURCE"), ("model", "MODEL"),
    ("trade_elasticity", "ELASTICITY"), ("baseline", "BASELINE"), ("A leaf of the tree", "LEAF"), ("talks", "TALKS"),
    ("An issue of the talks", "ISSUE"), ("uncertainty", "UNCERTAINTY"), ("report", "REPORT"),
)  # fmt: skip


def scenario_fields(_: str = "") -> str:
    """Return every field of a scenario file, from the table that the loader itself reads."""
    from detente.scenario import format as file

    parts = []
    for title, name in SECTIONS:
        rows = [
            (code(field.name), shape(field.type.schema), "yes" if field.required else "", cell(field.doc))
            for field in getattr(file, name)
        ]
        parts.append(f"## {title}\n\n" + grid(("field", "what is written", "required", "meaning"), rows))
    return "\n".join(parts)


LISTED = 8
"""Choices that are written out; the longer list of kinds has a table of its own on the page."""


def shape(schema: Mapping[str, Any]) -> str:
    """Return a JSON Schema in a few words."""
    choices = schema.get("anyOf") or schema.get("oneOf")
    if choices:
        return " or ".join(dict.fromkeys(shape(each) for each in choices))
    if len(schema.get("enum", ())) > LISTED:
        return "one of the kinds above"
    if "enum" in schema:
        return "one of " + ", ".join(code(each) for each in schema["enum"])
    if "const" in schema:
        return code(schema["const"])
    if schema.get("format") == "date":
        return "date"
    words = {"string": "text", "boolean": "true or false", "integer": "whole number", "number": "number"}
    words["array"] = "list"
    return words.get(str(schema.get("type")), "mapping")


def instruments(_: str = "") -> str:
    """Return the kinds of measure, and whether this version solves them."""
    from detente.policy.measure import KINDS

    rows = []
    for name, kind in KINDS.items():
        needs = cell(", ".join(kind.needs)).replace("\\|", " or ")
        rows.append((code(name), cell(kind.wedge), "yes" if kind.modelled else "read, not solved", needs))
    return grid(("kind", "what it is", "this version", "needs"), rows)


def country_variables(_: str = "") -> str:
    """Return the variables of the table "countries"."""
    from detente.core.tables import COUNTRY_VARIABLES

    rows = [(code(name), cell(unit), cell(meaning)) for name, (unit, meaning) in COUNTRY_VARIABLES.items()]
    return grid(("variable", "unit", "meaning"), rows)


def elasticity_sets(_: str = "") -> str:
    """Return the elasticity sets of the embedded world."""
    from detente.baseline.catalogue import elasticity_sets as sets

    rows = []
    for name, found in sets("world-2022").items():
        values, source = found.values.values(), "; ".join(filter(None, (found.citation, found.note)))
        rows.append((code(name), f"{min(values):.3g}", f"{max(values):.3g}", cell(source)))
    return grid(("set", "lowest θ", "highest θ", "source"), rows)


def symbols(text: str) -> str:
    """Return symbols beside functions: the page has `SYMBOL | room.module.function, ..`, docstrings have the words.

    Raises:
        AttributeError, ImportError: a function that is not there; the build fails.
    """
    rows = []
    for line in filter(str.strip, text.splitlines()):
        symbol, names = (part.strip() for part in line.split("|"))
        for place, dotted in enumerate(each.strip() for each in names.split(",")):
            found = pkgutil.resolve_name(f"detente.{dotted}")
            words = (inspect.getdoc(found) or "").split("\n\n")[0]
            says = " ".join(words.split()).removeprefix("Return ").split(". ")[0].rstrip(".")
            code_of = found.fget if isinstance(found, property) else getattr(found, "func", found)
            file = str(inspect.getsourcefile(inspect.unwrap(code_of))).rpartition("/detente/")[2]
            rows.append((cell(symbol) if place == 0 else "", f"{code(code_of.__name__)} in {code(file)}", safe(says)))
    return grid(("symbol or step", "function, below `detente/`", "returns"), rows)


def safe(text: str) -> str:
    """Return words of a docstring as Markdown, with what looks like a formula in code style."""
    text = cell(text)
    if "`" in text:
        return text
    return re.sub(r"(?<!\S)[^\s,;:()]*[_*^][^\s,;:()]*", lambda match: f"`{match[0]}`", text)


def cli(_: str = "") -> str:
    """Return every verb of the command line with its options and examples."""
    from typer.main import get_command

    from detente.cli.app import app

    return "\n".join(_verb(name, command) for name, command in _verbs("detente", get_command(app)))


def _verbs(path: str, command: Any) -> Iterable[tuple[str, Any]]:
    inner = getattr(command, "commands", None)
    if not inner:
        yield path, command
        return
    for name, each in inner.items():
        yield from _verbs(f"{path} {name}", each)


def _verb(name: str, command: Any) -> str:
    arguments = [each for each in command.params if each.param_type_name == "argument"]
    options = [each for each in command.params if each.param_type_name == "option"]
    words = [str(each.metavar or each.name.upper()) for each in arguments]
    lines = [f"## {name}\n", f"`{' '.join([name, *words])}`\n", f"{command.help}\n"]
    rows = [(code(each.metavar or each.name), cell(getattr(each, "help", "") or "")) for each in arguments]
    rows += [
        (code(", ".join(each.opts) + ("" if each.is_flag else f" {each.metavar or 'VALUE'}")), cell(each.help or ""))
        for each in options
    ]
    lines.append(grid(("word", "meaning"), rows))
    examples = [line.strip() for line in (command.epilog or "").splitlines() if line.strip().startswith("detente")]
    if examples:
        lines.append("Examples:\n\n```text\n" + "\n".join(f"$ {line}" for line in examples) + "\n```\n")
    return "\n".join(lines)


def directive(write: Callable[[str], str]) -> type[SphinxDirective]:
    """Return a directive that puts the Markdown of a function in its place."""

    class FromPackage(SphinxDirective):
        optional_arguments = 1
        final_argument_whitespace = True
        has_content = True
        option_spec: ClassVar[dict[str, Any]] = {"class": directives.class_option}

        def run(self) -> list[nodes.Node]:
            text = write("\n".join(self.content) or " ".join(self.arguments))
            return self.parse_text_to_nodes(text, allow_section_headings=True)

    return FromPackage


_ENTRY = re.compile(r"(?<=[.;\]]) ([A-Za-z_][\w, ]*?): ")


def one_entry_a_line(app: Sphinx, what: str, name: str, obj: object, options: object, lines: list[str]) -> None:
    """Split `a: first. b: second.` in the Args and Attributes of a docstring, and make every line safe to parse."""
    known = _names(obj)
    found: list[str] = []
    shown = False
    for line in lines:
        if line.strip() == "Example:":
            found.append("")
        shown = line.strip() == "Example:" or (shown and (not line.strip() or line.startswith(" ")))
        if shown:
            found.append(line)
            continue
        indent = line[: len(line) - len(line.lstrip())]
        parts, start = [], 0
        for match in _ENTRY.finditer(line):
            words = [word.strip() for word in match.group(1).split(",")]
            if indent and all(word in known or word.endswith("Error") for word in words):
                parts.append(line[start : match.start()].rstrip(";"))
                start = match.start() + 1
        parts.append(line[start:])
        found += [_safe(parts[0]), *(indent + _safe(part) for part in parts[1:])]
    lines[:] = found


def _names(obj: object) -> set[str]:
    names = set(getattr(obj, "__dataclass_fields__", {}))
    with contextlib.suppress(TypeError, ValueError):
        names |= set(inspect.signature(obj).parameters)  # type: ignore[arg-type]
    return names


def _safe(line: str) -> str:
    return re.sub(r"(?<!`)([*|])(?!`)", r"\\\1", line) if "`" not in line else line


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directives."""
    writers = (notation, scenario_fields, instruments, country_variables, elasticity_sets, cli, symbols)
    for write in writers:
        app.add_directive(write.__name__.replace("_", "-"), directive(write))
    app.connect("autodoc-process-docstring", one_entry_a_line, priority=400)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
