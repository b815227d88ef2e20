"""Refusals in the form of the OpenAPI gateway, and those that it gives for every service.

Sources: the OpenAPI common errors, and the API pages of multimediaai; a bad signature's are in harness/signatures.
"""

from __future__ import annotations

from collections.abc import Mapping

#: code → (HTTP status, message; %s: the name of a parameter, or of an action)
GATEWAY_ERRORS: Mapping[str, tuple[int, str]] = {
    "MissingParameter": (400, "You must specify the parameter %s."),
    "InvalidVersion": (400, "Specified parameter Version is not valid."),
    "NoPermission": (
        403,
        "User not authorized to operate on the specified resource, or this API doesn't support RAM. (%s)",
    ),
    "InvalidApiNotFound": (
        404,
        "The specified API operation does not exist. Please check the URL and method.",
    ),
    "UnsupportedHTTPMethod": (405, "This http method is not supported."),
    "RequestEntityTooLarge": (413, "The request body is larger than %s bytes."),
    "InternalError": (500, "An error occurred while processing your request."),
    "NotImplemented": (501, "The local cloud does not implement %s."),
}


class ApiError(Exception):
    """A refusal: `code`, HTTP `status`, `message`."""

    def __init__(self, code: str, status: int, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.status = status
        self.message = message


def refusal(errors: Mapping[str, tuple[int, str]], code: str, subject: str = "") -> ApiError:
    """The error `code` of the table; `subject`: what fills its %s, most often a parameter's name."""
    status, message = errors[code]
    return ApiError(code, status, message.replace("%s", subject))
