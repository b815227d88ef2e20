"""The tracking log of a video: one append-only JSON Lines object per upload, whose last line is the state.

AppendObject names the length it saw, and OSS refuses it when somebody else has appended meanwhile. That is the
compare-and-swap by which exactly one of many attempts gets the video. Nothing is ever overwritten or deleted.

    {"status":"claimed",…}    an attempt holds the video until its lease ends
    {"status":"submitted",…}  the task exists; the line has its TaskId
    {"status":"failed",…}     refused for sure; the next delivery tries again
    {"status":"unknown",…}    sent, and no answer that tells; the next delivery looks for the task first
"""

from __future__ import annotations

import hashlib
import json
import time
import uuid
from collections.abc import Callable
from typing import Any, NamedTuple

from handler.errors import AppendConflict, RecordUnreadable, StorageError
from handler.escaping import json_line
from handler.events import MAX_KEY_BYTES, Video
from handler.logs import utc_now
from handler.settings import Settings
from handler.storage import SecondsLeft, Storage, backoffs, insist, is_worth_repeating

CLAIMED, SUBMITTED, FAILED, UNKNOWN = "claimed", "submitted", "failed", "unknown"
#: After an unanswered request the service may still be at work; only then does looking for the task tell anything.
SETTLE_SECONDS = 10.0
#: Last-Modified is in whole seconds.
CLOCK_RESOLUTION = 1.0


class History(NamedTuple):
    """The lines of one tracking log. length: bytes. age: seconds since the last line, by OSS's clock.

    read_at: when it was read, epoch seconds by OSS's clock too.
    """

    lines: tuple[dict[str, Any], ...] = ()
    length: int = 0
    age: float = 0.0
    read_at: float = 0.0

    @property
    def last(self) -> dict[str, Any] | None:
        return self.lines[-1] if self.lines else None

    @property
    def submitted(self) -> dict[str, Any] | None:
        """The newest line that says that the task exists, unless a claim follows that may have made another."""
        lines = [line for line in self.lines if line["status"] == SUBMITTED]
        return lines[-1] if lines and not self.unresolved else None

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
        if self.last is None or self.last["status"] in (SUBMITTED, FAILED):
            return 0.0
        lease = float(self.last.get("lease_seconds", 0.0))
        if self.last["status"] == UNKNOWN:
            lease = min(lease, SETTLE_SECONDS)
        return lease + CLOCK_RESOLUTION

    @property
    def unresolved(self) -> tuple[dict[str, Any], ...]:
        """The claims since the last submitted line of which nobody knows whether they made a task."""
        claims: dict[str, dict[str, Any]] = {}
        for line in self.lines:
            if line["status"] == SUBMITTED:
                claims.clear()
            elif line["status"] == CLAIMED:
                claims[line["claim"]] = line
            elif line["status"] == FAILED:
                claims.pop(line["claim"], None)
        return tuple(claims.values())

    @property
    def task_ids(self) -> frozenset[int]:
        return frozenset(line["task_id"] for line in self.lines if line["status"] == SUBMITTED)

    def answers(self, request_id: str) -> bool:
        """Whether a task is on record that this request asked for, by itself or in a claim that was taken over."""
        claims = {line["claim"] for line in self.lines if line.get("request_id") == request_id}
        done = [{line["claim"], *line.get("takes_over", ())} for line in self.lines if line["status"] == SUBMITTED]
        return any(claims & made_by for made_by in done)

    def holds(self, claim_id: str) -> bool:
        """Whether the last line is that claim: its append was applied, and nobody has taken over since."""
        return bool(self.last and self.last["status"] == CLAIMED and self.last["claim"] == claim_id)


