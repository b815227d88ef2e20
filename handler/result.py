"""What is behind a task's ProcessResultUrl. The API's page gives an address that ends in .txt, and no form.

So bytes decide: GIF87a, GIF89a and RIFF…WEBP are the image itself. Anything else is a text, which is searched for
URLs without assuming a form (JSON, HTML, one per line), and the first of them that leads to an image counts.
"""

from __future__ import annotations

import html
import math
import re
from collections.abc import Callable
from typing import BinaryIO, NamedTuple, cast

from handler.download import Downloads
from handler.errors import ResultNotFetched, ResultUnusable

#: Of a text, so many bytes are searched and kept, and so many of its URLs tried.
MOST_TEXT, MOST_URLS = 1 << 20, 10

_URL = re.compile(r"https?://[^\s\"'<>\\^`{|}\x00-\x1f]+", re.IGNORECASE)
_LAST = ".,;:!?)]"

#: How long it is worth trying: seconds.
SecondsLeft = Callable[[], float]


class Result(NamedTuple):
    """An image, at its beginning in `file`. text: what the URL led to, verbatim, when that was not the image."""

    file: BinaryIO
    size: int
    content_type: str
    text: bytes | None = None

    def close(self) -> None:
        self.file.close()


def fetch_result(downloads: Downloads, url: str, most: int, left: SecondsLeft = lambda: math.inf) -> Result:
    """The image that a result's URL leads to, of at most `most` bytes; to be closed. left: seconds for it.

    Raises ResultNotFetched when a later try may succeed, ResultUnusable when it does not lead to an image.
    """
    found = _fetch(downloads, url, most, left)
    if isinstance(found, Result):
        return found
    urls = urls_in(found)[:MOST_URLS]
    missed: ResultNotFetched | None = None
    for candidate in urls:
        try:
            image = _fetch(downloads, candidate, most, left)
        except ResultNotFetched as error:
            missed = error
        except ResultUnusable:
            continue
        else:
            if isinstance(image, Result):
                return image._replace(text=found)
    if missed:
        raise missed
    what = f"none of its {len(urls)} URLs leads to one" if urls else "has no URL in it"
    raise ResultUnusable(f"the task's result is neither a GIF nor a WebP image, and {what}")


def urls_in(text: bytes) -> list[str]:
    r"""Every http(s) URL in it, in its order, each once; \/ and \u0026 of JSON and &amp; of HTML are read."""
    plain = text.decode("utf-8", "replace").replace("\\/", "/").replace("\\u0026", "&").replace("\\u003d", "=")
    return list(dict.fromkeys(html.unescape(found).rstrip(_LAST) for found in _URL.findall(plain)))


def content_type_of(head: bytes) -> str | None:
    """By its first twelve bytes; None for what is not an image that a task makes."""
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    return "image/webp" if head[:4] == b"RIFF" and head[8:12] == b"WEBP" else None


def _fetch(downloads: Downloads, url: str, most: int, left: SecondsLeft) -> Result | bytes:
    """The image at `url`, or the beginning of what is there instead."""
    file = downloads.spool.file()
    try:
        size = downloads.fetch(url, file, most, left())
        file.seek(0)
        content_type = content_type_of(file.read(12))
        file.seek(0)
        if content_type:
            return Result(cast("BinaryIO", file), size, content_type)
        text = file.read(MOST_TEXT)
    except BaseException:
        file.close()
        raise
    file.close()
    return text
