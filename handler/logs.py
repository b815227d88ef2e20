"""One JSON line per outcome, on standard output, where Function Compute's log service collects it.

One write per line, because lines come from several threads. Errors were redacted when they were raised; what else
comes from outside is escaped here.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from datetime import datetime, timedelta, timezone

from handler.escaping import json_line


def log(level: str, message: str, **fields: object) -> None:
    """Writes one line; `level`: INFO, WARNING or ERROR. Fields that are None are left out. Never raises."""
    line: dict[str, object] = {"level": level, "at": utc_now(), "message": message}
    line.update((name, value) for name, value in fields.items() if value is not None)
    text = json_line(line) + "\n"
    # A log that cannot be written takes no video with it. ValueError: a closed stream, or one that is not UTF-8.
    with suppress(OSError, ValueError):
        try:
            sys.stdout.write(text)
        except UnicodeEncodeError:
            sys.stdout.write(json_line(line, ascii_only=True) + "\n")
        sys.stdout.flush()


def utc_now(later: float = 0.0) -> str:
    """The instance's clock plus `later` seconds, ISO 8601 with milliseconds: `2026-03-11T05:40:45.682Z`."""
    moment = datetime.now(timezone.utc) + timedelta(seconds=later)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
