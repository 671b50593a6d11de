"""Bad scenarios, one test per row of the catalogue: what is refused, in which words, on which line; nothing is written.

Each case is the good scenario (`bad/scenario/good.yaml`) with one edit.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detente.core.errors import PolicyError, ScenarioError
from detente.scenario.execute import run_scenario
from detente.scenario.load import load_scenario, parse_scenario

GOOD = Path(__file__).parent / "bad" / "scenario"
TEXT = (GOOD / "good.yaml").read_text()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(GOOD, tmp_path / "case"))


def edited(old: str, new: str) -> tuple[str, int]:
    """Return the good text with one edit, and the line of it."""
    assert TEXT.count(old) == 1, f"{old!r} must occur once in good.yaml"
    return TEXT.replace(old, new), TEXT[: TEXT.index(old)].count("\n") + 1


def refused(text: str | bytes, folder: Path) -> str:
    """Return the message with which a scenario is refused; nothing may be created and it must be quick."""
    path = folder / "case.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    before = sorted(folder.rglob("*"))
    start = time.monotonic()
    with pytest.raises(ScenarioError) as caught:
        load_scenario(path)
    assert time.monotonic() - start < 2
    assert sorted(folder.rglob("*")) == before
    assert caught.value.exit_code == 3
    return str(caught.value)


def test_the_good_scenario_is_good(folder: Path) -> None:
    scenario = load_scenario(folder / "good.yaml")
    assert [measure.id for measure in scenario.measures] == ["us-tariff", "us-table", "us-snapback", "cn-licence"]
    assert scenario.warnings == ()


RATE = "    rate: 25%\n"
SECTORS = "    sectors: goods\n"
UNTIL = "    until: 2027-01-01\n"
PRODUCTS = "    products: minerals\n"
VOLUME = "    volume: 60% of base\n"
WHO = "    by: USA\n    against: CHN\n    kind: tariff\n    sectors: goods\n"
CHOICES = "[imposed, suspended]"
EDITS: list[tuple[str, str, str, int, tuple[str, ...]]] = [
    # row, what is in the good file, what is there instead, line of the problem after the edit, words of the message
    ("01", WHO, WHO.replace("CHN", "NO"), 2, ("measures[0].against: found 'NO'", "try NOR")),
    ("02", PRODUCTS, "    products: {hs22: [0102]}\n", 1, ("0102 without quotes", 'try "0102"')),
    ("03", PRODUCTS, "    products: {hs22: [8505.10]}\n", 1, ("8505.10 without quotes", 'try "8505.10"')),
    ("04", RATE, "    rate: 25\n", 1, ("measures[0].rate: found '25'", "'25%' (all-in)", "'+25pp' (added)")),
    ("06", RATE, "    rate: 2500%\n", 1, ("2500%", "at most 1000%", "allow_extreme")),
    ("07", RATE, "    rate: -25%\n", 1, ("-25%", "kind: subsidy")),
    ("08", RATE, "    rate: 1,5%\n", 1, ("decimal point, not a comma", "1.5")),
    ("09a", RATE, "    rate: .nan%\n", 1, ("rate", "finite")),
    ("09b", RATE, "    rate: .inf\n", 1, ("rate with its unit",)),
    ("09c", RATE, "    rate: 1e400%\n", 1, ("a number that double precision can hold",)),
    ("10", RATE, "    rate: 1_000%\n", 1, ("no underscores", "1000")),
    ("11", RATE, RATE + "    rate: 30%\n", 2, ("a second 'rate'", "the first is on line 19")),
    ("12", "- id: us-table", "- id: us-tariff", 1, ("a second 'us-tariff'", "the first is on line 14")),
    ("13", "{low: +20pp, mode: +24pp, high: +30pp}", "50%", 1, ("50% all-in, and 25% all-in of 'us-tariff'", "stack:")),
    ("14", "from: 2025-03-04", "from: 2025-02-30", 1, ("2025-02-30", "a day that exists")),
    ("15a", "from: 2025-03-04", "from: 2025-4-2", 1, ("ISO date", "try '2025-04-02'")),
    ("15b", "from: 2025-03-04", "from: 02/04/2025", 1, ("found '02/04/2025'", "ISO date")),
    ("16", UNTIL, "    until: 2025-03-04\n", 1, ("2025-03-04, not after from: 2025-03-04", "a later day")),
    ("18", "date: 2025-03-03", "date: 2025-10-26", 1, ("2025-10-26", "not after as_of: 2025-10-25")),
    ("19", WHO, WHO.replace("CHN", "UK"), 2, ("found 'UK'", "try GBR")),
    ("20a", WHO, WHO.replace("USA", "usa"), 1, ("found 'usa'", "try USA")),
    ("20b", WHO, WHO.replace("USA", '"USA "'), 1, ("found 'USA '", "try USA")),
    ("21", WHO, WHO.replace("CHN", "[EU27, DEU]"), 2, ("EU27 with DEU beside it", "double")),
    ("21b", "[partners, VNM]", "[partners, DEU]", 1, ("partners with DEU beside it", "double")),
    ("22", WHO, WHO.replace("CHN", "USA"), 2, ("USA in by and in against", "two different sides")),
    ("23", WHO, WHO.replace("    against: CHN\n", ""), 0, ("measures[0].against", "who is hit")),
    ("24", SECTORS, "    sectors: C2\n", 1, ("found 'C2'", "a sector of baseline 'world-2022'", "try C2")),
    ("25", SECTORS, "    sectors: []\n", 1, ("an empty list",)),
    ("26", '{hs22: ["2846", "8505.11"]}', '{hs17: ["2846"]}', 1, ("HS vintage 2017", "HS 2022", "try hs22")),
    ("26b", '{hs22: ["2846", "8505.11"]}', '{hs: ["2846"]}', 1, ("without their vintage", "try hs22")),
    ("27", '["2846", "8505.11"]', '["7701"]', 1, ("'7701'", "matches nothing")),
    ("27b", '["2846", "8505.11"]', '["284"]', 1, ("'284'", "2, 4 or 6 digits")),
    ("28", RATE, "    tarif: 25%\n", 1, ("measures[0].tarif: found an unknown field", "try kind: tariff")),
    ("28b", WHO, WHO.replace("kind: tariff", "kind: tarif"), 3, ("found 'tarif'", "try tariff")),
    ("29a", RATE, "    rate: [25%]\n", 1, ("measures[0].rate: found a list",)),
    ("29b", "measures:\n", "measures: many\nnote:\n", 1, ("measures: found 'many'; expected a list",)),
    ("30", WHO, WHO.replace("kind: tariff", "kind: magic"), 3, ("found 'magic'", "one of tariff, subsidy")),
    ("31a", VOLUME, "    volume: 60\n", 1, ("found '60'", "60% of base")),
    ("31b", VOLUME, "    volume: 60%\n", 1, ("a percentage with its base", "60% of base")),
    ("32", VOLUME, "    volume: -60% of base\n", 1, ("below zero",)),
    ("31c", VOLUME, "    volume: 60 Mt/year\n", 1, ("60 Mt/year", "base_quantity beside it", "70% of base")),
    ("31d", VOLUME, '    volume: ">= 60% of base"\n', 1, ("only kind purchase is a minimum", "try '60% of base'")),
    (
        "31e",
        VOLUME,
        VOLUME + "    base_quantity: 5 Mt\n    fee: 1 USD/kg\n",
        3,
        ("a field that kind 'export-licence'",),
    ),
    ("33a", "unless: truce", "unless: peace", 1, ("us-snapback.unless: found 'peace'", "an issue of talks")),
    ("33b", "drop: [us-snapback]", "drop: [us-snapbak]", 1, ("tree.deal.drop: found 'us-snapbak'", "try us-snapback")),
    ("33c", "drop: [us-snapback]", "drop: [authority=iepa]", 1, ("found 'authority=iepa'", "try authority=ieepa")),
    ("34", "probability: 60%", "probability: 50%", -1, ("add up to 90%", "100%")),
    ("34b", ", probability: 60%", "", -1, ("40%, 1 without", "100%")),
    ("35a", ", choices: [imposed, suspended]", "", 1, ("talks.issues.truce.choices: found nothing",)),
    ("35b", ", CHN: real-income}", "}", 1, ("talks.objective.CHN", "an objective for every player")),
    ("35c", CHOICES, "[imposed, sold]", 1, ("talks.issues.truce.choices: found 'sold'", "a rate such as +10pp")),
    ("35d", CHOICES, "[imposed, suspend]", 1, ("found 'suspend'", "try suspended")),
    ("35e", CHOICES, "[imposed, suspended, imposed]", 1, ("'imposed' twice", "choices that differ")),
    ("35f", CHOICES, "[imposed, suspended, dropped]", 1, ("'dropped', the same law as 'suspended'",)),
    ("35g", CHOICES, "[imposed, +24pp]", 1, ("'+24pp', the same law as 'imposed'",)),
    ("35h", CHOICES, "[imposed, +2400pp]", 1, ("found '+2400pp'", "at most 1000%")),
    ("35i", CHOICES, "[imposed, 60% of base]", 1, ("found '60% of base'", "a volume that caps")),
    ("35j", CHOICES, '[imposed, ">= 5 Mt/year"]', 1, ("found '>= 5 Mt/year'", "of kind purchase")),
    ("35k", CHOICES, "[imposed, 24]", 1, ("found '24'", "a rate with its unit; try '24%'")),
    ("35l", "measure: us-snapback, ", "measure: us-snapbak, ", 1, ("found 'us-snapbak'", "try us-snapback")),
    ("35m", "measure: us-snapback, ", "measure: [us-snapback, authority=ieepa], ", 1, ("an issue decides on acts",)),
    ("35n", "suspended]}", "suspended], worth: {USA: {suspended: 0.2}}}", 1, ("worth.USA.suspended: found '0.2'",)),
    ("35o", "suspended]}", "suspended], worth: {USA: {suspended: 5%}}}", 1, ("with a sign; try '+5pp'",)),
    ("35p", "suspended]}", "suspended], worth: {DEU: {suspended: +1pp}}}", 1, ("found 'DEU'", "one of the players")),
    ("35q", "suspended]}", "suspended], worth: {USA: {supended: +1pp}}}", 1, ("found 'supended'", "try suspended")),
    ("35r", "players: [USA, CHN]", "players: [USA, chn]", 1, ("talks.players: found 'chn'", "try CHN")),
    ("35s", "players: [USA, CHN]", "players: [CHN]", 1, ("CHN alone", "two players or more")),
    ("35t", "CHN: real-income}", "CHN: {c26: 2}}", 1, ("objective.CHN.c26: found an unknown sector", "try C26")),
    ("35u", "CHN: real-income}", "CHN: {C26: -2}}", 1, ("found '-2'", "a weight of zero or more")),
    ("35v", "CHN: real-income}", "CHN: {C26: 2x}}", 1, ("found '2x'", "a number such as 12.5")),
    ("35w", "CHN: real-income}", "CHN: revenue}", 1, ("found 'revenue'", "real-income, or weights by sector")),
    (
        "35x",
        "suspended]}\n",
        "suspended]}\n    again: {measure: us-snapback, choices: [imposed, dropped]}\n",
        2,
        ("'us-snapback', which issue 'truce' (line 59) decides on as well",),
    ),
    ("36", "detente: 1\n", "detente: 99\n", 1, ("detente: found '99'", "reads: 1")),
    ("36b", "detente: 1\n", "", 1, ("detente: found nothing",)),
    ("37", SECTORS, "\tsectors: goods\n", 1, ("found a tab",)),
    ("38a", "talks:\n", "---\ntalks:\n", 1, ("a second document",)),
    ("41a", "rate: 25%", "rate: !!float 25", 1, ("a tag", "plain text")),
    ("41b", "sectors: goods", "sectors: &x goods", 1, ("an anchor", "not read")),
    ("41c", "sectors: goods", "sectors: *x", 1, ("an alias", "not read")),
    ("41d", SECTORS, "    <<: {sectors: goods}\n", 1, ("a merge key", "not read")),
    ("41e", "title: A small case", "title: " + "[" * 30 + "]" * 30, 1, ("20 levels",)),
    ("42a", "tables/rates.csv", "../rates.csv", 1, ("'../rates.csv'", "in the folder of the scenario")),
    ("42b", "tables/rates.csv", "/etc/passwd", 1, ("'/etc/passwd'", "in the folder of the scenario")),
    ("42c", "tables/rates.csv", "tables/none.csv", 1, ("does not exist",)),
    ("43a", "id: small-case", "id: small/case", 1, ("'small/case'", "at most 32 letters")),
    ("43b", "id: small-case", "id: ..", 1, ("'..'", "at most 32")),
    ("43c", "id: small-case", 'id: "small\\ncase"', 1, ("at most 32",)),
    ("43d", "id: small-case", "id: " + "x" * 33, 1, ("at most 32",)),
    ("x1", "mode: +24pp", "mode: 24%", 1, ("different units in one range",)),
    ("x2", "mode: +24pp", "mode: +44pp", 1, ("does not rise",)),
    ("x3", RATE, RATE + "    rents_to: lost\n", 2, ("a field that kind 'tariff' does not have",)),
    ("x4", "closure: world-share", "closure: fixed-nominal", 1, ("a numeraire", "world-income")),
    ("x5", "chips: [C26]", "EU27: [C26]", 1, ("a group named 'EU27'",)),
    ("x6", "horizon: 2026-02-10", "horizon: 2025-02-10", 1, ("before as_of",)),
    ("x7", "lapse: {path", "main: {path", 1, ("a leaf named 'main'",)),
    ("x8", "status: announced", "status: planned", 1, ("found 'planned'", "one of in-force, scheduled")),
    ("x9", "title: A small case", "title: [", 3, ("not YAML",)),
]


LICENCE = "    kind: export-licence\n    products: minerals\n    volume: 60% of base\n    rents_to: exporter\n"
INSTEAD: list[tuple[str, str, int, tuple[str, ...]]] = [
    # what is wrong, what stands instead of the licence, line of the problem, words of the message
    ("purchase-no-minimum", "kind: purchase\n    volume: 20 Mt/year", 2, ("a minimum", "try '>= 20 Mt/year'")),
    ("purchase-no-base", 'kind: purchase\n    volume: ">= 20 Mt/year"', 2, ("base_quantity beside it",)),
    ("purchase-of-nothing", 'kind: purchase\n    volume: ">= 0"', 2, ("a minimum above zero",)),
    (
        "floor-no-base-price",
        "kind: price-floor\n    origin: AUS\n    volume: 10% of base\n    floor: 110 USD/kg",
        4,
        ("floor: found '110 USD/kg'; expected base_price beside it", "'+20%'"),
    ),
    ("floor-no-sign", "kind: price-floor\n    origin: AUS\n    volume: 10% of base\n    floor: 20%", 4, ("its sign",)),
    ("floor-no-volume", "kind: price-floor\n    origin: AUS\n    floor: +20%", 0, ("volume: found nothing",)),
    (
        "floor-no-contract",
        "kind: price-floor\n    origin: AUS\n    volume: 0\n    floor: +20%",
        3,
        ("above zero, because the budget pays",),
    ),
    ("duty-units", "kind: specific-duty\n    duty: 5 USD/kg\n    unit_value: 5 USD/t", 2, ("the same unit in both",)),
    (
        "trq-no-volume",
        "kind: tariff-rate-quota\n    rate: 0%\n    over_rate: 25%\n    volume: 0",
        4,
        ("without one it",),
    ),
    ("release-no-stock", "kind: stockpile\n    amount: -10 MUSD/year", 2, ("`stock` beside a release",)),
    ("negative-demand", "kind: government-demand\n    amount: -10 MUSD/year", 2, ("only a stockpile can be released",)),
    ("tonnes-of-money", "kind: stockpile\n    amount: 10 Mt/year", 2, ("money, such as",)),
    ("negative-cost", "kind: port-fee\n    as_cost: -1%", 2, ("below zero",)),
    (
        "trq-falls",
        "kind: tariff-rate-quota\n    rate: 9%\n    over_rate: 2%\n    volume: 9% of base",
        3,
        ("].over_rate: found '2%'; expected at least 9%",),
    ),
    (
        "trq-negative",
        "kind: tariff-rate-quota\n    rate: 9%\n    over_rate: -2%\n    volume: 9% of base",
        3,
        ("].over_rate: found '-2%'; expected a rate of zero or more",),
    ),
    (
        "trq-range",
        "kind: tariff-rate-quota\n    rate: 0%\n    over_rate: {low: -1pp, mode: +5pp, high: +6pp}\n"
        "    volume: 9% of base",
        3,
        ("].over_rate: found '-1pp'; expected a rate of zero or more",),
    ),
    (
        "trq-extreme",
        "kind: tariff-rate-quota\n    rate: 9%\n    over_rate: 5000%\n    volume: 9% of base",
        3,
        ("].over_rate: found 5000%; expected at most 1000%, unless the measure says allow_extreme: true",),
    ),
    (
        "floor-nothing",
        "kind: price-floor\n    origin: AUS\n    volume: 10% of base\n    floor: -100%",
        4,
        ("].floor: found '-100%'; expected a percentage above -100%",),
    ),
    (
        "stock-target",
        "kind: stockpile\n    amount: 10 MUSD/year",
        0,
        ("].against: found a field that kind 'stockpile' does not have", "try origin:"),
    ),
    (
        "floor-target",
        "kind: price-floor\n    origin: AUS\n    volume: 10% of base\n    floor: +5%",
        0,
        ("].against: found a field that kind 'price-floor' does not have", "try origin:"),
    ),
    ("way", "kind: port-fee\n    as_cost: 1%\n    direction: up", 3, ("one of inbound, outbound, both",)),
]


@pytest.mark.parametrize(("name", "new", "offset", "words"), INSTEAD, ids=[case[0] for case in INSTEAD])
def test_levels_that_say_nothing(name: str, new: str, offset: int, words: tuple[str, ...], folder: Path) -> None:
    text, line = edited(LICENCE, f"    {new}\n")
    message = refused(text, folder)
    for word in words:
        assert word in message
    if offset:
        assert f"case.yaml:{line + offset - 1}: " in message


def test_against_without_a_target_is_refused_at_its_line(folder: Path) -> None:
    text, line = edited(LICENCE, "    kind: government-demand\n    amount: 10 MUSD/year\n    sectors: C26\n")
    assert f"case.yaml:{line - 1}: measures[3].against: found a field" in refused(text, folder)
    parse_scenario(text.replace("    against: WORLD\n    kind: gov", "    kind: gov").encode(), folder=folder)


def test_extreme_rates_above_a_volume_are_accepted_where_the_measure_says_so(folder: Path) -> None:
    level = "    kind: tariff-rate-quota\n    rate: 9%\n    over_rate: 5000%\n    volume: 9% of base\n"
    text, _ = edited(LICENCE, level + "    allow_extreme: true\n    sectors: C26\n")
    assert parse_scenario(text.encode(), folder=folder).warnings == ()


NOTHING: list[tuple[str, str]] = [
    ("as_cost", "kind: port-fee\n    as_cost: 0%"),
    ("as_cost", "kind: trade-cost\n    as_cost: 0%"),
    ("rate", "kind: export-tax\n    rate: 0%"),
    ("amount", "kind: stockpile\n    amount: 0 MUSD/year"),
    ("amount", "kind: government-demand\n    amount: 0 MUSD"),
]


@pytest.mark.parametrize(("field", "new"), NOTHING)
def test_row_44_holds_for_every_kind(field: str, new: str, folder: Path) -> None:
    for level, told in ((new, 1), (new.replace(": 0", ": 1"), 0)):
        text, line = edited(LICENCE, f"    {level}\n")
        line += 1
        if field == "amount":
            text, line = text.replace("    against: WORLD\n    kind", "    kind"), line - 1
        found = parse_scenario(text.encode(), path="case.yaml", folder=folder).warnings
        assert [warning.startswith(f"case.yaml:{line}: measures[3].{field}: ") for warning in found] == [True] * told
        assert all("changes nothing" in warning for warning in found)


def test_row_44_a_tariff_rate_quota_has_two_rates(folder: Path) -> None:
    text, _ = edited(
        LICENCE, "    kind: tariff-rate-quota\n    rate: +0pp\n    over_rate: 9%\n    volume: 9% of base\n"
    )
    assert parse_scenario(text.encode(), folder=folder).warnings == ()


def test_a_licence_against_oneself_is_refused(folder: Path) -> None:
    text, _ = edited(
        "    against: WORLD\n    kind: export-licence", "    against: [USA, CHN]\n    kind: export-licence"
    )
    assert "CHN in by and in against" in refused(text, folder)


CRITICAL: list[tuple[str, tuple[str, ...]]] = [
    ("[{product: magnet}]", ("model.critical[0].product: found 'magnet'", "try magnets")),
    ("[{product: magnets, rho: 0}]", ("a substitution between 0.05 and 1",)),
    ("[{product: magnets, rho: 20%}]", ("a number",)),
    ("[{product: magnets, users: [C99]}]", ("found 'C99'", "a sector of baseline")),
    ("[{product: magnets}, {product: magnets}]", ("a second 'magnets'",)),
    ("[{product: magnets, rho: 0.1}, {product: chips, rho: 0.3}]", ("one rho for all critical inputs of a user",)),
    ("[{product: magnets, capacity: 5 Mt/year}]", ("a percentage of base above zero",)),
    ("[{users: [C26]}]", ("critical[0].product: found nothing",)),
]


@pytest.mark.parametrize(("text", "words"), CRITICAL)
def test_critical_inputs_that_cannot_be(text: str, words: tuple[str, ...], folder: Path) -> None:
    message = refused(edited("closure: world-share", f"closure: world-share, critical: {text}")[0], folder)
    for word in words:
        assert word in message


def _in_force(text: str) -> str:
    return text.replace("status: announced", "status: in-force").replace("from: 2025-12-01", "from: 2025-10-01")


def test_a_quota_on_a_product_without_a_sector_names_those_that_exist(folder: Path) -> None:
    text, _ = edited('["2846", "8505.11"]', '["0203", "2846"]')
    path = folder / "case.yaml"
    path.write_text(_in_force(text))
    with pytest.raises(PolicyError) as caught:
        run_scenario(path, branches="main")
    for word in ("case.yaml:", "cn-licence.products: found HS 0203", "soybeans (HS 1201)", "--drop cn-licence"):
        assert word in str(caught.value)
    run_scenario(path, branches="main", drop=["cn-licence"])


def test_an_instrument_in_the_comparator_is_refused_with_a_sentence(folder: Path) -> None:
    path = folder / "case.yaml"
    path.write_text(TEXT.replace("status: announced", "status: in-force").replace("2025-12-01", "2024-12-01"))
    with pytest.raises(PolicyError, match=r"cn-licence.from: found kind 'export-licence' in force on compare_to"):
        run_scenario(path, branches="main")


def test_a_purchase_beyond_all_supply_ends_in_a_named_status(folder: Path) -> None:
    instead = 'kind: purchase\n    volume: ">= 100000000 MUSD/year"\n    products: minerals\n'
    text, _ = edited(LICENCE, f"    {instead}")
    path = folder / "case.yaml"
    path.write_text(_in_force(text).replace("    against: WORLD\n", "    against: USA\n"))
    found = run_scenario(path, branches="main", throw=False)["main"].certificate
    assert not found.ok
    assert found.status in ("INFEASIBLE", "PARTIAL_PATH", "UNCERTIFIED")


@pytest.mark.parametrize(("row", "old", "new", "offset", "words"), EDITS, ids=[edit[0] for edit in EDITS])
def test_row_of_the_catalogue(row: str, old: str, new: str, offset: int, words: tuple[str, ...], folder: Path) -> None:
    text, line = edited(old, new)
    message = refused(text, folder)
    for word in words:
        assert word in message
    assert re.search(r"case\.yaml:\d+: ", message)
    if offset > 0:
        assert f"case.yaml:{line + offset - 1}: " in message


WARNINGS: list[tuple[str, str, str, str]] = [
    ("05", "rate: 25%", "rate: 0.25%", "a quarter of a percent"),
    ("17", "from: 2025-03-04", "from: 2024-03-04", "before the comparator of 2025-01-01"),
    ("44", "rate: {low: +20pp, mode: +24pp, high: +30pp}", "rate: +0pp", "changes nothing"),
]


@pytest.mark.parametrize(("row", "old", "new", "words"), WARNINGS, ids=[edit[0] for edit in WARNINGS])
def test_row_that_is_accepted_with_a_warning(row: str, old: str, new: str, words: str, folder: Path) -> None:
    text, line = edited(old, new)
    (warning,) = parse_scenario(text.encode(), path="case.yaml", folder=folder).warnings
    assert warning.startswith(f"case.yaml:{line}: ")
    assert words in warning


def test_row_45_no_measures_is_a_warning() -> None:
    for measures in ("", "measures: []\n"):
        found = parse_scenario(f"detente: 1\nid: nothing\nas_of: 2025-10-25\n{measures}".encode())
        assert "nothing changes" in found.warnings[0]


ACCEPTED: list[tuple[str, str, str]] = [
    ("06", "rate: 25%", "rate: 2500%\n    allow_extreme: true"),
    ("07", WHO + RATE, WHO.replace("kind: tariff", "kind: subsidy") + "    rate: -25%\n"),
    ("13", "rate: {low: +20pp, mode: +24pp, high: +30pp}", "rate: 50%\n    stack: max"),
    ("30", "status: announced", "status: in-force"),
    ("32", VOLUME, "    volume: 0\n"),
]


@pytest.mark.parametrize(("row", "old", "new"), ACCEPTED, ids=[edit[0] for edit in ACCEPTED])
def test_row_that_is_accepted(row: str, old: str, new: str, folder: Path) -> None:
    parse_scenario(edited(old, new)[0].encode(), path="case.yaml", folder=folder)


def test_row_39_byte_order_mark_and_crlf_are_accepted(folder: Path) -> None:
    data = b"\xef\xbb\xbf" + TEXT.replace("\n", "\r\n").encode()
    assert parse_scenario(data, folder=folder) == load_scenario(folder / "good.yaml")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", ("an empty file",)),
        (b"# only a comment\n", ("an empty file",)),
        (b"- a list\n", (":1: found a list", "a mapping")),
        (b"just text\n", ("'just text'", "a mapping")),
        (TEXT.encode("utf-16"), ("UTF-16", "UTF-8")),
        (b"title: caf\xe9\n", (":1: ", "byte 0xe9 at byte 10", "UTF-8")),
        (b"title: a\0b\n", (":1: ", "NUL byte (0x00) at byte 8")),
        (b"a: " + b"x" * 1_000_001, ("at most 1000000 bytes",)),
    ],
)
def test_rows_38_40_41_the_file_itself(data: bytes, words: tuple[str, ...], folder: Path) -> None:
    message = refused(data, folder)
    for word in words:
        assert word in message


def test_row_42_a_link_to_a_table_is_not_followed(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("secret\n")
    for place in ("linked.csv", "inner.csv"):
        target = tmp_path / "secret.csv" if place == "linked.csv" else folder / "tables" / "rates.csv"
        os.symlink(target, folder / "tables" / place)
        message = refused(edited("tables/rates.csv", f"tables/{place}")[0], folder)
        assert "which is or passes a link" in message
        assert "secret" not in message


def test_problems_of_a_table_name_its_file_and_line(folder: Path) -> None:
    table = folder / "tables" / "rates.csv"
    table.write_text(table.read_text().replace("+15pp", "15").replace("+20pp", "1,5%"))
    message = refused(TEXT, folder)
    assert "rates.csv:3: rate: found '15'" in message
    assert "rates.csv:5: found 8 fields; expected 7 fields" in message


def test_all_problems_are_told_at_once_in_the_order_of_lines(folder: Path) -> None:
    text = TEXT.replace("rate: 25%", "rate: 25").replace("deadline: 2025-11-10", "deadline: soon")
    text = text.replace("closure: world-share", "closure: worldshare").replace("unless: truce", "unless: peace")
    lines = [int(found) for found in re.findall(r"case\.yaml:(\d+): ", refused(text, folder))]
    assert len(lines) == 4
    assert lines == sorted(lines)


def test_twenty_are_shown_and_the_rest_counted(folder: Path) -> None:
    bad = "".join(f"  - {{id: m{i}, by: USA, against: CHN, kind: tariff, rate: 25}}\n" for i in range(30))
    message = refused(TEXT.replace("talks:\n", bad + "talks:\n"), folder)
    assert message.count("\n") == 20
    assert "and 10 more" in message


def test_an_unknown_id_names_the_packaged_ones() -> None:
    with pytest.raises(ScenarioError, match="try us-china-2025-10"):
        load_scenario("us-china-2025")
    with pytest.raises(ScenarioError, match=r"none\.yaml: no such scenario"):
        load_scenario("none.yaml")


@pytest.mark.parametrize("name", ["folder.yaml", "pipe.yaml"])
def test_only_regular_files_are_read(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.mkdir() if name.startswith("folder") else os.mkfifo(path)
    with pytest.raises(ScenarioError, match="regular file"):
        load_scenario(path)


YAML_PIECES = st.sampled_from(
    [
        ":",
        " ",
        "\n",
        "- ",
        "{",
        "}",
        "[",
        "]",
        "'",
        '"',
        "|",
        ">",
        "&a",
        "*a",
        "!t",
        "#",
        "?",
        "%",
        "id",
        "detente: 1",
        ",",
    ]
)


@settings(max_examples=150, deadline=2000, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.one_of(st.binary(max_size=200), st.lists(YAML_PIECES, max_size=40).map(lambda parts: "".join(parts).encode()))
)
def test_any_bytes_give_a_scenario_or_a_scenario_error(data: bytes) -> None:
    with contextlib.suppress(ScenarioError):
        parse_scenario(data)


@settings(max_examples=80, deadline=4000, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, len(TEXT) - 1), st.integers(0, 30), st.text(max_size=6))
def test_any_damage_to_a_good_file_gives_a_scenario_or_a_scenario_error(at: int, length: int, put: str) -> None:
    data = (TEXT[:at] + put + TEXT[at + length :]).encode("utf-8", "surrogatepass")
    with contextlib.suppress(ScenarioError):
        parse_scenario(data, folder=GOOD)


def test_a_flood_of_items_is_refused_before_it_is_read() -> None:
    start = time.monotonic()
    with pytest.raises(ScenarioError, match="at most 300000"):
        parse_scenario(b"detente: 1\ntitle: [" + b"a," * 400_000)
    assert time.monotonic() - start < 2
