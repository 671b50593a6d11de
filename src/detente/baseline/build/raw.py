"""Read the raw folders into arrays. Placement is by code: a table in another order gives the same arrays.

Axes are [origin, dest, sector] everywhere; the MATLAB files are HDF5 and come reversed.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from detente.baseline.build.labels import REST, SERVICE, SERVICE_LABEL
from detente.core.arrays import Array, Float
from detente.core.errors import DataError, MissingDataError, Problem

YEAR: Final = 2022
FLOWS: Final = f"oecd-icio-flows/ICIO{YEAR}.mat"
TABLE: Final = "oecd-iot-2022/{code}2022ttl.csv"
JOINED: Final = "icio2022-derived/icio2022_81x28.npz"
INDUSTRIES: Final = 50


@dataclass(frozen=True)
class Trade:
    """Flows and tariffs of one year as the source gives them.

    Attributes:
        countries: N codes. sectors: J codes, the service aggregate last and called "SERV".
        flows: home sales on the diagonal. [MUSD]
        tariffs: rate of dest on origin, not yet cleaned. [fraction]
    """

    countries: tuple[str, ...]
    sectors: tuple[str, ...]
    flows: Float[Array, "origin dest sector"]
    tariffs: Float[Array, "origin dest sector"]


@dataclass(frozen=True)
class Tables:
    """National input-output tables, stacked.

    Attributes:
        countries: C codes. industries: I codes of the columns, goods first.
        use: input k used by industry i of country c. [MUSD]
        rows: value_added, labour, taxes, other_imports, output -> (C, I). [MUSD]
        final: final demand of the table for product k. [MUSD]
    """

    countries: tuple[str, ...]
    industries: tuple[str, ...]
    use: Float[Array, "country input industry"]
    rows: dict[str, Float[Array, "country industry"]]
    final: Float[Array, "country input"]


ROWS: Final = {
    "value_added": "VALU", "labour": "LABR", "taxes": "TXS_INT_FNL", "other_imports": "IMP_OTHER", "output": "OUTPUT",
}  # fmt: skip
FINAL_COLUMNS: Final = ("HFCE", "NPISH", "GGFC", "GFCF", "INVNT", "DPABR")


def read_trade(data: Path, year: int = YEAR) -> Trade:
    """Read flows and tariffs from the MATLAB 7.3 file (HDF5; axes are reversed there).

    Args:
        data: folder that holds the raw folders. year: of the flows; tariffs are those of the same year, at most 2021.
    Raises:
        MissingDataError: the file or h5py is not on this machine.
    """
    h5py = optional_module("h5py")
    with h5py.File(str(existing(data / FLOWS.replace(str(YEAR), str(year)))), "r") as file:
        countries = tuple(_text(file, reference) for reference in file["data/countries"][:].ravel())
        sectors = tuple(_text(file, reference) for reference in file["data/sectors"][:].ravel())
        flows, tariffs = (np.ascontiguousarray(file[f"data/{name}"][:].T) for name in ("Xjik_3D", "tjik_3D"))
    return Trade(countries, tuple(SERVICE if code == SERVICE_LABEL else code for code in sectors), flows, tariffs)


def read_tables(data: Path, countries: Sequence[str]) -> Tables:
    """Read one national table for each country except the rest of the world, rows and columns found by their codes.

    Args:
        data: folder that holds the raw folders. countries: codes of the flows; "ROW" has no table.
    Raises:
        MissingDataError: a table is absent. DataError: a row or column is missing or the columns differ by country.
    """
    named = tuple(code for code in countries if code != REST)
    parsed = {code: read_table(existing(data / TABLE.format(code=code))) for code in named}
    industries = next(iter(parsed.values()))[0]
    wrong = [
        Problem(TABLE.format(code=code), "columns", "other industries", "the same 50 industries in every table")
        for code, (found, *_) in parsed.items()
        if found != industries
    ]
    if wrong:
        raise DataError(problems=wrong)
    return Tables(
        countries=named,
        industries=industries,
        use=np.stack([parsed[code][1] for code in named]),
        rows={name: np.stack([parsed[code][2][name] for code in named]) for name in ROWS},
        final=np.stack([parsed[code][3] for code in named]),
    )


def read_table(path: Path) -> tuple[tuple[str, ...], Array, dict[str, Array], Array]:
    """Return industries, use (I, I), rows (I,) by name and final demand (I,) of one national table. [MUSD]

    Args:
        path: CSV with a blank first header cell, industries and final demand in columns.
    Raises:
        DataError: a row of the wrong length, or a row or column that is missing.
    """
    with path.open(newline="", encoding="utf-8") as handle:
        header, *lines = list(csv.reader(handle))
    ragged = [i for i, line in enumerate(lines, start=2) if len(line) != len(header)]
    if ragged:
        raise DataError(
            problems=[Problem(f"{path.name}:{ragged[0]}", "row", "another length", f"{len(header)} fields")]
        )
    industries = tuple(header[1 : 1 + INDUSTRIES])
    cells = {line[0]: dict(zip(header[1:], line[1:], strict=True)) for line in lines}
    wanted = {*(f"TTL_{code}" for code in industries), *ROWS.values()}
    absent = sorted(wanted - cells.keys()) + sorted(set(FINAL_COLUMNS) - set(header))
    if absent:
        raise DataError(problems=[Problem(path.name, name, "", "a row or column of that name") for name in absent])

    def numbers(row: str, columns: Iterable[str]) -> Array:
        return np.array([float(cells[row][column]) for column in columns])

    use = np.stack([numbers(f"TTL_{code}", industries) for code in industries])
    rows = {name: numbers(row, industries) for name, row in ROWS.items()}
    final = np.array([sum(numbers(f"TTL_{code}", FINAL_COLUMNS)) for code in industries])
    return industries, use, rows, final


def read_csv(path: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV as text by column name; a byte-order mark is dropped.

    Raises:
        MissingDataError: the file is absent. DataError: a line has too many or too few fields.
    """
    with existing(path).open(newline="", encoding="utf-8-sig") as handle:
        header, *lines = [line for line in csv.reader(handle) if line]
    for number, line in enumerate(lines, start=2):
        if len(line) != len(header):
            raise DataError(problems=[Problem(f"{path.name}:{number}", "row", f"{len(line)} fields", f"{len(header)}")])
    return [dict(zip(header, line, strict=True)) for line in lines]


def read_first_column(path: Path) -> tuple[str, ...]:
    """Return the first column of a product list without its header, as text."""
    return tuple(line.split(",")[0].strip() for line in existing(path).read_text("utf-8-sig").split()[1:] if line)


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(existing(path).read_bytes()).hexdigest()


def existing(path: Path) -> Path:
    """Return the path, or say that it is missing.

    Raises:
        MissingDataError: there is no such file.
    """
    if not path.is_file():
        short = "/".join(path.parts[-2:])
        raise MissingDataError(problems=[Problem(short, "", "no such file", "the raw data folder", "--data FOLDER")])
    return path


def optional_module(name: str) -> Any:
    """Import a module that only the builder needs.

    Raises:
        MissingDataError: it is not installed.
    """
    import importlib

    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise MissingDataError(f"the builder needs {name}; try: pip install 'detente[build]'") from error


def _text(file: Any, reference: Any) -> str:
    return "".join(chr(int(code)) for code in file[reference][:].ravel())
