"""The server: guards outside, routes inside, workers beside; on loopback unless told otherwise."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
from collections.abc import AsyncIterator, Callable
from subprocess import Popen
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

import detente
from detente.app import api, page
from detente.app.guards import TOKEN_HEADER, Guard
from detente.app.jobs import QueueFullError
from detente.app.pool import Pool
from detente.app.problems import refused
from detente.app.settings import Settings
from detente.app.sorry import answer
from detente.app.waiting import JobFailedError
from detente.core.errors import DetenteError

HEADER_BYTES: Final = 400_000
"""An address may hold an edited scenario."""
DESCRIPTION: Final = (
    "Trade wars and trade talks on a real world economy. Every number carries a certificate; `status` comes first. "
    "GET needs nothing; every other method needs the token that the server prints at its start."
)


def create_app(settings: Settings, early: Popen[bytes] | None = None) -> Guard:
    """Return the server as an ASGI application, guarded.

    Args:
        settings: as `settings.checked` returned them. early: a worker that was started before the server was loaded.
    """
    app = FastAPI(
        title="detente", version=detente.__version__, description=DESCRIPTION, docs_url=None, redoc_url=None,
        lifespan=_alive, redirect_slashes=False,
    )  # fmt: skip
    app.state.settings, app.state.early = settings, early
    app.include_router(api.router)
    app.include_router(page.router)
    app.add_exception_handler(DetenteError, _invalid)
    app.add_exception_handler(RequestValidationError, _invalid_request)
    app.add_exception_handler(QueueFullError, _full)
    app.add_exception_handler(JobFailedError, _failed)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _crashed)
    app.openapi = _openapi(app)  # type: ignore[method-assign]
    return Guard(app, settings)


@contextlib.asynccontextmanager
async def _alive(app: FastAPI) -> AsyncIterator[None]:
    settings: Settings = app.state.settings
    pool = Pool(limit=settings.queue, deadline=settings.deadline, folder=settings.folder, early=app.state.early)
    app.state.pool = pool
    pool.start()
    warming = asyncio.create_task(_warmed(pool))
    try:
        yield
    finally:
        warming.cancel()
        await pool.stop()


async def _warmed(pool: Pool) -> None:
    """Do what will be asked first, one after another: on a small machine the first page comes alone."""
    for kind, args in page.first_jobs():
        await pool.submit(kind, args).ended.wait()


def _openapi(app: FastAPI) -> Callable[[], dict[str, Any]]:
    """Return the OpenAPI document with the token and the schema of a scenario file in it."""
    usual = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            from detente.scenario.format import json_schema

            document = usual()
            parts = document.setdefault("components", {})
            parts["securitySchemes"] = {"token": {"type": "apiKey", "in": "header", "name": TOKEN_HEADER}}
            parts["schemas"]["Scenario"] = {key: value for key, value in json_schema().items() if key != "$schema"}
            for path in document["paths"].values():
                for method, operation in path.items():
                    if method != "get":
                        operation["security"] = [{"token": []}]
            app.openapi_schema = document
        return app.openapi_schema

    return openapi


async def _invalid(request: Request, error: Exception) -> Response:
    folder = request.app.state.settings.folder
    document = refused(error, [folder] if folder else []) if isinstance(error, DetenteError) else {}
    return answer(request, document, 422)


async def _invalid_request(request: Request, error: Exception) -> Response:
    problems = [
        {"text": f"{'.'.join(map(str, each['loc']))}: {each['msg']}", "field": ".".join(map(str, each["loc"][1:]))}
        for each in (error.errors() if isinstance(error, RequestValidationError) else ())
    ]
    return answer(request, {"status": "INVALID_INPUT", "problems": problems[:100]}, 422)


async def _full(request: Request, error: Exception) -> Response:
    seconds = error.seconds if isinstance(error, QueueFullError) else 1
    return answer(request, {"status": "BUSY", "problems": [str(error)]}, 429, {"retry-after": str(seconds)})


async def _failed(request: Request, error: Exception) -> Response:
    if not isinstance(error, JobFailedError):
        return await _crashed(request, error)
    return answer(request, error.document, error.code)


async def _http(request: Request, error: Exception) -> Response:
    code = error.status_code if isinstance(error, HTTPException) else 500
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    if code == 400:
        return JSONResponse({"status": "INVALID_INPUT", "problems": ["expected a body of JSON in UTF-8"]}, 422)
    text = {404: "nothing at this address", 405: "not by this method"}.get(code, "refused")
    return answer(request, {"status": "REFUSED", "problems": [text]}, code, headers)


async def _crashed(request: Request, error: Exception) -> Response:
    text = "a bug in detente: the traceback is in the terminal of the server; please report it"
    return answer(request, {"status": "CRASHED", "problems": [text]}, 500)


def listening(settings: Settings) -> list[socket.socket]:
    """Return the sockets to serve on: both loopback addresses, or the one that was asked for.

    Raises:
        OSError: the port is taken, or the address is not one of this machine.
    """
    if settings.host is not None and settings.host != "localhost":
        family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
        return [_bound(family, settings.host, settings.port)]
    first = _bound(socket.AF_INET, "127.0.0.1", settings.port)
    try:
        return [first, _bound(socket.AF_INET6, "::1", first.getsockname()[1])]
    except OSError:
        return [first]


def _bound(family: socket.AddressFamily, host: str, port: int) -> socket.socket:
    found = socket.socket(family, socket.SOCK_STREAM)
    try:
        if sys.platform != "win32":
            found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            found.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        found.bind((host, port))
        found.listen(128)
    except OSError:
        found.close()
        raise
    return found


def serve(
    settings: Settings, sockets: list[socket.socket], ready: Callable[[], None], early: Popen[bytes] | None = None
) -> None:
    """Serve until interrupted.

    Args:
        settings: how. sockets: where. ready: called once requests are answered. early: a worker that runs already.
    """
    import uvicorn

    config = uvicorn.Config(
        create_app(settings, early), http="h11", ws="none", log_level="warning", access_log=False, server_header=False,
        proxy_headers=False, h11_max_incomplete_event_size=HEADER_BYTES, timeout_graceful_shutdown=2, lifespan="on",
    )  # fmt: skip
    server = uvicorn.Server(config)

    async def run() -> None:
        told = asyncio.create_task(_when_started(server, ready))
        await server.serve(sockets=sockets)
        told.cancel()

    asyncio.run(run())


async def _when_started(server: Any, ready: Callable[[], None]) -> None:
    while not server.started:
        await asyncio.sleep(0.01)
    ready()
