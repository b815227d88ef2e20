"""The record of a video: its lines, one type for each status, and what they say together. No I/O.

{"status":"claimed",…}      an attempt holds the video until its lease ends
{"status":"submitted",…}    the task exists; the line has its TaskId
{"status":"failed",…}       refused for sure; the next delivery tries again
{"status":"unknown",…}      sent, and no answer that tells; the next delivery looks for the task first
{"status":"finished",…}     the GIF is in the bucket
{"status":"task_failed",…}  the service could not make a GIF of the video
"""

from __future__ import annotations

import hashlib
import json
from typing import Final, Literal, NamedTuple, TypedDict, Union, cast

from handler.errors import RecordUnreadable
from handler.escaping import json_line
from handler.logs import utc_now
from handler.video import MAX_KEY_BYTES

CLAIMED: Final = "claimed"
SUBMITTED: Final = "submitted"
FAILED: Final = "failed"
UNKNOWN: Final = "unknown"
FINISHED: Final = "finished"
TASK_FAILED: Final = "task_failed"
#: After an unanswered request the service may still be at work; only then does looking for the task tell anything.
SETTLE_SECONDS = 10.0
#: Last-Modified is in whole seconds.
CLOCK_RESOLUTION = 1.0


#: A Long of Multimedia AI's, a text of IMM's.
TaskId = Union[int, str]  # noqa: UP007 - evaluated by Python 3.10
#: How the id of a task of IMM's begins that was found by its GIF, which a dead attempt had ordered.
FOUND = "found-"


class _Common(TypedDict):
    """at: UTC, by the clock of the instance that wrote it. claim: the attempt that the line belongs to."""

    at: str
    claim: str
    request_id: str


class How(TypedDict, total=False):
    """How a task came to be. takes_over: claims of attempts whose fate was unknown; adopted: one of them made it.

    not_searched: the code by which ListTasks was refused, so that nobody knows whether one of them made it.
    followed: False of a task whose pending entry could not be written; the next delivery has to.
    """

    takes_over: list[str]
    adopted: bool
    not_searched: str
    followed: Literal[False]


class Forced(TypedDict, total=False):
    forced: bool


class VideoAt(TypedDict, total=False):
    """video_at: host and path of the URL that the attempt hands to the service; records of before lack it."""

    video_at: str


class Claimed(_Common, Forced, VideoAt):
    status: Literal["claimed"]
    lease_seconds: float
    lease_until: str


class OnRecord(TypedDict, total=False):
    """What one service alone has to say of a task: the first two, Multimedia AI; animation, OSS."""

    application_id: str
    video_name: str
    animation: str


class Submitted(_Common, How, OnRecord):
    status: Literal["submitted"]
    task_id: TaskId
    api_request_id: str
    video: str
    etag: str | None
    size: int | None


class Hint(TypedDict, total=False):
    """hint: what a person does about it; "" where the message says it, and records of before lack it."""

    hint: str


class _Refused(_Common, How, Hint):
    error: str
    code: str
    message: str
    api_request_id: str
    retryable: bool


class Failed(_Refused):
    status: Literal["failed"]


class Unknown(_Refused):
    status: Literal["unknown"]
    lease_seconds: float


class Superseded(TypedDict, total=False):
    superseded_by: str


class Finished(_Common, Superseded):
    """gif: the GIF's URI, "" where the key holds other content by now, of eTag `superseded_by`. bytes: its size.

    task_seconds: from the submitted line to the GIF in the bucket.
    """

    status: Literal["finished"]
    task_id: TaskId
    gif: str
    bytes: int
    content_type: str
    task_seconds: float


class TaskFailed(_Common):
    status: Literal["task_failed"]
    task_id: TaskId
    error_code: str
    error_name: str
    reason: str


Line = Union[Claimed, Submitted, Failed, Unknown, Finished, TaskFailed]  # noqa: UP007 - evaluated by Python 3.10
#: The task's end, as the collector writes it.
Outcome = Union[Finished, TaskFailed]  # noqa: UP007
#: What a line of each status cannot be read without.
_NEEDED = {
    CLAIMED: "lease_seconds",
    UNKNOWN: "lease_seconds",
    SUBMITTED: "task_id",
    FAILED: None,
    FINISHED: "task_id",
    TASK_FAILED: "task_id",
}


