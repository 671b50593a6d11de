"""What is read and what is refused: files, bytes, pages of HTML; every refusal says where and what to do."""

from __future__ import annotations

import builtins
import contextlib
import os
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.core.errors import ArticleError, DetenteError
from detente.news.html_text import DEPTH, ELEMENTS, page_text
from detente.news.source import LIMIT, PAGE_LIMIT, decoded, from_bytes, from_file

STORY = "Washington imposed a 25% tariff on steel from all partners on 12 March 2025, the ministry said in a notice. "
BODY = "".join(
    f"<p>{STORY} Paragraph {number} of the article, in many more words than any menu.</p>" for number in range(6)
)
PAGE = f"""<!doctype html><html><head><title>Steel duties</title>
<meta property="article:published_time" content="2025-03-12T08:00:00Z"></head><body><nav>Home Login</nav>
<article><h1>Steel duties</h1>{{}}{BODY}</article></body></html>"""


def refused(data: bytes) -> str:
    with pytest.raises(ArticleError) as error:
        from_bytes(data, id="a", where="a.txt")
    assert error.value.exit_code == 3
    return str(error.value)


@pytest.mark.parametrize("data", [b"", b"  \n\t \n", b"\xef\xbb\xbf", "\u00a0\u2003\n".encode()])
def test_an_empty_text_is_said_to_be_empty(data: bytes) -> None:
    assert "an empty text" in refused(data)


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"%PDF-1.7 ..", "a PDF file"),
        (b"PK\x03\x04rest", "a zip archive or an office document"),
        (b"\x1f\x8b\x08 ..", "a gzip archive"),
        (b"\x89PNG\r\n\x1a\n", "an image (PNG)"),
        ("tariff".encode("utf-16"), "UTF-16"),
        (b"tariff\0of 25%", "a NUL byte (0x00) at byte 6"),
        (bytes(range(1, 32)) * 20, "control characters"),
    ],
)
def test_a_binary_is_named(data: bytes, name: str) -> None:
    assert name in refused(data)


def test_another_charset_is_refused_with_line_and_byte() -> None:
    data = "A tariff\nof 25 % on caf\u00e9s".encode("latin-1")
    text = refused(data)
    assert text.startswith("a.txt:2: found byte 0xe9 at byte 23, which is not UTF-8")
    assert "try saving the words as UTF-8 text" in text


def test_text_stays_as_it_stands() -> None:
    text = "\u201cA\u00a0tariff\u201d\r\nof 25 %\rand more\n"
    assert from_bytes(b"\xef\xbb\xbf" + text.encode(), id="a", where="a").text == text


