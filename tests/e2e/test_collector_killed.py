"""The collector is killed at each of its requests, or another one runs meanwhile: it ends as if nothing had been.

Each request is one place before its effect, and one after it. They are found by counting, until a run ends by
itself.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from http.client import HTTPMessage
from typing import NamedTuple

import pytest

from handler.errors import VideosFailed
from harness.cloud import LocalCloud, local_cloud
from harness.multimediaai.tasks import TaskStatus
from tests.clock import Clock

from .breaking import Proxy
from .collecting import FAILED, GIF, PENDING, Collecting, collector_for, fail, listed, put, succeed, url_of
from .collector_process import CollectorProcess, collector_process
from .handling import handler_for
from .uploads import RECORDS, VIDEOS, event_for, records

pytestmark = pytest.mark.slow

OTHER_GIF = GIF + b" of another upload"
#: Requests are signed by the real time, from which the clock may be fifteen minutes away.
START = -600.0
MOST_RUNS, MOST_REQUESTS = 12, 30
_numbers = itertools.count()


class Gate(Proxy):
    """Something else happens just before the nth request from now is passed on."""

    def __init__(self, port: int) -> None:
        self._counting = threading.Lock()
        self._left = 0
        self._meanwhile: Callable[[], object] = object
        super().__init__(port)

    def open_at(self, nth: int, meanwhile: Callable[[], object]) -> None:
        self._left, self._meanwhile = nth, meanwhile

    @property
    def was_opened(self) -> bool:
        return self._left <= 0

    def _ask(self, request: tuple[str, str, HTTPMessage, bytes]) -> bytes:
        with self._counting:
            self._left -= 1
            due = self._left == 0
        if due:
            self._meanwhile()
        return super()._ask(request)


class Site(NamedTuple):
    cloud: LocalCloud
    clock: Clock
    gate: Gate
    process: CollectorProcess

    def submit(self, key: str, content: bytes) -> None:
        """A video's upload and its event."""
        handler = handler_for(self.cloud, self.clock, self.cloud.url)
        handler(event_for(key, put(self.cloud, key, content), len(content)))

    def result(self, content: bytes, name: str = "result") -> str:
        """A URL of it that leads through the gate."""
        return url_of(self.cloud, name, content).replace(self.cloud.url, self.gate.url)

    def run(self) -> None:
        """A minute later; the service has done what it has to."""
        self.clock.ahead += 60
        while self.cloud.multimediaai.tasks.count(TaskStatus.WAITING):
            succeed(self.cloud, self.result(GIF))
        self.collector()()

    def collector(self) -> Collecting:
        """One in this process, behind the gate: results may be fetched from the services' own address only."""
        endpoints = dict.fromkeys(("OSS_ENDPOINT", "OSS_PUBLIC_ENDPOINT", "GIF_ENDPOINT"), self.gate.url)
        return collector_for(self.cloud, None, **endpoints)

    def run_to_the_end(self) -> None:
        for _ in range(MOST_RUNS):
            self.run()
            if not listed(self.cloud, PENDING):
                return
        raise AssertionError(f"still pending: {listed(self.cloud, PENDING)}")


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    clock = Clock()
    with (
        local_cloud(render=False, clock=clock) as cloud,
        contextlib.closing(Gate(cloud.server.port)) as gate,
        collector_process() as process,
    ):
        yield Site(cloud, clock, gate, process)


def made(site: Site, key: str) -> None:
    site.submit(key, b"film")
    succeed(site.cloud, site.result(GIF))


def told_in_a_text(site: Site, key: str) -> None:
    site.submit(key, b"film")
    succeed(site.cloud, site.result(f"see {site.result(GIF, 'image')}".encode()))


def made_in_place_of_another(site: Site, key: str) -> None:
    made(site, key)
    site.cloud.oss.store.put(RECORDS, f"gifs/{VIDEOS}/{key}.gif", OTHER_GIF)


def made_too_late(site: Site, key: str) -> None:
    """The key holds another upload by now, whose GIF is there already."""
    made_in_place_of_another(site, key)
    put(site.cloud, key, b"another film")


def failed(site: Site, key: str) -> None:
    site.submit(key, b"film")
    fail(site.cloud, error_code="1000", error_name="Download fail", error_reason="no video")


def not_submitted(site: Site, key: str) -> None:
    """Nobody knows whether there is a task, and there is none."""
    site.cloud.faults.add("multimediaai:CreateGifTask:page=503:times=1")
    with pytest.raises(VideosFailed):
        site.submit(key, b"film")
    site.clock.ahead += 60


def refused(site: Site, key: str) -> None:
    site.cloud.faults.add("multimediaai:CreateGifTask:error=401/BalanceNotEnough:times=1")
    with pytest.raises(VideosFailed):
        site.submit(key, b"film")


