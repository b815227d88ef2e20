"""OSS through the official SDK.

The SDK's own retries are off: it repeats three times in two seconds, and counts any 2xx as a success. Here an
answer counts only when OSS itself can have written it, and who asks says how long it is worth asking again.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import NamedTuple, TypeVar, cast

import alibabacloud_oss_v2 as oss
from alibabacloud_oss_v2.credentials import CredentialsProvider
from alibabacloud_oss_v2.retry import NopRetryer

from handler.connections import Connections
from handler.credentials import CurrentCredentials
from handler.errors import StorageError, VideoUnusable
from handler.oss_http import OssAnswer, OssHttp
from handler.settings import Settings
from handler.storage_errors import TOKEN_CODES, foreign, is_its_own, refuse, service_error
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

    def get_credentials(self) -> oss.credentials.Credentials:
        held = self._current()
        return oss.credentials.Credentials(held.access_key_id, held.access_key_secret, held.security_token or None)


class Storage:
    """One per instance, used by many threads. Each method sends one request; `insist` repeats it."""

    def __init__(
        self,
        settings: Settings,
        credentials: CurrentCredentials,
        connections: Connections,
        seconds: float | None = None,
    ) -> None:
        """seconds: that one request may take, where that is to be less than LIMIT_SECONDS."""
        self._settings = settings
        self._provider = _Provider(credentials)
        self._http = OssHttp(connections, LIMIT_SECONDS if seconds is None else seconds)
        self._client = self._connect(settings.oss_address, settings.region)
        self._public: dict[tuple[str, str], oss.Client] = {}

    def _connect(self, endpoint: str, region: str, *, is_domain: bool = False) -> oss.Client:
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

    def call(self, operation: str, method: str, bucket: str, key: str | None, **fields: object) -> OssAnswer:
        """The SDK's generic call: its classes for each request and answer take a tenth of the time of one."""
        asked = oss.OperationInput(op_name=operation, method=method, bucket=bucket, key=key, **fields)
        return cast(OssAnswer, self._client.invoke_operation(asked))

    def append(self, bucket: str, key: str, position: int, line: bytes) -> None:
        """AppendObject at `position`; raises AppendConflict when the object's length is another one.

        A StorageError that is worth another try leaves open whether it was applied.
        """
        parameters = {"append": "", "position": str(position)}
        try:
            answer = self.call("AppendObject", "POST", bucket, key, parameters=parameters, body=line)
        except oss.exceptions.BaseError as exc:
            refuse(exc, "AppendObject", bucket, key)
        if answer.headers.get("x-oss-next-append-position") != str(position + len(line)):
            foreign(answer, "AppendObject", bucket, key)

    def read(self, bucket: str, key: str) -> StoredObject | None:
        """The whole object; None when it does not exist."""
        try:
            answer = self.call("GetObject", "GET", bucket, key)
        except oss.exceptions.BaseError as exc:
            if service_error(exc).get("code") == "NoSuchKey" and is_its_own(service_error(exc)):
                return None
            refuse(exc, "GetObject", bucket, key)
        headers, content = answer.headers, answer.http_response.content
        if answer.status_code != 200 or "x-oss-request-id" not in headers:
            foreign(answer, "GetObject", bucket, key)
        try:
            answered, changed = (
                oss.serde.deserialize_httptime(headers[name]) for name in ("Date", "Last-Modified")
            )
        except (KeyError, TypeError, ValueError, oss.exceptions.BaseError):
            foreign(answer, "GetObject", bucket, key)
        return StoredObject(content, (answered - changed).total_seconds(), answered.timestamp())

    def video(self, bucket: str, key: str, etag: str | None = None) -> VideoFacts:
        """HeadObject; raises VideoNotFound and VideoUnusable.

        etag: what is known already. Of a symlink it is the link's own, as an event has it, and not the target's.
        """
        try:
            answer = self.call("HeadObject", "HEAD", bucket, key)
            head = answer.headers
            is_link = head.get("x-oss-object-type") == "Symlink"
            if is_link and not etag:
                answer = self.call("GetSymlink", "GET", bucket, key, parameters={"symlink": ""})
        except oss.exceptions.BaseError as exc:
            refuse(exc, "HeadObject", bucket, key)
        found, own = etag or answer.headers.get("ETag"), "x-oss-request-id" in answer.headers
        size = head.get("Content-Length") or ""
        if not found or not own or not (size.isascii() and size.isdigit()):
            foreign(answer, "HeadObject", bucket, key)
        if reason := why_no_video(key, head.get("Content-Type"), self._settings):
            raise VideoUnusable(f"oss://{bucket}/{key}: {reason}")
        if int(size) and (is_link or "Archive" in head.get("x-oss-storage-class", "")):
            self._require_readable(bucket, key, head)
        return VideoFacts(found.strip('"').upper(), int(size))

    def _require_readable(self, bucket: str, key: str, head: Mapping[str, str]) -> None:
        """Reads a byte: an archived object can be read when it was restored, or its bucket has direct reading.

        Of a symlink the storage class is not known to be its target's.
        """
        try:
            answer = self.call("GetObject", "GET", bucket, key, headers={"Range": "bytes=0-0"})
        except oss.exceptions.BaseError as exc:
            if service_error(exc).get("code") != "InvalidObjectState":
                refuse(exc, "GetObject", bucket, key)
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
            foreign(answer, "GetObject", bucket, key)

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
            refuse(exc, "presign", bucket, key)


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
    return error.retryable and error.code not in TOKEN_CODES


def backoffs() -> Iterator[float]:
    """Seconds before each next try, with jitter; without end."""
    longest = FIRST_BACKOFF_SECONDS
    while True:
        yield longest * (0.5 + random.random() / 2)
        longest = min(2 * longest, MAX_BACKOFF_SECONDS)
