"""Real clients, right and wrong keys: who gets in, and with which code the others are refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import alibabacloud_oss_v2 as oss_v2
import oss2
import pytest
import requests

from harness.ram.identity import Credentials
from tests.harness.oss.local import AWKWARD_KEY, REGION, LocalOss

CLIENTS = [("oss2", "v1"), ("oss2", "v4"), ("oss_v2", "v1"), ("oss_v2", "v4")]
PERMITTED = {"Effect": "Allow", "Action": ["oss:PutObject", "oss:GetObject"], "Resource": "acs:oss:*:*:videos/*"}


def refusal(oss: LocalOss, client: str, version: str, who: Credentials) -> tuple[int, str]:
    """(status, code) with which reading AWKWARD_KEY is refused."""
    if client == "oss2":
        with pytest.raises(oss2.exceptions.ServerError) as caught:
            oss.bucket(who=who, version=version).get_object(AWKWARD_KEY)
        return caught.value.status, caught.value.code
    with pytest.raises(oss_v2.exceptions.OperationError) as failed:
        oss.v2(who, version).get_object(oss_v2.GetObjectRequest("videos", AWKWARD_KEY))
    error = failed.value.unwrap()
    return error.status_code, error.code


@pytest.fixture
def role(oss: LocalOss) -> Credentials:
    oss.rights.let("function", PERMITTED)
    oss.store.put("videos", AWKWARD_KEY, b"moving")
    return oss.identities.assume_role("function", seconds=3600)


@pytest.mark.parametrize(("client", "version"), CLIENTS)
def test_right_keys_of_owner_and_role(oss: LocalOss, role: Credentials, client: str, version: str) -> None:
    for who in (oss.owner, role):
        if client == "oss2":
            bucket = oss.bucket(who=who, version=version)
            bucket.put_object(AWKWARD_KEY, b"moving pictures")
            assert bucket.get_object(AWKWARD_KEY).read() == b"moving pictures"
        else:
            v2 = oss.v2(who, version)
            v2.put_object(oss_v2.PutObjectRequest("videos", AWKWARD_KEY, body=b"moving pictures"))
            got = v2.get_object(oss_v2.GetObjectRequest("videos", AWKWARD_KEY))
            assert got.body.content == b"moving pictures"


@pytest.mark.parametrize(("client", "version"), CLIENTS)
@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda key, other: replace(key, access_key_secret="wrong"), "SignatureDoesNotMatch"),
        (lambda key, other: Credentials("LTAI5tUnknown", "secret"), "InvalidAccessKeyId"),
        (lambda key, other: replace(key, token=None), "InvalidAccessKeyId"),
        (lambda key, other: replace(key, token="bm90IGEgdG9rZW4="), "InvalidSecurityToken"),
        (lambda key, other: replace(key, token=other.token), "AccessKeyIdAndSecurityTokenNotMatch"),
    ],
    ids=["secret", "key", "no-token", "bad-token", "other-token"],
)
def test_wrong_keys(
    oss: LocalOss,
    role: Credentials,
    client: str,
    version: str,
    spoil: Callable[[Credentials, Credentials], Credentials],
    code: str,
) -> None:
    wrong = spoil(role, oss.identities.assume_role("function"))
    assert refusal(oss, client, version, wrong) == (403, code)


@pytest.mark.parametrize(("client", "version"), CLIENTS)
def test_expired_token(oss: LocalOss, role: Credentials, client: str, version: str) -> None:
    oss.identities.expire_all()
    assert refusal(oss, client, version, role) == (403, "SecurityTokenExpired")


@pytest.mark.parametrize("offset", [-16 * 60, 16 * 60])
@pytest.mark.parametrize(("client", "version"), CLIENTS)
def test_clock_skew(oss: LocalOss, role: Credentials, client: str, version: str, offset: float) -> None:
    oss.clock.ahead = offset
    assert refusal(oss, client, version, oss.owner) == (403, "RequestTimeTooSkewed")


@pytest.mark.parametrize("version", ["v1", "v4"])
def test_a_clock_14_minutes_off_is_served(oss: LocalOss, role: Credentials, version: str) -> None:
    oss.clock.ahead = 14 * 60
    assert oss.bucket(version=version).get_object(AWKWARD_KEY).read() == b"moving"


def test_a_refused_signature_shows_what_was_signed(oss: LocalOss) -> None:
    with pytest.raises(oss2.exceptions.SignatureDoesNotMatch) as caught:
        oss.bucket(who=replace(oss.owner, access_key_secret="wrong")).get_object("k")
    details = caught.value.details
    assert details["StringToSign"].endswith("/videos/k")
    assert bytes.fromhex(details["StringToSignBytes"].replace(" ", "")).decode() == details["StringToSign"]
    assert details["OSSAccessKeyId"] == oss.owner.access_key_id
    assert details["EC"] == "0002-00000040"


def test_v4_for_another_region(oss: LocalOss) -> None:
    bucket = oss.bucket(version="v4", region="cn-hangzhou")
    with pytest.raises(oss2.exceptions.InvalidArgument) as caught:
        bucket.get_object("k")
    assert caught.value.details["Message"] == "Invalid signing region in Authorization header."


@pytest.mark.parametrize(("client", "version"), CLIENTS)
def test_presigned_get(oss: LocalOss, role: Credentials, client: str, version: str) -> None:
    url = presigned(oss, role, client, version, 600)
    assert requests.get(url, timeout=10).content == b"moving"
    altered = url.replace("100%25", "200%25")
    assert "<Code>SignatureDoesNotMatch</Code>" in requests.get(altered, timeout=10).text
    oss.clock.ahead = 601
    expired = requests.get(url, timeout=10)
    assert expired.status_code == 403
    assert "Request has expired." in expired.text


@pytest.mark.parametrize(("client", "version"), CLIENTS)
def test_presigned_get_is_its_signers_right(oss: LocalOss, role: Credentials, client: str, version: str) -> None:
    url = presigned(oss, role, client, version, 600)
    oss.rights.let("function", {"Effect": "Allow", "Action": "oss:PutObject", "Resource": "*"})
    assert "<Code>AccessDenied</Code>" in requests.get(url, timeout=10).text
    oss.rights.let("function", PERMITTED)
    oss.identities.expire_all()
    assert "<Code>SecurityTokenExpired</Code>" in requests.get(url, timeout=10).text


def presigned(oss: LocalOss, who: Credentials, client: str, version: str, seconds: int) -> str:
    if client == "oss2":
        return str(oss.bucket(who=who, version=version).sign_url("GET", AWKWARD_KEY, seconds, slash_safe=True))
    request = oss_v2.GetObjectRequest("videos", AWKWARD_KEY)
    return str(oss.v2(who, version).presign(request, expires=timedelta(seconds=seconds)).url)


@pytest.mark.parametrize("version", ["v1", "v4"])
def test_presigned_put(oss: LocalOss, version: str) -> None:
    headers = {"Content-Type": "video/mp4"}
    url = oss.bucket(version=version).sign_url("PUT", "up.mp4", 60, headers=headers)
    assert requests.put(url, b"film", headers=headers, timeout=10).status_code == 200
    assert oss.store.get("videos", "up.mp4") == b"film"
    other = requests.put(url, b"film", headers={"Content-Type": "text/plain"}, timeout=10)
    assert "<Code>SignatureDoesNotMatch</Code>" in other.text


@pytest.mark.parametrize("base", ["http://127.0.0.1:{port}", "http://localhost:{port}"])
def test_the_services_own_presigned_urls(oss: LocalOss, base: str) -> None:
    oss.store.put("videos", AWKWARD_KEY, b"moving")
    url = oss.service.presign_get("videos", AWKWARD_KEY, 60, base.format(port=oss.server.port))
    assert requests.get(url, timeout=10).content == b"moving"


def test_the_services_own_presigned_urls_for_a_domain(oss: LocalOss) -> None:
    url = oss.service.presign_get("videos", "a b", 60, f"https://oss-{REGION}.aliyuncs.com")
    assert url.startswith("https://videos.oss-cn-beijing.aliyuncs.com/a%20b?x-oss-signature-version=")


@pytest.mark.parametrize(
    ("query", "headers", "status", "code"),
    [
        ("", {"Authorization": "OSS onlykey"}, 400, "InvalidArgument"),
        ("", {"Authorization": "Bearer x"}, 400, "InvalidArgument"),
        ("", {"Authorization": "OSS4-HMAC-SHA256 nonsense"}, 400, "InvalidArgument"),
        ("", {"Authorization": "OSS k:s"}, 403, "AccessDenied"),
        ("", {"Authorization": "OSS k:s", "Date": "yesterday"}, 403, "AccessDenied"),
        ("?Signature=x&OSSAccessKeyId=k", {}, 403, "AccessDenied"),
        ("?Signature=x&OSSAccessKeyId=k&Expires=soon", {}, 403, "AccessDenied"),
        ("?x-oss-signature-version=OSS2", {}, 400, "NotImplemented"),
        ("?x-oss-signature-version=OSS4-HMAC-SHA256", {}, 403, "AccessDenied"),
        ("?Signature=x&OSSAccessKeyId=k&Expires=1", {"Authorization": "OSS k:s"}, 400, "InvalidArgument"),
    ],
)
def test_malformed_signatures(oss: LocalOss, query: str, headers: dict[str, str], status: int, code: str) -> None:
    answer = requests.get(f"{oss.url}/videos/k{query}", headers=headers, timeout=10)
    assert (answer.status_code, f"<Code>{code}</Code>" in answer.text) == (status, True)


@pytest.mark.parametrize("seconds", ["0", "-1", "604801", "x", "9" * 30])
def test_v4_expiry_must_be_up_to_seven_days(oss: LocalOss, seconds: str) -> None:
    url = oss.bucket(version="v4").sign_url("GET", "k", 60).replace("x-oss-expires=60", f"x-oss-expires={seconds}")
    assert "<Code>InvalidArgument</Code>" in requests.get(url, timeout=10).text


@pytest.mark.parametrize("date", ["Fri, 31 Dec 9999 23:59:59 -0500", "Mon, 01 Jan 0001 00:00:00 +0100"])
def test_a_date_outside_all_years_is_only_skewed(oss: LocalOss, date: str) -> None:
    answer = requests.get(f"{oss.url}/videos/k", headers={"Date": date, "Authorization": "OSS a:b"}, timeout=10)
    assert (answer.status_code, "<Code>RequestTimeTooSkewed</Code>" in answer.text) == (403, True)


def test_the_token_comes_in_the_query_or_in_a_header(oss: LocalOss, role: Credentials) -> None:
    bucket = oss.bucket(who=role, version="v1")
    url = bucket.sign_url("GET", AWKWARD_KEY, 60, headers={"x-oss-security-token": role.token})
    for header in ("x-oss-security-token", "security-token"):
        answer = requests.get(url, headers={header: role.token or ""}, timeout=10)
        assert (answer.status_code, "<Code>InvalidArgument</Code>" in answer.text) == (400, True)
    with pytest.raises(oss2.exceptions.InvalidArgument):
        bucket.get_object(AWKWARD_KEY, params={"security-token": role.token})
