"""ACS3-HMAC-SHA256 against the documentation's worked example and the official SDK's signer."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timezone
from types import SimpleNamespace
from urllib.parse import urlencode

import pytest
from alibabacloud_tea_openapi.utils import Utils

from harness.http.server import Request
from harness.ram.identity import Credentials, Identities
from harness.signatures import MAX_SKEW, SignatureError, acs3
from harness.signatures.gateway import NonceLog
from tests.harness.signatures.building import a_request

NOW = datetime(2023, 10, 26, 10, 22, 32, tzinfo=timezone.utc).timestamp()
OWNER = Credentials("YourAccessKeyId", "YourAccessKeySecret")
EMPTY = hashlib.sha256(b"").hexdigest()


def identities() -> Identities:
    return Identities(OWNER, key=b"k" * 32, clock=lambda: NOW)


IMAGE = "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd"
WORKED_EXAMPLE = {
    "host": "ecs.cn-shanghai.aliyuncs.com",
    "x-acs-action": "RunInstances",
    "x-acs-content-sha256": EMPTY,
    "x-acs-date": "2023-10-26T10:22:32Z",
    "x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d",
    "x-acs-version": "2014-05-26",
}
WORKED_SIGNATURE = "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"


def worked_example(**changed: str) -> Request:
    """The documentation's example; `changed`: other header values, names with _ for -."""
    headers = WORKED_EXAMPLE | {name.replace("_", "-"): value for name, value in changed.items()}
    headers.setdefault(
        "Authorization",
        f"ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders={';'.join(WORKED_EXAMPLE)},"
        f"Signature={WORKED_SIGNATURE}",
    )
    return a_request("POST", f"/?ImageId={IMAGE}&RegionId=cn-shanghai", headers)


def test_acs3_worked_example_of_the_documentation() -> None:
    request = worked_example()
    assert acs3.string_to_sign(request, list(WORKED_EXAMPLE)) == (
        "ACS3-HMAC-SHA256\n7ea06492da5221eba5297e897ce16e55f964061054b7695beedaac1145b1e259"
    )
    assert acs3.verify(request, b"", identities(), now=NOW) == OWNER


def tea_signed(
    method: str = "POST",
    path: str = "/",
    query: Mapping[str, str] | None = None,
    body: bytes = b"",
    signer: Credentials = OWNER,
    extra: Mapping[str, str] | None = None,
) -> Request:
    """A request as the official SDK signs it."""
    headers = dict(WORKED_EXAMPLE) | {"accept": "application/json", "user-agent": "x  y"} | dict(extra or {})
    headers["x-acs-content-sha256"] = hashlib.sha256(body).hexdigest()
    if signer.token:
        headers |= {"x-acs-security-token": signer.token, "x-acs-accesskey-id": signer.access_key_id}
    query = dict(query or {})
    sdk = SimpleNamespace(method=method, pathname=path, query=query, headers=headers)
    headers["Authorization"] = Utils.get_authorization(
        sdk,
        "ACS3-HMAC-SHA256",
        headers["x-acs-content-sha256"],
        signer.access_key_id,
        signer.access_key_secret,
    )
    return a_request(method, f"{path}?{urlencode(query)}", headers)


@pytest.mark.parametrize(
    ("method", "path", "query", "body"),
    [
        ("GET", "/", {}, b""),
        ("POST", "/", {"VideoName": "a b*c~d/é+=.mp4", "Empty": "", "b": "1", "B": "2"}, b""),
        ("POST", "/", {}, b"VideoName=%E7%8C%AB"),
        ("PUT", "/2023-03-30/functions/%E7%8C%AB/a%2Fb~", {"qualifier": "LATEST"}, b"{}"),
    ],
)
def test_acs3_as_the_sdk_signs(method: str, path: str, query: dict[str, str], body: bytes) -> None:
    assert acs3.verify(tea_signed(method, path, query, body), body, identities(), now=NOW) == OWNER


def test_acs3_sts_credentials() -> None:
    known = identities()
    role = known.assume_role("gif")
    assert acs3.verify(tea_signed(signer=role), b"", known, now=NOW).role == "gif"


def test_acs3_repeated_header_counts_sorted_and_joined() -> None:
    signed = sorted([*WORKED_EXAMPLE, "x-acs-tag"])
    values = WORKED_EXAMPLE | {"x-acs-tag": "a,b"}
    lines = ["GET", "/", "", *(f"{name}:{values[name]}" for name in signed), "", ";".join(signed), EMPTY]
    to_sign = "ACS3-HMAC-SHA256\n" + hashlib.sha256("\n".join(lines).encode()).hexdigest()
    signature = hmac.new(OWNER.access_key_secret.encode(), to_sign.encode(), hashlib.sha256).hexdigest()
    authorization = f"ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders={';'.join(signed)},Signature="
    request = a_request(
        "GET",
        "/",
        WORKED_EXAMPLE | {"Authorization": authorization + signature},
        extra=[("X-Acs-Tag", " b "), ("x-acs-tag", "a")],
    )
    assert acs3.verify(request, b"", identities(), now=NOW) == OWNER


