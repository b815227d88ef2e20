"""One video, exactly one task: claim, call, record.

Whoever appends the claim goes on; everybody else waits for the result or takes over when the lease has ended. A
request that may have been processed is never repeated before the service was asked for its tasks.
"""

from __future__ import annotations

import random
import time
from typing import Any, NamedTuple

from handler.errors import (
    ClaimHeld,
    GifOnUploadError,
    GifTaskError,
    LeaseTooShort,
    NotProcessed,
    OrphanedTask,
    OutcomeUnknown,
    VideoNotFound,
)
from handler.events import Video
from handler.gif_task import GifTask, GifTaskClient, SecondsLeft
from handler.logs import log
from handler.reconcile import find_task
from handler.settings import Settings
from handler.storage import Storage
from handler.tracking import FAILED, SUBMITTED, UNKNOWN, Claim, History, TrackingLog
from handler.video_url import VideoUrls

_FIRST_POLL, _LONGEST_POLL = 0.05, 1.0


class Submission(NamedTuple):
    """What became of a video. outcome: submitted, adopted or already_submitted; record: the tracking log's URI."""

    outcome: str
    task_id: int
    record: str


class Submitter:
    """One per instance, used by many threads."""

    def __init__(self, settings: Settings, storage: Storage, tasks: GifTaskClient) -> None:
        self._settings = settings
        self._storage = storage
        self._tasks = tasks
        self._urls = VideoUrls(settings, storage)

    def submit(self, video: Video, *, request_id: str, force: bool, patience: SecondsLeft) -> Submission:
        """The video's task. patience: how long to wait for an attempt that holds it. Raises GifOnUploadError."""
        if video.etag is None or video.size is None:
            video = self._ask_oss(video)
        tracking = TrackingLog(self._settings, self._storage, video)
        history, polls = History(), 0
        while True:
            done = history.submitted
            # The platform repeats a forced request under its own id when another of its videos failed.
            if done and not (force and not history.answers(request_id)):
                return Submission("already_submitted", done["task_id"], tracking.uri)
            if held := history.seconds_held:
                self._wait(video, min(held, _FIRST_POLL * 2**polls, _LONGEST_POLL), patience)
                history, polls = tracking.read(), polls + 1
                continue
            claim = tracking.claim(history, request_id, forced=done is not None)
            if isinstance(claim, Claim):
                return self._attempt(video, tracking, history, claim)
            if claim.length == history.length:  # refused, and yet nobody was faster
                self._wait(video, _LONGEST_POLL, patience)
            history = claim

    def _ask_oss(self, video: Video) -> Video:
        facts = self._storage.video(video.bucket, video.key, video.etag)
        if facts.size <= 0:
            raise VideoNotFound(f"{video.uri}: the object is empty", hint="upload the video again")
        return video._replace(etag=facts.etag, size=facts.size)

    def _wait(self, video: Video, seconds: float, patience: SecondsLeft) -> None:
        if patience() <= 0:
            raise ClaimHeld(
                f"{video.uri}: another attempt still holds it",
                hint="it is resolved by the next delivery of its event",
            )
        time.sleep(seconds * (0.5 + random.random() / 2))

    def _attempt(self, video: Video, tracking: TrackingLog, history: History, claim: Claim) -> Submission:
        name = video_name(video)
        facts: dict[str, Any] = {
            "video": video.uri,
            "etag": video.etag,
            "size": video.size,
            "application_id": self._settings.application_id,
            "video_name": name,
        }
        how: dict[str, Any] = {}
        try:
            task = self._task(name, self._urls.url(video), history, claim, how)
        except GifOnUploadError as error:
            self._record_failure(tracking, claim, error, how)
            raise
        try:
            if tracking.conclude(
                claim, SUBMITTED, task_id=task.task_id, api_request_id=task.request_id, **facts, **how
            ):
                return Submission("adopted" if how.get("adopted") else "submitted", task.task_id, tracking.uri)
            winner = tracking.read().submitted
        except GifOnUploadError as error:
            why, hint = (
                f"it could not be recorded: {error.message}",
                "the next delivery looks for it and records it",
            )
            raise _orphan(video, task, claim, why, hint) from error
        if winner and winner["task_id"] == task.task_id:
            return Submission("already_submitted", task.task_id, tracking.uri)  # it found and adopted our task
        why, hint = "another attempt had taken the video over", "the record names the task that counts"
        raise _orphan(video, task, claim, why, f"{hint}; raise CLAIM_LEASE_SECONDS if this happens often")

    def _task(self, name: str, url: str, history: History, claim: Claim, how: dict[str, Any]) -> GifTask:
        """The task, new or found. Fills `how` with what the record says about how it came to be."""
        if suspects := history.unresolved:
            how["takes_over"] = [suspect["claim"] for suspect in suspects]
            found = self._find(name, url, history, claim, how)
            if found is not None:
                how["adopted"] = True
                return found
        if claim.lease.left() <= self._tasks.time_limit:
            raise LeaseTooShort(
                "held up for so long that submitting now could be submitting twice; nothing was sent",
                hint="the next delivery of the event submits it; raise CLAIM_LEASE_SECONDS if this happens often",
            )
        return self._tasks.create(name, url, claim.lease.left)

    def _find(self, name: str, url: str, history: History, claim: Claim, how: dict[str, Any]) -> GifTask | None:
        """The task of the claims that are taken over, if there is one.

        When ListTasks fails for the moment, the next delivery tries it again. When it is not permitted, or failed
        the last time as well, the video is submitted again: better a task too many than no GIF, never in silence.
        """
        application = self._settings.application_id
        try:
            return find_task(
                self._tasks,
                name,
                url,
                application,
                history.unresolved,
                history.task_ids,
                claim.lease.left,
                self._settings.bucket_domains,
            )
        except GifTaskError as error:
            how["not_searched"] = error.code or type(error).__name__
            in_vain_before = history.last and history.last["status"] == FAILED and "not_searched" in history.last
            if error.retryable and not in_vain_before:
                raise NotProcessed(
                    f"{error.message}; nothing was sent, for the task may exist",
                    hint="the next delivery looks for it again",
                    code=error.code,
                    request_id=error.request_id,
                ) from error
            log("WARNING", "ListTasks did not help; submitting again", error=str(error), claim=claim.id)
            return None

    def _record_failure(
        self, tracking: TrackingLog, claim: Claim, error: GifOnUploadError, how: dict[str, Any]
    ) -> None:
        """Best effort: without the line the claim runs out by itself."""
        status = UNKNOWN if isinstance(error, OutcomeUnknown) else FAILED
        try:
            tracking.conclude(
                claim,
                status,
                error=type(error).__name__,
                code=error.code,
                message=error.message,
                api_request_id=error.request_id,
                retryable=error.retryable,
                **how,
            )
        except GifOnUploadError as second:
            log("WARNING", f"could not record that it is {status}", record=tracking.uri, error=str(second))


def _orphan(video: Video, task: GifTask, claim: Claim, why: str, hint: str) -> OrphanedTask:
    log("ERROR", "a task without a record", video=video.uri, task_id=task.task_id, claim=claim.id)
    return OrphanedTask(f"{video.uri}: task {task.task_id} was created, but {why}", hint=hint)


def video_name(video: Video) -> str:
    """What the service's console shows: the file's name, and enough of the eTag to tell two uploads apart."""
    return f"{video.key.rsplit('/', 1)[-1][:100]} {str(video.etag)[:8]}"
