"""What counts as an answer of OSS: nobody else's page decides anything."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from handler.connections import Connections
from handler.credentials import Credentials, CurrentCredentials
from handler.errors import AppendConflict, StorageDenied, StorageError, VideoNotFound
from handler.settings import read_settings
from handler.storage import Storage, is_worth_repeating
from handler.storage_errors import ERRORS, TOKEN_CODES
from tests.handler.environ import ENVIRON

from .http_server import response

PLACE = ("my-gif-records", "a.jsonl")


def storage(port: int) -> Storage:
    environ = {**ENVIRON, "OSS_ENDPOINT": f"http://127.0.0.1:{port}"}
    credentials = CurrentCredentials()
    credentials.set(Credentials("id", "secret", "token"))
    return Storage(read_settings(environ, region="cn-beijing", timeout=120), credentials, Connections(1))


def refusal(status: str, code: str, request_id: str = "5C3D9175B6FC201293AD4890") -> bytes:
    named = f"<RequestId>{request_id}</RequestId>" if request_id else ""
    return answer(status, f"<Error><Code>{code}</Code><Message>no</Message>{named}</Error>".encode(), DATE)


def answer(status: str, body: bytes, *headers: str) -> bytes:
    return response(status, body).replace(b"\r\n\r\n", "".join(f"\r\n{h}" for h in headers).encode() + b"\r\n\r\n")


#: Of OSS's error codes, as its pages list them.
STATUSES = {
    "PublicEndpointForbidden": "400 Bad Request",
    **dict.fromkeys(("NoSuchBucket", "NoSuchKey", "SymlinkTargetNotExist"), "404 Not Found"),
    **dict.fromkeys(("FileImmutable", "ObjectNotAppendable", "PositionNotEqualToLength"), "409 Conflict"),
    "AccessDenied": "403 Forbidden",
    "InvalidAccessKeyId": "403 Forbidden",
    "InvalidSecurityToken": "403 Forbidden",
    "KmsServiceNotEnabled": "403 Forbidden",
    "RequestTimeTooSkewed": "403 Forbidden",
    "SecurityTokenExpired": "403 Forbidden",
}
PAGE = b"<html>\xff Not OSS </html>"
DATE = "Date: Wed, 11 Mar 2026 05:40:45 GMT"
FOREIGN = [
    *(
        answer(f"{status} Odd", body, DATE)
        for status in (200, 204, 302, 403, 404, 409, 500, 503)
        for body in (b"", PAGE)
    ),
    response("403 Forbidden", PAGE),  # without a date, over which the SDK falls
    refusal("404 Not Found", "NoSuchKey", ""),
    refusal("409 Conflict", "PositionNotEqualToLength", ""),
    refusal("403 Forbidden", "AccessDenied", ""),
]


@pytest.mark.parametrize("sent", FOREIGN)
@pytest.mark.parametrize(
    "ask",
    [
        lambda s: s.append(*PLACE, 5, b"line"),
        lambda s: s.read(*PLACE),
        lambda s: s.video(*PLACE),
    ],
    ids=["append", "read", "video"],
)
def test_a_page_of_somebody_elses_is_no_answer(
    serve: Callable[..., int], sent: bytes, ask: Callable[[Storage], object]
) -> None:
    with pytest.raises(StorageError) as caught:
        ask(storage(serve(sent)))
    assert type(caught.value) is StorageError
    assert is_worth_repeating(caught.value)
    assert "html" not in str(caught.value)


@pytest.mark.parametrize(
    ("position", "applied"), [("9", True), ("5", False), ("4", False), ("0009", False), ("", False)]
)
def test_an_append_is_applied_when_the_log_is_as_long_as_it_must_be(
    serve: Callable[..., int], position: str, applied: bool
) -> None:
    header = [f"x-oss-next-append-position: {position}"] if position else []
    port = serve(answer("200 OK", b"", DATE, *header))
    if applied:
        storage(port).append(*PLACE, 5, b"line")
    else:
        with pytest.raises(StorageError):
            storage(port).append(*PLACE, 5, b"line")


@pytest.mark.parametrize("code", sorted(ERRORS))
def test_a_known_code_is_a_typed_error_with_advice(serve: Callable[..., int], code: str) -> None:
    """Its type is the one that its status has, which an unknown code goes by."""
    status = STATUSES[code]
    raised = []
    for named in (code, "Surprise"):
        with pytest.raises(StorageError) as caught:
            storage(serve(refusal(status, named))).append(*PLACE, 5, b"line")
        raised.append(caught.value)
    known, unknown = raised
    assert (known.code, unknown.code) == (code, "Surprise")
    assert known.retryable == (code in TOKEN_CODES)
    if code != "PositionNotEqualToLength":
        assert type(known) is type(unknown)
        assert known.hint
        assert known.hint in str(known)


@pytest.mark.parametrize(
    ("status", "retryable"), [("400 Bad", False), ("408 Timeout", True), ("429 Many", True), ("503 Busy", True)]
)
def test_a_code_without_a_row_goes_by_its_status(serve: Callable[..., int], status: str, retryable: bool) -> None:
    with pytest.raises(StorageError) as caught:
        storage(serve(refusal(status, "Surprise"))).append(*PLACE, 5, b"line")
    assert caught.value.retryable is retryable


def test_what_oss_itself_refuses_is_believed(serve: Callable[..., int]) -> None:
    assert storage(serve(refusal("404 Not Found", "NoSuchKey"))).read(*PLACE) is None
    with pytest.raises(AppendConflict):
        storage(serve(refusal("409 Conflict", "PositionNotEqualToLength"))).append(*PLACE, 5, b"line")
    with pytest.raises(StorageDenied):
        storage(serve(refusal("403 Forbidden", "AccessDenied"))).read(*PLACE)
    with pytest.raises(VideoNotFound):
        storage(serve(answer("404 Not Found", b"", DATE, "x-oss-request-id: 5C3D9175B6FC"))).video(*PLACE)
