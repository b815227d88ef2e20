"""What commands print, but for ids, times and sizes."""

from __future__ import annotations

import re

_ASIDE = (
    (r"[0-9A-F]{32}", "ETAG"),
    (r"\(request [0-9a-f-]+\)", "(request ID)"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "TIME"),
    (r"\+?[\d.]+ (s|min|ms|h|days)\b", "SPAN"),
    (r"[\d.]+ (B|kB|MB)\b", "SIZE"),
    (r"\b\d{6}\b", "TASK"),
    (r"\b\d+ requests\b", "REQUESTS"),
    (r" +", " "),
)


def form(text: str) -> str:
    for pattern, name in _ASIDE:
        text = re.sub(pattern, name, text)
    return text