def test_more_than_two_megabytes_are_refused(tmp_path: Path) -> None:
    assert from_bytes(b"word " * (LIMIT // 5), id="a", where="a").text
    assert f"at most {LIMIT} bytes" in refused(b"word " * (LIMIT // 5 + 1))
    big = tmp_path / "big.txt"
    with big.open("wb") as stream:
        stream.truncate(50_000_000)
    with pytest.raises(ArticleError, match="50000000 bytes; expected at most 2000000 bytes"):
        from_file(big)


@pytest.mark.parametrize("name", ["missing.txt", "folder.txt", "pipe.txt"])
def test_what_is_no_file_is_refused(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    if name.startswith("folder"):
        path.mkdir()
    if name.startswith("pipe"):
        os.mkfifo(path)
    with pytest.raises(ArticleError, match=name):
        from_file(path)


@given(st.binary(max_size=400))
def test_any_bytes_are_a_text_or_a_refusal(data: bytes) -> None:
    with contextlib.suppress(DetenteError):
        assert from_bytes(data, id="a", where="a").text.strip()


def test_decoding_is_linear() -> None:
    started = time.process_time()
    decoded(b"tariff " * (LIMIT // 7), "a")
    assert time.process_time() - started < 5


# pages


def test_a_page_is_its_article() -> None:
    pytest.importorskip("trafilatura")
    found = from_bytes(PAGE.format("").encode(), id="a", where="a.html")
    assert found.title == "Steel duties"
    assert found.published == "2025-03-12"
    assert "25% tariff on steel" in found.text
    assert "Login" not in found.text


HIDDEN = (
    '<p style="display:none">HIDDEN a 500% tariff on China was announced and this is long enough to be read.</p>',
    '<p style="VISIBILITY : hidden">HIDDEN a 500% tariff on China was announced and this is long enough.</p>',
    '<p style="font-size:0">HIDDEN a 500% tariff on China was announced and this is long enough to be read.</p>',
    "<p hidden>HIDDEN a 500% tariff on China was announced and this is long enough to be read as well.</p>",
    '<p aria-hidden="true">HIDDEN a 500% tariff on China was announced and this is long enough to be read.</p>',
    "<template><p>HIDDEN a 500% tariff on China was announced and this is long enough to be read.</p></template>",
    "<noscript><p>HIDDEN a 500% tariff on China was announced and this is long enough to be read.</p></noscript>",
    "<!-- HIDDEN a 500% tariff on China was announced and this is long enough to be read as well -->",
    "<script>HIDDEN = 'a 500% tariff on China was announced and this is long enough to be read'</script>",
)


@pytest.mark.parametrize("part", HIDDEN)
def test_what_nobody_sees_is_not_read(part: str) -> None:
    pytest.importorskip("trafilatura")
    found = from_bytes(PAGE.format(part).encode(), id="a", where="a.html")
    assert "25% tariff on steel" in found.text
    assert "HIDDEN" not in found.text


def test_what_everybody_sees_at_that_place_is_read() -> None:
    pytest.importorskip("trafilatura")
    part = '<p style="opacity:0.9">A 500% tariff on China was announced and this is long enough to be read.</p>'
    assert "500%" in from_bytes(PAGE.format(part).encode(), id="a", where="a.html").text


def test_comments_of_readers_are_not_read() -> None:
    pytest.importorskip("trafilatura")
    part = '</article><section id="comments" class="comments"><div class="comment"><p>' + "HIDDEN 500% on China! " * 5
    assert "HIDDEN" not in from_bytes(PAGE.format(BODY + part).encode(), id="a", where="a.html").text


@pytest.mark.parametrize(
    "body",
    [
        "<form><input name=user><input name=pass><button>Go</button></form>",
        "<h1>Tariffs of 25% on steel</h1><p>Log in to read on.</p><form><input name=u><input type=password></form>",
        "<div></div>",
    ],
)
def test_a_login_page_has_no_article(body: str) -> None:
    pytest.importorskip("trafilatura")
    assert "no article text" in refused(f"<!doctype html><html><body>{body}</body></html>".encode())


def test_an_article_beside_a_login_form_is_read() -> None:
    pytest.importorskip("trafilatura")
    form = "<form><input name=u><input type=password></form>"
    assert "25% tariff on steel" in from_bytes(PAGE.format(form).encode(), id="a", where="a.html").text


def test_bombs_are_refused() -> None:
    pytest.importorskip("trafilatura")
    started = time.process_time()
    for page in (
        "<html>" + "<div>" * 200_000 + STORY,
        "<html>" + "<p>x</p>" * (ELEMENTS + 10),
        "<html>" + "<b>" * (DEPTH + 10) + STORY,
    ):
        with pytest.raises(ArticleError):
            page_text(page, "bomb.html")
    with pytest.raises(ArticleError, match=str(PAGE_LIMIT)):
        from_bytes(b"<html>" + b"a" * PAGE_LIMIT, id="a", where="a")
    assert time.process_time() - started < 20


@pytest.mark.parametrize(
    "junk", ["<" * 500_000, "<a " * 200_000, "&lt;" * 200_000, "<!" * 200_000, '<p title="' * 100_000]
)
def test_malformed_pages_end_soon(junk: str) -> None:
    pytest.importorskip("trafilatura")
    started = time.process_time()
    with contextlib.suppress(ArticleError):
        page_text("<html><body>" + junk, "a.html")
    assert time.process_time() - started < 20


def test_entities_of_a_page_do_not_grow() -> None:
    pytest.importorskip("trafilatura")
    page = '<!DOCTYPE html [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><html><body><p>&b;&b;</p></body></html>'
    with contextlib.suppress(ArticleError):
        assert len(page_text(page, "a.html").text) < 200


def test_without_the_extra_a_sentence_says_how(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name == "trafilatura":
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    assert "pip install 'detente[web]'" in refused(PAGE.format("").encode())
