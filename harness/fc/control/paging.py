"""Lists of FC's API: `limit` and `nextToken`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from harness.fc.api import json_response
from harness.fc.control.validation import invalid
from harness.http.server import Response


def page(
    name: str,
    entries: Mapping[str, Any],
    params: Mapping[str, str],
    *,
    default_limit: int = 20,
    order: Callable[[str], Any] = str,
    descending: bool = False,
) -> Response:
    """The page of `entries` that `params` ask for, as {name: […], nextToken}. The key of an entry is its token.

    Sorted by `order` of the keys, so that a token still has its place when its entry was deleted meanwhile.
    """
    limit = params.get("limit") or str(default_limit)
    if not re.fullmatch("[0-9]{1,3}", limit) or not 1 <= int(limit) <= 100:
        raise invalid(f"limit must be between 1 and 100; it is '{limit:.100}'")
    keys = sorted(entries, key=order, reverse=descending)
    if token := params.get("nextToken"):
        try:
            start = order(token)
        except ValueError as exc:
            raise invalid(f"nextToken must be one of a list's answer; it is '{token}'") from exc
        keys = [key for key in keys if (order(key) <= start if descending else order(key) >= start)]
    document: dict[str, Any] = {name: [entries[key] for key in keys[: int(limit)]]}
    if len(keys) > int(limit):
        document["nextToken"] = keys[int(limit)]
    return json_response(document)
