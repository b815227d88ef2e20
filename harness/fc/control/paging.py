"""Lists of FC's API: `limit` and `nextToken`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.fc.api import json_response
from harness.fc.control.validation import invalid
from harness.http import Response


def page(name: str, entries: Mapping[str, Any], params: Mapping[str, str], default_limit: int = 20) -> Response:
    """The page of `entries` that `params` ask for, as {name: […], nextToken}. The key of an entry is its token."""
    limit = params.get("limit") or str(default_limit)
    if not limit.isdigit() or not 1 <= int(limit) <= 100:
        raise invalid(f"limit must be between 1 and 100; it is '{limit}'")
    start = params.get("nextToken") or ""
    keys = [key for key in entries if key >= start] if start else list(entries)
    document: dict[str, Any] = {name: [entries[key] for key in keys[: int(limit)]]}
    if len(keys) > int(limit):
        document["nextToken"] = keys[int(limit)]
    return json_response(document)
