"""The one place where the OSS SDK's errors become ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NoReturn

import alibabacloud_oss_v2 as oss

from handler.advice import NEW_TOKEN
from handler.connections import NeverSent, TransportError
from handler.errors import (
    AppendConflict,
    CredentialsError,
    GifOnUploadError,
    StorageDenied,
    StorageError,
    VideoNotFound,
)
from handler.oss_http import OssAnswer

#: What the SDK knows of a refusal: code, status_code, message, request_id, headers, …
Facts = dict[str, object]

_NETWORK = "check OSS_ENDPOINT and the function's network"
_FOREIGN = "the answer is not one that OSS itself writes"

#: code → (typed error, retryable, hint), as in gif_task_errors.py
ERRORS: dict[str, tuple[type[StorageError], bool, str]] = {
    "PositionNotEqualToLength": (AppendConflict, False, ""),
    "AccessDenied": (StorageDenied, False, "allow it to the function's role (ram/role-policy.json)"),
    "NoSuchBucket": (StorageError, False, "create the bucket, or correct the name"),
    "NoSuchKey": (StorageError, False, "upload the object, or correct the name"),
    "SymlinkTargetNotExist": (
        StorageError,
        False,
        "the symlink leads nowhere: upload what it names, then put the symlink again",
    ),
    "ObjectNotAppendable": (
        StorageError,
        False,
        "what has the record's name is not a record of ours, or a delete marker that a deleted record has left in "
        "a bucket with versions: move it away, or delete the marker",
    ),
    "PublicEndpointForbidden": (
        StorageError,
        False,
        "the public endpoint serves no data to this account: leave OSS_ENDPOINT empty",
    ),
    "FileImmutable": (
        StorageError,
        False,
        "the bucket has a retention policy (WORM), which appending does not work with: use another",
    ),
    "InvalidAccessKeyId": (
        StorageDenied,
        False,
        "the function's credentials are not valid in this region's OSS",
    ),
    "SecurityTokenExpired": (StorageDenied, True, NEW_TOKEN),
    "InvalidSecurityToken": (StorageDenied, True, NEW_TOKEN),
    "RequestTimeTooSkewed": (StorageDenied, False, "the instance's clock is wrong"),
    "KmsServiceNotEnabled": (
        StorageDenied,
        False,
        "appending does not work with a CMK id: use OSS-managed encryption",
    ),
}
#: The same request cannot succeed within the invocation, whose token stays the same.
TOKEN_CODES = frozenset({"SecurityTokenExpired", "InvalidSecurityToken"})


def service_error(exc: Exception) -> Facts:
    """The refusal that the SDK has raised; {} for everything else that it raises."""
    error = _cause(exc)
    return error.kwargs if isinstance(error, oss.exceptions.ServiceError) else {}


def _cause(exc: BaseException) -> BaseException:
    return exc.unwrap() if hasattr(exc, "unwrap") else exc


def is_its_own(facts: Facts) -> bool:
    """Whether OSS wrote the refusal: Code and RequestId in its body, which an answer to HEAD does not have."""
    if _has(facts.get("error_fileds"), "Code", "RequestId"):  # the SDK's own spelling
        return True
    return not facts.get("snapshot") and _has(facts.get("headers"), "x-oss-request-id")


def _has(fields: object, *names: str) -> bool:
    return isinstance(fields, Mapping) and all(fields.get(name) for name in names)


def foreign(answer: OssAnswer, operation: str, bucket: str, key: str) -> NoReturn:
    """Raises for a success that is not OSS's."""
    raise StorageError(
        f"{operation} oss://{bucket}/{key}: {answer.status_code}: {_FOREIGN}",
        hint=_NETWORK,
        http_status=answer.status_code,
        retryable=True,
    )


def refuse(exc: Exception, operation: str, bucket: str, key: str) -> NoReturn:
    """Raises our error for the SDK's. The SDK's own text is left out: it holds URLs and signatures."""
    where = f"{operation} oss://{bucket}/{key}"
    if facts := service_error(exc):
        raise _refusal(facts, operation, where) from exc
    cause = _cause(exc)
    if isinstance(cause, GifOnUploadError):
        raise cause
    raise _without_an_answer(cause, where) from exc


def _without_an_answer(cause: BaseException, where: str) -> GifOnUploadError:
    if isinstance(cause, oss.exceptions.CredentialsBaseError):
        return CredentialsError(f"{where}: the SDK found no credentials")
    if isinstance(cause, TransportError):
        reason = f"OSS could not be reached, or did not answer: {cause}"
        return StorageError(f"{where}: {reason}", hint=_NETWORK, retryable=not isinstance(cause, NeverSent))
    # The SDK refuses to send what it finds wrong; anything else that it raises comes from reading a page.
    refused = isinstance(cause, oss.exceptions.BaseError)
    refused = refused and not isinstance(cause, oss.exceptions.DeserializationError)
    reason = type(cause).__name__ if refused else f"{_FOREIGN} ({type(cause).__name__})"
    return StorageError(f"{where}: {reason}", retryable=not refused)


def _refusal(facts: Facts, operation: str, where: str) -> GifOnUploadError:
    code, status = str(facts.get("code") or ""), int(str(facts.get("status_code") or 0))
    if not is_its_own(facts):
        return StorageError(f"{where}: {status}: {_FOREIGN}", hint=_NETWORK, http_status=status, retryable=True)
    kind: type[GifOnUploadError]
    kind, retryable, hint = _entry(code, status)
    if operation == "HeadObject" and status == 404:
        kind = VideoNotFound
    if operation == "HeadObject" and code == "AccessDenied":
        # Without oss:ListObjects OSS does not tell a missing object from a forbidden one.
        hint += "; it may also be that the object does not exist"
    if "specified endpoint" in str(facts.get("message")):
        hint = "the bucket is in another region than the function, whose events name it"
    return kind(
        f"{where}: OSS refused: {status} {code}: {facts.get('message') or 'no message'}",
        hint=hint,
        code=code,
        http_status=status,
        request_id=str(facts.get("request_id") or ""),
        retryable=retryable,
    )


def _entry(code: str, http_status: int) -> tuple[type[StorageError], bool, str]:
    """Of a code that is in no table, by its status."""
    if http_status >= 500 or http_status in (408, 429):
        return StorageError, True, ""
    if code in ERRORS:
        return ERRORS[code]
    return (StorageDenied if http_status == 403 else StorageError), False, ""
