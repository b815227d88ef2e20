"""Log Service's signatures: the examples of its page, and what is refused. Its SDK signs elsewhere."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime, timezone

import pytest

from harness.http.server import Request
from harness.ram.identity import Credentials, Identities
from harness.signatures import SignatureError, sls
from tests.harness.signatures.building import a_request

KEY = Credentials("bq2sjzesjmo86kq35behupbq", "4fdO2fTDDnZPU/L7CHNdemB2Nsk=")
NOW = datetime(2015, 11, 9, 6, 11, 16, tzinfo=timezone.utc).timestamp()
QUERY = "logstoreName=&offset=0&size=1000"
HEADERS = {
    "Date": "Mon, 09 Nov 2015 06:11:16 GMT",
    "x-log-apiversion": "0.6.0",
    "x-log-signaturemethod": "hmac-sha1",
}
#: of "Request signatures", examples 1 and 2
GET_SIGNATURE, POST_SIGNATURE = "jEYOTCJs2e88o+y5F4/S5IsnBJQ=", "XWLGYHGg2F2hcfxWxMLiNkGki6g="
LOG = f"LOG {KEY.access_key_id}"


def verified(request: Request, body: bytes = b"", region: str = "cn-beijing") -> Credentials:
    identities = Identities(KEY, key=b"k" * 32, clock=lambda: NOW)
    return sls.verify(request, body, identities, region=region, now=NOW)


def listing(changed: dict[str, str | None], query: str = QUERY) -> Request:
    """The request of example 1."""
    headers = {**HEADERS, "Authorization": f"{LOG}:{GET_SIGNATURE}", **changed}
    request = a_request("GET", "/logstores", {name: value for name, value in headers.items() if value is not None})
    request.query_string = query
    return request


def test_the_first_example() -> None:
    assert verified(listing({})) == KEY
    assert verified(listing({}, "size=1000&logstoreName=&offset=0")) == KEY


def test_the_second_example() -> None:
    """Its body is not printed."""
    about = {
        **HEADERS,
        "Date": "Mon, 09 Nov 2015 06:03:03 GMT",
        "Content-MD5": "1DD45FA4A70A9300CC9FE7305AF2C494",
        "Content-Type": "application/x-protobuf",
        "x-log-bodyrawsize": "50",
        "x-log-compresstype": "lz4",
    }
    text = sls.string_to_sign(a_request("POST", "/logstores/test-logstore", about))
    digest = hmac.new(KEY.access_key_secret.encode(), text.encode(), hashlib.sha1).digest()
    assert base64.b64encode(digest).decode() == POST_SIGNATURE


@pytest.mark.parametrize(
    ("changed", "code", "status"),
    [
        ({"Authorization": None}, "ParameterInvalid", 400),
        ({"Authorization": "LOG nobody"}, "ParameterInvalid", 400),
        ({"Authorization": "LOG nobody:eA=="}, "Unauthorized", 401),
        ({"Authorization": f"{LOG}:eA=="}, "SignatureNotMatch", 401),
        ({"x-log-signaturemethod": "hmac-md5"}, "ParameterInvalid", 400),
        ({"x-log-signaturemethod": "hmac-sha256"}, "SignatureNotMatch", 401),
        ({"x-log-bodyrawsize": "0"}, "SignatureNotMatch", 401),
        ({"Content-Type": "text/plain"}, "SignatureNotMatch", 401),
        ({"Content-MD5": "00"}, "PostBodyInvalid", 400),
        ({"x-acs-security-token": "stolen"}, "Unauthorized", 401),
        ({"Date": None}, "InvalidRequestTime", 400),
        ({"Date": "yesterday"}, "InvalidRequestTime", 400),
        ({"Date": "Mon, 09 Nov 2015 05:56:15 GMT"}, "RequestTimeExpired", 400),
        ({"Date": "Mon, 09 Nov 2015 06:26:17 GMT"}, "RequestTimeExpired", 400),
        ({"Date": "Mon, 09 Nov 2015 06:11:17 GMT"}, "SignatureNotMatch", 401),
    ],
)
def test_refusals(changed: dict[str, str | None], code: str, status: int) -> None:
    with pytest.raises(SignatureError) as refused:
        verified(listing(changed))
    assert (refused.value.code, refused.value.status) == (code, status)


def test_the_query_and_the_body_are_signed() -> None:
    with pytest.raises(SignatureError, match="SignatureNotMatch"):
        verified(listing({}, QUERY + "0"))
    with pytest.raises(SignatureError, match="PostBodyInvalid"):
        verified(listing({}), b"another body")


#: Made with alibabacloud-gateway-sls 0.4.2 for a request at NOW, in cn-beijing.
V4_HEADERS = {
    "host": "my-project.cn-beijing.log.aliyuncs.com",
    "content-type": "application/json",
    "x-log-apiversion": "0.6.0",
    "x-log-bodyrawsize": "0",
    "x-log-date": "20151109T061116Z",
    "x-log-content-sha256": hashlib.sha256(b"").hexdigest(),
}
V4_SIGNATURE = "e1276fb91a227059435ab3d7ed6fe33b823c37ac8a451d94c42874a6d6a8e41c"
V4 = f"SLS4-HMAC-SHA256 Credential={KEY.access_key_id}/20151109/cn-beijing/sls/aliyun_v4_request,Signature="


def v4(changed: dict[str, str], query: str = "logstoreName=a%2Bb%20%E7%8C%AB&size=5") -> Request:
    return a_request("GET", f"/logstores?{query}", {**V4_HEADERS, "Authorization": V4 + V4_SIGNATURE, **changed})


def test_signature_v4() -> None:
    assert verified(v4({})) == KEY
    assert verified(v4({}, "size=5&logstoreName=a%2Bb+%E7%8C%AB")) == KEY


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"x-log-bodyrawsize": "1"}, "SignatureNotMatch"),
        ({"host": "other.cn-beijing.log.aliyuncs.com"}, "SignatureNotMatch"),
        ({"x-log-more": "1"}, "SignatureNotMatch"),
        ({"x-log-content-sha256": "0" * 64}, "PostBodyInvalid"),
        ({"x-log-date": "20151109"}, "InvalidRequestTime"),
        ({"x-log-date": "20151109T055615Z"}, "RequestTimeExpired"),
        ({"Authorization": V4 + "0" * 64}, "SignatureNotMatch"),
        ({"Authorization": V4.replace("cn-beijing", "cn-hangzhou") + V4_SIGNATURE}, "SignatureNotMatch"),
        ({"Authorization": V4.replace("20151109", "20151108") + V4_SIGNATURE}, "SignatureNotMatch"),
    ],
)
def test_refusals_of_v4(changed: dict[str, str], code: str) -> None:
    with pytest.raises(SignatureError) as refused:
        verified(v4(changed))
    assert refused.value.code == code


def test_v4_signs_the_query() -> None:
    with pytest.raises(SignatureError, match="SignatureNotMatch"):
        verified(v4({}, "logstoreName=a&size=5"))
