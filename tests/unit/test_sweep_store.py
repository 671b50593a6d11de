"""A store is what was expected, cell by cell, or says what is missing; whatever fails, nothing half-written counts."""

from __future__ import annotations

import builtins
import errno
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sweeping
from detente.core.errors import CheckError, ScenarioError, UsageError
from detente.sweep import files
from detente.sweep.cells import laid_out
from detente.sweep.context import Context
from detente.sweep.foresee import foreseen
from detente.sweep.index import build_index, export, query
from detente.sweep.plan import MOST_CELLS, load_plan
from detente.sweep.store import HEAD, create, expected, open_store, verified
from detente.sweep.sweep import _carry_out, duration, rebuilt, sweep, tasks_of
from detente.sweep.tasks import Answer, Here
from detente.sweep.workers import Workers, _Process


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sweeping.folder(tmp_path_factory.mktemp("plan"))


@pytest.fixture(scope="module")
def whole(plan: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the store of an uninterrupted sweep."""
    path = tmp_path_factory.mktemp("whole") / "store"
    solve(plan, path)
    build_index(open_store(path))
    return path


def solve(plan: Path, path: Path) -> None:
    """Carry out what is missing in this process: quick, and every failure reaches the test."""
    laid = laid_out(load_plan(plan))
    store = create(path, laid)
    context = Context(cases=dict(laid.cases), worlds=dict(laid.worlds))
    missing = set(store.missing())
    todo = [cell for cell in store.cells if cell.key in missing]
    _carry_out(store, context, todo, Here(context), lambda what, done, total: None)


def test_every_expected_cell_is_there_once_and_the_store_verifies(whole: Path) -> None:
    store = open_store(whole)
    found = verified(store)
    assert found.ok
    assert found.cells == 4 * (1 + 1) == len(sweeping.cells(store))
    assert not found.twice


def test_the_table_has_every_number_with_its_labels(whole: Path) -> None:
    rows = sweeping.rows(whole)
    assert set(rows[0]) == {
        "scenario", "case_name", "closure", "elasticities", "duty.rate", "branch", "draw", "status", "residual",
        "country", "variable", "unit", "value", "reason",
    }  # fmt: skip
    solves = {(row["duty.rate"], row["branch"], row["draw"]) for row in rows}
    assert len(solves) == 4 * 2 * (1 + 2)
    assert {row["draw"] for row in rows} == set(range(3))
    assert all(row["value"] is not None for row in rows if row["status"] == "CERTIFIED")


def test_the_same_plan_gives_the_same_bytes(plan: Path, whole: Path, tmp_path: Path) -> None:
    solve(plan, tmp_path / "again")
    assert sweeping.cells(tmp_path / "again") == sweeping.cells(whole)


def test_a_cell_is_the_scenario_with_the_level_written_in(whole: Path) -> None:
    """One number of the store, by another way: the file with that rate, run on its own."""
    import detente as dt
    import drawn
    from detente.verify.worlds import policy_world

    case = drawn.scenario().set("duty", "+2pp")
    table = dt.run(case, base=policy_world(), branches="main")["main"].table("countries")
    value = table.set_index(["country", "variable"])["value"]["USA", "real_income_pct"]
    (mine,) = (
        row["value"] for row in sweeping.rows(whole)
        if (row["duty.rate"], row["branch"], row["draw"], row["country"], row["variable"])
        == ("+2pp", "main", 0, "USA", "real_income_pct")
    )  # fmt: skip
    assert mine == pytest.approx(value, rel=1e-12)


def test_a_flipped_byte_is_seen_dropped_and_made_again(plan: Path, whole: Path, tmp_path: Path) -> None:
    """S4: a byte anywhere in a cell, not only where Parquet looks."""
    path = tmp_path / "store"
    solve(plan, path)
    store = open_store(path)
    victims = store.files()
    for position, victim in zip((0, 57, -9), victims, strict=False):
        data = bytearray(victim.read_bytes())
        data[position] ^= 1
        victim.write_bytes(data)
    assert len(verified(store).damaged) == 3
    with pytest.raises(CheckError, match="altered"):
        build_index(store)
    assert rebuilt(store) == 3
    solve(plan, path)
    assert sweeping.cells(path) == sweeping.cells(whole)


def test_a_deleted_cell_is_missed_by_name_of_the_number(plan: Path, whole: Path, tmp_path: Path) -> None:
    path = tmp_path / "store"
    solve(plan, path)
    open_store(path).files()[4].unlink()
    assert len(verified(open_store(path)).missing) == 1
    with pytest.raises(CheckError, match="1 of 8 cells missing"):
        build_index(open_store(path))
    solve(plan, path)
    assert sweeping.cells(path) == sweeping.cells(whole)


def test_files_of_no_cell_and_links_are_strangers(plan: Path, tmp_path: Path) -> None:
    path = tmp_path / "store"
    solve(plan, path)
    first = open_store(path).files()[0]
    other = first.with_name("0" * 32 + "." + "0" * 64 + ".parquet")
    other.write_bytes(b"")
    first.with_name("note.txt").write_text("hello")
    assert {each.name for each in verified(open_store(path)).strangers} == {other.name, "note.txt"}


def test_what_is_expected_is_written_before_anything_is_solved(plan: Path, tmp_path: Path) -> None:
    store = create(tmp_path / "store", laid_out(load_plan(plan)))
    assert len(store.missing()) == 8
    assert json.loads((tmp_path / "store" / HEAD).read_text())["cells"] == store.content["cells"]


class BrokenError(OSError):
    pass


@pytest.mark.parametrize("what", ["open", "fsync", "replace"])
def test_the_nth_failure_loses_nothing_and_half_writes_nothing(
    what: str, plan: Path, whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S2: fail the Nth write, fsync or rename for N = 1, 2, .. until the sweep succeeds."""
    path, times = tmp_path / "store", 0
    for allowed in range(200):
        calls = iter(range(allowed + 1))

        def failing(real: Any, calls: Any = calls) -> Any:
            def call(*args: Any, **options: Any) -> Any:
                if next(calls, None) is None:
                    raise BrokenError(errno.EIO, "injected")
                return real(*args, **options)

            return call

        with monkeypatch.context() as patched:
            if what == "open":
                patched.setattr(files, "open", failing(builtins.open), raising=False)
            else:
                patched.setattr(files.os, what, failing(getattr(os, what)))
            try:
                solve(plan, path)
                break
            except BrokenError:
                times += 1
        if (path / HEAD).exists():
            assert not verified(open_store(path)).damaged
        assert not [*path.glob("tmp/*")]
    assert times >= 1
    assert sweeping.cells(path) == sweeping.cells(whole)


def test_a_full_disk_stops_with_what_is_stored_kept(
    plan: Path, whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S3: no space left after some kilobytes; with space again the same call goes on."""
    path, room = tmp_path / "store", [sum(map(len, sweeping.cells(whole).values())) // 2]

    class Full:
        def __init__(self, *args: Any) -> None:
            self.stream = builtins.open(*args)  # noqa: SIM115

        def __enter__(self) -> Full:
            return self

        def __exit__(self, *args: Any) -> None:
            self.stream.close()

        def write(self, content: bytes) -> None:
            self.stream.write(content[: max(0, room[0])])
            room[0] -= len(content)
            if room[0] < 0:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        def __getattr__(self, name: str) -> Any:
            return getattr(self.stream, name)

    create(path, laid_out(load_plan(plan)))
    with monkeypatch.context() as patched:
        patched.setattr(files, "open", Full, raising=False)
        with pytest.raises(OSError, match="No space left"):
            solve(plan, path)
    kept = sweeping.cells(path)
    assert 0 < len(kept) < 8
    assert not verified(open_store(path)).damaged
    solve(plan, path)
    assert sweeping.cells(path) == sweeping.cells(whole)


def test_two_writers_of_one_store_write_each_cell_once(plan: Path, whole: Path, tmp_path: Path) -> None:
    """S5: both begin with everything missing, and the slower one finds nothing wrong."""
    path = tmp_path / "store"
    laid = laid_out(load_plan(plan))
    store = create(path, laid)
    context = Context(cases=dict(laid.cases), worlds=dict(laid.worlds))
    todo = store.cells
    for _ in range(2):
        _carry_out(store, context, todo, Here(context), lambda what, done, total: None)
    assert verified(store).ok
    assert not verified(store).twice
    assert sweeping.cells(path) == sweeping.cells(whole)


def test_two_roundings_of_a_cell_count_once(plan: Path, tmp_path: Path) -> None:
    path = tmp_path / "store"
    solve(plan, path)
    store = open_store(path)
    key, first = store.keys[0], store.files()[0]
    store.put(key, store.files()[1].read_bytes())
    assert verified(store).twice == (key,)
    assert len(store.files()) == len(store.keys)
    assert first in store.files() or len(store.found()[key]) == 2


def test_only_drafts_of_writers_that_are_gone_are_swept(plan: Path, tmp_path: Path) -> None:
    store = create(tmp_path / "store", laid_out(load_plan(plan)))
    drafts = store.path / "tmp"
    mine = files.draft_name(drafts)
    gone = mine.with_name(mine.name.replace(f"-{os.getpid()}-", "-4194305-"))
    elsewhere = mine.with_name(f"other_host-{4194305}-1.draft")
    for path in (mine, gone, elsewhere):
        path.write_bytes(b"half")
    assert files.sweep_drafts(drafts) == 1
    assert mine.exists()
    assert elsewhere.exists()
    assert not gone.exists()


def test_another_plan_version_or_thing_in_the_folder_is_refused(plan: Path, whole: Path, tmp_path: Path) -> None:
    other = sweeping.folder(tmp_path, rates=2)
    with pytest.raises(UsageError, match="any change of the plan is another store"):
        create(whole, laid_out(load_plan(other)))
    content = json.loads((whole / HEAD).read_text())
    for change, words in (
        ({"format": "detente-store-0"}, "detente-store-0.*expected detente-store-1"),
        ({"cells": content["cells"][:-1]}, "altered content"),
    ):
        path = tmp_path / f"store{len(words)}"
        path.mkdir()
        (path / HEAD).write_text(json.dumps(content | change))
        with pytest.raises(CheckError, match=words):
            open_store(path)
    busy = tmp_path / "busy"
    busy.mkdir()
    (busy / "thesis.tex").write_text("")
    with pytest.raises(UsageError, match=r"thesis\.tex"):
        create(busy, laid_out(load_plan(plan)))
    assert [path.name for path in busy.iterdir()] == ["thesis.tex"]


def test_another_version_of_the_code_has_other_keys(plan: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = {cell["key"] for cell in expected(laid_out(load_plan(plan)))["cells"]}
    monkeypatch.setattr("detente.__version__", "9.9.9")
    assert not now & {cell["key"] for cell in expected(laid_out(load_plan(plan)))["cells"]}


def test_a_crashed_task_is_a_cell_with_its_reason_and_is_made_again_on_rebuild(
    plan: Path, whole: Path, tmp_path: Path
) -> None:
    path = tmp_path / "store"
    laid = laid_out(load_plan(plan))
    store = create(path, laid)
    context = Context(cases=dict(laid.cases), worlds=dict(laid.worlds))
    poison = store.cells[1].key

    class Poisoned(Here):
        def answers(self, tasks: Any) -> Any:
            for answer in super().answers(tasks):
                yield Answer(answer.task, error="worker killed by SIGKILL") if answer.task.key == poison else answer

    _carry_out(store, context, store.cells, Poisoned(context), lambda what, done, total: None)
    counts = build_index(store)
    assert counts["CRASHED"] == 2 * store.cells[1].count
    lost = [row for row in sweeping.rows(path) if row["status"] == "CRASHED"]
    assert {row["reason"] for row in lost} == {"worker killed by SIGKILL"}
    assert all(row["value"] is None and row["residual"] is None for row in lost)
    assert rebuilt(store) == 1
    solve(plan, path)
    assert sweeping.cells(path) == sweeping.cells(whole)


def test_export_and_sql_say_what_the_cells_say(whole: Path, tmp_path: Path) -> None:
    pytest.importorskip("duckdb")
    store = open_store(whole)
    rows = sweeping.rows(whole)
    sheet = export(store, tmp_path / "all.csv")
    lines = sheet.read_text(encoding="utf-8").splitlines()
    assert len(lines) == len(rows) + 1
    assert "'+1pp" in lines[1]  # a text that a spreadsheet would run
    assert export(store, tmp_path / "all.parquet").read_bytes() == sweeping.index(whole)
    with pytest.raises(UsageError, match="exists"):
        export(store, tmp_path / "all.csv")
    with pytest.raises(UsageError, match=r"\.parquet or \.csv"):
        export(store, tmp_path / "all.xlsx")
    found = query(store, "select median(value) as m from cells where variable = 'exports_pct' and country = 'USA'")
    values = [row["value"] for row in rows if (row["variable"], row["country"]) == ("exports_pct", "USA")]
    assert found.to_pydict()["m"] == [pytest.approx(float(np.median([float(str(v)) for v in values if v is not None])))]


@pytest.mark.parametrize(
    "sql",
    [
        "select * from read_csv('/etc/passwd')",
        "copy cells to '/tmp/leak.csv'",
        "attach '/tmp/other.db'",
        "install httpfs",
        "set enable_external_access = true",
        "selec 1",
    ],
)
def test_sql_reaches_nothing_outside(sql: str, whole: Path) -> None:
    pytest.importorskip("duckdb")
    with pytest.raises(UsageError, match=r"sql: "):
        query(open_store(whole), sql)


def test_a_dry_run_counts_and_writes_nothing(plan: Path, whole: Path, tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    found = foreseen(plan, tmp_path / "store", jobs=2)
    assert (found.points, found.cells, found.there, found.solves) == (4, 8, 0, 4 * 2 * 3)
    assert found.seconds == pytest.approx(found.solves * found.seconds_a_solve / 2)
    assert sorted(tmp_path.rglob("*")) == before
    assert 0.3 < found.bytes / (2 * sum(map(len, sweeping.cells(whole).values()))) < 3
    assert foreseen(plan, whole, jobs=2).solves == 0


def test_times_are_said_in_the_unit_people_use() -> None:
    assert [duration(each) for each in (3.14159, 600, 7200.0 * 2, 2e6)] == ["3.14 s", "10 min", "4 h", "23.1 d"]


def test_draws_of_a_cell_are_rows_of_the_whole_design(tmp_path: Path) -> None:
    laid = laid_out(load_plan(sweeping.folder(tmp_path, rates=2, draws=40)))
    context = Context(cases=dict(laid.cases), worlds=dict(laid.worlds))
    store = create(tmp_path / "store", laid)
    drawn = [task.values for task in tasks_of(store, context, store.cells) if task.values is not None]
    assert [len(each) for each in drawn[:2]] == [32, 8]
    assert (drawn[0] == drawn[2]).all()  # the same draws at every level


def _refused(text: str, tmp_path: Path) -> str:
    path = tmp_path / "bad.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioError) as caught:
        laid_out(load_plan(path))
    return str(caught.value)


HEADER = "detente-sweep: 1\nid: bad\nscenarios: us-china-2025-10\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("id: bad\nscenarios: us-china-2025-10\n", ["detente-sweep", "expected this field"]),
        ("detente-sweep: 2\nid: bad\nscenarios: us-china-2025-10\n", ["bad.yaml:1: detente-sweep", "'2'"]),
        ("detente-sweep: 1\nid: bad\nscenarios: us-chin-2025\n", ["us-chin-2025", "try us-china-2025-10"]),
        (HEADER + "elasticities: [CP, XX]\n", ["elasticities: found 'XX'", "expected one of CP"]),
        (HEADER + "branches: [maine]\n", ["maine", "main"]),
        (HEADER + "levels: {us-fentanil.rate: [+1pp]}\n", ["us-fentanil", "us-fentanyl"]),
        (HEADER + "levels: {us-fentanyl.rate: [20]}\n", ["us-fentanyl", "found '20'"]),
        (HEADER + "levels: {cn-licence-april.volum: [20% of base]}\n", ["volum", "try volume"]),
        (HEADER + "closures: [world-sharing]\n", ["bad.yaml:4: closures[0]", "try world-share"]),
        (HEADER + "closures: [fixed-nominal]\n", ["numeraire"]),
        (HEADER + "closures: [balanced]\n", ["closure", "include_purge"]),
        (HEADER + "draws: many\n", ["bad.yaml:4: draws", "'many'"]),
        (HEADER + "draws: {number: 64, seeds: 1}\n", ["seeds", "try seed"]),
        (HEADER + "keep: {variables: [real_income]}\n", ["bad.yaml:4: keep.variables", "'real_income'"]),
        (HEADER + "keep: {countries: [USB]}\n", ["keep.countries", "try USA"]),
        (HEADER + "limits: {seconds: 0}\n", ["limits.seconds", "above zero"]),
        (HEADER + "cases: [{name: a}, {name: a}]\n", ["two cases named 'a'"]),
        (HEADER + "grid: 1\n", ["bad.yaml:4: grid", "unknown field"]),
        (HEADER + "draws: 1000000000\n", ["draws"]),
    ],
)
def test_bad_plans_are_refused_with_line_field_and_what_to_try(text: str, words: list[str], tmp_path: Path) -> None:
    message = _refused(text, tmp_path)
    for word in words:
        assert word in message, message


def test_a_plan_of_a_thousand_million_cells_is_refused_at_once_and_says_why(tmp_path: Path) -> None:
    rates = ", ".join(f"+{n}pp" for n in range(1000))
    axes = "\n".join(f"  {name}.rate: [{rates}]" for name in ("us-fentanyl", "us-snapback", "cn-retaliation"))
    message = _refused(HEADER + "levels:\n" + axes + "\n", tmp_path)
    assert "1,000,000,000 cells" in message
    assert "1000 levels.us-fentanyl.rate" in message
    assert f"at most {MOST_CELLS:,}" in message


def test_a_sweep_without_a_place_or_with_two_is_refused(plan: Path, whole: Path) -> None:
    with pytest.raises(UsageError, match="try --out plan-store"):
        sweep(plan)
    with pytest.raises(UsageError, match="beside a store"):
        sweep(whole, whole)
    with pytest.raises(UsageError, match="jobs: found 0"):
        sweep(plan, Path(plan).parent / "zero", jobs=0)
    with pytest.raises(UsageError, match="expected local, dask or dask://HOST:PORT"):
        sweep(plan, Path(plan).parent / "zero", executor="loca")


def test_workers_give_what_this_process_gives_and_a_finished_store_is_left_alone(
    plan: Path, whole: Path, tmp_path: Path
) -> None:
    done = sweep(plan, tmp_path / "store", jobs=2)
    assert (done.cells, done.new) == (8, 8)
    assert sweeping.cells(tmp_path / "store") == sweeping.cells(whole)
    assert sweeping.index(tmp_path / "store") == sweeping.index(whole)
    again = sweep(tmp_path / "store")
    assert (again.new, again.statuses) == (0, done.statuses)


POISON = """
import sys, time
from detente.sweep import worker
real = worker.answered
def answered(context, task):
    if task.key == {key!r}:
        {act}
    return real(context, task)
worker.answered = answered
worker.main(sys.argv[1:])
"""


def test_a_worker_over_the_limit_is_gone_before_anybody_asks_it_again(plan: Path, tmp_path: Path) -> None:
    """Its pipe closes before it can be reaped: the next try must not be given to a worker that is dying."""
    import sys

    from detente.sweep.context import keep

    path = tmp_path / "store"
    laid = laid_out(load_plan(plan))
    store = create(path, laid)
    for case in laid.cases.values():
        keep(path, case, laid.worlds.values())
    (task,) = list(tasks_of(store, Context(path), store.cells[2:3]))
    program = tmp_path / "poisoned.py"
    program.write_text(POISON.format(key=task.key, act="time.sleep(1e6)"))
    worker = _Process.start((sys.executable, str(program)), path, None)
    assert worker.wait() == ""
    assert worker.ask(task, 1.0) == "over the limit of 1 seconds"
    assert worker.process.returncode == -9  # reaped, not only struck
    worker.words.close()


@pytest.mark.parametrize(
    ("act", "words"),
    [
        ("time.sleep(1e6)", "over the limit of 5 seconds"),
        ("bytearray(100 * 1024**3)", "MemoryError"),
        ("__import__('os').kill(__import__('os').getpid(), 11)", "killed by SIGSEGV"),
        ("__import__('os')._exit(7)", "ended with code 7"),
    ],
)
def test_a_poison_cell_ends_crashed_after_three_tries_and_the_others_finish(
    act: str, words: str, plan: Path, whole: Path, tmp_path: Path
) -> None:
    """S7: a loop, a hundred gigabytes, a broken library, a silent end."""
    path = tmp_path / "store"
    laid = laid_out(load_plan(plan))
    store = create(path, laid)
    from detente.sweep.context import keep

    for case in laid.cases.values():
        keep(path, case, laid.worlds.values())
    key = store.cells[2].key
    program = tmp_path / "poisoned.py"
    program.write_text(POISON.format(key=key, act=act))
    import sys

    context = Context(path)
    with Workers(path, 2, 5.0, 4 * 1024**3, (sys.executable, str(program))) as workers:
        answers = {answer.task.key: answer for answer in workers.answers(tasks_of(store, context, store.cells))}
    assert answers[key].tries == 3
    assert words in answers[key].error
    assert [each.error for other, each in answers.items() if other != key] == [""] * 7
