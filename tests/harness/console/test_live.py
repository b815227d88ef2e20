"""Server-sent events: what they tell, and that they end."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from harness.cloud import LocalCloud
from harness.console import live
from harness.console.live import Live, TooManyStreams
from harness.http.server import Response, Server
from harness.journal import Journal


def events(answer: requests.Response) -> Iterator[dict[str, Any]]:
    for line in answer.iter_lines(decode_unicode=True):
        if line.startswith("data: "):
            yield json.loads(line[6:])


def connection_threads() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if "process_request_thread" in thread.name}


def test_what_happens_is_told_as_it_happens(session: requests.Session, cloud: LocalCloud) -> None:
    with session.get(f"{cloud.url}/_admin/events", stream=True, timeout=10) as answer:
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        stream = events(answer)
        session.post(f"{cloud.url}/_admin/faults", data="oss:PutObject:latency=0:times=1", timeout=10)
        session.put(f"{cloud.url}/_admin/objects?bucket=my-videos&key=猫+.mp4", data=b"film", timeout=10)
        fault, event, request = (next(stream) for _ in range(3))
        assert [entry["kind"] for entry in (fault, event, request)] == ["fault", "event", "request"]
        assert (request["fields"]["operation"], request["fields"]["key"]) == ("PutObject", "猫 .mp4")
    assert cloud.fc.drain(30)


def test_a_browser_that_vanishes_leaves_no_thread() -> None:
    told = Live(Journal(), lambda entry: {}, heartbeat=0.02)
    server = Server(lambda request: Response(200, {"Content-Type": "text/event-stream"}, told.stream()))
    server.start()
    before = connection_threads()
    sockets = [socket.create_connection((server.host, server.port), 10) for _ in range(5)]
    for made in sockets:
        made.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert b"text/event-stream" in made.recv(4096)
    mine = connection_threads() - before
    assert len(mine) == 5
    for made in sockets:
        made.close()
    for thread in mine:
        thread.join(10)
    assert not [thread for thread in mine if thread.is_alive()]
    assert told.streams == 0
    server.stop()


def test_a_stop_ends_the_streams_at_once() -> None:
    cloud = LocalCloud()
    cloud.start()
    before = connection_threads()
    with requests.Session() as session:
        session.trust_env = False
        answer = session.get(f"{cloud.url}/_admin/events", stream=True, timeout=10)
        lines = answer.iter_lines()
        assert next(lines) == b"retry: 1000"
        (thread,) = connection_threads() - before
        started = time.monotonic()
        cloud.stop()
        thread.join(10)
        assert not thread.is_alive()
        assert time.monotonic() - started < 2  # the heartbeat is 5 s
        assert not any(lines)


def test_no_more_streams_than_there_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "MAX_STREAMS", 1)
    journal = Journal()
    told = Live(journal, lambda entry: {"kind": entry.kind})
    first = told.stream()
    assert next(first) == b"retry: 1000\n\n"
    with pytest.raises(TooManyStreams):
        told.stream()
    journal.add("task", task_id=1)
    assert next(first) == b'data: {"kind": "task"}\n\n'
    told.close()
    assert list(first) == []
    assert told.streams == 0
    journal.add("task", task_id=2)  # nobody listens any more


def test_a_slow_reader_costs_bounded_memory() -> None:
    journal = Journal()
    told = Live(journal, lambda entry: dict(entry.fields))
    stream = told.stream()
    next(stream)
    for number in range(5000):
        journal.add("task", number=number)
    text = next(stream).decode()
    assert text.count("data:") == 1000
    assert '"number": 4999' in text
    told.close()
    assert list(stream) == []
