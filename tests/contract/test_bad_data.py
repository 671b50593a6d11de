"""Bad data, one test per row of the catalogue: what is refused, in which words, on which line; nothing is written.

Each case is the good set of tables (`bad/good`) with one edit.
"""

from __future__ import annotations

import os
import shutil
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detente.baseline import catalogue, text
from detente.baseline.catalogue import check_path, import_path, load_baseline
from detente.baseline.tables import read_tables
from detente.core.errors import DataError, DetenteError, MissingDataError

GOOD = Path(__file__).parent / "bad" / "good"
Edit = Callable[[Path], None]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(GOOD, tmp_path / "isles"))


def put(name: str, old: str, new: str) -> Edit:
    def edit(folder: Path) -> None:
        content = (folder / name).read_text()
        assert content.count(old) == 1, f"{old!r} must occur once in {name}"
        (folder / name).write_text(content.replace(old, new))

    return edit


def everywhere(old: str, new: str, *names: str) -> Edit:
    def edit(folder: Path) -> None:
        for path in folder.glob("*.csv"):
            if not names or path.stem in names:
                path.write_text(path.read_text().replace(old, new))

    return edit


def rewrite(name: str, change: Callable[[bytes], bytes]) -> Edit:
    def edit(folder: Path) -> None:
        (folder / name).write_bytes(change((folder / name).read_bytes()))

    return edit


def scaled(name: str, factor: float) -> Edit:
    def edit(folder: Path) -> None:
        header, *rows = (folder / name).read_text().splitlines()
        parts = [row.rsplit(",", 1) for row in rows]
        changed = [f"{keys},{float(value) * factor:g}" for keys, value in parts]
        (folder / name).write_text("\n".join([header, *changed, ""]))

    return edit


def also(*edits: Edit) -> Edit:
    def edit(folder: Path) -> None:
        for each in edits:
            each(folder)

    return edit


F, I, V, T, E, M = "flows.csv", "inputs.csv", "value_added.csv", "tariffs.csv", "elasticities.csv", "meta.yaml"  # noqa: E741
SEMICOLONS = rewrite(F, lambda b: b.replace(b",", b";").replace(b"90", b"90,5"))

