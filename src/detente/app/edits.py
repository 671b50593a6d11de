"""An edited scenario inside an address: compressed against the file it started from, so that a small edit is short.

A link carries everything: it works after the server was started again, and on another machine with the same detente.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from typing import Final

from detente.core.errors import UsageError

TEXT: Final = 1_000_000
WINDOW: Final = 32_768


def packed(text: str, base: str) -> str:
    """Return a text as letters, digits, - and _; "" where it is the base itself.

    Args:
        text: a scenario file. base: the file that the reader of the address has too, or "".
    Raises:
        UsageError: more than 1 MB.
    """
    if text == base:
        return ""
    data = text.encode()
    if len(data) > TEXT:
        raise UsageError(f"scenario: found {len(data)} bytes; expected at most {TEXT}")
    deflate = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS, 9, zlib.Z_DEFAULT_STRATEGY, _dictionary(base))
    return base64.urlsafe_b64encode(deflate.compress(data) + deflate.flush()).decode().rstrip("=")


def unpacked(token: str, base: str) -> str:
    """Return the text in an address; `base` where there is none.

    Raises:
        UsageError: not made by `packed`, made from another base, or more than 1 MB.
    """
    if not token:
        return base
    wrong = "edit: found an address that was cut, or made from another version of this scenario; expected it whole"
    try:
        data = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        inflate = zlib.decompressobj(zlib.MAX_WBITS, _dictionary(base))
        found = inflate.decompress(data, TEXT + 1)
        if len(found) > TEXT or not inflate.eof or inflate.unused_data:
            raise UsageError(wrong)
        return found.decode()
    except (ValueError, binascii.Error, zlib.error):
        raise UsageError(wrong) from None


def _dictionary(base: str) -> bytes:
    return base.encode()[-WINDOW:] or b"detente: 1\nid: \ntitle: \nas_of: 20\nmeasures:\n  - id: "
