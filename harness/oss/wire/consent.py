"""Which requests of web pages a bucket's owner has agreed to.

The keys of a local cloud are public, so a page that may send requests may send any. A bucket's CORS rules are its
owner's word that pages of an origin may work with its objects: with these, and with nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import unquote

from harness.http.guard import is_link
from harness.http.server import Request
from harness.oss.state.cors import Cors
from harness.oss.wire.call import Call

#: calls of a bucket that are about its objects; all others are about the bucket
_ABOUT_OBJECTS = frozenset(
    {
        "PostObject",
        "DeleteMultipleObjects",
        "ListObjects",
        "ListObjectsV2",
        "ListObjectVersions",
        "ListMultipartUploads",
    }
)


class Consent:
    """`cors`: a bucket's rules. `code_bucket`: what is in it gets run, so that no page may write it."""

    def __init__(self, cors: Callable[[str], Cors | None], code_bucket: str | None) -> None:
        self._cors, self._code_bucket = cors, code_bucket

    def given(self, call: Call) -> bool:
        """Whether a page of another origin may send this. A preflight changes nothing."""
        request, operation = call.request, call.operation
        if is_link(request) or request.method == "OPTIONS":
            return True
        if call.error:
            return False
        if operation.scope != "object" and operation.name not in _ABOUT_OBJECTS:
            return False
        if operation.name == "AsyncProcessObject":  # its body may name any bucket to write to
            return False
        source = unquote(request.header("x-oss-copy-source")).lstrip("/").partition("/")[0]
        return self._by(call.bucket, request, request.method) and (
            not source or self._by(source, request, "GET")  # else a page could copy what it may not read
        )

    def _by(self, bucket: str, request: Request, method: str) -> bool:
        origins = request.headers.get_all("Origin", [])
        cors = self._cors(bucket) if bucket != self._code_bucket and len(origins) == 1 else None
        return cors is not None and cors.rule_for(str(origins[0]), method) is not None
