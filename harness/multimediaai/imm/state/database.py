"""One SQLite file for all that IMM keeps, safe for many threads."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

_TABLES = """
CREATE TABLE IF NOT EXISTS projects (name TEXT PRIMARY KEY, description TEXT, service_role TEXT, created REAL);
CREATE TABLE IF NOT EXISTS attachments (bucket TEXT PRIMARY KEY, project TEXT, description TEXT, created REAL);
CREATE TABLE IF NOT EXISTS tasks (
    number INTEGER PRIMARY KEY AUTOINCREMENT, task_id TEXT UNIQUE, event_id TEXT, project TEXT,
    source_bucket TEXT, source_key TEXT, target_bucket TEXT, target_key TEXT, wanted TEXT,
    created REAL, status TEXT, ended REAL, code TEXT, message TEXT
);
"""


class Database:
    def __init__(self, path: Path) -> None:
        #: held for a statement; hold it for several
        self.lock = threading.RLock()
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        with ExitStack() as unreadable:
            unreadable.callback(self._connection.close)
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=NORMAL")
            self._connection.executescript(_TABLES)
            unreadable.pop_all()

    def run(self, statement: str, *values: Any) -> int:
        """How many rows it changed."""
        with self.lock:
            return self._connection.execute(statement, values).rowcount

    def all(self, statement: str, *values: Any) -> Sequence[Mapping[str, Any]]:
        with self.lock:
            return [dict(row) for row in self._connection.execute(statement, values)]

    def one(self, statement: str, *values: Any) -> Mapping[str, Any] | None:
        return next(iter(self.all(statement, *values)), None)

    def close(self) -> None:
        with self.lock:
            self._connection.close()
