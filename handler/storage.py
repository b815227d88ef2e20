"""OSS through the official SDK, and the one place where its errors become ours.

The SDK's own retries are off: it repeats three times in two seconds, and counts any 2xx as a success. Here an
answer counts only when OSS itself can have written it, and who asks says how long it is worth asking again.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, NamedTuple, NoReturn, TypeVar

import alibabacloud_oss_v2 as oss
from alibabacloud_oss_v2.credentials import CredentialsProvider
from alibabacloud_oss_v2.retry import NopRetryer

from handler.connections import Connections, NeverSent, TransportError
from handler.credentials import CurrentCredentials
from handler.errors import (
    AppendConflict,
    CredentialsError,
    GifOnUploadError,
    StorageDenied,
    StorageError,
    VideoNotFound,
    VideoUnusable,
)
from handler.oss_http import OssHttp
from handler.settings import Settings
from handler.video_names import why_no_video

#: That one request may take in all.
LIMIT_SECONDS = 11.0
FIRST_BACKOFF_SECONDS, MAX_BACKOFF_SECONDS = 0.1, 2.0

#: How long it is worth trying again: seconds.
SecondsLeft = Callable[[], float]
T = TypeVar("T")


class StoredObject(NamedTuple):
    """A small object. read_at: epoch seconds; age: seconds from its last change to then; both by OSS's clock."""

    content: bytes
    age: float
    read_at: float


class VideoFacts(NamedTuple):
    """What OSS knows of a video: eTag without quotes, size in bytes."""

    etag: str
    size: int


class _Provider(CredentialsProvider):  # type: ignore[misc]
    def __init__(self, current: CurrentCredentials) -> None:
        self._current = current

    def get_credentials(self) -> Any:
        held = self._current()
        return oss.credentials.Credentials(held.access_key_id, held.access_key_secret, held.security_token or None)


