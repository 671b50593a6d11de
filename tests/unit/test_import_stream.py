"""A large table is read line by line: what it may hold is bounded, and the memory does not grow with the file."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from detente.baseline.importers import stream
from detente.baseline.importers.stream import head_of, numbers, printed_unit, rows_of
from detente.core.errors import DataError, MissingDataError, Problem

READ = """
import re, sys, time
from pathlib import Path
from detente.baseline.importers.icio import IcioLayout
from detente.baseline.importers.world_table import read_world_table
def most():  # the peak of this process alone; that of getrusage begins with the parent's
    return int(re.search(r"VmHWM:\\s+([0-9]+) kB", Path("/proc/self/status").read_text())[1])
before = most()
start = time.perf_counter()
told = []
table = read_world_table(Path(sys.argv[1]), IcioLayout(), progress=lambda *step: told.append(step))
after = most()
print((after - before) / 1024, time.perf_counter() - start, len(told), table.flows.sum(), table.inputs.sum())
"""


def test_rows_come_with_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b'\xef\xbb\xbfa,"b, c"\r\n1,2\n\n3')
    assert list(rows_of(path)) == [(1, ["a", "b, c"]), (2, ["1", "2"]), (3, [""]), (4, ["3"])]
    assert head_of(path, 2) == [["a", "b, c"], ["1", "2"]]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"a\nb\0c\n", r"t.csv:2: found a NUL byte"),
        (b"a\nb\rc\n", r"t.csv:2: found a NUL byte or a lone carriage return"),
        (b'a\n"b\n', r"t.csv:2: found a quote opened at character 1"),
        (b"a\n\xff\n", r"t.csv:2: found byte 0xff, which is not UTF-8"),
        (b"\xff\xfea\0", "UTF-16 text"),
        (b"BZh91AY", "a bzip2 archive"),
        (b"PAR1", "a Parquet file"),
    ],
)
def test_what_is_no_plain_text(content: bytes, words: str, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(content)
    with pytest.raises(DataError, match=words):
        list(rows_of(path))


def test_limits_of_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"a,b\n" + b"1" * 200 + b"\n")
    monkeypatch.setattr(stream, "LINE_LIMIT", 100)
    with pytest.raises(DataError, match=r"t.csv:2: found a line of more than 100 bytes"):
        list(rows_of(path))
    monkeypatch.setattr(stream, "FILE_LIMIT", 100)
    with pytest.raises(DataError, match="found 205 bytes; expected at most 100"):
        list(rows_of(path))
    with pytest.raises(MissingDataError, match="no such file"):
        list(rows_of(tmp_path / "none"))
    with pytest.raises(DataError, match="a directory"):
        list(rows_of(tmp_path))


def test_a_file_that_changes_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"a,b\n" * 100_000)
    rows: Iterator[object] = rows_of(path)
    next(rows)
    with path.open("ab") as handle:
        handle.write(b"c,d\n")
    with pytest.raises(DataError, match="changed while it was read"):
        list(rows)


def test_numbers_are_ascii_and_finite() -> None:
    problems: list[Problem] = []
    found = numbers(Path("t"), 3, "R", ("A", "B"), (" 1.5", "+2e3"), problems)
    assert found is not None
    np.testing.assert_array_equal(found, [1.5, 2000])
    for text in ("", "1_0", "nan", "inf", "1e999", "٣", "1 000", "0x1", "e"):
        problems = []
        assert numbers(Path("t"), 3, "R", ("A", "B"), ("1", text), problems) is None, text
        assert (problems[0].where, problems[0].field) == ("t:3", "row R, column B")


def test_a_flood_of_problems_is_cut() -> None:
    problems: list[Problem] = []
    numbers(Path("t"), 3, "R", ["A"] * 500, ["x"] * 500, problems)
    assert len(problems) == stream.PROBLEM_LIMIT


@pytest.mark.parametrize(
    ("fields", "unit"),
    [(["1", "20"], 1), (["1.50", "2"], 0.01), (["1e-3"], 0.001), (["1.5e2"], 1), (["1.25E-2", "7"], 0.0001)],
)
def test_printed_unit(fields: list[str], unit: float) -> None:
    assert printed_unit(fields) == pytest.approx(unit)


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak of memory is read from /proc")
def test_a_full_size_table_in_bounded_memory(tmp_path: Path) -> None:
    """About 100 MB, 71 economies and 45 industries: read in less than half its size, every cell placed."""
    countries, sectors = [f"C{n:02d}" for n in range(71)], [f"X{k:02d}" for k in range(45)]
    final = ("HFCE", "NPISH", "GGFC", "GFCF", "INVNT", "DPABR")
    producers = [f"{c}_{s}" for c in countries for s in sectors]
    columns = [*producers, *(f"{c}_{f}" for c in countries for f in final)]
    random = np.random.default_rng(7)
    pool = [random.integers(1, 10_000, len(columns)) / 1000 for _ in range(20)]
    texts = [",".join(f"{value:.6f}" for value in values) for values in pool]
    sold = [float(values.sum()) for values in pool]
    made = np.array([sold[at % 20] for at in range(len(producers))])
    bought = sum(np.bincount([at % 20 for at in range(len(producers))])[i] * pool[i] for i in range(20))
    assert isinstance(bought, np.ndarray)
    path = tmp_path / "ICIO.csv"
    with path.open("w") as handle:
        handle.write(",".join(["V1", *columns, "OUT"]) + "\n")
        for at, name in enumerate(producers):
            handle.write(f"{name},{texts[at % 20]},{sold[at % 20]:.6f}\n")
        value = made - bought[: len(producers)]
        zeros = ["0"] * (len(columns) - len(producers) + 1)
        handle.write(",".join(["VA", *(f"{v:.6f}" for v in value), *zeros]) + "\n")
    megabytes = path.stat().st_size / 1024**2
    assert megabytes > 95
    done = subprocess.run([sys.executable, "-c", READ, str(path)], capture_output=True, text=True, check=True)
    grown, seconds, steps, flows, inputs = map(float, done.stdout.split())
    assert grown < megabytes / 2, f"{grown:.0f} MB for a file of {megabytes:.0f} MB in {seconds:.1f} s"
    assert steps > 20
    assert flows == pytest.approx(made.sum(), rel=1e-9)
    assert inputs == pytest.approx(bought[: len(producers)].sum(), rel=1e-9)
    print(f"{megabytes:.0f} MB, {grown:.0f} MB of memory, {seconds:.1f} s")  # noqa: T201
