"""Times as texts, as the APIs and our own lines have them."""

from __future__ import annotations

from datetime import datetime


def parsed_moment(value: object) -> float:
    """Epoch seconds of `2021-12-24T03:01:41.662060377Z`, of which microseconds are read; 0.0 where it is none."""
    text, _, fraction = (value if isinstance(value, str) else "").strip().removesuffix("Z").partition(".")
    try:
        return datetime.fromisoformat(f"{text}.{fraction[:6]:0<6}+00:00").timestamp()
    except ValueError:
        return 0.0
