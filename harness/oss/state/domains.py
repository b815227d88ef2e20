"""Domains of one's own that are bound to buckets (CNAME). A domain leads to one bucket."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from harness.oss.errors import OssError
from harness.oss.state.database import Database
from harness.oss.state.versions import require_bucket


@dataclass(frozen=True)
class Domain:
    """`name` in lower case; `bound`: epoch seconds."""

    name: str
    bucket: str
    bound: float


class Domains:
    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database, self._clock = database, clock

    def bind(self, bucket: str, name: str) -> None:
        """Raises OssError NoSuchBucket, NeedVerifyDomainOwnership when it is bound to another bucket."""
        with self._database.transaction() as db:
            require_bucket(db, bucket)
            if self.bucket_of(name) not in (None, bucket):
                raise OssError("NeedVerifyDomainOwnership", Domain=name)
            db.execute("INSERT OR REPLACE INTO domains VALUES (?, ?, ?)", (name.lower(), bucket, self._clock()))

    def unbind(self, bucket: str, name: str) -> None:
        with self._database.transaction() as db:
            db.execute("DELETE FROM domains WHERE domain = ? AND bucket = ?", (name.lower(), bucket))

    def of(self, bucket: str) -> Sequence[Domain]:
        with self._database.reading() as db:
            rows = db.execute("SELECT * FROM domains WHERE bucket = ? ORDER BY domain", (bucket,))
            return [Domain(row["domain"], row["bucket"], row["bound"]) for row in rows]

    def bucket_of(self, name: str) -> str | None:
        """The bucket that a host leads to, if it is a bound domain."""
        with self._database.reading() as db:
            row = db.execute("SELECT bucket FROM domains WHERE domain = ?", (name.lower(),)).fetchone()
        return row["bucket"] if row else None

    def names(self) -> frozenset[str]:
        """All bound domains."""
        with self._database.reading() as db:
            return frozenset(row["domain"] for row in db.execute("SELECT domain FROM domains"))
