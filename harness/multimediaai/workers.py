"""The threads that work the tasks off: download, render, publish, tell."""

from __future__ import annotations

import logging
import shutil
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path

from harness.multimediaai.actions import Behaviour
from harness.multimediaai.download import Cancelled, DownloadError, Limits, download
from harness.multimediaai.media.rendering import Renderer
from harness.multimediaai.media.video import VideoError
from harness.multimediaai.result_forms import publish_as
from harness.multimediaai.tasks import Task, Tasks, TaskStatus

_log = logging.getLogger(__name__)
_STOP_SECONDS = 0.8
#: The one failure that the API's pages show is ErrorCode 1000, "Download fail"; the others are made up.
_DOWNLOAD_FAIL, _DECODE_FAIL, _INTERNAL_ERROR = (
    ("1000", "Download fail"),
    ("2000", "Decode fail"),
    ("9000", "Internal error"),
)


class Workers:
    """`count` threads, each with a rendering process of its own.

    folder: for what is being worked on. publish: takes a name and a file, and gives the URL under which the file
    is from then on; the file is gone afterwards. ended: called with each task that has ended.
    """

    def __init__(
        self,
        tasks: Tasks,
        folder: Path,
        publish: Callable[[str, Path], str],
        ended: Callable[[Task], None],
        count: int,
        limits: Limits,
        answered_at: Callable[[str], str | None],
        behaviour: Behaviour,
    ) -> None:
        self._tasks = tasks
        self._folder = folder
        # In the names of this run's folders: a download that the run before has left to itself ends later, and
        # tidies up then.
        self._run = uuid.uuid4().hex
        self._publish = publish
        self._ended = ended
        self._limits = limits
        self._answered_at = answered_at
        self._behaviour = behaviour
        self._stopping = threading.Event()
        self._renderers = [Renderer() for _ in range(count)]
        self._threads = [
            threading.Thread(target=self._work, args=(renderer,), name=f"gif-{number}", daemon=True)
            for number, renderer in enumerate(self._renderers)
        ]
        self._progress: dict[int, float] = {}

    def start(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)  # what a killed process left
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Leaves everything unfinished as it is. A download from a silent server ends later, unheard."""
        self._stopping.set()
        self._tasks.wake()
        for renderer in self._renderers:
            renderer.kill()
        until = time.monotonic() + _STOP_SECONDS
        for thread in self._threads:
            if thread.is_alive():
                thread.join(max(0.0, until - time.monotonic()))

    def progress(self, task_id: int) -> float:
        """Of a task that is being worked on: 0 to 1."""
        return self._progress.get(task_id, 0.0)

    def _work(self, renderer: Renderer) -> None:
        with renderer:
            while task := self._tasks.take(self._stopping.is_set):
                self._finish(task, renderer)

    def _finish(self, task: Task, renderer: Renderer) -> None:
        if self._behaviour.stay_running:
            return
        if self._behaviour.failure:
            self._end(task, TaskStatus.FAILED, **_error(*self._behaviour.failure))
            return
        folder = self._folder / f"{self._run}-{task.task_id}"
        failure = reason = None
        url = ""
        try:
            url = self._make(task, folder, renderer)
        except Cancelled:
            return
        except DownloadError as exc:
            failure, reason = _DOWNLOAD_FAIL, str(exc)
        except VideoError as exc:
            failure, reason = _DECODE_FAIL, str(exc)
        except Exception as exc:  # noqa: BLE001  (one task must not end the work on all others)
            _log.error("task %d: %s", task.task_id, type(exc).__name__)
            failure, reason = _INTERNAL_ERROR, type(exc).__name__
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            self._progress.pop(task.task_id, None)
        if self._stopping.is_set():
            return
        if failure is None:
            self._end(task, TaskStatus.SUCCEEDED, result_url=url)
        else:
            self._end(task, TaskStatus.FAILED, **_error(*failure, reason or ""))

    def _end(self, task: Task, status: TaskStatus, **values: str) -> None:
        ended = self._tasks.end(task.task_id, status, **values)
        if ended is not None:
            self._ended(ended)

    def _make(self, task: Task, folder: Path, renderer: Renderer) -> str:
        def progress(done: float) -> None:
            self._progress[task.task_id] = done

        folder.mkdir(parents=True, exist_ok=True)
        # Without the name's suffix, which would make FFmpeg guess the format by it.
        video, gif = folder / "video", folder / "result.gif"
        download(
            task.video_url,
            video,
            self._limits,
            lambda done: progress(0.2 * done),
            self._stopping.is_set,
            self._answered_at,
        )
        renderer.render(video, gif, lambda done: progress(0.2 + 0.8 * done))
        return publish_as(self._behaviour.result_form, f"processResult/{task.task_id}", gif, self._publish)


def _error(code: str, name: str, reason: str) -> dict[str, str]:
    return {"error_code": code, "error_name": name, "error_reason": reason}
