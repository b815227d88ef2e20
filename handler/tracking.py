"""The tracking log of a video: one append-only JSON Lines object per upload, whose last line is the state.

AppendObject names the length it saw, and OSS refuses it when somebody else has appended meanwhile. That is the
compare-and-swap by which exactly one of many attempts gets the video. Nothing is ever overwritten or deleted.
What the lines are: record.py.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import NamedTuple

from handler.errors import AppendConflict, StorageError
from handler.logs import utc_now
from handler.record import (
    CLAIMED,
    Claimed,
    Failed,
    Forced,
    History,
    Outcome,
    Submitted,
    Unknown,
    encode,
    read_lines,
    record_key,
    stamp,
)
from handler.settings import Settings
from handler.storage import SecondsLeft, Storage, backoffs, insist, is_worth_repeating
from handler.video import Video


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
        self.key = record_key(settings.tracking_prefix, video.bucket, video.key, video.etag)

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
        return History(read_lines(stored.content, self.uri), len(stored.content), stored.age, stored.read_at)

    def claim(
        self, history: History, request_id: str, video_at: str, *, forced: bool, left: SecondsLeft = lambda: 0.0
    ) -> Claim | History:
        """Appends a claim after `history`: the claim, or what the log has become when somebody else was faster.

        video_at: host and path of the URL that the attempt will hand to the service.
        """
        claim_id = uuid.uuid4().hex
        kind: Forced = {"forced": True} if forced else {}
        line: Claimed = {
            "status": CLAIMED,
            **stamp(claim_id, request_id),
            "lease_seconds": self._lease_seconds,
            "lease_until": utc_now(self._lease_seconds),
            "video_at": video_at,
            **kind,
        }
        raw = encode(line)
        log, lease = self._append(history.length, raw, lambda log: log.holds(claim_id), left)
        return Claim(claim_id, lease, request_id, history.length + len(raw)) if log is None else log

    def conclude(self, claim: Claim, line: Submitted | Failed | Unknown, left: SecondsLeft = lambda: 0.0) -> bool:
        """Appends the attempt's result; False when another attempt has taken the video over."""
        return self._append(claim.position, encode(line), lambda log: log.has(line), left)[0] is None

    def append_outcome(self, history: History, line: Outcome, left: SecondsLeft = lambda: 0.0) -> bool:
        """Appends what became of the task after `history`; False when somebody else has written meanwhile."""
        return self._append(history.length, encode(line), lambda log: log.has(line), left)[0] is None

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
