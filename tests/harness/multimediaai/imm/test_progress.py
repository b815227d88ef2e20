"""How far a task is, as the worker tells it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.multimediaai.imm.behaviour import Behaviour
from harness.multimediaai.imm.state.database import Database
from harness.multimediaai.imm.state.tasks import SUCCEEDED, Tasks
from harness.multimediaai.imm.workers import Worker
from harness.multimediaai.media.wanted import Wanted


class Watching:
    """Buckets with one video; at each step it is seen how far the only task is."""

    def __init__(self, video: bytes) -> None:
        self.video = video
        self.seen: list[float] = []
        self.worker: Worker | None = None
        self.task_id = ""

    def has(self, bucket: str) -> bool:
        return True

    def fetch(self, bucket: str, key: str, target: Path) -> None:
        self._look()
        target.write_bytes(self.video)

    def put(self, bucket: str, key: str, source: Path, content_type: str, tell: bool) -> None:
        self._look()

    def _look(self) -> None:
        assert self.worker
        self.seen.append(self.worker.progress(self.task_id))


@pytest.fixture
def tasks(tmp_path: Path) -> Iterator[Tasks]:
    database = Database(tmp_path / "imm.sqlite3")
    yield Tasks(database, time.time, lambda task: None)
    database.close()


def test_a_task_goes_on_from_nothing_to_its_gif(tasks: Tasks, video: bytes, tmp_path: Path) -> None:
    buckets = Watching(video)
    task = tasks.create("p", ("videos", "a.mp4"), ("gifs", "a.gif"), Wanted(interval=1000))
    worker = buckets.worker = Worker(tasks, tmp_path / "work", buckets, Behaviour(), lambda: True)
    buckets.task_id = task.task_id
    worker.start()
    try:
        assert tasks.wait(task.task_id, 30).status == SUCCEEDED
    finally:
        worker.stop()
    at_first, at_last = buckets.seen
    assert at_first == 0.0
    assert 0.5 < at_last <= 1.0
