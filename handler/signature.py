"""ACS3-HMAC-SHA256, the signature of Alibaba Cloud's OpenAPI, for requests.

Source: "V3 request body and signature mechanism" of the OpenAPI documentation, whose worked example is a test.
"""

from __future__ import annotations

import hashlib
import hmac
import time
import uuid
from collections.abc import Callable
from urllib.parse import parse_qsl, quote, urlsplit

from requests import PreparedRequest
from requests.auth import AuthBase

from handler.credentials import Credentials

ALGORITHM = "ACS3-HMAC-SHA256"


class Acs3Auth(AuthBase):
    """Signs one request. A retry needs a fresh one, because the service refuses a nonce it has seen.

    credentials: whose request it is. clock: epoch seconds. nonce: a text that was never used before.
    """

    def __init__(
        self,
        credentials: Credentials,
        clock: Callable[[], float] = time.time,
        nonce: Callable[[], str] = lambda: uuid.uuid4().hex,
    ) -> None:
        self._credentials = credentials
        self._clock = clock
        self._nonce = nonce

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        url = urlsplit(request.url or "")
        body = request.body or b""
        payload = body.encode() if isinstance(body, str) else bytes(body)
        headers = request.headers
        headers["Host"] = url.netloc
        headers["x-acs-date"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self._clock()))
        headers["x-acs-signature-nonce"] = self._nonce()
        headers["x-acs-content-sha256"] = hashlib.sha256(payload).hexdigest()
        if self._credentials.security_token:
            headers["x-acs-security-token"] = self._credentials.security_token
            headers["x-acs-accesskey-id"] = self._credentials.access_key_id

        signed = {name.lower(): _text(value).strip() for name, value in headers.items() if _is_signed(name)}
        names = ";".join(sorted(signed))
        canonical = "\n".join(
            [
                str(request.method),
                url.path or "/",
                _canonical_query(url.query),
                *(f"{name}:{signed[name]}" for name in sorted(signed)),
                "",
                names,
                headers["x-acs-content-sha256"],
            ]
        )
        string_to_sign = f"{ALGORITHM}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        secret = self._credentials.access_key_secret.encode()
        signature = hmac.new(secret, string_to_sign.encode(), hashlib.sha256).hexdigest()
        headers["Authorization"] = (
            f"{ALGORITHM} Credential={self._credentials.access_key_id},SignedHeaders={names},Signature={signature}"
        )
        return request


def _is_signed(name: str) -> bool:
    lower = name.lower()
    return lower in ("host", "content-type") or lower.startswith("x-acs-")


def _canonical_query(query: str) -> str:
    pairs = sorted(parse_qsl(query, keep_blank_values=True))
    return "&".join(f"{_percent(name)}={_percent(value)}" for name, value in pairs)


def _percent(text: str) -> str:
    return quote(text, safe="-_.~")


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value
