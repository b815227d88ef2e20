"""Pages of keys: prefix, delimiter, marker, in the order of the keys' UTF-8 bytes."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field

from harness.oss.state.database import Database, object_of
from harness.oss.state.model import StoredObject
from harness.oss.state.versions import require_bucket


@dataclass
class Page:
    """`next_marker`: where to go on, "" at the end. `next_version`: the version id marker that goes with it."""

    objects: list[StoredObject] = field(default_factory=list)
    prefixes: list[str] = field(default_factory=list)
    next_marker: str = ""
    next_version: str = ""

    def __len__(self) -> int:
        return len(self.objects) + len(self.prefixes)


class Listing:
    def __init__(self, database: Database) -> None:
        self._database = database

    def page(self, bucket: str, prefix: str = "", delimiter: str = "", after: str = "", limit: int = 1000) -> Page:
        """Current objects (no delete markers) and common prefixes after `after`, at most `limit` of both."""
        page = Page()
        start: bytes | None = _start(prefix, delimiter, after)
        with self._database.reading() as db:
            require_bucket(db, bucket)
            while start is not None:
                start = _fill(page, db, bucket, start, prefix, delimiter, limit)
        return page

    def versions(
        self,
        bucket: str,
        prefix: str = "",
        delimiter: str = "",
        after: str = "",
        after_version: str = "",
        limit: int = 1000,
    ) -> Page:
        """All versions and delete markers, a key's newest first."""
        page = Page()
        start, below = _start(prefix, delimiter, after), 1 << 62
        with self._database.reading() as db:
            require_bucket(db, bucket)
            if after_version:
                start, below = after.encode(), self._sequence(bucket, after, after_version)
            while True:
                row = _next_version(db, bucket, start, below)
                if row is None:
                    return page
                found = object_of(row)
                if not found.key.startswith(prefix):
                    return page
                if len(page) == limit:
                    page.next_marker = last_of(page)
                    page.next_version = page.objects[-1].version_id if _ends_with_object(page) else ""
                    return page
                if common := common_prefix(found.key, prefix, delimiter):
                    page.prefixes.append(common)
                    start, below = _after_prefix(common), 1 << 62
                else:
                    page.objects.append(found)
                    start, below = found.key.encode(), row["seq"]

    def _sequence(self, bucket: str, key: str, version: str) -> int:
        with self._database.reading() as db:
            row = db.execute(
                "SELECT seq FROM objects WHERE bucket = ? AND key = ? AND version = ?",
                (bucket, key.encode(), version),
            ).fetchone()
        return int(row["seq"]) if row else 0


def _fill(
    page: Page, db: sqlite3.Connection, bucket: str, start: bytes, prefix: str, delimiter: str, limit: int
) -> bytes | None:
    """Goes on from `start` to the first key of a new group: where to search after it, None at the end."""
    rows = db.execute(
        "SELECT * FROM objects INDEXED BY latest_objects "
        "WHERE bucket = ? AND latest = 1 AND kind != 'DeleteMarker' "
        "AND key >= ? ORDER BY key",
        (bucket, start),
    )
    for row in rows:
        found = object_of(row)
        if not found.key.startswith(prefix):
            return None
        if len(page) == limit:
            page.next_marker = last_of(page)
            return None
        if common := common_prefix(found.key, prefix, delimiter):
            page.prefixes.append(common)
            return _after_prefix(common)
        page.objects.append(found)
    return None


def _next_version(db: sqlite3.Connection, bucket: str, key: bytes, below: int) -> sqlite3.Row | None:
    """The newest version of `key` that is older than `below`, else the next key's. Both use the index."""
    older = "SELECT * FROM objects WHERE bucket = ? AND key = ? AND seq < ? ORDER BY seq DESC LIMIT 1"
    row: sqlite3.Row | None = db.execute(older, (bucket, key, below)).fetchone()
    if row is None:
        following = "SELECT * FROM objects WHERE bucket = ? AND key > ? ORDER BY key, seq DESC LIMIT 1"
        row = db.execute(following, (bucket, key)).fetchone()
    return row


def last_of(page: Page) -> str:
    """The greatest name on a page, which is the marker of the next one."""
    names = [page.objects[-1].key] if page.objects else []
    return max(names + page.prefixes[-1:], key=str.encode, default="")


def _ends_with_object(page: Page) -> bool:
    return bool(page.objects) and page.objects[-1].key == last_of(page)


def _start(prefix: str, delimiter: str, after: str) -> bytes:
    """The first key that may be listed: not before the prefix, and past the marker (or its whole group)."""
    if not after:
        return prefix.encode()
    if delimiter and common_prefix(after, prefix, delimiter) == after:
        return max(prefix.encode(), _after_prefix(after))
    return max(prefix.encode(), after.encode() + b"\0")


def common_prefix(key: str, prefix: str, delimiter: str) -> str:
    if not delimiter or not key.startswith(prefix):
        return ""
    cut = key.find(delimiter, len(prefix))
    return key[: cut + len(delimiter)] if cut >= 0 else ""


def _after_prefix(prefix: str) -> bytes:
    """The least bytes that are greater than everything that starts with `prefix`. UTF-8 never holds 0xFF."""
    raw = prefix.encode()
    return raw[:-1] + bytes([raw[-1] + 1])
