"""OSS through the official SDK, and the one place where its errors become ours.

The SDK retries what is safe to repeat, and appends too: an append whose answer was lost is then refused when it is
repeated. tracking.py knows, and looks for its own line.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, NamedTuple, NoReturn

import alibabacloud_oss_v2 as oss
import requests
from alibabacloud_oss_v2.credentials import CredentialsProvider
from alibabacloud_oss_v2.retry import StandardRetryer
from alibabacloud_oss_v2.transport import RequestsHttpClient

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
from handler.settings import Settings
from handler.video_names import why_no_video

CONNECT_SECONDS = 3.0
READ_SECONDS = 8.0
ATTEMPTS = 3


class StoredObject(NamedTuple):
    """A small object. age: seconds from its last change to this answer, both by OSS's clock."""

    content: bytes
    age: float


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
    """One per instance. session: kept-alive connections, shared by all threads."""

    def __init__(self, settings: Settings, credentials: CurrentCredentials, session: requests.Session) -> None:
        self._settings = settings
        self._provider = _Provider(credentials)
        self._http = RequestsHttpClient(
            session=session, connect_timeout=CONNECT_SECONDS, readwrite_timeout=READ_SECONDS
        )
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
                retryer=StandardRetryer(max_attempts=ATTEMPTS, max_backoff=2.0),
            )
        )

    def _call(self, operation: str, method: str, bucket: str, key: str, **fields: Any) -> Any:
        """The SDK's generic call: its classes for each request and answer take a tenth of the time of one."""
        return self._client.invoke_operation(
            oss.OperationInput(op_name=operation, method=method, bucket=bucket, key=key, **fields)
        )

    def append(self, bucket: str, key: str, position: int, line: bytes) -> None:
        """AppendObject at `position`; raises AppendConflict when the object's length is another one."""
        parameters = {"append": "", "position": str(position)}
        try:
            self._call("AppendObject", "POST", bucket, key, parameters=parameters, body=line)
        except oss.exceptions.BaseError as exc:
            _refuse(exc, "AppendObject", bucket, key)

    def read(self, bucket: str, key: str) -> StoredObject | None:
        """The whole object; None when it does not exist."""
        try:
            result = self._client.get_object(oss.GetObjectRequest(bucket=bucket, key=key))
            content = result.body.read()
        except oss.exceptions.BaseError as exc:
            if _service_error(exc).get("code") == "NoSuchKey":
                return None
            _refuse(exc, "GetObject", bucket, key)
        try:
            answered = oss.serde.deserialize_httptime(result.headers["Date"])
            return StoredObject(content, (answered - result.last_modified).total_seconds())
        except (KeyError, TypeError, ValueError) as exc:
            raise StorageError(
                f"GetObject oss://{bucket}/{key}: the answer has no Date or no Last-Modified", retryable=True
            ) from exc

    def video(self, bucket: str, key: str, etag: str | None = None) -> VideoFacts:
        """HeadObject; raises VideoNotFound and VideoUnusable.

        etag: what is known already. Of a symlink it is the link's own, as an event has it, and not the target's.
        """
        try:
            head = self._call("HeadObject", "HEAD", bucket, key).headers
            found = etag or head.get("ETag")
            is_link = head.get("x-oss-object-type") == "Symlink"
            if is_link and not etag:
                found = self._client.get_symlink(oss.GetSymlinkRequest(bucket=bucket, key=key)).etag or found
        except oss.exceptions.BaseError as exc:
            _refuse(exc, "HeadObject", bucket, key)
        if not found:
            raise StorageError(f"HeadObject oss://{bucket}/{key}: the answer has no ETag", retryable=True)
        if reason := why_no_video(key, head.get("Content-Type"), self._settings):
            raise VideoUnusable(f"oss://{bucket}/{key}: {reason}")
        size = int(head.get("Content-Length") or 0)
        if size and (is_link or "Archive" in head.get("x-oss-storage-class", "")):
            self._require_readable(bucket, key, head)
        return VideoFacts(found.strip('"').upper(), size)

    def _require_readable(self, bucket: str, key: str, head: Any) -> None:
        """Reads a byte: an archived object can be read when it was restored, or its bucket has direct reading.

        Of a symlink the storage class is not known to be its target's.
        """
        try:
            self._call("GetObject", "GET", bucket, key, headers={"Range": "bytes=0-0"})
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


def _service_error(exc: Any) -> dict[str, Any]:
    error = exc.unwrap() if hasattr(exc, "unwrap") else exc
    return error.kwargs if isinstance(error, oss.exceptions.ServiceError) else {}


_HINTS = {
    "AccessDenied": "allow it to the function's role (ram/role-policy.json)",
    "NoSuchBucket": "create the bucket, or correct the name",
    "NoSuchKey": "upload the object, or correct the name",
    "SymlinkTargetNotExist": "the symlink leads nowhere: upload what it names, then put the symlink again",
    "ObjectNotAppendable": "an object that is no record of ours has the record's name: move it away",
    "PublicEndpointForbidden": "the public endpoint serves no data to this account: leave OSS_ENDPOINT empty",
    "FileImmutable": "the bucket has a retention policy (WORM), which appending does not work with: use another",
    "InvalidAccessKeyId": "the function's credentials are not valid in this region's OSS",
    "SecurityTokenExpired": "the function's security token has expired: the platform issues a new one",
    "RequestTimeTooSkewed": "the instance's clock is wrong",
    "KmsServiceNotEnabled": "appending does not work with a CMK id: use OSS-managed encryption",
}


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
        sent = isinstance(cause, (oss.exceptions.RequestError, oss.exceptions.ResponseError))
        reason = "OSS could not be reached, or did not answer in time" if sent else type(cause).__name__
        raise StorageError(
            f"{where}: {reason}",
            hint="check OSS_ENDPOINT and the function's network" if sent else "",
            retryable=sent,
        ) from exc

    code, status = str(facts.get("code") or ""), int(facts.get("status_code") or 0)
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
        hint += "; it may also be that there is no such object"
    if "specified endpoint" in str(facts.get("message")):
        hint = "the bucket is in another region than the function, whose events name it"
    raise kind(
        f"{where}: OSS refused: {status} {code}: {facts.get('message') or 'no message'}",
        hint=hint,
        code=code,
        http_status=status,
        request_id=str(facts.get("request_id") or ""),
        retryable=status >= 500
        or status in (408, 429)
        or code in ("SecurityTokenExpired", "InvalidSecurityToken"),
    ) from exc
