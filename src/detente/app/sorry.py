"""An answer that is no result: plain data for a program, a short page for a person who typed an address."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fastapi import Request, Response
from fastapi.responses import HTMLResponse, JSONResponse

FRAGMENT: Final = "x-detente-fragment"
HEADINGS: Final[Mapping[int, str]] = {
    404: "There is nothing at this address",
    409: "It was stopped",
    422: "This address cannot be opened",
    429: "Too many ask at once",
    503: "The answer did not come in time",
}


def answer(
    request: Request, document: Mapping[str, Any], code: int, headers: Mapping[str, str] | None = None
) -> Response:
    """Return a refusal: as a page where a browser goes to an address, as JSON to everybody else.

    Args:
        document: status and problems. code: of HTTP. headers: to be added.
    """
    more = dict(headers or {})
    if not _person(request):
        return JSONResponse(dict(document), code, more)
    from detente.app.page import templates, versioned

    template = templates().get_template("sorry.html.j2")
    heading = HEADINGS.get(code, "Something is wrong here")
    page = template.render(heading=heading, problems=document.get("problems", ()), files=versioned(), again=code == 429)
    return HTMLResponse(page, code, more)


def _person(request: Request) -> bool:
    """Return whether a browser goes to this address: it asks for a page, and is not our script or a program."""
    if request.method != "GET" or request.headers.get(FRAGMENT) or request.url.path.startswith("/api/"):
        return False
    return "text/html" in request.headers.get("accept", "")
