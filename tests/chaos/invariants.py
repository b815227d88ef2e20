"""What holds at every moment, and what holds in the end, in words and over the state of the cloud alone.

At every moment:
  1  An upload has no more tasks than it was asked for: one, and one for each forced request.
  2  A record only grows: what was in it stays, byte for byte.
  3  A TaskId on record is that of a task of this very upload, and is on record once.
  4  What is on record as finished has its GIF in the bucket, or says which upload has taken its place.

In the end, when every event was delivered until it ended well and the collector has nothing left to do:
  5  Every upload has a task, and every task is on record.
  6  Every record has come to its end, or a person was told of the upload.
  7  Under the GIF's name of a video that is there is its own GIF, unless a person was told of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from harness.oss.errors import OssError
from tests.e2e.uploads import RECORDS, VIDEOS

from .state import State, Upload, gif_of


class Broken(AssertionError):
    """An invariant does not hold; its number and the facts are in the message."""


class Invariants:
    """Of one cloud, over uploads that are all known."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._seen: dict[str, bytes] = {}

    def check_always(self, wanted: Mapping[Upload, int]) -> None:
        """wanted: the most tasks that an upload may have."""
        tasks = {task.task_id: task for task in self._state.cloud.multimediaai.tasks.list()}
        made = Counter(task.video_name for task in tasks.values())
        on_record: list[int] = []
        for upload, most in wanted.items():
            name = f"{upload.key.rsplit('/', 1)[-1]} {upload.etag[:8]}"
            _require(1, made[name] <= most, f"{upload.key} {upload.etag}: {made[name]} tasks, {most} wanted")
            self._grows(upload)
            for line in self._state.lines(upload):
                if line["status"] == "submitted":
                    on_record.append(line["task_id"])
                    task = tasks.get(line["task_id"])
                    _require(3, task is not None and task.video_name == name, f"{upload.key}: {line}")
                if line["status"] == "finished" and not line["gif"]:
                    _require(4, bool(line["superseded_by"]), f"{upload.key}: {line}")
                if line["status"] == "finished" and line["gif"]:
                    _require(4, self._state.gif(upload) is not None, f"{upload.key}: {line}")
        _require(3, len(on_record) == len(set(on_record)), f"on record: {on_record}")

    def check_end(self, uploads: Iterable[Upload]) -> None:
        told = {(each.get("video"), each.get("etag")) for each in self._state.failures()}
        tasks = {task.task_id: task.video_name for task in self._state.cloud.multimediaai.tasks.list()}
        for upload in uploads:
            lines = self._state.lines(upload)
            mine = {number for number, name in tasks.items() if name.endswith(f" {upload.etag[:8]}")}
            mine = {number for number in mine if tasks[number].startswith(f"{upload.key.rsplit('/', 1)[-1]} ")}
            on_record = {line["task_id"] for line in lines if line["status"] == "submitted"}
            facts = f"{upload.key} {upload.etag}: tasks {mine}, lines {[line['status'] for line in lines]}"
            is_told = (f"oss://{VIDEOS}/{upload.key}", upload.etag) in told
            _require(5, is_told or (bool(mine) and mine == on_record), facts)
            _require(6, is_told or lines[-1]["status"] in ("finished", "task_failed"), facts)
            if not is_told and self._current(upload) == upload.etag:
                _require(7, self._is_its_gif(upload, lines), f"{facts}, GIF {self._state.gif(upload)}")

    def _grows(self, upload: Upload) -> None:
        name = f"gif-tasks/{VIDEOS}/{upload.key}/{upload.etag}.jsonl"
        try:
            now = self._state.cloud.oss.store.get(RECORDS, name)
        except OssError:
            now = b""
        _require(2, now.startswith(self._seen.get(name, b"")), name)
        self._seen[name] = now

    def _current(self, upload: Upload) -> str:
        try:
            return self._state.cloud.oss.store.stat(VIDEOS, upload.key).etag
        except OssError:
            return ""

    def _is_its_gif(self, upload: Upload, lines: list[dict[str, Any]]) -> bool:
        stored = self._state.gif(upload)
        made = {gif_of(line["task_id"]) for line in lines if line["status"] == "submitted"}
        return stored is not None and stored[0] in made and stored[1].get("video-etag") == upload.etag


def _require(number: int, holds: bool, facts: str) -> None:
    if not holds:
        raise Broken(f"invariant {number} does not hold: {facts}")
