"""Templates, styles and scripts; the one place where plain data becomes markup. Everything is escaped."""

from __future__ import annotations

import base64
import functools
import hashlib
import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import detente
from detente.report.amounts import dollars, plain, signed
from detente.report.charts.base import svg, vega_js
from detente.report.content import Columns, Figure, csv_text

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES: Final = Path(__file__).parent / "templates"
STATIC: Final = Path(__file__).parent / "static"
STYLE: Final = "report.css"
SCRIPT: Final = "figures.js"


@functools.cache
def environment() -> Environment:
    """Return the templates: escaped without exception, unknown names are errors."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    pages = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.filters |= {"signed": signed, "plain": plain, "dollars": dollars}
    pages.globals |= {"drawn": drawn, "spec_json": spec_json, "csv_link": csv_link, "band_strip": band_strip}
    return pages


def render(template: str, **context: Any) -> str:
    """Return a template filled with plain data.

    Args:
        template: path below `templates/`.
    """
    return environment().get_template(template).render(**context)


def whole_page(template: str, content: Callable[[], Mapping[str, Any]]) -> str:
    """Return a page in one file: its style, its scripts and their hashes for the policy are in it.

    Args:
        template: path below `templates/`. content: makes what else the template needs; the drawing library builds its
            script meanwhile.
    Raises:
        as `content`.
    """
    from markupsafe import Markup

    css = static(STYLE)
    with ThreadPoolExecutor(1) as pool:
        vega = pool.submit(vega_js)
        inside = content()
        scripts = [vega.result().decode(), static(SCRIPT)]
    return render(
        template,
        css=Markup(css),
        style_hash=digest(css),
        scripts=[Markup(text) for text in scripts],
        script_hashes=[digest(text) for text in scripts],
        version=detente.__version__,
        **inside,
    )


def static(name: str) -> str:
    """Return the text of a file below `static/`."""
    return (STATIC / name).read_text(encoding="utf-8")


def write_page(path: Path, page: str) -> Path:
    """Write a page and return its path; it appears complete or not at all.

    Raises:
        OSError: the place cannot be written.
    """
    draft = path.with_name(f".{path.name}.draft")
    try:
        draft.write_text(page, encoding="utf-8")
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    return path


def drawn(figure: Figure) -> Any:
    """Return a figure as SVG, ready to stand in a page; the text inside was escaped by the drawing library."""
    from markupsafe import Markup

    return Markup(svg(figure.spec))


def spec_json(spec: Mapping[str, Any]) -> Any:
    """Return a specification as JSON that may stand in a script element: no "<" in it."""
    from markupsafe import Markup

    text = json.dumps(spec, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))


def band_strip(strip: tuple[float, float, float], label: str) -> Any:
    """Return a band as a small drawing in the text: its ends, the value as a dot, and zero as a line across."""
    from markupsafe import Markup

    low, value, high = strip
    left, right = min(low, 0.0), max(high, 0.0)
    scale = 184 / (right - left) if right > left else 0.0
    x = {name: f"{8 + scale * (at - left):.1f}" for name, at in (("l", low), ("v", value), ("h", high), ("z", 0.0))}
    return Markup(
        '<svg class="strip" viewBox="0 0 200 16" role="img" aria-label="{label}">'
        '<line x1="{z}" x2="{z}" y1="0" y2="16" stroke="#222222" stroke-width="1.5"/>'
        '<line x1="{l}" x2="{h}" y1="8" y2="8" stroke="#767676" stroke-width="5"/>'
        '<circle cx="{v}" cy="8" r="4.5" fill="#222222"/></svg>'
    ).format(label=label, **x)


def csv_link(columns: Columns) -> str:
    """Return a table as an address that holds it, for a link to be saved without a server."""
    return "data:text/csv;charset=utf-8," + quote(csv_text(columns), safe=",-._~!*'()/:@")


def digest(text: str | bytes) -> str:
    """Return the hash of a style or script as a policy names it: sha256-..."""
    data = text.encode() if isinstance(text, str) else text
    return "sha256-" + base64.b64encode(hashlib.sha256(data).digest()).decode()
