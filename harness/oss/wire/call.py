"""One request on its way through OSS, with what every operation needs of it."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from harness.http.body import BodyTimeout
from harness.http.server import ConnectionCut, Request, Response
from harness.multimediaai.media.wanted import Wanted
from harness.oss.errors import OssError
from harness.oss.notifications import Notifications
from harness.oss.state.model import Bucket
from harness.oss.state.store import Store
from harness.oss.wire.events import changed_object, event
from harness.oss.wire.operations import Operation
from harness.oss.wire.place import Place
from harness.oss.wire.xml import MAX_DOCUMENT, Element, render
from harness.ram.identity import Credentials

#: bytes that one request may upload
MAX_BODY = 5 * 1024**3


class Access(Protocol):
    """What a call needs of harness.oss.wire.access."""

    def allow(self, call: Call, action: str, bucket: str, key: str = "") -> None: ...

    def allow_decrypt(self, call: Call, key_id: str) -> None: ...

    def allow_convert(self, call: Call, project: str) -> None: ...

    def signer_of_form(self, fields: Mapping[str, str]) -> Credentials | None: ...


class Media(Protocol):
    """Intelligent Media Management, as far as OSS asks it. Both raise ApiError, which OSS hands on."""

    def project_of(self, bucket: str) -> str:
        """The project that a bucket is bound to."""
        ...

    def animate(
        self, project: str, source: tuple[str, str], target: tuple[str, str], wanted: Wanted
    ) -> dict[str, str]:
        """Takes the task on: EventId, RequestId, TaskId. source, target: (bucket, key)."""
        ...


@dataclass
class Call:
    """`bucket` and `key` are "" where the operation has none. `signer`: None until a signature was verified.

    `error`: why the request is none of the operations that there are.
    """

    request: Request
    operation: Operation
    bucket: str
    key: str
    request_id: str
    store: Store
    notifications: Notifications
    place: Place
    access: Access
    media: Media | None
    error: OssError | None = None
    signer: Credentials | None = None

    @property
    def name(self) -> str:
        """The operation's in the API reference."""
        return self.operation.name

    @property
    def params(self) -> Mapping[str, str]:
        return self.request.params

    @property
    def home(self) -> Bucket:
        return self.store.bucket(self.bucket)

    @property
    def version_id(self) -> str | None:
        return self.params.get("versionId")

    def authorize(self, action: str, bucket: str, key: str = "") -> None:
        """Raises OssError AccessDenied."""
        self.access.allow(self, action, bucket, key)

    def signer_of_form(self, fields: Mapping[str, str]) -> Credentials | None:
        return self.access.signer_of_form(fields)

    def flag(self, name: str) -> bool:
        return self.request.header(name).lower() == "true"

    def number(self, name: str, default: int | None, low: int, high: int) -> int:
        """A query parameter that must be a whole number; raises OssError InvalidArgument."""
        text = self.params.get(name) or ("" if default is None else str(default))
        if not (re.fullmatch(r"[0-9]{1,19}", text) and low <= int(text) <= high):
            message = f"Argument {name} must be an integer between {low} and {high}."
            raise OssError("InvalidArgument", message, ArgumentName=name, ArgumentValue=text[:100])
        return int(text)

    def pieces(self) -> Iterator[bytes]:
        """The body in pieces; raises OssError RequestTimeout. A client that breaks off gets no answer."""
        try:
            yield from self.request.body
        except BodyTimeout as exc:
            raise OssError("RequestTimeout") from exc
        except (ConnectionError, TimeoutError, ValueError) as exc:
            raise ConnectionCut from exc

    def upload(self) -> Iterator[bytes]:
        """The body of an upload, whose length must be announced or chunked; raises OssError."""
        body = self.request.body
        if body.length is None and not body.chunked:
            raise OssError("MissingContentLength")
        if (body.length or 0) > MAX_BODY:
            raise OssError("InvalidArgument", "The object is larger than 5 GB.")
        return self.pieces()

    def document(self) -> bytes:
        """The body of a request that is XML; its Content-MD5 is checked."""
        read = bytearray()
        for piece in self.pieces():
            read += piece
            if len(read) > MAX_DOCUMENT:
                raise OssError("MalformedXML")
        promised = self.content_md5()
        if promised and promised != hashlib.md5(read, usedforsecurity=False).digest():
            raise OssError("InvalidDigest", "The Content-MD5 you specified did not match what we received.")
        return bytes(read)

    def content_md5(self) -> bytes:
        """What Content-MD5 promises, b"" without one; raises OssError InvalidDigest."""
        header = self.request.header("Content-MD5")
        try:
            digest = base64.b64decode(header, validate=True)
        except (binascii.Error, ValueError) as exc:
            raise OssError("InvalidDigest") from exc
        if header and len(digest) != 16:
            raise OssError("InvalidDigest")
        return digest

    def publish(self, name: str, key: str, **changed: Any) -> dict[str, str]:
        """Tells the bucket's rules of a change; returns the headers that an upload's answer gets for it.

        changed: what `changed_object` takes.
        """
        shown = changed_object(key, **changed)
        record = event(self.place, name, self.bucket, shown, self.request.client, self.request_id)
        return self.notifications.publish(record)


Handler = Callable[[Call], Response]


def answer_xml(root: Element, headers: Mapping[str, str] | None = None, status: int = 200) -> Response:
    return Response(status, {"Content-Type": "application/xml", **(headers or {})}, render(root))


def empty(headers: Mapping[str, str] | None = None, status: int = 200) -> Response:
    return Response(status, dict(headers or {}))
