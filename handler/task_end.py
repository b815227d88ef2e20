"""From a task of Multimedia AI that has ended to its GIF in the bucket."""

from __future__ import annotations

from contextlib import closing

from handler.download import Downloads
from handler.errors import RequestRejected, ResultUnusable
from handler.gif_store import GifStore
from handler.gif_task import GifTaskClient
from handler.record import TaskId
from handler.result import fetch_result
from handler.service import Followed, Made, NoGif, SecondsLeft
from handler.settings import Settings
from handler.storage import LIMIT_SECONDS
from handler.task_result import TaskResult, task_result
from handler.video import Video


class TaskEnds:
    """One per instance, used by many threads."""

    def __init__(self, settings: Settings, tasks: GifTaskClient, gifs: GifStore, downloads: Downloads) -> None:
        self._most = settings.gif_max_bytes
        self._tasks = tasks
        self._gifs = gifs
        self._downloads = downloads

    def follow(self, video: Video, task_id: TaskId, left: SecondsLeft) -> Followed:
        """As GifService.follow."""
        state = self._state(task_id, left)
        if not state.is_over:
            return None
        if state.has_failed:
            return NoGif(state.error_code, state.error_name, state.reason)
        if not state.url:
            return _unusable("the task has succeeded, and its result has no URL")
        try:
            # What was fetched is to be stored, too: so long may a request take.
            result = fetch_result(self._downloads, state.url, self._most, lambda: left() - LIMIT_SECONDS)
        except ResultUnusable as error:
            return _unusable(str(error))
        with closing(result):
            placed = self._gifs.place(video, task_id, result, left)
            return Made(placed, result.size, result.content_type)

    def _state(self, task_id: TaskId, left: SecondsLeft) -> TaskResult:
        try:
            return task_result(self._tasks, task_id, left)
        except RequestRejected as error:
            if error.code != "ResourceNotFound":
                raise
            return TaskResult(True, True, error_code=error.code, reason="the service does not know the task")


def _unusable(reason: str) -> NoGif:
    return NoGif("ResultUnusable", "", reason)
