"""Where an answer begins and ends, and whether its connection may carry another."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from itertools import pairwise

import pytest

from handler.wire import BadAnswer, Limit, read_answer

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhallo"


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def chunked(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("status", [200, 204, 304])
def test_what_has_no_body_ends_with_its_head(
    pair: tuple[socket.socket, socket.socket], method: str, status: int
) -> None:
    body = b"hallo" if (method, status) == ("GET", 200) else b""
    pair[1].sendall(b"HTTP/1.1 %d\r\nContent-Length: 5\r\nX-A:  b c \r\n\r\n" % status + body)
    answer = read_answer(pair[0], method, Limit(1.0))
    assert (answer.status_code, answer.content, answer.headers["x-a"]) == (status, body, "b c")
    assert answer.reusable


@pytest.mark.parametrize("cut", range(1, 40))
def test_it_is_the_same_however_it_comes(pair: tuple[socket.socket, socket.socket], cut: int) -> None:
    whole = b"HTTP/1.1 103 Early\r\nLink: </a>\r\n\r\n" + chunked(
        b"2\r\nha\r\n3;a=b\r\nllo\r\n0\r\nX-T: 1\r\n\r\n"
    )
    pieces = [whole[start:end] for start, end in pairwise([*range(0, len(whole), cut), len(whole)])]

    def send() -> None:
        for piece in pieces:
            pair[1].sendall(piece)

    sending = threading.Thread(target=send)
    sending.start()
    answer = read_answer(pair[0], "GET", Limit(5.0))
    sending.join()
    assert (answer.status_code, answer.content, answer.reusable) == (200, b"hallo", True)


@pytest.mark.parametrize("interim", [100, 102, 103, 199])
def test_an_interim_answer_is_not_the_answer(pair: tuple[socket.socket, socket.socket], interim: int) -> None:
    pair[1].sendall(b"HTTP/1.1 %d Wait\r\nLink: </a>\r\n\r\n" % interim * 3 + OK)
    answer = read_answer(pair[0], "GET", Limit(1.0))
    assert (answer.status_code, answer.content, answer.reusable) == (200, b"hallo", True)


@pytest.mark.parametrize(
    "sent",
    [
        OK + b"x",
        OK + OK,
        b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhallo",
        b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhallo",
        b"HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 5\r\n\r\nhallo",
        chunked(b"0\r\n\r\nHTTP/1.1 200 OK\r\n"),
    ],
)
def test_a_connection_with_more_on_it_carries_nothing_else(
    pair: tuple[socket.socket, socket.socket], sent: bytes
) -> None:
    pair[1].sendall(sent)
    assert not read_answer(pair[0], "GET", Limit(1.0)).reusable


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        OK[:-1],
        OK[:20],
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n",
        b"HTTP/1.1 200 OK\nContent-Length: 0\n\n",
        chunked(b"1\r\nx\r\n"),
        chunked(b"1\r\nx\r\n0\r\n"),
    ],
)
def test_an_answer_that_ends_early_is_not_one(pair: tuple[socket.socket, socket.socket], sent: bytes) -> None:
    pair[1].sendall(sent)
    pair[1].shutdown(socket.SHUT_WR)
    with pytest.raises(BadAnswer):
        read_answer(pair[0], "GET", Limit(5.0))


@pytest.mark.parametrize(
    "sent",
    [
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/2 200\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 099 Low\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 101 Switching\r\nContent-Length: 0\r\n\r\n" + OK,
        b"hallo\r\n\r\n",
        OK.replace(b"\r\n\r\n", b"\r\nContent-Length: 4\r\n\r\n"),
        OK.replace(b"\r\n\r\n", b"\r\nTransfer-Encoding: chunked\r\n\r\n"),
        OK.replace(b": 5", b": 5, 5"),
        OK.replace(b": 5", b": -5"),
        OK.replace(b": 5", b": +5"),
        OK.replace(b": 5", b": 5e0"),
        OK.replace(b": 5", b": 99999999999"),
        OK.replace(b"\r\n\r\n", b"\r\n folded: line\r\n\r\n"),
        OK.replace(b"\r\n\r\n", b"\r\nno colon\r\n\r\n"),
        OK.replace(b"\r\n\r\n", b"\r\nX\x00: null\r\n\r\n"),
        chunked(b"").replace(b"chunked", b"gzip, chunked"),
        chunked(b"-1\r\nx\r\n0\r\n\r\n"),
        chunked(b"0x1\r\nx\r\n0\r\n\r\n"),
        chunked(b"\r\nx\r\n0\r\n\r\n"),
        chunked(b"1\r\nxyz\r\n0\r\n\r\n"),
        chunked(b"ffffffff\r\nx"),
        chunked(b"0\r\nno trailer\r\n\r\n"),
        b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 20_000,
    ],
)
def test_what_is_wrong_is_refused_at_once(pair: tuple[socket.socket, socket.socket], sent: bytes) -> None:
    """Without waiting for an end that may never come."""

    def send() -> None:
        with contextlib.suppress(OSError):  # nobody reads so much
            pair[1].sendall(sent)

    sending = threading.Thread(target=send)
    sending.start()
    with pytest.raises(BadAnswer):
        read_answer(pair[0], "GET", Limit(5.0))
    pair[0].close()
    sending.join()


@pytest.mark.parametrize(
    ("start", "drop"),
    [
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", b"x"),
        (chunked(b""), b"1\r\nx\r\n"),
    ],
)
def test_who_drips_is_not_waited_for_longer_than_the_limit(
    pair: tuple[socket.socket, socket.socket], start: bytes, drop: bytes
) -> None:
    """Each silence is short, and there is no end of them."""
    over = threading.Event()

    def drip() -> None:
        pair[1].sendall(start)
        while not over.wait(0.01):
            pair[1].sendall(drop)

    dripping = threading.Thread(target=drip)
    dripping.start()
    with pytest.raises(TimeoutError):
        read_answer(pair[0], "GET", Limit(0.1))
    over.set()
    dripping.join()


def test_time_in_which_the_instance_was_frozen_counts(
    pair: tuple[socket.socket, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its monotonic clock may have stood still."""
    wall = [1000.0]
    monkeypatch.setattr("time.time", lambda: wall[0])
    limit = Limit(5.0)
    pair[1].sendall(OK)
    wall[0] += 3600
    with pytest.raises(TimeoutError):
        read_answer(pair[0], "GET", limit)


def test_each_wait_is_for_what_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    now, waits = [1000.0], list[float | None]()
    for clock in ("time.time", "time.monotonic"):
        monkeypatch.setattr(clock, lambda: now[0])

    class Slow(socket.socket):
        pieces = iter([OK[:20], OK[20:40], OK[40:]])

        def settimeout(self, value: float | None, /) -> None:
            waits.append(value)

        def recv(self, *_: object) -> bytes:
            now[0] += 2.0
            return next(self.pieces)

    with Slow() as slow:
        assert read_answer(slow, "GET", Limit(5.0)).content == b"hallo"
    assert waits == [5.0, 3.0, 1.0]
