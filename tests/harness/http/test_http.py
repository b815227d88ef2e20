"""What is on the wire: bodies that are none, errors that do not wait, headers and paths as they are sent."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from harness.http.server import Request, Response, Server, host_name

HEAD = b"POST /k HTTP/1.1\r\nHost: x\r\n"
GIGABYTES = b"Content-Length: 6000000000\r\n\r\n"


class World:
    """A server that reads the body unless `status` is an error, and what it has seen."""

    def __init__(self) -> None:
        self.status = 200
        self.headers: dict[str, str] = {}
        self.paths: list[str] = []
        self.server = Server(self._answer)
        self.server.start()

    def _answer(self, request: Request) -> Response:
        self.paths.append(request.path)
        body = request.body.read() if self.status < 400 else b"no"
        return Response(self.status, dict(self.headers), body)

    def connect(self) -> socket.socket:
        return socket.create_connection((self.server.host, self.server.port), timeout=10)


@pytest.fixture
def world() -> Iterator[World]:
    made = World()
    yield made
    made.server.stop()


def head(connection: socket.socket) -> tuple[int, str]:
    """Status and headers of the next answer; its body must be short."""
    read = b""
    while b"\r\n\r\n" not in read:
        read += connection.recv(1)
    text = read.decode("latin-1")
    return int(text.split()[1]), text.lower()


CHUNKS = {
    b"-5\r\nhello\r\n0\r\n\r\n": 400,
    b"-1\r\n": 400,
    b"+5\r\nhello\r\n0\r\n\r\n": 400,
    b"0x5\r\nhello\r\n0\r\n\r\n": 400,
    b"zz\r\nhello\r\n0\r\n\r\n": 400,
    b"\r\nhello\r\n0\r\n\r\n": 400,
    b"5\r\nhello!\r\n0\r\n\r\n": 400,
    b"fffffffffffffffff\r\n": 400,
    b"5;name=value\r\nhello\r\n0\r\nTrailer: x\r\n\r\n": 200,
    b"A\r\n0123456789\r\n0\r\n\r\n": 200,
}


@pytest.mark.parametrize(("chunks", "status"), CHUNKS.items())
def test_chunks(world: World, chunks: bytes, status: int) -> None:
    with world.connect() as connection:
        connection.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunks)
        assert head(connection)[0] == status


@pytest.mark.parametrize("lines", [b"+5", b"-5", b"1e3", b"", b"5\r\nContent-Length: 6"])
def test_lengths_that_are_none(world: World, lines: bytes) -> None:
    with world.connect() as connection:
        connection.sendall(HEAD + b"Content-Length: " + lines + b"\r\n\r\nhello")
        assert head(connection)[0] == 400
    assert world.paths == []


AMBIGUOUS = {
    "two hosts": b"Host: x\r\nHost: y\r\nContent-Length: 0\r\n",
    "the same host twice": b"Host: x\r\nHost: x\r\nContent-Length: 0\r\n",
    "no host": b"Content-Length: 0\r\n",
    "length and chunks": b"Host: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n",
    "chunks and length": b"Host: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n",
    "chunked twice": b"Host: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
    "another coding": b"Host: x\r\nTransfer-Encoding: gzip, chunked\r\n",
    "almost chunked": b"Host: x\r\nTransfer-Encoding: xchunked\r\n",
    "a line that is none": b"Host: x\r\nContent-Length : 5\r\nOrigin: y\r\n",
}


@pytest.mark.parametrize("lines", AMBIGUOUS.values(), ids=AMBIGUOUS)
def test_what_two_readers_may_read_differently_is_refused(world: World, lines: bytes) -> None:
    with world.connect() as connection:
        connection.sendall(b"POST /k HTTP/1.1\r\n" + lines + b"\r\n0\r\n\r\n")
        status, headers = head(connection)
    assert (status, "connection: close" in headers, world.paths) == (400, True, [])


@pytest.mark.parametrize(
    ("request_line", "status"), [(b"GET /k HTTP/1.1 x", b"400"), (b"GET /k HTTP/9.9", b"505"), (b"GET", b"400")]
)
def test_what_is_no_request_gets_no_web_page(world: World, request_line: bytes, status: bytes) -> None:
    with world.connect() as connection:
        connection.sendall(request_line + b"\r\nHost: x\r\n\r\n")
        read = b""
        while data := connection.recv(1000):
            read += data
    assert read.startswith(b"HTTP/1.1 " + status)
    assert b"<html" not in read.lower()
    assert world.paths == []


HOST_NAMES = {
    "localhost:9000": "localhost",
    "LOCALHOST.": "localhost",
    "[::1]:9000": "::1",
    "127.0.0.1": "127.0.0.1",
    "[::1].evil.example": "[::1].evil.example",
    "127.0.0.1:9000:x": "127.0.0.1:9000:x",
    "localhost:80@evil": "localhost:80@evil",
}


@pytest.mark.parametrize(("host", "name"), HOST_NAMES.items())
def test_the_name_in_a_host_header(host: str, name: str) -> None:
    assert host_name(host) == name


def test_an_error_does_not_wait_for_a_large_body(world: World) -> None:
    world.status = 403
    with world.connect() as connection:
        connection.sendall(HEAD + GIGABYTES)
        status, headers = head(connection)
        assert (status, "connection: close" in headers) == (403, True)
        connection.sendall(b"x" * 1_000_000)  # who still sends is not reset
        assert connection.recv(100) == b"no"
        assert connection.recv(100) == b""


def test_an_error_with_a_small_body_keeps_the_connection(world: World) -> None:
    world.status = 403
    with world.connect() as connection:
        for _ in range(2):
            connection.sendall(HEAD + b"Content-Length: 5\r\n\r\nhello")
            status, headers = head(connection)
            assert (status, "connection: close" in headers, connection.recv(2)) == (403, False, b"no")


def test_headers_hold_no_others(world: World) -> None:
    world.headers = {"Content-Type": "text/plain\r\nX-Evil: 1", "X-Name": "猫", "X-Old": "é"}
    with world.connect() as connection:
        connection.sendall(HEAD + b"Content-Length: 0\r\n\r\n")
        _, headers = head(connection)
    lines = headers.encode("latin-1").split(b"\r\n")
    assert b"x-name: \xe7\x8c\xab" in lines
    assert b"x-old: \xe9" in lines
    assert not [line for line in lines if line.startswith(b"x-evil")]


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("/my-videos/x://y/z", "/my-videos/x://y/z"),
        ("//a", "//a"),
        ("///a//b?c=//d", "///a//b"),
        ("http://127.0.0.1:9000/my-videos/k?x=1", "/my-videos/k"),
        ("http://host//a", "//a"),
    ],
)
def test_the_path_is_as_it_was_sent(world: World, target: str, path: str) -> None:
    with world.connect() as connection:
        connection.sendall(f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert head(connection)[0] == 200
    assert world.paths == [path]
