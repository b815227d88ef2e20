"""What is sent, and over which connection."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from handler.connections import Connections, NeverSent, NoAnswer, NotSent

from .http_server import Server, serving

LIMIT = 6.0
#: requests would write its path as /a+b*'1'
PATH = "/a%2Bb%2A%271%27"


@pytest.fixture
def server() -> Iterator[Server]:
    yield from serving(Server())


def test_a_url_is_sent_as_it_was_signed_over_one_connection(server: Server) -> None:
    session = Connections(size=2)
    for _ in range(3):
        session.send("POST", f"http://127.0.0.1:{server.port}{PATH}?x=%20", {}, seconds=LIMIT)
    assert [target for target, _, _ in server.requests] == [f"{PATH}?x=%20"] * 3
    assert server.connections == 1
    session.close()


def test_a_connection_that_idled_too_long_is_not_used_again(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And only that one: each host's connections have a time of their own."""
    now = [1_000_000.0]
    monkeypatch.setattr(time, "time", lambda: now[0])
    session = Connections(size=2)
    for host, pause in [("127.0.0.1", 0.0), ("127.0.0.1", 9.0), ("localhost", 0.0), ("127.0.0.1", 9.0)]:
        now[0] += pause
        session.send("POST", f"http://{host}:{server.port}/", {}, seconds=LIMIT)
    assert server.connections == 2
    now[0] += 9.0
    session.send("POST", f"http://127.0.0.1:{server.port}/", {}, seconds=LIMIT)
    assert server.connections == 2
    session.send("POST", f"http://localhost:{server.port}/", {}, seconds=LIMIT)
    assert server.connections == 3
    session.close()


def test_connecting_is_bounded_as_a_whole(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Looking up a name may take longer than any timeout of a socket; nothing is sent after that."""
    now = [1_000_000.0]

    real = socket.getaddrinfo

    def look_up(*args: Any, **kwargs: Any) -> Any:
        now[0] += 30.0
        return real(*args, **kwargs)

    monkeypatch.setattr(time, "time", lambda: now[0])
    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    session = Connections(size=2)
    with pytest.raises(NotSent):
        session.send("POST", f"http://localhost:{server.port}/", {}, seconds=LIMIT)
    assert server.requests == []
    session.close()


def test_neither_redirects_nor_cookies_are_followed_up(server: Server) -> None:
    session = Connections(size=2)
    url = f"http://127.0.0.1:{server.port}/"
    answers = [session.send("POST", url, {"X-A": "b"}, b"a=1", seconds=LIMIT) for _ in range(2)]
    assert [(answer.status_code, answer.content) for answer in answers] == [(302, b"hallo")] * 2
    for target, body, headers in server.requests:
        assert (target, body, headers["X-A"]) == ("/", "a=1", "b")
        assert "Cookie" not in headers
    session.close()


def test_a_connection_that_the_service_closed_is_not_used_again(server: Server) -> None:
    session = Connections(size=2)
    for path in ("/bye", "/"):
        url = f"http://127.0.0.1:{server.port}{path}"
        assert session.send("POST", url, {}, seconds=LIMIT).content == b"hallo"
        assert path == "/" or server.ended.wait(5)
    assert [target for target, _, _ in server.requests] == ["/bye", "/"]
    session.close()


def test_a_connection_that_the_service_will_close_is_not_used_again(server: Server) -> None:
    session = Connections(size=2)
    for _ in range(2):
        session.send("POST", f"http://127.0.0.1:{server.port}/close", {}, seconds=LIMIT)
    assert server.connections == 2
    session.close()


def test_more_connections_than_wanted_are_not_kept(server: Server) -> None:
    session = Connections(size=1)
    url = f"http://127.0.0.1:{server.port}/four"
    with ThreadPoolExecutor(4) as pool:
        for _ in range(2):
            list(pool.map(lambda _: session.send("POST", url, {}, seconds=LIMIT), range(4)))
    assert server.connections == 4 + 3
    session.close()


def test_silence_has_a_limit(server: Server) -> None:
    session = Connections(size=2)
    with pytest.raises(NoAnswer, match="in time"):
        session.send("POST", f"http://127.0.0.1:{server.port}/silent", {}, seconds=0.1)
    session.close()


def test_an_answer_in_chunks_is_put_together(server: Server) -> None:
    session = Connections(size=2)
    url = f"http://127.0.0.1:{server.port}/chunked"
    answers = [session.send("POST", url, {}, seconds=LIMIT) for _ in range(2)]
    assert [answer.content for answer in answers] == [b"hallo"] * 2
    assert server.connections == 1
    session.close()


@pytest.mark.parametrize(("path", "value"), [("/", "a\r\nx-b: c"), ("/", "猫"), ("/a b", ""), ("/猫", "")])
def test_what_would_be_another_request_is_not_sent(server: Server, path: str, value: str) -> None:
    session = Connections(size=2)
    url = f"http://127.0.0.1:{server.port}{path}"
    with pytest.raises(NeverSent):
        session.send("POST", url, {"x-a": value}, seconds=LIMIT)
    assert server.connections == 0
    session.close()


@pytest.mark.parametrize("host", ["127.0.0.1", "a" * 64 + ".example"])  # the second is too long for a name
def test_without_a_connection_nothing_was_sent(host: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(NotSent):
        Connections(size=2).send("POST", f"http://{host}:{port}/", {}, seconds=LIMIT)


def test_who_speaks_no_tls_has_not_seen_the_request(server: Server) -> None:
    with pytest.raises(NotSent):
        Connections(size=2).send("POST", f"https://127.0.0.1:{server.port}/", {}, seconds=LIMIT)
    assert server.requests == []


def test_an_answer_that_ends_early_is_an_error_of_the_request(server: Server) -> None:
    session = Connections(size=2)
    with pytest.raises(NoAnswer):
        session.send("POST", f"http://127.0.0.1:{server.port}/cut", {}, seconds=LIMIT)
    session.close()


def test_who_was_frozen_before_sending_has_sent_nothing(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    session = Connections(size=2)
    url = f"http://127.0.0.1:{server.port}/"
    session.send("POST", url, {}, seconds=LIMIT)
    now = iter([1_000_000.0, 1_000_000.0, 1_003_600.0, 1_003_600.0])
    monkeypatch.setattr(time, "time", lambda: next(now))
    monkeypatch.setattr("handler.connections.MAX_IDLE_SECONDS", 1e9)
    with pytest.raises(NotSent, match="held up"):
        session.send("POST", url, {}, seconds=LIMIT)
    assert len(server.requests) == 1
    monkeypatch.undo()
    session.close()
