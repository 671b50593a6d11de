"""The authors' public inputs on the user's machine: where they come from, their checksums, what is missing."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from detente.core.errors import MissingDataError, Problem
from detente.replicate.rows import packaged


@dataclass(frozen=True)
class Inputs:
    """The folder of one paper's inputs, and what was found there.

    Attributes:
        folder: where the files are. found: file -> (sha256 found, sha256 expected).
    """

    folder: Path
    found: Mapping[str, tuple[str, str]]

    def __getitem__(self, name: str) -> Path:
        """Return the path of one of the files."""
        return self.folder / name

    @property
    def notes(self) -> tuple[str, ...]:
        """Return one sentence for each file that is not the one the published numbers were compared with."""
        return tuple(
            f"{name}: sha256 {found[:12]}.., expected {expected[:12]}..: other inputs than those compared with"
            for name, (found, expected) in self.found.items()
            if found != expected
        )


def inputs_of(paper: str, data: Path) -> Inputs:
    """Return the inputs of a paper.

    Args:
        paper: name of the paper. data: the folder that holds them, or the folder above it.
    Raises:
        MissingDataError: a file is not there; all of them at once, with where each comes from.
    """
    lines = [line for line in packaged("inputs.csv") if line["paper"] == paper]
    inside = Path(data) / lines[0]["folder"]
    folder = inside if inside.is_dir() else Path(data)
    problems = [
        Problem(
            str(folder / line["file"]),
            "",
            "no such file",
            f"an input of {paper}, sha256 {line['sha256']}",
            line["origin"],
        )
        for line in lines
        if not (folder / line["file"]).is_file()
    ]
    if problems:
        raise MissingDataError(problems=problems)
    return Inputs(folder, {line["file"]: (sha256_of(folder / line["file"]), line["sha256"]) for line in lines})


def sha256_of(path: Path) -> str:
    """Return the checksum of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
