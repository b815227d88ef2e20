"""The one place where the OSS SDK's errors become ours."""

from __future__ import annotations

from typing import Any, NoReturn

import alibabacloud_oss_v2 as oss

from handler.connections import NeverSent, TransportError
from handler.errors import (
    AppendConflict,
    CredentialsError,
    GifOnUploadError,
    StorageDenied,
    StorageError,
    VideoNotFound,
)


def service_error(exc: Any) -> dict[str, Any]:
    error = exc.unwrap() if hasattr(exc, "unwrap") else exc
    return error.kwargs if isinstance(error, oss.exceptions.ServiceError) else {}


def is_its_own(facts: dict[str, Any]) -> bool:
    """Whether OSS wrote the refusal: Code and RequestId in its body, which an answer to HEAD does not have."""
    fields = facts.get("error_fileds") or {}
    own_body = bool(fields.get("Code") and fields.get("RequestId"))
    return own_body or (not facts.get("snapshot") and bool((facts.get("headers") or {}).get("x-oss-request-id")))


TOKEN_CODES = ("SecurityTokenExpired", "InvalidSecurityToken")
_NETWORK = "check OSS_ENDPOINT and the function's network"
_FOREIGN = "the answer is not one that OSS itself writes"
_HINTS = {
    "AccessDenied": "allow it to the function's role (ram/role-policy.json)",
    "NoSuchBucket": "create the bucket, or correct the name",
    "NoSuchKey": "upload the object, or correct the name",
    "SymlinkTargetNotExist": "the symlink leads nowhere: upload what it names, then put the symlink again",
    "ObjectNotAppendable": "what has the record's name is not a record of ours, or a delete marker that a deleted "
    "record has left in a bucket with versions: move it away, or delete the marker",
    "PublicEndpointForbidden": "the public endpoint serves no data to this account: leave OSS_ENDPOINT empty",
    "FileImmutable": "the bucket has a retention policy (WORM), which appending does not work with: use another",
    "InvalidAccessKeyId": "the function's credentials are not valid in this region's OSS",
    "SecurityTokenExpired": "the function's security token has expired: the platform issues a new one",
    "RequestTimeTooSkewed": "the instance's clock is wrong",
    "KmsServiceNotEnabled": "appending does not work with a CMK id: use OSS-managed encryption",
}


def foreign(answer: Any, operation: str, bucket: str, key: str) -> NoReturn:
    """Raises for a success that is not OSS's."""
    raise StorageError(
        f"{operation} oss://{bucket}/{key}: {answer.status_code}: {_FOREIGN}",
        hint=_NETWORK,
        http_status=answer.status_code,
        retryable=True,
    )


def refuse(exc: Any, operation: str, bucket: str, key: str) -> NoReturn:
    """Raises our error for the SDK's. The SDK's own text is left out: it holds URLs and signatures."""
    where = f"{operation} oss://{bucket}/{key}"
    facts = service_error(exc)
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
    if not is_its_own(facts):
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
        retryable=status >= 500 or status in (408, 429) or code in TOKEN_CODES,
    ) from exc
