"""Times as OSS writes and reads them."""

from __future__ import annotations

from email.utils import formatdate

from harness.signatures.oss_claim import iso
from harness.signatures.oss_claim import parse_http_date as parse

__all__ = ["http_date", "iso", "parse_http_date"]


def http_date(seconds: float) -> str:
    """As in Date and Last-Modified: whole seconds, GMT."""
    return formatdate(int(seconds), usegmt=True)


def parse_http_date(text: str) -> float | None:
    """Epoch seconds, or None: a date that cannot be read is not a condition."""
    try:
        return parse(text)
    except ValueError:
        return None
