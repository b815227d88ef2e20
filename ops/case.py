"""Everything that is known of one upload: a dozen requests, however many uploads there are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from handler.errors import GifTaskError
from handler.gif_key import gif_key
from handler.pending import DEFERRED, Entry, name_of
from handler.record import SUBMITTED, TaskId, record_key
from handler.task_result import TaskResult, task_result
from ops.account import Account, patience
from ops.buckets import Head, Stored
from ops.errors import Mistake
from ops.gaps import Gaps
from ops.imm_tasks import state_of
from ops.lists import Failed, failed_entry, failures, pending_entry
from ops.logs import LogLine, quoted
from ops.names import ObjectName
from ops.records import Record, failed_prefix, named, pending_prefix, place_of, read_record
from ops.refusals import task_refusal

#: Earlier uploads of a key that are read; of the others there is the name only.
MOST_EARLIER = 20
#: Log lines on one screen, and those that are asked for.
_LINES = 12
#: What may have been logged before the first line of the record, and where there is none.
_BEFORE, _WITHOUT_RECORD = timedelta(minutes=15), timedelta(days=7)


class Gif(NamedTuple):
    """What lies under the name of the key's GIF. etag: of the upload that it was made of."""

    uri: str
    size: int
    stored: datetime
    content_type: str
    etag: str


class Log(NamedTuple):
    """lines: the newest, the oldest of them first. more: whether there are others before them."""

    lines: list[LogLine]
    more: bool


@dataclass
class Case:
    """One upload. object: what the key holds now; it may be another upload. task_id: of this one's task.

    earlier: the other uploads of the key.

    unread: how many more there are, whose records were not read.
    """

    name: ObjectName
    object: Head | None
    gaps: Gaps
    task_id: TaskId | None = None
    record: Record | None = None
    earlier: list[Record] = field(default_factory=list)
    unread: int = 0
    pending: list[Entry] = field(default_factory=list)
    failed: list[Failed] = field(default_factory=list)
    task: TaskResult | None = None
    gif: Gif | None = None
    log: Log | None = None

    @property
    def is_current(self) -> bool:
        """Whether the record is of what the key holds now. A symlink's eTag is its target's, and says nothing."""
        if self.object is None or self.record is None:
            return False
        return self.object.kind == "Symlink" or self.record.place.etag == self.object.etag

    @property
    def fits(self) -> bool:
        """Whether the GIF is of what the key holds now."""
        return bool(self.gif and self.object and self.gif.etag == self.object.etag)


def gather(
    account: Account, name: ObjectName, gaps: Gaps, *, etag: str = "", task_id: TaskId | None = None
) -> Case:
    """etag, task_id: of the upload that is meant, where it is not the one that the key holds: etag's beginning.

    Raises OpsError where object or record cannot be read, and Mistake where there is neither.
    """
    settings = account.project.settings
    found = named(account.tracking, settings, name.bucket, name.key)
    case = Case(name, account.bucket(name.bucket).head(name.key), gaps)
    wanted = etag or (case.object.etag if case.object and case.object.kind != "Symlink" else "")
    meant = [item for item in found if _etag(account, item).startswith(wanted.upper())]
    if not etag and (case.object is None or task_id is not None):
        meant += [item for item in found if item not in meant]
    case.record = _first(account, meant, task_id)
    if case.record is None and not found and case.object is None:
        raise Mistake(f"{name.uri}: neither the object nor a record of it exists")
    others = [item for item in found if case.record is None or not case.record.uri.endswith(f"/{item.key}")]
    if task_id is None:
        case.earlier = [record for item in others[:MOST_EARLIER] if (record := _read(account, item))]
    case.unread = len(others) - len(case.earlier)
    _add_entries(account, case)
    if settings.collect:
        case.gif = case.gaps.ask("gif", lambda: _gif(account, name))
    case.task_id = asked = task_id or (case.record.task_id if case.record else None)
    if asked is not None:
        case.task = case.gaps.ask("task", lambda: _task(account, asked))
    case.log = case.gaps.ask("log", lambda: _log(account, case))
    return case


