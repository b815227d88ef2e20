"""Two doors between the product and the cloud, one to OSS and one to the GIF service. They know HTTP, and no more.

Each door counts its requests as they come, and a script says what becomes of each. `before` means that the request
does not reach the cloud, `after` that it does and takes effect, and its answer is what suffers.
"""

from __future__ import annotations

import contextlib
import http.client
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from typing import BinaryIO, NamedTuple, Protocol

from tests.e2e.breaking import head

#: What the client is sent instead of an answer; None: no more than has been sent.
Spoil = Callable[[socket.socket, bytes, threading.Event], "bytes | None"]


DOORS = ("oss", "api")
#: Seconds in which what a process has sent comes to a door, and in which the cloud answers it.
_OTHERS_LEAST, _OTHERS_MOST = 0.05, 5.0
#: Seconds since it was signed, after which nobody waits for a request any more.
_LATE = 20.0


class Break(NamedTuple):
    """One way to break a request. reaches: it takes effect first. is_held: it takes effect later, when let go."""

    name: str
    reaches: bool
    spoil: Spoil
    is_held: bool = False

    def __str__(self) -> str:
        return f"{self.name} {'after' if self.reaches else 'before'}"


class Script(Protocol):
    """door: "oss" or "api". number: from 1, of this door's requests, for those of two doors come in any order."""

    def __call__(self, door: str, number: int) -> Break | None: ...


def unbroken(door: str, number: int) -> Break | None:
    return None


class _Request(NamedTuple):
    method: str
    target: str
    headers: http.client.HTTPMessage
    body: bytes


class Doors:
    """`oss`, `api`: their URLs. `play(script)` begins to count anew. clock: epoch seconds."""

    def __init__(self, port: int, clock: Callable[[], float] = time.time) -> None:
        self._port, self._clock = port, clock
        #: calls of the GIF service that reach it when their senders have given them up
        self.late: list[str] = []
        self._script: Script = unbroken
        self._lock = threading.Lock()
        #: by door, since the script began
        self.requests = dict.fromkeys(DOORS, 0)
        self.broken = 0
        self._in_flight = 0
        self._held: list[_Request] = []
        self._over = threading.Event()
        self._listeners = [socket.create_server(("127.0.0.1", 0), backlog=512) for _ in range(2)]
        self.oss, self.api = (f"http://127.0.0.1:{each.getsockname()[1]}" for each in self._listeners)
        for name, listener in zip(DOORS, self._listeners, strict=True):
            threading.Thread(target=self._accept, args=(name, listener), daemon=True).start()

    def play(self, script: Script) -> None:
        with self._lock:
            self._script, self.broken = script, 0
            self.requests = dict.fromkeys(DOORS, 0)

    def wait_for_others(self) -> None:
        """Until only the caller's request is in flight: what was sent before the clock moves arrives before."""
        until = time.monotonic() + _OTHERS_MOST
        time.sleep(_OTHERS_LEAST)
        while self._in_flight > 1 and time.monotonic() < until:
            time.sleep(0.001)

    def let_go(self) -> None:
        """What was held reaches the cloud now."""
        held, self._held = self._held, []
        upstream = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
        with contextlib.closing(upstream):
            for request in held:
                self._pass_on(upstream, request)

    def _pass_on(self, upstream: http.client.HTTPConnection, request: _Request) -> bytes:
        signed = request.headers.get("x-acs-date")
        if signed:
            moment = datetime.strptime(signed, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
            if self._clock() - moment.timestamp() > _LATE:
                self.late.append(str(request.headers.get("x-acs-action")))
        return _ask(upstream, request)

    def close(self) -> None:
        self._over.set()
        for listener in self._listeners:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()

    def _accept(self, door: str, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):  # it was closed
            while True:
                client, _ = listener.accept()
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=self._serve, args=(door, client), daemon=True).start()

    def _serve(self, door: str, client: socket.socket) -> None:
        upstream = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
        with contextlib.suppress(OSError), contextlib.closing(upstream), client, client.makefile("rb") as stream:
            for request in _requests(stream):
                with self._lock:
                    self.requests[door] += 1
                    found = self._script(door, self.requests[door])
                    self.broken += found is not None
                    if found and found.is_held:
                        self._held.append(request)
                    self._in_flight += 1
                try:
                    answer = b"" if found and not found.reaches else self._pass_on(upstream, request)
                    sent = found.spoil(client, answer, self._over) if found else answer
                finally:
                    with self._lock:
                        self._in_flight -= 1
                if sent is None:
                    return
                client.sendall(sent)


def _ask(upstream: http.client.HTTPConnection, request: _Request) -> bytes:
    """The cloud's answer, as bytes; asked again where the kept-alive connection has ended meanwhile."""
    for last in (False, True):
        try:
            upstream.putrequest(request.method, request.target, skip_host=True, skip_accept_encoding=True)
            for name, value in request.headers.items():
                upstream.putheader(name, value)
            upstream.endheaders(request.body)
            answer = upstream.getresponse()
            break
        except (http.client.RemoteDisconnected, ConnectionError):
            upstream.close()
            if last:
                raise
    content = answer.read()
    return head(answer.status, *(f"{name}: {value}" for name, value in answer.getheaders())) + content


def _requests(stream: BinaryIO) -> Iterator[_Request]:
    while line := stream.readline():
        method, target, _ = line.decode("latin-1").split(" ")
        headers = http.client.parse_headers(stream)
        yield _Request(method, target, headers, stream.read(int(headers.get("Content-Length") or 0)))
