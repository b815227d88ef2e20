"""The instances of one function: on demand, one request at a time each, reused, stopped when idle."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable

from harness.fc.errors import throttled
from harness.fc.instances.instance import Instance

#: More processes starting at once would only slow each other down; who waits takes an instance that becomes free.
_STARTS_AT_ONCE = max(2, os.cpu_count() or 2)


class InstancePool:
    """`start(request_id)` gives an instance that is ready for requests, or raises."""

    def __init__(self, start: Callable[[str], Instance]) -> None:
        self._start = start
        self._changed = threading.Condition()
        self._idle: list[Instance] = []
        self._current: set[Instance] = set()
        self._busy = 0
        self._starting = 0
        self._generation = 0

    def acquire(self, request_id: str, limit: int) -> Instance:
        """Raises FcError (429) when `limit` instances are busy, and what `start` raises."""
        with self._changed:
            if self._busy >= limit:
                raise throttled(f"all {limit} instances are busy")
            self._busy += 1
            while (instance := self._pop_idle()) is None and self._starting >= _STARTS_AT_ONCE:
                self._changed.wait(1)
            if instance:
                return instance
            self._starting += 1
            generation = self._generation
        try:
            instance = self._start(request_id)
        finally:
            with self._changed:
                self._starting -= 1
                if instance is None:
                    self._busy -= 1
                elif generation == self._generation:
                    self._current.add(instance)
                self._changed.notify_all()
        return instance

    def release(self, instance: Instance) -> None:
        """After its request. One that died, or whose function has changed meanwhile, is not used again."""
        with self._changed:
            self._busy -= 1
            reusable = instance in self._current and instance.alive
            if reusable:
                instance.idle_since = time.monotonic()
                self._idle.append(instance)
            else:
                self._current.discard(instance)
            self._changed.notify_all()
        if not reusable:
            instance.close()

    def renew(self) -> None:
        """The function has changed: idle instances end now, busy ones after their request."""
        with self._changed:
            self._generation += 1
            stopped, self._idle = self._idle, []
            self._current.clear()
        for instance in stopped:
            instance.close()

    def stop_idle(self, since: float) -> None:
        """Those without a request since that time (of the monotonic clock)."""
        with self._changed:
            stopped = [instance for instance in self._idle if instance.idle_since <= since]
            self._idle = [instance for instance in self._idle if instance not in stopped]
            self._current.difference_update(stopped)
        for instance in stopped:
            instance.close()

    def _pop_idle(self) -> Instance | None:
        while self._idle:
            instance = self._idle.pop()
            if instance.alive:
                return instance
            self._current.discard(instance)
            instance.close()
        return None
