"""Multipart uploads: parts wait in blobs of their own until they are assembled or aborted."""

from __future__ import annotations

import contextlib
import hashlib
import secrets
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial

from harness.oss.errors import OssError
from harness.oss.state.blobs import Blobs
from harness.oss.state.completed import recall, remember
from harness.oss.state.database import Database, attributes_text, part_of, upload_of
from harness.oss.state.model import Attributes, Content, Part, StoredObject, Upload, check_key
from harness.oss.state.objects import Change, Objects
from harness.oss.state.turns import Turns
from harness.oss.state.versions import require_bucket

MIN_PART = 100 * 1024
MAX_PARTS = 10_000


class Uploads:
    def __init__(self, database: Database, blobs: Blobs, objects: Objects, clock: Callable[[], float]) -> None:
        self._database, self._blobs, self._objects, self._clock = database, blobs, objects, clock
        self._turns = Turns()

    def initiate(
        self,
        bucket: str,
        key: str,
        attributes: Attributes,
        forbid_overwrite: bool = False,
        sequential: bool = False,
    ) -> Upload:
        check_key(key)
        upload = Upload(secrets.token_hex(16).upper(), bucket, key, self._clock(), attributes, sequential)
        with self._database.transaction() as db:
            home = require_bucket(db, bucket)
            if forbid_overwrite and not home.versioning and self._objects.look(bucket, key):
                raise OssError("FileAlreadyExists", ObjectName=key)
            db.execute(
                "INSERT INTO uploads (upload, bucket, key, initiated, attributes, sequential) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                (
                    upload.upload_id,
                    bucket,
                    key.encode(),
                    upload.initiated,
                    attributes_text(attributes),
                    sequential,
                ),
            )
        return upload

    def find(self, bucket: str, key: str, upload_id: str) -> Upload:
        with self._database.reading() as db:
            require_bucket(db, bucket)
            row = db.execute(
                "SELECT * FROM uploads WHERE upload = ? AND bucket = ? AND key = ?",
                (upload_id, bucket, key.encode()),
            ).fetchone()
        if row is None:
            raise OssError("NoSuchUpload", UploadId=upload_id)
        return upload_of(row)

    def in_progress(self, bucket: str) -> list[Upload]:
        """All in progress, by key and then by upload id."""
        with self._database.reading() as db:
            require_bucket(db, bucket)
            rows = db.execute("SELECT * FROM uploads WHERE bucket = ? ORDER BY key, upload", (bucket,))
            return [upload_of(row) for row in rows]

    def put_part(self, upload: Upload, number: int, content: Content) -> Part:
        """`content` becomes part `number`, in place of an earlier one; discarded if the upload is gone."""
        part = Part(number, content, self._clock())
        try:
            with self._database.transaction() as db:
                self.find(upload.bucket, upload.key, upload.upload_id)
                if upload.sequential and number > self._last_number(db, upload) + 1:
                    raise OssError("PartNotSequential", PartNumber=str(number))
                old = db.execute(
                    "SELECT * FROM parts WHERE upload = ? AND number = ?", (upload.upload_id, number)
                ).fetchone()
                if old:
                    self._database.when_committed(partial(self._blobs.delete, part_of(old).content))
                db.execute(
                    "INSERT OR REPLACE INTO parts (upload, number, blob, size, crc64, md5, modified) "
                    "VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (
                        upload.upload_id,
                        number,
                        content.blob,
                        content.size,
                        str(content.crc64),
                        content.md5,
                        part.modified,
                    ),
                )
        except BaseException:
            self._blobs.delete(content)
            raise
        return part

    def _last_number(self, db: sqlite3.Connection, upload: Upload) -> int:
        """0 when there are no parts yet."""
        row = db.execute("SELECT MAX(number) FROM parts WHERE upload = ?", (upload.upload_id,)).fetchone()
        return int(row[0] or 0)

    def parts(self, upload: Upload) -> list[Part]:
        with self._database.reading() as db:
            rows = db.execute("SELECT * FROM parts WHERE upload = ? ORDER BY number", (upload.upload_id,))
            return [part_of(row) for row in rows]

    def complete(
        self, upload: Upload, wanted: Sequence[tuple[int, str]] | None, forbid_overwrite: bool = False
    ) -> Change:
        """Assembles the parts named by (number, ETag), in this order; None: all of them.

        One completion of an upload at a time: who repeats a call waits, and finds what the first one made.
        """
        with self._turns.alone(upload.upload_id):
            return self._complete(upload, wanted, forbid_overwrite)

    def _complete(
        self, upload: Upload, wanted: Sequence[tuple[int, str]] | None, forbid_overwrite: bool
    ) -> Change:
        with self._chosen_parts(upload, wanted) as parts:
            content = self._blobs.concatenate([part.content for part in parts])
        if upload.sequential:
            content = replace(content, md5=self._blobs.md5(content))
        digest = hashlib.md5(b"".join(part.content.md5 for part in parts), usedforsecurity=False)
        try:
            with self._database.transaction() as db:
                self.find(upload.bucket, upload.key, upload.upload_id)
                change = self._objects.put(
                    upload.bucket,
                    upload.key,
                    content,
                    upload.attributes,
                    kind="Multipart",
                    etag=f"{digest.hexdigest().upper()}-{len(parts)}",
                    forbid_overwrite=forbid_overwrite,
                )
                self._forget(upload)
                remember(db, upload, wanted, change.object)
        except BaseException:
            self._blobs.delete(content)
            raise
        return change

    def completed(
        self, bucket: str, key: str, upload_id: str, wanted: Sequence[tuple[int, str]] | None
    ) -> StoredObject | None:
        """What this completion made if it was done already: the answer may not have reached the client.

        It waits for a completion of the upload that is under way.
        """
        with self._turns.alone(upload_id), self._database.reading() as db:
            return recall(db, bucket, key, upload_id, wanted)

    def abort(self, upload: Upload) -> None:
        with self._database.transaction():
            self.find(upload.bucket, upload.key, upload.upload_id)
            self._forget(upload)

    @contextlib.contextmanager
    def _chosen_parts(self, upload: Upload, wanted: Sequence[tuple[int, str]] | None) -> Iterator[Sequence[Part]]:
        """As they are now: they may be sent again, aborted or completed by others meanwhile."""
        with contextlib.ExitStack() as leaving:
            with self._database.reading():
                self.find(upload.bucket, upload.key, upload.upload_id)
                parts = _chosen(self.parts(upload), wanted)
                if any(part.content.size < MIN_PART for part in parts[:-1]):
                    raise OssError("EntityTooSmall", MinSizeAllowed=str(MIN_PART))
                linked = []
                for part in parts:
                    link = self._blobs.duplicate(part.content)
                    leaving.callback(self._blobs.delete, link)
                    linked.append(replace(part, content=link))
            yield linked

    def _forget(self, upload: Upload) -> None:
        parts = self.parts(upload)
        with self._database.transaction() as db:
            db.execute("DELETE FROM parts WHERE upload = ?", (upload.upload_id,))
            db.execute("DELETE FROM uploads WHERE upload = ?", (upload.upload_id,))
            for part in parts:
                self._database.when_committed(partial(self._blobs.delete, part.content))


def _chosen(present: Sequence[Part], wanted: Sequence[tuple[int, str]] | None) -> Sequence[Part]:
    if wanted is None:
        return present
    numbers = [number for number, _ in wanted]
    if numbers != sorted(set(numbers)):
        raise OssError("InvalidPartOrder")
    by_number = {part.number: part for part in present}
    for number, etag in wanted:
        if number not in by_number or by_number[number].etag != etag.strip('"').upper():
            raise OssError("InvalidPart", PartNumber=str(number))
    return [by_number[number] for number in numbers]
