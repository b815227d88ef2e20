"""Projects, their logstores, indexes and lines, in one SQLite file; they survive a restart.

Not durable against a power cut: a function's line costs microseconds.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path

from harness.fc.sls.errors import SlsError
from harness.fc.sls.state.model import Document, Line, Logstore, Project, check_name

#: lines that are kept; the oldest go first
MAX_LINES = 200_000
#: lines that are read, or written until some are dropped, at a time
_PAGE = 1000
_TABLES = """
CREATE TABLE IF NOT EXISTS projects (name TEXT PRIMARY KEY, created REAL, description TEXT);
CREATE TABLE IF NOT EXISTS logstores (
    project TEXT, name TEXT, created REAL, ttl INTEGER, shards INTEGER, PRIMARY KEY (project, name)
);
CREATE TABLE IF NOT EXISTS indexes (
    project TEXT, logstore TEXT, document TEXT, created REAL, changed REAL, PRIMARY KEY (project, logstore)
);
CREATE TABLE IF NOT EXISTS lines (
    id INTEGER PRIMARY KEY AUTOINCREMENT, project TEXT, logstore TEXT, time INTEGER, topic TEXT, source TEXT,
    fields TEXT
);
CREATE INDEX IF NOT EXISTS lines_by_time ON lines (project, logstore, time, id);
"""


class Store:
    """clock: epoch seconds."""

    def __init__(self, directory: Path, clock: Callable[[], float]) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._clock = clock
        self._lock = threading.RLock()
        path = directory / "sls.sqlite3"
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=10)
        self._db.row_factory = sqlite3.Row
        with ExitStack() as unreadable:
            unreadable.callback(self._db.close)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = OFF")
            self._db.executescript(_TABLES)
            unreadable.pop_all()
        self._written, self._closed = 0, False

    def close(self) -> None:
        with self._lock:
            self._closed = True
            self._db.close()

    def clear(self) -> None:
        with self._lock:
            for table in ("projects", "logstores", "indexes", "lines"):
                self._db.execute(f"DELETE FROM {table}")

    def projects(self) -> list[Project]:
        return [Project(**row) for row in self._rows("SELECT * FROM projects ORDER BY name")]

    def project(self, name: str) -> Project:
        """Raises SlsError ProjectNotExist."""
        for row in self._rows("SELECT * FROM projects WHERE name = ?", name):
            return Project(**row)
        raise SlsError("ProjectNotExist", name)

    def create_project(self, name: str, description: str = "") -> Project:
        check_name(name, "project")
        made = Project(name, self._clock(), description)
        if not self._insert("projects", made.name, made.created, made.description):
            raise SlsError("ProjectAlreadyExist", name)
        return made

    def logstores(self, project: str) -> list[Logstore]:
        rows = self._rows("SELECT * FROM logstores WHERE project = ? ORDER BY name", project)
        return [Logstore(**row) for row in rows]

    def logstore(self, project: str, name: str) -> Logstore:
        """Raises SlsError ProjectNotExist, LogStoreNotExist."""
        for row in self._rows("SELECT * FROM logstores WHERE project = ? AND name = ?", project, name):
            return Logstore(**row)
        self.project(project)
        raise SlsError("LogStoreNotExist", name)

    def create_logstore(self, project: str, name: str, ttl: int = 30, shards: int = 2) -> Logstore:
        self.project(project)
        check_name(name, "logstore")
        made = Logstore(project, name, self._clock(), ttl, shards)
        if not self._insert("logstores", project, name, made.created, ttl, shards):
            raise SlsError("LogStoreAlreadyExist", name)
        return made

    def index(self, project: str, logstore: str) -> tuple[Document, float, float]:
        """(the document, when it was made and when it was changed last). Raises SlsError IndexConfigNotExist."""
        for row in self._rows("SELECT * FROM indexes WHERE project = ? AND logstore = ?", project, logstore):
            return json.loads(row["document"]), row["created"], row["changed"]
        self.logstore(project, logstore)
        raise SlsError("IndexConfigNotExist")

    def create_index(self, project: str, logstore: str, document: Document) -> None:
        """Lines that came before are not in it."""
        self.logstore(project, logstore)
        now = self._clock()
        if not self._insert("indexes", project, logstore, json.dumps(document), now, now):
            raise SlsError("IndexAlreadyExist")

    def update_index(self, project: str, logstore: str, document: Document) -> None:
        """Unlike there, lines that are in it already are in the new one, too."""
        self.index(project, logstore)
        change = "UPDATE indexes SET document = ?, changed = ? WHERE project = ? AND logstore = ?"
        self._rows(change, json.dumps(document), self._clock(), project, logstore)

    def delete_index(self, project: str, logstore: str) -> None:
        self.index(project, logstore)
        self._rows("DELETE FROM indexes WHERE project = ? AND logstore = ?", project, logstore)

    def write(self, project: str, logstore: str, lines: Iterable[Line]) -> None:
        """Raises SlsError ProjectNotExist, LogStoreNotExist. What comes after `close` is lost."""
        with self._lock:
            if self._closed:
                return
        self.logstore(project, logstore)
        rows = [
            (
                project,
                logstore,
                line.time,
                line.topic,
                line.source,
                json.dumps(dict(line.fields), ensure_ascii=False),
            )
            for line in lines
        ]
        with self._lock:
            self._db.executemany(
                "INSERT INTO lines (project, logstore, time, topic, source, fields) VALUES (?, ?, ?, ?, ?, ?)",
                rows,
            )
            self._written += len(rows)
            if self._written > _PAGE:
                self._written = 0
                self._db.execute("DELETE FROM lines WHERE id <= (SELECT MAX(id) FROM lines) - ?", (MAX_LINES,))

    def read(self, project: str, logstore: str, begin: float, end: float, newest_first: bool) -> Iterator[Line]:
        """The lines of begin <= time < end, a page at a time, while others write."""
        way, then = ("DESC", "<") if newest_first else ("ASC", ">")
        time, last = (1 << 62, 1 << 62) if newest_first else (-1, -1)
        look = (
            "SELECT * FROM lines WHERE project = ? AND logstore = ? AND time >= ? AND time < ? "
            f"AND (time, id) {then} (?, ?) ORDER BY time {way}, id {way} LIMIT {_PAGE}"
        )
        while rows := self._rows(look, project, logstore, begin, end, time, last):
            for row in rows:
                yield Line(row["time"], json.loads(row["fields"]), row["topic"], row["source"])
            time, last = rows[-1]["time"], rows[-1]["id"]

    def _rows(self, sql: str, *values: object) -> list[sqlite3.Row]:
        with self._lock:
            return self._db.execute(sql, values).fetchall()

    def _insert(self, table: str, *values: object) -> bool:
        """Whether it was not there yet."""
        places = ", ".join("?" * len(values))
        with self._lock:
            return self._db.execute(f"INSERT OR IGNORE INTO {table} VALUES ({places})", values).rowcount == 1
