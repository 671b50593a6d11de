"""Every guard of the server (RELIABILITY.md section 8): what may not pass does not, and says why without a path."""

from __future__ import annotations

import json
import re
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import detente
from serving import TOKEN, Server, processor_seconds, served

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
SEARCH = {"players": ["USA", "CHN"], "vary": "free", "starts": 6}


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with served() as found:
        yield found


def search(server: Server, **changes: object) -> str:
    found = server.ask("POST", "/api/nash?wait=0", {**SEARCH, **changes})
    assert found.status == 202
    return str(found.json["job"])


# where it listens


def test_it_listens_on_loopback_and_on_nothing_else(server: Server) -> None:
    mine = {
        line.split()[1]
        for name in ("tcp", "tcp6")
        for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]
        if line.split()[3] == "0A" and int(line.split()[1].rpartition(":")[2], 16) == server.port
    }
    addresses = {each.rpartition(":")[0] for each in mine}
    assert addresses
    assert addresses <= {"0100007F", "00000000000000000000000001000000"}


def test_another_address_needs_a_token_of_the_users_own() -> None:
    from detente.app.settings import Settings, checked

    with pytest.raises(detente.UsageError, match=r"host: found '0\.0\.0\.0' without a token"):
        checked(Settings(host="0.0.0.0"), own_token=False)
    checked(Settings(host="0.0.0.0", token="x" * 20), own_token=True)
    for host in ("127.0.0.1", "::1", "localhost"):
        assert not checked(Settings(host=host), own_token=False).public
    with pytest.raises(detente.UsageError, match="token: expected"):
        checked(Settings(token="short"), own_token=True)


def test_a_server_that_others_can_reach_asks_everybody_for_its_token() -> None:
    with served("--host", "0.0.0.0") as open_one:
        local = Server("127.0.0.1", open_one.port, open_one.process)
        assert local.ask("GET", "/").status == 401
        assert local.ask("GET", "/openapi.json").status == 401
        assert local.ask("GET", "/?token=wrong").status == 401
        assert local.ask("GET", "/health").status == 200
        assert local.ask("GET", "/openapi.json", x_detente_token=TOKEN).status == 200
        found = local.ask("GET", f"/?token={TOKEN}")
        assert (found.status, found.headers["location"]) == (303, "/")
        cookie = found.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Strict" in cookie
        assert local.ask("GET", "/openapi.json", cookie=cookie.partition(";")[0]).status == 200
        assert local.ask("GET", "/openapi.json", cookie=cookie.partition(";")[0], host="evil.example").status == 421
        # the cookie alone changes nothing: another site could make a browser send it
        found = local.ask("DELETE", "/api/jobs/" + "0" * 32, token=None, cookie=cookie.partition(";")[0])
        assert found.status == 403


# who may ask


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "10.0.0.1", "localhost.evil", "", "a b", "[::2]"],
)
def test_a_host_that_is_not_this_server_is_misdirected(server: Server, host: str) -> None:
    for path in ("/", "/health", "/openapi.json", "/static/x/page.js"):
        assert server.ask("GET", path, host=host).status == 421
    assert server.ask("POST", "/api/solve", {}, host=host).status == 421


@pytest.mark.parametrize(
    "host", ["localhost:{port}", "127.0.0.1:{port}", "[::1]:{port}", "LOCALHOST:{port}", "localhost:9000"]
)
def test_its_own_names_are_answered(server: Server, host: str) -> None:
    assert server.ask("GET", "/health", host=host.format(port=server.port)).status == 200


def test_two_hosts_or_none_are_misdirected(server: Server) -> None:
    twice = b"GET /health HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\nConnection: close\r\n\r\n"
    none = b"GET /health HTTP/1.0\r\n\r\n"
    for request in (twice, none):
        assert server.raw(request).split()[1] in (b"421", b"400")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY"])
