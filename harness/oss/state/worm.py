"""Retention policies (WORM): while one holds, no object of its bucket is changed or deleted before its time.

Sources: OSS API reference, InitiateBucketWorm and its like. One that nobody locks within 24 hours is void.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace

from harness.oss.errors import OssError
from harness.oss.state.database import Database
from harness.oss.state.model import StoredObject

DAY = 24 * 3600


@dataclass(frozen=True)
class Worm:
    """days: how long an object stays, from its last change. created: epoch seconds."""

    worm_id: str
    days: int
    created: float
    locked: bool = False


class RetentionPolicies:
    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database, self._clock = database, clock

    def of(self, bucket: str) -> Worm | None:
        """The one that holds now."""
        with self._database.reading() as db:
            row = db.execute("SELECT * FROM worms WHERE bucket = ?", (bucket,)).fetchone()
        found = Worm(row["worm"], row["days"], row["created"], bool(row["locked"])) if row else None
        return found if found and (found.locked or self._clock() < found.created + DAY) else None

    def initiate(self, bucket: str, days: int) -> Worm:
        """Raises OssError for a bucket that has one."""
        with self._database.transaction():
            if found := self.of(bucket):
                raise (
                    _locked(bucket)
                    if found.locked
                    else OssError(
                        "InvalidWORMConfiguration", "The bucket has a retention policy already.", BucketName=bucket
                    )
                )
            return self._keep(bucket, Worm(secrets.token_hex(16).upper(), days, self._clock()))

    def lock(self, bucket: str, worm_id: str) -> None:
        """For good. Raises OssError."""
        with self._database.transaction():
            self._keep(bucket, replace(self._named(bucket, worm_id), locked=True))

    def extend(self, bucket: str, worm_id: str, days: int) -> None:
        """A locked one, to more days. Raises OssError."""
        with self._database.transaction():
            found = self._named(bucket, worm_id)
            if not found.locked or days < found.days:
                message = "Only a locked retention policy is extended, and it gets no shorter."
                raise OssError("InvalidWORMConfiguration", message, BucketName=bucket)
            self._keep(bucket, replace(found, days=days))

    def abort(self, bucket: str) -> None:
        """One that is not locked. Raises OssError."""
        with self._database.transaction() as db:
            if (found := self.of(bucket)) and found.locked:
                raise _locked(bucket)
            db.execute("DELETE FROM worms WHERE bucket = ?", (bucket,))

    def require_change(self, bucket: str, changed: StoredObject | None) -> None:
        """Raises OssError FileImmutable when `changed` is still under a retention policy."""
        worm = self.of(bucket) if changed and not changed.is_marker else None
        if changed and worm and self._clock() < changed.modified + worm.days * DAY:
            raise OssError("FileImmutable", ObjectName=changed.key)

    def require_append(self, bucket: str, key: str) -> None:
        """AppendObject does not work at all where there is one. Raises OssError FileImmutable."""
        if self.of(bucket):
            raise OssError("FileImmutable", ObjectName=key)

    def _named(self, bucket: str, worm_id: str) -> Worm:
        found = self.of(bucket)
        if found is None or found.worm_id != worm_id:
            raise OssError("NoSuchWORMConfiguration", BucketName=bucket)
        return found

    def _keep(self, bucket: str, worm: Worm) -> Worm:
        with self._database.transaction() as db:
            values = (bucket, worm.worm_id, worm.days, worm.created, worm.locked)
            db.execute("INSERT OR REPLACE INTO worms VALUES (?, ?, ?, ?, ?)", values)
        return worm


def _locked(bucket: str) -> OssError:
    return OssError("WORMConfigurationLocked", BucketName=bucket)
