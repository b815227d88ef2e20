"""The refusals of Log Service: its pages "Common error codes" and GetLogs; `{}` is filled in."""

from __future__ import annotations

from collections.abc import Mapping

#: code: (HTTP status, message)
CATALOGUE: Mapping[str, tuple[int, str]] = {
    "IndexAlreadyExist": (400, "log store index is already created"),
    "IndexConfigNotExist": (404, "index config doesn't exist."),
    "InternalServerError": (500, "Internal server error"),
    "InvalidAPIVersion": (400, "x-log-apiversion {} is unsupported."),
    "InvalidLine": (400, "line is invalid: {}"),
    "InvalidOffset": (400, "offset is invalid: {}"),
    "InvalidTimeRange": (400, "request time range is invalid: {}"),
    "LogStoreAlreadyExist": (400, "logstore {} already exists"),
    "LogStoreNotExist": (404, "logstore {} does not exist"),
    "MissingHost": (400, "{}"),
    "NotImplemented": (501, "The local cloud does not implement {} of Log Service."),
    "ParameterInvalid": (400, "{}"),
    "PostBodyInvalid": (400, "The request body is not valid JSON object: {}"),
    "PostBodyTooLarge": (400, "Body size {} must little than 10485760."),
    "ProjectAlreadyExist": (400, "Project {} already exist."),
    "ProjectNotExist": (404, "The Project does not exist : {}"),
    "Unauthorized": (401, "denied by sts or ram, action: {}, resource: {}"),
}


class SlsError(Exception):
    """A refusal: `code`, HTTP `status`, `message`."""

    def __init__(self, code: str, *details: object, status: int | None = None) -> None:
        known, message = CATALOGUE[code]
        self.code, self.status, self.message = code, status or known, message.format(*details)
        super().__init__(f"{code}: {self.message}")


def bad_query(why: str) -> SlsError:
    """A query that cannot be understood, or asks for what the index does not hold."""
    return SlsError("ParameterInvalid", f"ErrorType:QueryParseError.ErrorMessage:{why}")
