"""What both signatures of the OpenAPI gateway share: who signs, when, and that no request counts twice.

Codes and the 15 minutes: the OpenAPI common errors. Refused with 400, an unknown access key with 404. The wording
is the gateway's where it is known; the codes of a bad security token are widely seen but documented nowhere.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from datetime import datetime, timezone
from urllib.parse import quote

from harness.ram.identity import Credentials, Identities, IdentityError
from harness.signatures import MAX_SKEW, SignatureError

_REFUSED_IDENTITY = {
    "unknown_key": ("InvalidAccessKeyId.NotFound", "Specified access key is not found.", 404),
    # A temporary key is only known together with its token.
    "missing_token": ("InvalidAccessKeyId.NotFound", "Specified access key is not found or invalid.", 404),
    "malformed_token": ("InvalidSecurityToken.Malformed", "Specified SecurityToken is malformed.", 400),
    "expired_token": ("InvalidSecurityToken.Expired", "Specified SecurityToken is expired.", 400),
    "mismatched_token": (
        "InvalidSecurityToken.MismatchWithAccessKey",
        "Specified SecurityToken mismatch with the AccessKey.",
        400,
    ),
}


def percent(text: str) -> str:
    """RFC 3986: only letters, digits and `-_.~` stay as they are; everything else is the %XX of its UTF-8."""
    return quote(text, safe="-_.~")


def resolve(identities: Identities, access_key_id: str, token: str | None) -> Credentials:
    """The signer's credentials; raises SignatureError."""
    try:
        return identities.resolve(access_key_id, token)
    except IdentityError as exc:
        code, message, status = _REFUSED_IDENTITY[exc.reason]
        raise SignatureError(code, message, status) from exc


def check_timestamp(text: str, now: float) -> None:
    """`text` must be `YYYY-MM-DDThh:mm:ssZ`, at most MAX_SKEW away from `now` (epoch seconds)."""
    try:
        at = datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc).timestamp()
    except ValueError as exc:
        message = "Specified time stamp or date value is not well formatted."
        raise SignatureError("InvalidTimeStamp.Format", message, 400) from exc
    if abs(now - at) > MAX_SKEW:
        message = "Specified time stamp or date value is expired."
        raise SignatureError("InvalidTimeStamp.Expired", message, 400)


class NonceLog:
    """The nonces of the last half hour: twice MAX_SKEW, since a timestamp may be that long in the future, too."""

    def __init__(self) -> None:
        self._used: OrderedDict[tuple[str, str], float] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._used)

    def use(self, access_key_id: str, nonce: str, now: float) -> None:
        """Takes the nonce; raises SignatureError (SignatureNonceUsed) when this key has used it already."""
        with self._lock:
            while self._used and next(iter(self._used.values())) < now - 2 * MAX_SKEW:
                self._used.popitem(last=False)
            if (access_key_id, nonce) in self._used:
                raise SignatureError("SignatureNonceUsed", "Specified signature nonce was used already.", 400)
            self._used[access_key_id, nonce] = now
