"""HTTP for the local cloud: one listening socket, a thread per connection, requests as they were sent.

Web frameworks decode paths, reorder queries and hide the socket. Signatures are computed over the bytes of the
request target, and faults need to cut a connection, so both stay visible here. http.server does the protocol.
"""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import re
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from email.message import Message
from email.utils import formatdate
from functools import cached_property
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote_plus

from harness.http.body import CHUNK, Body, BodyTimeout, Limits, MalformedBody
from harness.http.head import MalformedHead, check_head, header_line
from harness.http.head_lines import RoomyHead

#: Seconds for which a client may go on sending when its answer is on the way.
_LINGER = 30.0
_HOST = re.compile(r"(?:\[(?P<v6>[0-9a-f:.]+)\]|(?P<name>[^:\[\]]*))(?::[0-9]*)?")


def host_name(host: str) -> str:
    """A Host header's name: without port, closing dot and an IPv6 address's brackets, in lower case.

    What is none stays as it is, so that it is never taken for another: [::1].evil.example is not ::1.
    """
    text = host.strip().lower()
    found = _HOST.fullmatch(text)
    return (found["v6"] or found["name"].rstrip(".")) if found else text


def is_address(name: str) -> bool:
    """Whether a host's name is an IP address."""
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(name) is not None
    return False


def is_loopback(name: str) -> bool:
    """Whether only this machine can be meant. `name`: of a host, or an address, without a port."""
    return ipaddress.ip_address(name).is_loopback if is_address(name) else name.lower() == "localhost"


@dataclass
class Request:
    """One request as it was sent.

    path: still percent-encoded, without the query. query: decoded pairs in their order; a parameter without "="
    has the value "". query_string: as sent. headers: case-insensitive, values as latin-1 text.
    """

    method: str
    path: str
    query_string: str
    headers: Message
    body: Body
    client: str = "127.0.0.1"

    @cached_property
    def query(self) -> Sequence[tuple[str, str]]:
        parts = [part.partition("=") for part in self.query_string.split("&") if part]
        return [(unquote_plus(name), unquote_plus(value)) for name, _, value in parts]

    @cached_property
    def params(self) -> Mapping[str, str]:
        return dict(self.query)

    def header(self, name: str, default: str = "") -> str:
        value = self.headers.get(name)
        return default if value is None else str(value)

    @property
    def host(self) -> str:
        """The Host header as it was sent, often with a port."""
        return self.header("Host")

    @cached_property
    def host_name(self) -> str:
        return host_name(self.host)


@dataclass
class Response:
    """`body`: bytes, or an iterable of bytes with its `length`.

    Faults: `cut_after`: close after so many bytes. `before`: what is sent first, as it is.
    """

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | Iterable[bytes] = b""
    length: int | None = None
    cut_after: int | None = None
    before: Iterable[bytes] = ()


class ConnectionCut(Exception):
    """Raised by a dispatcher to reset the connection instead of answering."""


Dispatch = Callable[[Request], Response]
#: (what could be read of a request that is none, the status of its answer, what is wrong with it)
Refuse = Callable[[Request, int, str], Response]


def _refuse_plainly(request: Request, status: int, message: str) -> Response:
    return Response(status, {"Content-Type": "text/plain; charset=utf-8"}, f"{message}\n".encode())


class Server:
    """`dispatch` answers every request, `refuse` what is not an HTTP request.

    Binds at construction (port 0: a free one); `start` and `stop` it.
    """

    def __init__(
        self, dispatch: Dispatch, host: str = "127.0.0.1", port: int = 0, refuse: Refuse = _refuse_plainly
    ) -> None:
        self._http = _HTTPServer((host, port), _Handler)
        self._http.dispatch, self._http.refuse = dispatch, refuse
        self.limits = self._http.limits = Limits()
        self.host, self.port = str(self._http.server_address[0]), int(self._http.server_address[1])
        self._thread = threading.Thread(target=self._serve, name=f"http-{self.port}", daemon=True)

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    def start(self) -> None:
        self._thread.start()

    def _serve(self) -> None:
        self._http.serve_forever(poll_interval=0.05)

    def stop(self) -> None:
        """Refuses new connections, closes the kept-alive ones and waits for the accepting thread."""
        if self._thread.is_alive():
            self._http.shutdown()
            self._thread.join(timeout=10)
        self._http.server_close()
        self._http.close_connections()


