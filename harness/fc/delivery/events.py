"""Events accepted for asynchronous invocation, on disk until they have ended: a restart loses none."""

from __future__ import annotations

import base64
import contextlib
import json
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path

from harness.fc.spec import LATEST


@dataclass
class Event:
    """One accepted event. `accepted_at`: epoch seconds. `retry_count`: retries so far. `id`: of this delivery."""

    function: str
    payload: bytes
    request_id: str
    accepted_at: float
    qualifier: str = LATEST
    retry_count: int = 0
    throttled: int = 0
    id: str = field(default_factory=lambda: secrets.token_hex(8))


class EventSpool:
    """One small file per event. A crash between its last execution and `remove` delivers it once more."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def add(self, event: Event) -> None:
        document = asdict(event) | {"payload": base64.b64encode(event.payload).decode()}
        self._directory.mkdir(parents=True, exist_ok=True)
        temporary = self._directory / f".{event.id}"
        temporary.write_text(json.dumps(document), encoding="utf-8")
        temporary.replace(self._path(event))

    def remove(self, event: Event) -> None:
        self._path(event).unlink(missing_ok=True)

    def clear(self) -> None:
        for path in self._directory.glob("*.json"):
            path.unlink(missing_ok=True)

    def left(self) -> list[Event]:
        """Those of an earlier run, oldest first. Files that can't be read are skipped."""
        events = []
        for path in self._directory.glob("*.json"):
            with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
                document = json.loads(path.read_text(encoding="utf-8"))
                events.append(Event(**document | {"payload": base64.b64decode(document["payload"])}))
        return sorted(events, key=lambda event: event.accepted_at)

    def _path(self, event: Event) -> Path:
        return self._directory / f"{event.id}.json"
