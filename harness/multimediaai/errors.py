"""The service's error codes, with the HTTP statuses and messages of its API pages (2019-08-10, the union of them).

InvalidVersion, InvalidParameterLengthLimit, NoPermission and NotImplemented aside, each is in the table of
CreateGifTask or of the page of a sister action; the gateway's own codes are in harness/signatures.
"""

from __future__ import annotations

_PROCESSING = "An error occurred while processing your request."

#: code → (HTTP status, message; %s: the name of the parameter)
ERRORS: dict[str, tuple[int, str]] = {
    "InvalidParameter": (400, "The specified parameter %s is invalid."),
    "InvalidTimeStamp": (400, "The specified TimeStamp is invalid. Please check parameter %s."),
    "MissingParameter": (400, "You must specify the parameter %s."),
    "InvalidParameterLengthLimit": (400, "The maximum length of %s is exceeded."),
    "InvalidVersion": (400, "Specified parameter Version is not valid."),
    "Unauthorized": (401, "You are not authorized to perform the operation."),
    "ServiceNotOpened": (401, "You have not purchased the service."),
    "BalanceNotEnough": (401, "The account balance is insufficient and you cannot perform the request."),
    "Forbidden": (403, "The beta version has expired."),
    "NoPermission": (
        403,
        "User not authorized to operate on the specified resource, or this API doesn't support RAM. (%s)",
    ),
    "InvalidApiNotFound": (
        404,
        "The specified API operation does not exist. Please check the URL and method.",
    ),
    "ResourceNotFound": (404, "The requested resource does not exist. Please check the parameter %s."),
    "ServiceNotSelected": (406, "The service is not activated."),
    "FaceImageCountLimit": (406, "The maximum number of face images is exceeded."),
    "ApplicationCountLimit": (406, "The maximum number of applications is exceeded."),
    "FileUploadCountLimit": (406, "The maximum number of file upload is exceeded."),
    "FileContentInvalid": (406, "The specified file content is invalid."),
    "ExistParameter": (406, "The specified parameter %s exists."),
    "ExistTemplateRelationship": (406, "The associated template already exists."),
    "InternalError": (500, _PROCESSING),
    "ServiceUnavailable": (500, _PROCESSING),
    "UnknownError": (500, _PROCESSING),
    "NotImplemented": (501, "The local cloud does not implement %s."),
}


class ApiError(Exception):
    """A refusal: `code`, HTTP `status`, `message`."""

    def __init__(self, code: str, status: int, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.status = status
        self.message = message


def refused(code: str, subject: str = "") -> ApiError:
    """The error `code` of the table; `subject`: what fills its %s, most often a parameter's name."""
    status, message = ERRORS[code]
    return ApiError(code, status, message.replace("%s", subject))
