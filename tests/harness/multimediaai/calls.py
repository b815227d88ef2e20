"""Calls made by hand, for what the SDKs cannot be made to send. Both signatures as their documentation says."""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from urllib.parse import quote, urlencode
from xml.etree import ElementTree

import requests

from tests.harness.multimediaai.world import OWNER, World

#: legacy and acs3, below
Call = Callable[..., requests.Response]
_nonces = itertools.count()


def _percent(text: str) -> str:
    return quote(text, safe="-_.~")


def _timestamp(world: World) -> str:
    return datetime.fromtimestamp(world.now(), timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def legacy(
    world: World, action: str, params: Mapping[str, str] | None = None, method: str = "GET", **common: str
) -> requests.Response:
    """GET puts everything into the URL, POST into a form. `common`: other common parameters."""
    signed = {
        "Action": action,
        "Version": "2019-08-10",
        "AccessKeyId": OWNER.access_key_id,
        "SignatureMethod": "HMAC-SHA1",
        "SignatureVersion": "1.0",
        "SignatureNonce": f"nonce-{next(_nonces)}",
        "Timestamp": _timestamp(world),
        **common,
        **(params or {}),
    }
    canonical = "&".join(f"{_percent(k)}={_percent(v)}" for k, v in sorted(signed.items()))
    to_sign = f"{method}&%2F&{_percent(canonical)}"
    key = f"{OWNER.access_key_secret}&".encode()
    signature = base64.b64encode(hmac.new(key, to_sign.encode(), hashlib.sha1).digest()).decode()
    everything = urlencode({**signed, "Signature": signature})
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    url = f"{world.server.url}/"
    if method == "POST":
        return requests.post(url, everything, headers=form, timeout=10)
    return requests.request(method, f"{url}?{everything}", timeout=10)


def acs3(
    world: World, action: str, params: Mapping[str, str] | None = None, method: str = "POST", **headers: str
) -> requests.Response:
    """Parameters in the query. `headers`: others to send, unsigned but x-acs-*; names with _ for -."""
    others = {name.replace("_", "-"): value for name, value in headers.items()}
    sent = {
        "host": world.host,
        "x-acs-action": action,
        "x-acs-version": "2019-08-10",
        "x-acs-date": _timestamp(world),
        "x-acs-signature-nonce": f"nonce-{next(_nonces)}",
        "x-acs-content-sha256": hashlib.sha256(b"").hexdigest(),
        **others,
    }
    signed = sorted(name for name in sent if name == "host" or name.startswith("x-acs-"))
    query = "&".join(f"{_percent(k)}={_percent(v)}" for k, v in sorted((params or {}).items()))
    lines = [method, "/", query, *(f"{name}:{sent[name]}" for name in signed), "", ";".join(signed)]
    canonical = "\n".join([*lines, sent["x-acs-content-sha256"]])
    to_sign = "ACS3-HMAC-SHA256\n" + hashlib.sha256(canonical.encode()).hexdigest()
    signature = hmac.new(OWNER.access_key_secret.encode(), to_sign.encode(), hashlib.sha256).hexdigest()
    sent["Authorization"] = (
        f"ACS3-HMAC-SHA256 Credential={OWNER.access_key_id},SignedHeaders={';'.join(signed)},Signature={signature}"
    )
    return requests.request(method, f"{world.server.url}/?{query}", headers=sent, timeout=10)


def error(answer: requests.Response) -> tuple[int, str]:
    """Status and code of a refusal, in whichever format; all fields of a refusal have to be there."""
    if "json" in answer.headers["Content-Type"]:
        fields = answer.json()
    else:
        root = ElementTree.fromstring(answer.content)
        assert root.tag == "Error"
        fields = {child.tag: child.text for child in root}
    assert set(fields) == {"RequestId", "HostId", "Code", "Message", "Recommend"}
    assert fields["HostId"] == "multimediaai.cn-beijing.aliyuncs.com"
    assert fields["RequestId"] == answer.headers["x-acs-request-id"]
    return answer.status_code, fields["Code"]
