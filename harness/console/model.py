"""What there is to see, as plain values: the templates show them, and the admin path answers them as JSON.

Times are epoch seconds, sizes bytes. Every text in them has been redacted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class ObjectView:
    bucket: str
    key: str
    size: int
    modified: float
    etag: str
    content_type: str


@dataclass(frozen=True)
class BucketView:
    """`uses`: what the cloud does with the bucket, in words."""

    name: str
    objects: int
    size: int
    versioning: str
    uses: tuple[str, ...] = ()


@dataclass(frozen=True)
class LineView:
    """A line of a tracking log: its status, what it says in words, and the line itself."""

    status: str
    at: str
    text: str
    line: Mapping[str, Any]


@dataclass(frozen=True)
class RecordView:
    """A tracking log."""

    bucket: str
    key: str
    lines: tuple[LineView, ...]


@dataclass(frozen=True)
class TaskView:
    """task_id: a number of Multimedia AI's, a text of IMM's. `status`: waiting, running, succeeded, failed.

    `progress`: 0 to 1. `video`: its oss:// URI. video_name: "" with IMM, where a task has no name.
    """

    task_id: int | str
    status: str
    progress: float
    video: str
    video_name: str
    created: float
    error: str = ""
    gif: Mapping[str, str] | None = None


@dataclass(frozen=True)
class LogLine:
    """A line of a function's output. `fields`: what it says when it is a JSON object."""

    level: str
    text: str
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class InvocationView:
    """`outcome`: running, succeeded, failed, throttled, refused, expired. `result`: its beginning."""

    request_id: str
    function: str
    type: str
    outcome: str
    retry_count: int
    at: float
    duration_ms: float = 0.0
    memory_mb: int = 0
    error_type: str = ""
    lines: tuple[LogLine, ...] = ()
    result: str = ""

    @property
    def videos(self) -> tuple[str, ...]:
        """The URIs that its log lines are about."""
        return tuple(dict.fromkeys(str(line.fields["video"]) for line in self.lines if line.fields.get("video")))


@dataclass(frozen=True)
class VideoView:
    """An object that a trigger tells a function of, and what became of it.

    `state`: none, skipped, claimed, submitted, waiting, running, succeeded, failed, unknown. `detail`: why.
    """

    bucket: str
    key: str
    size: int
    modified: float
    etag: str
    state: str
    detail: str = ""
    record: RecordView | None = None
    task: TaskView | None = None
    request_ids: tuple[str, ...] = ()

    @property
    def ended(self) -> bool:
        """Whether nothing more can become of it but by a new event: there is a GIF, or never will be."""
        return self.state in ("skipped", "succeeded", "finished", "task_failed") or (
            self.state == "failed" and self.task is not None
        )

    @property
    def uri(self) -> str:
        return f"oss://{self.bucket}/{self.key}"


@dataclass(frozen=True)
class FailureView:
    """An entry of the collector's list of what needs a person.

    about: the URIs of its videos. is_event: it is an event that failed as a whole. bucket, key: of the entry.
    """

    about: tuple[str, ...]
    code: str
    reason: str
    at: float
    is_event: bool
    bucket: str
    key: str


@dataclass(frozen=True)
class Listing(Generic[T]):
    """The latest of some state or of all. `total`: how many there are in all, `counts`: of each state."""

    items: list[T]
    total: int
    counts: Mapping[str, int]


@dataclass(frozen=True)
class EntryView:
    """An entry of the journal."""

    kind: str
    at: float
    fields: Mapping[str, Any]


@dataclass(frozen=True)
class FaultView:
    """`calls`: how many calls matched it, `hits`: how many of them it spoilt. `spent`: it can spoil no more."""

    id: int
    text: str
    calls: int
    hits: int
    spent: bool


@dataclass(frozen=True)
class DeliveryView:
    """How asynchronous events are delivered: so many times more than once, and out of order."""

    duplicate: int
    shuffle: bool


@dataclass(frozen=True)
class TimerView:
    function: str
    name: str
    cron: str
    enabled: bool
    payload: str


@dataclass(frozen=True)
class TriggerView:
    """An OSS trigger. `name`: its function's, a slash and its own."""

    name: str
    bucket: str
    prefix: str
    suffix: str
