"""The bytes of objects for the page: videos, GIFs, text. Ranges are served, since players ask for them.

What people uploaded must not act on the console's behalf: only pictures, sound, video and plain text are shown,
in a sandbox; everything else is a download.
"""

from __future__ import annotations

import mimetypes
from urllib.parse import quote

from harness.http.server import Request, Response
from harness.oss import OssError, OssService
from harness.oss.wire.conditions import byte_range

_SHOWN = ("image/", "video/", "audio/")
_TEXT = ("text/plain", "application/json", "application/x-ndjson", "application/xml", "text/xml", "text/csv")
#: an SVG is a document that can hold script
_NEVER = ("image/svg",)


def media_response(request: Request, oss: OssService, bucket: str, key: str) -> Response:
    """Raises OssError."""
    _, source, reader = oss.store.objects.open(bucket, key)
    headers = {
        "Content-Type": _shown_type(key, source.attributes.content_type),
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cache-Control": "private, no-cache",
        "Accept-Ranges": "bytes",
        "ETag": f'"{source.etag}"',
    }
    if headers["Content-Type"] == "application/octet-stream":
        headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(key.rpartition('/')[2], safe='')}"
    if request.header("If-None-Match") == headers["ETag"]:
        reader.close()
        return Response(304, headers)
    try:
        chosen = byte_range(request.header("Range"), source.size, True)
    except OssError:
        reader.close()
        raise
    if chosen is None:
        return Response(200, headers, reader, source.size)
    start, length = chosen
    headers["Content-Range"] = f"bytes {start}-{start + length - 1}/{source.size}"
    return Response(206, headers, reader.narrow(start, length), length)


def _shown_type(key: str, declared: str) -> str:
    """Declared by the uploader, else by the name; one that a browser may not show becomes a download."""
    declared = declared.partition(";")[0].strip().lower()
    guessed = mimetypes.guess_type(key, strict=False)[0] or ""
    for kind in (declared, guessed):
        if kind.startswith(_SHOWN) and not kind.startswith(_NEVER):
            return kind
    if declared in _TEXT or guessed in _TEXT or key.endswith(".jsonl"):
        return "text/plain; charset=utf-8"
    return "application/octet-stream"
