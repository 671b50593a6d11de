"""`detente data aggregate | split | update`: what is kept under the new name, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import detente as dt
from detente.cli import execute
from detente.cli.derive import groups


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep what is written away from the user's own data."""
    monkeypatch.setenv("DETENTE_DATA", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_groups_are_read_as_people_write_them() -> None:
    assert groups("countries", "EU27, NAFTA=USA + CAN+MEX ,ROW=*") == {
        "EU27": "EU27",
        "NAFTA": ["USA", "CAN", "MEX"],
        "ROW": "*",
    }
    assert groups("countries", None) is None
    with pytest.raises(dt.UsageError, match=r"found '=X', 'EU27' twice, 'A=B\+'; expected groups"):
        groups("countries", "EU27,=X,EU27,A=B+")


def test_aggregate_keeps_totals_and_says_what_happened(capsys: pytest.CaptureFixture[str]) -> None:
    spec = ["--countries", "EU27,USA,CHN,ROW=*", "--sectors", "FARM=A01+A02+A03,REST=*", "--out", "small"]
    assert execute(["data", "aggregate", "world-2022", *spec, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["countries"], told["sectors"]) == (4, 2)
    small, world = dt.baseline("small"), dt.baseline("world-2022")
    assert small.id == "small"
    assert small.countries[-1] == "ROW"
    assert small.output.sum() == pytest.approx(world.output.sum(), rel=1e-12)
    assert small.value_added.sum() == pytest.approx(world.value_added.sum(), rel=1e-12)
    assert dt.solve(small, small.tariffs + 0).status == "CERTIFIED"


def test_split_and_update(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["data", "split", "world-2022", "--products", "soybeans", "--out", "soy"]) == 0
    assert "A01_SOY" in dt.baseline("soy").sectors
    table = home / "mine.csv"
    table.write_text("by,against,sector,rate_pct\nUSA,CHN,A01_SOY,50\n")
    assert execute(["data", "update", "soy", "--tariffs", str(table), "--out", "soy-50", "-q"]) == 0
    new = dt.baseline("soy-50")
    place = (new.countries.index("CHN"), new.countries.index("USA"), new.sectors.index("A01_SOY"))
    assert new.tariffs[place] == 0.5
    assert any("tariffs updated" in text for text in new.meta["history"])
    capsys.readouterr()


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["aggregate", "world-2022", "--out", "x"], 2, "found neither"),
        (["aggregate", "world-2022", "--countries", "AS=ASEN", "--out", "x"], 2, "try 'ASEAN'"),
        (["split", "world-2022", "--products", "soybean", "--out", "x"], 2, "try 'soybeans'"),
        (["split", "world-2022", "--shares", "middle", "--out", "x"], 2, "expected one of central, low, high"),
        (["update", "world-2022", "--tariffs", "none.csv", "--out", "x"], 6, "no such file"),
        (["aggregate", "world-2022", "--countries", "ROW=*", "--out", "world-2022"], 2, "which is packaged"),
        (["split", "nowhere", "--out", "x"], 6, "not on this machine"),
        (["aggregate", "world-2022", "--countries", "ROW=*", "--out", "world-2022.npz"], 2, "which is packaged"),
        (["aggregate", "world-2022", "--countries", "ROW=*", "--out", "x y.npz"], 2, "found 'x y'"),
    ],
)
def test_what_is_refused(
    words: list[str], code: int, said: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert execute(["data", *words]) == code
    assert said in capsys.readouterr().err
    assert not list(home.rglob("*.npz"))


@pytest.mark.parametrize("force", [[], ["--force"]])
def test_a_folder_is_no_place_for_a_file(force: list[str], home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = home / "x.npz"
    folder.mkdir()
    assert execute(["data", "split", "world-2022", "--products", "magnets", "--out", str(folder), *force]) == 2
    assert "which is a folder" in capsys.readouterr().err
    assert list(home.rglob("*")) == [folder]


def test_a_merged_world_is_not_cut(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["data", "aggregate", "world-2022", "--countries", "ROW=*,USA", "--out", "two", "-q"]) == 0
    assert execute(["data", "split", "two", "--products", "soybeans", "--out", "soy"]) == 2
    assert "cut first, then merge" in capsys.readouterr().err


def test_a_name_is_not_taken_twice(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["data", "split", "world-2022", "--products", "magnets", "--out", "mag", "-q"]
    assert execute(words) == 0
    assert execute(words) == 2
    assert "try --force" in capsys.readouterr().err
    assert execute([*words, "--force"]) == 0
