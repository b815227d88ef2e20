"""Requests as they reach the local cloud, for the tests of signatures."""

from __future__ import annotations

import io
from collections.abc import Mapping
from email.message import Message

from harness.http.body import Body
from harness.http.server import Request


def a_request(
    method: str, target: str, headers: Mapping[str, str] | None = None, extra: list[tuple[str, str]] | None = None
) -> Request:
    """`target`: path and query as sent. `extra`: headers that may repeat a name."""
    message = Message()
    for name, value in [*(headers or {}).items(), *(extra or [])]:
        message.add_header(name, value)
    path, _, query = target.partition("?")
    return Request(method, path, query, message, Body(io.BytesIO(), message))
