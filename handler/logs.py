"""One JSON line per outcome, on standard output, where Function Compute's log service collects it.

One write per line, because lines come from several threads. Errors were redacted when they were raised.
"""

from __future__ import annotations

import json
import sys
from datetime import datetime, timedelta, timezone
from typing import Any


def log(level: str, message: str, **fields: Any) -> None:
    """Writes one line; `level`: INFO, WARNING or ERROR. Fields that are None are left out."""
    line = {"level": level, "at": utc_now(), "message": message}
    line.update((name, value) for name, value in fields.items() if value is not None)
    sys.stdout.write(json.dumps(line, ensure_ascii=False, default=str) + "\n")
    sys.stdout.flush()


def utc_now(later: float = 0.0) -> str:
    """The instance's clock plus `later` seconds, ISO 8601 with milliseconds: `2026-03-11T05:40:45.682Z`."""
    moment = datetime.now(timezone.utc) + timedelta(seconds=later)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