class Scene(NamedTuple):
    """requests: that the collector makes at least. gif: in the end; None: a line in .failed/ instead."""

    prepare: Callable[[Site, str], None]
    requests: int
    gif: bytes | None = GIF
    has_text: bool = False


SCENES = [
    Scene(made, 8),
    Scene(told_in_a_text, 10, has_text=True),
    Scene(made_in_place_of_another, 11),
    Scene(made_too_late, 8, OTHER_GIF),
    Scene(failed, 7, None),
    Scene(not_submitted, 7),
    Scene(refused, 5, None),
]
EACH = pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.prepare.__name__)
WHEN = pytest.mark.parametrize("after", [False, True], ids=["before", "after"])


def begin(site: Site, scene: Scene) -> str:
    """A new video in this scene, and nothing else; its key."""
    key = f"{next(_numbers)}.mp4"
    site.clock.ahead = START
    site.cloud.reset()
    scene.prepare(site, key)
    return key


def check(site: Site, scene: Scene, key: str, nth: int) -> None:
    """As if there had been one run after the other, and none of them broken."""
    assert len(site.cloud.multimediaai.tasks.list()) <= 1, nth
    ((_, lines),) = records(site.cloud).items()
    ends = [line["status"] for line in lines if line["status"] in ("finished", "task_failed")]
    store, gif, failures = site.cloud.oss.store, f"gifs/{VIDEOS}/{key}.gif", listed(site.cloud, FAILED)
    names = {entry.key for entry in store.list(RECORDS, "gifs/")}
    if scene.gif is None:
        assert (ends.count("finished"), len(failures), names) == (0, 1, set()), nth
    else:
        assert (ends, failures, store.get(RECORDS, gif)) == (["finished"], [], scene.gif), nth
        assert names == {gif, f"{gif}.txt"} if scene.has_text else {gif}, nth


@EACH
@WHEN
def test_killed_at_any_request_and_run_again_it_ends_as_one(site: Site, scene: Scene, after: bool) -> None:
    def kill(client: socket.socket, *_: object) -> None:
        os.kill(site.process.pid.result(10), signal.SIGKILL)

    for nth in range(1, MOST_REQUESTS):
        key = begin(site, scene)
        site.gate.break_next(nth, kill, reaches=after)
        code = site.process.run(site.gate.url, site.cloud.identities.owner)
        assert code == (-signal.SIGKILL if site.gate.broken else 0)
        if code == 0:
            assert nth > scene.requests
            return
        site.run_to_the_end()
        check(site, scene, key, nth)
    raise AssertionError(f"more than {MOST_REQUESTS} requests")


@EACH
def test_two_at_once_end_as_one(site: Site, scene: Scene) -> None:
    """The other one runs while the first one waits to send any of its requests."""
    for nth in range(1, MOST_REQUESTS):
        key = begin(site, scene)
        first, other = site.collector(), site.collector()
        site.gate.open_at(nth, other)
        first()
        if not site.gate.was_opened:
            assert nth > scene.requests
            return
        site.run_to_the_end()
        check(site, scene, key, nth)
    raise AssertionError(f"more than {MOST_REQUESTS} requests")


def test_its_content_comes_back_at_any_request_and_then_its_gif_is_there(site: Site) -> None:
    """What the key holds is asked once, and is on record later: it may have changed back between the two."""
    scene = Scene(made_too_late, 8)
    for nth in range(1, MOST_REQUESTS):
        key = begin(site, scene)
        site.gate.open_at(nth, functools.partial(site.submit, key, b"film"))
        site.collector()()
        if not site.gate.was_opened:
            assert nth > scene.requests
            return
        site.run_to_the_end()
        assert site.cloud.oss.store.get(RECORDS, f"gifs/{VIDEOS}/{key}.gif") == GIF, nth
        assert len(site.cloud.multimediaai.tasks.list()) == 1, nth
        assert listed(site.cloud, FAILED) == [], nth
    raise AssertionError(f"more than {MOST_REQUESTS} requests")


def test_another_upload_comes_at_any_request_and_both_are_followed_to_their_end(site: Site) -> None:
    """Its event comes only when the first one's collector has ended."""
    scene = Scene(made_in_place_of_another, 10)
    for nth in range(1, MOST_REQUESTS):
        key = begin(site, scene)
        site.gate.open_at(nth, functools.partial(put, site.cloud, key, b"another film"))
        site.collector()()
        if not site.gate.was_opened:
            assert nth > scene.requests
            return
        site.run_to_the_end()
        assert len(records(site.cloud)) == 1, nth
        site.submit(key, b"another film")
        site.run_to_the_end()
        ends = [lines[-1]["status"] for lines in records(site.cloud).values()]
        assert (ends, listed(site.cloud, FAILED)) == (["finished"] * 2, []), nth
    raise AssertionError(f"more than {MOST_REQUESTS} requests")
