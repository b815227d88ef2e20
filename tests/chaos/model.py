"""Everything in any order, one request at a time: hypothesis looks for an order in which an invariant breaks.

The functions are the real ones, the services are the local cloud's. Each rule is one of the things that happen in
an account; what must hold meanwhile and in the end is in invariants.py.
"""

from __future__ import annotations

import itertools
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.e2e.uploads import VIDEOS, event_for

from .engine import Actor, How, stopped_at_requests
from .functions import call_for, invoke
from .invariants import Invariants
from .state import Upload
from .world import World, world

#: Of actors that are at work at the same time.
MOST_ACTORS = 5
MOST_DELIVERIES = 12
#: The collector's runs in the end, by the seconds before each: first as a rule, then until it gives up. A result's
#: URL may have died before anybody came to fetch it.
RUNS = [600.0] * 40 + [3600.0] * 30
#: So long a request may take, a lease lasts, and a collector waits.
JUMPS = (1.0, 12.0, 46.0, 90.0, 600.0)
_examples = itertools.count()


class Account(RuleBasedStateMachine):
    """world: that of all examples; each has keys of its own."""

    world: ClassVar[World]

    @initialize()
    def begin(self) -> None:
        self.world.begin()
        self._folder = f"{next(_examples)}"
        self._uploads: dict[Upload, None] = {}
        self._forced: Counter[str] = Counter()
        #: what the platform still has to deliver, with its request id
        self._events: list[tuple[Any, str]] = []
        self._actors: list[Actor] = []
        self._invariants = Invariants(self.world)
        self._names = itertools.count(1)
        self.somebody_uploads("a", "film")
        self._deliver(0)

    @rule(key=st.sampled_from("ab"), content=st.sampled_from(["film", "another"]))
    def somebody_uploads(self, key: str, content: str) -> None:
        """Also what is there already, and what was there before."""
        name = f"{self._folder}/{key}.mp4"
        etag = self.world.cloud.oss.store.put(VIDEOS, name, content.encode()).etag
        upload = Upload(name, etag)
        self._uploads[upload] = None
        self._events.append((event_for(name, etag, len(content)), f"event-{next(self._names)}"))

    @precondition(lambda self: self._events and len(self._actors) < MOST_ACTORS)
    @rule(number=st.integers(0, 7))
    def an_event_is_delivered(self, number: int) -> None:
        """Perhaps once more, while an earlier delivery is under way."""
        self._deliver(number % len(self._events))

    @precondition(lambda self: self._uploads and len(self._actors) < MOST_ACTORS)
    @rule(number=st.integers(0, 7))
    def a_person_insists(self, number: int) -> None:
        """On another task for what the key holds when the function looks; nobody repeats that request."""
        key = list(self._uploads)[number % len(self._uploads)].key
        self._forced[key] += 1
        event = {"videos": [f"oss://{VIDEOS}/{key}"], "force": True}
        self._start("submit", event, f"person-{next(self._names)}")

    @precondition(lambda self: len(self._actors) < MOST_ACTORS)
    @rule()
    def the_collector_runs(self) -> None:
        self._start("collect", {"collect": True}, "run")

    @precondition(lambda self: self._actors)
    @rule(number=st.integers(0, MOST_ACTORS), place=st.integers(0, 1), requests=st.sampled_from([1, 1, 2, 3, 20]))
    def one_goes_on(self, number: int, place: int, requests: int) -> None:
        for _ in range(requests):
            if not self._go_on(number, How.GO, place):
                return

    @precondition(lambda self: self._actors)
    @rule(number=st.integers(0, MOST_ACTORS), place=st.integers(0, 1), how=st.sampled_from(list(How)[1:]))
    def one_has_bad_luck(self, number: int, place: int, how: How) -> None:
        self._go_on(number, how, place)

    @rule(seconds=st.sampled_from(JUMPS))
    def time_passes(self, seconds: float) -> None:
        """Whoever stands before a request is frozen meanwhile."""
        self.world.timeline.move(seconds)

    @rule()
    def the_service_works(self) -> None:
        self.world.serve()

    @invariant()
    def what_always_holds(self) -> None:
        if hasattr(self, "_uploads"):
            most = {upload: 1 + self._forced[upload.key] for upload in self._uploads}
            self._invariants.check_always(most)

    def teardown(self) -> None:
        """The platform does what it does in the end, and nothing goes wrong any more."""
        if not hasattr(self, "_uploads"):
            return
        while self._actors:
            self._go_on(0, How.GO, 0)
        self.what_always_holds()
        for number in range(len(self._events)):
            self._deliver_until_done(number)
        self._collect_until_done()
        self.what_always_holds()
        self._invariants.check_end(self._uploads)

    def _deliver_until_done(self, number: int) -> None:
        for _ in range(MOST_DELIVERIES):
            actor = self._deliver(number)
            self._finish(actor)
            if actor.error is None:
                return
            self.world.timeline.move(60)
        raise AssertionError(f"{self._events[number]} has failed {MOST_DELIVERIES} times: {actor.error}")

    def _collect_until_done(self) -> None:
        for pause in RUNS:
            self.world.timeline.move(pause)
            self.world.serve()
            self._finish(self._start("collect", {"collect": True}, "run"))
            if not self.world.pending():
                return
        raise AssertionError(f"still pending: {self.world.pending()}")

    def _deliver(self, number: int) -> Actor:
        event, request_id = self._events[number]
        return self._start("submit", event, request_id)

    def _start(self, function: str, event: Any, request_id: str) -> Actor:
        """In a new instance, up to its first request."""
        url, role = self.world.cloud.url, self.world.roles[0 if function == "submit" else 1]
        call = call_for(function, event, request_id, url, url, role)
        actor = Actor(f"{function} {request_id}", lambda: invoke(call))
        if not actor.has_ended:
            self._actors.append(actor)
        return actor

    def _go_on(self, number: int, how: How, place: int) -> bool:
        """Whether there was somebody to go on."""
        if not self._actors:
            return False
        actor = self._actors[number % len(self._actors)]
        actor.go_on(how, place)
        if actor.has_ended or actor.is_dead:
            self._actors.pop(number % len(self._actors))
            return False
        return True

    def _finish(self, actor: Actor) -> None:
        while not actor.has_ended:
            actor.go_on(How.GO)
        self._actors = [each for each in self._actors if each is not actor]


@contextmanager
def accounts() -> Iterator[type[Account]]:
    """The machine, over a cloud of its own."""
    with world() as one, stopped_at_requests(one.cloud, one.timeline), open(os.devnull, "w") as nowhere:
        one.url = one.cloud.url  # nothing goes through the doors
        machine = type("Account", (Account,), {"world": one})
        with redirect_stdout(nowhere):
            yield machine
