"""The catalogue: the packaged world, its elasticity sets, the user's own data, and what is said about each."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from detente.baseline import catalogue
from detente.baseline.catalogue import elasticity_sets, import_path, list_baselines, load_baseline
from detente.baseline.describe import describe
from detente.baseline.files import save_npz
from detente.baseline.tables import read_tables
from detente.baseline.tables_write import write_tables
from detente.core.errors import DataError, UsageError

GOOD = Path(__file__).parents[1] / "contract" / "bad" / "good"
WORLD = "world-2022"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(catalogue.HOME_VARIABLE, str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


def test_world_2022_is_the_documented_world() -> None:
    world = load_baseline(WORLD)
    assert (world.id, world.shape, world.elasticity_set) == (WORLD, (81, 28), "default")
    assert world.output.sum() / 1e6 == pytest.approx(199.691, abs=5e-4)
    us, china = world.countries.index("USA"), world.countries.index("CHN")
    goods = [s for s, code in enumerate(world.sectors) if code != "SERV"]
    flows, rates = world.flows[china, us, goods], world.tariffs[china, us, goods]
    assert flows.sum() / 1e3 == pytest.approx(453.4, abs=0.05)
    assert (flows * rates).sum() / flows.sum() == pytest.approx(0.1204, abs=5e-5)
    assert not world.final_exogenous.any()
    assert world.meta["allow_year_mismatch"] is True
    assert any("B08" in text and "2024-12-31" in text for text in world.meta["warnings"])
    assert world.meta["country_labels"]["DEU"] == "Germany"


def test_world_2022_survives_tables(tmp_path: Path) -> None:
    world = load_baseline(WORLD)
    again = read_tables(write_tables(world, tmp_path / "tables"))
    assert (again.countries, again.sectors) == (world.countries, world.sectors)
    np.testing.assert_allclose(again.flows, world.flows, rtol=1e-12)
    np.testing.assert_allclose(again.input_share, world.input_share, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(again.tariffs, world.tariffs, rtol=1e-12)


def test_loading_imports_numpy_alone() -> None:
    code = (
        "import sys; from detente.baseline.catalogue import load_baseline; load_baseline('world-2022'); "
        "print(sorted({'pandas', 'scipy', 'pyarrow', 'ruamel.yaml', 'jinja2', 'pydantic'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_an_altered_packaged_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = Path(shutil.copytree(catalogue.PACKAGED, tmp_path / "data"))
    monkeypatch.setattr(catalogue, "PACKAGED", copy)
    assert load_baseline(WORLD).id == WORLD
    whole = bytearray((copy / f"{WORLD}.npz").read_bytes())
    whole[len(whole) // 2] ^= 1
    (copy / f"{WORLD}.npz").write_bytes(whole)
    with pytest.raises(DataError, match=r"sha256: found .*; expected .*; try reinstalling detente"):
        load_baseline(WORLD)


def test_every_set_has_values_citation_and_spread() -> None:
    sets = elasticity_sets(WORLD)
    assert list(sets) == ["CP", "FGO", "GYY", "BSY", "Shap", "LL", "IS", "U4", "default"]
    published = np.array([list(each.values.values()) for name, each in sets.items() if name != "default"])
    for name, each in sets.items():
        assert each.citation
        np.testing.assert_allclose(load_baseline(WORLD, elasticities=name).trade_elasticity, list(each.values.values()))
        np.testing.assert_allclose(list(each.spread["min"].values()), published.min(axis=0))
        np.testing.assert_allclose(list(each.spread["max"].values()), published.max(axis=0))
    assert "Caliendo" in sets["CP"].citation
    assert "64.85" in sets["CP"].note


def test_own_elasticities() -> None:
    world = load_baseline(WORLD)
    theta = np.linspace(2, 9, 28)
    own = load_baseline(WORLD, elasticities=theta)
    assert own.elasticity_set == "own"
    np.testing.assert_array_equal(own.trade_elasticity, theta)
    mixed = load_baseline(WORLD, elasticities={"C26": 3})
    assert mixed.trade_elasticity[world.sectors.index("C26")] == 3
    assert (mixed.trade_elasticity != world.trade_elasticity).sum() == 1
    assert load_baseline(world) is world
    damped = load_baseline(load_baseline(WORLD, elasticities="CP"), elasticities={"C26": 3})
    assert damped.trade_elasticity[0] == elasticity_sets(WORLD)["CP"].values["A01"]
    assert load_baseline(mixed, elasticities="FGO").elasticity_set == "FGO"


@pytest.mark.parametrize(
    ("elasticities", "words"),
    [
        ("cp", "found the set 'cp'; expected one of .*; try CP"),
        ([4.0, 4.0], r"found shape \(2,\); expected shape \(28,\)"),
        ({"C62": 3}, "the sector 'C62'"),
        ({"C26": "three"}, "not numbers"),
        ({"C26": -3.0}, "B05 trade_elasticity: found -3 in C26"),
        ([float("nan")] * 28, "found nan; expected finite numbers"),
    ],
)
def test_wrong_elasticities(elasticities: object, words: str) -> None:
    for source in (WORLD, load_baseline(WORLD)):
        with pytest.raises(DataError, match=words):
            load_baseline(source, elasticities=elasticities)  # type: ignore[arg-type]


def test_own_data_by_folder_file_and_name(home: Path, tmp_path: Path) -> None:
    base = load_baseline(GOOD)
    save_npz(base, import_path("isles"))
    save_npz(base, import_path(str(tmp_path / "x.npz")))
    for source in (str(GOOD), "isles", home / "isles.npz", str(tmp_path / "x.npz")):
        assert load_baseline(source).sha256 == base.sha256
    assert [(entry.name, entry.packaged) for entry in list_baselines()] == [(WORLD, True), ("isles", False)]
    assert list(elasticity_sets("isles")) == ["default"]
    assert load_baseline("isles", elasticities={"FOOD": 7}).trade_elasticity.tolist() == [7, 5.5]
    with pytest.raises(DataError, match="found the set 'CP'; expected one of default"):
        load_baseline("isles", elasticities="CP")


@pytest.mark.parametrize(
    "name",
    [
        WORLD,
        "../x",
        "a/b",
        "",
        "x" * 65,
        "a\n",
        f"{WORLD}.npz",
        f"/tmp/{WORLD}.npz",
        ".npz",
        "x y.npz",
        "d/.npz",
        "a.b.npz",
    ],
)
def test_names_that_cannot_be_imported_to(name: str) -> None:
    with pytest.raises(UsageError):
        import_path(name)


def test_without_a_home_packaged_data_still_load(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_home() -> Path:
        raise RuntimeError("no home")

    monkeypatch.delenv(catalogue.HOME_VARIABLE)
    monkeypatch.setenv("XDG_DATA_HOME", "somewhere")
    assert catalogue.user_folder() == Path("somewhere/detente")
    monkeypatch.delenv("XDG_DATA_HOME")
    monkeypatch.setattr(Path, "home", no_home)
    assert load_baseline(WORLD).id == WORLD
    with pytest.raises(UsageError, match="no home folder"):
        import_path("isles")


def test_describe_says_what_a_person_must_know() -> None:
    rows = describe(load_baseline(WORLD))
    text = "\n".join(f"{name}: {value}" for name, value in rows)
    for word in ("199.691 tn USD", "tariffs 2024-12-31", "imputed: ROW", "weakness: ROW", "OECD", "2.68 %",
                 "CHN 5.30 %", "tariff cap", "most in C19", "sha256"):  # fmt: skip
        assert word in text
    own = dict(describe(load_baseline(GOOD)))
    assert own["source"] == "invented for the tests"
    assert "0 MUSD moved" in own["balancing"]
    assert "no spread known" in own["elasticities"]


def test_describe_of_a_bare_world_without_trade() -> None:
    base = load_baseline(GOOD)
    home = np.eye(2)[:, :, None] * base.flows.sum(axis=1)[:, None]
    bare = base.replace(
        flows=home, meta={"years": {"flows": 2022.5}, "treatment": ["a", None], "sources": {"x/y": "1"}}
    )
    rows = dict(describe(bare))
    assert "average tariff on goods" not in rows
    assert rows["years"] == "flows 2022.5"
    assert rows["source"] == "1 files in x"
    assert dict(describe(bare.replace(meta={})))["source"] == "not stated"
