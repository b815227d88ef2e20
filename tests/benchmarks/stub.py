"""OSS and multimediaai reduced to what a submission calls, answering after a set latency.

Not the local cloud: no signature is verified and next to nothing is remembered, so that what is measured is the
function. A process of its own with a thread per connection: `time.sleep` is exact where an event loop's timer
rounds up to a millisecond. Bucket names are the first segment of the path, as the SDKs do it for an IP address.
"""

from __future__ import annotations

import hashlib
import json
import socket
import ssl
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path
from typing import BinaryIO
from urllib.parse import parse_qsl

VIDEO_BYTES = 52_428_800
_REASONS = {200: "OK", 404: "Not Found", 409: "Conflict"}


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Answer:
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    length: int | None = None

    def encode(self) -> bytes:
        length = len(self.body) if self.length is None else self.length
        lines = [
            f"HTTP/1.1 {self.status} {_REASONS[self.status]}",
            f"Date: {formatdate(usegmt=True)}",
            f"Content-Length: {length}",
            "x-oss-request-id: 5C3D9175B6FC201293AD4890",
            *(f"{name}: {value}" for name, value in self.headers),
        ]
        return "\r\n".join([*lines, "", ""]).encode() + self.body


class Services:
    """What the stub remembers: the small objects, how many tasks there are, and what was asked for."""

    def __init__(self) -> None:
        self.latency = 0.0
        self._lock = threading.Lock()
        self._objects: dict[str, bytes] = {}
        self._tasks = 0
        self._counts: Counter[str] = Counter()

    def answer(self, request: Request) -> Answer:
        if request.path == "/_stub":
            return self._control(request)
        operation = _operation(request)
        with self._lock:
            self._counts[operation] += 1
            if operation == "CreateGifTask":
                return self._create_task()
            if operation == "AppendObject":
                return self._append(request)
            if operation == "PutObject":
                return self._put(request)
            stored = self._objects.get(request.path)
        return _object(operation, request.path, stored)

    def _control(self, request: Request) -> Answer:
        """PUT sets the latency (seconds), DELETE forgets what was counted, and answers it."""
        with self._lock:
            counted = dict(self._counts)
            if request.method == "PUT":
                self.latency = float(request.query["latency"])
            elif request.method == "DELETE":
                self._counts.clear()
        return Answer(body=json.dumps(counted).encode())

    def _create_task(self) -> Answer:
        self._tasks += 1
        answer = {
            "RequestId": "A1B2C3D4-0000-4000-8000-0123456789AB",
            "TaskId": 400_000 + self._tasks,
            "Code": "OK",
        }
        return Answer(
            headers=(("Content-Type", "application/json;charset=utf-8"),), body=json.dumps(answer).encode()
        )

    def _append(self, request: Request) -> Answer:
        known = self._objects.get(request.path, b"")
        if int(request.query["position"]) != len(known):
            return _refusal(409, "PositionNotEqualToLength", "Position is not equal to file length")
        self._objects[request.path] = known + request.body
        return Answer(headers=(("x-oss-next-append-position", str(len(known) + len(request.body))),))

    def _put(self, request: Request) -> Answer:
        if request.headers.get("x-oss-forbid-overwrite") == "true" and request.path in self._objects:
            return _refusal(
                409, "FileAlreadyExists", "The object you specified already exists and can not be overwritten."
            )
        self._objects[request.path] = request.body
        return Answer(headers=(("ETag", _etag(request.body)),))


def _operation(request: Request) -> str:
    if request.method == "POST" and request.path == "/":
        fields = {**request.query, **dict(parse_qsl(request.body.decode()))}
        return request.headers.get("x-acs-action") or fields["Action"]
    if request.method == "POST":
        return "AppendObject"
    return {"PUT": "PutObject", "GET": "GetObject", "HEAD": "HeadObject"}[request.method]


def _object(operation: str, path: str, stored: bytes | None) -> Answer:
    """What was put or appended; any other name is a video, which nobody downloads here."""
    if stored is None and operation == "GetObject":
        return _refusal(404, "NoSuchKey", "The specified key does not exist.")
    headers = [("ETag", _etag(path.encode() if stored is None else stored)), ("x-oss-object-type", "Normal")]
    headers.append(("Last-Modified", formatdate(usegmt=True)))
    length = VIDEO_BYTES if stored is None else len(stored)
    return Answer(headers=tuple(headers), body=stored or b"" if operation == "GetObject" else b"", length=length)


def _etag(content: bytes) -> str:
    return f'"{hashlib.md5(content, usedforsecurity=False).hexdigest().upper()}"'


def _refusal(status: int, code: str, message: str) -> Answer:
    body = f"<Error><Code>{code}</Code><Message>{message}</Message><RequestId>5C3D9175B6FC</RequestId></Error>"
    return Answer(status, (("Content-Type", "application/xml"),), body.encode())


def _read(stream: BinaryIO) -> Request | None:
    """The next request of a connection; None when the client has closed it."""
    start = stream.readline()
    if not start:
        return None
    method, target, _ = start.decode("latin-1").split(" ")
    headers: dict[str, str] = {}
    while (line := stream.readline()) not in (b"\r\n", b""):
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.lower()] = value.strip()
    body = stream.read(int(headers.get("content-length", 0)))
    path, _, query = target.partition("?")
    return Request(method, path, dict(parse_qsl(query, keep_blank_values=True)), headers, body)


def _converse(connection: socket.socket, services: Services) -> None:
    with connection, connection.makefile("rb") as stream:
        while request := _read(stream):
            received = time.perf_counter()
            answer = services.answer(request).encode()
            if request.path != "/_stub":
                time.sleep(max(0.0, services.latency - (time.perf_counter() - received)))
            connection.sendall(answer)


def _listen(services: Services, tls: ssl.SSLContext | None) -> int:
    """Accepts connections on a free port until the process ends."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)

    def serve(connection: socket.socket) -> None:
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            _converse(tls.wrap_socket(connection, server_side=True) if tls else connection, services)
        except OSError:
            connection.close()  # the client is gone, or has been ended

    def accept() -> None:
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return int(listener.getsockname()[1])


def main(certificate: Path) -> None:
    """`certificate`: PEM of key and certificate. Prints both ports, then serves until standard input is closed."""
    services = Services()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    print(json.dumps({"http": _listen(services, None), "https": _listen(services, tls)}), flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
