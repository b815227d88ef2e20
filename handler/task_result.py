"""GetTaskResult and GetTaskStatus of multimediaai 2019-08-10: what has become of a task.

Source: the two API pages. The result's answer has the task's status in it, so one request tells both; whether the
service gives it of a task that has not ended, no page says, and so the status is asked for where it refuses.
"""

from __future__ import annotations

from typing import NamedTuple

from handler.answers import whole_number
from handler.errors import OutcomeUnknown, RequestRejected
from handler.gif_task import GifTaskClient
from handler.record import TaskId
from handler.service import SecondsLeft

_WAITING, _RUNNING, _SUCCEEDED, _FAILED = 0, 1, 2, 3


class TaskResult(NamedTuple):
    """What a task has come to. is_over: it succeeded or failed. url: signed, so it is a secret; "" without one.

    error_code, error_name, reason: of a task that failed, as the service gives them.
    """

    is_over: bool
    has_failed: bool = False
    url: str = ""
    error_code: str = ""
    error_name: str = ""
    reason: str = ""


def task_result(tasks: GifTaskClient, task_id: TaskId, left: SecondsLeft) -> TaskResult:
    """Raises GifTaskError; RequestRejected when the service does not know the task."""
    parameters = {"TaskId": str(task_id)}
    try:
        answer, request_id = tasks.call("GetTaskResult", parameters, left, repeatable=True)
    except RequestRejected:
        answer, request_id = tasks.call("GetTaskStatus", parameters, left, repeatable=True)
        if whole_number(answer.get("Status")) in (_WAITING, _RUNNING):
            return TaskResult(False)
        raise
    result = answer.get("Result")
    fields = result if isinstance(result, dict) else {}
    status = whole_number(answer.get("Status"))
    if status in (_WAITING, _RUNNING):
        return TaskResult(False)
    if status == _SUCCEEDED:
        return TaskResult(True, url=_text(fields.get("ProcessResultUrl")))
    if status == _FAILED:
        reason = _text(fields.get("ErrorReason")) or _text(fields.get("ErrorMessage"))
        code, name = _text(fields.get("ErrorCode")), _text(fields.get("ErrorName"))
        return TaskResult(True, True, error_code=code, error_name=name, reason=reason)
    raise OutcomeUnknown("GetTaskResult: the answer has no known Status", request_id=request_id)


def _text(value: object) -> str:
    return str(value).strip() if isinstance(value, (str, int)) else ""
