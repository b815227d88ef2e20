"""The output of one instance, line by line, and the request each line belongs to."""

from __future__ import annotations

import re
import threading
from collections import deque
from collections.abc import Callable
from typing import IO

#: FC cuts longer lines.
MAX_LINE = 128 * 1024
#: What FC returns for `x-fc-log-type: Tail`, in bytes.
TAIL = 4096
_KEPT_LINES = 2_000
#: Lines of the runtime's own. Output without a newline at its end would have them behind it, in the same line.
_MARK = re.compile(r"FC (?:Invoke|Initialize) (?:Start|End) RequestId: |FunctionCompute python3 runtime inited")


class InstanceLog:
    """Reads `stream` in a thread until it ends. `on_line(request_id, line)` gets all; "" between requests."""

    def __init__(self, stream: IO[bytes], request_id: str, on_line: Callable[[str, str], None]) -> None:
        self._stream = stream
        self._request_id = request_id
        self._on_line = on_line
        self._changed = threading.Condition()
        self._lines: deque[str] = deque(maxlen=_KEPT_LINES)
        self._ended = False
        self._thread = threading.Thread(target=self._read, name="instance-log", daemon=True)
        self._thread.start()

    def begin(self, request_id: str) -> None:
        """Lines from now on belong to this request; so do those since the last one ended."""
        with self._changed:
            self._request_id = request_id

    def wait_for(self, mark: str, limit: float) -> bool:
        """Until a line that starts with `mark` was read. False when the output ended or `limit` seconds passed."""

        def seen() -> bool:
            return any(line.startswith(mark) for line in self._lines)

        with self._changed:
            self._changed.wait_for(lambda: seen() or self._ended, limit)
            return seen()

    def wait_for_end(self, limit: float) -> None:
        """For an instance that is dead: its last words. A process that it left behind may keep the output open."""
        self._thread.join(limit)

    def take(self) -> list[str]:
        """The lines of the request, which ends with this."""
        with self._changed:
            lines = list(self._lines)
            self._lines.clear()
            self._request_id = ""
            return lines

    def _read(self) -> None:
        with self._stream:
            while raw := self._stream.readline(MAX_LINE):
                line = raw.decode("utf-8", "replace").rstrip("\r\n")
                mark = _MARK.search(line)
                at = mark.start() if mark else 0
                for part in (line[:at], line[at:]) if at else (line,):
                    self._add(part, wake=mark is not None)
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _add(self, line: str, wake: bool) -> None:
        with self._changed:
            request_id = self._request_id
        self._on_line(request_id, line)  # first, so that nobody sees an invocation end before its log
        with self._changed:
            self._lines.append(line)
            if wake:
                self._changed.notify_all()


def tail(lines: list[str]) -> str:
    """The last 4 KB, as `x-fc-log-type: Tail` answers."""
    return "\n".join(lines).encode()[-TAIL:].decode("utf-8", "ignore")
