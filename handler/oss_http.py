"""The OSS SDK's requests, sent over our connections."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol

from alibabacloud_oss_v2.types import HttpClient, HttpRequest, HttpResponse

from handler.connections import Connections
from handler.wire import Answer

#: Bytes a second at which a file is sent, at least.
SLOWEST = 1 << 20


class _HttpResponse(Protocol):
    content: bytes


class OssAnswer(Protocol):
    """The SDK's answer to a call, as far as it is looked at; it publishes no types."""

    status_code: int
    headers: Mapping[str, str]
    http_response: _HttpResponse


class OssHttp(HttpClient):  # type: ignore[misc]
    """seconds: that one request may take, to the answer's last byte. Raises what Connections raises."""

    def __init__(self, connections: Connections, seconds: float) -> None:
        self._connections = connections
        self._seconds = seconds

    def send(self, request: HttpRequest, **_: object) -> _Response:
        seconds, size = self._seconds, request.headers.get("Content-Length")
        if size and not isinstance(request.body, bytes):
            seconds += int(size) / SLOWEST
        answer = self._connections.send(
            request.method, request.url, request.headers, request.body, seconds=seconds
        )
        return _Response(request, answer)

    def open(self) -> None:
        """Connections are opened when something is sent."""

    def close(self) -> None:
        """They belong to whoever made them."""


class _Response(HttpResponse):  # type: ignore[misc]
    """An answer that was read as a whole."""

    is_closed = True
    is_stream_consumed = True
    request, status_code, headers, reason, content = None, 0, None, "", b""

    def __init__(self, request: HttpRequest, answer: Answer) -> None:
        self.request = request
        self.status_code, self.reason = answer.status_code, answer.reason
        self.headers, self.content = answer.headers, answer.content

    def read(self) -> bytes:
        return self.content

    def iter_bytes(self, **_: object) -> Iterator[bytes]:
        yield self.content

    def close(self) -> None:
        """There is nothing left to close."""

    def __enter__(self) -> _Response:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
