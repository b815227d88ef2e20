"""OSS signature V4 (OSS4-HMAC-SHA256), in the Authorization header and in the query; also signs URLs.

Source: OSS API reference, "Signature Version 4"; the clients differ in the order and spacing of the Authorization
header's fields, so it is read leniently. Clients sign the payload as UNSIGNED-PAYLOAD; nothing else is accepted.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from email.message import Message
from urllib.parse import quote

from harness.http.server import Request
from harness.signatures import MAX_SKEW, SignatureError
from harness.signatures.oss_claim import Claim, parse_seconds, signed_pairs, too_skewed

ALGORITHM = "OSS4-HMAC-SHA256"
PAYLOAD = "UNSIGNED-PAYLOAD"
MAX_EXPIRES = 7 * 24 * 3600


@dataclass(frozen=True)
class Scope:
    """The day, region and product a signing key is for."""

    date: str
    region: str

    def __str__(self) -> str:
        return f"{self.date}/{self.region}/oss/aliyun_v4_request"

    def signature(self, secret: str, text: bytes) -> str:
        """`text` signed with the key that is derived from `secret` for this scope, in lower-case hex."""
        key = ("aliyun_v4" + secret).encode()
        for part in (self.date, self.region, "oss", "aliyun_v4_request"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        return hmac.new(key, text, hashlib.sha256).hexdigest()


def canonical_request(
    method: str, resource: str, query: Iterable[tuple[str, str]], headers: Message, additional: Iterable[str] = ()
) -> bytes:
    """`resource`: "/bucket/key" with the key as it is. `query`: decoded. `additional`: names signed on request."""
    names = sorted({name.strip().lower() for name in additional if name.strip()})
    wanted = {name.encode("latin-1") for name in names} | {b"content-type", b"content-md5"}
    pairs = sorted((quote(name, safe=""), quote(value, safe="")) for name, value in query)
    canonical_headers = b"".join(
        name + b":" + value + b"\n"
        for name, value in signed_pairs(headers)
        if name in wanted or name.startswith(b"x-oss-")
    )
    lines = [
        method.encode(),
        quote(resource, safe="/").encode(),
        "&".join(f"{name}={value}" if value else name for name, value in pairs).encode(),
        canonical_headers,
        ";".join(names).encode(),
        PAYLOAD.encode(),
    ]
    return b"\n".join(lines)


def string_to_sign(stamp: str, scope: Scope, canonical: bytes) -> bytes:
    """`stamp`: the time of signing as YYYYMMDDThhmmssZ."""
    return f"{ALGORITHM}\n{stamp}\n{scope}\n{hashlib.sha256(canonical).hexdigest()}".encode()


def from_header(request: Request, resource: str, region: str, now: float) -> Claim:
    """What an `Authorization: OSS4-HMAC-SHA256 Credential=…` claims; raises SignatureError."""
    fields = dict(re.findall(r"(\w+)=([^,\s]+)", request.header("Authorization")[len(ALGORITHM) :]))
    if "Credential" not in fields or "Signature" not in fields:
        raise SignatureError("InvalidArgument", "Authorization header is invalid.", 400)
    if request.header("x-oss-content-sha256") != PAYLOAD:
        message = f"The x-oss-content-sha256 header must be {PAYLOAD}."
        raise SignatureError("InvalidArgument", message, 400)
    stamp = request.header("x-oss-date")
    sent = _time(stamp)
    if abs(now - sent) > MAX_SKEW:
        raise too_skewed(sent, now)
    additional = fields.get("AdditionalHeaders", "").split(";")
    token = request.header("x-oss-security-token") or None
    return _claim(request, resource, region, fields["Credential"], stamp, additional, token, fields["Signature"])


def from_query(request: Request, resource: str, region: str, now: float) -> Claim:
    """What a URL presigned with x-oss-signature claims; raises SignatureError."""
    params = request.params
    needed = ("x-oss-credential", "x-oss-date", "x-oss-expires", "x-oss-signature")
    if missing := [name for name in needed if not params.get(name)]:
        message = f"Query-string authentication requires the {', '.join(missing)} parameter."
        raise SignatureError("AccessDenied", message)
    expires, stamp = parse_seconds(params["x-oss-expires"]) or 0, params["x-oss-date"]
    if not 1 <= expires <= MAX_EXPIRES:
        message = f"x-oss-expires must be between 1 and {MAX_EXPIRES} seconds."
        raise SignatureError("InvalidArgument", message, 400)
    sent = _time(stamp)
    if sent - now > MAX_SKEW:
        raise too_skewed(sent, now)
    if now > sent + expires:
        raise SignatureError("AccessDenied", "Request has expired.", Expires=str(int(sent) + expires))
    additional = params.get("x-oss-additional-headers", "").split(";")
    token = params.get("x-oss-security-token") or None
    credential, provided = params["x-oss-credential"], params["x-oss-signature"]
    return _claim(request, resource, region, credential, stamp, additional, token, provided)


def from_form(fields: Mapping[str, str], region: str, now: float) -> Claim:
    """What the form of a PostObject claims: its policy, as sent in base64, is what is signed."""
    stamp = fields.get("x-oss-date", "")
    sent = _time(stamp)
    if sent - now > MAX_SKEW:
        raise too_skewed(sent, now)
    key_id, scope = parse_credential(fields.get("x-oss-credential", ""), region, stamp)
    text, provided = fields["policy"].encode(), fields.get("x-oss-signature", "")
    token = fields.get("x-oss-security-token") or None
    return Claim(key_id, token, provided, text, lambda secret: scope.signature(secret, text))


def presigned_query(
    method: str, resource: str, key_id: str, secret: str, scope_region: str, seconds: int, now: float
) -> list[tuple[str, str]]:
    """The query parameters that let whoever has the URL do `method` on `resource` for `seconds` from `now`."""
    stamp = datetime.fromtimestamp(now, timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    scope = Scope(stamp[:8], scope_region)
    query = [
        ("x-oss-signature-version", ALGORITHM),
        ("x-oss-credential", f"{key_id}/{scope}"),
        ("x-oss-date", stamp),
        ("x-oss-expires", str(seconds)),
    ]
    canonical = canonical_request(method, resource, query, Message())
    return [*query, ("x-oss-signature", scope.signature(secret, string_to_sign(stamp, scope, canonical)))]


def _claim(
    request: Request,
    resource: str,
    region: str,
    credential: str,
    stamp: str,
    additional: list[str],
    token: str | None,
    provided: str,
) -> Claim:
    in_header = "x-oss-credential" not in request.params
    key_id, scope = parse_credential(credential, region, stamp, in_header)
    query = [pair for pair in request.query if pair[0] != "x-oss-signature"]
    canonical = canonical_request(request.method, resource, query, request.headers, additional)
    text = string_to_sign(stamp, scope, canonical)
    return Claim(key_id, token, provided, text, lambda secret: scope.signature(secret, text))


def parse_credential(credential: str, region: str, stamp: str, in_header: bool = False) -> tuple[str, Scope]:
    """`<key id>/<day>/<region>/oss/aliyun_v4_request`, which must name this region and the day of `stamp`.

    OSS words its refusals by where it stands: in the Authorization header, or in a query or form.
    """
    key_id, *rest = credential.split("/")
    if len(rest) != 4 or rest[2:] != ["oss", "aliyun_v4_request"] or not key_id:
        raise SignatureError("InvalidArgument", "Invalid credential in Authorization header.", 400)
    if rest[1] != region and not in_header:
        raise SignatureError("InvalidArgument", "The signing region in credential is invalid.", 400)
    if rest[1] != region:
        raise SignatureError(
            "InvalidArgument", "Invalid signing region in Authorization header.", 400, EC="0002-00000226"
        )
    if rest[0] != stamp[:8]:
        raise SignatureError("InvalidArgument", "Invalid signing date in Authorization header.", 400)
    return key_id, Scope(rest[0], rest[1])


def _time(stamp: str) -> float:
    try:
        return datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc).timestamp()
    except ValueError as exc:
        raise SignatureError("AccessDenied", "OSS authentication requires a valid x-oss-date.") from exc