def test_every_method_but_get_and_head_needs_the_token(server: Server, method: str) -> None:
    for path in ("/", "/api/solve", "/api/jobs/" + "0" * 32, "/nowhere"):
        assert server.ask(method, path, {}, token=None).status == 403
        assert server.ask(method, path, {}, token="wrong" * 5).status == 403


@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "null", "https://127.0.0.1:{port}", "http://127.0.0.1:1", "http://localhost:{port}"],
)
def test_another_origin_is_refused(server: Server, origin: str) -> None:
    found = server.ask("POST", "/api/scenarios", {"text": "x"}, origin=origin.format(port=server.port))
    assert found.status == 403
    assert server.ask("DELETE", "/api/jobs/" + "0" * 32, origin=origin.format(port=server.port)).status == 403


def test_its_own_origin_and_programs_without_one_are_heard(server: Server) -> None:
    assert server.ask("DELETE", "/api/jobs/" + "0" * 32, origin=server.origin).status == 404
    assert server.ask("DELETE", "/api/jobs/" + "0" * 32).status == 404


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_what_another_site_embeds_or_sends_is_refused(server: Server, site: str) -> None:
    for path in ("/api/results", "/api/tables/countries.csv", "/openapi.json", "/files/report.html"):
        assert (
            server.ask("GET", path, sec_fetch_site=site, sec_fetch_mode="no-cors", sec_fetch_dest="image").status == 403
        )
    framed = server.ask("GET", "/", sec_fetch_site=site, sec_fetch_mode="navigate", sec_fetch_dest="iframe")
    assert framed.status == 403
    assert server.ask("POST", "/api/scenarios", {"text": "x"}, sec_fetch_site=site).status == 403


def test_following_a_link_to_the_page_is_allowed(server: Server) -> None:
    found = server.ask(
        "GET", "/?screen=news", sec_fetch_site="cross-site", sec_fetch_mode="navigate", sec_fetch_dest="document"
    )
    assert found.status == 200


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""]
)
def test_a_body_that_is_not_json_is_refused(server: Server, kind: str) -> None:
    assert server.ask("POST", "/api/scenarios", b'{"text": "x"}', content_type=kind).status == 415
    assert server.ask("POST", "/api/scenarios", b'{"text": "x"}', content_encoding="gzip").status == 415


def test_no_other_site_is_ever_let_in(server: Server) -> None:
    asked = {"origin": "http://evil.example", "access_control_request_method": "POST"}
    for method, path in (("OPTIONS", "/api/solve"), ("GET", "/openapi.json"), ("GET", "/health")):
        found = server.ask(method, path, **asked)
        assert not [name for name in found.headers if name.startswith("access-control")]


# what it says


def test_every_answer_has_the_policy(server: Server) -> None:
    for method, path in (
        ("GET", "/"),
        ("GET", "/health"),
        ("GET", "/nowhere"),
        ("POST", "/api/solve"),
        ("GET", "/openapi.json"),
    ):
        found = server.ask(method, path, token=None)
        assert found.headers["content-security-policy"] == CSP
        assert found.headers["x-content-type-options"] == "nosniff"
        assert found.headers["cache-control"] == "no-store"
        assert "server" not in found.headers
    assert server.ask("GET", "/", host="evil.example").headers["content-security-policy"] == CSP


