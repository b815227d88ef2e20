"""The product's functions, stopped at each of their requests: who holds the engine says which goes on, and how.

Each invocation is an actor with threads of its own. They stop before each request, which then reaches the services
of a local cloud without a network, or does not; its answer arrives, or does not; or the process dies there. So the
order is decided in one place, and a run can be repeated. Sleeping moves the clock.
"""

from __future__ import annotations

import io
import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import Message
from enum import Enum
from http.client import responses
from types import SimpleNamespace
from typing import Any

from requests import PreparedRequest
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict

import handler.collect
import handler.main
import handler.pending
import handler.tracking
from handler.connections import Connections, NoAnswer, NotSent
from handler.wire import Answer
from harness.cloud import LocalCloud
from harness.http.body import Body
from harness.http.server import Request

from .timeline import Timeline

#: Real seconds in which an actor comes to its next request; longer is a fault of the engine.
_PATIENCE = 30.0


class How(Enum):
    """What becomes of a request."""

    GO = "it is answered"
    NEVER_SENT = "it is not connected"
    LOST_BEFORE = "it does not arrive, and nobody knows"
    LOST_AFTER = "it takes effect, and its answer does not arrive"
    KILLED_BEFORE = "the process dies before it"
    KILLED_AFTER = "the process dies after its effect"


class Killed(BaseException):
    """Ends the threads of a process that is dead. No `except Exception` keeps it."""


class Actor:
    """One invocation. `result`, `error`: how it has ended."""

    def __init__(self, name: str, call: Callable[[], Any]) -> None:
        self.name = name
        self.result: Any = None
        self.error: Exception | None = None
        self.is_dead = False
        self.has_ended = False
        self.parked: list[_Parked] = []
        self._call = call
        self._changed = threading.Condition()
        self._running = 0
        thread = threading.Thread(target=self._run, daemon=True)
        self.begin_thread()
        _actors[thread] = self
        thread.start()
        self.settle()

    def _run(self) -> None:
        try:
            self.result = self._call()
        except Killed:
            pass
        except Exception as error:  # noqa: BLE001 - it is the invocation's result
            self.error = error
        with self._changed:
            self.has_ended = True
            _actors.pop(threading.current_thread(), None)
        self.end_thread()

    def begin_thread(self) -> None:
        with self._changed:
            self._running += 1

    def end_thread(self) -> None:
        with self._changed:
            self._running -= 1
            self._changed.notify_all()

    def settle(self) -> None:
        """Until all its threads stand before a request, wait for one that does, or have ended."""
        with self._changed:
            assert self._changed.wait_for(lambda: not self._running, _PATIENCE), f"{self.name} is stuck"
            # Which of two threads came first is an accident, and a run is to be repeated.
            self.parked.sort(key=lambda parked: parked.is_beside)

    def park(self, parked: _Parked) -> None:
        """The calling thread waits for its turn."""
        with self._changed:
            self.parked.append(parked)
        self.end_thread()
        assert parked.turn.wait(_PATIENCE * 10), f"{self.name} was forgotten"

    def go_on(self, how: How, place: int = 0) -> None:
        """Its request at `place` of those that wait: 1 is the entry that is written beside a call."""
        if how in (How.KILLED_BEFORE, How.KILLED_AFTER):
            self._kill(how, place)
            return
        parked = self.parked.pop(place % len(self.parked))
        self.begin_thread()
        parked.how = how
        parked.turn.set()
        self.settle()

    def _kill(self, how: How, place: int) -> None:
        chosen = place % len(self.parked)
        self.is_dead = True
        while self.parked:
            parked = self.parked.pop(chosen if how is How.KILLED_AFTER else 0)
            parked.how, how = how, How.KILLED_BEFORE
            self.begin_thread()
            parked.turn.set()
            self.settle()
            chosen = 0


class _Parked:
    """A request that waits. Of the calling thread."""

    def __init__(self) -> None:
        self.turn = threading.Event()
        self.how = How.GO
        self.is_beside = isinstance(threading.current_thread(), _Beside)


_actors: dict[threading.Thread, Actor] = {}


