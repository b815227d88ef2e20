"""The SQLite file behind a store: its tables, one connection and the one lock that makes changes atomic."""

from __future__ import annotations

import functools
import json
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from harness.oss.state.model import Attributes, Bucket, Content, Encryption, Part, StoredObject, Upload

# Keys are BLOBs: OSS sorts them by their UTF-8 bytes, and so does SQLite then. `seq` orders the versions of a key.
_TABLES = """
CREATE TABLE IF NOT EXISTS buckets (
    name TEXT PRIMARY KEY, created REAL, acl TEXT, storage_class TEXT, redundancy TEXT, versioning TEXT
);
CREATE TABLE IF NOT EXISTS objects (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, bucket TEXT, key BLOB, version TEXT, latest INTEGER, kind TEXT,
    etag TEXT, blob TEXT, size INTEGER, crc64 TEXT, md5 BLOB, modified REAL, attributes TEXT, target TEXT,
    UNIQUE (bucket, key, version)
);
CREATE UNIQUE INDEX IF NOT EXISTS latest_objects ON objects (bucket, key) WHERE latest = 1;
CREATE INDEX IF NOT EXISTS versions_of_objects ON objects (bucket, key, seq DESC);
CREATE TABLE IF NOT EXISTS uploads (
    upload TEXT PRIMARY KEY, bucket TEXT, key BLOB, initiated REAL, attributes TEXT
);
CREATE TABLE IF NOT EXISTS parts (
    upload TEXT, number INTEGER, blob TEXT, size INTEGER, crc64 TEXT, md5 BLOB, modified REAL,
    PRIMARY KEY (upload, number)
);
CREATE TABLE IF NOT EXISTS completed (
    upload TEXT PRIMARY KEY, bucket TEXT, key BLOB, wanted TEXT, version TEXT, etag TEXT, size INTEGER, crc64 TEXT,
    modified REAL, attributes TEXT
);
CREATE TABLE IF NOT EXISTS cors (bucket TEXT PRIMARY KEY, document TEXT);
CREATE TABLE IF NOT EXISTS protections (bucket TEXT PRIMARY KEY, document TEXT);
CREATE TABLE IF NOT EXISTS worms (bucket TEXT PRIMARY KEY, worm TEXT, days INTEGER, created REAL, locked INTEGER);
CREATE TABLE IF NOT EXISTS domains (domain TEXT PRIMARY KEY, bucket TEXT, bound REAL);
"""
# What a state directory of an earlier version does not have.
_LATER_COLUMNS = (
    ("buckets", "encryption TEXT DEFAULT '[]'"),
    ("uploads", "sequential INTEGER DEFAULT 0"),
)


class Database:
    """`transaction` is the only way in: one thread at a time, all or nothing, durable when it returns.

    Durable means: against the end of this process, at any moment. A power cut may lose the last moments.
    """

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=10)
        self._connection.row_factory = sqlite3.Row
        self._lock = threading.RLock()
        self._depth = 0
        self._when_committed: list[Callable[[], None]] = []
        with ExitStack() as unreadable:
            unreadable.callback(self._connection.close)
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = NORMAL")
            self._connection.executescript(_TABLES)
            for table, column in _LATER_COLUMNS:
                known = {row["name"] for row in self._connection.execute(f"PRAGMA table_info({table})")}
                if column.partition(" ")[0] not in known:
                    self._connection.execute(f"ALTER TABLE {table} ADD COLUMN {column}")
            unreadable.pop_all()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """May be entered again by the thread that is inside; the outermost one commits."""
        with self._lock:
            if self._depth == 0:
                self._connection.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield self._connection
                if self._depth == 1:
                    self._connection.execute("COMMIT")
            except BaseException:
                if self._depth == 1:
                    self._when_committed.clear()
                    self._connection.rollback()
                raise
            finally:
                self._depth -= 1
            if self._depth:
                return
            actions, self._when_committed = self._when_committed, []
        for act in actions:
            act()

    def when_committed(self, act: Callable[[], None]) -> None:
        """Inside a transaction: `act` once the outermost one is durable, and never when that is rolled back."""
        self._when_committed.append(act)

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """For a look only: it takes the lock and no transaction."""
        with self._lock:
            yield self._connection

    def close(self) -> None:
        with self._lock:
            self._connection.close()


def bucket_of(row: sqlite3.Row) -> Bucket:
    columns = {name: row[name] for name in row.keys()}  # noqa: SIM118  (iterating a Row gives its values)
    return Bucket(**columns | {"encryption": Encryption(*json.loads(row["encryption"]))})


def object_of(row: sqlite3.Row) -> StoredObject:
    return StoredObject(
        bucket=row["bucket"],
        key=bytes(row["key"]).decode(),
        version_id=row["version"],
        kind=row["kind"],
        etag=row["etag"],
        content=content_of(row),
        modified=row["modified"],
        attributes=attributes_of(row["attributes"]),
        target=row["target"],
        latest=bool(row["latest"]),
    )


def content_of(row: sqlite3.Row) -> Content:
    # CRCs are unsigned 64-bit numbers, SQLite's integers are signed.
    return Content(row["blob"], row["size"], int(row["crc64"]), bytes(row["md5"]))


def upload_of(row: sqlite3.Row) -> Upload:
    attributes = attributes_of(row["attributes"])
    key, sequential = bytes(row["key"]).decode(), bool(row["sequential"])
    return Upload(row["upload"], row["bucket"], key, row["initiated"], attributes, sequential)


def part_of(row: sqlite3.Row) -> Part:
    return Part(row["number"], content_of(row), row["modified"])


@functools.lru_cache(maxsize=1024)  # a page of a list holds the same few again and again
def attributes_of(text: str) -> Attributes:
    raw: dict[str, Any] = json.loads(text)
    raw["tags"] = tuple((name, value) for name, value in raw["tags"])
    return Attributes(**raw)


def attributes_text(attributes: Attributes) -> str:
    return json.dumps(
        {
            "headers": dict(attributes.headers),
            "meta": dict(attributes.meta),
            "tags": attributes.tags,
            "acl": attributes.acl,
            "storage_class": attributes.storage_class,
        }
    )