class History(NamedTuple):
    """The lines of one tracking log. length: bytes. age: seconds since the last line, by OSS's clock.

    read_at: when it was read, epoch seconds by OSS's clock too.
    """

    lines: tuple[Line, ...] = ()
    length: int = 0
    age: float = 0.0
    read_at: float = 0.0

    @property
    def last(self) -> Line | None:
        return self.lines[-1] if self.lines else None

    @property
    def submitted(self) -> Submitted | None:
        """The newest line that says that the task exists, unless a claim follows that may have made another."""
        lines = [line for line in self.lines if line["status"] == SUBMITTED]
        return lines[-1] if lines and not self.unresolved else None

    @property
    def outcome(self) -> Outcome | None:
        """What became of the task of `submitted`; None while nobody has seen its end."""
        task = self.submitted
        for line in reversed(self.lines):
            if (line["status"] == FINISHED or line["status"] == TASK_FAILED) and task:
                return line if line["task_id"] == task["task_id"] else None
        return None

    @property
    def seconds_held(self) -> float:
        """How much longer nobody else may take the video; 0 when it is free to claim."""
        return max(0.0, self._hold - self.age)

    @property
    def settled_at(self) -> float:
        """Since when no attempt in it can still make a task, by OSS's clock: once nobody holds it any more."""
        return self.read_at - max(0.0, self.age - self._hold)

    @property
    def _hold(self) -> float:
        """For how long after the last line nobody else may take the video."""
        last = self.last
        if last is None:
            return 0.0
        if last["status"] == CLAIMED:
            return last["lease_seconds"] + CLOCK_RESOLUTION
        if last["status"] == UNKNOWN:
            return min(last["lease_seconds"], SETTLE_SECONDS) + CLOCK_RESOLUTION
        return 0.0

    @property
    def unresolved(self) -> tuple[Claimed, ...]:
        """The claims since the last submitted line of which nobody knows whether they made a task."""
        claims: dict[str, Claimed] = {}
        for line in self.lines:
            if line["status"] == SUBMITTED:
                claims.clear()
            elif line["status"] == CLAIMED:
                claims[line["claim"]] = line
            elif line["status"] == FAILED:
                claims.pop(line["claim"], None)
        return tuple(claims.values())

    @property
    def task_ids(self) -> frozenset[TaskId]:
        return frozenset(line["task_id"] for line in self.lines if line["status"] == SUBMITTED)

    def answers(self, request_id: str) -> bool:
        """Whether a task is on record that this request asked for, by itself or in a claim that was taken over."""
        claims = {line["claim"] for line in self.lines if line.get("request_id") == request_id}
        done = [{line["claim"], *line.get("takes_over", ())} for line in self.lines if line["status"] == SUBMITTED]
        return any(claims & made_by for made_by in done)

    def holds(self, claim_id: str) -> bool:
        """Whether the last line is that claim: its append was applied, and nobody has taken over since."""
        return bool(self.last and self.last["status"] == CLAIMED and self.last["claim"] == claim_id)

    def has(self, line: Line) -> bool:
        """Whether a line of that status and claim is in it."""
        return any(own["status"] == line["status"] and own["claim"] == line["claim"] for own in self.lines)


def encode(line: Line) -> bytes:
    """A line as it is appended: JSON, status and time first."""
    status, at = line["status"], line["at"]
    return json_line({"status": status, "at": at, **line}).encode() + b"\n"


def stamp(claim: str, request_id: str) -> _Common:
    """What every line begins with, written now."""
    return {"at": utc_now(), "claim": claim, "request_id": request_id}


def read_lines(content: bytes, where: str) -> tuple[Line, ...]:
    """The lines of a log. where: its URI, for the message; raises RecordUnreadable."""
    return tuple(_read_line(raw, number, where) for number, raw in enumerate(content.splitlines(), 1))


def _read_line(raw: bytes, number: int, where: str) -> Line:
    try:
        line = json.loads(raw)
        texts = [line["claim"], line.get("video_at", ""), *line.get("takes_over", ())]
        needed = _NEEDED[line["status"]]
        if not all(isinstance(text, str) for text in texts) or (needed and not _is_usable(needed, line[needed])):
            raise ValueError("of no known form")
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as exc:
        raise RecordUnreadable(
            f"{where}: line {number} is not a line of a tracking log",
            hint="see what changed the object; move it away to have the video submitted anew",
        ) from exc
    return cast(Line, dict(line))


def _is_usable(name: str, value: object) -> bool:
    if name == "task_id" and isinstance(value, str):
        return bool(value)
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def record_key(prefix: str, bucket: str, key: str, etag: str | None) -> str:
    """`<prefix><bucket>/<key>/<etag>.jsonl`; the key's SHA-256 instead of the key where that would be too long."""
    name = f"{prefix}{bucket}/{key}/{etag}.jsonl"
    if len(name.encode()) <= MAX_KEY_BYTES:
        return name
    return f"{prefix}{bucket}/{hashlib.sha256(key.encode()).hexdigest()}/{etag}.jsonl"
