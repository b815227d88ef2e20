"""The service's error codes: which typed error each one is, and what an operator does about it.

A refusal is known only from the service's own words: a Code and a RequestId. A page of a gateway's or a proxy's
says nothing about what became of the request, whatever its status.

Sources: the error tables of the CreateGifTask pages (2019 and 2021), and the OpenAPI gateway's common error codes.
A code that is in no table goes by its HTTP status.
"""

from __future__ import annotations

from handler.advice import NEW_TOKEN, WITHOUT_ANOTHER
from handler.answers import refusal
from handler.errors import (
    AccessRefused,
    BalanceNotEnough,
    GifTaskError,
    LimitExceeded,
    NotProcessed,
    OutcomeUnknown,
    RequestRejected,
    ServiceNotActive,
)

_OPEN = (
    "open Multimedia AI (多媒体AI) and its GIF service, video dynamic cover (视频动态封面), in the console of "
    "this account and region"
)
_ALLOW = (
    "allow multimediaai:CreateGifTask and multimediaai:ListTasks to the function's role (ram/role-policy.json)"
)
_KEYS = "the function's credentials were not accepted: check its role and that GIF_REGION is where it is valid"
_PARAMETER = "correct the named parameter: APPLICATION_ID, TEMPLATE_ID, CALLBACK_URL or SCALES"
_CLOCK = "the instance's clock is wrong, or the request was held up for 15 minutes"
_REPORT = "this is a fault of gif-on-upload or of GIF_ENDPOINT: check that it leads to multimediaai 2019-08-10"
_LIMIT = "delete what is not needed in the Multimedia AI (多媒体AI) console, or ask for a higher quota"
_SLOWER = "lower the function's concurrency (s.yaml: reservedConcurrency), or ask for a higher rate"
UNKNOWN = f"the task may exist: the next delivery looks for it before it submits again; {WITHOUT_ANOTHER}"
_FOREIGN = f"it is not the service's own answer, so {UNKNOWN}"

#: code → (typed error, retryable, hint)
ERRORS: dict[str, tuple[type[GifTaskError], bool, str]] = {
    "InvalidParameter": (RequestRejected, False, _PARAMETER),
    "MissingParameter": (
        RequestRejected,
        False,
        f"{_PARAMETER}; later versions require TEMPLATE_ID and CALLBACK_URL",
    ),
    "InvalidParameterLengthLimit": (RequestRejected, False, _PARAMETER),
    "ResourceNotFound": (
        RequestRejected,
        False,
        "check that APPLICATION_ID exists in this account and GIF_REGION",
    ),
    "InvalidApiNotFound": (RequestRejected, False, _REPORT),
    "InvalidTimeStamp": (RequestRejected, True, _CLOCK),
    "FileContentInvalid": (RequestRejected, False, "the service cannot read the file: see whether it plays"),
    "ExistParameter": (RequestRejected, False, _PARAMETER),
    "ExistTemplateRelationship": (RequestRejected, False, "choose another TEMPLATE_ID"),
    "Unauthorized": (AccessRefused, False, _ALLOW),
    "ServiceNotOpened": (ServiceNotActive, False, _OPEN),
    "ServiceNotSelected": (ServiceNotActive, False, _OPEN),
    "Forbidden": (
        ServiceNotActive,
        False,
        f"the service's beta has expired for this account; if not, {_ALLOW}",
    ),
    "BalanceNotEnough": (BalanceNotEnough, False, "top up the account, then deliver the videos again"),
    "FaceImageCountLimit": (LimitExceeded, False, _LIMIT),
    "ApplicationCountLimit": (LimitExceeded, False, _LIMIT),
    "FileUploadCountLimit": (LimitExceeded, False, _LIMIT),
    "InternalError": (OutcomeUnknown, True, UNKNOWN),
    "UnknownError": (OutcomeUnknown, True, UNKNOWN),
    "ServiceUnavailable": (OutcomeUnknown, True, UNKNOWN),
    # The gateway's own.
    "SignatureDoesNotMatch": (AccessRefused, False, _KEYS),
    "IncompleteSignature": (AccessRefused, False, _REPORT),
    # Each request has a nonce of its own, so a copy of this one was seen before.
    "SignatureNonceUsed": (OutcomeUnknown, True, f"the request was repeated on its way; {UNKNOWN}"),
    "InvalidTimeStamp.Expired": (RequestRejected, True, _CLOCK),
    "InvalidTimeStamp.Format": (RequestRejected, False, _REPORT),
    "IllegalTimestamp": (RequestRejected, True, _CLOCK),
    "InvalidAccessKeyId.NotFound": (AccessRefused, False, _KEYS),
    "InvalidAccessKeyId.Inactive": (AccessRefused, False, _KEYS),
    "InvalidSecurityToken.Expired": (AccessRefused, True, NEW_TOKEN),
    "InvalidSecurityToken.Malformed": (AccessRefused, True, NEW_TOKEN),
    "InvalidSecurityToken.MismatchWithAccessKey": (AccessRefused, True, NEW_TOKEN),
    "InvalidAction": (RequestRejected, False, _REPORT),
    "InvalidAction.NotFound": (RequestRejected, False, _REPORT),
    "InvalidApi.NotFound": (RequestRejected, False, _REPORT),
    "InvalidVersion": (RequestRejected, False, _REPORT),
    "UnsupportedHTTPMethod": (RequestRejected, False, _REPORT),
    "InvalidProtocol.NeedSsl": (RequestRejected, False, "use https in GIF_ENDPOINT"),
    "Forbidden.RAM": (AccessRefused, False, _ALLOW),
    "NoPermission": (AccessRefused, False, _ALLOW),
    "Throttling": (NotProcessed, True, _SLOWER),
    "Throttling.User": (NotProcessed, True, _SLOWER),
    "Throttling.Api": (NotProcessed, True, _SLOWER),
}


def error_for(code: str, http_status: int, message: str, request_id: str, action: str) -> GifTaskError:
    """The typed error of an answer that is not a success. code, request_id: "" where the answer has none."""
    entry = _entry(code, http_status) if code and request_id else (OutcomeUnknown, True, _FOREIGN)
    return refusal(entry, action, code, http_status, message, request_id)


def _entry(code: str, http_status: int) -> tuple[type[GifTaskError], bool, str]:
    if code.startswith("Throttling"):
        return ERRORS.get(code, ERRORS["Throttling"])
    if 300 <= http_status < 400 or http_status >= 500 or http_status in (408, 429):
        return OutcomeUnknown, True, UNKNOWN
    if code in ERRORS:
        return ERRORS[code]
    if http_status < 300:
        return OutcomeUnknown, True, UNKNOWN
    if http_status in (401, 403):
        return AccessRefused, False, _ALLOW
    return RequestRejected, False, "see the code in the service's error centre"
