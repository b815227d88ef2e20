"""The tasks of Multimedia AI, and where their GIFs are."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

from harness.console.cloud import Cloud
from harness.console.model import Listing, TaskView
from harness.console.redact import Redactor
from harness.multimediaai import Task, TaskStatus


class Tasks:
    def __init__(self, cloud: Cloud, redactor: Redactor) -> None:
        self._cloud, self._redactor = cloud, redactor

    def latest(self, limit: int) -> list[TaskView]:
        """The latest first."""
        return [self._view(task) for task in self._cloud.multimediaai.tasks.page(1, limit, {})[1]]

    def by_state(self, limit: int, state: str) -> Listing[TaskView]:
        """The latest of a state, or of all when it is ""."""
        tasks = self._cloud.multimediaai.tasks
        counts = {status.name.lower(): tasks.count(status) for status in TaskStatus}
        wanted = {"status": TaskStatus[state.upper()]} if state in counts else {}
        found = [self._view(task) for task in tasks.page(1, limit, wanted)[1]]
        return Listing(found, sum(counts.values()), counts)

    def count(self) -> int:
        return self._cloud.multimediaai.tasks.count()

    def get(self, task_id: object) -> TaskView | None:
        task = self._cloud.multimediaai.tasks.get(task_id) if isinstance(task_id, int) else None
        return self._view(task) if task else None

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


def _place(url: str) -> Mapping[str, str] | None:
    """The bucket and key that a path-style URL names."""
    bucket, _, key = unquote(urlsplit(url).path).lstrip("/").partition("/")
    return {"bucket": bucket, "key": key} if key else None
