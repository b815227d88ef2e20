"""What stands in `.failed/`, and what has to be done about each: by its record, which may have gone on since.

An entry is taken from the list when a newer attempt has the video, and is followed or has ended well: before, it
would be on no list if this command died. Run again, it finds the record further on, and does what is left.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum
from typing import NamedTuple

from handler.record import FINISHED, SUBMITTED, TASK_FAILED
from ops.account import Account
from ops.lists import Failed, follow
from ops.names import ObjectName, object_name
from ops.parallel import in_order
from ops.records import Record, failed_prefix, pending_prefix, read_record, record_of
from ops.records import place_of as place_in


class Action(Enum):
    """For its videos: an ordinary event, one that orders another task, a pending entry, or nothing any more."""

    SEND = "send"
    FORCE = "force"
    FOLLOW = "follow"
    REMOVE = "remove"
    NONE = "none"


class Plan(NamedTuple):
    """failed: None for a video that is on no list. record: what it said when it was planned."""

    videos: tuple[str, ...]
    failed: Failed | None
    action: Action
    why: str
    record: Record | None = None

    @property
    def claims(self) -> frozenset[str]:
        """Of the attempts that there were."""
        return frozenset(line["claim"] for line in self.record.history.lines) if self.record else frozenset()


def plan_entries(account: Account, entries: Iterable[Failed]) -> Iterator[Plan]:
    return in_order(lambda entry: _plan(account, entry), entries)


def plan_video(account: Account, name: ObjectName) -> Plan:
    """Of a video that is on no list."""
    head = account.bucket(name.bucket).head(name.key)
    if head is None:
        return Plan((name.uri,), None, Action.NONE, "the object does not exist")
    record = record_of(account.tracking, account.project.settings, name.bucket, name.key, head.etag)
    return _by_record((name.uri,), None, record)


def _plan(account: Account, entry: Failed) -> Plan:
    if entry.is_dead_letter:
        left = [uri for uri in entry.videos if not _is_settled(account, uri)]
        if not entry.videos:
            return Plan((), entry, Action.NONE, "the event names no video: see what sent it, and remove the entry")
        if not left:
            return Plan(entry.videos, entry, Action.REMOVE, "every video in it is on record, or is gone")
        return Plan(tuple(left), entry, Action.SEND, "an event that failed in all its tries")
    if not entry.videos:
        return Plan((), entry, Action.NONE, entry.reason)
    return _by_record(entry.videos, entry, _record_at(account, entry.record))


def _by_record(videos: tuple[str, ...], entry: Failed | None, record: Record | None) -> Plan:
    if record is None:
        return Plan(videos, entry, Action.SEND, "it has no record")
    if not record.is_readable:
        return Plan(videos, entry, Action.NONE, f"{record.uri} cannot be read: move it away")
    outcome = record.history.outcome
    if outcome and outcome["status"] == FINISHED:
        return Plan(videos, entry, Action.REMOVE, "its GIF is there", record)
    if outcome and outcome["status"] == TASK_FAILED:
        return Plan(
            videos, entry, Action.FORCE, outcome.get("reason") or outcome.get("error_name") or "failed", record
        )
    if record.history.submitted:
        return Plan(videos, entry, Action.FOLLOW, "its task exists", record)
    return Plan(videos, entry, Action.SEND, "it was not submitted", record)


def is_taken_over(account: Account, plan: Plan) -> bool:
    """Whether the entry may go: somebody else has the video now, or it is done."""
    if plan.failed is None or plan.failed.is_dead_letter:
        return all(_is_settled(account, uri) for uri in plan.videos)
    record = _record_at(account, plan.failed.record) if plan.failed.record else _current(account, plan.videos[0])
    last = record.history.last if record else None
    if record is None or last is None or (plan.action is not Action.FOLLOW and last["claim"] in plan.claims):
        return False
    if record.history.submitted and last["status"] in (SUBMITTED, FINISHED):
        return True
    settings = account.project.settings
    lists = (pending_prefix(settings), failed_prefix(settings))
    return any(account.tracking.head(f"{prefix}{last['claim']}.json") for prefix in lists)


def carry_out(account: Account, plan: Plan) -> None:
    """What needs no event: a pending entry, or the end of an entry."""
    if plan.action is Action.FOLLOW and plan.record:
        follow(account.tracking, account.project.settings, plan.record, account.project.region)
    if plan.action in (Action.FOLLOW, Action.REMOVE):
        forget(account, plan)


def forget(account: Account, plan: Plan) -> None:
    if plan.failed:
        account.tracking.delete(plan.failed.key)


def _is_settled(account: Account, uri: str) -> bool:
    """Whether it is on record, by whatever line, or there is nothing to be recorded any more."""
    name = object_name(uri)
    return account.bucket(name.bucket).head(name.key) is None or _current(account, uri) is not None


def _current(account: Account, uri: str) -> Record | None:
    name = object_name(uri)
    head = account.bucket(name.bucket).head(name.key)
    if head is None:
        return None
    return record_of(account.tracking, account.project.settings, name.bucket, name.key, head.etag)


def _record_at(account: Account, uri: str) -> Record | None:
    settings, tracking = account.project.settings, account.tracking
    key = uri.removeprefix(tracking.uri())
    place = place_in(key, settings.tracking_prefix)
    return read_record(tracking, key, place) if place else None
