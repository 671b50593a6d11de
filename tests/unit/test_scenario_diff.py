"""Two files that mean the same do not differ; every difference is named with its unit. A copy keeps its comments."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from detente.core.errors import ScenarioError, UsageError
from detente.scenario.diff import diff_measures, diff_scenarios
from detente.scenario.load import PACKAGED, load_scenario, parse_scenario
from detente.scenario.scaffold import new_scenario, retitled
from detente.scenario.schema import Scenario

CASE = "us-china-2025-10"
TEXT = """
detente: 1
id: case
as_of: 2025-10-25
compare_to: 2025-01-01
baseline: toy
measures:
  - {id: one, by: USA, against: [CHN, MEX], kind: tariff, sectors: [A01, C26], rate: +20pp, from: 2025-03-04}
  - {id: two, by: CHN, against: USA, kind: tariff, rate: 25%, from: 2025-04-04, source: {title: B, date: 2025-09-01}}
  - id: three
    by: USA
    against: WORLD
    kind: tariff
    rows: |
      by,against,sector,rate
      USA,CHN,A01,+1pp
      USA,MEX,A01,+2pp
tree:
  calm: {drop: [two]}
"""


def case(text: str = TEXT) -> Scenario:
    return parse_scenario(text.encode(), path="case.yaml")


def told(before: str, after: str) -> list[tuple[str, str, str, str]]:
    return [(each.where, each.what, each.before, each.after) for each in diff_scenarios(case(before), case(after))]


def test_order_comments_and_quotes_do_not_matter() -> None:
    lines = TEXT.strip().split("\n")
    again = TEXT.replace("[CHN, MEX]", "[MEX, CHN]").replace("[A01, C26]", '[C26, "A01"]').replace("+20pp", '"+20pp"  ')
    again = again.replace(
        "      USA,CHN,A01,+1pp\n      USA,MEX,A01,+2pp", "      USA,MEX,A01,+2pp\n      USA,CHN,A01,+1pp"
    )
    moved = "\n".join([*lines[:6], "# a comment", lines[7], lines[6], *lines[8:]])
    assert told(TEXT, again) == []
    assert told(TEXT, moved) == []
    assert diff_scenarios(CASE, CASE) == ()


@pytest.mark.parametrize(
    ("old", "new", "change"),
    [
        ("+20pp", "+10pp", ("measures.one.rate", "changed", "+20pp", "+10pp")),
        ("rate: 25%", "rate: +25pp", ("measures.two.rate", "changed", "25%", "+25pp")),
        ("from: 2025-03-04", "from: 2025-03-05", ("measures.one.from", "changed", "2025-03-04", "2025-03-05")),
        ("[CHN, MEX]", "[CHN]", ("measures.one.against", "changed", "CHN, MEX", "CHN")),
        ("2025-04-04, ", "2025-04-04, until: 2025-06-01, ", ("measures.two.until", "added", "", "2025-06-01")),
        ("compare_to: 2025-01-01\n", "", ("compare_to", "removed", "2025-01-01", "")),
        ("drop: [two]", "drop: [one]", ("tree.calm.drop", "changed", "two", "one")),
        ("USA,CHN,A01,+1pp", "USA,CHN,A01,+3pp", ("measures.three.table[USA on CHN, A01]", "changed", "+1pp", "+3pp")),
        ("      USA,MEX,A01,+2pp\n", "", ("measures.three.table[USA on MEX, A01]", "removed", "+2pp", "")),
    ],
)
def test_one_change_is_one_line_with_units(old: str, new: str, change: tuple[str, str, str, str]) -> None:
    assert TEXT.count(old) == 1
    assert told(TEXT, TEXT.replace(old, new)) == [change]


def test_measures_added_and_removed() -> None:
    line = next(line for line in TEXT.split("\n") if "id: two" in line) + "\n"
    without = TEXT.replace(line, "").replace("tree:\n  calm: {drop: [two]}\n", "")
    with_tree = TEXT.replace("tree:\n  calm: {drop: [two]}\n", "")
    change = ("tariff, CHN on USA, 25%, from 2025-04-04, in-force",)
    assert told(with_tree, without) == [("measures.two", "removed", *change, "")]
    assert told(without, with_tree) == [("measures.two", "added", "", *change)]


def test_many_rows_are_counted() -> None:
    rows = "".join(f"      USA,MEX,X{number},+2pp\n" for number in range(9))
    found = diff_scenarios(case(), case(TEXT.replace("      USA,MEX,A01,+2pp\n", rows)))
    assert len(found) == 6
    assert (found[-1].before, found[-1].after) == ("2 rows", "10 rows (9 added, 1 removed)")


def test_long_lists_tell_what_moved() -> None:
    many = TEXT.replace("[CHN, MEX]", "[CHN, MEX, CAN, JPN, KOR, VNM]")
    fewer = TEXT.replace("[CHN, MEX]", "[CHN, MEX, CAN, JPN, KOR, IND]")
    assert told(many, fewer) == [
        ("measures.one.against", "changed", "6 codes", "6 codes (without VNM, with IND)"),
    ]


def test_as_of_leaves_out_what_was_not_known() -> None:
    other = TEXT.replace("rate: 25%", "rate: 30%")
    assert diff_scenarios(case(), case(other), as_of=dt.date(2025, 8, 1)) == ()
    assert len(diff_scenarios(case(), case(other), as_of=dt.date(2025, 9, 1))) == 1


def test_a_file_that_is_none_is_refused() -> None:
    with pytest.raises(ScenarioError, match="try us-china-2025-10"):
        diff_scenarios(CASE, "us-china-2025-11")
    assert diff_measures((), ()) == ()


def test_a_copy_loads_keeps_comments_and_differs_in_its_name_only(tmp_path: Path) -> None:
    found = new_scenario(CASE, tmp_path / "cases" / "my.yaml")
    text = found.files[0].read_text(encoding="utf-8")
    original = (PACKAGED / f"{CASE}.yaml").read_text(encoding="utf-8")
    assert text.count("#") == original.count("#") + 3
    assert "# about 57 in force + 100 threatened" in text
    assert {each.where for each in diff_scenarios(CASE, found.files[0])} == {"id", "author"}
    assert load_scenario(found.files[0]).id == found.id == "my"
    assert [path.name for path in found.files] == ["my.yaml", "us_applied_2025_10_20.csv"]
    assert found.files[1].read_bytes() == (PACKAGED / "tables" / found.files[1].name).read_bytes()
    assert sorted(path.name for path in (tmp_path / "cases").iterdir()) == ["my.yaml", "tables"]


def test_nothing_is_overwritten_without_force(tmp_path: Path) -> None:
    target = tmp_path / "my.yaml"
    target.write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="exists; expected a new file; try --force"):
        new_scenario(CASE, target)
    assert target.read_text(encoding="utf-8") == "mine"
    assert not (tmp_path / "tables").exists()
    new_scenario(CASE, target, force=True)
    new_scenario(CASE, tmp_path / "second.yaml")
    assert load_scenario(tmp_path / "second.yaml").id == "second"
    (tmp_path / "tables" / "us_applied_2025_10_20.csv").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match=r"us_applied_2025_10_20\.csv, which exists"):
        new_scenario(CASE, tmp_path / "third.yaml")


def test_a_copy_has_the_name_of_a_scenario_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"expected a new file ending in \.yaml; try my\.yaml"):
        new_scenario(CASE, tmp_path / "my.txt")
    assert new_scenario(CASE, tmp_path / "My Case.yaml").id == CASE


def test_comments_beside_the_name_stay() -> None:
    text = "detente: 1\nid: old   # the name\nauthor: Somebody\nmeasures:\n  - id: old\n"
    found = retitled(text, "old", "new", "new.yaml")
    assert "\nid: new  # the name\n# author of old: Somebody\nmeasures:\n  - id: old\n" in found
