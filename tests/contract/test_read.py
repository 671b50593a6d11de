"""`detente read`: proposals and questions, a scenario only of what was accepted, one sentence for each refusal."""

from __future__ import annotations

import io
import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import detente as dt
from detente.cli import execute, output
from detente.cli.read_dialogue import Dialogue
from detente.news import read as reading
from detente.news.document import Document, Documents
from detente.news.questions import questioned
from detente.scenario.load import load_scenario
from news_documents import TEXT, talks

SETS = ("--set", "M02.volume=60% of base", "--set", "M04.rate=+24pp")


@pytest.fixture
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty working folder with the article in it; the rules are replaced by an annotation by hand."""
    monkeypatch.chdir(tmp_path)

    def by_hand(text: str, *, id: str, published: str | None = None) -> Document:
        found = talks(id=id)
        return found if text == TEXT else Document(id, "", published, "", text, "0" * 64, why_empty="no trade measure")

    monkeypatch.setattr(reading, "read_text", by_hand)
    (tmp_path / "a.txt").write_text(TEXT, encoding="utf-8")
    return tmp_path


def said(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = execute(words)
    found = capsys.readouterr()
    assert "Traceback" not in found.out + found.err
    return code, found.out, found.err


def test_measures_conflicts_and_questions_are_printed(inside: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = said(capsys, "read", "a.txt")
    assert (code, err) == (0, "")
    for text in (
        "6 measures proposed, none loaded", "M01", "100% on top", "threatened", "157% tariff",
        "conflicts, no side is taken", "157% = 57 in force", "asked, a run needs it", "M04.rate",
        "+24pp (us-china-2025-10/us-snapback)", "the registry has, the text has not", "M03: not in the registry",
        "next: detente read a.txt --review review.html", "detente read a.txt --accept M01 --out draft.yaml",
    ):  # fmt: skip
        assert text in out
    assert list(inside.iterdir()) == [inside / "a.txt"]


def test_json_is_the_contract_with_status_first(inside: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = said(capsys, "read", "a.txt", "--json")
    found = json.loads(out)
    assert code == 0
    assert next(iter(found)) == "status"
    (document,) = found["documents"]
    assert [each["id"] for each in document["measures"]] == ["M01", "M02", "M03", "M04", "M05", "M06"]
    assert found["registry"]["M03"] == "not in the registry"


def test_json_validates_against_the_schema_of_a_measure(
    shared: Path, inside: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    schema = json.loads((shared / "gold" / "schema_measure.json").read_text(encoding="utf-8"))
    _, out, _ = said(capsys, "read", "a.txt", "--json")
    for measure in json.loads(out)["documents"][0]["measures"]:
        assert set(measure) <= set(schema["properties"])
        assert set(schema["required"]) <= set(measure)
        for name in ("instrument", "action", "status", "polarity"):
            assert measure[name] in schema["properties"][name]["enum"]


def test_a_text_on_stdin(inside: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(TEXT.encode())))
    code, out, _ = said(capsys, "read", "-", "--json")
    assert code == 0
    assert json.loads(out)["documents"][0]["id"] == "stdin"


def test_an_accepted_measure_becomes_a_scenario_that_runs(inside: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = said(capsys, "read", "a.txt", "--accept", "M01", "--out", "draft.yaml")
    assert code == 0
    assert out.splitlines() == [
        "written: draft.yaml, 1 measure (m01-usa-tariff)",
        "next: detente run draft.yaml --branch all",
    ]
    assert load_scenario("draft.yaml").measure("m01-usa-tariff").status == "threatened"
    assert said(capsys, "scenario", "check", "draft.yaml")[0] == 0
    code, out, _ = said(capsys, "run", "draft.yaml", "--branch", "threats-carried-out", "--json", "-q")
    found = json.loads(out)
    assert (code, found["status"]) == (0, "CERTIFIED")
    (usa,) = [
        row["value"]
        for row in found["branches"]["threats-carried-out"]["countries"]
        if row["country"] == "USA" and row["variable"] == "real_income_pct"
    ]
    assert usa < -0.1


def test_a_draft_without_out_goes_to_stdout(inside: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = said(capsys, "read", "a.txt", "--accept", "M01")
    assert code == 0
    Path("piped.yaml").write_text(out, encoding="utf-8")
    assert load_scenario("piped.yaml").measures


def test_an_open_question_that_a_run_needs_is_a_refusal(inside: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("read", "a.txt", "--accept", "M01,M02", "--accept", "M04", "--out", "draft.yaml")
    code, out, err = said(capsys, *words)
    assert (code, out) == (3, "")
    assert "M02.volume: the text does not say how much trade is left" in err
    assert "M04.rate: the text does not say which rate returns" in err
    assert "not in the text, but offered: +24pp" in err
    assert not Path("draft.yaml").exists()
    code, _, err = said(capsys, *words, *SETS)
    assert code == 0
    assert "open: M02.effective" in err
    assert all(each.assumed for each in load_scenario("draft.yaml").measures if each.id != "m01-usa-tariff")


def test_what_exists_is_not_replaced(inside: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("read", "a.txt", "--accept", "M01", "--out", "draft.yaml", "--review", "r.html")
    assert said(capsys, *words)[0] == 0
    before = {path.name: path.read_bytes() for path in inside.iterdir()}
    code, _, err = said(capsys, *words)
    assert code == 2
    assert "--force" in err
    assert {path.name: path.read_bytes() for path in inside.iterdir()} == before
    assert said(capsys, *words, "--force")[0] == 0
    (inside / "link.yaml").symlink_to("draft.yaml")
    assert said(capsys, "read", "a.txt", "--accept", "M01", "--out", "link.yaml")[0] == 2


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("read",), "Missing argument"),
        (("read", "a.txt", "--out", "d.yaml"), "nothing is loaded unasked"),
        (("read", "a.txt", "--set", "M01.rate=5%"), "expected --accept"),
        (("read", "a.txt", "--accept", "M01", "--out", "d.json"), "ending in .yaml"),
        (("read", "a.txt", "--accept", "M99"), "expected one of M01"),
        (("read", "a.txt", "--accept", "M01", "--set", "M01.rate=5"), "a rate with its unit"),
        (("read", "a.txt", "--accept", "M01", "--set", "M01.volumes=5"), "try volume"),
        (("read", "a.txt", "--published", "yesterday"), "an ISO date"),
        (("read", "a.txt", "--as-of", "2025-10-25"), "a folder"),
        (("read", "a.txt", "--reviews", "r.html"), "--review"),
        (("read", ".", "--accept", "M01"), "one text"),
        (("read", ".", "--published", "2025-10-25"), "one text"),
        (("read", ".", "--as-of", "soon"), "ISO date"),
        (("read", "https://example.org/a"), "--allow-network"),
        (("read", "a.txt", "--llm", "some:model"), "--allow-network"),
    ],
)
def test_usage_errors_are_exit_2(
    words: tuple[str, ...], text: str, inside: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = said(capsys, *words)
    assert code == 2
    assert text in err


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", "an empty text"),
        (b" \n\t", "an empty text"),
        (b"%PDF-1.7", "a PDF file"),
        (b"tariff\0", "a NUL byte (0x00) at byte 6"),
        ("Le tarif de caf\u00e9".encode("latin-1"), "byte 0xe9 at byte 15"),
        ("tariff".encode("utf-16"), "UTF-16"),
        (b"tariff " * 300_000, "at most 2000000 bytes"),
        (b"<html>" + b"<div>" * 100_000, "bad.txt"),
        (None, "no such file"),
    ],
)
def test_what_cannot_be_read_is_exit_3_with_one_sentence(
    data: bytes | None, text: str, inside: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if data is not None:
        Path("bad.txt").write_bytes(data)
    for more in ((), ("--json",)):
        code, out, err = said(capsys, "read", "bad.txt", *more)
        assert code == 3
        assert text in err
        assert len(err.splitlines()) == 1
        assert not more or json.loads(out)["status"] == "INVALID_INPUT"


def test_fifty_megabytes_are_refused_at_once(inside: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Path("big.txt").open("wb") as stream:
        stream.truncate(50_000_000)
    code, _, err = said(capsys, "read", "big.txt")
    assert code == 3
    assert "50000000 bytes; expected at most 2000000" in err


def test_a_text_without_a_measure_is_explained_and_no_error(inside: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("b.txt").write_text("The cat sat on the mat.", encoding="utf-8")
    code, out, _ = said(capsys, "read", "b.txt")
    assert code == 0
    assert "0 measures proposed" in out
    assert "no trade measure" in out
    assert said(capsys, "read", "b.txt", "--accept", "M01")[0] == 2


def test_a_text_without_a_date_asks_for_it(inside: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("b.txt").write_text("The cat sat on the mat.", encoding="utf-8")
    _, out, _ = said(capsys, "read", "b.txt")
    assert "no date of publication" in out
    assert "--published YYYY-MM-DD" in out


def test_a_closed_stdin_is_a_usage_error(inside: Path, capsys: pytest.CaptureFixture[str], monkeypatch: Any) -> None:
    monkeypatch.setattr("sys.stdin", None)
    code, _, err = said(capsys, "read", "-")
    assert code == 2
    assert "closed stdin" in err


def test_control_characters_of_a_stranger_do_not_reach_the_terminal(
    inside: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    hostile = "\x1b[2J\x1b]0;owned\x07 title\r"
    monkeypatch.setattr(reading, "read_text", lambda text, **more: talks(title=hostile))
    code, out, err = said(capsys, "read", "a.txt")
    assert code == 0
    assert "\x1b" not in out + err
    assert "\x07" not in out + err


def test_dt_read_takes_a_text_a_path_or_a_folder(inside: Path) -> None:
    for source in (TEXT, "a.txt", inside / "a.txt", inside):
        found = dt.read(source)
        assert isinstance(found, Documents)
        assert [each["id"] for each in found.table()] == ["M01", "M02", "M03", "M04", "M05", "M06"]
    assert dt.read("a.txt")[0].id == "a"


@pytest.mark.parametrize(
    ("source", "more", "error"),
    [
        ("", {}, dt.ArticleError),
        ("missing.txt", {}, dt.ArticleError),
        ("https://example.org/a", {}, dt.UsageError),
        ("a.txt", {"published": "2025-13-01"}, dt.UsageError),
        (".", {"published": "2025-10-25"}, dt.UsageError),
        ("\ud800 tariff", {}, dt.ArticleError),
    ],
)
def test_dt_read_refuses_with_detente_errors(
    source: str, more: dict[str, str], error: type[Exception], inside: Path
) -> None:
    with pytest.raises(error):
        dt.read(source, **more)


# dialogue


class Person:
    """Somebody who answers from a list, and what was shown to them."""

    def __init__(self, *answers: str) -> None:
        self.answers, self.shown = list(answers), list[str]()

    def ask(self, prompt: str) -> str:
        self.shown.append(prompt)
        if not self.answers:
            raise EOFError
        return self.answers.pop(0)

    def walk(self, document: Document) -> Any:
        return Dialogue(self.ask, self.shown.append).walk(document, {})


def test_a_walk_accepts_what_got_a_yes_and_asks_what_a_run_needs() -> None:
    person = Person("y", "y", "y", "60", "60% of base", "n", "n", "n", "y")
    found = person.walk(questioned(talks()))
    assert found.accepted == ("M01", "M02")
    assert found.answers["M02"] == {"volume": "60% of base"}
    shown = "\n".join(person.shown)
    assert "'Washington threatened an additional 100% tariff" in shown
    assert "a quantity with its unit" in shown
    assert "takes M04 away, which is not accepted" in shown
    assert person.answers == []


@pytest.mark.parametrize(
    "answers",
    [
        (),
        ("",),
        ("no",),
        ("y", "", "", "", "", ""),
        ("y", "y", "n", "n", "n", "n", ""),
        ("y", "y", "n", "n", "n", "n", "n"),
        ("y", "y"),
        ("y", "n", "y", "", "n", "n", "n", "y"),
        ("yep",),
    ],
)
def test_nothing_is_accepted_without_an_explicit_yes_at_the_end(answers: tuple[str, ...]) -> None:
    assert Person(*answers).walk(questioned(talks())).accepted == ()


def test_the_dialogue_is_only_for_terminals(
    inside: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("builtins.input", lambda prompt: pytest.fail("asked without a terminal"))
    assert said(capsys, "read", "a.txt")[0] == 0


def test_the_dialogue_writes_after_a_yes(
    inside: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for stream in (sys.stdin, sys.stdout):
        monkeypatch.setattr(stream, "isatty", lambda: True, raising=False)
    person = Person("y", "y", "n", "n", "n", "n", "y")
    monkeypatch.setattr("builtins.input", person.ask)
    code, out, _ = said(capsys, "read", "a.txt", "--out", "draft.yaml")
    assert code == 0
    assert "written: draft.yaml" in out
    assert len(load_scenario("draft.yaml").measures) == 1
    monkeypatch.setattr("builtins.input", Person("y", "y").ask)
    code, out, _ = said(capsys, "read", "a.txt", "--out", "other.yaml")
    assert "nothing accepted, nothing written" in out
    assert not Path("other.yaml").exists()


# folders


@pytest.fixture
def folder(inside: Path) -> Path:
    """Return a folder of three texts, one broken, and a file of another kind."""
    place = inside / "news"
    place.mkdir()
    (place / "1.txt").write_text(TEXT, encoding="utf-8")
    (place / "2.txt").write_text("The cat sat on the mat.", encoding="utf-8")
    (place / "3.txt").write_bytes("caf\u00e9".encode("latin-1"))
    (place / "photo.jpg").write_bytes(b"\xff\xd8\xff")
    (place / ".hidden.txt").write_bytes(b"")
    return place


def test_one_bad_file_does_not_stop_the_others(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = said(capsys, "read", "news")
    assert code == 3
    assert "3 texts: 2 read, 1 not; 1 files of other kinds left out: photo.jpg; 1 without a date" in out
    assert "L001" in out
    assert err.startswith("news/3.txt:1: found byte 0xe9 at byte 3")
    code, out, _ = said(capsys, "read", "news", "--json")
    found = json.loads(out)
    assert (code, found["status"], found["read"]) == (3, "INVALID_INPUT", 2)
    assert [each["file"] for each in found["failed"]] == ["3.txt"]
    assert len(found["lives"]) == 6
    (folder / "3.txt").unlink()
    assert said(capsys, "read", "news")[0] == 0


def test_status_on_a_day(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "3.txt").unlink()
    code, out, _ = said(capsys, "read", "news", "--as-of", "2025-11-10", "--json")
    found = json.loads(out)
    truce = next(each["id"] for each in found["lives"] if each["instrument"] == "tariff_truce" and each["expiry"])
    assert (code, found["statuses"][truce]) == (0, "expired")
    assert json.loads(said(capsys, "read", "news", "--as-of", "2025-10-01", "--json")[1])["statuses"] == {}


def test_a_folder_without_texts_is_refused(inside: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (inside / "empty").mkdir()
    code, _, err = said(capsys, "read", "empty")
    assert code == 3
    assert "found no text" in err


def test_a_store_goes_on_where_it_stopped(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = said(capsys, "read", "news", "--out", "store", "--json")[1]
    kept = sorted(path.name for path in Path("store/documents").iterdir())
    assert len(kept) == 2
    monkeypatch.setattr(reading, "read_text", lambda *args, **more: pytest.fail("read again"))
    assert said(capsys, "read", "news", "--out", "store", "--json")[1] == first
    monkeypatch.undo()


def test_a_changed_text_is_read_again_and_a_torn_result_too(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said(capsys, "read", "news", "--out", "store")
    (folder / "2.txt").write_text("Another cat.", encoding="utf-8")
    for path in Path("store/documents").iterdir():
        path.write_text(path.read_text(encoding="utf-8")[:50], encoding="utf-8")
    (Path("store/documents") / ".x.json.1.ab.draft").write_text("half", encoding="utf-8")
    code, out, _ = said(capsys, "read", "news", "--out", "store", "--json")
    assert code == 3
    assert len(json.loads(out)["lives"]) == 6
    assert not list(Path("store").rglob("*.draft"))
    assert len(list(Path("store/documents").iterdir())) == 3


def test_a_store_never_takes_a_folder_of_something_else(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = said(capsys, "read", "news", "--out", "news")
    assert code == 2
    assert "earlier store" in err


KILLED = """
import sys, time
from pathlib import Path
from detente.cli import execute
from detente.news import folder, read as reading
folder._rules = lambda: "the same for the whole test"
real = reading.read_text
def slow(*args, **more):
    time.sleep(0.02)
    return real(*args, **more)
