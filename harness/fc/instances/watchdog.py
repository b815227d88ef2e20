"""The thread that looks after running instances: time limits, memory limits, processes that ended, idle ones."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator

from harness.fc.instances.instance import Instance

#: Seconds between two looks at instances that run a request.
_INTERVAL = 0.02


class Watchdog:
    """Knows every living instance. `on_idle_look` is called about every `idle_interval` seconds."""

    def __init__(self, on_idle_look: Callable[[], None], idle_interval: float) -> None:
        self._on_idle_look = on_idle_look
        self._idle_interval = idle_interval
        self._changed = threading.Condition()
        self._instances: set[Instance] = set()
        self._busy: set[Instance] = set()
        self._closed = False
        self._thread = threading.Thread(target=self._watch, name="fc-watchdog", daemon=True)
        self._thread.start()

    def add(self, instance: Instance) -> None:
        """From its start on. A closed local cloud ends it at once."""
        with self._changed:
            closed = self._closed
            self._instances.add(instance)
        if closed:
            instance.kill()

    @contextlib.contextmanager
    def request(self, instance: Instance, request_id: str) -> Iterator[None]:
        """While the instance works for this request, it is watched closely."""
        instance.request_id = request_id
        with self._changed:
            self._busy.add(instance)
            self._changed.notify()
        try:
            yield
        finally:
            with self._changed:
                self._busy.discard(instance)

    def kill(self, chosen: Callable[[Instance], bool]) -> int:
        """Kills the processes of those that run a request now; how many."""
        with self._changed:
            victims = [instance for instance in self._busy if chosen(instance)]
        for instance in victims:
            instance.kill()
        return len(victims)

    def close(self) -> None:
        """Ends the thread and every instance."""
        with self._changed:
            self._closed = True
            instances = list(self._instances)
            self._changed.notify()
        for instance in instances:
            instance.kill()
        for instance in instances:
            instance.close()
        self._thread.join(5)

    def _watch(self) -> None:
        next_idle_look = time.monotonic() + self._idle_interval
        while True:
            with self._changed:
                if not self._closed:
                    self._changed.wait(_INTERVAL if self._busy else self._idle_interval)
                if self._closed:
                    return
                busy = list(self._busy)
            now = time.monotonic()
            for instance in busy:
                instance.check(now)
            if now >= next_idle_look:
                next_idle_look = now + self._idle_interval
                self._on_idle_look()
                with self._changed:
                    self._instances = {i for i in self._instances if i.alive or i in self._busy}