class _Beside(threading.Thread):
    """The thread that writes an entry: of the actor that starts it, which waits for it in `join`."""

    def start(self) -> None:
        self._actor = _actors.get(threading.current_thread())
        if self._actor:
            self._actor.begin_thread()
            _actors[self] = self._actor
        self._guard, self._is_over, self._is_awaited = threading.Lock(), False, False
        super().start()

    def run(self) -> None:
        try:
            super().run()
        except Killed:
            pass
        finally:
            with self._guard:
                self._is_over = True
                _actors.pop(self, None)
                # Who waits in `join` runs from now on, in this one's place.
                if self._actor and not self._is_awaited:
                    self._actor.end_thread()

    def join(self, timeout: float | None = None) -> None:
        with self._guard:
            self._is_awaited = not self._is_over
            if self._actor and self._is_awaited:
                self._actor.end_thread()
        super().join(timeout)


class _Serial:
    """In place of a pool of threads: one after the other, in the order that was asked for."""

    def __init__(self, *_: Any) -> None:
        pass

    def __enter__(self) -> _Serial:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    map = staticmethod(map)


class _Gate(BaseAdapter):
    def __init__(self, cloud: LocalCloud, timeline: Timeline) -> None:
        super().__init__()
        self._cloud, self._timeline = cloud, timeline

    def close(self) -> None:
        pass

    def send(self, request: PreparedRequest, *_: Any, timeout: Any = None, **__: Any) -> Answer:  # type: ignore[override]
        actor = _actors.get(threading.current_thread())
        if actor is None:
            return _answer(self._cloud, request)
        if actor.is_dead:
            raise Killed
        begun, parked = self._timeline.time(), _Parked()
        actor.park(parked)
        if parked.how is How.KILLED_BEFORE:
            raise Killed
        if parked.how is How.NEVER_SENT or self._timeline.time() - begun >= timeout:
            raise NotSent("held up before anything was sent")
        if parked.how is How.LOST_BEFORE:
            raise NoAnswer("the connection broke")
        answer = _answer(self._cloud, request)
        if parked.how is How.KILLED_AFTER:
            raise Killed
        if parked.how is How.LOST_AFTER:
            raise NoAnswer("the connection broke")
        return answer


def _answer(cloud: LocalCloud, request: PreparedRequest) -> Answer:
    """Of the cloud's services, without a network."""
    headers = Message()
    for name, value in request.headers.items():
        headers[name] = value
    body: Any = request.body or b""
    content = body if isinstance(body, bytes) else (body.seek(0), body.read())[1]
    path, _, query = request.path_url.partition("?")
    if "Host" not in headers:
        headers["Host"] = str(request.url).split("/")[2]
    asked = Request(str(request.method), path, query, headers, Body(io.BytesIO(content), headers))
    response = cloud.dispatch(asked)
    sent = response.body if isinstance(response.body, bytes) else b"".join(response.body)
    length = str(len(sent) if response.length is None else response.length)
    given = CaseInsensitiveDict({"Content-Length": length, **response.headers})
    return Answer(
        response.status, responses.get(response.status, ""), given, b"" if request.method == "HEAD" else sent, True
    )


@contextmanager
def stopped_at_requests(cloud: LocalCloud, timeline: Timeline) -> Iterator[None]:
    """While it lasts, every request of the product stops, if an actor makes it; names are given out in order."""
    gate = _Gate(cloud, timeline)

    class Gated(Connections):
        def __init__(self, size: int, ca_bundle: str | None = None) -> None:
            super().__init__(size, ca_bundle)
            self._session.mount("http://", gate)

    numbers = itertools.count(1)
    names = SimpleNamespace(uuid4=lambda: SimpleNamespace(hex=f"{next(numbers):032x}"))
    replaced: list[tuple[Any, str, Any]] = [
        (handler.main, "Connections", Gated),
        (handler.collect, "ThreadPoolExecutor", _Serial),
        (handler.pending, "threading", SimpleNamespace(Thread=_Beside)),
        (handler.pending, "uuid", names),
        (handler.tracking, "uuid", names),
    ]
    before = [(owner, name, getattr(owner, name)) for owner, name, _ in replaced]
    for owner, name, value in replaced:
        setattr(owner, name, value)
    try:
        yield
    finally:
        for owner, name, value in before:
            setattr(owner, name, value)