class Storage:
    """One per instance, used by many threads. Each method sends one request; `insist` repeats it."""

    def __init__(self, settings: Settings, credentials: CurrentCredentials, connections: Connections) -> None:
        self._settings = settings
        self._provider = _Provider(credentials)
        self._http = OssHttp(connections, LIMIT_SECONDS)
        self._client = self._connect(settings.oss_address, settings.region)
        self._public: dict[tuple[str, str], Any] = {}

    def _connect(self, endpoint: str, region: str, *, is_domain: bool = False) -> Any:
        return oss.Client(
            oss.Config(
                region=region,
                endpoint=endpoint,
                use_cname=is_domain,
                credentials_provider=self._provider,
                http_client=self._http,
                retryer=NopRetryer(),
            )
        )

    def _call(self, operation: str, method: str, bucket: str, key: str, **fields: Any) -> Any:
        """The SDK's generic call: its classes for each request and answer take a tenth of the time of one."""
        return self._client.invoke_operation(
            oss.OperationInput(op_name=operation, method=method, bucket=bucket, key=key, **fields)
        )

    def append(self, bucket: str, key: str, position: int, line: bytes) -> None:
        """AppendObject at `position`; raises AppendConflict when the object's length is another one.

        A StorageError that is worth another try leaves open whether it was applied.
        """
        parameters = {"append": "", "position": str(position)}
        try:
            answer = self._call("AppendObject", "POST", bucket, key, parameters=parameters, body=line)
        except oss.exceptions.BaseError as exc:
            _refuse(exc, "AppendObject", bucket, key)
        if answer.headers.get("x-oss-next-append-position") != str(position + len(line)):
            _foreign(answer, "AppendObject", bucket, key)

    def read(self, bucket: str, key: str) -> StoredObject | None:
        """The whole object; None when it does not exist."""
        try:
            answer = self._call("GetObject", "GET", bucket, key)
        except oss.exceptions.BaseError as exc:
            if _service_error(exc).get("code") == "NoSuchKey" and _is_its_own(_service_error(exc)):
                return None
            _refuse(exc, "GetObject", bucket, key)
        headers, content = answer.headers, answer.http_response.content
        if answer.status_code != 200 or "x-oss-request-id" not in headers:
            _foreign(answer, "GetObject", bucket, key)
        try:
            answered, changed = (
                oss.serde.deserialize_httptime(headers[name]) for name in ("Date", "Last-Modified")
            )
        except (KeyError, TypeError, ValueError, oss.exceptions.BaseError):
            _foreign(answer, "GetObject", bucket, key)
        return StoredObject(content, (answered - changed).total_seconds(), answered.timestamp())

    def video(self, bucket: str, key: str, etag: str | None = None) -> VideoFacts:
        """HeadObject; raises VideoNotFound and VideoUnusable.

        etag: what is known already. Of a symlink it is the link's own, as an event has it, and not the target's.
        """
        try:
            answer = self._call("HeadObject", "HEAD", bucket, key)
            head = answer.headers
            is_link = head.get("x-oss-object-type") == "Symlink"
            if is_link and not etag:
                answer = self._call("GetSymlink", "GET", bucket, key, parameters={"symlink": ""})
        except oss.exceptions.BaseError as exc:
            _refuse(exc, "HeadObject", bucket, key)
        found, own = etag or answer.headers.get("ETag"), "x-oss-request-id" in answer.headers
        size = head.get("Content-Length") or ""
        if not found or not own or not (size.isascii() and size.isdigit()):
            _foreign(answer, "HeadObject", bucket, key)
        if reason := why_no_video(key, head.get("Content-Type"), self._settings):
            raise VideoUnusable(f"oss://{bucket}/{key}: {reason}")
        if int(size) and (is_link or "Archive" in head.get("x-oss-storage-class", "")):
            self._require_readable(bucket, key, head)
        return VideoFacts(found.strip('"').upper(), int(size))

    def _require_readable(self, bucket: str, key: str, head: Any) -> None:
        """Reads a byte: an archived object can be read when it was restored, or its bucket has direct reading.

        Of a symlink the storage class is not known to be its target's.
        """
        try:
            answer = self._call("GetObject", "GET", bucket, key, headers={"Range": "bytes=0-0"})
        except oss.exceptions.BaseError as exc:
            if _service_error(exc).get("code") != "InvalidObjectState":
                _refuse(exc, "GetObject", bucket, key)
            is_coming = 'ongoing-request="true"' in head.get("x-oss-restore", "")
            state = "still being restored" if is_coming else "not restored"
            raise VideoUnusable(
                f"oss://{bucket}/{key}: it is archived and {state}, so it cannot be downloaded",
                hint="restore it (OSS console, or RestoreObject); when that is done, name it in "
                '{"videos": ["oss://bucket/key"]}',
                code="InvalidObjectState",
                retryable=is_coming,
            ) from exc
        if answer.status_code not in (200, 206) or "x-oss-request-id" not in answer.headers:
            _foreign(answer, "GetObject", bucket, key)

    def presign(self, bucket: str, key: str, region: str, seconds: int) -> str:
        """A URL that anybody may GET for `seconds`, or until the security token dies. No I/O. It is a secret."""
        domain = self._settings.bucket_domains.get(bucket)
        address = domain or self._settings.oss_public_address(region)
        if (address, region) not in self._public:
            self._public[address, region] = self._connect(address, region, is_domain=domain is not None)
        request = oss.GetObjectRequest(bucket=bucket, key=key)
        try:
            return str(self._public[address, region].presign(request, expires=timedelta(seconds=seconds)).url)
        except oss.exceptions.BaseError as exc:
            _refuse(exc, "presign", bucket, key)


def insist(call: Callable[[], T], left: SecondsLeft) -> T:
    """Repeats a call until it is answered; raises its last StorageError when no time is left."""
    pauses = backoffs()
    while True:
        try:
            return call()
        except StorageError as error:
            pause = next(pauses)
            if not is_worth_repeating(error) or left() <= pause:
                raise
        time.sleep(pause)


def is_worth_repeating(error: StorageError) -> bool:
    """Whether the same request may succeed within this invocation, whose token stays the same."""
    return error.retryable and error.code not in _TOKEN_CODES


def backoffs() -> Iterator[float]:
    """Seconds before each next try, with jitter; without end."""
    longest = FIRST_BACKOFF_SECONDS
    while True:
        yield longest * (0.5 + random.random() / 2)
        longest = min(2 * longest, MAX_BACKOFF_SECONDS)


def _service_error(exc: Any) -> dict[str, Any]:
    error = exc.unwrap() if hasattr(exc, "unwrap") else exc
    return error.kwargs if isinstance(error, oss.exceptions.ServiceError) else {}


