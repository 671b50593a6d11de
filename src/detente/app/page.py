"""The page: a shell around what a worker has drawn, the two files it needs, and its downloads."""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse

import detente
from detente.app.jobs import Job
from detente.app.selection import of_query
from detente.app.waiting import JobFailed, finished, result_of, submitted

if TYPE_CHECKING:
    from jinja2 import Template

router = APIRouter(include_in_schema=False)

HERE: Final = Path(__file__).parent
STATIC: Final = {"page.js": "text/javascript; charset=utf-8", "page.css": "text/css; charset=utf-8"}
FRAGMENT: Final = "x-detente-fragment"
FOR_EVER: Final = "public, max-age=31536000, immutable"
PATIENCE: Final = 120.0


def first_jobs() -> list[tuple[str, dict[str, Any]]]:
    """Return what is asked before anybody comes: the first page, and the scripts of its charts."""
    return [("page", {"state": {}}), ("vega", {})]


@functools.cache
def versioned() -> dict[str, str]:
    """Return the address of each static file: its name changes when it does."""
    found = {name: hashlib.sha256((HERE / "static" / name).read_bytes()).hexdigest()[:12] for name in STATIC}
    found["vega.js"] = importlib.metadata.version("vl-convert-python")
    return {name: f"/static/{mark}/{name}" for name, mark in found.items()}


@functools.cache
def shell() -> Template:
    """Return the template around every screen."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    pages = Environment(
        loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    return pages.get_template("shell.html.j2")


@router.get("/health")
async def health() -> dict[str, str]:
    """Say that the server answers, whatever is being solved."""
    return {"status": "OK"}


@router.get("/")
async def home(request: Request) -> Response:
    """Return the page of a state: whole, or only what is inside the shell for our own script."""
    state = of_query(request.url.query)
    args = {"state": state.plain}
    job = submitted(request, "page", args)
    if not await finished(job, request, PATIENCE):
        raise JobFailed(503, {"status": "TIMEOUT", "problems": ["the answer did not come in time; ask again"]})
    code = 422 if job.status == "INVALID_INPUT" else 200
    if request.headers.get(FRAGMENT):
        return _inside(job, code)
    return _whole(request, job, code)


def _inside(job: Job, code: int) -> Response:
    found = {name: job.document.get(name, "") for name in ("title", "address")}
    return JSONResponse({**found, "status": job.status, "html": job.content.decode()}, code)


def _whole(request: Request, job: Job, code: int) -> Response:
    from markupsafe import Markup

    text = shell().render(
        title=job.document.get("title", "detente"),
        inside=Markup(job.content.decode()),
        token=request.app.state.settings.token,
        files=versioned(),
        version=detente.__version__,
    )
    return HTMLResponse(text, code)


@router.get("/static/{mark}/{name}")
async def static(request: Request, mark: str, name: str) -> Response:
    """Return a script or style; its address holds its version, so that it is fetched once."""
    if versioned().get(name) != f"/static/{mark}/{name}":
        raise JobFailed(404, {"status": "UNKNOWN", "problems": ["nothing at this address"]})
    headers = {"cache-control": FOR_EVER, "etag": f'"{mark}"'}
    if request.headers.get("if-none-match") == headers["etag"]:
        return Response(status_code=304, headers=headers)
    if name == "vega.js":
        job = await result_of(request, "vega", {}, PATIENCE)
        return Response(job.content, media_type="text/javascript; charset=utf-8", headers=headers)
    return Response((HERE / "static" / name).read_bytes(), media_type=STATIC[name], headers=headers)


