"""The store: buckets, and through its parts objects, uploads and listings. Survives a restart."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import astuple, replace
from pathlib import Path

from harness.oss.errors import OssError
from harness.oss.state.blobs import Blobs
from harness.oss.state.cors import CorsRules
from harness.oss.state.database import Database, bucket_of
from harness.oss.state.domains import Domains
from harness.oss.state.listing import Listing
from harness.oss.state.loading import Item, load
from harness.oss.state.model import Attributes, Bucket, Content, Encryption, StoredObject, check_bucket_name
from harness.oss.state.objects import Objects
from harness.oss.state.protection import Protections
from harness.oss.state.statistics import Statistics, statistics
from harness.oss.state.uploads import Uploads
from harness.oss.state.versions import require_bucket
from harness.oss.state.worm import RetentionPolicies

#: tables whose rows go with their bucket
_OF_BUCKETS = ("cors", "completed", "domains", "protections", "worms")


class Store:
    """What is in OSS, in `directory`. Its own methods are for whoever holds the process: no rights, no events.

    `clock` gives epoch seconds: every Last-Modified comes from it. blocks_public: whether new buckets block public
    access.
    """

    def __init__(
        self, directory: Path, clock: Callable[[], float] = time.time, blocks_public: bool = False
    ) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._clock = clock
        self._database = Database(directory / "oss.sqlite3")
        self.blobs = Blobs(directory / "blobs")
        self.worms = RetentionPolicies(self._database, clock)
        self.objects = Objects(self._database, self.blobs, self.worms, clock)
        self.uploads = Uploads(self._database, self.blobs, self.objects, clock)
        self.listing = Listing(self._database)
        self.cors = CorsRules(self._database)
        self.protections = Protections(self._database, blocks_public)
        self.domains = Domains(self._database, clock)
        with ExitStack() as unreadable:
            unreadable.callback(self._database.close)
            self.blobs.keep_only(self._blobs_in_use())
            unreadable.pop_all()

    def put(self, bucket: str, key: str, data: bytes, content_type: str = "") -> StoredObject:
        attributes = Attributes(headers={"Content-Type": content_type} if content_type else {})
        return self.objects.put(bucket, key, self.blobs.write([data]), attributes).object

    def load(self, bucket: str, items: Iterable[Item]) -> int:
        """Tens of thousands of new objects in a second; how many. Raises OssError (see `load`)."""
        return load(self._database, self.blobs, self._clock, bucket, items)

    def get(self, bucket: str, key: str, version_id: str | None = None) -> bytes:
        """The object's bytes (a symlink: its target's); raises OssError."""
        return self.objects.open(bucket, key, version_id)[2].read()

    def stat(self, bucket: str, key: str, version_id: str | None = None) -> StoredObject:
        return self.objects.find(bucket, key, version_id)

    def list(self, bucket: str, prefix: str = "") -> list[StoredObject]:
        """Every current object below `prefix`, by key."""
        found: list[StoredObject] = []
        after = ""
        while True:
            page = self.listing.page(bucket, prefix, after=after)
            found += page.objects
            after = page.next_marker
            if not after:
                return found

    def versions(self, bucket: str, prefix: str = "") -> Sequence[StoredObject]:
        """Every version and delete marker below `prefix`; a key's newest first."""
        return self.listing.versions(bucket, prefix, limit=1 << 31).objects

    def write(self, pieces: Iterable[bytes]) -> Content:
        """Bytes on their way to become an object or a part."""
        return self.blobs.write(pieces)

    def discard(self, content: Content) -> None:
        self.blobs.delete(content)

    def create_bucket(
        self, name: str, acl: str = "private", storage_class: str = "Standard", redundancy: str = "LRS"
    ) -> Bucket:
        """A new bucket; an existing one only gets the ACL, since all buckets here have the same owner."""
        check_bucket_name(name)
        with self._database.transaction() as db:
            if self.has_bucket(name):
                db.execute("UPDATE buckets SET acl = ? WHERE name = ?", (acl, name))
                return self.bucket(name)
            made = Bucket(name, self._clock(), acl, storage_class, redundancy)
            db.execute(
                "INSERT INTO buckets (name, created, acl, storage_class, redundancy, versioning) "
                "VALUES (?, ?, ?, ?, ?, '')",
                (name, made.created, acl, storage_class, redundancy),
            )
        return made

    def bucket(self, name: str) -> Bucket:
        """Raises OssError NoSuchBucket."""
        with self._database.reading() as db:
            return require_bucket(db, name)

    def has_bucket(self, name: str) -> bool:
        with self._database.reading() as db:
            return db.execute("SELECT 1 FROM buckets WHERE name = ?", (name,)).fetchone() is not None

    def buckets(self) -> Sequence[Bucket]:
        with self._database.reading() as db:
            return [bucket_of(row) for row in db.execute("SELECT * FROM buckets ORDER BY name")]

    def statistics(self, bucket: str) -> Statistics:
        """Raises OssError NoSuchBucket."""
        return statistics(self._database, bucket)

    def set_acl(self, name: str, acl: str) -> Bucket:
        return self._change(name, lambda bucket: replace(bucket, acl=acl))

    def set_versioning(self, name: str, status: str) -> Bucket:
        """`status`: Enabled or Suspended; there is no way back to never."""
        return self._change(name, lambda bucket: replace(bucket, versioning=status))

    def set_encryption(self, name: str, rule: Encryption) -> Bucket:
        """For objects that are written from now on."""
        return self._change(name, lambda bucket: replace(bucket, encryption=rule))

    def _change(self, name: str, change: Callable[[Bucket], Bucket]) -> Bucket:
        with self._database.transaction() as db:
            changed = change(require_bucket(db, name))
            db.execute(
                "UPDATE buckets SET acl = ?, versioning = ?, encryption = ? WHERE name = ?",
                (changed.acl, changed.versioning, json.dumps(astuple(changed.encryption)), name),
            )
        return changed

    def delete_bucket(self, name: str) -> None:
        with self._database.transaction() as db:
            require_bucket(db, name)
            held = (
                "SELECT 1 FROM objects WHERE bucket = ? UNION ALL SELECT 1 FROM uploads WHERE bucket = ? LIMIT 1"
            )
            if db.execute(held, (name, name)).fetchone():
                raise OssError("BucketNotEmpty", BucketName=name)
            db.execute("DELETE FROM buckets WHERE name = ?", (name,))
            for table in _OF_BUCKETS:
                db.execute(f"DELETE FROM {table} WHERE bucket = ?", (name,))

    def clear(self) -> None:
        """Deletes everything; uploads on their way then find no bucket."""
        with self._database.transaction() as db:
            blobs = self._blobs_in_use()
            for table in ("objects", "parts", "uploads", "buckets", *_OF_BUCKETS):
                db.execute(f"DELETE FROM {table}")
        self.blobs.delete_all(blobs)

    def close(self) -> None:
        self._database.close()

    def _blobs_in_use(self) -> set[str]:
        with self._database.reading() as db:
            return {row["blob"] for row in db.execute("SELECT blob FROM objects UNION SELECT blob FROM parts")}
