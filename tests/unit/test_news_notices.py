"""A notice is read as a whole, a list under its head: texts of our own invention, and near misses that give nothing."""

from __future__ import annotations

import pytest

from detente.news.reader import read_text

SURTAX = """Customs Notice 26-04
Surtax on certain goods originating in Norway

1. The surtax takes effect on July 1, 2026. It applies to goods imported into Canada.

2. The fish products listed in Table 1 are subject to a surtax of 20% of the value for duty. For the ships of Table 2,
the rate of the surtax is 5%.
"""
SUSPENDED = """Customs Tariff Commission of the State Council: adjustment of duties on goods originating in Chile

The Commission has decided that, from 0:01 on July 1, 2026:

1. The additional duty of 12% laid down in Announcement No. 9 of 2025 remains suspended for one more year.

2. The additional duties of up to 8% that were introduced in March on wine and salmon cease to be levied.
"""
PORTS = """NOTICE OF ACTION
Fees on vessels of Greece

DATES: The fees become payable on July 14, 2026.

Annex I. On arrival at a U.S. port, a vessel owned by an entity of Greece pays a fee of $20 per net ton.

Annex II. A vessel built in Greece but operated by others pays the higher of $5 per net ton and $40 per container.
"""
LIST = """Washington's new tariff rates from 7 July:
- Switzerland: 39 percent
- Taiwan: 20 percent
- clocks from Japan: 15 percent
"""
WATER = """WATER BOARD
Notice 3 of 2026

DATES: The tariffs below apply from July 1, 2026:
- households: 3 percent more
- gardens in the Japanese style: 5 percent more
The surcharge of 2 percent takes effect on July 1, 2026.
"""


def read(text: str) -> set[tuple[str, str, str, str, str]]:
    """Return instrument, imposer, target, rate and status of what is read."""
    return {
        (m.instrument, m.imposer, ",".join(m.target), f"{m.rate.value:g}" if m.rate else "", m.status)
        for m in read_text(text, published="2026-06-15").measures
    }


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (SURTAX, {("import_tariff", "CAN", "NOR", rate, "announced") for rate in ("20", "5")}),
        (SUSPENDED, {("import_tariff", "CHN", "CHL", "12", "suspended"),
                     ("import_tariff", "CHN", "CHL", "8", "withdrawn")}),
        (PORTS, {("port_fee", "USA", "GRC", rate, "announced") for rate in ("20", "5", "40")}),
        (LIST, {("import_tariff", "USA", code, rate, "announced")
                for code, rate in (("CHE", "39"), ("TWN", "20"), ("JPN", "15"))}),
        (WATER, set()),
    ],
    ids=["surtax", "suspended", "ports", "list", "water"],
)  # fmt: skip
def test_issuer_title_and_day_hold_for_every_paragraph(text: str, wanted: set[tuple[str, str, str, str, str]]) -> None:
    assert read(text) == wanted


def test_a_country_report_is_no_notice() -> None:
    story = SURTAX.replace("It applies to", "The minister said it applies to").replace("Customs Notice 26-04\n", "")
    assert all(each[4] != "announced" or each[1] == "CAN" for each in read(story))
    assert not read("A surtax of 20% takes effect on July 1, 2026.")
