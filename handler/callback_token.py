"""The address that CreateGifTask is given to call back, and the token in it. No I/O.

A callback is a hint: its body is documented nowhere, and is not read. The token only proves that whoever calls was
given the address by this function, so that a stranger cannot make the collector work.
"""

from __future__ import annotations

import hashlib
import hmac
from urllib.parse import urlencode, urlsplit, urlunsplit

from handler.settings import Settings


def task_callback(settings: Settings, claim: str) -> str | None:
    """CallbackUrl of a claim's task: CALLBACK_URL where one's own is set, else the collector's, if it has one."""
    if settings.callback_url or not (settings.collect and settings.collect_url and settings.collect_secret):
        return settings.callback_url
    return callback_url(settings.collect_url, settings.collect_secret, claim)


def callback_url(base: str, secret: str, claim: str) -> str:
    """COLLECT_URL with the claim and its token in the query, beside what is there already."""
    parts = urlsplit(base)
    query = "&".join(filter(None, (parts.query, urlencode({"claim": claim, "token": token(secret, claim)}))))
    return urlunsplit(parts._replace(query=query, path=parts.path or "/"))


def token(secret: str, claim: str) -> str:
    """HMAC-SHA256, in hexadecimal."""
    return hmac.new(secret.encode(), f"gif-on-upload callback {claim}".encode(), hashlib.sha256).hexdigest()


def is_genuine(secret: str, claim: str, given: str) -> bool:
    """In constant time, as far as the token goes."""
    return hmac.compare_digest(token(secret, claim).encode(), given.encode("utf-8", "replace"))
