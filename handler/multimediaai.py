"""Multimedia AI (CreateGifTask) as the service that makes the GIFs.

It downloads the video from a URL, and its result is fetched from one. ListTasks tells whether a task exists.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from handler.bucket_domains import host_and_path
from handler.callback_token import task_callback
from handler.gif_task import GifTaskClient
from handler.reconcile import find_task
from handler.record import History, OnRecord, Submitted
from handler.service import Followed, GifTask, Order, SecondsLeft, Try
from handler.settings import Settings
from handler.storage import Storage
from handler.task_list import TaskList
from handler.video import Video
from handler.video_url import VideoUrls

if TYPE_CHECKING:
    from handler.task_end import TaskEnds


class MultimediaAi:
    """See handler.service.GifService. ends: of the collector, which follows tasks; None: nobody does."""

    downloads = True

    def __init__(
        self, settings: Settings, storage: Storage, tasks: GifTaskClient, ends: TaskEnds | None = None
    ) -> None:
        self._settings = settings
        self._tasks = tasks
        self._listed = TaskList(tasks)
        self._urls = VideoUrls(settings, storage)
        self._ends = ends

    def order(self, video: Video) -> Order:
        url = self._urls.url(video)
        return Order(video, host_and_path(url), url)

    def create(self, order: Order, claim: str, left: SecondsLeft) -> GifTask:
        callback = task_callback(self._settings, claim)
        return self._tasks.create(video_name(order.video), order.url, left, callback)

    def find(self, order: Order, history: History, left: SecondsLeft) -> GifTask | None:
        return find_task(
            self._listed,
            order.video,
            video_name(order.video),
            order.url,
            self._settings.application_id,
            history,
            left,
            self._settings.bucket_domains,
        )

    def follow(self, video: Video, task: Submitted, left: SecondsLeft) -> Followed:
        assert self._ends is not None, "only the collector follows"
        return self._ends.follow(video, task["task_id"], left)

    def on_record(self, video: Video) -> OnRecord:
        return {"application_id": self._settings.application_id, "video_name": video_name(video)}

    def tries(self, videos: Sequence[Video], left: SecondsLeft, *, follows: bool) -> list[Try]:
        # Imported when somebody asks for it.
        from handler.task_tries import tries

        return tries(self._settings, self._tasks, left, follows=follows)


def video_name(video: Video) -> str:
    """What the service's console shows: the file's name, and enough of the eTag to tell two uploads apart."""
    return f"{video.key.rsplit('/', 1)[-1][:100]} {str(video.etag)[:8]}"
