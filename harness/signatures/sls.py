"""The signatures of Log Service: `LOG <key>:<signature>` (HMAC-SHA1 or -SHA256) and SLS4-HMAC-SHA256.

Sources: Log Service's pages "Request signatures" and "Common error codes", and alibabacloud-gateway-sls 0.4.2. The
first signs Date, Content-MD5, Content-Type, x-log-* and x-acs-*, path and query; the other a canonical request.
The table of errors has none for a token, so they have the wording that is seen with them.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable
from datetime import datetime, timezone
from urllib.parse import quote, unquote, unquote_plus

from harness.http.server import Request
from harness.ram.identity import Credentials, Identities, IdentityError
from harness.signatures import MAX_SKEW, SignatureError
from harness.signatures.oss_claim import parse_http_date

V4 = "SLS4-HMAC-SHA256"
_LOG = re.compile(r"LOG (?P<key_id>[^:\s]+):(?P<signature>[A-Za-z0-9+/=]+)")
_V4 = re.compile(
    rf"{V4} Credential=(?P<key_id>[^/\s]+)/(?P<scope>(?P<date>\d{{8}})/(?P<region>[^/\s]+)/sls/aliyun_v4_request),"
    r" *Signature=(?P<signature>[0-9a-f]{64})"
)
_DIGESTS = {"hmac-sha1": hashlib.sha1, "hmac-sha256": hashlib.sha256}
_REFUSED_IDENTITY = {
    "unknown_key": ("Unauthorized", "AccessKeyId not found: {key}", 401),
    "missing_token": ("Unauthorized", "AccessKeyId not found: {key}", 401),
    "malformed_token": ("Unauthorized", "The security token you provided is invalid.", 401),
    "mismatched_token": ("Unauthorized", "The security token you provided is invalid.", 401),
    "expired_token": ("Unauthorized", "The security token you provided has expired.", 401),
}


def verify(request: Request, body: bytes, identities: Identities, *, region: str, now: float) -> Credentials:
    """The signer of `request`, whose body is `body`; `now` in epoch seconds.

    Raises SignatureError: ParameterInvalid, InvalidRequestTime, RequestTimeExpired, PostBodyInvalid,
    SignatureNotMatch, Unauthorized.
    """
    authorization = request.header("Authorization").strip()
    if found := _V4.fullmatch(authorization):
        return _verify_v4(request, body, identities, found, region, now)
    if found := _LOG.fullmatch(authorization):
        return _verify_log(request, body, identities, found, now)
    raise SignatureError("ParameterInvalid", "Http extend authorization : authorization pair is invalid.", 400)


def _verify_log(
    request: Request, body: bytes, identities: Identities, found: re.Match[str], now: float
) -> Credentials:
    digest = _DIGESTS.get(request.header("x-log-signaturemethod").lower())
    if digest is None:
        message = f"x-log-signaturemethod must be one of: {', '.join(_DIGESTS)}"
        raise SignatureError("ParameterInvalid", message, 400)
    text = request.header("Date")
    try:
        _check_time(parse_http_date(text), text, now)
    except ValueError as exc:
        message = f"Request time {text} not follow RFC822 spec."
        raise SignatureError("InvalidRequestTime", message, 400) from exc
    signer = _signer(request, identities, found["key_id"])
    told = request.header("Content-MD5")
    if (body or told) and hashlib.md5(body, usedforsecurity=False).hexdigest() != told.lower():
        raise SignatureError("PostBodyInvalid", "Content-MD5 is not that of the body.", 400)
    key = signer.access_key_secret.encode()
    expected = hmac.new(key, string_to_sign(request).encode("utf-8", "surrogateescape"), digest).digest()
    _compare(base64.b64encode(expected).decode(), found["signature"])
    return signer


def string_to_sign(request: Request) -> str:
    plain = [request.header(name) for name in ("Content-MD5", "Content-Type", "Date")]
    signed = [f"{name}:{value}" for name, value in _own_headers(request)]
    query = sorted(part.partition("=") for part in request.query_string.split("&") if part)
    pairs = "&".join(f"{unquote_plus(name)}{equals}{unquote_plus(value)}" for name, equals, value in query)
    resource = unquote(request.path) + (f"?{pairs}" if pairs else "")
    return "\n".join([request.method, *plain, *signed, resource])


def _verify_v4(
    request: Request, body: bytes, identities: Identities, found: re.Match[str], region: str, now: float
) -> Credentials:
    stamp = request.header("x-log-date")
    try:
        at = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc).timestamp()
    except ValueError as exc:
        message = f"x-log-date {stamp} must be YYYYMMDDThhmmssZ."
        raise SignatureError("InvalidRequestTime", message, 400) from exc
    _check_time(at, stamp, now)
    signer = _signer(request, identities, found["key_id"])
    if found["region"] != region or found["date"] != stamp[:8]:
        message = f"the scope of the signature must be {stamp[:8]}/{region}/sls/aliyun_v4_request"
        raise SignatureError("SignatureNotMatch", message, 401)
    told = request.header("x-log-content-sha256")
    if hashlib.sha256(body).hexdigest() != told:
        raise SignatureError("PostBodyInvalid", "x-log-content-sha256 is not the hash of the body.", 400)
    canonical = hashlib.sha256(_canonical_request(request, told).encode("utf-8", "surrogateescape")).hexdigest()
    key = ("aliyun_v4" + signer.access_key_secret).encode()
    for part in (found["date"], region, "sls", "aliyun_v4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    text = f"{V4}\n{stamp}\n{found['scope']}\n{canonical}"
    _compare(hmac.new(key, text.encode(), hashlib.sha256).hexdigest(), found["signature"])
    return signer


def _canonical_request(request: Request, content_hash: str) -> str:
    headers = [*_own_headers(request)]
    headers += [(name, request.header(name)) for name in ("content-type", "host") if name in request.headers]
    headers.sort()
    query = "&".join(
        f"{name}={quote(value, safe='-_.~')}" if value else name for name, value in sorted(request.query)
    )
    lines = [request.method, request.path, query, *(f"{name}:{value.strip()}" for name, value in headers), ""]
    return "\n".join([*lines, ";".join(name for name, _ in headers), content_hash])


def _own_headers(request: Request) -> Iterable[tuple[str, str]]:
    pairs = sorted((name.lower(), str(value)) for name, value in request.headers.items())
    return [pair for pair in pairs if pair[0].startswith(("x-log-", "x-acs-"))]


def _check_time(at: float, text: str, now: float) -> None:
    if abs(now - at) > MAX_SKEW:
        message = f"Request time {text} has been expired while server time is {int(now)}."
        raise SignatureError("RequestTimeExpired", message, 400)


def _signer(request: Request, identities: Identities, key_id: str) -> Credentials:
    try:
        return identities.resolve(key_id, request.header("x-acs-security-token") or None)
    except IdentityError as exc:
        code, message, status = _REFUSED_IDENTITY[exc.reason]
        raise SignatureError(code, message.format(key=key_id), status) from exc


def _compare(expected: str, given: str) -> None:
    if not hmac.compare_digest(expected, given):
        raise SignatureError("SignatureNotMatch", f"signature {given} not match", 401)
