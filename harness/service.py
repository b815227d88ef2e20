"""What the services of the local cloud share: their shape, authorization and the journal."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from harness.http import Request, Response
from harness.identity import Credentials
from harness.ram import Decision


class Service(Protocol):
    """One cloud service behind the shared port.

    The dispatcher asks `operation` first (for faults and the journal; it must not read the body of an upload), and
    calls `handle`, or `refuse` when a fault says so. `handle` never raises for a bad request: it answers as the
    service would.
    """

    name: str

    def operation(self, request: Request) -> str: ...

    def handle(self, request: Request) -> Response: ...

    def refuse(self, request: Request, status: int, code: str, message: str) -> Response: ...


#: (who, action, resource, condition context) → may they? `who` is None for an anonymous request.
Authorize = Callable[[Credentials | None, str, str, Mapping[str, str]], Decision]


def condition_context(request: Request, now: float) -> dict[str, str]:
    """RAM's common condition keys of a request. now: epoch seconds."""
    return {
        "acs:SourceIp": request.client,
        "acs:UserAgent": request.header("User-Agent"),
        "acs:CurrentTime": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now)),
        "acs:SecureTransport": "false",
    }


@dataclass(frozen=True)
class Entry:
    """One line of the journal.

    kind: request, denied, invocation, log, task, callback, event, fault, destination or reset.
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
