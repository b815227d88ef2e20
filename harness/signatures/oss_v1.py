"""OSS signature V1 (HMAC-SHA1), in the Authorization header and in the query.

Source: OSS API reference, "Add a signature to the header" and "Add signatures to a URL". The string to sign is
computed over bytes as they arrived: keys and header values may hold UTF-8 that is not latin-1.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from email.message import Message

from harness.http.server import Request
from harness.signatures import MAX_SKEW, SignatureError
from harness.signatures.oss_claim import Claim, parse_http_date, parse_seconds, signed_pairs, too_skewed

# The query parameters that are part of what is signed; others (prefix, max-keys, marker …) are not.
_SUBRESOURCES = """
accessPoint accessPointPolicy acl append asyncFetch bucketArchiveDirectRead bucketInfo callback callback-var
cloudboxes cname comp continuation-token cors delete encryption endTime group httpsConfig inventory inventoryId
lifecycle link live location logging metaQuery objectInfo objectMeta partNumber policy position publicAccessBlock
qos qosInfo qosRequester redundancyTransition referer regionList replication replicationLocation
replicationProgress requesterQosInfo requestPayment resourceGroup resourcePool resourcePoolBuckets
resourcePoolInfo response-cache-control response-content-disposition response-content-encoding
response-content-language response-content-type response-expires restore security-token sequential startTime stat
status style styleName symlink tagging transferAcceleration uploadId uploads versionId versioning versions vod
website worm wormExtend wormId x-oss-ac-forward-allow x-oss-ac-source-ip x-oss-ac-subnet-mask x-oss-ac-vpc-id
x-oss-access-point-name x-oss-async-process x-oss-process x-oss-redundancy-transition-taskid x-oss-request-payer
x-oss-target-redundancy-type x-oss-traffic-limit x-oss-write-get-object-response
"""
SUBRESOURCES = frozenset(_SUBRESOURCES.split())

_NEEDED = ("Signature", "Expires", "OSSAccessKeyId")


def string_to_sign(
    method: str, headers: Message, date: str, resource: str, query: Iterable[tuple[str, str]]
) -> bytes:
    """`resource`: "/bucket/key" with the key as it is, "/bucket/" or "/". `date`: the Date line (or Expires)."""
    signed = sorted((name, value) for name, value in query if name in SUBRESOURCES)
    suffix = "&".join(f"{name}={value}" if value else name for name, value in signed)
    oss_headers = b"".join(
        name + b":" + value + b"\n" for name, value in signed_pairs(headers) if name.startswith(b"x-oss-")
    )
    lines = [method, headers.get("Content-MD5", ""), headers.get("Content-Type", ""), date]
    head = b"".join(line.encode("latin-1") + b"\n" for line in lines)
    return head + oss_headers + (resource + (f"?{suffix}" if suffix else "")).encode()


def signature(secret: str, text: bytes) -> str:
    return base64.b64encode(hmac.new(secret.encode(), text, hashlib.sha1).digest()).decode()


def from_header(request: Request, resource: str, now: float) -> Claim:
    """What an `Authorization: OSS <key id>:<signature>` claims; raises SignatureError."""
    key_id, colon, provided = request.header("Authorization")[len("OSS ") :].strip().partition(":")
    if not (colon and key_id and provided):
        raise SignatureError("InvalidArgument", "Authorization header is invalid.", 400)
    date = request.header("x-oss-date") or request.header("Date")
    try:
        sent = parse_http_date(date)
    except ValueError as exc:
        raise SignatureError("AccessDenied", "OSS authentication requires a valid Date.") from exc
    if abs(now - sent) > MAX_SKEW:
        raise too_skewed(sent, now)
    token = _tokens(request)[0]
    text = string_to_sign(request.method, request.headers, date, resource, request.query)
    return Claim(key_id, token, provided, text, lambda secret: signature(secret, text))


def from_query(request: Request, resource: str, now: float) -> Claim:
    """What a URL with OSSAccessKeyId, Expires (unix seconds) and Signature claims; raises SignatureError."""
    params = request.params
    if not all(params.get(name) for name in _NEEDED):
        raise SignatureError(
            "AccessDenied",
            "Query-string authentication requires the Signature, Expires and OSSAccessKeyId parameters",
        )
    expires = params["Expires"]
    until = parse_seconds(expires)
    if until is None:
        raise SignatureError("AccessDenied", "Invalid date (should be seconds since epoch): " + expires)
    if now > until:
        raise SignatureError("AccessDenied", "Request has expired.", Expires=expires)
    text = string_to_sign(request.method, request.headers, expires, resource, request.query)
    token = _tokens(request)[1]
    return Claim(params["OSSAccessKeyId"], token, params["Signature"], text, lambda s: signature(s, text))


def _tokens(request: Request) -> tuple[str | None, str | None]:
    """The security token in the header and in the query; raises SignatureError where it is in both."""
    # alibabacloud-oss-v2 sends it in a header of the second name, which is not signed.
    in_header = request.header("x-oss-security-token") or request.header("security-token") or None
    in_query = request.params.get("security-token") or None
    if in_header and in_query:
        message = "The security token is both in the query and in a header."
        raise SignatureError("InvalidArgument", message, 400)
    return in_header, in_query


def from_form(fields: Mapping[str, str]) -> Claim:
    """What the form of a PostObject claims: its policy, as sent in base64, is what is signed."""
    key_id, provided = fields.get("ossaccesskeyid", ""), fields.get("signature", "")
    if not key_id or not provided:
        raise SignatureError(
            "InvalidArgument", "The form needs OSSAccessKeyId and Signature with its policy.", 400
        )
    text = fields["policy"].encode()
    return Claim(key_id, fields.get("x-oss-security-token") or None, provided, text, lambda s: signature(s, text))
