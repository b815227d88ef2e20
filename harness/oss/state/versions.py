"""The rows of the objects table: a key's versions, of which one is the latest."""

from __future__ import annotations

import secrets
import sqlite3
from dataclasses import replace

from harness.oss.errors import OssError
from harness.oss.state.database import attributes_text, bucket_of, object_of
from harness.oss.state.model import EMPTY, NULL_VERSION, Bucket, Content, StoredObject

INSERT = (
    "INSERT INTO objects (bucket, key, version, latest, kind, etag, blob, size, crc64, md5, modified, "
    "attributes, target) VALUES (?, ?, ?, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


def require_bucket(db: sqlite3.Connection, name: str) -> Bucket:
    row = db.execute("SELECT * FROM buckets WHERE name = ?", (name,)).fetchone()
    if row is None:
        raise OssError("NoSuchBucket", BucketName=name)
    return bucket_of(row)


def find_latest(db: sqlite3.Connection, bucket: str, key: str) -> StoredObject | None:
    row = db.execute(
        "SELECT * FROM objects WHERE bucket = ? AND key = ? AND latest = 1", (bucket, key.encode())
    ).fetchone()
    return object_of(row) if row else None


def find_version(db: sqlite3.Connection, bucket: str, key: str, version: str) -> StoredObject | None:
    row = db.execute(
        "SELECT * FROM objects WHERE bucket = ? AND key = ? AND version = ?", (bucket, key.encode(), version)
    ).fetchone()
    return object_of(row) if row else None


def identity(target: StoredObject) -> tuple[str, bytes, str]:
    return target.bucket, target.key.encode(), target.version_id


def insert(db: sqlite3.Connection, home: Bucket, made: StoredObject) -> tuple[StoredObject, Content]:
    """`made` as the latest version; returns it with its version id, and the content it replaced."""
    made = replace(made, version_id=new_version_id(home))
    replaced = find_version(db, made.bucket, made.key, made.version_id)
    if replaced:
        delete_row(db, replaced)
    db.execute(
        "UPDATE objects SET latest = 0 WHERE bucket = ? AND key = ? AND latest = 1",
        (made.bucket, made.key.encode()),
    )
    db.execute(INSERT, row_of(made))
    return made, replaced.content if replaced else EMPTY


def new_version_id(home: Bucket) -> str:
    return "CAEQ" + secrets.token_hex(30) if home.versioning == "Enabled" else NULL_VERSION


def row_of(made: StoredObject) -> tuple[object, ...]:
    """For INSERT: `made` as the latest version."""
    content = made.content
    return (
        *identity(made),
        made.kind,
        made.etag,
        content.blob,
        content.size,
        str(content.crc64),
        content.md5,
        made.modified,
        attributes_text(made.attributes),
        made.target,
    )


def delete_row(db: sqlite3.Connection, gone: StoredObject) -> None:
    db.execute("DELETE FROM objects WHERE bucket = ? AND key = ? AND version = ?", identity(gone))


def remove(db: sqlite3.Connection, gone: StoredObject) -> None:
    """Takes a version away; the newest of the rest becomes the latest."""
    delete_row(db, gone)
    db.execute(
        "UPDATE objects SET latest = 1 WHERE seq = (SELECT MAX(seq) FROM objects WHERE bucket = ? AND key = ?) "
        "AND NOT EXISTS (SELECT 1 FROM objects WHERE bucket = ? AND key = ? AND latest = 1)",
        (gone.bucket, gone.key.encode()) * 2,
    )
