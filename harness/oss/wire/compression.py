"""Texts as gzip for who accepts it. Source: OSS FAQ, "How do I compress objects that I download from OSS"."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator, Mapping

from harness.http.server import Request

MIN_SIZE = 1024
_TYPES = frozenset(
    {
        "text/cache-manifest",
        "text/xml",
        "text/css",
        "text/html",
        "text/plain",
        "text/json",
        "application/javascript",
        "application/x-javascript",
        "application/rss+xml",
        "application/json",
    }
)
_GZIP = re.compile(r"(?:^|[,\s])gzip\s*(?:$|,|;(?!\s*q=0(?:\.0*)?\s*(?:$|,)))", re.IGNORECASE)
_NOT_SAID = ("ETag", "Content-Length", "Accept-Ranges")


def applies(request: Request, headers: Mapping[str, str], size: int) -> bool:
    """Whether OSS would compress this object of `size` bytes. `headers`: of the plain answer."""
    kind = headers["Content-Type"].partition(";")[0].strip().lower()
    wanted = _GZIP.search(request.header("Accept-Encoding")) and not request.header("Range")
    return bool(wanted and size >= MIN_SIZE and kind in _TYPES and "Content-Encoding" not in headers)


def headers(plain: Mapping[str, str]) -> dict[str, str]:
    """The compressed answer's: its length is not known when it begins."""
    kept = {name: value for name, value in plain.items() if name not in _NOT_SAID}
    return kept | {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}


def pieces(content: Iterable[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)
    for piece in content:
        if packed := packer.compress(piece):
            yield packed
    yield packer.flush()
