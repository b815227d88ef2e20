"""The service's error codes, with the HTTP statuses and messages of its API pages (2019-08-10, the union of them).

InvalidParameterLengthLimit and some of the gateway's own aside, each is in the table of CreateGifTask or of the
page of a sister action.
"""

from __future__ import annotations

from harness.multimediaai.openapi.errors import GATEWAY_ERRORS, ApiError, refusal

_PROCESSING = GATEWAY_ERRORS["InternalError"][1]

#: code → (HTTP status, message; %s: the name of the parameter)
ERRORS: dict[str, tuple[int, str]] = {
    **GATEWAY_ERRORS,
    "InvalidParameter": (400, "The specified parameter %s is invalid."),
    "InvalidTimeStamp": (400, "The specified TimeStamp is invalid. Please check parameter %s."),
    "InvalidParameterLengthLimit": (400, "The maximum length of %s is exceeded."),
    "Unauthorized": (401, "You are not authorized to perform the operation."),
    "ServiceNotOpened": (401, "You have not purchased the service."),
    "BalanceNotEnough": (401, "The account balance is insufficient and you cannot perform the request."),
    "Forbidden": (403, "The beta version has expired."),
    "ResourceNotFound": (404, "The requested resource does not exist. Please check the parameter %s."),
    "ServiceNotSelected": (406, "The service is not activated."),
    "FaceImageCountLimit": (406, "The maximum number of face images is exceeded."),
    "ApplicationCountLimit": (406, "The maximum number of applications is exceeded."),
    "FileUploadCountLimit": (406, "The maximum number of file upload is exceeded."),
    "FileContentInvalid": (406, "The specified file content is invalid."),
    "ExistParameter": (406, "The specified parameter %s exists."),
    "ExistTemplateRelationship": (406, "The associated template already exists."),
    "ServiceUnavailable": (500, _PROCESSING),
    "UnknownError": (500, _PROCESSING),
}


def refused(code: str, subject: str = "") -> ApiError:
    """The error `code` of the table; `subject`: what fills its %s, most often a parameter's name."""
    return refusal(ERRORS, code, subject)
