"""The legacy RPC signature against the documentation's examples and the official SDK's signer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from alibabacloud_tea_openapi.utils import Utils

from harness.http.server import Request
from harness.ram.identity import Credentials, Identities
from harness.signatures import SignatureError, rpc
from harness.signatures.gateway import NonceLog
from tests.harness.signatures.building import a_request

TEST_OWNER = Credentials("testid", "testsecret")
COMMON = {"AccessKeyId": "testid", "SignatureMethod": "HMAC-SHA1", "SignatureVersion": "1.0"}
REGIONS = COMMON | {
    "Action": "DescribeRegions",
    "Format": "XML",
    "SignatureNonce": "3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf",
    "Timestamp": "2016-02-23T12:46:24Z",
    "Version": "2014-05-26",
}
HOSTS = COMMON | {
    "Action": "DescribeDedicatedHosts",
    "Format": "JSON",
    "RegionId": "cn-beijing",
    "SignatureNonce": "edb2b34af0af9a6d14deaf7c1a5315eb",
    "Timestamp": "2023-03-13T08:34:30Z",
    "Version": "2014-05-26",
}
GIF_TASK = {
    "ApplicationId": "app-1",
    "VideoName": "a b*c~d/é+=.mp4",
    "VideoUrl": "https://bkt.oss-cn-beijing.aliyuncs.com/in/%E4%B8%AD.mp4?x=1&y=2",
    "TemplateId": "689",
    "CallbackUrl": "https://cb.example/x",
}
GIF = COMMON | {
    "Action": "CreateGifTask",
    "Format": "json",
    "SignatureNonce": "n1",
    "Timestamp": "2024-01-02T03:04:05Z",
    "Version": "2019-08-10",
}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def epoch(timestamp: str) -> float:
    return datetime.strptime(timestamp, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc).timestamp()


def rpc_verify(request: Request, body: bytes = b"", now: float | None = None, **more: Any) -> Credentials:
    now = epoch(rpc.parameters(request, body)["Timestamp"]) if now is None else now
    return rpc.verify(request, body, Identities(TEST_OWNER, clock=lambda: now), now=now, **more)


@pytest.mark.parametrize(
    ("params", "signature"),
    [(REGIONS, "OLeaidS1JvxuMvnyHOwuJ+uX5qY="), (HOSTS, "9NaGiOspFP5UPcwX8Iwt2YJXXuk=")],
)
def test_rpc_published_examples(params: dict[str, str], signature: str) -> None:
    assert rpc_verify(a_request("GET", "/?" + urlencode(params | {"Signature": signature}))) == TEST_OWNER


@pytest.mark.parametrize("quoted", [urlencode, lambda params: urlencode(params, quote_via=quote)])
def test_rpc_signs_query_and_form_together(quoted: Callable[[Mapping[str, str]], str]) -> None:
    query = GIF | {"Signature": "VW6KbbDFoqQdTeUweG5eW71HARs="}
    body = quoted(GIF_TASK).encode()
    assert rpc_verify(a_request("POST", "/?" + urlencode(query), FORM), body) == TEST_OWNER
    everything_in_the_form = urlencode(query | GIF_TASK).encode()
    assert rpc_verify(a_request("POST", "/", FORM), everything_in_the_form) == TEST_OWNER


def rpc_signed(params: Mapping[str, str], signer: Credentials = TEST_OWNER, method: str = "POST") -> Request:
    """A request as the official SDK signs it."""
    signed = dict(params) | {"AccessKeyId": signer.access_key_id}
    if signer.token:
        signed["SecurityToken"] = signer.token
    signed["Signature"] = Utils.get_rpcsignature(signed, method, signer.access_key_secret)
    return a_request(method, "/?" + urlencode(signed))


def test_rpc_sts_credentials() -> None:
    now = epoch(GIF["Timestamp"])
    known = Identities(TEST_OWNER, clock=lambda: now)
    role = known.assume_role("gif", seconds=60)
    assert rpc.verify(rpc_signed(GIF, role), b"", known, now=now).role == "gif"
    late = Identities(TEST_OWNER, key=b"k", clock=lambda: now)
    expired = late.assume_role("gif", seconds=0)
    with pytest.raises(SignatureError, match=r"InvalidSecurityToken\.Expired"):
        rpc.verify(rpc_signed(GIF, expired), b"", late, now=now)


def without(name: str) -> dict[str, str]:
    return {key: value for key, value in GIF.items() if key != name}


@pytest.mark.parametrize(
    ("request_", "code", "status"),
    [
        (a_request("POST", "/?" + urlencode(GIF)), "MissingSignature", 400),
        (a_request("POST", "/?" + urlencode(without("AccessKeyId"))), "MissingAccessKeyId", 400),
        (rpc_signed(without("SignatureNonce")), "MissingSignatureNonce", 400),
        (rpc_signed(GIF | {"SignatureVersion": "2.0"}), "IncompleteSignature", 400),
        (rpc_signed(GIF | {"SignatureMethod": "HMAC-SHA256"}), "IncompleteSignature", 400),
        (rpc_signed(GIF | {"Timestamp": "yesterday"}), "InvalidTimeStamp.Format", 400),
        (rpc_signed(GIF | {"Timestamp": "2024-01-02T03:19:06Z"}), "InvalidTimeStamp.Expired", 400),
        (rpc_signed(GIF, Credentials("nobody", "testsecret")), "InvalidAccessKeyId.NotFound", 404),
        (rpc_signed(GIF, Credentials("testid", "wrong")), "SignatureDoesNotMatch", 400),
        (rpc_signed(GIF, method="GET"), "SignatureDoesNotMatch", 400),
        (rpc_signed(GIF, Credentials("STS.x", "s", "bm90IGEgdG9rZW4=")), "InvalidSecurityToken.Malformed", 400),
    ],
)
def test_rpc_refusals(request_: Request, code: str, status: int) -> None:
    request_.method = "POST"
    with pytest.raises(SignatureError) as refused:
        rpc_verify(request_, now=epoch(GIF["Timestamp"]))
    assert (refused.value.code, refused.value.status) == (code, status)


def test_a_replay_is_refused() -> None:
    nonces = NonceLog()
    rpc_verify(rpc_signed(GIF), nonces=nonces)
    with pytest.raises(SignatureError, match="SignatureNonceUsed"):
        rpc_verify(rpc_signed(GIF), nonces=nonces)
