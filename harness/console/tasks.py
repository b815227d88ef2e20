"""The tasks of Multimedia AI and of IMM, and where their GIFs are."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

from harness.console.cloud import Cloud
from harness.console.model import Listing, TaskView
from harness.console.redact import Redactor
from harness.multimediaai import Task, TaskStatus
from harness.multimediaai.imm import MediaTask
from harness.multimediaai.imm.state.tasks import FAILED, RUNNING, SUCCEEDED

#: Multimedia AI's status → IMM's, which has none for waiting
_OF_IMM = {TaskStatus.RUNNING: RUNNING, TaskStatus.SUCCEEDED: SUCCEEDED, TaskStatus.FAILED: FAILED}


class Tasks:
    def __init__(self, cloud: Cloud, redactor: Redactor) -> None:
        self._cloud, self._redactor = cloud, redactor

    def latest(self, limit: int, status: TaskStatus | None = None) -> list[TaskView]:
        """The latest first. status: None for any."""
        wanted = {} if status is None else {"status": status}
        found = [self._view(task) for task in self._cloud.multimediaai.tasks.page(1, limit, wanted)[1]]
        if status is None or status in _OF_IMM:
            texts = self._cloud.imm.tasks.latest(limit, _OF_IMM[status] if status is not None else "")
            found += [self._view_of_imm(task) for task in texts]
        return sorted(found, key=lambda task: task.created, reverse=True)[:limit]

    def by_state(self, limit: int, state: str) -> Listing[TaskView]:
        """The latest of a state, or of all when it is ""."""
        counts = {status.name.lower(): self._count(status) for status in TaskStatus}
        found = self.latest(limit, TaskStatus[state.upper()] if state in counts else None)
        return Listing(found, sum(counts.values()), counts)

    def count(self) -> int:
        return self._cloud.multimediaai.tasks.count() + self._cloud.imm.tasks.count()

    def get(self, task_id: object) -> TaskView | None:
        if isinstance(task_id, str):
            text = self._cloud.imm.tasks.get(task_id)
            return self._view_of_imm(text) if text else None
        task = self._cloud.multimediaai.tasks.get(task_id) if isinstance(task_id, int) else None
        return self._view(task) if task else None

    def _count(self, status: TaskStatus) -> int:
        of_imm = self._cloud.imm.tasks.count(_OF_IMM[status]) if status in _OF_IMM else 0
        return self._cloud.multimediaai.tasks.count(status) + of_imm

    def _view(self, task: Task) -> TaskView:
        running = task.status is TaskStatus.RUNNING
        return TaskView(
            task.task_id,
            task.status.name.lower(),
            self._cloud.multimediaai.progress(task.task_id) if running else float(task.ended),
            self._redactor.text(f"oss://{task.video}"),
            self._redactor.text(task.video_name),
            task.created_at,
            self._redactor.text(": ".join(part for part in (task.error_name, task.error_reason) if part)),
            _place(task.result_url),
        )

    def _view_of_imm(self, task: MediaTask) -> TaskView:
        return TaskView(
            task.task_id,
            task.status.lower(),
            self._cloud.imm.progress(task.task_id) if task.status == RUNNING else 1.0,
            self._redactor.text(task.source),
            "",
            task.created,
            self._redactor.text(": ".join(part for part in (task.code, task.message) if part)),
            {"bucket": task.target_bucket, "key": task.target_key} if task.status == SUCCEEDED else None,
        )


def _place(url: str) -> Mapping[str, str] | None:
    """The bucket and key that a path-style URL names."""
    bucket, _, key = unquote(urlsplit(url).path).lstrip("/").partition("/")
    return {"bucket": bucket, "key": key} if key else None
