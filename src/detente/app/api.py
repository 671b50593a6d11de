"""The HTTP API: a state in, numbers out. Tables come by GET, so that one line of R or Stata is enough."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.responses import JSONResponse

from detente.app import edits
from detente.app.catalogue import entries, opened, text_of
from detente.app.jobs import Job, elapsed
from detente.app.models import (
    Article,
    CaseEntry,
    Checked,
    Draft,
    Game,
    JobDocument,
    Nash,
    Optimal,
    ScenarioText,
    Solve,
    Solved,
    Strict,
    TableQuery,
    Talks,
    refusals,
)
from detente.app.selection import Selection
from detente.app.waiting import JobFailedError, code_of, finished, pool_of, result_of, submitted
from detente.core.errors import UsageError


def only_known(request: Request) -> None:
    """Refuse a query field that the route does not have: a mistyped one would be a silent default.

    Raises:
        UsageError: such a field.
    """
    wanted = request.scope["route"].dependant.query_params
    if any(
        isinstance(each.field_info.annotation, type) and issubclass(each.field_info.annotation, Strict)
        for each in wanted
    ):
        return
    known = [each.alias for each in wanted]
    for name in request.query_params:
        if name not in known:
            raise UsageError(f"query: found {name[:40]!r}; expected {' or '.join(known) or 'no query'}")


router = APIRouter(prefix="/api", responses=refusals(), dependencies=[Depends(only_known)])

PATIENCE: Final = 600.0
TITLE: Final = re.compile(r"^title:[ \t]*(.*)$", re.MULTILINE)
MEDIA: Final = {
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "dta": "application/x-stata-dta",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "parquet": "application/vnd.apache.parquet",
    "tex": "application/x-tex; charset=utf-8",
}
Wait = Annotated[
    float, Query(ge=0, le=PATIENCE, description="Seconds to wait for the result; then, or with 0, the job is answered.")
]
Id = Annotated[str, Path(pattern=r"^[a-z0-9-]{8,64}$")]
JOB: Final[dict[int | str, dict[str, Any]]] = {202: {"model": JobDocument, "description": "Not finished yet."}}


def job_document(job: Job) -> dict[str, Any]:
    """Return a job as it is answered: status first; a result only when there is one."""
    found: dict[str, Any] = {
        "status": job.status,
        "job": job.id,
        "kind": job.kind,
        "seconds": round(elapsed(job), 3),
        "progress": job.progress or None,
    }
    if "problems" in job.document:
        found["problems"] = job.document["problems"]
    elif job.over and len(job.document) > 1:
        found["result"] = job.document
    return found


async def _job(request: Request, kind: str, args: dict[str, Any], seconds: float) -> JSONResponse:
    """Answer a job: 200 with what it ended in, 202 while it runs, 422 where what was asked cannot be."""
    job = submitted(request, kind, args)
    if seconds == 0:
        job.kept = True
    ended = job.over or (seconds > 0 and await finished(job, request, seconds))
    if not ended and seconds > 0:
        job.kept = True
    code = (422 if code_of(job) == 422 else 200) if ended else 202
    return JSONResponse(job_document(job), code, {"location": f"/api/jobs/{job.id}"})


@router.get("/scenarios", response_model=list[CaseEntry])
async def scenarios(request: Request) -> list[dict[str, Any]]:
    """List what can be opened: packaged cases, and those of the folder that is served."""
    found = []
    for entry in entries(request.app.state.settings.folder).values():
        match = TITLE.search(text_of(entry))
        title = match[1].strip().strip("'\"") if match else entry.name
        found.append({"name": entry.name, "title": title, "bundle": entry.bundle})
    return found


@router.post("/scenarios", response_model=Checked)
async def check(request: Request, body: ScenarioText) -> dict[str, Any]:
    """Check a scenario text: every problem with its line and field, or its address."""
    base = text_of(opened(body.case, request.app.state.settings.folder))
    state = Selection(case=body.case, edit=edits.packed(body.text, base))
    job = await result_of(request, "check", {"state": state.plain}, PATIENCE)
    return {**job.document, "edit": state.edit, "address": state.address}


@router.get("/schema.json")
async def schema() -> Response:
    """Return the JSON Schema of a scenario file."""
    from detente.scenario.format import json_schema

    return JSONResponse(json_schema())


@router.get("/results", response_model=Solved)
async def results(request: Request, query: Annotated[Solve, Query()]) -> dict[str, Any]:
    """Solve the branches of a state and return the numbers by country, with certificates."""
    return await _solved(request, query)


@router.post("/solve", response_model=Solved)
async def solve(request: Request, body: Solve) -> dict[str, Any]:
    """Solve the branches of a state and return the numbers by country, with certificates."""
    return await _solved(request, body)


async def _solved(request: Request, asked: Solve) -> dict[str, Any]:
    args = {"state": asked.plain(), "countries": asked.countries}
    return (await result_of(request, "solve", args, PATIENCE)).document


@router.get("/tables", response_model=list[str])
async def tables() -> list[str]:
    """List the tables that every state has."""
    from detente.report.layout import TABLE_NAMES

    return list(TABLE_NAMES)


@router.get(
    "/tables/{name}.{form}",
    response_class=Response,
    responses={200: {"content": {media.partition(";")[0]: {} for media in MEDIA.values()}}},
)
async def table(
    request: Request,
    name: Annotated[str, Path(pattern="^[a-z_]{1,32}$")],
    form: Annotated[str, Path(pattern="^(json|csv|dta|xlsx|parquet|tex)$")],
    query: Annotated[TableQuery, Query()],
) -> Response:
    """Return one table of a state as a file: `use` it in Stata, `read.csv` it in R."""
    args = {"state": query.plain(), "table": name, "form": form, "by": query.by, "against": query.against}
    job = await result_of(request, "table", args, PATIENCE)
    return download(job, f"{name}.{form}", MEDIA[form])


def download(job: Job, name: str, media: str) -> Response:
    """Return the file of a job under a name."""
    return Response(job.content, media_type=media, headers={"content-disposition": f'attachment; filename="{name}"'})


@router.post("/optimal", response_model=JobDocument, responses=JOB)
async def optimal(request: Request, body: Optimal, wait: Wait = PATIENCE) -> Response:
    """Search the best tariffs of one country or coalition."""
    choices = {**_choices(body), "instrument": body.instrument}
    args = {"state": body.state.plain(), "player": body.player, "choices": choices}
    return await _job(request, "optimal", args, wait)


@router.post("/nash", response_model=JobDocument, responses=JOB)
async def nash(request: Request, body: Nash, wait: Wait = PATIENCE) -> Response:
    """Search tariffs that are best responses to each other."""
    args = {"state": body.state.plain(), "players": body.players, "choices": _choices(body)}
    return await _job(request, "nash", args, wait)


def _choices(body: Game) -> dict[str, Any]:
    if body.upper is None and not body.purge:
        raise UsageError("upper: found no limit without purge; expected one of them: the gain may grow without end")
    return body.choices()


@router.post("/talks", response_model=JobDocument, responses=JOB)
async def talks(request: Request, body: Talks, wait: Wait = PATIENCE) -> Response:
    """Solve every package of a scenario's talks and settle them."""
    return await _job(request, "talks", {"state": body.state.plain(), "solution": body.solution}, wait)