def test_head_is_get_without_a_body(server: Server) -> None:
    for path in ("/health", "/openapi.json", "/"):
        found = server.ask("HEAD", path)
        assert (found.status, found.body) == (200, b"")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/api/results?case=/etc/passwd", None),
        ("GET", "/api/results?case=../../x", None),
        ("GET", "/?case=%00", None),
        ("GET", "/?edit=AAAA", None),
        ("GET", "/api/tables/nothing.csv", None),
        ("GET", "/files/../../etc/passwd", None),
        ("GET", "/static/x/../page.js", None),
        (
            "POST",
            "/api/scenarios",
            {"text": "detente: 1\nid: a\nas_of: 2025-01-01\nbaseline: /etc/passwd\nmeasures: []\n"},
        ),
        (
            "POST",
            "/api/scenarios",
            {"text": "detente: 1\nid: a\nas_of: 2025-01-01\nbaseline: ../../x.npz\nmeasures: []\n"},
        ),
        ("POST", "/api/scenarios", {"text": "\x00"}),
        ("POST", "/api/solve", {"edit": "A" * 5000}),
        ("POST", "/api/optimal", {"player": "ZZZ"}),
        ("POST", "/api/read", {"url": "http://127.0.0.1/"}),
    ],
)
def test_errors_carry_no_path_and_no_trace(server: Server, method: str, path: str, body: object) -> None:
    found = server.ask(method, path, body)
    assert 400 <= found.status < 500, found.body
    text = found.body.decode()
    home = str(Path(detente.__file__).parent)
    for word in (home, str(Path.cwd()), str(Path.home()) + "/", "Traceback", "site-packages", 'File "'):
        assert word not in text


@pytest.mark.parametrize("id_", ["short", "UPPER" * 4, "a" * 65, "..", "a%2fb" * 3, "ä" * 10, "a b" * 4, "a_b" * 4])
def test_ids_are_lower_case_letters_digits_and_hyphens(server: Server, id_: str) -> None:
    from urllib.parse import quote

    for method in ("GET", "DELETE"):
        assert server.ask(method, f"/api/jobs/{quote(id_, safe='%')}").status in (404, 422)
    assert server.ask("GET", f"/outcome/{quote(id_, safe='%')}").status in (404, 422)


def test_an_address_is_not_fetched_without_leave(server: Server) -> None:
    found = server.ask("POST", "/api/read", {"url": "http://example.org/article"})
    assert found.status == 422
    assert "--allow-network" in found.body.decode()


# how much


def test_long_bodies_are_refused_before_they_are_read(server: Server) -> None:
    head = (
        f"POST /api/solve HTTP/1.1\r\nHost: localhost\r\nX-Detente-Token: {TOKEN}\r\nContent-Type: application/json\r\n"
    )
    found = server.raw((head + "Content-Length: 1000001\r\n\r\n").encode())
    assert found.split()[1] == b"413"
    found = server.raw((head.replace("/api/solve", "/api/read") + "Content-Length: 25000001\r\n\r\n").encode())
    assert found.split()[1] == b"413"


def test_chunked_bodies_are_counted(server: Server) -> None:
    head = (
        f"POST /api/solve HTTP/1.1\r\nHost: localhost\r\nX-Detente-Token: {TOKEN}\r\nContent-Type: application/json\r\n"
    )
    chunk = b"fa00\r\n" + b" " * 64000 + b"\r\n"
    found = server.raw((head + "Transfer-Encoding: chunked\r\n\r\n").encode() + chunk * 17 + b"0\r\n\r\n")
    assert found.split()[1] == b"413"
    small = b"2\r\n{}\r\n0\r\n\r\n"
    found = server.raw(
        (head.replace("/api/solve", "/api/optimal") + "Transfer-Encoding: chunked\r\n\r\n").encode() + small
    )
    assert found.split()[1] == b"422"


def test_an_upload_may_be_longer_than_other_bodies(server: Server) -> None:
    text = json.dumps({"text": "word " * 300_000}).encode()
    assert len(text) > 1_000_000
    assert server.ask("POST", "/api/solve", text).status == 413
    assert server.ask("POST", "/api/read?wait=0", text).status == 202


# jobs


def test_it_answers_while_it_solves(server: Server) -> None:
    job = search(server)
    server.until(job, over=False)
    started = time.monotonic()
    for _ in range(5):
        assert server.ask("GET", "/health").status == 200
    assert time.monotonic() - started < 5 * 2.0  # 0.2 s each on a quiet machine; this one is shared
    server.ask("DELETE", f"/api/jobs/{job}")


