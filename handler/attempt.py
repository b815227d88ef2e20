"""One claim and what it is about; and how an attempt without a recorded task ends."""

from __future__ import annotations

from typing import NamedTuple

from handler.advice import next_delivery
from handler.errors import EntryNotWritten, GifOnUploadError, OrphanedTask, OutcomeUnknown, RecordNotWritten
from handler.logs import log
from handler.record import FAILED, UNKNOWN, Failed, History, How, Unknown, stamp
from handler.service import GifTask, SecondsLeft
from handler.storage import LIMIT_SECONDS
from handler.tracking import Claim, TrackingLog
from handler.video import Video


class Attempt(NamedTuple):
    """One claim and what it is about. insists: a person asked for a task even if it may be a second."""

    video: Video
    tracking: TrackingLog
    history: History
    claim: Claim
    patience: SecondsLeft
    insists: bool

    def time_to_record(self) -> float:
        """Seconds for which it is worth trying to append: until the invocation's end, but for a last request."""
        return self.patience() + self.claim.lease.seconds - LIMIT_SECONDS


def record_failure(attempt: Attempt, error: GifOnUploadError, how: How) -> None:
    """Best effort: without the line the claim runs out by itself."""
    tracking, claim = attempt.tracking, attempt.claim
    line = _failure(attempt, error, how)
    try:
        tracking.conclude(claim, line, lambda: claim.lease.left() - LIMIT_SECONDS)
    except GifOnUploadError as second:
        log("WARNING", f"could not record that it is {line['status']}", record=tracking.uri, error=str(second))


def _failure(attempt: Attempt, error: GifOnUploadError, how: How) -> Failed | Unknown:
    claim = attempt.claim
    failed: Failed = {
        "status": FAILED,
        **stamp(claim.id, claim.request_id),
        "error": type(error).__name__,
        "code": error.code,
        "message": error.message,
        "hint": error.hint,
        "api_request_id": error.request_id,
        "retryable": error.retryable,
        **how,
    }
    if not isinstance(error, OutcomeUnknown):
        return failed
    return {**failed, "status": UNKNOWN, "lease_seconds": claim.lease.seconds}


def not_on_record(attempt: Attempt, task: GifTask, why: str) -> RecordNotWritten:
    video, claim = attempt.video, attempt.claim
    log("WARNING", "a task is not on record yet", video=video.uri, task_id=task.task_id, claim=claim.id)
    return RecordNotWritten(
        f"{video.uri}: task {task.task_id} was created, but {why}", hint=next_delivery("finds it and records it")
    )


def not_followed(attempt: Attempt, task: GifTask, why: GifOnUploadError) -> EntryNotWritten:
    message = f"{attempt.video.uri}: task {task.task_id} is on record, but is not followed yet: {why.message}"
    hint = "; ".join(filter(None, (why.hint, next_delivery("has it followed"))))
    return EntryNotWritten(message, hint=hint, code=why.code, request_id=why.request_id)


def orphan(attempt: Attempt, task: GifTask) -> OrphanedTask:
    video, claim = attempt.video, attempt.claim
    log("ERROR", "a task without a record", video=video.uri, task_id=task.task_id, claim=claim.id)
    return OrphanedTask(
        f"{video.uri}: task {task.task_id} was created, but another attempt had taken the video over",
        hint="the record names the task that counts; raise CLAIM_LEASE_SECONDS if this happens often",
    )
