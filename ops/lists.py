"""The collector's two lists below TRACKING_PREFIX: what is under way, and what needs a person."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any, NamedTuple

from pydantic import ValidationError

from handler.escaping import json_line
from handler.logs import utc_now
from handler.pending import Entry
from handler.settings import Settings
from ops.buckets import Bucket, Stored
from ops.parallel import in_order
from ops.records import Record, failed_prefix, pending_prefix
from ops.times import moment


class Failed(NamedTuple):
    """An entry of `.failed/`. videos: the URIs that it is about, as far as it says. record: its URI, or "".

    code: short, such as TaskFailed; "" for a dead letter, an event that failed in all its tries.
    """

    key: str
    since: datetime
    videos: tuple[str, ...]
    code: str
    reason: str
    record: str
    event: Any
    request_id: str = ""

    @property
    def is_dead_letter(self) -> bool:
        return self.event is not None


def failures(tracking: Bucket, settings: Settings) -> Iterator[Failed]:
    """What needs a person; a request for each, and one for each thousand. Raises OpsError."""

    def read(item: Stored) -> Failed | None:
        content = tracking.read(item.key)
        return _failed(item, content) if content is not None else None

    yield from filter(None, in_order(read, tracking.list(failed_prefix(settings))))


def _failed(item: Stored, content: bytes) -> Failed:
    try:
        facts = json.loads(content)
    except ValueError:
        facts = {}
    facts = facts if isinstance(facts, dict) else {}
    event = facts.get("event")
    videos = (str(facts["video"]),) if isinstance(facts.get("video"), str) else tuple(_named(event))
    return Failed(
        key=item.key,
        since=item.changed,
        videos=videos,
        code=str(facts.get("code") or facts.get("condition") or ""),
        reason=str(facts.get("reason") or "the entry does not say why"),
        record=str(facts.get("record") or ""),
        event=event,
        request_id=str(facts.get("request_id") or ""),
    )


def _named(event: Any) -> Iterator[str]:
    """The videos that a kept event is about, in each of the forms that the function accepts."""
    if isinstance(event, str):
        try:
            event = json.loads(event)
        except ValueError:
            return
    if isinstance(event, dict) and isinstance(event.get("videos"), list):
        yield from (uri for uri in event["videos"] if isinstance(uri, str))
        return
    records = event.get("events") if isinstance(event, dict) and "events" in event else event
    for record in records if isinstance(records, list) else [records]:
        try:
            data: Any = json.loads(record) if isinstance(record, str) else record
            place = data.get("data", data)["oss"]
            yield f"oss://{place['bucket']['name']}/{place['object']['key']}"
        except (AttributeError, KeyError, TypeError, ValueError):
            continue


def pending_entries(tracking: Bucket, settings: Settings) -> Iterator[Entry]:
    """What is under way; a request for each, and one for each thousand. Raises OpsError."""
    found = tracking.list(pending_prefix(settings))
    yield from filter(None, in_order(lambda item: pending_entry(tracking, item.key), found))


def pending_entry(tracking: Bucket, key: str) -> Entry | None:
    """None when it is gone, or is not one of ours."""
    content = tracking.read(key)
    try:
        return Entry.model_validate_json(content) if content is not None else None
    except ValidationError:
        return None


def follow(tracking: Bucket, settings: Settings, record: Record, region: str) -> bool:
    """Puts a record on the list of what is under way: the collector's next run brings it a step further.

    A record that has ended has the GIF under its video's name looked at again. False for one that says nothing.
    """
    last = record.history.last
    if last is None:
        return False
    size = next((line.get("size") for line in record.history.lines if line["status"] == "submitted"), None)
    entry = Entry(
        record=record.uri,
        video=record.video,
        etag=record.place.etag,
        size=size,
        region=region,
        request_id=last.get("request_id", ""),
        claim=last["claim"],
        at=utc_now(),
        look=True if record.history.outcome else None,
    )
    content = json_line(entry.model_dump(exclude_none=True)).encode()
    tracking.put(f"{pending_prefix(settings)}{last['claim']}.json", content)
    return True


def failed_entry(tracking: Bucket, key: str) -> Failed | None:
    """One entry of `.failed/` by its name; None when there is none. Raises OpsError."""
    content = tracking.read(key)
    if content is None:
        return None
    return _failed(Stored(key, len(content), "", _failed_at(content), "", ""), content)


def _failed_at(content: bytes) -> datetime:
    """When it was put there, by the collector's clock."""
    try:
        at = moment(json.loads(content)["failed_at"])
    except (ValueError, KeyError, TypeError):
        at = None
    return at or datetime.fromtimestamp(0, timezone.utc)
