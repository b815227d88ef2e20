"""Completed multipart uploads, for the client whose answer was lost: it sends the same call again."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence

from harness.oss.state.database import attributes_of, attributes_text
from harness.oss.state.model import Content, StoredObject, Upload

#: parts by (number, ETag); None: all there were
Wanted = Sequence[tuple[int, str]] | None


def remember(db: sqlite3.Connection, upload: Upload, wanted: Wanted, made: StoredObject) -> None:
    db.execute(
        "INSERT OR REPLACE INTO completed (upload, bucket, key, wanted, version, etag, size, crc64, modified, "
        "attributes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            upload.upload_id,
            upload.bucket,
            upload.key.encode(),
            _text(wanted),
            made.version_id,
            made.etag,
            made.size,
            str(made.content.crc64),
            made.modified,
            attributes_text(made.attributes),
        ),
    )


def recall(db: sqlite3.Connection, bucket: str, key: str, upload_id: str, wanted: Wanted) -> StoredObject | None:
    """The object as it was made, without its blob; None unless the same parts were asked for."""
    row = db.execute(
        "SELECT * FROM completed WHERE upload = ? AND bucket = ? AND key = ? AND wanted = ?",
        (upload_id, bucket, key.encode(), _text(wanted)),
    ).fetchone()
    if row is None:
        return None
    content = Content("", row["size"], int(row["crc64"]))
    attributes = attributes_of(row["attributes"])
    return StoredObject(
        bucket, key, row["version"], "Multipart", row["etag"], content, row["modified"], attributes
    )


def _text(wanted: Wanted) -> str:
    return json.dumps(wanted and [(number, etag.strip('"').upper()) for number, etag in wanted])
