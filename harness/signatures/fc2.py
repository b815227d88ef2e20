"""The signature of FC's 2.0 API: `Authorization: FC <access key id>:<base64 HMAC-SHA256>`.

Source: FC 2.0's page "Request signature" and aliyun-fc2 2.5.2 (fc2/auth.py). The path is signed decoded; the query
only of calls to HTTP triggers (/proxy/), which are not implemented. Codes of refusals: FC's error table; the table
has none for a token or a date that is refused, so those are the ones of the OpenAPI gateway.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from email.utils import parsedate_to_datetime
from urllib.parse import unquote

from harness.http.server import Request
from harness.ram.identity import Credentials, Identities, IdentityError
from harness.signatures import MAX_SKEW, SignatureError

_AUTHORIZATION = re.compile(r"FC (?P<key_id>[^:\s]+):(?P<signature>[A-Za-z0-9+/=]+)")
_REFUSED_IDENTITY = {
    "unknown_key": ("InvalidAccessKeyID", "the AccessKey ID is invalid"),
    "missing_token": ("InvalidAccessKeyID", "the AccessKey ID is temporary and needs its security token"),
    "malformed_token": ("InvalidSecurityToken.Malformed", "the security token is malformed"),
    "mismatched_token": (
        "InvalidSecurityToken.MismatchWithAccessKey",
        "the security token is of another AccessKey",
    ),
    "expired_token": ("InvalidSecurityToken.Expired", "the security token has expired"),
}


def verify(request: Request, identities: Identities, *, now: float) -> Credentials:
    """The signer of `request`; `now` in epoch seconds.

    Raises SignatureError: MissingRequiredHeader, InvalidArgument, InvalidAccessKeyID, SignatureNotMatch, …
    """
    for header in ("Authorization", "Date"):
        if not request.header(header):
            raise SignatureError("MissingRequiredHeader", f"the required header {header} is missing", 400)
    match = _AUTHORIZATION.fullmatch(request.header("Authorization").strip())
    if not match:
        raise SignatureError("InvalidArgument", "Authorization must be FC <AccessKey ID>:<signature>", 400)
    _check_date(request.header("Date"), now)
    try:
        signer = identities.resolve(match["key_id"], request.header("x-fc-security-token") or None)
    except IdentityError as exc:
        raise SignatureError(*_REFUSED_IDENTITY[exc.reason]) from exc
    text = string_to_sign(request)
    expected = hmac.new(signer.access_key_secret.encode(), text.encode(), hashlib.sha256).digest()
    if not hmac.compare_digest(base64.b64encode(expected).decode(), match["signature"]):
        message = f"the signature does not match; the server's string to sign is {text!r}"
        raise SignatureError("SignatureNotMatch", message)
    return signer


def string_to_sign(request: Request) -> str:
    headers = {name.lower(): str(value) for name, value in request.headers.items()}
    signed = sorted(f"{name}:{value}\n" for name, value in headers.items() if name.startswith("x-fc-"))
    plain = [headers.get(name, "") for name in ("content-md5", "content-type", "date")]
    return "\n".join([request.method, *plain, "".join(signed) + unquote(request.path)])


def _check_date(text: str, now: float) -> None:
    try:
        at = parsedate_to_datetime(text).timestamp()
    except ValueError as exc:
        raise SignatureError("InvalidArgument", f"Date is not an HTTP date: {text!r}", 400) from exc
    if abs(now - at) > MAX_SKEW:
        raise SignatureError("InvalidTimeStamp.Expired", "Date is more than 15 minutes from the server's time")
