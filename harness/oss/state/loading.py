"""Many objects at once, for tests and trials of load: by the store, without uploads, rights or events."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from harness.oss.errors import OssError
from harness.oss.state.blobs import Blobs, Pack
from harness.oss.state.database import Database
from harness.oss.state.model import STORAGE_CLASSES, Attributes, Bucket, StoredObject, check_key
from harness.oss.state.objects import append_etag
from harness.oss.state.versions import INSERT, new_version_id, require_bucket, row_of

#: rows that go to SQLite at a time
_CHUNK = 1000


@dataclass(frozen=True)
class Item:
    """An object to be. modified: epoch seconds, None for now. appendable: as if by AppendObject, such as a record.

    storage_class: "" for the bucket's. meta: x-oss-meta-* without the prefix, lower-case.
    """

    key: str
    data: bytes = b""
    meta: Mapping[str, str] = field(default_factory=dict)
    modified: float | None = None
    appendable: bool = False
    content_type: str = ""
    storage_class: str = ""


def load(database: Database, blobs: Blobs, clock: Callable[[], float], bucket: str, items: Iterable[Item]) -> int:
    """All of `items` or none of them; how many. `items` is read while nobody else gets to the store.

    Raises OssError NoSuchBucket, InvalidObjectName, InvalidArgument, FileAlreadyExists (a key that is there).
    """
    count = 0
    with database.transaction() as db, blobs.pack() as pack:
        home = require_bucket(db, bucket)
        rows = (row_of(_made(home, pack, item, clock())) for item in items)
        while chunk := [*itertools.islice(rows, _CHUNK)]:
            try:
                db.executemany(INSERT, chunk)
            except sqlite3.IntegrityError as exc:
                raise OssError("FileAlreadyExists", "Only keys that are not there yet can be loaded.") from exc
            count += len(chunk)
    return count


def _made(home: Bucket, pack: Pack, item: Item, now: float) -> StoredObject:
    check_key(item.key)
    storage_class = item.storage_class or home.storage_class
    if storage_class not in STORAGE_CLASSES:
        raise OssError("InvalidArgument", f"no such storage class: {storage_class}")
    headers = {"Content-Type": item.content_type} if item.content_type else {}
    content = pack.add(item.data, hashed=not item.appendable)
    return StoredObject(
        home.name,
        item.key,
        new_version_id(home),
        "Appendable" if item.appendable else "Normal",
        append_etag(content) if item.appendable else content.etag,
        content,
        now if item.modified is None else item.modified,
        Attributes(headers=headers, meta=item.meta, storage_class=storage_class),
    )
