"""Conditions and ranges of reads."""

from __future__ import annotations

import re
from collections.abc import Callable

from harness.oss.errors import OssError
from harness.oss.wire.times import parse_http_date

_RANGE = re.compile(r"bytes=([0-9]{0,19})-([0-9]{0,19})")


def check(header: Callable[[str], str], etag: str, modified: float, prefix: str = "") -> None:
    """`header`: a header's value or "". `prefix`: "x-oss-copy-source-" for the source of a copy.

    Raises OssError PreconditionFailed or NotModified, in RFC 9110's order.
    """

    def since(name: str) -> float | None:
        return parse_http_date(header(prefix + name)) if header(prefix + name) else None

    if_match, if_none_match = header(prefix + "If-Match"), header(prefix + "If-None-Match")
    unmodified, changed = since("If-Unmodified-Since"), since("If-Modified-Since")
    if if_match and not _lists(if_match, etag):
        raise OssError("PreconditionFailed", Condition="If-Match")
    if not if_match and unmodified is not None and int(modified) > unmodified:
        raise OssError("PreconditionFailed", Condition="If-Unmodified-Since")
    if if_none_match and _lists(if_none_match, etag):
        raise OssError("NotModified", headers={"ETag": f'"{etag}"'})
    if not if_none_match and changed is not None and int(modified) <= changed:
        raise OssError("NotModified", headers={"ETag": f'"{etag}"'})


def _lists(header: str, etag: str) -> bool:
    tags = [tag.strip().strip('"') for tag in header.split(",")]
    return "*" in tags or etag in tags


def byte_range(header: str, size: int, standard: bool) -> tuple[int, int] | None:
    """(start, length) of the one range that is served, None for the whole object.

    OSS ignores a range that is not entirely inside the object, unless x-oss-range-behavior is "standard": then a
    range is cut at the end of the object, and one that starts after it raises OssError InvalidRange.
    """
    found = _RANGE.fullmatch(header.split(",")[0].strip())
    if not found or found[0] == "bytes=-":
        return None
    first, last = found[1], found[2]
    if not first:
        start, end = size - int(last), size - 1
        inside = 0 < int(last) <= size
        start = max(0, start) if int(last) else size
    else:
        start, end = int(first), int(last) if last else size - 1
        if last and end < start:
            return None
        inside = start < size and end < size
    if inside:
        return start, end - start + 1
    if not standard:
        return None
    if start >= size:
        raise OssError("InvalidRange", headers={"Content-Range": f"bytes */{size}"}, ActualObjectSize=str(size))
    return start, min(end, size - 1) - start + 1
