"""What the page does by the admin path."""

from __future__ import annotations

from typing import Any

import requests

from harness.cloud import LocalCloud


def upload(
    session: requests.Session, cloud: LocalCloud, key: str, data: bytes, **headers: str
) -> requests.Response:
    """By the admin path, as the page does it."""
    where = {"bucket": "my-videos", "key": key}
    return session.put(f"{cloud.url}/_admin/objects", params=where, data=data, headers=headers, timeout=10)


def state(session: requests.Session, cloud: LocalCloud) -> dict[str, Any]:
    answer = session.get(f"{cloud.url}/_admin/state", timeout=10)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found
