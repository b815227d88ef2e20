"""Everything an instance sends goes through here. What fails says whether the service can have seen it.

Neither requests nor urllib3 fits: they hide whether a request was sent, limit each silence and not the whole, and
read answers with http.client, which takes an interim answer (102, 103) for the final one. Cookies, redirects,
proxies and streams are left out: each answer is read as a whole, by wire.py, and a URL is sent as it was signed.

requests remains the seam: a Session's adapters decide who sends, so whatever intercepts requests intercepts this.
"""

from __future__ import annotations

import re
import socket
import ssl
import threading
import time
import weakref
from collections.abc import Mapping
from io import SEEK_END
from typing import Any, BinaryIO
from urllib.parse import SplitResult, urlsplit

import certifi
from requests import PreparedRequest, Session
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict
from urllib3.util.wait import wait_for_read

from handler.wire import Answer, BadAnswer, Limit, read_answer

#: One that idled longer may be dead without anybody having said so, for the instance was frozen meanwhile. Reusing
#: it would lose a request in a way that cannot be told from a lost answer.
MAX_IDLE_SECONDS = 10.0
#: Of a request's time, what finding somebody to send it to may take: the rest is for the answer.
CONNECT_SHARE = 0.3
#: Of a file that is sent.
_PIECE = 64 << 10

_LINE = re.compile(r"[\x20-\x7e]+")


class TransportError(Exception):
    """Base of what a request can end with instead of an answer. Messages have no URL and no header in them."""


class NotSent(TransportError):
    """It was not connected: the service surely has not seen the request."""


class NeverSent(TransportError):
    """Nothing was sent, and the same request never will be: a certificate, or a character in its head."""


class NoAnswer(TransportError):
    """It was sent, and nobody knows what became of it."""


class Connections:
    """Kept-alive connections, at most `size` idle ones per host; used by many threads. ca_bundle: a PEM file."""

    def __init__(self, size: int, ca_bundle: str | None = None) -> None:
        self._session = Session()
        transport = _Transport(size, ca_bundle or certifi.where())
        self._session.mount("https://", transport)
        self._session.mount("http://", transport)

    def send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | BinaryIO = b"", *, seconds: float
    ) -> Answer:
        """The service's answer. seconds: from now to the answer's last byte, whatever comes meanwhile.

        body: a file is sent piece by piece from its beginning. Raises NotSent, NeverSent, NoAnswer.
        """
        request = PreparedRequest()
        request.method, request.url, request.body = method, url, body  # type: ignore[assignment]
        request.headers = CaseInsensitiveDict(headers)
        request.headers.setdefault("Accept-Encoding", "identity")
        if body or method in ("POST", "PUT"):
            request.headers["Content-Length"] = str(_length(body))
        answer: Answer = self._session.get_adapter(url).send(request, timeout=seconds)  # type: ignore[assignment]
        return answer

    def close(self) -> None:
        self._session.close()


#: By scheme and host, the connections that nobody uses, each with the time of its last answer.
_Idle = dict[tuple[str, str], list[tuple[socket.socket, float]]]


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

    def send(self, request: PreparedRequest, *_: Any, timeout: Any = None, **__: Any) -> Answer:  # type: ignore[override]
        limit = Limit(timeout)
        url = urlsplit(str(request.url))
        message = _message(request, url.netloc)
        idle = self._idle.setdefault((url.scheme, url.netloc), [])
        connection = _take(idle) or self._connect(url, Limit(timeout * CONNECT_SHARE))
        if limit.left() <= 0:
            connection.close()
            raise NotSent("held up before anything was sent")
        try:
            limit.apply(connection)
            connection.sendall(message)
            _send_file(connection, request.body, limit)
            answer = read_answer(connection, str(request.method), limit)
        except TimeoutError as exc:
            connection.close()
            raise NoAnswer("no answer in time") from exc
        except (OSError, BadAnswer) as exc:
            connection.close()
            what = str(exc) if isinstance(exc, BadAnswer) else "the connection broke"
            raise NoAnswer(f"no answer that can be read ({what})") from exc
        if answer.reusable and len(idle) < self._size:
            idle.append((connection, time.time()))
        else:
            connection.close()
        return answer

    def close(self) -> None:
        _close(self._idle)

    def _connect(self, url: SplitResult, limit: Limit) -> socket.socket:
        """Within `limit` as a whole: looking the name up has none, and each address would have one of its own."""
        host = str(url.hostname).rstrip(".")
        try:
            connection = _open(host, url.port or (443 if url.scheme == "https" else 80), limit)
            if url.scheme == "https":
                limit.apply(connection)
                connection = self._trust().wrap_socket(connection, server_hostname=host)
        except ssl.SSLCertVerificationError as exc:
            raise NeverSent(f"the certificate was not accepted: {exc.verify_message}") from exc
        except (OSError, UnicodeError) as exc:  # UnicodeError: of a name that cannot be looked up
            raise NotSent(f"no connection: {type(exc).__name__}") from exc
        if limit.left() <= 0:
            connection.close()
            raise NotSent("connecting took too long")
        return connection

    def _trust(self) -> ssl.SSLContext:
        """One for all connections: reading the CA bundle takes longer than a submission does."""
        with self._lock:
            if self._context is None:
                self._context = ssl.create_default_context(cafile=self._ca_bundle)
            return self._context


def _open(host: str, port: int, limit: Limit) -> socket.socket:
    """A connection to the first address of `host` that accepts one."""
    failure: OSError = OSError("the name has no address")
    for family, kind, protocol, _, address in socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM):
        connection = socket.socket(family, kind, protocol)
        try:
            limit.apply(connection)
            connection.connect(address)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as exc:
            connection.close()
            failure = exc
        else:
            return connection
    raise failure


def _take(idle: list[tuple[socket.socket, float]]) -> socket.socket | None:
    """An open one. What can be read on an idle connection is its end, or what nobody asked for."""
    while idle:
        try:
            connection, answered = idle.pop()
        except IndexError:  # another thread was faster
            return None
        # Not the monotonic clock: it may stand still while the instance is frozen.
        if time.time() - answered <= MAX_IDLE_SECONDS and not wait_for_read(connection, 0.0):
            return connection
        connection.close()
    return None


def _close(connections: _Idle) -> None:
    for idle in connections.values():
        while idle:
            idle.pop()[0].close()


def _length(body: bytes | BinaryIO) -> int:
    return len(body) if isinstance(body, bytes) else body.seek(0, SEEK_END)


def _send_file(connection: socket.socket, file: Any, limit: Limit) -> None:
    """Nothing for a body of bytes, which has gone with the head."""
    if isinstance(file, bytes):
        return
    file.seek(0)
    while piece := file.read(_PIECE):
        limit.apply(connection)
        connection.sendall(piece)


def _message(request: PreparedRequest, host: str) -> bytes:
    """Head and body in one: a segment less to send, and for the service to wait for."""
    lines = [f"{request.method} {request.path_url} HTTP/1.1"]
    if "Host" not in request.headers:
        lines.append(f"Host: {host}")
    lines += [f"{name}: {value}" for name, value in request.headers.items()]
    if lines[0].count(" ") != 2 or not all(map(_LINE.fullmatch, lines)):
        raise NeverSent("the target or a header of the request has a character that cannot be sent")
    body = request.body if isinstance(request.body, bytes) else b""
    return "\r\n".join([*lines, "", ""]).encode() + body
