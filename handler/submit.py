"""One video, exactly one task: claim, call, record.

Whoever appends the claim goes on; everybody else waits for the result or takes over when the lease has ended. A
request that may have been processed is never repeated before the service was asked for its tasks.
"""

from __future__ import annotations

import random
import time
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, NamedTuple

from handler.advice import next_delivery
from handler.attempt import Attempt, not_followed, not_on_record, orphan, record_failure
from handler.errors import (
    ClaimHeld,
    GifOnUploadError,
    GifTaskError,
    NotProcessed,
    OutcomeUnknown,
    SubmissionPaused,
    VideoNotFound,
)
from handler.logs import log
from handler.pending import PendingEntries, entry_for
from handler.record import FOUND, SUBMITTED, History, How, Submitted, TaskId, stamp
from handler.service import NOT_PERMITTED, GifService, GifTask, Order, SecondsLeft
from handler.settings import Settings
from handler.storage import Storage, insist
from handler.tracking import Claim, TrackingLog
from handler.video import Video

if TYPE_CHECKING:
    from handler.gate import Gate, Leave

_FIRST_POLL, _LONGEST_POLL = 0.05, 1.0


class Submission(NamedTuple):
    """What became of a video. outcome: submitted, adopted or already_submitted; record: the tracking log's URI."""

    outcome: str
    task_id: TaskId
    record: str


class Deferred(NamedTuple):
    """No task may be made now, and none was. record: where it will be."""

    reason: str
    record: str


