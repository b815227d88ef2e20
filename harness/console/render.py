"""HTML from the templates. Everything that is put into one is escaped."""

from __future__ import annotations

import functools
import hashlib
import json
import time
from datetime import datetime, timezone
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from harness.console.model import LogLine

_TEMPLATES = Path(__file__).parent / "templates"
_UNITS = ("bytes", "kB", "MB", "GB")
#: What a state is called, and the colour of its mark: good, busy, wait, warn, bad, plain.
STATES = {
    "none": ("no record yet", "wait"),
    "skipped": ("skipped", "plain"),
    "claimed": ("claimed", "busy"),
    "submitted": ("submitted", "good"),
    "waiting": ("queued", "wait"),
    "running": ("rendering", "busy"),
    "succeeded": ("succeeded", "good"),
    "finished": ("finished", "good"),
    "failed": ("failed", "bad"),
    "task_failed": ("no GIF", "bad"),
    "unknown": ("outcome unknown", "warn"),
    "unreadable": ("unreadable", "warn"),
    "throttled": ("throttled", "warn"),
    "refused": ("refused", "bad"),
    "expired": ("expired", "warn"),
}


class Renderer:
    def page(self, template: str, **values: Any) -> str:
        html: str = self._environment.get_template(f"{template}.html").render(values, now=time.time())
        return html

    @functools.cached_property
    def _environment(self) -> Any:
        # Imported with the first page: a cloud in a test shows none, and should start at once.
        from jinja2 import Environment, FileSystemLoader, StrictUndefined

        environment = Environment(
            loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
        )
        environment.filters |= {
            "size": size,
            "moment": moment,
            "anchor": anchor,
            "query": lambda values: urlencode(values),
            "fields": log_fields,
            "pretty": pretty,
        }
        environment.globals["STATES"] = STATES
        return environment


def size(count: int) -> str:
    """Bytes for people: 1.2 MB."""
    value, unit = float(count), 0
    while value >= 1000 and unit < len(_UNITS) - 1:
        value, unit = value / 1000, unit + 1
    return f"{count} bytes" if not unit else f"{value:.{1 if value < 100 else 0}f} {_UNITS[unit]}"


def moment(seconds: float | str) -> str:
    """An instant as HTML's <time datetime> wants it; a text is one already."""
    if isinstance(seconds, str):
        return seconds
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def anchor(*names: str) -> str:
    """An id for what has these names."""
    return "x" + hashlib.sha256("\0".join(names).encode("utf-8", "replace")).hexdigest()[:16]


def log_fields(line: LogLine) -> str:
    """What a log line says besides its message, on one line."""
    return "  ".join(
        f"{name}={value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}"
        for name, value in line.fields.items()
    )


def pretty(value: Any) -> str:
    """JSON, as text or as a value, with line breaks; any other text as it is."""
    try:
        parsed = json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return str(value)
    return json.dumps(parsed, ensure_ascii=False, indent=2)
