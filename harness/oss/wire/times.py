"""Times as OSS writes and reads them."""

from __future__ import annotations

from datetime import datetime, timezone
from email.utils import formatdate

from harness.signatures.oss_claim import parse_http_date as parse


def http_date(seconds: float) -> str:
    """As in Date and Last-Modified: whole seconds, GMT."""
    return formatdate(int(seconds), usegmt=True)


def iso(seconds: float) -> str:
    """As in XML and events: UTC, with milliseconds that OSS always writes as 000 (oss2 reads nothing else)."""
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def parse_http_date(text: str) -> float | None:
    """Epoch seconds, or None: a date that cannot be read is no condition."""
    try:
        return parse(text)
    except ValueError:
        return None