@router.post("/read", response_model=JobDocument, responses=JOB)
async def read(request: Request, body: Article, wait: Wait = PATIENCE) -> Response:
    """Read an article: proposed measures, each with its quote, and questions. Nothing enters a scenario."""
    return await _job(request, "read", _article(request, body), wait)


@router.post("/draft", response_model=JobDocument, responses=JOB)
async def draft(request: Request, body: Draft, wait: Wait = PATIENCE) -> Response:
    """Return the scenario of the measures that are accepted."""
    args = {**_article(request, body), "accept": body.accept, "answers": body.answers}
    return await _job(request, "draft", args, wait)


def _article(request: Request, body: Article) -> dict[str, Any]:
    if bool(body.text.strip()) == bool(body.url):
        raise UsageError("text: found both or neither of text and url; expected one of them")
    if body.url and not request.app.state.settings.allow_network:
        raise UsageError("url: found an address; expected the text: this server was started without --allow-network")
    return {"text": body.text, "url": body.url, "published": body.published}


@router.get("/jobs/{id}", response_model=JobDocument)
async def job(request: Request, id: Id, wait: Wait = 0.0) -> Response:
    """Return a job, after waiting for it if so asked."""
    found = found_job(request, id)
    found.kept = True
    if wait and not found.over:
        await finished(found, request, wait)
    return JSONResponse(job_document(found))


@router.delete("/jobs/{id}", response_model=JobDocument)
async def cancel(request: Request, id: Id) -> Response:
    """End a job: its processor is free within two seconds and nothing of it is stored."""
    found = found_job(request, id)
    if found.over:
        raise JobFailedError(409, {"status": found.status, "problems": ["the job has ended already"]})
    found.cancel()
    await finished(found, request, 5.0)
    return JSONResponse(job_document(found))


def found_job(request: Request, id_: str) -> Job:
    """Return a job by its id, or answer 404."""
    found = pool_of(request).find(id_)
    if found is None:
        sentence = "no job of that id; finished ones are forgotten in time"
        raise JobFailedError(404, {"status": "UNKNOWN", "problems": [sentence]})
    return found
