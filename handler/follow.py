"""One pending entry, one step further: what its record says decides. Every step is safe to repeat.

Appends are compare-and-swap, the GIF has a fixed name, and the entry goes last. So a run that is killed anywhere,
and two runs at once, end as one would have.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from handler.errors import (
    ClaimHeld,
    EntryUnreadable,
    GifOnUploadError,
    GifTaskError,
    RecordUnreadable,
    SubmissionPaused,
    UnexpectedError,
    VideoNotFound,
    VideoUnusable,
)
from handler.gif_store import Fit, GifStore
from handler.logs import log
from handler.pending import PendingEntries
from handler.record import (
    FAILED,
    FINISHED,
    TASK_FAILED,
    Finished,
    History,
    Submitted,
    Superseded,
    TaskFailed,
    stamp,
)
from handler.service import Followed, GifService, Made, NoGif, Replaced, SecondsLeft
from handler.settings import Settings
from handler.step import Case, Step, failed_line, name_of, with_hint
from handler.storage import Storage
from handler.submit import Deferred, Submission, Submitter
from handler.tracking import TrackingLog

#: Between two submissions of one video: as long as it has been followed already, and at most an hour.
MAX_PAUSE_SECONDS = 3600.0


class Follower:
    """One per instance, used by many threads. submitter: one that writes no entries, for these are followed."""

    def __init__(
        self,
        settings: Settings,
        storage: Storage,
        service: GifService,
        submitter: Submitter,
        pending: PendingEntries,
        gifs: GifStore,
    ) -> None:
        self._settings = settings
        self._storage = storage
        self._service = service
        self._submitter = submitter
        self._pending = pending
        self._gifs = gifs
        self._lock = threading.Lock()
        self._busy: set[str] = set()

    def step(self, key: str, request_id: str, left: SecondsLeft) -> Step:
        """Brings the entry with this key a step further. left: seconds for it. Raises GifOnUploadError."""
        try:
            found = self._pending.read(key, left)
        except EntryUnreadable as error:
            self._pending.fail(key, name_of(key), {}, ("EntryUnreadable", error.message), left)
            return Step.FAILED
        if found is None:
            return Step.REMOVED
        with self._alone(found.entry.record) as alone:
            if not alone:  # another attempt's entry of the same record, in this same run
                return Step.LEFT
            return self._step_in_time(Case(found, request_id, left))

    @contextmanager
    def _alone(self, record: str) -> Iterator[bool]:
        with self._lock:
            alone = record not in self._busy
            self._busy.add(record)
        try:
            yield alone
        finally:
            if alone:
                with self._lock:
                    self._busy.discard(record)

    def _step_in_time(self, case: Case) -> Step:
        if case.found.entry.deferred:
            return self._begin(case)
        limit = self._settings.give_up_after_hours * 3600
        why = "no end was seen"
        try:
            step = self._step(case)
            if step is not Step.LEFT or case.found.age <= limit:
                return step
        except Exception as fault:  # a fault of this function is not tried for ever, either
            if case.found.age <= limit:
                raise
            error = fault if isinstance(fault, GifOnUploadError) else UnexpectedError(fault)
            why = with_hint(error.message, error.hint)
        hours = self._settings.give_up_after_hours
        self._fail(case, case.found.entry.claim, "GivenUp", f"given up after {hours:g} hours: {why}")
        return Step.GIVEN_UP

    def _begin(self, case: Case) -> Step:
        """A deferred upload is submitted when that may be, and followed from then on: its time begins anew."""
        try:
            done = self._submit(case)
        except (GifTaskError, VideoNotFound, VideoUnusable):  # on record: the next run sees how it goes on
            pass
        else:
            if done is None or isinstance(done, Deferred):
                return Step.LEFT
        self._pending.no_longer_deferred(case.found, case.left)
        return Step.RESUBMITTED

    def _submit(self, case: Case, *, force: bool = False) -> Submission | Deferred | None:
        """None when another attempt is at it, or too little time is left."""
        lease = self._settings.claim_lease_seconds
        if case.left() <= lease:
            return None
        upload, patience = case.found.entry.upload, lambda: case.left() - lease
        try:
            return self._submitter.submit(upload, request_id=case.request_id, force=force, patience=patience)
        except ClaimHeld:
            return None

    def _step(self, case: Case) -> Step:
        entry = case.found.entry
        log = TrackingLog(self._settings, self._storage, entry.upload)
        try:
            history = log.read(case.left)
        except RecordUnreadable as error:
            self._fail(case, entry.claim, "RecordUnreadable", error.message)
            return Step.FAILED
        task, outcome = history.submitted, history.outcome
        if task and outcome and outcome["status"] == TASK_FAILED:  # killed before it was moved
            return self._move(case, task["claim"], outcome)
        # One that was to be looked at may have had to be made again, and nobody else follows that.
        is_made_again = entry.look and task and not outcome
        is_without = outcome and outcome["status"] == FINISHED and not outcome["gif"]
        if (entry.look and not is_made_again) or is_without:
            return self._look(case, task if outcome and outcome["status"] == FINISHED else None)
        if outcome:
            return self._remove(case, Step.REMOVED)
        if task:
            return self._follow(case, log, history, task)
        return self._unsubmitted(case, history)

    def _unsubmitted(self, case: Case, history: History) -> Step:
        """Submitted again, by the same Submitter, with a pause that grows with the time it has been followed."""
        found, last = case.found, history.last
        if last is None:
            self._fail(case, found.entry.claim, "RecordMissing", f"{found.entry.record} is not there")
            return Step.FAILED
        if last["status"] == FAILED and not last["retryable"]:
            reason = with_hint(last["message"], last.get("hint", ""))
            self._fail(case, last["claim"], last["code"] or last["error"], reason)
            return Step.FAILED
        if history.seconds_held or history.age < min(MAX_PAUSE_SECONDS, found.age / 2):
            return Step.LEFT
        return Step.RESUBMITTED if isinstance(self._submit(case), Submission) else Step.LEFT

    def _follow(self, case: Case, log: TrackingLog, history: History, task: Submitted) -> Step:
        started = time.monotonic()
        end = self._end_of(case, task)
        if end is None:
            return Step.LEFT
        if isinstance(end, Made):
            return self._finish(case, log, history, task, end, started)
        if isinstance(end, Replaced):
            return self._again(case, end)
        failed = failed_line(case, task, end)
        if not log.append_outcome(history, failed, case.left):
            return Step.LEFT
        return self._move(case, task["claim"], failed)

    def _end_of(self, case: Case, task: Submitted) -> Followed:
        """With the GIF stored; what it has overwritten of another upload's has that upload looked at again."""
        video = case.found.entry.upload
        end = self._service.follow(video, task, case.left)
        if isinstance(end, Made) and end.placed.has_overwritten:
            newer = video._replace(etag=end.placed.current, size=None)
            record = TrackingLog(self._settings, self._storage, newer).uri
            self._pending.look_again(newer, record, "", case.request_id, case.left)
        return end

    def _finish(
        self, case: Case, log: TrackingLog, history: History, task: Submitted, made: Made, started: float
    ) -> Step:
        placed = made.placed
        newer: Superseded = {} if placed.is_stored else {"superseded_by": placed.current}
        line: Finished = {
            "status": FINISHED,
            **stamp(task["claim"], case.request_id),
            "task_id": task["task_id"],
            "gif": self._gifs.uri(case.found.entry.upload) if placed.is_stored else "",
            "bytes": made.size,
            "content_type": made.content_type,
            "task_seconds": round(max(0.0, history.age) + time.monotonic() - started, 1),
            **newer,
        }
        if not log.append_outcome(history, line, case.left):
            return Step.LEFT
        if not placed.is_stored:
            # The key may have got this upload's content again just now: the next run looks, then removes it.
            return Step.FINISHED
        return self._remove(case, Step.FINISHED)

    def _look(self, case: Case, task: Submitted | None) -> Step:
        """task: of a record that has ended with a GIF; None where the GIF is still to come, or never will."""
        if task is not None and self._gifs.look(case.found.entry.upload, case.left)[0] is Fit.MISSING:
            end = self._end_of(case, task)
            if end is None:
                return Step.LEFT
            if isinstance(end, NoGif):
                reason = f"the video has this content again, and its GIF is not to be had any more: {end.reason}"
                self._fail(case, case.found.entry.claim or task["claim"], end.error_code, reason)
                return Step.FAILED
            if isinstance(end, Replaced):
                return self._again(case, end)
        return self._remove(case, Step.REMOVED)

    def _again(self, case: Case, end: Replaced) -> Step:
        """Another task, by the same Submitter: on record, and followed under the entry that is there."""
        log("WARNING", "another task is made", video=case.found.entry.video, reason=end.reason)
        try:
            done = self._submit(case, force=True)
        except SubmissionPaused:
            return Step.LEFT
        is_new = isinstance(done, Submission) and done.outcome != "already_submitted"
        return Step.RESUBMITTED if is_new else Step.LEFT

    def _move(self, case: Case, claim: str, line: TaskFailed) -> Step:
        reason = line["reason"] or line["error_name"] or "the task failed"
        self._fail(case, claim, line["error_code"], reason)
        return Step.FAILED

    def _fail(self, case: Case, claim: str, code: str, reason: str) -> None:
        facts = case.found.entry.model_dump(exclude_none=True)
        name = claim or name_of(case.found.name)
        self._pending.fail(case.found.name, name, facts, (code, reason), case.left)
        log("WARNING", "this video needs a person", video=case.found.entry.video, code=code, reason=reason)

    def _remove(self, case: Case, step: Step) -> Step:
        self._pending.remove(case.found.name, case.left)
        return step