REFUSED: list[tuple[str, Edit, list[str]]] = [
    ("46 NA on one side", put(F, "AUR,BRE,FOOD,10", "NA,BRE,FOOD,10"), ["flows.csv:3", "'NA' missing in", "(dest)"]),
    ("46 NA in one table", everywhere("BRE", "NA", "flows"),
     ["flows.csv:3", "'NA'", "inputs.csv:6", "unknown code 'BRE'"]),
    ("47 HS zero lost", rewrite(E, lambda b: b"sector,trade_elasticity,hs22\nFOOD,4,0102\nSTEEL,5.5,102\n"),
     ["elasticities.csv:3: hs22", "found '102'", "2, 4 or 6 digits", "'0102'"]),
    ("47 HS end lost", rewrite(E, lambda b: b"sector,trade_elasticity,hs22\nFOOD,4,8505.1\nSTEEL,5.5,72\n"),
     ["elasticities.csv:2: hs22", "'8505.1'", "'8505.10'"]),
    ("47 zero lost in a sector", everywhere("FOOD", "0102", "flows", "inputs", "value_added", "elasticities"),
     ["tariffs.csv:2: sector", "unknown code 'FOOD'"]),
    ("48 long row", put(F, "AUR,BRE,FOOD,10", "AUR,BRE,FOOD,10,7"), ["flows.csv:3", "5 fields", "4 fields"]),
    ("49 short row", put(F, "AUR,BRE,FOOD,10", "AUR,BRE,10"), ["flows.csv:3", "3 fields", "4 fields"]),
    ("50 duplicate header", put(F, "origin,dest", "origin,origin"),
     ["flows.csv:1: origin", "twice", "columns 1 and 2"]),
    ("50 unknown header", put(F, "origin,dest", "origin,destt"), ["flows.csv:1: header", "'destt'", "try 'dest'"]),
    ("51 duplicate row", put(F, "AUR,BRE,FOOD,10", "AUR,BRE,FOOD,10\nAUR,AUR,FOOD,90"),
     ["flows.csv:4", "AUR, AUR, FOOD on lines 2 and 4"]),
    ("52 semicolons", SEMICOLONS, ["flows.csv:1", "semicolons", "commas", "a point in decimals"]),
    ("52 decimal comma", put(V, "AUR,FOOD,70", 'AUR,FOOD,"70,5"'),
     ["value_added.csv:2: value_musd", "'70,5'", "'70.5'"]),
    ("52 bare decimal comma", put(V, "AUR,FOOD,70", "AUR,FOOD,70,5"), ["value_added.csv:2", "4 fields", "'70.5'"]),
    ("53 thousands", put(F, "STEEL,250", 'STEEL,"1,250.0"'), ["flows.csv:9: value_musd", "thousands", "'1250.0'"]),
    ("53 bare thousands", put(F, "STEEL,250", "STEEL,1,250.0"), ["flows.csv:9", "5 fields", "'1250.0'"]),
    ("53 ambiguous", put(F, "STEEL,250", 'STEEL,"1,250"'), ["flows.csv:9", "'1250'", "'1.250'"]),
    ("53 apostrophe", put(F, "STEEL,250", "STEEL,1'250"), ["flows.csv:9", "thousands", "'1250'"]),
    ("54 text", put(F, "STEEL,250", "STEEL,n/a"), ["flows.csv:9: value_musd", "found 'n/a'", "a number"]),
    ("54 underscore", put(F, "STEEL,250", "STEEL,2_50"), ["flows.csv:9: value_musd", "'2_50'", "underscores"]),
    ("54 other digits", put(F, "STEEL,250", "STEEL,٢٥٠"), ["flows.csv:9: value_musd", "a number"]),
    ("54 typographic minus", put(T, "FOOD,5", "FOOD,−5"), ["tariffs.csv:2: rate_pct", "ASCII minus", "'-5'"]),
    ("55 NaN", put(F, "STEEL,250", "STEEL,NaN"), ["flows.csv:9: value_musd", "found 'NaN'", "a finite number"]),
    ("55 inf", put(F, "STEEL,250", "STEEL,-inf"), ["flows.csv:9: value_musd", "found '-inf'", "a finite number"]),
    ("55 too large", put(F, "STEEL,250", "STEEL,1e400"), ["flows.csv:9", "found '1e400'", "double precision"]),
    ("56 blank", put(F, "FOOD,10", "FOOD,"),
     ["flows.csv:3: value_musd", "found a blank", "0 and blank are two things"]),
    ("56 missing row", put(F, "AUR,BRE,FOOD,10\n", ""),
     ["flows.csv", "no row for 1 of 8 cells: AUR-BRE-FOOD", "missing: zero"]),
    ("56 missing elasticity", put(E, "STEEL,5.5\n", ""), ["'STEEL' missing in elasticities (sector)"]),
    ("57 negative flow", put(F, "FOOD,10", "FOOD,-10"),
     ["flows.csv:3: value_musd", "-10 at AUR, BRE, FOOD", "at least 0"]),
    ("58 negative own share", put(F, "AUR,AUR,FOOD,90", "AUR,AUR,FOOD,-9"),
     ["flows.csv:2: value_musd", "-9 at AUR, AUR, FOOD", "negative own share", "re-exports"]),
    ("59 zero output with use", also(put(F, "AUR,AUR,FOOD,90", "AUR,AUR,FOOD,0"), put(F, "FOOD,10", "FOOD,0")),
     ["flows.csv", "B02 output", "zero output but inputs of 30", "at AUR, FOOD"]),
    ("60 extra country", put(T, "BRE,AUR,FOOD,10", "BRE,AUR,FOOD,10\nCEL,AUR,FOOD,1"),
     ["tariffs.csv:5: by", "unknown code 'CEL'", "countries of"]),
    ("60 missing country", rewrite(V, lambda b: b"".join(b.splitlines(keepends=True)[:3])),
     ["'BRE' missing in value_added (country)"]),
    ("60 misspelt", put(I, "AUR,FOOD,FOOD,10", "AUX,FOOD,FOOD,10"), ["inputs.csv:2: country", "'AUX'", "try 'AUR'"]),
    ("60 against the list", rewrite(M, lambda b: b + b"countries: [AUR, BRE, CEL]\n"),
     ["meta.yaml:10", "'CEL' missing in flows (origin)"]),
    ("62 footnote", rewrite(F, lambda b: b + b"Source: statistical office\n"), ["flows.csv:10", "1 field", "footnote"]),
    ("62 footnote with commas", rewrite(F, lambda b: b + b"Note,see,annex,table\n"),
     ["flows.csv:10", "'table'", "footnote"]),
    ("62 units row", put(F, "value_musd\n", "value_musd\n,,,million USD\n"),
     ["flows.csv:2: value_musd", "'million USD'", "row of units", "flows.csv:2: origin", "a blank"]),
    ("62 blank line", put(F, "AUR,BRE,FOOD", "\nAUR,BRE,FOOD"), ["flows.csv:3", "a blank line"]),
    ("63 open quote", put(F, "AUR,BRE,FOOD,10", 'AUR,BRE,"FOOD,10'), ["flows.csv:3", "a quote opened at character 9"]),
    ("63 text after a quote", put(F, "AUR,BRE,FOOD,10", 'AUR,BRE,"FO"OD,10'),
     ["flows.csv:3", "after the closing quote"]),
    ("64 header only", rewrite(T, lambda b: b"by,against,sector,rate_pct\n"),
     ["tariffs.csv:1", "a header and no rows"]),
    ("64 empty file", rewrite(T, lambda b: b""),
     ["tariffs.csv:1", "an empty first line", "by,against,sector,rate_pct"]),
    ("69 a workbook", rewrite(F, lambda b: b"PK\x03\x04" + b), ["flows.csv", "a zip archive or a workbook"]),
    ("69 gzip", rewrite(F, lambda b: b"\x1f\x8b\x08" + b), ["flows.csv", "a gzip archive"]),
    ("70 unbalanced 5 %", also(scaled(V, 1.05), scaled(I, 1.05)),
     ["inputs.csv", "B02 cost = output", "found 315 against 300 at BRE, STEEL (+5 %)"]),
    ("71 percent of percent", scaled(T, 100), ["tariffs.csv", "B07 tariffs", "looks like percent"]),
    ("71 far too low", put(T, "BRE,AUR,FOOD,10", "BRE,AUR,FOOD,-60"), ["tariffs.csv", "B07 tariffs", "-0.6", "-0.5"]),
    ("71 at home", put(T, "BRE,AUR,FOOD,10", "BRE,AUR,FOOD,10\nBRE,BRE,FOOD,3"),
     ["tariffs.csv", "B07", "0 on home sales"]),
    ("71 on services", rewrite(M, lambda b: b + b"services: [STEEL]\n"),
     ["tariffs.csv", "B07", "no tariff on services"]),
    ("72 years differ", put(M, "  tariffs: 2022", "  tariffs: 2024-12-31"),
     ["meta.yaml", "B08 years", "flows 2022", "tariffs 2024-12-31", "allow_year_mismatch: true"]),
    ("72 elasticities too", rewrite(M, lambda b: b + b"  elasticities: 2015\n"), ["B08 years", "elasticities 2015"]),
    ("B05 theta", put(E, "FOOD,4", "FOOD,0.05"), ["elasticities.csv", "B05 trade_elasticity", "0.05 in FOOD"]),
    ("B05 negative theta", put(E, "FOOD,4", "FOOD,-4"),
     ["elasticities.csv:2: trade_elasticity", "-4 at FOOD", "not -theta"]),
    ("B05 no value added", also(put(V, "AUR,FOOD,70", "AUR,FOOD,0"), put(I, "AUR,FOOD,FOOD,10", "AUR,FOOD,FOOD,80")),
     ["value_added.csv", "B05", "at AUR, FOOD", "above 0"]),
    ("B06 final demand", also(put(I, "AUR,FOOD,FOOD,10", "AUR,FOOD,FOOD,79.9"),
                              put(I, "AUR,FOOD,STEEL,20", "AUR,FOOD,STEEL,79"),
                              put(V, "AUR,FOOD,70", "AUR,FOOD,0.1"), put(V, "AUR,STEEL,120", "AUR,STEEL,61")),
     ["meta.yaml", "B06 final demand", "AUR, FOOD", "treatment: exogenous"]),
    ("40 UTF-16", rewrite(F, lambda b: b.decode().encode("utf-16")),
     ["flows.csv", "UTF-16", "ff fe", "saving as UTF-8"]),
    ("40 UTF-16 without mark", rewrite(F, lambda b: b.decode().encode("utf-16-le")),
     ["flows.csv:1", "NUL", "at byte 1"]),
    ("40 Latin-1 byte", rewrite(F, lambda b: b.replace(b"BRE", b"BR\xc9", 1)),
     ["flows.csv:3", "byte 0xc9 at byte 52", "Latin-1"]),
    ("40 NUL", rewrite(F, lambda b: b.replace(b"BRE", b"B\0E", 1)), ["flows.csv:3", "NUL byte (0x00) at byte 51"]),
    ("40 lone CR", rewrite(F, lambda b: b.replace(b"\n", b"\r")), ["flows.csv:1", "carriage return"]),
    ("20 blank in a code", put(F, "AUR,BRE,FOOD,10", "AUR,BRE ,FOOD,10"), ["flows.csv:3: dest", "'BRE '", "try 'BRE'"]),
    ("invisible in a code", put(F, "AUR,BRE,FOOD,10", "AUR,BRE\u200b,FOOD,10"), ["flows.csv:3: dest", "printable"]),
    ("meta: duplicate key", rewrite(M, lambda b: b + b"id: other\n"), ["meta.yaml:10: id", "lines 1 and 10"]),
    ("meta: tag", rewrite(M, lambda b: b + b"title: !!python/name:os.system x\n"), ["meta.yaml:10", "the tag"]),
    ("meta: alias", rewrite(M, lambda b: b + b"title: &a x\nservices: *a\n"), ["meta.yaml:10", "an anchor or alias"]),
    ("meta: merge key", rewrite(M, lambda b: b + b"<<: {a: b}\n"), ["meta.yaml:10", "a merge key"]),
    ("meta: second document", rewrite(M, lambda b: b + b"---\nid: two\n"), ["meta.yaml:10", "a second document"]),
    ("meta: depth", rewrite(M, lambda b: b + b"services: [[[[a]]]]\n"), ["meta.yaml:10", "nesting"]),
    ("meta: tab", rewrite(M, lambda b: b + b"\ttitle: x\n"), ["meta.yaml:10", "YAML 1.2"]),
    ("meta: empty", rewrite(M, lambda b: b""), ["meta.yaml", "an empty file"]),
    ("meta: a list", rewrite(M, lambda b: b"- id\n"), ["meta.yaml:1", "no mapping"]),
    ("meta: unknown field", rewrite(M, lambda b: b + b"lisence: MIT\n"), ["meta.yaml:10: lisence", "try licence"]),
    ("meta: bad flag", rewrite(M, lambda b: b + b"allow_year_mismatch: yes\n"),
     ["meta.yaml:10", "'yes'", "true or false"]),
    ("meta: bad treatment", rewrite(M, lambda b: b + b"treatment: exogen\n"),
     ["meta.yaml:10: treatment", "try exogenous"]),
    ("meta: bad id", put(M, "two-isles", "../two"), ["meta.yaml:1: id", "'../two'"]),
    ("meta: bad year", put(M, "flows: 2022", "flows: 22"), ["meta.yaml:6: year.flows", "'22'"]),
    ("meta: no year", rewrite(M, lambda b: b[: b.index(b"year:")]), ["meta.yaml: year", "no such field", "unknown"]),
    ("meta: no list", rewrite(M, lambda b: b + b"services: {a: b}\n"),
     ["meta.yaml:10: services", "a list of codes"]),
    ("meta: twice in a list", rewrite(M, lambda b: b + b"services: [FOOD, FOOD]\n"), ["meta.yaml:10", "'FOOD' twice"]),
    ("meta: blank", rewrite(M, lambda b: b + b"title:\n"), ["meta.yaml:10: title", "a blank"]),
    ("meta: mapping for a text", rewrite(M, lambda b: b + b"title: {a: b}\n"), ["meta.yaml:10: title", "one value"]),
    ("meta: control character", rewrite(M, lambda b: b + b"title: \x07\n"), ["meta.yaml", "special characters"]),
    ("meta: list of years", rewrite(M, lambda b: b[: b.index(b"year:")] + b"year: [2022]\n"),
     ["meta.yaml:5: year", "a list"]),
    ("meta: year of no table", put(M, "  inputs: 2022", "  input: 2022"),
     ["year.input", "an unknown table", "try inputs"]),
    ("meta: no year of tariffs", put(M, "  tariffs: 2022\n", ""), ["meta.yaml:5: year.tariffs", "no such entry"]),
    ("meta: unknown service", rewrite(M, lambda b: b + b"services: [SEVR]\n"), ["meta.yaml:10: services", "'SEVR'"]),
]  # fmt: skip


