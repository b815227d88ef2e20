"""Uploads from HTML forms."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from typing import Any

import pytest
import requests

from harness.ram.identity import Credentials
from tests.harness.oss.local import AWKWARD_KEY, REGION, LocalOss


def policy(*conditions: Any, seconds: float = 60) -> str:
    until = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(time.time() + seconds))
    return base64.b64encode(json.dumps({"expiration": until, "conditions": conditions}).encode()).decode()


def signed_v1(who: Credentials, text: str) -> dict[str, str]:
    signature = hmac.new(who.access_key_secret.encode(), text.encode(), hashlib.sha1).digest()
    fields = {
        "OSSAccessKeyId": who.access_key_id,
        "policy": text,
        "Signature": base64.b64encode(signature).decode(),
    }
    return fields | ({"x-oss-security-token": who.token} if who.token else {})


def signed_v4(who: Credentials, text: str) -> dict[str, str]:
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    key = ("aliyun_v4" + who.access_key_secret).encode()
    for part in (stamp[:8], REGION, "oss", "aliyun_v4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    fields = {
        "policy": text,
        "x-oss-signature-version": "OSS4-HMAC-SHA256",
        "x-oss-credential": f"{who.access_key_id}/{stamp[:8]}/{REGION}/oss/aliyun_v4_request",
        "x-oss-date": stamp,
        "x-oss-signature": hmac.new(key, text.encode(), hashlib.sha256).hexdigest(),
    }
    return fields | ({"x-oss-security-token": who.token} if who.token else {})


def post(
    oss: LocalOss, fields: dict[str, str], data: bytes = b"moving", name: str = "猫.mp4"
) -> requests.Response:
    files = {"file": (name, data, "video/mp4")}
    return requests.post(f"{oss.url}/videos", data=fields, files=files, timeout=10, allow_redirects=False)


@pytest.mark.parametrize("sign", [signed_v1, signed_v4])
def test_signed_forms_of_owner_and_role(oss: LocalOss, sign: Any) -> None:
    oss.rights.let("web", {"Effect": "Allow", "Action": "oss:PutObject", "Resource": "acs:oss:*:*:videos/up/*"})
    role = oss.identities.assume_role("web")
    for who, key in ((oss.owner, AWKWARD_KEY), (role, "up/" + AWKWARD_KEY)):
        fields = {"key": key, **sign(who, policy({"bucket": "videos"}, ["eq", "$key", key]))}
        answer = post(oss, fields | {"x-oss-meta-a": "猫"})
        assert (answer.status_code, answer.content) == (204, b"")
        assert answer.headers["ETag"] == f'"{hashlib.md5(b"moving").hexdigest().upper()}"'
        assert oss.store.get("videos", key) == b"moving"
    made = oss.store.stat("videos", AWKWARD_KEY)
    assert made.attributes.content_type == "video/mp4"
    assert made.attributes.meta["a"].encode("latin-1").decode() == "猫"
    refused = post(oss, {"key": "elsewhere", **sign(role, policy())})
    assert "<Code>AccessDenied</Code>" in refused.text
    assert [entry.fields["key"] for entry in oss.journal.entries("request")][-1] == "elsewhere"


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"Signature": "wrong"}, 403, "SignatureDoesNotMatch"),
        ({"OSSAccessKeyId": "LTAIunknown"}, 403, "InvalidAccessKeyId"),
        ({"x-oss-security-token": "x"}, 403, "AccessKeyIdAndSecurityTokenNotMatch"),
        ({"Signature": ""}, 400, "InvalidArgument"),
        ({"key": ""}, 400, "InvalidArgument"),
        ({"key": "/k"}, 400, "InvalidObjectName"),
        ({"key": "other"}, 403, "AccessDenied"),
        ({"x-oss-object-acl": "open"}, 400, "InvalidArgument"),
    ],
)
def test_refused_forms(oss: LocalOss, change: dict[str, str], status: int, code: str) -> None:
    fields = {"key": "k", **signed_v1(oss.owner, policy(["eq", "$key", "k"]))}
    answer = post(oss, fields | change)
    assert (answer.status_code, f"<Code>{code}</Code>" in answer.text) == (status, True)
    assert oss.store.list("videos") == []


@pytest.mark.parametrize(
    ("condition", "accepted"),
    [
        ({"bucket": "videos"}, True),
        ({"bucket": "other"}, False),
        (["eq", "$key", "k"], True),
        (["starts-with", "$key", ""], True),
        (["starts-with", "$key", "x"], False),
        (["in", "$x-oss-meta-a", ["1", "2"]], True),
        (["not-in", "$x-oss-meta-a", ["1", "2"]], False),
        (["content-length-range", 6, 6], True),
        (["content-length-range", 1, 5], False),
        (["content-length-range", 7, 9], False),
        (["content-length-range", "a", "b"], False),
        (["like", "$key", "k"], False),
        (["eq", "$key"], False),
        ("nonsense", False),
    ],
)
def test_policy_conditions(oss: LocalOss, condition: Any, accepted: bool) -> None:
    fields = {"key": "k", "x-oss-meta-a": "1", **signed_v1(oss.owner, policy(condition))}
    answer = post(oss, fields)
    assert (answer.status_code == 204) is accepted, answer.text
    assert bool(oss.store.list("videos")) is accepted


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (policy(seconds=-1), "Invalid according to Policy: Policy expired."),
        (base64.b64encode(b"{}").decode(), "Invalid Policy"),
        ("not base64!", "Invalid Policy"),
    ],
    # Without the clock in a test's name, by which the parallel workers would know it under different ones.
    ids=["expired", "empty", "no base64"],
)
def test_policies_that_are_none(oss: LocalOss, text: str, message: str) -> None:
    answer = post(oss, {"key": "k", **signed_v1(oss.owner, text)})
    assert message in answer.text
    assert oss.store.list("videos") == []


def test_ways_to_succeed(oss: LocalOss) -> None:
    fields = {"key": "in/${filename}", **signed_v1(oss.owner, policy(["starts-with", "$key", "in/"]))}
    made = post(oss, fields | {"success_action_status": "201"})
    assert made.status_code == 201
    assert "<Key>in/猫.mp4</Key>" in made.content.decode()
    assert post(oss, fields | {"success_action_status": "200"}).status_code == 200
    redirect = post(oss, fields | {"success_action_redirect": "http://example.com/done"})
    assert redirect.status_code == 303
    assert redirect.headers["Location"].startswith("http://example.com/done?bucket=videos&key=in%2F")
    forbidden = post(oss, fields | {"x-oss-forbid-overwrite": "true"})
    assert (forbidden.status_code, "FileAlreadyExists" in forbidden.text) == (409, True)


def test_anonymous_forms_need_a_public_bucket(oss: LocalOss) -> None:
    assert post(oss, {"key": "k"}).status_code == 403
    oss.store.set_acl("videos", "public-read-write")
    assert post(oss, {"key": "k"}).status_code == 204
    assert oss.journal.entries("request")[-1].fields["signer"] == "anonymous"


@pytest.mark.parametrize(
    ("content_type", "body", "code"),
    [
        ("text/plain", b"x", "MalformedPOSTRequest"),
        ("multipart/form-data", b"x", "MalformedPOSTRequest"),
        ("multipart/form-data; boundary=b", b"--b\r\nbroken", "MalformedPOSTRequest"),
        ("multipart/form-data; boundary=b", b"", "MalformedPOSTRequest"),
        ("multipart/form-data; boundary=b", b"--b--\r\n", "IncorrectNumberOfFilesInPOSTRequest"),
    ],
)
def test_bodies_that_are_no_forms(oss: LocalOss, content_type: str, body: bytes, code: str) -> None:
    headers = {"Content-Type": content_type}
    answer = requests.post(f"{oss.url}/videos", data=body, headers=headers, timeout=10)
    assert (answer.status_code, f"<Code>{code}</Code>" in answer.text) == (400, True)


def test_a_large_file_in_a_form(oss: LocalOss) -> None:
    data = (b"\r\n--" + bytes(range(256))) * 20_000
    assert post(oss, {"key": "k", **signed_v1(oss.owner, policy())}, data).status_code == 204
    assert oss.store.get("videos", "k") == data


@pytest.mark.parametrize("disposition", ['form-data; name="file"', 'form-data; name="file"; filename=""'])
def test_a_file_without_a_name(oss: LocalOss, disposition: str) -> None:
    fields = signed_v1(oss.owner, policy()) | {"key": "k-${filename}"}
    head = "Content-Disposition: form-data; name="
    parts = [f'--b\r\n{head}"{name}"\r\n\r\n{value}\r\n' for name, value in fields.items()]
    parts.append(
        f"--b\r\nContent-Disposition: {disposition}\r\nContent-Type: video/mp4\r\n\r\nmoving\r\n--b--\r\n"
    )
    form = {"Content-Type": "multipart/form-data; boundary=b"}
    answer = requests.post(f"{oss.url}/videos", data="".join(parts).encode(), headers=form, timeout=10)
    assert answer.status_code == 204
    assert oss.store.get("videos", "k-") == b"moving"
    assert oss.store.stat("videos", "k-").attributes.content_type == "video/mp4"
