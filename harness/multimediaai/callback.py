"""Telling CallbackUrl that a task has ended.

What the real service sends is documented nowhere; this is a guess, good for trying a receiver out: POST, JSON,
the fields of GetTaskResult. Only receivers on this machine are told.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import requests

from harness.http.server import is_loopback

_SECONDS = 3.0


def tell(url: str, body: Mapping[str, Any]) -> str:
    """What became of it: "200" and so on, "not on this machine", or the name of the error."""
    if not is_loopback(urlsplit(url).hostname or ""):
        return "not on this machine"
    try:
        with requests.Session() as session:
            session.trust_env = False
            return str(session.post(url, json=body, timeout=_SECONDS, allow_redirects=False).status_code)
    except requests.RequestException as exc:
        return type(exc).__name__
