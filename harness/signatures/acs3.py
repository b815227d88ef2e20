"""ACS3-HMAC-SHA256, the current signature of all OpenAPI services, RPC and ROA style.

Source: the API documentation's "V3 request body and signature method" and its worked example. The canonical
request is rebuilt from the list of signed headers that the client sent, since SDKs sign different ones.

Not implemented: ACS3-HMAC-SM3, ACS3-RSA-SHA256, bearer tokens.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Collection
from typing import NamedTuple

from harness.http.server import Request
from harness.ram.identity import Credentials, Identities
from harness.signatures import SignatureError
from harness.signatures.gateway import NonceLog, check_timestamp, percent, resolve

ALGORITHM = "ACS3-HMAC-SHA256"
_AUTHORIZATION = re.compile(
    rf"{ALGORITHM} +Credential=(?P<key_id>[^,\s]+), *"
    r"SignedHeaders=(?P<signed>[^,\s]+), *Signature=(?P<signature>[0-9a-f]+)"
)
_REQUIRED = ("host", "x-acs-content-sha256", "x-acs-date", "x-acs-signature-nonce")
_REQUIRED_OF_URLS = ("x-acs-date",)


class _Authorization(NamedTuple):
    key_id: str
    signed_headers: list[str]
    signature: str


def verify(
    request: Request,
    body: bytes,
    identities: Identities,
    *,
    now: float,
    nonces: NonceLog | None = None,
    of_url: bool = False,
) -> Credentials:
    """The signer of `request`, whose body is `body`; `now` in epoch seconds; `nonces` refuses replays.

    of_url: as callers of an HTTP trigger sign, who may leave out the hash of the body, the host and the nonce.
    Raises SignatureError: IncompleteSignature, InvalidTimeStamp.Format/.Expired, InvalidAccessKeyId.NotFound,
    InvalidSecurityToken.*, SignatureDoesNotMatch, SignatureNonceUsed.
    """
    authorization = _parse(request, _REQUIRED_OF_URLS if of_url else _REQUIRED)
    check_timestamp(request.header("x-acs-date"), now)
    signer = resolve(identities, authorization.key_id, request.header("x-acs-security-token") or None)
    told = request.header("x-acs-content-sha256").lower()
    if (told or not of_url) and hashlib.sha256(body).hexdigest() != told:
        raise SignatureError("SignatureDoesNotMatch", "x-acs-content-sha256 is not the hash of the body.", 400)
    to_sign = string_to_sign(request, authorization.signed_headers)
    expected = hmac.new(signer.access_key_secret.encode(), to_sign.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected, authorization.signature):
        message = f"Specified signature is not matched with our calculation. server string to sign is:{to_sign}"
        raise SignatureError("SignatureDoesNotMatch", message, 400)
    if nonces is not None:
        nonces.use(signer.access_key_id, request.header("x-acs-signature-nonce"), now)
    return signer


def string_to_sign(request: Request, signed_headers: list[str]) -> str:
    """The algorithm's name and the hash of the canonical request, which the headers' bytes enter as they came."""
    lines = [request.method, request.path, _canonical_query(request)]
    lines += [f"{name}:{_value(request, name)}" for name in signed_headers]
    lines += ["", ";".join(signed_headers), request.header("x-acs-content-sha256")]
    return f"{ALGORITHM}\n{hashlib.sha256(chr(10).join(lines).encode('latin-1')).hexdigest()}"


def _parse(request: Request, required: Collection[str]) -> _Authorization:
    match = _AUTHORIZATION.fullmatch(request.header("Authorization").strip())
    if match is None:
        raise _incomplete(f"Authorization must be {ALGORITHM} Credential=…,SignedHeaders=…,Signature=…")
    signed = sorted(match["signed"].lower().split(";"))
    sent = {name.lower() for name in request.headers}
    # All x-acs-* headers are part of the contract: an unsigned one could be swapped on the way.
    needed = {*required, *(name for name in sent if name.startswith("x-acs-"))}
    if unsigned := sorted(needed - set(signed)):
        raise _incomplete(f"not signed: {', '.join(unsigned)}")
    if absent := sorted(set(signed) - sent):
        raise _incomplete(f"signed but not sent: {', '.join(absent)}")
    return _Authorization(match["key_id"], signed, match["signature"])


def _incomplete(why: str) -> SignatureError:
    message = f"The request signature does not conform to Aliyun standards. ({why})"
    return SignatureError("IncompleteSignature", message, 400)


def _canonical_query(request: Request) -> str:
    return "&".join(f"{percent(name)}={percent(value)}" for name, value in sorted(request.query))


def _value(request: Request, name: str) -> str:
    return ",".join(sorted(str(value).strip() for value in request.headers.get_all(name, [])))
