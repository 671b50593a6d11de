"""States as addresses, edited files inside them, switches, and switches written back into the file."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import detente as dt
from detente.app import edits, levers
from detente.app.catalogue import PACKAGED, entries, opened, text_of
from detente.app.commands import changes, command_of, python_of
from detente.app.problems import refused, scrubbed
from detente.app.runs import changed
from detente.app.selection import Selection, of_plain, of_query
from detente.app.writeback import written
from detente.scenario.calendar import regime
from detente.scenario.load import parse_scenario

CASE = "us-china-2025-10"
TEXT = (PACKAGED / f"{CASE}.yaml").read_text(encoding="utf-8")

word = st.text(
    st.characters(min_codepoint=32, max_codepoint=0x2FFF, exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20
)
words = st.lists(word, max_size=4, unique=True).map(tuple)


@given(st.builds(Selection, case=word, on=word, branch=words, include=words, drop=words, set=words, country=word))
def test_an_address_restores_its_state(state: Selection) -> None:
    assert of_query(state.query) == state
    assert of_plain(state.plain) == state


def test_points_survive_the_address() -> None:
    state = Selection(set=("us-threat-100=+60pp",), drop=("authority=ieepa",))
    assert "+" not in state.query
    assert of_query(state.query) == state


def test_fields_of_the_page_get_their_unit_and_the_last_one_counts() -> None:
    assert of_query("set:a=60").set == ("a=+60pp",)
    assert of_query("set:a=60&set:a=-5&set:b=12.5%25&set:c=").set == ("a=-5pp", "b=12.5%")
    assert of_query("odds:x=40&odds:y=").odds == ("x=40%",)


@pytest.mark.parametrize(
    ("query", "words_"),
    [
        ("nonsense=1", "found a field; expected one of"),
        ("case=a&case=b", "found two values; expected one"),
        ("screen=elsewhere", "screen: found 'elsewhere'"),
        ("country=" + "x" * 121, "too long"),
        ("drop=%00", "not plain text"),
        ("pin=a&pin=b&pin=c&pin=d", "pin: found 4 runs"),
    ],
)
def test_a_state_that_cannot_be_is_refused(query: str, words_: str) -> None:
    with pytest.raises(dt.UsageError) as caught:
        of_query(query)
    assert words_ in str(caught.value)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=400), st.sampled_from(["", TEXT]))
def test_a_packed_text_comes_back(text: str, base: str) -> None:
    token = edits.packed(text, base)
    assert edits.unpacked(token, base) == (text if token else base)


def test_a_small_edit_has_a_short_address() -> None:
    assert len(edits.packed(TEXT.replace("+20pp", "+25pp"), TEXT)) < 200
    assert edits.packed(TEXT, TEXT) == ""


@given(st.binary(max_size=200))
def test_an_address_that_was_cut_is_refused(data: bytes) -> None:
    import base64

    token = base64.urlsafe_b64encode(data).decode().rstrip("=")
    try:
        found = edits.unpacked(token, TEXT)
    except dt.UsageError:
        return
    assert isinstance(found, str)


def test_an_address_cannot_explode() -> None:
    import base64
    import zlib

    deflate = zlib.compressobj(9, zdict=TEXT.encode()[-32768:])
    bomb = deflate.compress(b"a" * 50_000_000) + deflate.flush()
    with pytest.raises(dt.UsageError):
        edits.unpacked(base64.urlsafe_b64encode(bomb).decode(), TEXT)
    with pytest.raises(dt.UsageError):
        edits.packed("a" * 1_000_001, TEXT)


# switches


def test_a_switch_undoes_what_switched() -> None:
    state = Selection()
    off = levers.switched(state, "x", on=False)
    assert off.drop == ("x",)
    assert levers.switched(off, "x", on=True) == state
    on = levers.switched(state, "x", on=True)
    assert on.include == ("x",)
    assert levers.switched(on, "x", on=False) == state


def test_every_measure_is_a_switch_unless_nothing_can_switch_it() -> None:
    case = dt.scenario(CASE)
    found = {
        lever.measure.id: lever
        for family in levers.families(Selection(), case, regime(case))
        for lever in family.levers
    }
    assert set(found) == {measure.id for measure in case.measures}
    assert found["us-headline-china"].address == ""
    assert found["us-threat-100"].points == 100
    assert not found["us-threat-100"].on
    for id_, lever in found.items():
        if not lever.address:
            continue
        after = changed(case, of_query(lever.address.removeprefix("/?")))
        assert (id_ in {measure.id for measure in regime(after).applied}) != lever.on


def test_what_a_leaf_drops_cannot_be_switched_there() -> None:
    case = dt.scenario(CASE)
    state = Selection(branch=("rollover",))
    found = [
        lever for family in levers.families(state, case, regime(case, branch="rollover")) for lever in family.levers
    ]
    assert next(lever for lever in found if lever.measure.id == "us-snapback").address == ""


def test_a_family_goes_and_comes_back() -> None:
    case = dt.scenario(CASE)
    fees = next(f for f in levers.families(Selection(), case, regime(case)) if f.name == "Port fees and costs")
    off = of_query(fees.address.removeprefix("/?"))
    assert off.drop == ("us-port-fees", "cn-port-fees")
    after = changed(case, off)
    again = next(f for f in levers.families(off, after, regime(after)) if f.name == "Port fees and costs")
    assert of_query(again.address.removeprefix("/?").removeprefix("/")) == Selection()


# written back

STATES = (
    Selection(set=("us-threat-100=+60pp", "us-fentanyl=+5pp")),
    Selection(include=("us-threat-100", "us-snapback"), drop=("us-port-fees", "authority=section-301")),
    Selection(closure="balanced", elasticities="caliendo-parro-2015"),
    Selection(set=("cn-retaliation=25%",), drop=("cn-soy-boycott",), closure="balanced"),
)


@pytest.mark.parametrize("state", STATES)
def test_switches_written_back_say_the_same(state: Selection) -> None:
    text = written(TEXT, state)
    again = parse_scenario(text.encode(), folder=PACKAGED)
    assert again.sha256 == changed(dt.scenario(CASE), state).sha256
    kept = [line for line in TEXT.split("\n") if "#" in line]
    comments = [line.split("#", 1)[1] for line in kept]
    assert [line.split("#", 1)[1] for line in text.split("\n") if "#" in line] == comments
    same = set(TEXT.split("\n")) & set(text.split("\n"))
    assert len(same) >= len(set(TEXT.split("\n"))) - 3


def test_what_a_file_switches_already_stays() -> None:
    head = "detente: 1\nid: a\nas_of: 2025-10-25\n"
    body = "measures:\n" + "".join(
        f"  - {{id: {name}, by: USA, against: CHN, kind: tariff, from: 2025-01-01, "
        "rate: {low: +5pp, mode: +10pp, high: +20pp}}\n"
        for name in "xyz"
    )
    for old in ("drop: x  # struck down\n", "drop: [x]\n", "drop:\n  - x\n  # the court\n"):
        text = written(head + old + body, Selection(drop=("y",), set=("z=+7pp",)))
        again = parse_scenario(text.encode())
        assert again.dropped == ("x", "y")
        assert str(again.measure("z").rate.value) == "0.07"
        assert again.measure("x").rate_range is not None
    with pytest.raises(dt.UsageError, match="a measure with a rate of its own"):
        written(head + body, Selection(set=("nobody=+7pp",)))


# words, names, failures


def test_commands_give_the_same_numbers(tmp_path: Path) -> None:
    state = Selection(
        case=CASE, branch=("threat",), drop=("authority=ieepa", "us-port-fees"), set=("us-threat-100=+60pp",)
    )
    assert command_of(state) == (
        "detente run us-china-2025-10 --branch threat --drop authority=ieepa --drop us-port-fees "
        "--set us-threat-100=+60pp"
    )
    code = python_of(state)
    names: dict[str, object] = {}
    lines = [line for line in code.split("\n") if not line.startswith("run")]
    exec("\n".join(lines), names)
    case = names["case"]
    assert isinstance(case, dt.Scenario)
    assert case.sha256 == changed(dt.scenario(CASE), state).sha256
    assert changes(state) == ["us-threat-100 at +60pp", "without ieepa", "without us-port-fees"]


def test_names_are_those_of_the_folder_and_the_package(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("detente: 1\n")
    (tmp_path / ".hidden.yaml").write_text("detente: 1\n")
    (tmp_path / "link.yaml").symlink_to("/etc/passwd")
    bundle = tmp_path / "court"
    bundle.mkdir()
    (bundle / "manifest.json").write_text("{}")
    (bundle / "scenario.yaml").write_text("detente: 1\n")
    found = entries(tmp_path)
    assert list(found)[:2] == ["my/court", "my/mine"]
    assert found["my/court"].bundle
    assert "my/link" not in found
    assert next(iter(entries(None))) == CASE
    assert next(iter(entries(bundle))) == "my/court"
    assert text_of(opened("my/mine", tmp_path)) == "detente: 1\n"
    for name in ("my/../mine", "../mine", "/etc/passwd", "my/link", "my/.hidden"):
        with pytest.raises(dt.UsageError, match="case: found"):
            opened(name, tmp_path)


def test_failures_say_line_and_field_and_no_place(tmp_path: Path) -> None:
    with pytest.raises(dt.ScenarioError) as caught:
        parse_scenario(b"detente: 1\nid: a\nas_of: 2025-02-30\nmeasures: []\n", path=str(tmp_path / "x.yaml"))
    found = refused(caught.value, [tmp_path])
    assert found["status"] == "INVALID_INPUT"
    assert found["problems"][0]["line"] == 3
    assert found["problems"][0]["field"] == "as_of"
    assert str(tmp_path) not in str(found)
    assert scrubbed(f"no file {Path.home()}/a/b and {Path(dt.__file__).parent}/c.py") == "no file a/b and c.py"
