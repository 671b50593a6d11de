"""All cells of a store in one table: made from the cells whenever it is wanted, never the truth."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from detente.core.errors import CheckError, Problem, UsageError
from detente.sweep.files import draft_name, settle, written
from detente.sweep.store import DRAFTS, INDEX, Store, intact

FORMATS: Final = (".parquet", ".csv")
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""First characters of a text that a spreadsheet would run; such a text gets a quote in front."""


def tables(store: Store) -> Iterator[Any]:
    """Yield the cells of a store as Arrow tables, in the order of the plan, each checked against its name.

    Raises:
        CheckError: a cell that is damaged.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    for path in store.files():
        if not intact(path):
            problem = Problem(str(path), "sha256", "bytes that were altered", "those that its name says", "--rebuild")
            raise CheckError(problems=[problem])
        yield pq.read_table(pa.BufferReader(path.read_bytes()))


def build_index(store: Store) -> dict[str, int]:
    """Write `index.parquet` from all cells and return status -> number of solves.

    Raises:
        CheckError: a cell is missing or damaged. OSError: the place cannot be written.
    """
    import pyarrow.parquet as pq

    missing = store.missing()
    if missing:
        found = f"{len(missing)} of {len(store.keys)} cells missing"
        raise CheckError(problems=[Problem(str(store.path), "", found, "all of them", "the same sweep again")])
    counts: Counter[str] = Counter()
    draft = draft_name(store.path / DRAFTS)
    writer: Any = None
    try:
        for table in tables(store):
            writer = writer or pq.ParquetWriter(draft, table.schema, compression="zstd", store_schema=False)
            writer.write_table(table)
            counts += statuses(table)
        writer.close()
        draft.replace(store.path / INDEX)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    settle(store.path)
    return dict(counts.most_common())


def statuses(table: Any) -> Counter[str]:
    """Return status -> number of solves of a cell's table: each branch of each draw once."""
    keys = table.select(["branch", "draw", "status"]).group_by(["branch", "draw", "status"]).aggregate([])
    return Counter(keys["status"].to_pylist())


def export(store: Store, path: Path, *, force: bool = False) -> Path:
    """Write all cells as one Parquet or CSV file.

    Raises:
        UsageError: another ending, or a file that is there. CheckError: cells missing or damaged.
    """
    if path.suffix not in FORMATS:
        raise UsageError(f"export: found {path.name!r}; expected a name ending in {' or '.join(FORMATS)}")
    if path.exists() and not force:
        raise UsageError(f"export: found {str(path)!r}, which exists; expected a new file; try --force to replace it")
    build_index(store)
    if path.suffix == ".parquet":
        return written(path.parent, path, (store.path / INDEX).read_bytes())
    draft = path.with_name(f".{path.name}.draft")
    try:
        with draft.open("w", newline="", encoding="utf-8") as stream:
            sheet = csv.writer(stream)
            for number, table in enumerate(tables(store)):
                if not number:
                    sheet.writerow(table.column_names)
                sheet.writerows(map(_cells, zip(*(column.to_pylist() for column in table.columns), strict=True)))
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    return path


def _cells(row: tuple[Any, ...]) -> list[Any]:
    """Return a row for a sheet: nothing for no number, text that looks like a formula quoted."""
    return [
        "" if item is None else f"'{item}" if isinstance(item, str) and item.startswith(FORMULA) else item
        for item in row
    ]


def query(store: Store, sql: str) -> Any:
    """Return what a query finds in the cells, as an Arrow table; they are the table `cells`.

    DuckDB runs in memory, without access to files, network or extensions, and its settings are locked.
    Raises:
        UsageError: no DuckDB here, or a query that it refuses. CheckError: cells missing or damaged.
    """
    try:
        import duckdb
    except ImportError:
        raise UsageError("sql: found no DuckDB here; expected it; try pip install 'detente[sql]'") from None
    import pyarrow.parquet as pq

    build_index(store)
    cells = pq.read_table(store.path / INDEX)
    config: dict[str, Any] = {
        "enable_external_access": "false", "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false", "lock_configuration": "true",
    }  # fmt: skip
    with duckdb.connect(":memory:", config=config) as connection:
        connection.register("cells", cells)
        try:
            return connection.sql(sql).to_arrow_table()
        except duckdb.Error as error:
            raise UsageError(f"sql: {error}") from None
