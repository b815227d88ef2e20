"""The bodies of answers, pressed as the client asks: lz4, zstd, or deflate, which is also what it calls gzip.

lz4 and zstd need the packages of these names, which come with alibabacloud-sls20201230; without them, as without a
wish, a body goes as it is.
"""

from __future__ import annotations

import importlib
import zlib
from typing import Any

from harness.http.server import Request, Response


def compressed(request: Request, response: Response) -> Response:
    """The one way that Accept-Encoding names; a list of several, as web clients send it, names none."""
    asked, body = request.header("Accept-Encoding").strip().lower(), response.body
    if not isinstance(body, bytes) or not body:
        return response
    pressed = _press(asked, body)
    response.headers["x-log-bodyrawsize"] = str(len(body))
    if pressed is not None:
        response.headers["x-log-compresstype"], response.body = asked, pressed
    return response


def _press(kind: str, body: bytes) -> bytes | None:
    if kind in ("gzip", "deflate"):
        return zlib.compress(body)
    if kind == "lz4" and (lz4 := _package("lz4.block")):
        return bytes(lz4.compress(body, store_size=False))
    if kind == "zstd" and (zstd := _package("zstd")):
        return bytes(zstd.compress(body, 1))
    return None


def _package(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        return None