MISMATCH = Credentials("YourAccessKeyId", "YourAccessKeySecret", "a token of somebody else")


def signed_but_not_sent() -> Request:
    request = worked_example()
    del request.headers["x-acs-action"]
    return request


def changed_query() -> Request:
    request = worked_example()
    request.query_string += "&Amount=2"
    return request


@pytest.mark.parametrize(
    ("request_", "body", "code", "status"),
    [
        (a_request("GET", "/"), b"", "IncompleteSignature", 400),
        (worked_example(Authorization="acs a:b"), b"", "IncompleteSignature", 400),
        (worked_example(Authorization="ACS3-HMAC-SHA256 Credential=a"), b"", "IncompleteSignature", 400),
        (signed_but_not_sent(), b"", "IncompleteSignature", 400),
        (worked_example(x_acs_security_token="unsigned"), b"", "IncompleteSignature", 400),
        (changed_query(), b"", "SignatureDoesNotMatch", 400),
        (worked_example(x_acs_action="DeleteInstances"), b"", "SignatureDoesNotMatch", 400),
        (worked_example(), b"another body", "SignatureDoesNotMatch", 400),
        (worked_example(x_acs_content_sha256="ü"), b"", "SignatureDoesNotMatch", 400),
        (worked_example(x_acs_date="2023-10-26 10:22:32"), b"", "InvalidTimeStamp.Format", 400),
        (worked_example(x_acs_date="2023-10-26T10:07:31Z"), b"", "InvalidTimeStamp.Expired", 400),
        (worked_example(x_acs_date="2023-10-26T10:37:33Z"), b"", "InvalidTimeStamp.Expired", 400),
        (tea_signed(signer=Credentials("LTAInobody", "s")), b"", "InvalidAccessKeyId.NotFound", 404),
        (tea_signed(signer=Credentials("STS.a", "s")), b"", "InvalidAccessKeyId.NotFound", 404),
        (tea_signed(signer=Credentials("STS.a", "s", "t")), b"", "InvalidSecurityToken.Malformed", 400),
        (tea_signed(signer=MISMATCH), b"", "InvalidSecurityToken.MismatchWithAccessKey", 400),
    ],
)
def test_acs3_refusals(request_: Request, body: bytes, code: str, status: int) -> None:
    with pytest.raises(SignatureError) as refused:
        acs3.verify(request_, body, identities(), now=NOW)
    assert (refused.value.code, refused.value.status) == (code, status)


def test_acs3_wrong_secret_shows_the_servers_string_to_sign_but_no_parameter() -> None:
    request = tea_signed(
        signer=Credentials("YourAccessKeyId", "wrong"), query={"VideoUrl": "http://x/?Signature=s"}
    )
    with pytest.raises(SignatureError, match="server string to sign is:ACS3-HMAC-SHA256") as refused:
        acs3.verify(request, b"", identities(), now=NOW)
    assert refused.value.code == "SignatureDoesNotMatch"
    assert "VideoUrl" not in refused.value.message


def test_a_replay_is_refused() -> None:
    nonces = NonceLog()
    acs3.verify(worked_example(), b"", identities(), now=NOW, nonces=nonces)
    with pytest.raises(SignatureError, match="SignatureNonceUsed"):
        acs3.verify(worked_example(), b"", identities(), now=NOW, nonces=nonces)


def test_a_refused_request_does_not_use_its_nonce() -> None:
    nonces = NonceLog()
    with pytest.raises(SignatureError, match="SignatureDoesNotMatch"):
        acs3.verify(changed_query(), b"", identities(), now=NOW, nonces=nonces)
    acs3.verify(worked_example(), b"", identities(), now=NOW, nonces=nonces)


def test_nonces_are_kept_as_long_as_their_timestamp_may_be_sent_and_no_longer() -> None:
    nonces = NonceLog()
    nonces.use("key", "n", NOW)
    nonces.use("another key", "n", NOW)
    with pytest.raises(SignatureError):
        nonces.use("key", "n", NOW + 2 * MAX_SKEW)
    nonces.use("key", "n", NOW + 2 * MAX_SKEW + 1)
    assert len(nonces) == 1
