"""What IMM refuses, and OSS on the way to it: which typed error that is, and what an operator does about it.

OSS hands IMM's refusals on as the code "Imm Client", with IMM's own code first in the message.
Sources: OSS's error responses of data processing, IMM's "Error handling" and the samples of its API pages. A code
that is in no table goes by its HTTP status.
"""

from __future__ import annotations

import re

from handler.advice import NEW_TOKEN, WITHOUT_ANOTHER
from handler.answers import refusal
from handler.errors import (
    AccessRefused,
    BalanceNotEnough,
    GifOnUploadError,
    LimitExceeded,
    NotProcessed,
    OutcomeUnknown,
    RequestRejected,
    ServiceNotActive,
    VideoNotFound,
    VideoUnusable,
)

#: By OSS, for what IMM has said.
HANDED_ON = "Imm Client"
UNKNOWN = (
    "the task may exist: the next delivery looks whether its GIF is there, and orders it again where it is not; "
    f"{WITHOUT_ANOTHER}"
)
_BIND = (
    "bind the bucket to the project IMM_PROJECT (OSS console: the bucket's data processing, or AttachOSSBucket of "
    "IMM), in the bucket's region"
)
_ALLOW = (
    "allow it to the function's role (ram/role-oss-service-policy.json, ram/collector-oss-service-policy.json)"
)
_OPEN = "activate Intelligent Media Management (智能媒体管理, IMM) in this account"
_KEYS = "the function's credentials were not accepted: check its role, and that IMM_ENDPOINT is of its region"
_CLOCK = "the instance's clock is wrong, or the request was held up for 15 minutes"
_SLOWER = "lower the function's concurrency (s.yaml: reservedConcurrency), or ask for a higher rate"
_RESTORE = (
    'restore it (OSS console, or RestoreObject); when that is done, name it in {"videos": ["oss://bucket/key"]}'
)
_TARGET = "the symlink leads nowhere: upload what it names, then put the symlink again"

#: code → (typed error, retryable, hint)
ERRORS: dict[str, tuple[type[GifOnUploadError], bool, str]] = {
    "ResourceNotFound": (ServiceNotActive, False, _BIND),
    "InvalidArgument": (RequestRejected, False, "correct GIF_ANIMATION, or see whether the video plays"),
    "NoPermission": (AccessRefused, False, _ALLOW),
    "Forbidden.RAM": (AccessRefused, False, _ALLOW),
    "AccessDenied": (AccessRefused, False, _ALLOW),
    "UserNotOpen": (ServiceNotActive, False, _OPEN),
    "ServiceNotOpen": (ServiceNotActive, False, _OPEN),
    "ServiceNotOpened": (ServiceNotActive, False, _OPEN),
    "BalanceNotEnough": (BalanceNotEnough, False, "top up the account, then deliver the videos again"),
    "QuotaExceeded": (LimitExceeded, False, "ask for a higher quota of the IMM project"),
    "Throttling": (NotProcessed, True, _SLOWER),
    "InternalError": (OutcomeUnknown, True, UNKNOWN),
    "ServiceUnavailable": (OutcomeUnknown, True, UNKNOWN),
    "NoSuchKey": (VideoNotFound, False, "upload the video again, or correct the name"),
    "SymlinkTargetNotExist": (VideoNotFound, False, _TARGET),
    "NoSuchBucket": (RequestRejected, False, "create the bucket, or correct GIF_BUCKET"),
    "InvalidObjectState": (VideoUnusable, False, _RESTORE),
    "InvalidAccessKeyId": (AccessRefused, False, _KEYS),
    "InvalidAccessKeyId.NotFound": (AccessRefused, False, _KEYS),
    "SignatureDoesNotMatch": (AccessRefused, False, _KEYS),
    "SecurityTokenExpired": (AccessRefused, True, NEW_TOKEN),
    "InvalidSecurityToken": (AccessRefused, True, NEW_TOKEN),
    "InvalidSecurityToken.Expired": (AccessRefused, True, NEW_TOKEN),
    "RequestTimeTooSkewed": (AccessRefused, False, _CLOCK),
    "InvalidTimeStamp.Expired": (RequestRejected, True, _CLOCK),
}
_FOREIGN = f"it is not the service's own answer, so {UNKNOWN}"


def error_for(code: str, http_status: int, message: str, request_id: str, what: str) -> GifOnUploadError:
    """The typed error of an answer that is not a success. what: the call. code, request_id: "" without them."""
    if code == HANDED_ON and (found := re.match(r"([A-Za-z][A-Za-z.]*)[,:]\s*(.*)", message, re.DOTALL)):
        code, message = found[1], found[2]
    entry = _entry(code, http_status) if code and request_id else (OutcomeUnknown, True, _FOREIGN)
    return refusal(entry, what, code, http_status, message, request_id)


def is_unknown_task(error: GifOnUploadError) -> bool:
    """Of GetTask: whether the project is there, and no such task in it. Both have one code."""
    return error.code == "ResourceNotFound" and "project" not in error.message


def _entry(code: str, http_status: int) -> tuple[type[GifOnUploadError], bool, str]:
    if code.startswith("Throttling"):
        return ERRORS["Throttling"]
    if http_status < 400 or http_status >= 500 or http_status in (408, 429):
        return OutcomeUnknown, True, UNKNOWN
    if code in ERRORS:
        return ERRORS[code]
    if http_status in (401, 403):
        return AccessRefused, False, _ALLOW
    return RequestRejected, False, "see the code in the service's error centre"
