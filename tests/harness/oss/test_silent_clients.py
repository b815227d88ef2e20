"""Clients that announce a body and send none, or less of it."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
import requests

from tests.harness.oss.local import LocalOss

PUT = b"PUT /videos/k HTTP/1.1\r\nHost: 127.0.0.1\r\n"
SILENT = {
    "nothing": PUT + b"Content-Length: 9\r\n\r\n",
    "less": PUT + b"Content-Length: 9\r\n\r\nhalf",
    "no chunk": PUT + b"Transfer-Encoding: chunked\r\n\r\n",
    "no last chunk": PUT + b"Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
    "a document": b"POST /videos?delete HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n\r\n<Delete>",
}


@pytest.fixture
def impatient(oss: LocalOss) -> Iterator[LocalOss]:
    """An OSS that waits 0.2 seconds for a body."""
    oss.rights.open_to_all = True
    limits = oss.server.server.limits
    before, limits.silence = limits.silence, 0.2
    yield oss
    limits.silence = before


def answer_to(oss: LocalOss, request: bytes) -> bytes:
    """All that comes until the server has nothing more to say."""
    read = b""
    with socket.create_connection(("127.0.0.1", oss.server.port), timeout=10) as connection:
        connection.sendall(request)
        while data := connection.recv(65536):
            read += data
    return read


@pytest.mark.parametrize("request_bytes", SILENT.values(), ids=SILENT.keys())
def test_a_body_that_does_not_come(impatient: LocalOss, request_bytes: bytes) -> None:
    answer = answer_to(impatient, request_bytes)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"<Code>RequestTimeout</Code>" in answer
    assert b"Connection: close" in answer
    assert impatient.store.list("videos") == []


@pytest.mark.parametrize(("method", "shown"), [(b"GET", b"moving"), (b"HEAD", b"")])
def test_nobody_waits_for_the_body_of_a_read(oss: LocalOss, method: bytes, shown: bytes) -> None:
    oss.rights.open_to_all = True
    oss.store.put("videos", "k", b"moving")
    answer = answer_to(oss, method + b" /videos/k HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.endswith(b"\r\n\r\n" + shown)


def test_a_pause_between_requests_is_no_silence(impatient: LocalOss) -> None:
    impatient.store.put("videos", "k", b"moving")
    request = b"GET /videos/k HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    with socket.create_connection(("127.0.0.1", impatient.server.port), timeout=10) as connection:
        for pause in (0.3, 0.01):
            connection.settimeout(10)
            connection.sendall(request)
            read = b""
            while not read.endswith(b"moving"):
                read += connection.recv(65536)
            connection.settimeout(pause)
            with pytest.raises(TimeoutError):  # open, and silent
                connection.recv(1)


def test_headers_without_end(oss: LocalOss) -> None:
    many = {f"x-n{number}": "v" * 1000 for number in range(70)}
    assert requests.get(f"{oss.url}/videos", headers=many, timeout=10).status_code == 431
