"""What is in the cloud: tasks, records, GIFs and the two lists. And the service's own work, done at once."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

from harness.cloud import LocalCloud
from harness.multimediaai.tasks import TaskStatus
from harness.oss.errors import OssError
from tests.e2e.collecting import FAILED, GIF, PENDING
from tests.e2e.uploads import RECORDS, VIDEOS


class Upload(NamedTuple):
    """One video, as its event names it. wanted: the tasks that it is to have in the end."""

    key: str
    etag: str
    event: Any = None
    wanted: int = 1
    request_id: str = "request-1"


def gif_of(task_id: int) -> bytes:
    return GIF + str(task_id).encode()


class State:
    """Of one local cloud. url: by which results are fetched."""

    def __init__(self, cloud: LocalCloud, url: str) -> None:
        self.cloud = cloud
        self.url = url
        #: how a task ends, by its TaskId: as fields of Tasks.end; None: with a GIF of its own
        self.ends: Callable[[int], dict[str, str]] | None = None

    def result(self, content: bytes, name: str = "result") -> str:
        """A URL of it, as a result's is: signed."""
        self.cloud.oss.store.put(RECORDS, name, content)
        return self.cloud.oss.presign_get(RECORDS, name, 3600, self.url)

    @property
    def was_late(self) -> bool:
        """Whether the service has processed a CreateGifTask that its sender had given up."""
        return False

    def serve(self) -> None:
        """Every waiting task ends: with a GIF that is its own, unless `ends` says how."""
        tasks = self.cloud.multimediaai.tasks
        while tasks.count(TaskStatus.WAITING):
            task = tasks.take(lambda: False)
            assert task is not None
            how = self.ends(task.task_id) if self.ends else {"result_url": self.gif_url(task.task_id)}
            status = TaskStatus.SUCCEEDED if "result_url" in how else TaskStatus.FAILED
            tasks.end(task.task_id, status, **how)

    def gif_url(self, task_id: int) -> str:
        return self.result(gif_of(task_id), f"result-{task_id}")

    def pending(self) -> list[str]:
        return [entry.key for entry in self.cloud.oss.store.list(RECORDS, PENDING)]

    def lines(self, upload: Upload) -> list[dict[str, Any]]:
        """Of its record; [] without one."""
        try:
            stored = self.cloud.oss.store.get(RECORDS, f"gif-tasks/{VIDEOS}/{upload.key}/{upload.etag}.jsonl")
        except OssError:
            return []
        return [json.loads(line) for line in stored.splitlines()]

    def failures(self) -> list[dict[str, Any]]:
        store = self.cloud.oss.store
        return [json.loads(store.get(RECORDS, entry.key)) for entry in store.list(RECORDS, FAILED)]

    def gif(self, upload: Upload) -> tuple[bytes, dict[str, str]] | None:
        """What is under its GIF's name, and that object's metadata."""
        key = f"gifs/{VIDEOS}/{upload.key}.gif"
        try:
            found = self.cloud.oss.store.stat(RECORDS, key)
        except OssError:
            return None
        return self.cloud.oss.store.get(RECORDS, key), dict(found.attributes.meta)
