"""The thread that works the tasks off: fetch, render, store."""

from __future__ import annotations

import logging
import queue
import shutil
import threading
import uuid
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Protocol

from harness.multimediaai.imm.behaviour import Behaviour
from harness.multimediaai.imm.state.tasks import MediaTask, Tasks
from harness.multimediaai.media.rendering import Renderer
from harness.multimediaai.media.video import VideoError

_log = logging.getLogger(__name__)
_STOP_SECONDS = 0.8
_NOTHING = ""


class BucketError(Exception):
    """OSS refuses what a task needs. code, message: the task's."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.message = code, message


class Buckets(Protocol):
    """OSS, as IMM's service role may use it. Raises BucketError."""

    def has(self, bucket: str) -> bool: ...

    def fetch(self, bucket: str, key: str, target: Path) -> None: ...

    def put(self, bucket: str, key: str, source: Path, content_type: str, tell: bool) -> None: ...


class Worker:
    """One thread with one rendering process. folder: for what is being worked on. begins: False: tasks stay."""

    def __init__(
        self, tasks: Tasks, folder: Path, buckets: Buckets, behaviour: Behaviour, begins: Callable[[], bool]
    ) -> None:
        self._tasks, self._folder, self._buckets, self._behaviour = tasks, folder, buckets, behaviour
        self._begins = begins
        self._waiting: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._renderer = Renderer()
        self._progress: dict[str, float] = {}
        self._thread = threading.Thread(target=self._work, name="imm", daemon=True)

    def start(self) -> None:
        """Also what an earlier run has left undone is worked on."""
        shutil.rmtree(self._folder, ignore_errors=True)
        for task in self._tasks.running():
            self._waiting.put(task.task_id)
        self._thread.start()

    def add(self, task: MediaTask) -> None:
        self._waiting.put(task.task_id)

    def progress(self, task_id: str) -> float:
        """How much of a running task is done, 0 to 1."""
        return self._progress.get(task_id, 0.0)

    def stop(self) -> None:
        """Leaves what is unfinished as it is, for the next run."""
        self._stopping.set()
        self._waiting.put(_NOTHING)
        self._renderer.kill()
        if self._thread.is_alive():
            self._thread.join(_STOP_SECONDS)

    def _note(self, task_id: str, done: float) -> None:
        self._progress[task_id] = done

    def _work(self) -> None:
        with self._renderer:
            while (task_id := self._waiting.get()) != _NOTHING:
                task = self._tasks.get(task_id)
                if task is not None and self._begins() and not self._behaviour.stay_running:
                    self._finish(task)

    def _finish(self, task: MediaTask) -> None:
        failure = self._behaviour.failure or self._failure(task)
        if not self._stopping.is_set():
            self._tasks.end(task.task_id, *failure)

    def _failure(self, task: MediaTask) -> tuple[str, str]:
        """Makes and stores what is wanted. (code, message) of what went wrong, or twice nothing."""
        folder = self._folder / uuid.uuid4().hex
        folder.mkdir(parents=True)
        # Without the name's suffix, which would make FFmpeg guess the format by it.
        video, gif = folder / "video", folder / "result.gif"
        try:
            self._buckets.fetch(task.source_bucket, task.source_key, video)
            self._renderer.render(video, gif, partial(self._note, task.task_id), task.wanted)
            if self._tasks.get(task.task_id) and not self._stopping.is_set():
                told = self._behaviour.tells_buckets
                self._buckets.put(task.target_bucket, task.target_key, gif, "image/gif", told)
        except VideoError as exc:
            return "InvalidArgument", f"{task.source} cannot be processed: {exc}"
        except BucketError as exc:
            return exc.code, exc.message
        except Exception as exc:  # noqa: BLE001  (one task must not end the work on all others)
            _log.error("task %s: %s", task.task_id, type(exc).__name__)
            return "InternalError", type(exc).__name__
        finally:
            self._progress.pop(task.task_id, None)
            shutil.rmtree(folder, ignore_errors=True)
        return "", ""