@pytest.mark.parametrize(("edit", "words"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_refused_with_its_words_and_nothing_written(folder: Path, edit: Edit, words: list[str]) -> None:
    edit(folder)
    before = {path: path.read_bytes() for path in folder.parent.rglob("*") if path.is_file()}
    with pytest.raises(DataError) as caught:
        read_tables(folder)
    assert caught.value.exit_code == 3
    for word in words:
        assert word in str(caught.value)
    for problem in caught.value.problems:
        assert problem.found
        assert problem.expected
        assert problem.where.startswith(str(folder))
    assert {path: path.read_bytes() for path in folder.parent.rglob("*") if path.is_file()} == before


ACCEPTED: list[tuple[str, Edit]] = [
    ("39 BOM", rewrite(F, lambda b: b"\xef\xbb\xbf" + b)),
    ("39 CRLF", also(*(rewrite(name, lambda b: b.replace(b"\n", b"\r\n")) for name in (F, I, V, T, E, M)))),
    ("39 no last line end", rewrite(F, lambda b: b.rstrip(b"\n"))),
    ("39 blank end", rewrite(F, lambda b: b + b"\n\n")),
    ("quotes", rewrite(F, lambda b: b.replace(b"FOOD", b'"FOOD"').replace(b"origin", b'"origin"'))),
    ("61 sectors in another order", rewrite(E, lambda b: b"sector,trade_elasticity\nSTEEL,5.5\nFOOD,4\n")),
    ("61 rows in another order", rewrite(F, lambda b: b"\n".join(b.splitlines()[:1] + b.splitlines()[:0:-1]))),
    ("61 columns in another order", rewrite(E, lambda b: b"trade_elasticity,sector\n4,FOOD\n5.5,STEEL\n")),
    ("number forms", put(F, "FOOD,10", "FOOD, +1.0e1 ")),
    ("an hs column", rewrite(E, lambda b: b"sector,trade_elasticity,hs22\nFOOD,4,0102\nSTEEL,5.5,7208.10\n")),
]  # fmt: skip


@pytest.mark.parametrize("edit", [case[1] for case in ACCEPTED], ids=[case[0] for case in ACCEPTED])
def test_accepted_and_the_same_world(folder: Path, edit: Edit) -> None:
    expected = read_tables(folder).sha256
    edit(folder)
    assert read_tables(folder).sha256 == expected


def test_56_missing_rows_are_zero_only_when_said(folder: Path) -> None:
    put(T, "BRE,AUR,STEEL,0\n", "")(folder)
    with pytest.raises(DataError, match="missing: zero"):
        read_tables(folder)
    rewrite(M, lambda b: b + b"missing: zero\n")(folder)
    assert read_tables(folder).sha256 == read_tables(GOOD).sha256


def test_72_years_may_differ_when_said_and_it_is_echoed(folder: Path) -> None:
    put(M, "  tariffs: 2022", "  tariffs: 2024")(folder)
    rewrite(M, lambda b: b + b"allow_year_mismatch: true\n")(folder)
    assert any("B08" in text and "2024" in text for text in read_tables(folder).meta["warnings"])


def test_problems_of_all_files_are_told_at_once(folder: Path) -> None:
    for edit in (
        put(F, "FOOD,10", "FOOD,x"),
        put(T, "FOOD,5", "FOOD,"),
        rewrite(V, lambda b: b"\xff"),
        put(M, "id", "ID"),
    ):
        edit(folder)
    with pytest.raises(DataError) as caught:
        read_tables(folder)
    assert [name for name in (F, T, V, M) if any(name in p.where for p in caught.value.problems)] == [F, T, V, M]


def test_many_problems_are_counted(folder: Path) -> None:
    rewrite(F, lambda b: b + b"a,b\n" * 30_000)(folder)
    with pytest.raises(DataError) as caught:
        read_tables(folder)
    assert len(str(caught.value).splitlines()) == 21
    assert "more lines like these" in str(caught.value.problems[-1])


@pytest.mark.parametrize("name", [F, M])
@pytest.mark.parametrize(
    ("make", "word"),
    [
        (os.mkfifo, "a named pipe"),
        (lambda path: path.mkdir(), "a directory"),
        (lambda path: path.symlink_to("/dev/zero"), "a device"),
    ],
    ids=["fifo", "directory", "device"],
)
def test_73_only_regular_files_are_opened(folder: Path, name: str, make: Edit, word: str) -> None:
    (folder / name).unlink()
    make(folder / name)
    with pytest.raises(DataError, match=f"{name}: found {word}"):
        read_tables(folder)


def test_73_socket_and_file_for_a_folder(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    (folder / F).unlink()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(F)
        with pytest.raises(DataError, match="a socket"):
            read_tables(folder)
    with pytest.raises(DataError, match="not a folder"):
        read_tables(folder / V)
    with pytest.raises(DataError, match="the folder that holds all tables"):
        load_baseline(folder / V)


def test_74_a_file_that_changes_while_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.fstat

    def meddled(handle: int) -> os.stat_result:
        found = real(handle)
        os.utime(folder / F, ns=(1, time.monotonic_ns()))
        return found

    monkeypatch.setattr(text.os, "fstat", meddled)
    with pytest.raises(DataError, match="changed while it was read"):
        read_tables(folder)


def test_missing_files_are_missing_data(folder: Path) -> None:
    (folder / T).unlink()
    with pytest.raises(MissingDataError, match=r"tariffs\.csv: found no such file") as caught:
        read_tables(folder)
    assert caught.value.exit_code == 6
    (folder / V).write_bytes(b"\0")
    with pytest.raises(DataError) as mixed:
        read_tables(folder)
    assert mixed.value.exit_code == 3


def test_75_absent_baseline_names_the_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(catalogue.HOME_VARIABLE, str(tmp_path))
    from detente.baseline.files import save_npz

    save_npz(read_tables(GOOD), import_path("two-isles"))
    with pytest.raises(MissingDataError) as caught:
        load_baseline("two-isle")
    assert caught.value.exit_code == 6
    for word in ("'two-isle'", "two-isles", "detente data import DIR --format csv --out two-isle"):
        assert word in str(caught.value)
    assert load_baseline("two-isles").sha256 == read_tables(GOOD).sha256
    for path in (tmp_path / "nothing", tmp_path / "nothing.npz", "", "a\0b", "../x"):
        with pytest.raises(MissingDataError, match="detente data import DIR --format csv --out"):
            load_baseline(path)


def test_check_path_returns_what_is_wrong(folder: Path) -> None:
    base, problems, warnings = check_path(folder)
    assert base is not None
    assert (problems, warnings) == ((), ())
    put(E, "FOOD,4", "FOOD,0.5")(folder)
    assert any("1/theta" in text for text in check_path(folder)[2])
    put(F, "FOOD,10", "FOOD,x")(folder)
    base, problems, _ = check_path(folder)
    assert base is None
    assert "flows.csv:3" in str(problems[0])
    with pytest.raises(MissingDataError):
        check_path(folder / "nothing")


FUZZ = settings(max_examples=60, deadline=2000, suppress_health_check=[HealthCheck.function_scoped_fixture])
NAMES = st.sampled_from([F, I, V, T, E, M])


@FUZZ
@given(name=NAMES, content=st.binary(max_size=400))
def test_any_bytes_give_a_named_error(folder: Path, name: str, content: bytes) -> None:
    keep = (folder / name).read_bytes()
    (folder / name).write_bytes(content)
    with pytest.raises(DetenteError):
        read_tables(folder)
    (folder / name).write_bytes(keep)


@FUZZ
@given(name=NAMES, at=st.integers(0, 10**6), drop=st.integers(0, 6), extra=st.binary(max_size=6))
def test_spliced_bytes_are_read_or_refused(folder: Path, name: str, at: int, drop: int, extra: bytes) -> None:
    keep = (folder / name).read_bytes()
    place = at % len(keep)
    (folder / name).write_bytes(keep[:place] + extra + keep[place + drop :])
    base, problems, _ = check_path(folder)  # raises whatever is not a refusal
    (folder / name).write_bytes(keep)
    assert (base is None) == bool(problems)


@FUZZ
@given(content=st.text(alphabet=st.sampled_from("id:year{}[]&*!|>-?#'\"%@`, \n\t<a2x~\\"), max_size=60))
def test_any_yaml_gives_a_named_error(folder: Path, content: str) -> None:
    (folder / M).write_text(content)
    with pytest.raises(DetenteError):
        read_tables(folder)
