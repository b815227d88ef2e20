"""What IMM says of a task, which with GIF_SERVICE=oss makes the GIFs: what it is of, and what has become of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TypeVar

from handler.errors import GifTaskError
from handler.imm import ImmClient
from handler.imm_errors import is_unknown_task
from handler.record import FOUND
from handler.task_result import TaskResult
from ops.account import Account, patience
from ops.errors import Mistake
from ops.names import ObjectName
from ops.refusals import task_refusal

T = TypeVar("T")


def state_of(account: Account, task_id: str) -> TaskResult:
    """Raises OpsError; Mistake of a task that IMM does not know."""
    if task_id.startswith(FOUND):
        raise Mistake(f"{task_id}: an attempt that died had ordered it, and it is known by its GIF alone")
    task = _asked(account, task_id, lambda imm: imm.task(task_id, patience()))
    return TaskResult(task.is_over, task.has_failed, error_code=task.code, reason=task.message)


def video_of(account: Account, task_id: str) -> ObjectName | None:
    """Its source, where the answer has one. Raises as state_of."""
    project = str(account.project.settings.imm_project)
    asked = {"ProjectName": project, "TaskType": "MediaConvert", "TaskId": task_id, "RequestDefinition": "true"}
    fields = _asked(account, task_id, lambda imm: imm.call("GetTask", asked, patience()))
    try:
        uri = json.loads(str(fields["TaskRequestDefinition"]))["Sources"][0]["URI"]
        bucket, _, key = str(uri).removeprefix("oss://").partition("/")
    except (ValueError, KeyError, IndexError, TypeError):
        return None
    return ObjectName(bucket, key) if key else None


def project_of(account: Account, bucket: str) -> str:
    """The project that a bucket is bound to, "" where it is bound to none. Raises OpsError."""
    try:
        return account.imm.attachment(bucket, patience())
    except GifTaskError as exc:
        if exc.code == "ResourceNotFound":
            return ""
        raise task_refusal(exc, f"GetOSSBucketAttachment of {bucket}", "imm") from exc


def _asked(account: Account, task_id: str, ask: Callable[[ImmClient], T]) -> T:
    if account.project.settings.imm_project is None:
        raise Mistake(f"{task_id}: IMM knows a task by its project, and IMM_PROJECT is not set")
    try:
        return ask(account.imm)
    except GifTaskError as exc:
        if is_unknown_task(exc):
            raise Mistake(f"{task_id}: IMM, which forgets a task after seven days, does not know it") from exc
        raise task_refusal(exc, "GetTask", "imm") from exc
