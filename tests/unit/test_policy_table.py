"""Tables of rates: read strictly, every problem with its line, all at once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.core.units import Rate
from detente.policy.table import RateTable, read_table

HEADER = "by,against,sector,rate,authority,stacks_with,assumed\n"


def messages(text: str) -> list[str]:
    table, problems = read_table(text, "t.csv", "t.csv")
    assert (table is None) == bool(problems)
    return [str(problem) for problem in problems]


def test_a_row_is_read_as_it_is_written() -> None:
    table, problems = read_table(
        HEADER + 'USA,CHN,C26,+14.9pp,ieepa,mfn s301,true\n"USA",DEU,C29,15%,,,\n', "t.csv", "x"
    )
    assert problems == []
    assert isinstance(table, RateTable)
    first, second = table.rows
    assert first == ("USA", "CHN", "C26", Rate(14.9 / 100, True), "ieepa", ("mfn", "s301"), True, 2)
    assert second.rate == Rate(0.15, False)
    assert table.authorities == {"ieepa"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "an empty table"),
        (HEADER, "t.csv:1: found a header only"),
        ("by;against;sector;rate\nUSA;CHN;C26;1%\n", "semicolons"),
        ("by,against,sector,tarif\n", "column 'tarif'"),
        ("by,by,against,sector,rate\n", "'by' twice"),
        ("by,against,rate\n", "one column 'sector' or 'hs22'"),
        ("against,sector,rate\n", "expected a column 'by'"),
        (HEADER + "USA,CHN,C26,+1pp,,\n", "t.csv:2: found 6 fields; expected 7 fields"),
        (HEADER + "USA,CHN,C26,+1pp,,,,\n", "t.csv:2: found 8 fields"),
        (HEADER + "USA,CHN,C26,25,,,\n", "t.csv:2: rate: found '25'; expected a rate with its unit"),
        (HEADER + "USA,CHN,C26,2000%,,,\n", "at most 1000%"),
        (HEADER + "USA,CHN,C26,-5%,,,\n", "kind: subsidy"),
        (HEADER + "USA,CHN,C26,-120pp,,,\n", "above -100%"),
        (HEADER + "USA, CHN,C26,+1pp,,,\n", "without blanks"),
        (HEADER + "USA,,C26,+1pp,,,\n", "against: found ''"),
        (HEADER + "USA,CHN,C26,+1pp,,,yes\n", "true, false or nothing"),
        (HEADER + "USA,CHN,C26,+1pp,a,,\nUSA,CHN,C26,+2pp,a,,\n", "t.csv:3: found a second row"),
        (HEADER + '"USA,CHN,C26,+1pp,,,\n', "t.csv:2"),
        (HEADER + "\nUSA,CHN,C26,+1pp,,,\n", "t.csv:2: found 1 fields"),
    ],
)
def test_what_is_wrong_with_a_table_is_said_with_its_line(text: str, words: str) -> None:
    assert words in "\n".join(messages(text))


def test_all_lines_are_told_at_once() -> None:
    rows = "".join(f"USA,CHN,C{i},25,,,\n" for i in range(30))
    found = messages(HEADER + rows)
    assert len(found) == 30
    assert found[-1].startswith("t.csv:31: rate")


@given(st.text(max_size=80))
def test_any_text_gives_a_table_or_problems(text: str) -> None:
    messages(text)
    messages(HEADER + text)
