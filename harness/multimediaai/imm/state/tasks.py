"""The tasks: what each is to make of what, and how far it has come."""

from __future__ import annotations

import json
import secrets
import string
import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from harness.multimediaai.imm.state.database import Database
from harness.multimediaai.media.wanted import Wanted

RUNNING, SUCCEEDED, FAILED = "Running", "Succeeded", "Failed"
#: what OSS's video/animation becomes
MEDIA_CONVERT = "MediaConvert"
#: a task is forgotten after 7 days (CreateMediaConvertTask's page)
KEPT_SECONDS = 7 * 24 * 3600.0
_LETTERS = string.ascii_letters + string.digits


@dataclass(frozen=True)
class MediaTask:
    """Times in epoch seconds; code and message: of a task that has failed, else empty."""

    number: int
    task_id: str
    event_id: str
    project: str
    source_bucket: str
    source_key: str
    target_bucket: str
    target_key: str
    wanted: Wanted
    created: float
    status: str
    ended: float | None
    code: str
    message: str

    @property
    def source(self) -> str:
        return f"oss://{self.source_bucket}/{self.source_key}"

    @property
    def target(self) -> str:
        return f"oss://{self.target_bucket}/{self.target_key}"


class Tasks:
    """`changed`: called with each task that is new or has ended."""

    def __init__(
        self, database: Database, clock: Callable[[], float], changed: Callable[[MediaTask], None]
    ) -> None:
        self._database, self._clock, self._changed = database, clock, changed
        self._ended = threading.Condition(database.lock)

    def create(self, project: str, source: tuple[str, str], target: tuple[str, str], wanted: Wanted) -> MediaTask:
        """It is running from the start: IMM has no status for waiting. source, target: (bucket, key)."""
        task_id = f"{MEDIA_CONVERT}-{uuid.uuid4()}"
        event_id = f"{secrets.token_hex(2)[1:].upper()}-{''.join(secrets.choice(_LETTERS) for _ in range(27))}"
        values = (task_id, event_id, project, *source, *target, json.dumps(asdict(wanted)), self._clock(), RUNNING)
        self._database.run(
            "INSERT INTO tasks (task_id, event_id, project, source_bucket, source_key, target_bucket, target_key, "
            "wanted, created, status, code, message) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '', '')",
            *values,
        )
        made = self._known(task_id)
        self._changed(made)
        return made

    def get(self, task_id: str) -> MediaTask | None:
        found = self._database.one("SELECT * FROM tasks WHERE task_id = ?", task_id)
        task = _task(found) if found else None
        return task if task and self._clock() - task.created < KEPT_SECONDS else None

    def list(self) -> Sequence[MediaTask]:
        """The oldest first."""
        return [_task(row) for row in self._database.all("SELECT * FROM tasks ORDER BY number")]

    def latest(self, limit: int, status: str = "") -> Sequence[MediaTask]:
        """The latest first. status: "" for any."""
        found = "SELECT * FROM tasks WHERE ? IN ('', status) ORDER BY number DESC LIMIT ?"
        return [_task(row) for row in self._database.all(found, status, limit)]

    def count(self, status: str = "") -> int:
        found = self._database.one("SELECT count(*) AS n FROM tasks WHERE ? IN ('', status)", status)
        return int(found["n"]) if found else 0

    def running(self) -> Sequence[MediaTask]:
        """The oldest first."""
        rows = self._database.all("SELECT * FROM tasks WHERE status = ? ORDER BY number", RUNNING)
        return [_task(row) for row in rows]

    def end(self, task_id: str, code: str = "", message: str = "") -> None:
        """It has succeeded, or failed with a code. Nothing happens to one that is gone, or has ended already."""
        with self._ended:
            changed = self._database.run(
                "UPDATE tasks SET status = ?, ended = ?, code = ?, message = ? WHERE task_id = ? AND status = ?",
                *(FAILED if code else SUCCEEDED, self._clock(), code, message, task_id, RUNNING),
            )
            self._ended.notify_all()
        if changed:
            self._changed(self._known(task_id))

    def wait(self, task_id: str, timeout: float) -> MediaTask:
        """The task as soon as it has ended, or as it is after `timeout` seconds. KeyError if there is none."""
        with self._ended:
            self._ended.wait_for(lambda: self._known(task_id).status != RUNNING, timeout)
            return self._known(task_id)

    def clear(self) -> None:
        with self._ended:
            self._database.run("DELETE FROM tasks")

    def _known(self, task_id: str) -> MediaTask:
        found = self._database.one("SELECT * FROM tasks WHERE task_id = ?", task_id)
        if found is None:
            raise KeyError(f"there is no task {task_id}")
        return _task(found)


def _task(row: Mapping[str, Any]) -> MediaTask:
    return MediaTask(**{**row, "wanted": Wanted(**json.loads(row["wanted"]))})