def test_a_cancelled_job_frees_the_processor_and_stores_nothing(server: Server) -> None:
    job = search(server, starts=7)
    server.until(job, over=False)
    found = server.ask("DELETE", f"/api/jobs/{job}")
    assert (found.status, found.json["status"]) == (200, "CANCELLED")
    assert "result" not in found.json
    after = server.ask("GET", f"/api/jobs/{job}").json
    assert after["status"] == "CANCELLED"
    assert "result" not in after
    time.sleep(2.0)
    before = processor_seconds(server.workers())
    time.sleep(1.0)
    assert processor_seconds(server.workers()) - before < 0.2
    assert server.ask("DELETE", f"/api/jobs/{job}").status == 409


def test_a_visitor_who_leaves_ends_what_only_he_waited_for(server: Server) -> None:
    body = json.dumps({**SEARCH, "starts": 8}).encode()
    head = (
        f"POST /api/nash HTTP/1.1\r\nHost: localhost\r\nX-Detente-Token: {TOKEN}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode()
    with socket.create_connection((server.host, server.port)) as stream:
        stream.sendall(head + body)
        time.sleep(3.0)
        busy = processor_seconds(server.workers())
        time.sleep(1.0)
        assert processor_seconds(server.workers()) - busy > 0.1
    time.sleep(2.5)
    before = processor_seconds(server.workers())
    time.sleep(1.0)
    assert processor_seconds(server.workers()) - before < 0.2


def test_the_same_question_is_one_job(server: Server) -> None:
    first, second = search(server, starts=9), search(server, starts=9)
    assert first == second
    assert re.fullmatch(r"[a-z0-9-]{8,64}", first)
    assert search(server, starts=10) != first
    for starts in (9, 10):
        server.ask("DELETE", f"/api/jobs/{search(server, starts=starts)}")


def test_the_queue_has_an_end(server: Server) -> None:
    jobs, answer = [], None
    try:
        for k in range(40):
            answer = server.ask("POST", "/api/nash?wait=0", {**SEARCH, "upper": f"{50 + k}%"})
            if answer.status == 429:
                break
            jobs.append(answer.json["job"])
        assert answer is not None
        assert answer.status == 429
        assert int(answer.headers["retry-after"]) >= 1
        assert 32 <= len(jobs) <= 33
        assert server.ask("GET", "/health").status == 200
    finally:
        for job in reversed(jobs):
            server.ask("DELETE", f"/api/jobs/{job}")


def test_reading_changes_nothing(server: Server, tmp_path: Path) -> None:
    paths = ("/", "/api/scenarios", "/api/results", "/files/scenario.yaml?drop=us-fentanyl", "/api/tables")
    first = [server.ask("GET", path).body for path in paths]
    assert [server.ask("GET", path).body for path in paths] == first


def test_a_deadline_ends_a_job() -> None:
    import asyncio

    from detente.app.pool import Pool

    async def run() -> tuple[str, list[int]]:
        pool = Pool(limit=4, deadline=0.5)
        pool.start()
        job = pool.submit("nash", {"players": ["USA", "CHN"], "choices": {"vary": "free", "starts": 6}})
        await asyncio.wait_for(job.ended.wait(), 60)
        status = job.status
        assert job.document == {"status": "TIMEOUT"}
        await pool.stop()
        return status, [lane.process.pid for lane in pool.lanes.values() if lane.process is not None]

    assert asyncio.run(run()) == ("TIMEOUT", [])


def test_no_worker_outlives_its_server() -> None:
    with served() as mine:
        mine.until(search(mine), over=False)
        workers = mine.workers()
        assert len(workers) >= 2
        mine.process.kill()
        mine.process.wait(10)
        end = time.monotonic() + 10
        while time.monotonic() < end and any(Path(f"/proc/{pid}/cmdline").exists() and _alive(pid) for pid in workers):
            time.sleep(0.1)
        assert not [pid for pid in workers if _alive(pid)]


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