class Lease:
    """How long this attempt may go on. Started before the claim is sent, so that it ends before OSS says it does.

    It runs by two clocks and believes the faster one: a frozen instance's monotonic clock may stand still.
    """

    def __init__(
        self,
        seconds: float,
        monotonic: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.seconds = seconds
        self._clocks = ((monotonic, monotonic()), (wall, wall()))

    def left(self) -> float:
        return self.seconds - max(clock() - start for clock, start in self._clocks)


class Claim(NamedTuple):
    """A won claim: `position` is where this attempt's next line goes."""

    id: str
    lease: Lease
    request_id: str
    position: int


class TrackingLog:
    """The tracking log of one video, whose etag is known."""

    def __init__(self, settings: Settings, storage: Storage, video: Video) -> None:
        self._storage = storage
        self._bucket = settings.tracking_bucket
        self._lease_seconds = settings.claim_lease_seconds
        self.key = record_key(settings.tracking_prefix, video)

    @property
    def uri(self) -> str:
        return f"oss://{self._bucket}/{self.key}"

    def read(self, left: SecondsLeft = lambda: 0.0) -> History:
        """The log as it is; an empty History when there is none. left: how long to insist on an answer.

        Raises RecordUnreadable, StorageError.
        """
        stored = insist(lambda: self._storage.read(self._bucket, self.key), left)
        if stored is None:
            return History()
        lines = tuple(self._line(raw, number) for number, raw in enumerate(stored.content.splitlines(), 1))
        return History(lines, len(stored.content), stored.age, stored.read_at)

    def claim(
        self, history: History, request_id: str, *, forced: bool, left: SecondsLeft = lambda: 0.0
    ) -> Claim | History:
        """Appends a claim after `history`: the claim, or what the log has become when somebody else was faster."""
        claim_id = uuid.uuid4().hex
        line = _encode(
            status=CLAIMED,
            claim=claim_id,
            request_id=request_id,
            lease_seconds=self._lease_seconds,
            lease_until=utc_now(self._lease_seconds),
            **({"forced": True} if forced else {}),
        )
        log, lease = self._append(history.length, line, lambda log: log.holds(claim_id), left)
        return Claim(claim_id, lease, request_id, history.length + len(line)) if log is None else log

    def conclude(self, claim: Claim, status: str, left: SecondsLeft = lambda: 0.0, **fields: Any) -> bool:
        """Appends the attempt's result; False when another attempt has taken the video over."""
        lease = {"lease_seconds": claim.lease.seconds} if status == UNKNOWN else {}
        line = _encode(status=status, claim=claim.id, request_id=claim.request_id, **lease, **fields)

        def is_there(log: History) -> bool:
            return any(line["status"] == status and line["claim"] == claim.id for line in log.lines)

        return self._append(claim.position, line, is_there, left)[0] is None

    def _append(
        self, position: int, line: bytes, is_there: Callable[[History], bool], left: SecondsLeft
    ) -> tuple[History | None, Lease]:
        """None when the line is in the log, else the log that somebody else's line is in. Insists while `left`.

        With it a lease that began before OSS can have applied the line. Whatever was answered, and even when
        nothing was, the log says whether the line is there; the same line at the same place is never there twice.
        """
        lease = Lease(self._lease_seconds)
        pauses = backoffs()
        while True:
            try:
                self._storage.append(self._bucket, self.key, position, line)
            except AppendConflict:
                log = self.read(left)
                return None if is_there(log) else log, lease
            except StorageError as error:
                if not is_worth_repeating(error):
                    raise
                unsure = error
            else:
                return None, lease
            time.sleep(min(next(pauses), max(0.0, left())))
            before, log = insist(lambda: (Lease(self._lease_seconds), self.read()), left)
            if is_there(log) or log.length != position:
                return None if is_there(log) else log, lease
            if left() <= 0:
                raise unsure
            lease = before

    def _line(self, raw: bytes, number: int) -> dict[str, Any]:
        try:
            line = json.loads(raw)
            texts = [line["claim"], *line.get("takes_over", ())]
            number_of = {CLAIMED: "lease_seconds", UNKNOWN: "lease_seconds", SUBMITTED: "task_id", FAILED: None}
            needed = number_of[line["status"]]
            if not all(isinstance(text, str) for text in texts) or (needed and not _is_number(line[needed])):
                raise ValueError("of no known form")
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as exc:
            raise RecordUnreadable(
                f"{self.uri}: line {number} is not a line of a tracking log",
                hint="see what changed the object; move it away to have the video submitted anew",
            ) from exc
        return dict(line)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def record_key(prefix: str, video: Video) -> str:
    """`<prefix><bucket>/<key>/<etag>.jsonl`; the key's SHA-256 instead of the key where that would be too long."""
    key = f"{prefix}{video.bucket}/{video.key}/{video.etag}.jsonl"
    if len(key.encode()) <= MAX_KEY_BYTES:
        return key
    return f"{prefix}{video.bucket}/{hashlib.sha256(video.key.encode()).hexdigest()}/{video.etag}.jsonl"


def _encode(**fields: Any) -> bytes:
    line = {"status": fields.pop("status"), "at": utc_now(), **fields}
    return json_line(line).encode() + b"\n"
