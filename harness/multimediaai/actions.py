"""The four actions, from their parameters to the fields of their answers.

Sources: the API pages of CreateGifTask (2019 and 2021), GetTaskStatus, GetTaskResult and ListTasks. What they
leave open is marked (U), unsure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import urlsplit

from harness.multimediaai.errors import refused
from harness.multimediaai.openapi.gateway import Action, Fields, Params
from harness.multimediaai.tasks import Task, Tasks, TaskStatus

#: The page names the error for a VideoName that is too long, but not the length (U).
MAX_VIDEO_NAME = 128
MAX_PAGE_SIZE = 100
#: ListTasks: the kind of service that makes GIFs, "dynamic cover"
DYNAMIC_COVER = 3

#: TaskId's largest value
_LONG = (1 << 63) - 1
_BEIJING = timezone(timedelta(hours=8))
_CREATE_TIMES = {
    "iso": (timezone.utc, "%Y-%m-%dT%H:%M:%SZ"),
    "date": (_BEIJING, "%Y-%m-%d"),
    "beijing": (_BEIJING, "%Y-%m-%d %H:%M:%S"),
}


class Behaviour:
    """What may be changed while the service runs.

    applications: the ApplicationIds that exist; None: all do. require_later_parameters: TemplateId and
    CallbackUrl, as on the page of 2021. create_time_format: of ListTasks' CreateTime, for which the page shows
    "2021-01-01" and says nothing (U): "iso" (UTC, with a Z), "date" or "beijing" (date and time there).
    list_newest_first: the order of ListTasks, of which the page says nothing either (U).
    result_form: what ProcessResultUrl leads to, one of RESULT_FORMS. stay_running: tasks that are begun never end.
    failure: (ErrorCode, ErrorName, ErrorReason) with which every task that is begun fails.
    """

    def __init__(self) -> None:
        self.reset_behaviour()

    def reset_behaviour(self) -> None:
        self.applications: Collection[str] | None = None
        self.require_later_parameters = False
        self.create_time_format = "iso"
        self.list_newest_first = True
        self.result_form = "image"
        self.stay_running = False
        self.failure: tuple[str, str, str] | None = None


class Actions:
    def __init__(self, tasks: Tasks, behaviour: Behaviour, expire: Callable[[str], str]) -> None:
        """expire: a result's URL → the same one after its time."""
        self._tasks = tasks
        self._behaviour = behaviour
        self._expire = expire
        self._asked: set[int] = set()

    def table(self) -> Mapping[str, Action]:
        return {
            "CreateGifTask": self.create_gif_task,
            "GetTaskStatus": self.get_task_status,
            "GetTaskResult": self.get_task_result,
            "ListTasks": self.list_tasks,
        }

    def create_gif_task(self, params: Params) -> Fields:
        later = ("TemplateId", "CallbackUrl") if self._behaviour.require_later_parameters else ()
        for name in ("ApplicationId", "VideoName", "VideoUrl", *later):
            if not params.get(name):
                raise refused("MissingParameter", name)
        if len(params["VideoName"]) > MAX_VIDEO_NAME:
            raise refused("InvalidParameterLengthLimit", "VideoName")
        for name in ("VideoUrl", "CallbackUrl"):
            if params.get(name) and not _is_http(params[name]):
                raise refused("InvalidParameter", name)
        _whole_number(params, "TemplateId", 0, _LONG)
        applications = self._behaviour.applications
        if applications is not None and params["ApplicationId"] not in applications:
            raise refused("ResourceNotFound", "ApplicationId")
        task = self._tasks.create(
            application_id=params["ApplicationId"],
            video_name=params["VideoName"],
            video_url=params["VideoUrl"],
            template_id=params.get("TemplateId", ""),
            callback_url=params.get("CallbackUrl", ""),
            scales=params.get("Scales", ""),
        )
        return {"TaskId": task.task_id, "Code": "OK"}

    def get_task_status(self, params: Params) -> Fields:
        return {"Status": int(self._known_task(params).status)}

    def get_task_result(self, params: Params) -> Fields:
        task = self._known_task(params)
        if self._behaviour.result_form == "expired" and task.result_url and task.task_id not in self._asked:
            self._asked.add(task.task_id)
            task = replace(task, result_url=self._expire(task.result_url))
        return {"Status": int(task.status), "Result": result(task), "Code": "OK"}

    def list_tasks(self, params: Params) -> Fields:
        for name in ("PageNumber", "PageSize"):
            if not params.get(name):
                raise refused("MissingParameter", name)
        number = _whole_number(params, "PageNumber", 1, _LONG // MAX_PAGE_SIZE) or 1
        size = _whole_number(params, "PageSize", 1, MAX_PAGE_SIZE) or 1
        equal: dict[str, Any] = {
            "status": _whole_number(params, "Status", min(TaskStatus), max(TaskStatus)),
            "task_id": _whole_number(params, "TaskId", 0, _LONG),
            "application_id": params.get("ApplicationName") or None,
        }
        given = {name: value for name, value in equal.items() if value is not None}
        total, tasks = self._tasks.page(number, size, given, self._behaviour.list_newest_first)
        if _whole_number(params, "ServiceType", 1, DYNAMIC_COVER) not in (None, DYNAMIC_COVER):
            total, tasks = 0, []  # tasks of other services are not made here
        listed = [self._listed(task) for task in tasks]
        return {"TotalCount": total, "PageNumber": number, "PageSize": size, "Tasks": listed}

    def _known_task(self, params: Params) -> Task:
        task_id = _whole_number(params, "TaskId", 0, _LONG)
        if task_id is None:
            raise refused("MissingParameter", "TaskId")
        task = self._tasks.get(task_id)
        if task is None:
            raise refused("ResourceNotFound", "TaskId")
        return task

    def _listed(self, task: Task) -> Fields:
        return {
            "TaskId": task.task_id,
            "ApplicationId": task.application_id,
            "ApplicationName": task.application_id,  # applications have no other name here
            "VideoName": task.video_name,
            "VideoUrl": task.video_url,
            "Status": int(task.status),
            "CreateTime": self._create_time(task.created_at),
            "ProcessingDuration": round(task.seconds * 1000) if task.ended else None,  # milliseconds (U)
            "Template": {"Id": task.template_id, "Name": ""} if task.template_id else None,
            **_outcome(task),
        }

    def _create_time(self, at: float) -> str:
        zone, form = _CREATE_TIMES[self._behaviour.create_time_format]
        return datetime.fromtimestamp(int(at), zone).strftime(form)


def result(task: Task) -> Fields:
    """The Result of GetTaskResult; before the end there is neither a result nor an error in it (U)."""
    return {
        "VideoName": task.video_name,
        "VideoUrl": task.video_url,
        "ApplicationId": task.application_id,
        "AnalysisUseTime": round(task.seconds) if task.ended else None,
        **_outcome(task),
    }


def _outcome(task: Task) -> Fields:
    return {
        "ProcessResultUrl": task.result_url or None,
        "ErrorCode": task.error_code or None,
        "ErrorName": task.error_name or None,
        "ErrorMessage": task.error_name or None,  # the page shows the same text for both
        "ErrorReason": task.error_reason or None,
    }


def _whole_number(params: Params, name: str, lowest: int, highest: int) -> int | None:
    """None when it is not given."""
    text = params.get(name)
    if not text:
        return None
    if not re.fullmatch(r"[0-9]{1,19}", text) or not lowest <= int(text) <= highest:
        raise refused("InvalidParameter", name)
    return int(text)


def _is_http(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False
