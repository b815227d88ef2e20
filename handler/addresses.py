"""Addresses in settings: which texts are one."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_HOST = re.compile(r"(?!.{254})([A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.)*[A-Za-z0-9_-]{1,63}\.?")


def any_url(value: str) -> str:
    try:
        parts = urlsplit(value)
        is_usable = parts.scheme in ("http", "https") and _is_host(parts.hostname or "") and parts.port != 0
    except ValueError:  # of the port, or of an address in brackets
        is_usable = False
    if not is_usable or re.search(r"\s", value):
        raise ValueError("must be an address such as https://example.com")
    return value


def _is_host(name: str) -> bool:
    return ":" in name or bool(_HOST.fullmatch(name))  # urlsplit has checked an IPv6 address


def base_url(value: str) -> str:
    parts = urlsplit(any_url(value))
    if parts.query or parts.fragment or "@" in parts.netloc:
        raise ValueError("must be an address without user, query or fragment")
    return value.rstrip("/")
