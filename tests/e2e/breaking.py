"""A proxy between the handler and the local cloud that breaks one request. It knows nothing of the product.

A break happens before the request reaches the cloud (it has no effect) or after it (it has, and nobody is told).
"""

from __future__ import annotations

import contextlib
import http.client
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from typing import BinaryIO

PAGE = b"<html><body>503 Service Temporarily Unavailable</body></html>"
STATUSES = (200, 204, 302, 403, 404, 408, 429, 503)

#: What the client is sent instead of an answer; None: no more than has been sent.
Break = Callable[[socket.socket, bytes, threading.Event], "bytes | None"]


def head(status: int, *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} {http.client.responses.get(status, 'Odd')}", *headers, "", ""]
    return "\r\n".join(lines).encode()


def page(status: int, body: bytes = PAGE, kind: str = "text/html") -> Break:
    """Another's answer with this status; without a body where there can be none."""
    body = b"" if status == 204 else body
    sent = head(status, f"Content-Type: {kind}", f"Content-Length: {len(body)}") + body
    return lambda *_: sent


def _reset(client: socket.socket, *_: object) -> None:
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


def _closed(client: socket.socket, *_: object) -> None:
    client.shutdown(socket.SHUT_RDWR)


def _silent(client: socket.socket, _: bytes, over: threading.Event) -> None:
    over.wait(10)
    _closed(client)


def _dripping(start: bytes, drop: bytes) -> Break:
    """Something comes every moment, and never the answer's end."""

    def drip(client: socket.socket, _: bytes, over: threading.Event) -> None:
        with contextlib.suppress(OSError):  # the client has lost its patience
            client.sendall(start)
            while not over.wait(0.05):
                client.sendall(drop)

    return drip


def _in_part(rest: Callable[[bytes], bytes]) -> Break:
    """The connection ends in the middle of the answer."""

    def send(client: socket.socket, answer: bytes, _: threading.Event) -> None:
        client.sendall(rest(answer))
        _closed(client)

    return send


def _edited(edit: Callable[[bytes, bytes], bytes]) -> Break:
    def send(_: socket.socket, answer: bytes, __: threading.Event) -> bytes:
        start, body = answer.split(b"\r\n\r\n", 1)
        return edit(start, body)

    return send


def _chunked(body: bytes) -> Break:
    return _edited(lambda start, _: _without_length(start) + b"\r\nTransfer-Encoding: chunked\r\n\r\n" + body)


def _after(interim: bytes) -> Break:
    return lambda _, answer, __: interim + answer


def _without_length(start: bytes) -> bytes:
    return b"\r\n".join(line for line in start.split(b"\r\n") if not line.lower().startswith(b"content-length"))


#: Nothing takes effect, or everything does.
ANYWHERE: dict[str, Break] = {
    "reset": _reset,
    "closed": _closed,
    **{f"page {status}": page(status) for status in STATUSES},
    **{f"nothing {status}": page(status, b"") for status in (200, 503)},
    "JSON of another": page(200, b'{"status": "ok"}', "application/json"),
    "an empty object": page(200, b"{}", "application/json"),
    "XML of another": page(503, b"<Error><Code>SlowDown</Code></Error>", "application/xml"),
    "not HTTP": lambda *_: b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
    "another protocol": lambda *_: head(101, "Upgrade: websocket", "Connection: Upgrade"),
}
#: Of those before the effect, one of each kind: what the client is told is the same. `make chaos` has them all.
BEFORE = {name: ANYWHERE[name] for name in ("reset", "closed", "page 200", "page 429", "page 503", "not HTTP")}
#: These take as long as a request may take.
SLOW: dict[str, Break] = {
    "silent": _silent,
    "100 for ever": _dripping(b"", head(100)),
    "a body for ever": _dripping(head(200, "Content-Length: 100000"), b"x"),
}
#: The answer does not arrive whole, or not as one that can be trusted.
AFTERWARDS: dict[str, Break] = {
    "half a head": _in_part(lambda answer: answer[:30]),
    "a head without its blank line": _in_part(lambda answer: answer.partition(b"\r\n\r\n")[0] + b"\r\n"),
    "a head without body": _in_part(lambda answer: answer.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"),
    "all but a byte": _in_part(lambda answer: answer[:-1]),
    "two lengths": _edited(lambda start, body: start + b"\r\nContent-Length: 1\r\n\r\n" + body),
    "a negative length": _edited(
        lambda start, body: _without_length(start) + b"\r\nContent-Length: -5\r\n\r\n" + body
    ),
    "a negative chunk": _chunked(b"-5\r\nhello\r\n0\r\n\r\n"),
    "a chunk without size": _chunked(b"hello\r\n0\r\n\r\n"),
    "a chunk that goes on": _chunked(b"2\r\nhello\r\n0\r\n\r\n"),
    "no end of chunks": _in_part(
        lambda answer: (
            _without_length(answer.split(b"\r\n\r\n")[0]) + b"\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n"
        )
    ),
}
#: It arrives, and more with it.
WHOLE: dict[str, Break] = {
    "100 first": _after(head(100)),
    "102 first": _after(head(102)),
    "103 first": _after(head(103, "Link: </a>; rel=preload") * 3),
    "an answer too many": lambda _, answer, __: answer + head(200, "Content-Length: 2") + b"{}",
    "bytes too many": lambda _, answer, __: answer + b"\r\n\r\nxyz",
}


class Proxy:
    """`url`: of the proxy. `break_next(n, …)`: the nth request from now; `broken`: whether it has come."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._lock = threading.Lock()
        self._waiting, self._how, self._reaches = 0, page(503), False
        self.requests = 0
        self.over = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    def break_next(self, nth: int, how: Break, *, reaches: bool) -> None:
        with self._lock:
            self._waiting, self._how, self._reaches = nth, how, reaches
            self.requests = 0
            self.over.set()
            self.over = threading.Event()

    @property
    def broken(self) -> bool:
        return self._waiting <= 0

    def close(self) -> None:
        self.over.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # it was closed
            while True:
                client, _ = self._listener.accept()
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError), client, client.makefile("rb") as stream:
            for request in _requests(stream):
                with self._lock:
                    self.requests += 1
                    self._waiting -= 1
                    due, how, reaches, over = self._waiting == 0, self._how, self._reaches, self.over
                answer = self._ask(request) if reaches or not due else b""
                sent = how(client, answer, over) if due else answer
                if sent is None:
                    return
                client.sendall(sent)

    def _ask(self, request: tuple[str, str, http.client.HTTPMessage, bytes]) -> bytes:
        method, target, headers, body = request
        upstream = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
        with contextlib.closing(upstream):
            upstream.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
            for name, value in headers.items():
                upstream.putheader(name, value)
            upstream.endheaders(body)
            answer = upstream.getresponse()
            content = answer.read()
        lines = [f"{name}: {value}" for name, value in answer.getheaders()]
        return head(answer.status, *lines) + content


def _requests(stream: BinaryIO) -> Iterator[tuple[str, str, http.client.HTTPMessage, bytes]]:
    while line := stream.readline():
        method, target, _ = line.decode("latin-1").split(" ")
        headers = http.client.parse_headers(stream)
        yield method, target, headers, stream.read(int(headers.get("Content-Length") or 0))
