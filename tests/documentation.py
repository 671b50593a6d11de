"""What documentation shows, run as a reader runs it: in a process that checks no shapes and keeps what it has loaded.

On a page, in order: a block with a `:caption:` is a file, a python block is executed, and each `$ detente ..` line of a
console block is run. A text block right after a python block is its output. Under a command, the lines shown must occur
in its output; `..` leaves something out; `$ echo $?` asks for an exit code other than 0.

This module imports nothing of detente when it is imported, so that the process decides how.
"""

from __future__ import annotations

import contextlib
import doctest
import io
import multiprocessing
import os
import re
import shlex
import socket
import subprocess
import sys
import warnings
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FENCE = re.compile(r"^```(?:\{code-block\} )?([a-z]+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
OPTION = re.compile(r"\A:caption: (\S+)\n+")
OUTSIDE = re.compile(r"residual \S+ \([^)]*\)(?: · \d+ passes)?|sha256 \S+|recomputed from the file .*")
"""What differs between machines in the last digits; compared without it."""
SHELL = (">", "|", "&&")


@contextlib.contextmanager
def reader() -> Iterator[ProcessPoolExecutor]:
    """Yield one process for many examples: one start, one import, worlds loaded once."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context, initializer=_as_a_user) as pool:
        yield pool


def _as_a_user() -> None:
    """Set the process up as a user has it, but for the network, which is not there, and warnings, which are errors."""
    os.environ.pop("DETENTE_CHECK_SHAPES", None)
    os.environ.update({"COLUMNS": "120", "NO_COLOR": "1"})
    warnings.simplefilter("error")
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> Any:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not str(address[0]).startswith(("127.", "::1")):
            raise AssertionError(f"an example tried to connect to {address[0]}: detente never uses the network")
        return connect(self, address)

    socket.socket.connect = guarded  # type: ignore[method-assign]


@dataclass(frozen=True)
class Block:
    """One fenced block. language: as written; caption: name of a file, or ""; line: where it stands."""

    language: str
    text: str
    caption: str
    line: int
    follows: bool


def blocks(page: Path) -> Iterator[Block]:
    """Yield the blocks of a page; `follows` says that nothing but space is between a block and the one before."""
    text, end = page.read_text(encoding="utf-8"), 0
    for match in FENCE.finditer(text):
        body = match.group(2)
        option = OPTION.match(body)
        caption = option.group(1) if option else ""
        body = body[option.end() :] if option else body
        line = text[: match.start()].count("\n") + 1
        yield Block(match.group(1), body, caption, line, not text[end : match.start()].strip())
        end = match.end()


def plain(text: str) -> list[str]:
    """Return the lines without what differs between machines, spaces made one, blanks dropped."""
    lines = (" ".join(OUTSIDE.sub("", line).split()) for line in text.splitlines())
    return [line for line in lines if line]


def commands(text: str) -> Iterator[tuple[str, list[str], int]]:
    """Yield (command, lines shown, exit code) of the detente commands of a console block."""
    parts = [part.split("\n", 1) for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]]
    for position, (command, *rest) in enumerate(parts):
        code = 0
        if position + 1 < len(parts) and parts[position + 1][0] == "echo $?":
            code = int(parts[position + 1][1])
        if command.split()[0] == "detente":
            yield command, plain("".join(rest)), code


def run(command: str, folder: Path) -> tuple[int, str]:
    """Return exit code and output of a command; it runs in this process unless a shell has something to do."""
    words = shlex.split(command)
    if set(words) & set(SHELL):
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        shell, environment = ["bash", "-c", command], {**os.environ, "PATH": path}
        done = subprocess.run(shell, cwd=folder, env=environment, capture_output=True, text=True, timeout=120)
        return done.returncode, done.stdout + done.stderr
    from detente.cli import execute

    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        code = execute(words[1:])
    return code, printed.getvalue()


def shown(line: str, output: list[str]) -> bool:
    """Return whether a line of the page occurs in the output, `..` standing for anything."""
    pattern = re.compile(".*".join(re.escape(part) for part in line.split("..")))
    return any(pattern.fullmatch(each) for each in output)


def follow(page: Path, folder: Path) -> list[str]:
    """Do what a page says, in order, in an empty folder, and return what differs; at the first difference it ends."""
    os.chdir(folder)
    names: dict[str, object] = {}
    printed: str | None = None
    for block in blocks(page):
        where = f"{page.name}:{block.line}"
        if block.caption:
            target = folder / block.caption
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(block.text, encoding="utf-8")
        elif block.language == "python":
            with contextlib.redirect_stdout(io.StringIO()) as stream:
                exec(compile("\n" * block.line + block.text, str(page), "exec"), names)
            printed = stream.getvalue()
            continue
        elif block.language == "text" and block.follows and printed is not None:
            if plain(printed) != plain(block.text):
                return [f"{where}: the page shows\n{block.text}", f"but it prints\n{printed}"]
        elif block.language == "console":
            for command, lines, expected in commands(block.text):
                code, output = run(command, folder)
                if code != expected:
                    return [f"{where}: {command}: exit {code}\n{output}"]
                found = plain(output)
                missing = [line for line in lines if line != ".." and not shown(line, found)]
                if missing:
                    return [f"{where}: {command}: not in its output: {missing}\n{output}"]
        printed = None
    return []


def example(name: str, folder: Path) -> tuple[int, str]:
    """Run the example in the docstring of a public name; return how many lines it has and what differs."""
    os.chdir(folder)
    import detente as dt

    (found,) = doctest.DocTestFinder(recurse=False).find(getattr(dt, name), name, module=False, globs={})
    said: list[str] = []
    doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(found, out=said.append)
    return len(found.examples), "".join(said)
