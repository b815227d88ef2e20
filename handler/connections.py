"""One requests.Session for everything an instance sends. What fails says whether the service can have seen it.

Its transport is http.client: requests and urllib3 hide whether a request was sent, and half of an invocation's CPU
time went into what no service here needs. There are no cookies, redirects, proxies, .netrc, hooks or streams: each
answer is read as a whole, and a URL is sent as it was signed.
"""

from __future__ import annotations

import re
import ssl
import threading
import time
import weakref
from collections.abc import Callable, Mapping
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from io import BytesIO
from typing import Any
from urllib.parse import SplitResult, urlencode, urlsplit

import certifi
import requests
from requests import PreparedRequest, Response, Session
from requests.adapters import BaseAdapter
from requests.exceptions import InvalidHeader, SSLError
from requests.structures import CaseInsensitiveDict
from urllib3.util.wait import wait_for_read

#: One that idled longer may be dead without anybody having said so, for the instance was frozen meanwhile. Reusing
#: it would lose a request in a way that cannot be told from a lost answer.
MAX_IDLE_SECONDS = 10.0

_LINE = re.compile(r"[\x20-\x7e]+")


class NotSent(requests.ConnectionError):
    """There was no connection: the service surely has not seen the request."""


class Connections(Session):
    """Kept-alive connections, at most `size` idle ones per host; used by many threads. ca_bundle: a PEM file."""

    def __init__(self, size: int, ca_bundle: str | None = None) -> None:
        super().__init__()
        transport = _Transport(size, ca_bundle or certifi.where())
        self.mount("https://", transport)
        self.mount("http://", transport)

    def request(  # type: ignore[override]
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str | None],
        data: Mapping[str, str] | bytes | None = None,
        auth: Callable[[PreparedRequest], PreparedRequest] | None = None,
        timeout: tuple[float, float],
        **_ignored: Any,
    ) -> Response:
        """As Session.request; a header that is None is not sent. timeout: seconds to connect, and of silence.

        Raises NotSent; SSLError and InvalidHeader, when nothing was sent either and never will be; any other
        requests.RequestException when nobody knows what became of the request.
        """
        request = PreparedRequest()
        request.method, request.url = method, url
        request.headers = {"Accept-Encoding": "identity"}  # type: ignore[assignment]  # as it is written, so it is sent
        request.headers.update((name, value) for name, value in headers.items() if value is not None)
        if isinstance(data, Mapping):
            data = urlencode(data).encode()
            request.headers["Content-Type"] = "application/x-www-form-urlencoded"
        if data or method in ("POST", "PUT"):
            request.headers["Content-Length"] = str(len(data or b""))
        request.body = data
        if auth is not None:
            auth(request)
        return self.get_adapter(url).send(request, timeout=timeout)


#: By scheme and host, the connections that nobody uses, each with the time of its last answer.
_Idle = dict[tuple[str, str], list[tuple[HTTPConnection, float]]]


class _Transport(BaseAdapter):
    """Sends one request over a connection of its own for as long, and reads its answer."""

    def __init__(self, size: int, ca_bundle: str) -> None:
        super().__init__()
        self._size = size
        self._ca_bundle = ca_bundle
        self._context: ssl.SSLContext | None = None
        self._lock = threading.Lock()
        self._idle: _Idle = {}
        weakref.finalize(self, _close, self._idle)

    def send(self, request: PreparedRequest, *_: Any, timeout: Any = None, **__: Any) -> Response:
        url = urlsplit(str(request.url))
        message = _message(request, url.netloc)
        idle = self._idle.setdefault((url.scheme, url.netloc), [])
        connection = _take(idle) or self._connect(url, timeout[0])
        try:
            if connection.sock.gettimeout() != timeout[1]:  # setting it is a call of the system's
                connection.sock.settimeout(timeout[1])
            connection.send(message)
            answer = HTTPResponse(connection.sock, method=request.method)
            with answer:
                answer.begin()
                content = answer.read()
        except TimeoutError as exc:
            connection.close()
            raise requests.ReadTimeout("no answer in time") from exc
        except (OSError, HTTPException) as exc:
            connection.close()
            raise requests.ConnectionError("the connection broke before the answer's end") from exc
        if answer.will_close or len(idle) >= self._size:
            connection.close()
        else:
            idle.append((connection, time.time()))
        return _response(request, answer, content)

    def close(self) -> None:
        _close(self._idle)

    def _connect(self, url: SplitResult, seconds: float) -> HTTPConnection:
        """Within `seconds` as a whole: looking the name up has no limit, and each address has one of its own."""
        started = time.time()
        try:
            connection = self._connection(str(url.hostname).rstrip("."), url, seconds)
            connection.connect()
        except ssl.SSLCertVerificationError as exc:
            raise SSLError(f"the certificate was not accepted: {exc.verify_message}") from exc
        except (OSError, UnicodeError) as exc:  # UnicodeError: of a name that cannot be looked up
            raise NotSent(f"no connection: {type(exc).__name__}") from exc
        if time.time() - started > seconds:
            connection.close()
            raise NotSent("connecting took too long")
        return connection

    def _connection(self, host: str, url: SplitResult, seconds: float) -> HTTPConnection:
        if url.scheme == "https":
            return HTTPSConnection(host, url.port or 443, timeout=seconds, context=self._trust())
        return HTTPConnection(host, url.port or 80, timeout=seconds)

    def _trust(self) -> ssl.SSLContext:
        """One for all connections: reading the CA bundle takes longer than a submission does."""
        with self._lock:
            if self._context is None:
                self._context = ssl.create_default_context(cafile=self._ca_bundle)
            return self._context


def _take(idle: list[tuple[HTTPConnection, float]]) -> HTTPConnection | None:
    """An open one. What can be read on an idle connection is its end, or what nobody asked for."""
    while idle:
        try:
            connection, answered = idle.pop()
        except IndexError:  # another thread was faster
            return None
        # Not the monotonic clock: it may stand still while the instance is frozen.
        if time.time() - answered <= MAX_IDLE_SECONDS and not wait_for_read(connection.sock, 0.0):
            return connection
        connection.close()
    return None


def _close(connections: _Idle) -> None:
    for idle in connections.values():
        while idle:
            idle.pop()[0].close()


def _message(request: PreparedRequest, host: str) -> bytes:
    """Head and body in one: a segment less to send, and for the service to wait for."""
    lines = [f"{request.method} {request.path_url} HTTP/1.1"]
    if "Host" not in request.headers:
        lines.append(f"Host: {host}")
    lines += [f"{name}: {value}" for name, value in request.headers.items()]
    if lines[0].count(" ") != 2 or not all(map(_LINE.fullmatch, lines)):
        raise InvalidHeader("the target or a header of the request has a character that cannot be sent")
    body: bytes = request.body or b""  # type: ignore[assignment]  # as Connections makes them
    return "\r\n".join([*lines, "", ""]).encode() + body


def _response(request: PreparedRequest, answer: HTTPResponse, content: bytes) -> Response:
    response = Response()
    response.status_code, response.reason, response.raw = answer.status, answer.reason, BytesIO(content)
    response.headers = CaseInsensitiveDict(answer.getheaders())
    response.request, response.url = request, str(request.url)
    return response