def _etag(account: Account, item: Stored) -> str:
    place = place_of(item.key, account.project.settings.tracking_prefix)
    return place.etag.upper() if place else ""


def _read(account: Account, item: Stored) -> Record | None:
    place = place_of(item.key, account.project.settings.tracking_prefix)
    record = read_record(account.tracking, item.key, place) if place else None
    return record._replace(changed=item.changed) if record else None


def _first(account: Account, meant: Iterable[Stored], task_id: TaskId | None) -> Record | None:
    """The first that has the task, where one is meant."""
    for item in meant:
        record = _read(account, item)
        if record and (task_id is None or task_id in record.history.task_ids):
            return record
    return None


def _uri_to_be(account: Account, case: Case) -> str:
    """Of the record that the upload has once it is submitted; "" where its eTag is not known."""
    if case.object is None or case.object.kind == "Symlink":
        return ""
    prefix = account.project.settings.tracking_prefix
    return account.tracking.uri(record_key(prefix, case.name.bucket, case.name.key, case.object.etag))


def _again(account: Account, record: Record) -> Record:
    name = record.uri.removeprefix(account.tracking.uri())
    found = read_record(account.tracking, name, record.place)
    return found._replace(changed=record.changed) if found else record


def _add_entries(account: Account, case: Case) -> None:
    """By the names that an entry of this record has. Without a record, its event may have failed for good."""
    settings, tracking = account.project.settings, account.tracking
    lines = case.record.history.lines if case.record else ()
    names = dict.fromkeys(line["claim"] for line in lines)
    requests = dict.fromkeys(str(line.get("request_id") or "") for line in lines)
    uri = case.record.uri if case.record else _uri_to_be(account, case)
    names[name_of(uri)] = None
    waiting = [] if case.record and case.record.task_id else [f"{DEFERRED}{name_of(uri)}"]
    for name in (*names, *waiting):
        if entry := pending_entry(tracking, f"{pending_prefix(settings)}{name}.json"):
            case.pending.append(entry)
    if case.record is None:
        case.failed = [failed for failed in failures(tracking, settings) if case.name.uri in failed.videos]
        return
    for name in filter(None, (*names, *requests)):
        if failed := failed_entry(tracking, f"{failed_prefix(settings)}{name}.json"):
            case.failed.append(failed)
    if case.record.state == SUBMITTED and not case.pending:
        case.record = _again(account, case.record)  # it may have ended since it was read, and its entry went last


def _gif(account: Account, name: ObjectName) -> Gif | None:
    key = gif_key(account.project.settings.gif_prefix, name.bucket, name.key)
    head = account.gifs.head(key)
    if head is None:
        return None
    etag = head.metadata.get("video-etag", "").upper()
    return Gif(account.gifs.uri(key), head.size, head.changed, head.content_type, etag)


def _task(account: Account, task_id: TaskId) -> TaskResult:
    """A text is IMM's, whatever GIF_SERVICE is by now."""
    if isinstance(task_id, str):
        return state_of(account, task_id)
    try:
        return task_result(account.tasks, task_id, patience())
    except GifTaskError as exc:
        raise task_refusal(exc, "GetTaskResult") from exc


def _log(account: Account, case: Case) -> Log:
    """Lines that name the video, or an entry of its record."""
    now = account.counted.now
    begun = case.record.begun if case.record else None
    since = begun - _BEFORE if begun else now - _WITHOUT_RECORD
    claims = {line["claim"] for line in case.record.history.lines} if case.record else set()
    entries = {f"{claim}.json" for claim in claims}
    search = " or ".join(
        (
            f"message.video: {quoted(case.name.uri)}",
            *(f"message.entry: {quoted(entry)}" for entry in sorted(entries)),
        )
    )
    # A search finds words, in any order: what has them and is about another video is left out here.
    found = [
        line
        for line in account.logs.lines(search, since, now + timedelta(seconds=60))
        if line.fields.get("video") == case.name.uri
        or str(line.fields.get("entry", "")).rpartition("/")[2] in entries
    ]
    return Log(found[-_LINES:], len(found) > _LINES)
