"""The uploads of a bucket with their records and GIFs, from listings only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from handler.gif_key import gif_key
from handler.record import record_key
from handler.settings import Settings
from handler.video_names import ANY_VIDEO, why_no_video
from ops.account import Account
from ops.buckets import Stored
from ops.errors import Mistake
from ops.merge import Recorded, Upload, merge
from ops.names import ObjectName
from ops.records import Place, place_of

#: Storage classes whose objects have to be restored before anybody can download them.
_ARCHIVES = frozenset({"Archive", "ColdArchive", "DeepColdArchive"})
_HASH = 64


def walk(account: Account, where: ObjectName, *, gifs: bool) -> Iterator[Upload]:
    """Everything below `where` that has an object, a record or (with `gifs`) a GIF, in the order of the keys.

    A request for each thousand names of each. Raises OpsError.
    """
    settings = account.project.settings
    records_in = f"{settings.tracking_prefix}{where.bucket}/"
    gifs_in = f"{settings.gif_prefix}{where.bucket}/"
    bucket = account.bucket(where.bucket)
    objects = bucket.list(where.key, skip=our_own(settings, where))
    records = account.tracking.list(records_in + where.key)
    found = account.gifs.list(gifs_in + where.key) if gifs else iter(())
    for upload in merge(objects, records, found, records_in, gifs_in):
        if upload.object is None and _may_be_hashed(upload.key):
            continue  # of a key too long for a name: it is asked for with its object
        yield _long(account, upload, where.bucket, gifs=gifs) if upload.object else upload


def our_own(settings: Settings, where: ObjectName) -> tuple[str, ...]:
    """Where this product keeps its own objects in that bucket. Raises Mistake when nothing else is asked for."""
    found = []
    if settings.tracking_bucket == where.bucket:
        found.append(settings.tracking_prefix)
    if settings.gifs == where.bucket:
        found.append(settings.gif_prefix)
    if any(where.key.startswith(prefix) for prefix in found):
        raise Mistake(f"{where.uri}: is where records and GIFs are kept, and not where videos are uploaded to")
    return tuple(found)


def is_video(item: Stored, settings: Settings) -> bool:
    """By its name and size; its content type is in no listing, and the function looks at it again."""
    is_something = item.size > 0 or item.kind == "Symlink"
    return is_something and not item.key.endswith("/") and why_no_video(item.key, ANY_VIDEO, settings) is None


def is_archived(item: Stored) -> bool:
    return item.storage_class in _ARCHIVES


def since(uploads: Iterable[Upload], moment: datetime | None) -> Iterator[Upload]:
    """Those whose object was uploaded since."""
    return (each for each in uploads if moment is None or (each.object and each.object.changed >= moment))


def _may_be_hashed(key: str) -> bool:
    return len(key) == _HASH and all(char in "0123456789abcdef" for char in key)


def _long(account: Account, upload: Upload, bucket: str, *, gifs: bool) -> Upload:
    """A key of nearly the greatest length has its SHA-256 in the names of records and GIF: they are asked for."""
    settings, key = account.project.settings, upload.key
    etag = upload.object.etag if upload.object else ""
    record = record_key(settings.tracking_prefix, bucket, key, etag)
    if not record.startswith(f"{settings.tracking_prefix}{bucket}/{key}/"):
        folder = record.rpartition("/")[0]
        items = account.tracking.list(f"{folder}/")
        upload.records = [
            Recorded(place.etag, item.changed) for item in items if (place := _place(item, settings))
        ]
    gif = gif_key(settings.gif_prefix, bucket, key)
    if gifs and gif != f"{settings.gif_prefix}{bucket}/{key}.gif":
        upload.gif = next((item for item in account.gifs.list(gif) if item.key == gif), None)
    return upload


def _place(item: Stored, settings: Settings) -> Place | None:
    return place_of(item.key, settings.tracking_prefix)
