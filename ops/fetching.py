"""GIFs into a folder: each once, whole, and of what its video's key holds now."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime
from enum import Enum
from typing import NamedTuple

from handler.gif_key import gif_key
from ops.account import Account
from ops.errors import NotAnswered
from ops.file_names import file_name
from ops.folder import Folder, InTheWay
from ops.names import ObjectName
from ops.records import SUPERSEDED, UNREADABLE, record_of
from ops.uploads import is_video, walk

#: Seconds before a GIF whose answer broke off is fetched again.
_PAUSES = (1.0, 3.0)
_ETAG = "video-etag"
_WHY = {
    "claimed": "it is being submitted",
    "unknown": "whether it has a task is not known yet: the collector asks",
    "submitted": "its task is under way",
    "finished": "it was stored, and is not there any more: `gifs audit --fix`",
    SUPERSEDED: "the key held other content when it came",
    UNREADABLE: "somebody has changed its record: move it away to have the video sent anew",
}


class Result(str, Enum):
    """What became of one GIF."""

    WRITTEN = "written"
    #: It was fetched before, and has not changed since.
    THERE = "there"
    #: Under its name is the GIF of an earlier upload of the video.
    EARLIER = "earlier"
    MISSING = "missing"
    #: Something else stands where its file belongs.
    BLOCKED = "blocked"


class Wanted(NamedTuple):
    """One GIF. etag, uploaded: of what the video's key holds; None where it holds nothing any more.

    key: the GIF's, None where there is none. size, stored: the GIF's.
    """

    video: ObjectName
    etag: str | None = None
    uploaded: datetime | None = None
    key: str | None = None
    size: int = 0
    stored: datetime | None = None


class Fetched(NamedTuple):
    """file: its path, "" where there is none. bytes: of what was fetched just now."""

    video: str
    result: Result
    file: str = ""
    bytes: int = 0
    detail: str = ""


def below(account: Account, where: ObjectName) -> Iterator[Wanted]:
    """The GIFs below a prefix, and the videos that have none; from listings. Raises OpsError."""
    for upload in walk(account, where, gifs=True):
        name, item, gif = ObjectName(where.bucket, upload.key), upload.object, upload.gif
        etag, uploaded = (item.etag, item.changed) if item and item.kind != "Symlink" else (None, None)
        if gif:
            yield Wanted(name, etag, uploaded, gif.key, gif.size, gif.changed)
        elif item and is_video(item, account.project.settings):
            yield Wanted(name, etag, uploaded)


def named(account: Account, name: ObjectName) -> Wanted:
    """Raises OpsError."""
    key = gif_key(account.project.settings.gif_prefix, name.bucket, name.key)
    head, gif = account.bucket(name.bucket).head(name.key), account.gifs.head(key)
    etag, uploaded = (head.etag, head.changed) if head and head.kind != "Symlink" else (None, None)
    if gif is None:
        return Wanted(name, etag, uploaded)
    return Wanted(name, etag, uploaded, key, gif.size, gif.changed)


def fetch(account: Account, folder: Folder, wanted: Wanted) -> Fetched:
    """Into its file, unless that is there. Raises OpsError."""
    uri = wanted.video.uri
    if wanted.key is None or wanted.stored is None:
        return Fetched(uri, Result.MISSING)
    parts = file_name(*wanted.video, folds=folder.folds)
    file = folder.shown(parts)
    try:
        # Of a GIF that is older than its video's upload nobody knows yet whether it is of that.
        is_sure = wanted.uploaded is None or wanted.uploaded <= wanted.stored
        if folder.has(parts, wanted.size, wanted.stored) and (is_sure or _fits(account, wanted)):
            return Fetched(uri, Result.THERE, file)
        return _download(account, folder, wanted, parts)
    except InTheWay as exc:
        return Fetched(uri, Result.BLOCKED, detail=str(exc))


def _fits(account: Account, wanted: Wanted) -> bool:
    head = account.gifs.head(str(wanted.key))
    return head is not None and head.metadata.get(_ETAG, "").upper() == wanted.etag


def _download(account: Account, folder: Folder, wanted: Wanted, parts: tuple[str, ...]) -> Fetched:
    for pause in (*_PAUSES, None):
        try:
            return _read(account, folder, wanted, parts)
        except NotAnswered:
            if pause is None:
                raise
        time.sleep(pause)
    raise AssertionError("the last try returns or raises")


def _read(account: Account, folder: Folder, wanted: Wanted, parts: tuple[str, ...]) -> Fetched:
    uri = wanted.video.uri
    with account.gifs.reading(str(wanted.key)) as found:
        if found is None:
            return Fetched(uri, Result.MISSING)
        of = found.head.metadata.get(_ETAG, "").upper()
        if wanted.etag and of and of != wanted.etag:
            return Fetched(uri, Result.EARLIER)
        with folder.writing(parts, found.head.changed) as file:
            size = sum(file.write(piece) for piece in found.pieces)
    return Fetched(uri, Result.WRITTEN, folder.shown(parts), size)


def why_none(account: Account, name: ObjectName) -> str:
    """Why a video has no GIF of what it holds now. Raises OpsError."""
    head = account.bucket(name.bucket).head(name.key)
    if head is None:
        return "neither the object nor its GIF exists"
    record = record_of(account.tracking, account.project.settings, name.bucket, name.key, head.etag)
    if record is None:
        return "no record: the function has not seen it; `gifs backfill` sends it"
    last = record.history.last
    if last and last["status"] == "task_failed":
        return f"the service made none: {last['reason'] or last['error_name']}; `gifs retry` makes another task"
    if last and last["status"] == "failed":
        return f"refused: {last['message']}"
    return _WHY[record.state]
