"""What all charts share: colours, type, the zero line; and drawing without a browser or a network.

Colours: Okabe-Ito for categories, blue-white-orange around zero, cividis for levels. Projected is grey and dashed.
"""

from __future__ import annotations

import functools
import hashlib
import html
import itertools
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

Rows = Sequence[Mapping[str, Any]]
Spec = dict[str, Any]

BLUE: Final = "#0072B2"
ORANGE: Final = "#D55E00"
GREY: Final = "#767676"
PALE: Final = "#DDDDDD"
INK: Final = "#222222"
COLOURS: Final = {"USA": BLUE, "CHN": ORANGE}
OTHERS: Final = ("#222222", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")
BRANCH_COLOURS: Final = ("#222222", "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9")
SHAPES: Final = ("circle", "diamond", "square", "triangle-up", "cross", "triangle-down")
DIVERGING: Final = (ORANGE, "#F2B98A", "#F7F7F7", "#8FBEDC", BLUE)
NAMED: Final = re.compile(r"""(\bid=["']|url\(["']?#|href=["']#)((?:gradient_|clip)[0-9]+)""")
"""Where a drawing names a gradient or a clip, or points at one."""
FONT: Final = "Helvetica, Arial, sans-serif"
WIDTH: Final = 640
CONFIG: Final[Mapping[str, Any]] = {
    "font": FONT,
    "background": "white",
    "view": {"stroke": None},
    "axis": {
        "labelColor": INK,
        "titleColor": INK,
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "gridColor": PALE,
        "domainColor": GREY,
        "tickColor": GREY,
    },
    "axisY": {"labelLimit": 300},
    "legend": {"labelColor": INK, "titleColor": INK, "labelFontSize": 12, "titleFontSize": 12, "labelLimit": 260},
    "text": {"font": FONT, "fontSize": 12, "color": INK},
}


def tones(codes: Sequence[str]) -> list[str]:
    """Return a colour for each economy or line: the two parties have their own, the others those that are left."""
    left = itertools.cycle(OTHERS)
    return [COLOURS.get(code) or next(left) for code in codes]


def colour(code: str) -> str:
    """Return the colour of an economy: the two parties have their own, all others are grey."""
    return COLOURS.get(code, GREY)


def chart(
    layers: Sequence[Mapping[str, Any]], *, description: str, width: int = WIDTH, fixed: bool = False, **more: Any
) -> Spec:
    """Return layers on common axes as one specification.

    Args:
        layers: with their own data. description: one sentence for those who do not see it.
        fixed: its proportions matter, so that no script fits it to a narrow page.
        more: `height`, `params`, `resolve` and other members of the top level.
    """
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "description": description,
        "config": dict(CONFIG),
        "usermeta": {"fixed": fixed},
        "width": width,
        **more,
        "layer": [dict(layer) for layer in layers],
    }


def values(rows: Rows) -> dict[str, Any]:
    """Return rows as inline data."""
    return {"values": [dict(row) for row in rows]}


def zero(channel: str = "x") -> Spec:
    """Return a line at zero."""
    return {
        "data": {"values": [{"zero": 0}]},
        "mark": {"type": "rule", "color": INK, "strokeWidth": 1},
        "encoding": {channel: {"field": "zero", "type": "quantitative"}},
    }


@functools.cache
def vega_version() -> str:
    """Return the newest version of Vega-Lite that the drawing library has, such as "6.4"."""
    import vl_convert

    known = [str(each).removeprefix("v") for each in vl_convert.get_vegalite_versions()]
    return max(known, key=lambda text: tuple(int(part) for part in text.split(".")))


@functools.cache
def vega_js() -> bytes:
    """Return Vega, Vega-Lite and vega-embed as one script: sets window.vegaEmbed. About 900 kB; takes a second once."""
    import vl_convert

    bundle: Any = vl_convert.javascript_bundle
    return str(bundle(vl_version=vega_version())).encode()


def svg(spec: Mapping[str, Any]) -> str:
    """Return a specification drawn as SVG, with its description as label."""
    import vl_convert

    drawn = str(vl_convert.vegalite_to_svg(dict(spec), vl_version=vega_version()))
    drawn = _own_names(drawn)
    label = html.escape(str(spec.get("description", "")), quote=True)
    return drawn.replace("<svg ", f'<svg role="img" aria-label="{label}" ', 1)


def _own_names(drawn: str) -> str:
    """Return a drawing whose gradients and clips have names of their own.

    The library numbers them by what it has drawn before; so the same chart would differ, and two on a page could clash.
    """
    known: dict[str, str] = {}
    key = hashlib.sha256(NAMED.sub("", drawn).encode()).hexdigest()[:8]

    def renamed(match: re.Match[str]) -> str:
        return match[1] + known.setdefault(match[2], f"d{key}-{len(known)}")

    return NAMED.sub(renamed, drawn)


def png(spec: Mapping[str, Any], *, scale: float = 2.0) -> bytes:
    """Return a specification drawn as PNG at a multiple of its size."""
    import vl_convert

    return bytes(vl_convert.vegalite_to_png(dict(spec), scale=scale, vl_version=vega_version()))


def pdf(spec: Mapping[str, Any]) -> bytes:
    """Return a specification drawn as PDF."""
    import vl_convert

    return bytes(vl_convert.vegalite_to_pdf(dict(spec), vl_version=vega_version()))