reading.read_text = slow
sys.exit(execute(["read", "many", "--out", "store", "-q"]))
"""


def test_a_killed_run_loses_at_most_the_text_in_hand(tmp_path: Path) -> None:
    many = tmp_path / "many"
    many.mkdir()
    for number in range(16):
        (many / f"{number:02d}.txt").write_text(
            f"Published 2025-10-{number % 28 + 1:02d}. Text {number}: the ministry met on Monday.", encoding="utf-8"
        )
    store = tmp_path / "store" / "documents"
    command = [sys.executable, "-c", KILLED]
    counts = []
    for _ in range(2):
        process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        before = counts[-1] if counts else 0
        deadline = time.monotonic() + 60
        while process.poll() is None and time.monotonic() < deadline:
            if len(list(store.glob("[!.]*.json"))) > before + 3:
                process.send_signal(signal.SIGKILL)
                break
            time.sleep(0.01)
        process.wait()
        counts.append(len(list(store.glob("[!.]*.json"))))
        for path in store.glob("[!.]*.json"):
            json.loads(path.read_text(encoding="utf-8"))
    assert counts == sorted(counts)
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode == 0
    assert len(list(store.iterdir())) == 16
    assert json.loads((tmp_path / "store" / "timeline.json").read_text(encoding="utf-8"))["read"] == 16


def test_progress_is_for_terminals(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "3.txt").unlink()
    assert said(capsys, "read", "news")[2] == ""
    assert output.quiet() is False


# the packaged article


def test_the_packaged_article_goes_from_text_to_scenario(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (document,) = dt.read("eve-of-korea")
    threats = [each for each in document.measures if each.status == "threatened"]
    (threat,) = [each for each in threats if each.instrument == "import_tariff"]
    assert threat.rate is not None
    assert (threat.rate.value, threat.rate.basis, threat.dates.effective) == (100, "additional", "2025-11-01")
    assert not [each for each in document.measures if each.rate is not None and each.rate.value == 257]
    assert said(capsys, "read", "eve-of-korea", "--accept", threat.id, "--out", "d.yaml")[0] == 0
    source = load_scenario("d.yaml").measures[0].source
    assert source is not None
    assert source.span is not None
    assert document.text[source.span[0] : source.span[1]] == source.quote


def test_a_threat_that_a_later_text_drops_is_one_withdrawn_measure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rules, the folder and the identity of measures together, on texts of our own."""
    monkeypatch.chdir(tmp_path)
    texts = {
        "b-dropped.txt": "October 27, 2025\n\nWashington scrapped the additional 100% tariff on Chinese goods.\n",
        "z-threat.txt": "October 10, 2025\n\nPresident Trump threatened an additional 100% tariff on Chinese goods.\n",
    }
    (tmp_path / "news").mkdir()
    for name, text in texts.items():
        (tmp_path / "news" / name).write_text(text, encoding="utf-8")
    code, out, _ = said(capsys, "read", "news", "--json")
    (life,) = json.loads(out)["lives"]
    assert (code, life["status"]) == (0, "withdrawn")
    assert [(each["published"], each["status"]) for each in life["mentions"]] == [
        ("2025-10-10", "threatened"),
        ("2025-10-27", "withdrawn"),
    ]
    assert life["contradictions"] == []
