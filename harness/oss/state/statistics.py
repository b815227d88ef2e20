"""How much a bucket holds: one query, whatever the number of objects."""

from __future__ import annotations

from dataclasses import dataclass

from harness.oss.state.database import Database
from harness.oss.state.versions import require_bucket

#: bytes; a smaller object of any class but Standard is paid for as if it had these
LEAST_BILLED = 64 * 1024


@dataclass(frozen=True)
class Held:
    """All versions of one storage class. `size`, `billed`: bytes. `modified`: the latest, epoch seconds."""

    count: int = 0
    size: int = 0
    billed: int = 0
    modified: float = 0


@dataclass(frozen=True)
class Statistics:
    """`classes`: by storage class. `markers`: delete markers. `uploads`: in progress."""

    classes: dict[str, Held]
    markers: int
    uploads: int


def statistics(database: Database, bucket: str) -> Statistics:
    """Raises OssError NoSuchBucket."""
    with database.reading() as db:
        require_bucket(db, bucket)
        rows = db.execute(
            "SELECT json_extract(attributes, '$.storage_class') AS class, COUNT(*), SUM(size), "
            "SUM(MAX(size, ?)), MAX(modified) "
            "FROM objects WHERE bucket = ? AND kind != 'DeleteMarker' GROUP BY class",
            (LEAST_BILLED, bucket),
        ).fetchall()
        markers = "SELECT COUNT(*) FROM objects WHERE bucket = ? AND kind = 'DeleteMarker'"
        uploads = "SELECT COUNT(*) FROM uploads WHERE bucket = ?"
        return Statistics(
            {name: Held(*held) for name, *held in rows},
            int(db.execute(markers, (bucket,)).fetchone()[0]),
            int(db.execute(uploads, (bucket,)).fetchone()[0]),
        )