class Submitter:
    """One per instance, used by many threads."""

    def __init__(
        self,
        settings: Settings,
        storage: Storage,
        service: GifService,
        pending: PendingEntries | None = None,
        gate: Gate | None = None,
    ) -> None:
        """pending: where each new claim gets an entry; None: nobody is to follow it, or somebody does.

        gate: may keep tasks from being made; what it keeps then gets an entry, too.
        """
        self._settings = settings
        self._storage = storage
        self._service = service
        self._pending = pending
        self._gate = gate

    def submit(
        self, video: Video, *, request_id: str, force: bool, patience: SecondsLeft
    ) -> Submission | Deferred:
        """The video's task. patience: how long to wait for an attempt that holds it. Raises GifOnUploadError."""
        if video.etag is None or video.size is None:
            video = self._ask_oss(video, patience)
        tracking = TrackingLog(self._settings, self._storage, video)
        history, polls = History(), 0
        while True:
            done = history.submitted
            # The platform repeats a forced request under its own id when another of its videos failed.
            if done and not (force and not history.answers(request_id)):
                if self._pending:
                    self._pending.owe(video, tracking.uri, history, request_id, patience)
                return Submission("already_submitted", done["task_id"], tracking.uri)
            if held := history.seconds_held:
                self._wait(video, min(held, _FIRST_POLL * 2**polls, _LONGEST_POLL), patience)
                history, polls = tracking.read(patience), polls + 1
                continue
            leave = self._gate.ask(patience) if self._gate else None
            if leave and leave.why_not:
                return self._defer(video, tracking, request_id, leave.why_not, patience, is_forced=force)
            order = self._service.order(video)
            claim = tracking.claim(history, request_id, order.at, forced=done is not None, left=patience)
            if isinstance(claim, Claim):
                mine = any(line.get("request_id") == request_id for line in history.unresolved)
                attempt = Attempt(video, tracking, history, claim, patience, force and not mine)
                return self._attempt(attempt, order, leave)
            self._give_back(leave)
            if claim.length == history.length:  # refused, and yet nobody was faster
                self._wait(video, _LONGEST_POLL, patience)
            history = claim

    def _defer(
        self, video: Video, tracking: TrackingLog, request_id: str, why: str, left: SecondsLeft, *, is_forced: bool
    ) -> Deferred:
        """It waits on the pending list, where nobody would remember that another task is wanted."""
        if is_forced:
            raise SubmissionPaused(f"{video.uri}: {why}", hint="ask for another task when it is over")
        if self._pending:
            self._pending.defer(video, tracking.uri, request_id, left)
        return Deferred(why, tracking.uri)

    def _ask_oss(self, video: Video, patience: SecondsLeft) -> Video:
        facts = insist(lambda: self._storage.video(video.bucket, video.key, video.etag), patience)
        if facts.size <= 0:
            raise VideoNotFound(f"{video.uri}: the object is empty", hint="upload the video again")
        return video._replace(etag=facts.etag, size=facts.size)

    def _wait(self, video: Video, seconds: float, patience: SecondsLeft) -> None:
        if patience() <= 0:
            raise ClaimHeld(
                f"{video.uri}: another attempt still holds it",
                hint=next_delivery("resolves it"),
            )
        time.sleep(seconds * (0.5 + random.random() / 2))

    def _give_back(self, leave: Leave | None) -> None:
        if self._gate and leave:
            self._gate.give_back(leave)

    def _attempt(self, attempt: Attempt, order: Order, leave: Leave | None) -> Submission:
        tracking = attempt.tracking
        with self._noted(attempt) as unfollowed:
            end, how = self._make(attempt, order)
        surely_none = isinstance(end, GifOnUploadError) and not isinstance(end, OutcomeUnknown)
        if how.get("adopted") or surely_none:
            self._give_back(leave)
        if isinstance(end, GifOnUploadError):
            record_failure(attempt, end, how)
            raise end
        task = end
        if unfollowed:
            how["followed"] = False
        # Past the lease too: whoever takes over meanwhile appends first, and then this append is refused.
        left = attempt.time_to_record
        try:
            is_mine = tracking.conclude(attempt.claim, self._line(attempt, task, how), left)
            winner = None if is_mine else self._winner(attempt, left)
        except GifOnUploadError as error:
            raise not_on_record(attempt, task, f"it could not be recorded: {error.message}") from error
        if is_mine:
            if unfollowed:
                raise not_followed(attempt, task, unfollowed[0])
            return Submission("adopted" if how.get("adopted") else "submitted", task.task_id, tracking.uri)
        if winner is None:
            raise not_on_record(attempt, task, "another attempt has taken the video over, and is still at it")
        # It has found our task, or the GIF of it, and adopted that.
        if winner["task_id"] in (task.task_id, f"{FOUND}{attempt.claim.id}"):
            return Submission("already_submitted", winner["task_id"], tracking.uri)
        raise orphan(attempt, task)

    def _noted(self, attempt: Attempt) -> AbstractContextManager[list[GifOnUploadError]]:
        """The pending entry is written meanwhile, and is there before the task is on record, or that says so."""
        if self._pending is None:
            return nullcontext([])
        entry = entry_for(attempt.video, attempt.tracking.uri, attempt.claim.id, attempt.claim.request_id)
        return self._pending.beside(entry)

    def _line(self, attempt: Attempt, task: GifTask, how: How) -> Submitted:
        video = attempt.video
        return {
            "status": SUBMITTED,
            **stamp(attempt.claim.id, attempt.claim.request_id),
            "task_id": task.task_id,
            "api_request_id": task.request_id,
            "video": video.uri,
            "etag": video.etag,
            "size": video.size,
            **self._service.on_record(video),
            **how,
        }

    def _winner(self, attempt: Attempt, left: SecondsLeft) -> Submitted | None:
        """The submitted line of the attempt that has taken the video over, once it has one."""
        polls = 0
        while (history := attempt.tracking.read(left)).submitted is None and history.seconds_held and left() > 0:
            time.sleep(min(history.seconds_held, _FIRST_POLL * 2**polls, _LONGEST_POLL))
            polls += 1
        return history.submitted

    def _make(self, attempt: Attempt, order: Order) -> _Made:
        """The task, new or found, or why there is none. What else goes wrong is raised."""
        how: How = {}
        try:
            if suspects := attempt.history.unresolved:
                how["takes_over"] = [suspect["claim"] for suspect in suspects]
                try:
                    found = self._service.find(order, attempt.history, attempt.claim.lease.left)
                except GifTaskError as error:
                    how["not_searched"] = error.code or type(error).__name__
                    _go_on_unseen(attempt, error)
                    found = None
                if found is not None:
                    return _Made(found, {**how, "adopted": True})
            return _Made(self._service.create(order, attempt.claim.id, attempt.claim.lease.left), how)
        except GifOnUploadError as error:
            return _Made(error, how)


class _Made(NamedTuple):
    """What an attempt has come to, and what its last line says about how, however it ends."""

    end: GifTask | GifOnUploadError
    how: How


def _go_on_unseen(attempt: Attempt, error: GifTaskError) -> None:
    """Where nobody can tell, nothing is sent: raises NotProcessed, and the next delivery looks again.

    Only where the role may not look, or a person insists, is the video submitted all the same.
    """
    if error.code not in NOT_PERMITTED and not attempt.insists:
        raise NotProcessed(
            f"{error.message}; nothing was sent, for the task may exist",
            hint=f'{next_delivery("looks for it again")}; with "force": true it is submitted unseen',
            code=error.code,
            request_id=error.request_id,
        ) from error
    log(
        "WARNING",
        "whether there is a task is not known; submitting again",
        error=str(error),
        claim=attempt.claim.id,
    )
