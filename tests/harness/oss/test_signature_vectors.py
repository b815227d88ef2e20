"""Published signatures, frozen: the verifiers must come to the same."""

from __future__ import annotations

from datetime import datetime, timezone
from email.message import Message

import pytest

from harness.signatures import oss_v1, oss_v4

SECRET = "OtxrzxIsfpFjA7SwPzILwy8Bw21TLhquhboDYROV"


def headers(**values: str) -> Message:
    message = Message()
    for name, value in values.items():
        message[name.replace("_", "-")] = value
    return message


def test_v1_header_as_documented() -> None:
    text = oss_v1.string_to_sign(
        "PUT",
        headers(
            Content_Md5="ODBGOERFMDMzQTczRUY3NUE3NzA5QzdFNUYzMDQxNEM=",
            Content_Type="text/html",
            X_OSS_Meta_Author="foo@bar.com",
            X_OSS_Magic="abracadabra",
            Host="oss-example.oss-cn-hangzhou.aliyuncs.com",
        ),
        "Thu, 17 Nov 2005 18:49:58 GMT",
        "/oss-example/nelson",
        [],
    )
    assert oss_v1.signature(SECRET, text) == "26NBxoKdsyly4EDv6inkoDft/yA="


def test_v1_query() -> None:
    query = [("OSSAccessKeyId", "44CF9590006BF252F707"), ("Expires", "1141889120")]
    text = oss_v1.string_to_sign("GET", Message(), "1141889120", "/oss-example/oss-api.pdf", query)
    assert oss_v1.signature(SECRET, text) == "EwaNTn1erJGkimiJ9WmXgwnANLc="


def test_v1_signs_sub_resources_sorted_and_nothing_else_of_the_query() -> None:
    query = [("uploadId", "x y"), ("prefix", "p"), ("acl", ""), ("list-type", "2")]
    text = oss_v1.string_to_sign("GET", Message(), "d", "/b/k", query)
    assert text == b"GET\n\n\nd\n/b/k?acl&uploadId=x y"


SDK_QUERY = [
    ("param1", "value1"),
    ("+param1", "value3"),
    ("|param1", "value4"),
    ("+param2", ""),
    ("|param2", ""),
    ("param2", ""),
]


@pytest.mark.parametrize(
    ("stamp", "token", "signature"),
    [
        ("20231216T162057Z", "", "e21d18daa82167720f9b1047ae7e7f1ce7cb77a31e8203a7d5f4624fa0284afe"),
        ("20231217T034736Z", "token", "b94a3f999cf85bcdc00d332fbd3734ba03e48382c36fa4d5af5df817395bd9ea"),
    ],
)
def test_v4_header_as_in_the_sdk_tests(stamp: str, token: str, signature: str) -> None:
    sent = headers(x_oss_head1="value", abc="value", ZAbc="value", XYZ="value", content_type="text/plain")
    sent["x-oss-content-sha256"], sent["x-oss-date"] = "UNSIGNED-PAYLOAD", stamp
    if token:
        sent["x-oss-security-token"] = token
    canonical = oss_v4.canonical_request("PUT", "/bucket/1234+-/123/1.txt", SDK_QUERY, sent)
    expected = b"%2Bparam1=value3&%2Bparam2&%7Cparam1=value4&%7Cparam2&param1=value1&param2"
    assert canonical.splitlines()[2] == expected
    scope = oss_v4.Scope(stamp[:8], "cn-hangzhou")
    assert scope.signature("sk", oss_v4.string_to_sign(stamp, scope, canonical)) == signature


def test_v4_query() -> None:
    resource, scope = "/bkt/in/中 文+.mp4", oss_v4.Scope("20240102", "cn-beijing")
    query = [
        ("x-oss-signature-version", "OSS4-HMAC-SHA256"),
        ("x-oss-credential", f"ak/{scope}"),
        ("x-oss-date", "20240102T030405Z"),
        ("x-oss-expires", "3600"),
        ("x-oss-security-token", "tok+/="),
    ]
    canonical = oss_v4.canonical_request("GET", resource, query, Message())
    text = oss_v4.string_to_sign("20240102T030405Z", scope, canonical)
    expected = "0cb8f9f4527142bda88fa4fb339eadfca169680daa7957691637ec90bdd99875"
    assert scope.signature("sk", text) == expected


def test_presigning_and_verifying_agree_on_the_time() -> None:
    now = datetime(2024, 1, 2, 3, 4, 5, tzinfo=timezone.utc).timestamp()
    query = dict(oss_v4.presigned_query("GET", "/bkt/k", "ak", "sk", "cn-beijing", 3600, now))
    assert query["x-oss-date"] == "20240102T030405Z"
    assert query["x-oss-credential"] == "ak/20240102/cn-beijing/oss/aliyun_v4_request"
