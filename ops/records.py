"""The records of uploads, read: where each is, and what it says in one word."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from handler.errors import RecordUnreadable
from handler.pending import DEFERRED, FAILED, PENDING
from handler.record import FINISHED, History, TaskId, read_lines, record_key
from handler.settings import Settings
from ops.buckets import Bucket, Stored
from ops.parallel import in_order
from ops.times import moment

#: A record's last line says: an attempt is under way, the task exists, refused, sent without an answer, the GIF is
#: in the bucket, the service made none. superseded: the key held other content when the GIF came.
STATES = ("claimed", "submitted", "failed", "unknown", "finished", "task_failed", "superseded", "unreadable")
SUPERSEDED, UNREADABLE = "superseded", "unreadable"
#: Key and suffix of a record's name are parted by the eTag.
SUFFIX = ".jsonl"
#: An eTag's length, of what was put whole and at most of what was put in parts: a name may be too long by it.
_ETAGS = (32, 38)


class Place(NamedTuple):
    """What a record's name says. key: of the video; its SHA-256 where the name would have been too long."""

    bucket: str
    key: str
    etag: str


class Record(NamedTuple):
    """One upload's record. uri: the record's own. changed: its last line's time, by OSS's clock."""

    uri: str
    place: Place
    changed: datetime | None
    history: History
    is_readable: bool = True

    @property
    def state(self) -> str:
        last = self.history.last
        if not self.is_readable or last is None:
            return UNREADABLE
        if last["status"] == FINISHED and not last.get("gif"):
            return SUPERSEDED
        return last["status"]

    @property
    def video(self) -> str:
        """Its URI: as the record has it, since a name may have only the key's SHA-256."""
        named = next((line.get("video") for line in self.history.lines if line["status"] == "submitted"), "")
        return named or f"oss://{self.place.bucket}/{self.place.key}"

    @property
    def task_id(self) -> TaskId | None:
        task = self.history.submitted
        return task["task_id"] if task else None

    @property
    def begun(self) -> datetime | None:
        """When its first line was written, by the clock of the instance that wrote it."""
        return moment(self.history.lines[0].get("at")) if self.history.lines else None

    @property
    def gif(self) -> str:
        outcome = self.history.outcome
        return outcome.get("gif", "") if outcome and outcome["status"] == FINISHED else ""


def place_of(name: str, prefix: str) -> Place | None:
    """What the name of an object below TRACKING_PREFIX says; None when it is not a record's."""
    bucket, _, rest = name.removeprefix(prefix).partition("/")
    key, _, last = rest.rpartition("/")
    if not name.startswith(prefix) or not key or not last.endswith(SUFFIX) or bucket.startswith("."):
        return None
    return Place(bucket, key, last.removesuffix(SUFFIX))


def names_of(settings: Settings, bucket: str, prefix: str = "") -> str:
    """How the names of the records begin of what is below `prefix` in the bucket."""
    return f"{settings.tracking_prefix}{bucket}/{prefix}"


def named(tracking: Bucket, settings: Settings, bucket: str, key: str) -> list[Stored]:
    """The records of one key, the newest first, by a request for each thousand. Raises OpsError."""
    folders = {
        record_key(settings.tracking_prefix, bucket, key, "0" * length).rpartition("/")[0] for length in _ETAGS
    }
    listed = (item for folder in sorted(folders) for item in tracking.list(f"{folder}/", flat=True))
    found = [item for item in listed if item.key.endswith(SUFFIX)]
    return sorted(found, key=lambda item: item.changed, reverse=True)


def record_of(tracking: Bucket, settings: Settings, bucket: str, key: str, etag: str) -> Record | None:
    """The record of one upload. Raises OpsError."""
    name = record_key(settings.tracking_prefix, bucket, key, etag)
    return read_record(tracking, name, Place(bucket, key, etag))


def records_below(
    tracking: Bucket, settings: Settings, bucket: str, prefix: str = "", since: datetime | None = None
) -> Iterator[Record]:
    """Every record of what is below `prefix`, in the order of their names. Raises OpsError."""
    found = tracking.list(names_of(settings, bucket, prefix))
    return read_all(tracking, settings, (item for item in found if since is None or item.changed >= since))


def read_all(tracking: Bucket, settings: Settings, found: Iterable[Stored]) -> Iterator[Record]:
    def read(item: Stored) -> Record | None:
        place = place_of(item.key, settings.tracking_prefix)
        record = read_record(tracking, item.key, place) if place else None
        return record._replace(changed=item.changed) if record else None

    yield from filter(None, in_order(read, found))


def read_record(tracking: Bucket, name: str, place: Place) -> Record | None:
    """None when it does not exist. Raises OpsError."""
    content = tracking.read(name)
    if content is None:
        return None
    uri = tracking.uri(name)
    try:
        return Record(uri, place, None, History(read_lines(content, uri), len(content)))
    except RecordUnreadable:
        return Record(uri, place, None, History(), is_readable=False)


def pending_prefix(settings: Settings) -> str:
    return settings.tracking_prefix + PENDING


def waiting(tracking: Bucket, settings: Settings) -> int:
    """How many uploads were deferred, and wait. A request for each thousand."""
    return sum(1 for _ in tracking.list(f"{pending_prefix(settings)}{DEFERRED}"))


def failed_prefix(settings: Settings) -> str:
    return settings.tracking_prefix + FAILED