def _is_its_own(facts: dict[str, Any]) -> bool:
    """Whether OSS wrote the refusal: Code and RequestId in its body, which an answer to HEAD does not have."""
    fields = facts.get("error_fileds") or {}
    own_body = bool(fields.get("Code") and fields.get("RequestId"))
    return own_body or (not facts.get("snapshot") and bool((facts.get("headers") or {}).get("x-oss-request-id")))


_TOKEN_CODES = ("SecurityTokenExpired", "InvalidSecurityToken")
_NETWORK = "check OSS_ENDPOINT and the function's network"
_FOREIGN = "the answer is not one that OSS itself writes"
_HINTS = {
    "AccessDenied": "allow it to the function's role (ram/role-policy.json)",
    "NoSuchBucket": "create the bucket, or correct the name",
    "NoSuchKey": "upload the object, or correct the name",
    "SymlinkTargetNotExist": "the symlink leads nowhere: upload what it names, then put the symlink again",
    "ObjectNotAppendable": "an object that is not a record of ours has the record's name: move it away",
    "PublicEndpointForbidden": "the public endpoint serves no data to this account: leave OSS_ENDPOINT empty",
    "FileImmutable": "the bucket has a retention policy (WORM), which appending does not work with: use another",
    "InvalidAccessKeyId": "the function's credentials are not valid in this region's OSS",
    "SecurityTokenExpired": "the function's security token has expired: the platform issues a new one",
    "RequestTimeTooSkewed": "the instance's clock is wrong",
    "KmsServiceNotEnabled": "appending does not work with a CMK id: use OSS-managed encryption",
}


def _foreign(answer: Any, operation: str, bucket: str, key: str) -> NoReturn:
    """Raises for a success that is not OSS's."""
    raise StorageError(
        f"{operation} oss://{bucket}/{key}: {answer.status_code}: {_FOREIGN}",
        hint=_NETWORK,
        http_status=answer.status_code,
        retryable=True,
    )


def _refuse(exc: Any, operation: str, bucket: str, key: str) -> NoReturn:
    """Raises our error for the SDK's. The SDK's own text is left out: it holds URLs and signatures."""
    where = f"{operation} oss://{bucket}/{key}"
    facts = _service_error(exc)
    cause = exc.unwrap() if hasattr(exc, "unwrap") else exc
    if isinstance(cause, GifOnUploadError):
        raise cause
    if not facts:
        if isinstance(cause, oss.exceptions.CredentialsBaseError):
            raise CredentialsError(f"{where}: the SDK found no credentials") from exc
        if isinstance(cause, TransportError):
            reason, known = (
                f"OSS could not be reached, or did not answer: {cause}",
                not isinstance(cause, NeverSent),
            )
            raise StorageError(f"{where}: {reason}", hint=_NETWORK, retryable=known) from exc
        # The SDK refuses to send what it finds wrong; anything else that it raises comes from reading a page.
        refused = isinstance(cause, oss.exceptions.BaseError)
        refused = refused and not isinstance(cause, oss.exceptions.DeserializationError)
        reason = type(cause).__name__ if refused else f"{_FOREIGN} ({type(cause).__name__})"
        raise StorageError(f"{where}: {reason}", retryable=not refused) from exc

    code, status = str(facts.get("code") or ""), int(facts.get("status_code") or 0)
    if not _is_its_own(facts):
        raise StorageError(
            f"{where}: {status}: {_FOREIGN}", hint=_NETWORK, http_status=status, retryable=True
        ) from exc
    kind: type[GifOnUploadError] = StorageError
    if code == "PositionNotEqualToLength":
        kind = AppendConflict
    elif operation == "HeadObject" and status == 404:
        kind = VideoNotFound
    elif status == 403:
        kind = StorageDenied
    hint = _HINTS.get(code, "")
    if operation == "HeadObject" and code == "AccessDenied":
        # Without oss:ListObjects OSS does not tell a missing object from a forbidden one.
        hint += "; it may also be that the object does not exist"
    if "specified endpoint" in str(facts.get("message")):
        hint = "the bucket is in another region than the function, whose events name it"
    raise kind(
        f"{where}: OSS refused: {status} {code}: {facts.get('message') or 'no message'}",
        hint=hint,
        code=code,
        http_status=status,
        request_id=str(facts.get("request_id") or ""),
        retryable=status >= 500 or status in (408, 429) or code in _TOKEN_CODES,
    ) from exc
