"""What happened in one local cloud."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Entry:
    """One line of the journal.

    kind: request, denied, invocation, log, task, callback, event, timer, fault, destination or reset.
    """

    kind: str
    at: float
    fields: Mapping[str, Any] = field(default_factory=dict)


class Journal:
    """What happened in one local cloud, newest last; bounded, so that a long run does not fill memory."""

    def __init__(self, size: int = 20_000) -> None:
        self._entries: deque[Entry] = deque(maxlen=size)
        self._listeners: list[Callable[[Entry], None]] = []
        self._lock = threading.Lock()

    def add(self, kind: str, **fields: Any) -> None:
        entry = Entry(kind, time.time(), fields)
        with self._lock:
            self._entries.append(entry)
            listeners = list(self._listeners)
        for listener in listeners:
            listener(entry)

    def entries(self, kind: str | None = None) -> list[Entry]:
        with self._lock:
            return [entry for entry in self._entries if kind in (None, entry.kind)]

    def listen(self, listener: Callable[[Entry], None]) -> Callable[[], None]:
        """Calls `listener` with every new entry until the returned function is called."""
        with self._lock:
            self._listeners.append(listener)

        def unlisten() -> None:
            with self._lock:
                if listener in self._listeners:
                    self._listeners.remove(listener)

        return unlisten

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()
