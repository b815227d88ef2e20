"""Objects and their versions: put, append, find, delete. Each change is one transaction."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial

from harness.oss.errors import OssError
from harness.oss.state.blobs import BlobReader, Blobs
from harness.oss.state.database import Database, attributes_text
from harness.oss.state.model import (
    EMPTY,
    NULL_VERSION,
    Attributes,
    Content,
    StoredObject,
    check_key,
    check_version_id,
)
from harness.oss.state.turns import Turns
from harness.oss.state.versions import find_latest, find_version, identity, insert, remove, require_bucket
from harness.oss.state.worm import RetentionPolicies


@dataclass(frozen=True)
class Change:
    """What a write made. `delta`: bytes more than the object had before."""

    object: StoredObject
    delta: int


@dataclass(frozen=True)
class Deletion:
    """`removed`: what is gone for good. `marker`: the delete marker that was made instead."""

    removed: StoredObject | None = None
    marker: StoredObject | None = None


class Objects:
    def __init__(
        self, database: Database, blobs: Blobs, worms: RetentionPolicies, clock: Callable[[], float]
    ) -> None:
        self._database, self._blobs, self._worms, self._clock = database, blobs, worms, clock
        self._turns = Turns()

    def put(
        self,
        bucket: str,
        key: str,
        content: Content,
        attributes: Attributes,
        *,
        kind: str = "Normal",
        etag: str = "",
        target: str = "",
        forbid_overwrite: bool = False,
    ) -> Change:
        """Makes `content` (which now belongs to the object) the current version; on a refusal it is discarded.

        `forbid_overwrite` is ignored where versioning was ever set, as OSS ignores it.
        """
        try:
            check_key(key)
            with self._database.transaction() as db:
                home = require_bucket(db, bucket)
                before = find_latest(db, bucket, key)
                if forbid_overwrite and before and not home.versioning:
                    raise OssError("FileAlreadyExists", ObjectName=key)
                if home.versioning != "Enabled":
                    self._worms.require_change(bucket, find_version(db, bucket, key, NULL_VERSION))
                made = StoredObject(
                    bucket, key, "", kind, etag or content.etag, content, self._clock(), attributes, target
                )
                made, replaced = insert(db, home, made)
                self._database.when_committed(partial(self._blobs.delete, replaced))
        except BaseException:
            self._blobs.delete(content)
            raise
        return Change(made, made.size - (before.size if before else 0))

    def append(
        self, bucket: str, key: str, position: int, pieces: Iterable[bytes], attributes: Attributes
    ) -> Change:
        """Compare and swap: adds `pieces` if the object is exactly `position` bytes long.

        Position 0 creates the object, with `attributes`. Appends to one object wait for each other; only they
        wait while bytes are written.
        """
        check_key(key)
        with self._turns.alone(f"{bucket}/{key}"):
            with self._database.reading() as db:
                before = _appendable(db, bucket, key, position)
                self._worms.require_append(bucket, key)
            if before is not None:
                before = self._unpacked(before)
            if before is None:
                content = replace(self._blobs.write(pieces), md5=b"")
                return self._begin(bucket, key, content, attributes)
            try:
                content = self._blobs.append(before.content, pieces)
            except FileNotFoundError as exc:  # deleted meanwhile
                raise _not_at(0, key) from exc
            return self._grow(before, content)

    def _unpacked(self, found: StoredObject) -> StoredObject:
        """`found` in a file of its own, if it still is what it was."""
        own = self._blobs.own(found.content)
        if own is found.content:
            return found
        try:
            with self._database.transaction() as db:
                current = _appendable(db, found.bucket, found.key, found.size)
                if current != found:
                    raise _not_at(current.size if current else 0, found.key)
                db.execute(
                    "UPDATE objects SET blob = ? WHERE bucket = ? AND key = ? AND version = ?",
                    (own.blob, *identity(found)),
                )
        except BaseException:
            self._blobs.delete(own)
            raise
        return replace(found, content=own)

    def _begin(self, bucket: str, key: str, content: Content, attributes: Attributes) -> Change:
        """A new appendable object, if there still is none."""
        try:
            with self._database.transaction() as db:
                if found := _appendable(db, bucket, key, 0):
                    raise _not_at(found.size, key)
                return self.put(bucket, key, content, attributes, kind="Appendable", etag=append_etag(content))
        except BaseException:
            self._blobs.delete(content)
            raise

    def _grow(self, before: StoredObject, content: Content) -> Change:
        """`before` gets `content`, its own with more at the end, if it still is what it was."""
        with self._database.transaction() as db:
            current = _appendable(db, before.bucket, before.key, before.size)
            if current is None or current.content != before.content:
                raise _not_at(current.size if current else 0, before.key)
            grown = replace(current, content=content, etag=append_etag(content), modified=self._clock())
            db.execute(
                "UPDATE objects SET size = ?, crc64 = ?, etag = ?, modified = ? "
                "WHERE bucket = ? AND key = ? AND version = ?",
                (content.size, str(content.crc64), grown.etag, grown.modified, *identity(grown)),
            )
        return Change(grown, content.size - before.size)

    def look(self, bucket: str, key: str, version_id: str | None = None) -> StoredObject | None:
        """The current or the named version, or None; it may be a delete marker."""
        with self._database.reading() as db:
            return (
                find_latest(db, bucket, key) if version_id is None else find_version(db, bucket, key, version_id)
            )

    def find(self, bucket: str, key: str, version_id: str | None = None) -> StoredObject:
        """The current or the named version; raises NoSuchBucket, NoSuchKey, NoSuchVersion, MethodNotAllowed."""
        check_key(key)
        if version_id is not None:
            check_version_id(version_id)
        with self._database.reading() as db:
            require_bucket(db, bucket)
            found = self.look(bucket, key, version_id)
        if found is None:
            if version_id is not None:
                raise OssError("NoSuchVersion", Key=key, VersionId=version_id)
            raise OssError("NoSuchKey", Key=key)
        if found.is_marker:
            headers = {"x-oss-delete-marker": "true", "x-oss-version-id": found.version_id}
            raise OssError("NoSuchKey" if version_id is None else "MethodNotAllowed", headers=headers, Key=key)
        return found

    def open(
        self, bucket: str, key: str, version_id: str | None = None
    ) -> tuple[StoredObject, StoredObject, BlobReader]:
        """(what was asked for, where its bytes are, those bytes); the first two differ for a symlink.

        The reader holds on to the bytes as they are now, whatever happens to the object.
        """
        with self._database.reading():
            asked = self.find(bucket, key, version_id)
            source = self.follow(asked)
            return asked, source, self._blobs.open(source.content)

    def follow(self, link: StoredObject) -> StoredObject:
        """The object whose bytes `link` shows: itself, or a symlink's target."""
        if link.kind != "Symlink":
            return link
        try:
            target = self.find(link.bucket, link.target)
        except OssError as exc:
            raise OssError("SymlinkTargetNotExist", Key=link.key, TargetKey=link.target) from exc
        if target.kind == "Symlink":
            raise OssError("InvalidTargetType", Key=link.key, TargetKey=link.target)
        return target

    def duplicate(self, bucket: str, key: str, version_id: str | None = None) -> tuple[StoredObject, Content]:
        """An object (a symlink itself, not its target) and a copy of its bytes for another one."""
        with self._database.reading():
            source = self.find(bucket, key, version_id)
            if not source.content.blob:
                return source, source.content
            if source.kind != "Appendable":
                return source, self._blobs.duplicate(source.content)
            reader = self._blobs.open(source.content)
        return source, self._blobs.write(reader)

    def change_attributes(
        self, bucket: str, key: str, version_id: str | None, change: Callable[[Attributes], Attributes]
    ) -> StoredObject:
        """Tags and ACL; the object's Last-Modified stays."""
        with self._database.transaction() as db:
            found = self.find(bucket, key, version_id)
            changed = replace(found, attributes=change(found.attributes))
            db.execute(
                "UPDATE objects SET attributes = ? WHERE bucket = ? AND key = ? AND version = ?",
                (attributes_text(changed.attributes), *identity(changed)),
            )
        return changed

    def delete(self, bucket: str, key: str, version_id: str | None = None) -> Deletion:
        """Removes a version, or (versioned bucket, no version named) puts a delete marker on top."""
        check_key(key)
        if version_id is not None:
            check_version_id(version_id)
        with self._database.transaction() as db:
            home = require_bucket(db, bucket)
            if version_id is None and home.versioning:
                now = self._clock()
                marker = StoredObject(bucket, key, "", "DeleteMarker", "", EMPTY, now, Attributes())
                marker, dropped = insert(db, home, marker)
                removed = None
            else:
                marker, removed = None, find_version(db, bucket, key, version_id or NULL_VERSION)
                dropped = removed.content if removed else EMPTY
                if removed:
                    self._worms.require_change(bucket, removed)
                    remove(db, removed)
            self._database.when_committed(partial(self._blobs.delete, dropped))
        return Deletion(removed, marker)


def _appendable(db: sqlite3.Connection, bucket: str, key: str, position: int) -> StoredObject | None:
    """The object that an append at `position` continues, None when it creates one; raises OssError."""
    require_bucket(db, bucket)
    current = find_latest(db, bucket, key)
    if current and current.kind != "Appendable":
        raise OssError("ObjectNotAppendable", ObjectName=key)
    length = current.size if current else 0
    if position != length:
        raise _not_at(length, key)
    return current


def _not_at(length: int, key: str) -> OssError:
    headers = {"x-oss-next-append-position": str(length)}
    return OssError("PositionNotEqualToLength", headers=headers, ObjectName=key)


def append_etag(content: Content) -> str:
    """Not an MD5: it has OSS's form for appendable objects, and another value after each append."""
    digest = hashlib.sha256(f"{content.blob} {content.size} {content.crc64}".encode()).hexdigest()
    return digest[:24].upper() + "00000000"
