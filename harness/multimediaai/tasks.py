"""The GIF tasks: their state in SQLite, who waits for one, and whose turn it is."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, fields
from enum import IntEnum
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

#: the number in the API page's example
FIRST_TASK_ID = 400010


class TaskStatus(IntEnum):
    """The values of the API."""

    WAITING = 0
    RUNNING = 1
    SUCCEEDED = 2
    FAILED = 3


@dataclass(frozen=True)
class Task:
    """Times in epoch seconds; an optional text that is unknown is empty. The URLs carry signatures."""

    task_id: int
    application_id: str
    video_name: str
    video_url: str = field(repr=False)
    created_at: float
    template_id: str = ""
    callback_url: str = field(default="", repr=False)
    scales: str = ""
    status: TaskStatus = TaskStatus.WAITING
    started_at: float | None = None
    ended_at: float | None = None
    result_url: str = field(default="", repr=False)
    error_code: str = ""
    error_name: str = ""
    error_reason: str = ""

    @property
    def ended(self) -> bool:
        return self.status in (TaskStatus.SUCCEEDED, TaskStatus.FAILED)

    @property
    def seconds(self) -> float:
        """How long it took to process."""
        return (self.ended_at or 0.0) - (self.started_at or 0.0) if self.ended else 0.0

    @property
    def video(self) -> str:
        """Where the video is, decoded and without the signature: path-style URLs give "bucket/key"."""
        return unquote(urlsplit(self.video_url).path).lstrip("/")


_COLUMNS = [column.name for column in fields(Task)]


class Tasks:
    """All tasks, safe for many threads. `changed` is called with each task whose status has become another."""

    def __init__(
        self,
        path: Path,
        clock: Callable[[], float] = time.time,
        changed: Callable[[Task], None] = lambda task: None,
    ) -> None:
        self._clock = clock
        self._changed = changed
        self._lock = threading.RLock()
        self._turn = threading.Condition(self._lock)
        self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        with ExitStack() as unreadable:
            unreadable.callback(self._database.close)
            self._lay_out()
            unreadable.pop_all()

    def _lay_out(self) -> None:
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=NORMAL")
        columns = ", ".join(name for name in _COLUMNS if name != "task_id")
        self._database.execute(
            f"CREATE TABLE IF NOT EXISTS tasks (task_id INTEGER PRIMARY KEY AUTOINCREMENT, {columns})"
        )
        self._database.execute("CREATE INDEX IF NOT EXISTS by_status ON tasks (status)")
        if self._one("SELECT seq FROM sqlite_sequence WHERE name = 'tasks'") is None:
            self._execute("INSERT INTO sqlite_sequence VALUES ('tasks', ?)", FIRST_TASK_ID - 1)

    @property
    def next_task_id(self) -> int:
        """May be set, up to 2**63 - 1: a Long. Never lower than what was given already."""
        found = self._one("SELECT seq FROM sqlite_sequence WHERE name = 'tasks'")
        return int(found["seq"]) + 1 if found else FIRST_TASK_ID

    @next_task_id.setter
    def next_task_id(self, task_id: int) -> None:
        with self._lock:
            newest = self._one("SELECT max(task_id) AS id FROM tasks")
            if newest and newest["id"] is not None and task_id <= newest["id"]:
                raise ValueError(f"task {newest['id']} exists already")
            self._execute("UPDATE sqlite_sequence SET seq = ? WHERE name = 'tasks'", task_id - 1)

    def create(self, **values: str) -> Task:
        """A waiting task with the next number. `values`: fields of Task."""
        with self._turn:
            row = {**values, "status": TaskStatus.WAITING, "created_at": self._clock()}
            names, marks = ", ".join(row), ", ".join("?" * len(row))
            cursor = self._execute(f"INSERT INTO tasks ({names}) VALUES ({marks})", *row.values())
            task = self._get(int(cursor.lastrowid or 0))
            self._turn.notify_all()
        self._changed(task)
        return task

    def get(self, task_id: int) -> Task | None:
        found = self._one("SELECT * FROM tasks WHERE task_id = ?", task_id) if task_id < 1 << 63 else None
        return _task(found) if found else None

    def list(self) -> Sequence[Task]:
        """The oldest first."""
        return [_task(row) for row in self._all("SELECT * FROM tasks ORDER BY task_id")]

    def count(self, status: TaskStatus | None = None) -> int:
        where, values = ("WHERE status = ?", [status]) if status is not None else ("", [])
        found = self._one(f"SELECT count(*) AS n FROM tasks {where}", *values)
        return int(found["n"]) if found else 0

    def page(
        self, number: int, size: int, equal: Mapping[str, Any], newest_first: bool = True
    ) -> tuple[int, Sequence[Task]]:
        """How many tasks have the field values `equal`, and page `number` (from 1) of them."""
        order = "DESC" if newest_first else "ASC"
        where = " AND ".join(["1", *(f"{name} = ?" for name in equal)])
        with self._lock:
            total = self._one(f"SELECT count(*) AS n FROM tasks WHERE {where}", *equal.values())
            rows = self._all(
                f"SELECT * FROM tasks WHERE {where} ORDER BY task_id {order} LIMIT ? OFFSET ?",
                *equal.values(),
                size,
                size * (number - 1),
            )
        return int(total["n"]) if total else 0, [_task(row) for row in rows]

    def wait(self, task_id: int, timeout: float) -> Task:
        """The task as soon as it has ended, or as it is after `timeout` seconds. KeyError if there is none."""
        with self._turn:
            self._turn.wait_for(lambda: self._get(task_id).ended, timeout)
            return self._get(task_id)

    def take(self, stopping: Callable[[], bool]) -> Task | None:
        """The oldest waiting task, which is running from now on; waits for one until `stopping` (see `wake`)."""
        with self._turn:
            while not stopping():
                row = self._one(
                    "SELECT * FROM tasks WHERE status = ? ORDER BY task_id LIMIT 1", TaskStatus.WAITING
                )
                if row is not None:
                    started = {"status": TaskStatus.RUNNING, "started_at": self._clock()}
                    task = self._update(int(row["task_id"]), started)
                    break
                self._turn.wait()
            else:
                return None
        self._changed(task)
        return task

    def end(self, task_id: int, status: TaskStatus, **values: str) -> Task | None:
        """A running task has ended; None if it is gone meanwhile. `values`: result_url, or error_*."""
        with self._turn:
            task = self.get(task_id)
            if task is None or task.status is not TaskStatus.RUNNING:
                return None
            task = self._update(task_id, {"status": status, "ended_at": self._clock(), **values})
            self._turn.notify_all()
        self._changed(task)
        return task

    def take_up_again(self) -> None:
        """What was running when the process ended waits for its turn again."""
        with self._turn:
            self._execute(
                "UPDATE tasks SET status = ?, started_at = NULL WHERE status = ?",
                TaskStatus.WAITING,
                TaskStatus.RUNNING,
            )
            self._turn.notify_all()

    def wake(self) -> None:
        """Lets `take` look whether it shall stop."""
        with self._turn:
            self._turn.notify_all()

    def clear(self) -> None:
        """No task is left; numbers go on, so that none is given twice."""
        with self._turn:
            self._execute("DELETE FROM tasks")
            self._turn.notify_all()

    def close(self) -> None:
        with self._lock:
            self._database.close()

    def _get(self, task_id: int) -> Task:
        task = self.get(task_id)
        if task is None:
            raise KeyError(f"there is no task {task_id}")
        return task

    def _update(self, task_id: int, values: Mapping[str, Any]) -> Task:
        names = ", ".join(f"{name} = ?" for name in values)
        self._execute(f"UPDATE tasks SET {names} WHERE task_id = ?", *values.values(), task_id)
        return self._get(task_id)

    def _execute(self, statement: str, *values: Any) -> sqlite3.Cursor:
        with self._lock:
            return self._database.execute(statement, values)

    def _all(self, statement: str, *values: Any) -> Sequence[Mapping[str, Any]]:
        with self._lock:
            cursor = self._execute(statement, *values)
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor]

    def _one(self, statement: str, *values: Any) -> Mapping[str, Any] | None:
        return next(iter(self._all(statement, *values)), None)


def _task(row: Mapping[str, Any]) -> Task:
    known = {name: value for name, value in row.items() if value is not None}
    return Task(**{**known, "status": TaskStatus(row["status"])})
