"""Things to do at a time, by a bounded number of threads, again until they are done."""

from __future__ import annotations

import heapq
import logging
import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")
_log = logging.getLogger(__name__)


class Schedule(Generic[T]):
    """`run(item)` gives the seconds until it wants to run again, or None when the item is done.

    The earliest due item comes first, and of those due at the same time the first to come. A thread that has had
    nothing to do for `idle_seconds` ends.
    """

    def __init__(self, run: Callable[[T], float | None], name: str, idle_seconds: float = 5.0) -> None:
        self._run = run
        self._name = name
        self._idle_seconds = idle_seconds
        self._changed = threading.Condition()
        self._heap: list[tuple[float, int, T]] = []
        self._counter = 0
        self._pending = 0
        self._waiting = 0
        self._threads: list[threading.Thread] = []
        self._closed = False

    def __len__(self) -> int:
        """Items that are not done: waiting or running."""
        return self._pending

    def add(self, item: T, delay: float, threads: int) -> None:
        """Due in `delay` seconds; up to so many threads may work on this schedule."""
        with self._changed:
            if self._closed:
                return
            self._pending += 1
            self._push(item, delay)
            # Who was woken for an item before this one still counts as waiting.
            if len(self._heap) > self._waiting and len(self._threads) < threads:
                thread = threading.Thread(target=self._work, name=self._name, daemon=True)
                self._threads.append(thread)
                thread.start()

    def drain(self, deadline: float) -> bool:
        """Until every item is done; False when the monotonic clock passes `deadline` first."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._pending or self._closed, deadline - time.monotonic())

    def close(self) -> None:
        """Starts nothing any more. `join` waits for what is running."""
        with self._changed:
            self._closed = True
            self._heap.clear()
            self._changed.notify_all()

    def join(self, limit: float) -> bool:
        """Whether everything that was running has ended after `limit` seconds at most."""
        deadline = time.monotonic() + limit
        with self._changed:
            threads = list(self._threads)
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in threads)

    def _push(self, item: T, delay: float) -> None:
        self._counter += 1
        heapq.heappush(self._heap, (time.monotonic() + delay, self._counter, item))
        self._changed.notify_all()

    def _work(self) -> None:
        while (item := self._next()) is not None:
            again = None
            try:
                again = self._run(item)
            except Exception:  # noqa: BLE001  (one item must not end the work on all others)
                _log.exception("%s: an item is dropped", self._name)
            with self._changed:
                if again is not None and not self._closed:
                    self._push(item, again)
                else:
                    self._pending -= 1
                    self._changed.notify_all()

    def _next(self) -> T | None:
        with self._changed:
            idle_until = time.monotonic() + self._idle_seconds
            while not self._closed:
                now = time.monotonic()
                due = self._heap[0][0] if self._heap else None
                if due is not None and due <= now:
                    return heapq.heappop(self._heap)[2]
                # One of those that wait stays for what is due later.
                until = due if due is not None and not self._waiting else min(idle_until, due or idle_until)
                if until <= now:
                    self._threads.remove(threading.current_thread())
                    return None
                self._waiting += 1
                self._changed.wait(until - now)
                self._waiting -= 1
            return None
