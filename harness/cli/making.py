"""The one task that the demo waits for, of whichever service makes the GIFs."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from harness.cloud.local import LocalCloud
from harness.multimediaai import TaskStatus
from harness.multimediaai.imm.state.tasks import FAILED, RUNNING
from harness.multimediaai.media.gif import SECONDS

#: The requests that make a task.
CALLS = ("CreateGifTask", "AsyncProcessObject")


class State(NamedTuple):
    """progress: 0 to 1. problem: why it has failed, "" where it has not."""

    has_ended: bool
    progress: float
    problem: str = ""


class Making(Protocol):
    """A task. url, order: what its steps say."""

    name: str
    url: str
    order: str

    def wait(self, seconds: float) -> State:
        """As soon as it has ended, or as it is after so many seconds."""
        ...

    def shows(self, seconds: float | None) -> str:
        """What of the video. seconds: of it, where it says so."""
        ...


def making(cloud: LocalCloud) -> Making:
    """Of the only task that there is."""
    return _Imm(cloud) if cloud.imm.tasks.list() else _MultimediaAi(cloud)


class _MultimediaAi:
    def __init__(self, cloud: LocalCloud) -> None:
        (task,) = cloud.multimediaai.tasks.list()
        self._cloud, self._id = cloud, task.task_id
        self.name = str(task.task_id)
        self.url = f"{task.video_url.partition('?')[0]}?… (presigned)"
        self.order = "CreateGifTask has it downloaded from there"

    def wait(self, seconds: float) -> State:
        task = self._cloud.multimediaai.tasks.wait(self._id, seconds)
        problem = f"{task.error_name}: {task.error_reason}" if task.status is TaskStatus.FAILED else ""
        return State(task.ended, self._cloud.multimediaai.progress(self._id), problem)

    def shows(self, seconds: float | None) -> str:
        return "all of it" if seconds is not None and seconds <= SECONDS else "the liveliest three seconds"


class _Imm:
    def __init__(self, cloud: LocalCloud) -> None:
        (task,) = cloud.imm.tasks.list()
        self._cloud, self._wanted = cloud, task.wanted
        self.name = task.task_id
        self.url = f"none: it is read where it lies, {task.source}"
        self.order = f"AsyncProcessObject has the GIF stored as {task.target}"

    def wait(self, seconds: float) -> State:
        task = self._cloud.imm.tasks.wait(self.name, seconds)
        problem = f"{task.code}: {task.message}" if task.status == FAILED else ""
        ended = task.status != RUNNING
        return State(ended, 1.0 if ended else self._cloud.imm.progress(self.name), problem)

    def shows(self, seconds: float | None) -> str:
        frames = f"{self._wanted.frames} frames at most" if self._wanted.frames else "every frame to its end"
        return f"{frames}, from {self._wanted.start / 1000:g} s on"
