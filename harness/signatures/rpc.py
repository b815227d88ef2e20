"""The RPC signature, version 1.0 (HMAC-SHA1), which the multimediaai SDKs send.

Source: the API documentation's "RPC signature method". Query and form parameters are signed together; everything
but the signature travels as a parameter, the STS token as SecurityToken.

Not implemented: HMAC-SHA256, SHA256withRSA, bearer tokens.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import parse_qsl

from harness.http.server import Request
from harness.ram.identity import Credentials, Identities
from harness.signatures import SignatureError
from harness.signatures.gateway import NonceLog, check_timestamp, percent, resolve

_FIXED = {"SignatureMethod": "HMAC-SHA1", "SignatureVersion": "1.0"}
_MANDATORY = ("AccessKeyId", "Signature", "SignatureMethod", "SignatureVersion", "SignatureNonce", "Timestamp")


def parameters(request: Request, body: bytes) -> dict[str, str]:
    """Query and form parameters together; one in both has the form's value, as the SDKs sign it."""
    params = dict(request.params)
    if "application/x-www-form-urlencoded" in request.header("Content-Type").lower():
        params.update(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    return params


def verify(
    request: Request, body: bytes, identities: Identities, *, now: float, nonces: NonceLog | None = None
) -> Credentials:
    """The signer of `request`, whose body is `body`; `now` in epoch seconds; `nonces` refuses replays.

    Raises SignatureError: Missing<Name>, IncompleteSignature, InvalidTimeStamp.Format/.Expired,
    InvalidAccessKeyId.NotFound, InvalidSecurityToken.*, SignatureDoesNotMatch, SignatureNonceUsed.
    """
    params = parameters(request, body)
    for name in _MANDATORY:
        if not params.get(name):
            raise SignatureError(f"Missing{name}", f"{name} is mandatory for this action.", 400)
    for name, value in _FIXED.items():
        if params[name] != value:
            message = f"The request signature does not conform to Aliyun standards. ({name} must be {value})"
            raise SignatureError("IncompleteSignature", message, 400)
    check_timestamp(params["Timestamp"], now)
    signer = resolve(identities, params["AccessKeyId"], params.get("SecurityToken") or None)
    to_sign = string_to_sign(request.method, params)
    if not hmac.compare_digest(_sign(signer.access_key_secret, to_sign), params["Signature"].encode()):
        # The older SDK compares the text after the colon with its own, to tell a wrong secret from a wrong call.
        message = f"Specified signature is not matched with our calculation. server string to sign is:{to_sign}"
        raise SignatureError("SignatureDoesNotMatch", message, 400)
    if nonces is not None:
        nonces.use(signer.access_key_id, params["SignatureNonce"], now)
    return signer


def string_to_sign(method: str, params: Mapping[str, str]) -> str:
    signed = sorted((name, value) for name, value in params.items() if name != "Signature")
    canonical = "&".join(f"{percent(name)}={percent(value)}" for name, value in signed)
    return f"{method}&%2F&{percent(canonical)}"


def _sign(secret: str, to_sign: str) -> bytes:
    return base64.b64encode(hmac.new(f"{secret}&".encode(), to_sign.encode(), hashlib.sha1).digest())
