"""GetTask of IMM 2020-09-30: what has become of a task, and when it was at work.

Source: the API's page and the models of the official SDK. A task is known for seven days.
"""

from __future__ import annotations

from typing import NamedTuple

from handler.answers import parse_answer
from handler.connections import Connections
from handler.credentials import CurrentCredentials
from handler.errors import OutcomeUnknown
from handler.imm_errors import error_for
from handler.repeat import repeat
from handler.rpc import Api, send
from handler.service import SecondsLeft
from handler.settings import Settings
from handler.times import parsed_moment
from handler.wire import Answer

VERSION = "2020-09-30"
LIMIT_SECONDS = 11.0
BACKOFF_SECONDS, MAX_BACKOFF_SECONDS = 0.2, 5.0
_NOT_REACHED = "check IMM_ENDPOINT and the function's network"
_RUNNING, _SUCCEEDED, _FAILED = "Running", "Succeeded", "Failed"


class ImmTask(NamedTuple):
    """started, ended: epoch seconds by IMM's clock, None where it does not say. code, message: of a failed one."""

    is_over: bool
    has_failed: bool = False
    code: str = ""
    message: str = ""
    started: float | None = None
    ended: float | None = None


class ImmClient:
    """One per instance, used by many threads."""

    def __init__(self, settings: Settings, credentials: CurrentCredentials, connections: Connections) -> None:
        self._settings = settings
        self._credentials = credentials
        self._connections = connections

    def task(self, task_id: str, left: SecondsLeft) -> ImmTask:
        """Raises GifTaskError; of the code ResourceNotFound when IMM does not know the task, or its project."""
        project = str(self._settings.imm_project)
        fields = self.call(
            "GetTask", {"ProjectName": project, "TaskType": "MediaConvert", "TaskId": task_id}, left
        )
        status = fields.get("Status")
        times = parsed_moment(fields.get("StartTime")) or None, parsed_moment(fields.get("EndTime")) or None
        if status == _RUNNING:
            return ImmTask(False)
        if status == _SUCCEEDED:
            return ImmTask(True, False, "", "", *times)
        if status == _FAILED:
            return ImmTask(True, True, _text(fields.get("Code")), _text(fields.get("Message")), *times)
        raise OutcomeUnknown("GetTask: the answer has no known Status", request_id=_text(fields.get("RequestId")))

    def attachment(self, bucket: str, left: SecondsLeft) -> str:
        """GetOSSBucketAttachment: the project that a bucket is bound to. Raises GifTaskError."""
        return _text(self.call("GetOSSBucketAttachment", {"OSSBucket": bucket}, left).get("ProjectName"))

    def call(self, action: str, parameters: dict[str, str], left: SecondsLeft) -> dict[str, object]:
        """A call that changes nothing. Raises GifTaskError."""
        backoff = (BACKOFF_SECONDS, MAX_BACKOFF_SECONDS)
        return repeat(lambda: self._send(action, parameters), left, LIMIT_SECONDS, backoff, repeatable=True)

    def _send(self, action: str, parameters: dict[str, str]) -> dict[str, object]:
        api = Api(self._settings.imm_address, VERSION, _NOT_REACHED, "check IMM_ENDPOINT")
        answer = send(self._connections, self._credentials(), api, action, parameters, LIMIT_SECONDS)
        return _read(answer, action)


def _read(answer: Answer, action: str) -> dict[str, object]:
    """The fields of a success. The Code of one is a failed task's. Raises GifTaskError."""
    try:
        fields, unreadable = parse_answer(answer.content), ""
    except ValueError as exc:
        fields, unreadable = {}, f"it cannot be read: {exc}"
    request_id = _text(fields.get("RequestId"))
    if answer.status_code == 200 and request_id:
        return fields
    message = unreadable or _text(fields.get("Message"))
    raise error_for(_text(fields.get("Code")), answer.status_code, message, request_id, action)


def _text(value: object) -> str:
    return str(value).strip() if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
