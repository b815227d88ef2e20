"""What an audit finds: a bucket's uploads against their records and GIFs, from listings.

A request for one video is only sent where its GIF may be that of other content; and for what stands in `.failed/`,
which is a short list.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from enum import Enum
from typing import NamedTuple

from ops.account import Account
from ops.buckets import Stored
from ops.lists import Failed
from ops.merge import Upload
from ops.names import ObjectName
from ops.uploads import is_archived, is_video, walk

#: Of an upload without a record: its event may still be on its way. Of a record without its GIF: the service may
#: still be at work, or the collector.
_SENT_WITHIN, _FOLLOWED_WITHIN = timedelta(minutes=10), timedelta(hours=1)


class Kind(Enum):
    """What needs somebody, but for the last one; each with what is said about it."""

    MISSING = "missing"
    STALE = "stale"
    UNFINISHED = "unfinished"
    FAILED = "failed"
    OTHER_CONTENT = "other_content"
    ARCHIVED = "archived"
    UNNAMED_TASK = "unnamed_task"
    #: Nothing is wrong: somebody has deleted the object since.
    WITHOUT_OBJECT = "without_object"


WORDS = {
    Kind.MISSING: "no record: the function has not seen it",
    Kind.STALE: "uploaded anew, and the function has not seen that: its records are of other content",
    Kind.UNFINISHED: "on record for more than an hour, and without a GIF",
    Kind.FAILED: "in .failed/",
    Kind.OTHER_CONTENT: "its GIF is of what the key held before",
    Kind.ARCHIVED: "archived, so nobody can download it: restore it first",
    Kind.UNNAMED_TASK: "a task that no record names: it was paid for beside the one that counts",
    Kind.WITHOUT_OBJECT: "a record, and no object any more",
}


class Finding(NamedTuple):
    """etag: of the record that it is about, "" without one."""

    kind: Kind
    video: str
    detail: str = ""
    etag: str = ""

    @property
    def needs_somebody(self) -> bool:
        return self.kind is not Kind.WITHOUT_OBJECT


class Seen(NamedTuple):
    """One key of the walk. is_video: it counts. finding: None when all is well, or still under way."""

    is_video: bool
    is_done: bool
    finding: Finding | None


def examine(account: Account, where: ObjectName, failed: Mapping[str, Failed], now: datetime) -> Iterator[Seen]:
    """Each key below `where`. failed: by the video's URI. now: by OSS's clock. Raises OpsError."""
    settings = account.project.settings
    for upload in walk(account, where, gifs=settings.collect):
        uri = f"oss://{where.bucket}/{upload.key}"
        if upload.object is None:
            gone = Finding(Kind.WITHOUT_OBJECT, uri, etag=upload.records[-1].etag) if upload.records else None
            yield Seen(False, False, gone)
        elif is_video(upload.object, settings):
            finding, is_done = _examine(account, upload, upload.object, uri, failed, now)
            yield Seen(True, is_done, finding)


def _examine(
    account: Account, upload: Upload, item: Stored, uri: str, failed: Mapping[str, Failed], now: datetime
) -> tuple[Finding | None, bool]:
    current = upload.current
    if current is None:
        if is_archived(item):
            return Finding(Kind.ARCHIVED, uri), False
        if uri in failed:
            return Finding(Kind.FAILED, uri, failed[uri].reason), False
        is_late = now - item.changed > _SENT_WITHIN
        kind = Kind.STALE if upload.records else Kind.MISSING
        return (Finding(kind, uri) if is_late else None), False
    if uri in failed and (upload.gif is None or f"/{item.etag}.jsonl" in failed[uri].record):
        return Finding(Kind.FAILED, uri, failed[uri].reason, current.etag), False
    if not account.project.settings.collect:
        return None, True
    if upload.gif is None:
        is_late = now - current.changed > _FOLLOWED_WITHIN
        return (Finding(Kind.UNFINISHED, uri, etag=current.etag) if is_late else None), False
    if upload.gif.changed < item.changed or len(upload.records) > 1:
        head = account.gifs.head(upload.gif.key)
        if head is None or head.metadata.get("video-etag", "").upper() != item.etag:
            return Finding(Kind.OTHER_CONTENT, uri, etag=current.etag), False
    return None, True
