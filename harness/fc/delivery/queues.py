"""Asynchronous invocation: accepted events, retries, maximum age, destinations.

Policy (FC's pages "Asynchronous invocation" and "Retry policy"): a function error is retried up to
maxAsyncRetryAttempts times; a 429 is retried with binary exponential backoff from 0.5 s for at most five hours; an
event older than maxAsyncEventAgeInSeconds is dropped. Every try of an event has the same request id.

Not implemented: destinations other than functions (they are journaled), stateful async tasks.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from harness.fc.delivery.destinations import Destinations
from harness.fc.delivery.events import Event, EventSpool
from harness.fc.delivery.schedule import Schedule
from harness.fc.errors import FcError, throttled, too_large
from harness.fc.execution import Execution
from harness.fc.invocation import MAX_ASYNC_PAYLOAD, new_request_id, refused
from harness.fc.spec import LATEST

MAX_THROTTLED_SECONDS = 5 * 3600
#: More waiting events than this are refused, so that memory stays bounded (128 KiB each at most).
MAX_PENDING = 20_000
_THREADS = 32


def exponential_delay(retry: int) -> float:
    """Seconds before a retry, from 1. FC does not document the delays; observed ones grow like this."""
    return float(2 ** (retry - 1))


@dataclass
class DeliveryFaults:
    """At-least-once and unordered, made visible: each event so many times more, and out of order."""

    duplicate: int = 0
    _random: random.Random | None = None
    _window: float = 0.05

    def shuffle(self, seed: int | None, window: float = 0.05) -> None:
        """Delays each event by a random time up to `window` seconds; None ends it."""
        self._random = None if seed is None else random.Random(seed)
        self._window = window

    @property
    def shuffled(self) -> bool:
        return self._random is not None

    def delay(self) -> float:
        return self._random.uniform(0, self._window) if self._random else 0.0


class Delivery:
    """The queues of all functions, one each. `retry_delay(n)`: seconds before the nth retry, from 1."""

    def __init__(
        self,
        spool: EventSpool,
        execution: Execution,
        destinations: Destinations,
        retry_delay: Callable[[int], float],
        clock: Callable[[], float],
    ) -> None:
        self.faults = DeliveryFaults()
        self._spool = spool
        #: Read before this run accepts any of its own, so that `resume` delivers none of those twice.
        self._left = spool.left()
        self._execution, self._destinations = execution, destinations
        self._retry_delay = retry_delay
        self._clock = clock
        self._lock = threading.Lock()
        self._queues: dict[str, Schedule[Event]] = {}
        self._closed = False

    def accept(self, function: str, payload: bytes, qualifier: str = LATEST, request_id: str | None = None) -> str:
        """Gives the event's request id. Raises FcError (404, 400 too large, 429 too many wait)."""
        request_id = request_id or new_request_id()
        if len(payload) > MAX_ASYNC_PAYLOAD:
            raise too_large(MAX_ASYNC_PAYLOAD)
        limit = self._execution.limit(function, qualifier)
        if len(self._queue(function)) >= MAX_PENDING:
            raise throttled(f"{MAX_PENDING} asynchronous events are waiting")
        for _ in range(1 + self.faults.duplicate):
            event = Event(function, payload, request_id, self._clock(), qualifier)
            self._spool.add(event)
            self._add(event, limit)
        return request_id

    def resume(self) -> int:
        """Delivers what an earlier run accepted and did not finish; how many events. Drops unknown functions'."""
        events, self._left = self._left, []
        known = 0
        for event in events:
            try:
                self._add(event, self._execution.limit(event.function, event.qualifier))
                known += 1
            except FcError:
                self._spool.remove(event)
        return known

    def pending(self) -> int:
        with self._lock:
            return sum(len(queue) for queue in self._queues.values())

    def drain(self, timeout: float) -> bool:
        """Until no accepted event is waiting, running or about to be retried; also those that come meanwhile."""
        deadline = time.monotonic() + timeout
        while self.pending():
            with self._lock:
                queues = list(self._queues.values())
            if not all(queue.drain(deadline) for queue in queues):
                return False
        return True

    def clear(self, stop_running: Callable[[], object]) -> None:
        """Drops what waits and stops what runs, without retries, and forgets the faults."""
        with self._lock:
            queues, self._queues = self._queues, {}
            self.faults = DeliveryFaults()
            self._left = []
        for queue in queues.values():
            queue.close()
        self._spool.clear()
        deadline = time.monotonic() + 10
        stop_running()
        # An instance that is still starting can only be stopped when its request has begun.
        while not all(queue.join(0.02) for queue in queues.values()) and time.monotonic() < deadline:
            stop_running()

    def close(self) -> None:
        """Starts nothing any more. What has not ended stays for `resume`."""
        self._closed = True
        with self._lock:
            queues = list(self._queues.values())
        for queue in queues:
            queue.close()

    def join(self, limit: float) -> None:
        for queue in list(self._queues.values()):
            queue.join(limit)

    def _queue(self, function: str) -> Schedule[Event]:
        with self._lock:
            return self._queues.setdefault(function, Schedule(self._try, f"fc-async-{function}"))

    def _add(self, event: Event, limit: int) -> None:
        self._queue(event.function).add(event, self.faults.delay(), max(1, min(limit, _THREADS)))

    def _try(self, event: Event) -> float | None:
        try:
            config = self._execution.config(event.function, event.qualifier)
            age = self._clock() - event.accepted_at
            if age > config.max_event_age_seconds or (event.throttled and age > MAX_THROTTLED_SECONDS):
                self._execution.expire(event)
                self._spool.remove(event)
                return None
            result = self._execution.run(event)
        except FcError as exc:
            if exc.status != 429:  # deleted meanwhile, without code, or no fault of its own: FC retries none
                if exc.status >= 500:
                    self._destinations.settle(event, refused(exc, event.request_id), self)
                self._spool.remove(event)
                return None
            event.throttled += 1
            return float(0.5 * 2 ** (event.throttled - 1))
        if not result.ok and event.retry_count < config.max_retry_attempts:
            event.retry_count += 1
            return self._retry_delay(event.retry_count)
        if result.ok or not self._closed:  # else it failed because its instance was ended
            self._destinations.settle(event, result, self)
            self._spool.remove(event)
        return None
