"""What an event names: submitted concurrently, answered together, each video with its line in the log."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypedDict

from handler.advice import next_delivery
from handler.credentials import Credentials, CurrentCredentials
from handler.errors import GifOnUploadError, OutOfTime, UnexpectedError, VideosFailed
from handler.escaping import json_line
from handler.events import Rejected, Skipped, read_event
from handler.logs import log
from handler.record import TaskId
from handler.settings import MARGIN_SECONDS, Settings
from handler.submit import Deferred, Submitter
from handler.video import Video

if TYPE_CHECKING:
    from handler.checks import CheckResults, Checks

#: How many videos of one event are on their way at the same time. On 0.25 vCPU more get no further.
THREADS = 8
#: Bytes of results in one log line: the older runtimes cut a line at 32 KiB, the newer ones at 128.
RESULTS_BYTES = 30_000

Item = Video | Skipped | Rejected


class Result(TypedDict, total=False):
    """What became of one entry of an event. video: its URI, or its place in the event."""

    video: str
    outcome: str
    task_id: TaskId
    record: str
    reason: str
    error: str


class Results(TypedDict):
    """The function's answer, in the event's order."""

    results: list[Result]


_Handled = tuple[Result, "GifOnUploadError | None"]


class App:
    """The submitting function: one per instance. checks: makes what tries its permissions."""

    def __init__(
        self,
        settings: Settings,
        credentials: CurrentCredentials,
        submitter: Submitter,
        checks: Callable[[], Checks],
    ) -> None:
        self._settings = settings
        self._credentials = credentials
        self._submitter = submitter
        self._checks = checks

    def handle(self, event: bytes, request_id: str, credentials: Credentials) -> Results | CheckResults:
        """`{"results": [{"video", "outcome", …}]}` in the event's order; of `{"check": true}`, what was tried.

        Raises EventError when the event is of no known kind; VideosFailed, when all were handled and any failed.
        """
        deadline = time.monotonic() + self._settings.timeout - MARGIN_SECONDS
        self._credentials.set(credentials)
        if b'"check"' in event:
            from handler.checks import asks_for_checks

            if asks_for_checks(event):
                return self._checks().submitter(event, lambda: deadline - time.monotonic())
        return self._submit_all(event, request_id, deadline)

    def _submit_all(self, event: bytes, request_id: str, deadline: float) -> Results:
        batch = read_event(event, self._settings)

        def run(item: Item) -> _Handled:
            return self._handle_one(item, request_id, batch.force, lambda: deadline - time.monotonic())

        # The same upload twice in one event is one upload.
        unique = list(dict.fromkeys(batch.items))
        if len(unique) == 1:
            handled = {unique[0]: run(unique[0])}
        else:
            # In any order: when time runs out, the next delivery does not begin with what is done already.
            random.shuffle(unique)
            with ThreadPoolExecutor(min(THREADS, len(unique))) as pool:
                handled = dict(zip(unique, pool.map(run, unique), strict=True))
        results = [handled[item] for item in batch.items]
        failures = [(result["video"], error) for result, error in results if error is not None]
        if failures:
            # The caller gets the exception only; what was done stays done, and its TaskIds are worth knowing.
            _log_results([result for result, _ in results], request_id)
            raise VideosFailed(failures, len(results))
        return {"results": [result for result, _ in results]}

    def _handle_one(self, item: Item, request_id: str, force: bool, left: Callable[[], float]) -> _Handled:
        """One entry of the event: its result and, when it failed, its error. Logs one line."""
        started = time.monotonic()
        error: GifOnUploadError | None = None
        result: Result = {"outcome": "failed"}
        if isinstance(item, Skipped):
            result = {"outcome": "skipped", "reason": item.reason}
        elif isinstance(item, Rejected):
            error = item.error
        else:
            try:
                result = self._submit(item, request_id, force, left)
            except GifOnUploadError as failure:
                error = failure
            except Exception as fault:  # noqa: BLE001 - whatever it is, the other videos are handled
                error = UnexpectedError(fault)
        name = item.uri or item.where if isinstance(item, Rejected) else item.uri
        result = {"video": name, **result, **({"error": type(error).__name__} if error else {})}
        fields = {**result, "duration_ms": round((time.monotonic() - started) * 1000, 1), **error_fields(error)}
        strange = isinstance(item, Skipped) and item.is_strange
        level = "ERROR" if error else "WARNING" if strange else "INFO"
        log(level, "video", request_id=request_id, **fields)
        return result, error

    def _submit(self, video: Video, request_id: str, force: bool, left: Callable[[], float]) -> Result:
        lease = self._settings.claim_lease_seconds
        if left() < lease:
            raise OutOfTime(
                f"{video.uri}: the invocation has too little time left to begin",
                hint=f"name fewer videos in one event, or raise the timeout; {next_delivery('handles it')}",
            )
        # A process that is killed leaves this line, by which the video is found.
        log("INFO", "begun", request_id=request_id, video=video.uri, etag=video.etag)
        done = self._submitter.submit(video, request_id=request_id, force=force, patience=lambda: left() - lease)
        if isinstance(done, Deferred):
            return {"outcome": "deferred", "reason": done.reason, "record": done.record}
        return {"outcome": done.outcome, "task_id": done.task_id, "record": done.record}


def _log_results(results: list[Result], request_id: str) -> None:
    """`{"results": […]}` as one line; as several, each with its place among them, where it would be cut."""
    parts: list[list[Result]] = [[]]
    room = RESULTS_BYTES
    for result in results:
        size = len(json_line(result).encode()) + 1
        if size > room and parts[-1]:
            parts.append([])
            room = RESULTS_BYTES
        parts[-1].append(result)
        room -= size
    for number, part in enumerate(parts, 1):
        place = {"part": number, "parts": len(parts)} if len(parts) > 1 else {}
        log("INFO", "results", request_id=request_id, **place, results=part)


def error_fields(error: GifOnUploadError | None) -> dict[str, object]:
    if error is None:
        return {}
    return {
        "error": type(error).__name__,
        "code": error.code or None,
        "detail": str(error),
        "retryable": error.retryable,
        "api_request_id": error.request_id or None,
    }