class _HTTPServer(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 512
    dispatch: Dispatch
    refuse: Refuse
    limits: Limits

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        self._connections: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(address, handler)

    def server_bind(self) -> None:
        # HTTPServer's own looks the host's name up, which can take seconds on a machine without DNS.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._connections.discard(request)
        super().shutdown_request(request)

    def close_connections(self) -> None:
        with self._lock:
            connections = list(self._connections)
        for connection in connections:
            with contextlib.suppress(OSError):  # it closed by itself meanwhile
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is not worth a traceback; anything else is a bug that must be seen."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class _Handler(RoomyHead):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _HTTPServer

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):
            return self._answer
        raise AttributeError(name)

    def _answer(self) -> None:
        # As it was sent: BaseHTTPRequestHandler makes one slash of several at the start of `self.path`.
        path, _, query = self.requestline.split()[1].partition("?")
        if not path.startswith("/") and "://" in path:  # absolute form, as clients with a proxy send it
            path = "/" + path.split("://", 1)[1].partition("/")[2]
        try:
            check_head(self.headers, self.request_version)
            body = Body(self.rfile, self.headers, self.connection, self.server.limits)
            request = Request(self.command, path, query, self.headers, body, str(self.client_address[0]))
            response = self.server.dispatch(request)
            # The server may answer before it read the body; the next request starts after it.
            read = body.leave(self.command, refused=response.status >= 400)
        except (MalformedHead, MalformedBody) as exc:
            self._refuse(HTTPStatus.BAD_REQUEST, str(exc), path, query, self.headers)
            return
        except (ConnectionCut, BodyTimeout):
            self._reset()
            return
        if not read:
            response.headers["Connection"] = "close"
            self.close_connection = True
        self._send(response)
        if not read:
            self._linger()

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """BaseHTTPRequestHandler calls it for what it cannot read; its own is a page of HTML."""
        self._refuse(code, message or http.client.responses.get(code, ""), "/", "", Message())

    def _refuse(self, status: int, message: str, path: str, query: str, headers: Message) -> None:
        """The connection ends with it: where the next request starts cannot be told."""
        nothing = Body(self.rfile, Message())
        method = self.command or "GET"
        request = Request(method, path, query, headers, nothing, str(self.client_address[0]))
        response = self.server.refuse(request, int(status), message)
        response.headers["Connection"] = "close"
        self.close_connection = True
        self._send(response)
        self._linger()

    def _linger(self) -> None:
        """Closing on a client that still sends would reset the connection, and its answer might be lost."""
        self.wfile.flush()
        self.connection.shutdown(socket.SHUT_WR)
        self.connection.settimeout(_LINGER)
        until = time.monotonic() + _LINGER
        with contextlib.suppress(OSError):
            while time.monotonic() < until and self.connection.recv(CHUNK):
                pass

    def _send(self, response: Response) -> None:
        length = len(response.body) if isinstance(response.body, bytes) else response.length
        headers = {"Date": formatdate(usegmt=True), **response.headers}
        if "Content-Length" not in headers and response.status not in (204, 304):
            if length is None:
                headers["Transfer-Encoding"] = "chunked"
            else:
                headers["Content-Length"] = str(length)
        phrase = http.client.responses.get(response.status, "")
        lines = [f"HTTP/1.1 {response.status} {phrase}".encode(), *map(header_line, headers.items()), b"", b""]
        head = b"\r\n".join(lines)
        for sent in response.before:
            self.wfile.write(sent)
        if response.cut_after is not None:
            data = response.body if isinstance(response.body, bytes) else b"".join(response.body)
            self.wfile.write(head + data[: response.cut_after])
            self.close_connection = True
            return
        if self.command == "HEAD":
            self.wfile.write(head)
        elif isinstance(response.body, bytes):
            self.wfile.write(head + response.body)
        else:
            self.wfile.write(head)
            for data in response.body:
                framed = b"%x\r\n%s\r\n" % (len(data), data) if length is None else data
                self.wfile.write(framed)
            if length is None:
                self.wfile.write(b"0\r\n\r\n")

    def _reset(self) -> None:
        """RST instead of FIN: what a crashed or overloaded peer looks like."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def log_message(self, *args: Any) -> None:
        """Quiet: the services log what matters."""
