"""The physical limit of an idempotent submit: three prepared requests over two kept-alive sockets.

Nothing is parsed, signed, checked or retried; the bodies and headers are of the size that the handler sends.
"""

from __future__ import annotations

import json
import os
import ssl
from http.client import HTTPConnection, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

_TOKEN = os.environ.get("ALIBABA_CLOUD_SECURITY_TOKEN", "")
_OSS_HEADERS = {
    "x-oss-date": "20260311T054045Z",
    "x-oss-content-sha256": "UNSIGNED-PAYLOAD",
    "x-oss-security-token": _TOKEN,
    "Authorization": "OSS4-HMAC-SHA256 Credential=STS.Example/20260311/cn-beijing/oss/aliyun_v4_request,"
    f"Signature={'0' * 64}",
}
_API_HEADERS = {
    "Content-Type": "application/x-www-form-urlencoded",
    "x-acs-action": "CreateGifTask",
    "x-acs-version": "2019-08-10",
    "x-acs-date": "2026-03-11T05:40:45Z",
    "x-acs-signature-nonce": "0" * 32,
    "x-acs-content-sha256": "0" * 64,
    "x-acs-security-token": _TOKEN,
    "x-acs-accesskey-id": "STS.Example",
    "Authorization": f"ACS3-HMAC-SHA256 Credential=STS.Example,SignedHeaders=host,Signature={'0' * 64}",
}
_CLAIM, _RESULT = b" " * 210, b" " * 450
_FORM = b"VideoUrl=" + b"0" * 2000


class _Connections:
    def __init__(self) -> None:
        self.oss = _connect(os.environ["OSS_ENDPOINT"])
        self.api = _connect(os.environ["GIF_ENDPOINT"])


_connections: list[_Connections] = []


def initialize(context: Any) -> None:
    _connections.append(_Connections())


def handler(event: bytes, context: Any) -> dict[str, Any]:
    """`event` is the path of the record; OSS's and the API's sockets stay open from one to the next."""
    to, path = _connections[0], f"/my-gif-records/{event.decode()}?append&position="
    _call(to.oss, f"{path}0", _CLAIM, _OSS_HEADERS)
    _call(to.api, "/", _FORM, _API_HEADERS)
    _call(to.oss, f"{path}{len(_CLAIM)}", _RESULT, _OSS_HEADERS)
    return {}


def _connect(address: str) -> HTTPConnection:
    parts = urlsplit(address)
    if parts.scheme == "http":
        return HTTPConnection(parts.netloc)
    return HTTPSConnection(parts.netloc, context=ssl.create_default_context())


def _call(connection: HTTPConnection, target: str, body: bytes, headers: dict[str, str]) -> bytes:
    connection.request("POST", target, body, headers)
    response = connection.getresponse()
    content = response.read()
    if response.status != 200:
        raise RuntimeError(f"{target}: {response.status} {json.dumps(content.decode())}")
    return content
