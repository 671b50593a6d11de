"""The page: a shell around what a worker has drawn, the two files it needs, and its downloads."""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import APIRouter, Request, Response
from fastapi import Path as PathParameter
from fastapi.responses import HTMLResponse, JSONResponse

import detente
from detente.app import api
from detente.app.jobs import Job
from detente.app.selection import of_query
from detente.app.sorry import FRAGMENT
from detente.app.waiting import JobFailedError, finished, result_of, submitted
from detente.report.amounts import plain, signed

if TYPE_CHECKING:
    from jinja2 import Environment

router = APIRouter(include_in_schema=False)

HERE: Final = Path(__file__).parent
REPORT: Final = HERE.parent / "report" / "static"
SCRIPT: Final = "text/javascript; charset=utf-8"
STYLE: Final = "text/css; charset=utf-8"
STATIC: Final = {
    "page.js": (HERE / "static", SCRIPT),
    "page.css": (HERE / "static", STYLE),
    "report.css": (REPORT, STYLE),
    "figures.js": (REPORT, SCRIPT),
}
PICTURES: Final = {
    "csv": "text/csv; charset=utf-8",
    "svg": "image/svg+xml",
    "png": "image/png",
    "pdf": "application/pdf",
}
FILES: Final = {
    "report.html": "text/html; charset=utf-8",
    "bundle.zip": "application/zip",
    "scenario.yaml": "application/yaml; charset=utf-8",
    "results.xlsx": api.MEDIA["xlsx"],
    "replication.zip": "application/zip",
    "arrays.nc": "application/x-netcdf",
    "arrays.mat": "application/x-matlab-data",
    "references.bib": "application/x-bibtex; charset=utf-8",
}
SEARCHES: Final = ("optimal", "nash")
"""Jobs whose result is told by a template here, and drawn by the worker."""
FOR_EVER: Final = "public, max-age=31536000, immutable"
PATIENCE: Final = 120.0


def first_jobs() -> list[tuple[str, dict[str, Any]]]:
    """Return what is asked before anybody comes: the first page, and the scripts of its charts."""
    return [("page", {"state": {}}), ("vega", {})]


@functools.cache
def versioned() -> dict[str, str]:
    """Return the address of each static file: its name changes when it does."""
    found = {name: _mark(folder / name) for name, (folder, _) in STATIC.items()}
    found["vega.js"] = importlib.metadata.version("vl-convert-python")
    return {name: f"/static/{mark}/{name}" for name, mark in found.items()}


def _mark(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


@functools.cache
def templates() -> Environment:
    """Return the templates that need no model: the shell, and what jobs found."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    found = Environment(
        loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    found.filters |= {"signed": signed, "plain": plain}
    return found


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
        raise JobFailedError(503, {"status": "TIMEOUT", "problems": ["the answer did not come in time; ask again"]})
    if not job.content:
        raise JobFailedError(500 if job.status == "CRASHED" else 503, job.document)
    code = 422 if job.status == "INVALID_INPUT" else 200
    if request.headers.get(FRAGMENT):
        return _inside(job, code)
    return _whole(request, job, code)


def _inside(job: Job, code: int) -> Response:
    found = {name: job.document.get(name, "") for name in ("title", "address")}
    return JSONResponse({**found, "status": job.status, "html": job.content.decode()}, code)


def _whole(request: Request, job: Job, code: int) -> Response:
    from markupsafe import Markup

    text = (
        templates()
        .get_template("shell.html.j2")
        .render(
            title=job.document.get("title", "detente"),
            inside=Markup(job.content.decode()),
            token=request.app.state.settings.token,
            files=versioned(),
            version=detente.__version__,
        )
    )
    return HTMLResponse(text, code)


@router.get("/static/{mark}/{name}")
async def static(request: Request, mark: str, name: str) -> Response:
    """Return a script or style; its address holds its version, so that it is fetched once."""
    if versioned().get(name) != f"/static/{mark}/{name}":
        raise JobFailedError(404, {"status": "UNKNOWN", "problems": ["nothing at this address"]})
    headers = {"cache-control": FOR_EVER, "etag": f'"{mark}"'}
    if request.headers.get("if-none-match") == headers["etag"]:
        return Response(status_code=304, headers=headers)
    if name == "vega.js":
        job = await result_of(request, "vega", {}, PATIENCE)
        return Response(job.content, media_type="text/javascript; charset=utf-8", headers=headers)
    folder, media = STATIC[name]
    return Response((folder / name).read_bytes(), media_type=media, headers=headers)


@router.get("/part/{name}")
async def part(request: Request, name: Annotated[str, PathParameter(pattern="^[a-z-]{1,32}$")]) -> Response:
    """Return one figure as markup, for a place that was left for it."""
    args = {"state": of_query(request.url.query).plain, "name": name}
    job = await result_of(request, "part", args, PATIENCE)
    return HTMLResponse(job.content)


@router.get("/figures/{name}.{form}")
async def figure(
    request: Request,
    name: Annotated[str, PathParameter(pattern="^[a-z-]{1,32}$")],
    form: Annotated[str, PathParameter(pattern="^(csv|svg|png|pdf)$")],
) -> Response:
    """Return one figure of a state as a file."""
    args = {"state": of_query(request.url.query).plain, "name": name, "form": form}
    return api.download(await result_of(request, "figure", args, PATIENCE), f"{name}.{form}", PICTURES[form])


@router.get("/files/{name}")
async def file(request: Request, name: str) -> Response:
    """Return the report, the bundle or the scenario of a state."""
    if name not in FILES:
        raise JobFailedError(404, {"status": "UNKNOWN", "problems": ["nothing at this address"]})
    args = {"state": of_query(request.url.query).plain, "name": name}
    return api.download(await result_of(request, "file", args, PATIENCE), name, FILES[name])


@router.get("/outcome/{id}")
async def outcome(request: Request, id: Annotated[str, PathParameter(pattern=r"^[a-z0-9-]{8,64}$")]) -> Response:
    """Return what a job found as markup."""
    job = api.found_job(request, id)
    if not job.over:
        raise JobFailedError(409, {"status": job.status, "problems": ["the job has no result yet"]})
    if job.content and job.kind not in SEARCHES:
        return HTMLResponse(job.content)
    kind = job.kind if "problems" not in job.document and len(job.document) > 1 else "failed"
    template = templates().get_template(f"outcome_{kind}.html.j2")
    return HTMLResponse(template.render(found=job.document, job=job) + job.content.decode())
