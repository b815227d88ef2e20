"""FC 2.0's signature against the vectors of its SDK, and what is refused."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from fc2.auth import Auth

from harness.http.server import Request
from harness.ram.identity import Credentials, Identities
from harness.signatures import SignatureError, fc2
from tests.harness.signatures.building import a_request

NOW = datetime(2024, 1, 2, 3, 4, 5, tzinfo=timezone.utc).timestamp()
DATE = "Tue, 02 Jan 2024 03:04:05 GMT"
PATH = "/2016-08-15/services/s/functions/f/invocations"
HEADERS = {
    "content-type": "application/octet-stream",
    "date": DATE,
    "x-fc-invocation-type": "Async",
    "x-fc-log-type": "None",
}
#: Computed with aliyun-fc2 2.5.2 for exactly these.
VECTOR = "FC testid:8i3+lI5SqIkNLCR45oyv4FuWlKaXtDMwDU0VAdYyE7k="


def identities(*, now: float = NOW) -> Identities:
    return Identities(Credentials("testid", "testsecret"), key=b"k" * 32, clock=lambda: now)


def signed(headers: dict[str, str], path: str = PATH, key: Credentials | None = None) -> Request:
    """As aliyun-fc2 signs it; `path` as sent, percent-encoded."""
    key = key or Credentials("testid", "testsecret")
    headers = {**headers, **({"x-fc-security-token": key.token} if key.token else {})}
    unescaped = path.replace("%E7%8C%AB", "猫")
    signature = Auth(key.access_key_id, key.access_key_secret).sign_request("POST", unescaped, headers)
    return a_request("POST", path, {**headers, "Authorization": signature})


def test_vector() -> None:
    request = a_request("POST", PATH, {**HEADERS, "Authorization": VECTOR})
    assert fc2.verify(request, identities(), now=NOW).is_owner


def test_path_is_signed_decoded_and_the_query_not_at_all() -> None:
    path = PATH.replace("/f/", "/%E7%8C%AB/")
    request = signed(HEADERS, path)
    request.query_string = "qualifier=1"
    assert fc2.verify(request, identities(), now=NOW).is_owner


def test_sts() -> None:
    known = identities()
    key = known.assume_role("worker")
    assert fc2.verify(signed(HEADERS, key=key), known, now=NOW).role == "worker"


@pytest.mark.parametrize(
    ("change", "code", "status"),
    [
        ({"Authorization": None}, "MissingRequiredHeader", 400),
        ({"date": None}, "MissingRequiredHeader", 400),
        ({"Authorization": "FC testid"}, "InvalidArgument", 400),
        ({"Authorization": "FC nobody:eA=="}, "InvalidAccessKeyID", 403),
        ({"date": "yesterday"}, "InvalidArgument", 400),
        ({"date": "Tue, 02 Jan 2024 02:49:04 GMT"}, "InvalidTimeStamp.Expired", 403),
        ({"date": "Tue, 02 Jan 2024 02:49:06 GMT"}, "SignatureNotMatch", 403),
        ({"x-fc-log-type": "Tail"}, "SignatureNotMatch", 403),
        ({"content-type": "text/plain"}, "SignatureNotMatch", 403),
        ({"content-md5": "x"}, "SignatureNotMatch", 403),
        ({"x-fc-security-token": "stolen"}, "InvalidSecurityToken.MismatchWithAccessKey", 403),
    ],
)
def test_refusals(change: dict[str, str | None], code: str, status: int) -> None:
    headers: dict[str, str | None] = {**HEADERS, "Authorization": VECTOR, **change}
    request = a_request("POST", PATH, {name: value for name, value in headers.items() if value is not None})
    with pytest.raises(SignatureError) as refused:
        fc2.verify(request, identities(), now=NOW)
    assert (refused.value.code, refused.value.status) == (code, status)


@pytest.mark.parametrize(
    ("token", "seconds", "code"),
    [
        (None, 0, "InvalidAccessKeyID"),
        ("garbage", 0, "InvalidSecurityToken.Malformed"),
        ("", 3601, "InvalidSecurityToken.Expired"),
    ],
)
def test_bad_tokens(token: str | None, seconds: float, code: str) -> None:
    issued = identities().assume_role("worker", 3600)
    key = Credentials(issued.access_key_id, issued.access_key_secret, issued.token if token == "" else token)
    with pytest.raises(SignatureError) as refused:
        fc2.verify(signed(HEADERS, key=key), identities(now=NOW + seconds), now=NOW)
    assert refused.value.code == code
