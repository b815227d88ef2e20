"""Changes as they happen: the journal as server-sent events (HTML standard, "Server-sent events").

Each event's data is an entry as a JSON object. A stream ends when the browser goes away, which the next write
notices, and when the cloud stops.
"""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from harness.journal import Entry, Journal

#: Entries that wait for one slow reader; the oldest are dropped.
_WAITING = 1000
#: A connection each, and each a thread.
MAX_STREAMS = 64


class TooManyStreams(Exception):
    """As many as may be open are open."""


class Live:
    """`shape` makes an entry fit to be shown. `heartbeat`: seconds after which an idle stream writes a comment."""

    def __init__(self, journal: Journal, shape: Callable[[Entry], dict[str, Any]], heartbeat: float = 5.0) -> None:
        self._journal = journal
        self._shape = shape
        self._heartbeat = heartbeat
        self._changed = threading.Condition()
        self._closed = False
        self._streams = 0

    @property
    def streams(self) -> int:
        """How many are open."""
        return self._streams

    @property
    def closed(self) -> bool:
        return self._closed

    def close(self) -> None:
        """Ends every stream."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def stream(self) -> Iterator[bytes]:
        """The body of one answer. Raises TooManyStreams at once, not when it is first read."""
        if self._streams >= MAX_STREAMS:
            raise TooManyStreams
        return self._stream()

    def _stream(self) -> Iterator[bytes]:
        waiting: deque[Entry] = deque(maxlen=_WAITING)

        def listener(entry: Entry) -> None:
            with self._changed:
                waiting.append(entry)
                self._changed.notify_all()

        unlisten = self._journal.listen(listener)
        with self._changed:
            self._streams += 1
        try:
            yield b"retry: 1000\n\n"
            while True:
                with self._changed:
                    self._changed.wait_for(lambda: waiting or self._closed, self._heartbeat)
                    if self._closed:
                        return
                    entries = list(waiting)
                    waiting.clear()
                yield b"".join(map(self._event, entries)) or b": nothing new\n\n"
        finally:
            unlisten()
            with self._changed:
                self._streams -= 1

    def _event(self, entry: Entry) -> bytes:
        return f"data: {json.dumps(self._shape(entry), ensure_ascii=False)}\n\n".encode()
