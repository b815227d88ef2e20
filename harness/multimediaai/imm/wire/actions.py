"""The actions, from their parameters to the fields of their answers.

Sources: the API pages of CreateProject, GetProject, AttachOSSBucket, DetachOSSBucket, GetOSSBucketAttachment and
GetTask (2020-09-30), and the models of the official SDK. What they leave open is marked (U), unsure.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timezone

from harness.multimediaai.imm.errors import refused
from harness.multimediaai.imm.state.projects import DEFAULT_ROLE, Project, Projects
from harness.multimediaai.imm.state.tasks import FAILED, MEDIA_CONVERT, RUNNING, MediaTask, Tasks
from harness.multimediaai.openapi.gateway import Action, Fields, Params


class Actions:
    """has_bucket: whether OSS has one of that name."""

    def __init__(self, projects: Projects, tasks: Tasks, has_bucket: Callable[[str], bool]) -> None:
        self._projects, self._tasks, self._has_bucket = projects, tasks, has_bucket

    def table(self) -> Mapping[str, Action]:
        return {
            "CreateProject": self.create_project,
            "GetProject": self.get_project,
            "AttachOSSBucket": self.attach_bucket,
            "DetachOSSBucket": self.detach_bucket,
            "GetOSSBucketAttachment": self.get_attachment,
            "GetTask": self.get_task,
        }

    def create_project(self, params: Params) -> Fields:
        name = _given(params, "ProjectName")
        role = params.get("ServiceRole") or DEFAULT_ROLE
        return {"Project": _shown(self._projects.create(name, params.get("Description", ""), role))}

    def get_project(self, params: Params) -> Fields:
        return {"Project": _shown(self._projects.get(_given(params, "ProjectName")))}

    def attach_bucket(self, params: Params) -> Fields:
        project, bucket = _given(params, "ProjectName"), _given(params, "OSSBucket")
        if len(params.get("Description", "")) > 128:
            raise refused("InvalidArgument", "The parameter Description is longer than 128 characters.")
        if not self._has_bucket(bucket):
            raise refused("ResourceNotFound", "bucket")  # (U)
        self._projects.attach(bucket, project, params.get("Description", ""))
        return {}

    def detach_bucket(self, params: Params) -> Fields:
        self._projects.detach(_given(params, "OSSBucket"))
        return {}

    def get_attachment(self, params: Params) -> Fields:
        found = self._projects.attachment(_given(params, "OSSBucket"))
        times = {"CreateTime": _time(found.created), "UpdateTime": _time(found.created)}
        return {"ProjectName": found.project, "Description": found.description, **times}

    def get_task(self, params: Params) -> Fields:
        project, kind = _given(params, "ProjectName"), _given(params, "TaskType")
        task = self._tasks.get(_given(params, "TaskId"))
        self._projects.get(project)
        if task is None or task.project != project or kind != MEDIA_CONVERT:  # another's type: (U)
            raise refused("ResourceNotFound", "task")
        asked = params.get("RequestDefinition", "").lower() == "true"
        return {
            "ProjectName": project,
            "TaskType": MEDIA_CONVERT,
            "TaskId": task.task_id,
            "EventId": task.event_id,
            "Status": task.status,
            "StartTime": _time(task.created),
            "EndTime": _time(task.ended) if task.ended is not None else None,
            "Code": task.code if task.status == FAILED else None,
            "Message": task.message if task.status == FAILED else None,
            "Progress": 0 if task.status == RUNNING else 100,
            "TaskRequestDefinition": json.dumps(_definition(task)) if asked else None,
        }


def _definition(task: MediaTask) -> Fields:
    """The call of CreateMediaConvertTask that the order is."""
    wanted = task.wanted
    animation = {
        "URI": task.target,
        "Format": "gif",
        "StartTime": wanted.start / 1000,
        "Number": wanted.frames,
        "Interval": wanted.interval / 1000 if wanted.interval else None,
        "FrameRate": wanted.rate,
        "Width": wanted.width,
        "Height": wanted.height,
        "ScaleType": wanted.scale,
    }
    given = {name: value for name, value in animation.items() if value is not None}
    targets = [{"Image": {"Animations": [given]}}]
    return {"ProjectName": task.project, "Sources": [{"URI": task.source}], "Targets": targets}


def _shown(project: Project) -> Fields:
    return {
        "ProjectName": project.name,
        "ServiceRole": project.service_role,
        "Description": project.description,
        "CreateTime": _time(project.created),
        "UpdateTime": _time(project.created),
    }


def _given(params: Params, name: str) -> str:
    value = params.get(name)
    if not value:
        raise refused("InvalidArgument", f"The parameter {name} is required but not provided.")
    return value


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
