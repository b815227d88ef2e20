"""The handler: what an event names, submitted concurrently, answered together. Composition only."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from handler.advice import next_delivery
from handler.connections import Connections
from handler.credentials import Credentials, CurrentCredentials, FunctionContext, read_credentials
from handler.errors import GifOnUploadError, OutOfTime, SettingsError, UnexpectedError, VideosFailed
from handler.escaping import json_line
from handler.events import Rejected, Skipped, Video, read_event
from handler.gif_task import GifTaskClient
from handler.logs import log
from handler.redaction import remember_address
from handler.settings import MARGIN_SECONDS, Settings, read_settings
from handler.storage import Storage
from handler.submit import Submitter

#: How many videos of one event are on their way at the same time. On 0.25 vCPU more get no further.
THREADS = 8
#: Bytes of results in one log line: the older runtimes cut a line at 32 KiB, the newer ones at 128.
RESULTS_BYTES = 30_000

Item = Video | Skipped | Rejected
_Handled = tuple[dict[str, Any], GifOnUploadError | None]


class App:
    """All that lives as long as the instance: settings and clients with their kept-alive connections."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        remember_address(settings.callback_url)
        self._credentials = CurrentCredentials()
        connections = Connections(size=THREADS)
        storage = Storage(settings, self._credentials, connections)
        self._submitter = Submitter(settings, storage, GifTaskClient(settings, self._credentials, connections))

    def handle(self, event: bytes, request_id: str, credentials: Credentials) -> dict[str, Any]:
        """`{"results": [{"video", "outcome", …}]}` in the event's order.

        Raises EventError when the event is of no known kind; VideosFailed, when all were handled and any failed.
        """
        deadline = time.monotonic() + self._settings.timeout - MARGIN_SECONDS
        self._credentials.set(credentials)
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
        result: dict[str, Any] = {"outcome": "failed"}
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
        fields = {**result, "duration_ms": round((time.monotonic() - started) * 1000, 1), **_error_fields(error)}
        strange = isinstance(item, Skipped) and item.is_strange
        level = "ERROR" if error else "WARNING" if strange else "INFO"
        log(level, "video", request_id=request_id, **fields)
        return result, error

    def _submit(self, video: Video, request_id: str, force: bool, left: Callable[[], float]) -> dict[str, Any]:
        lease = self._settings.claim_lease_seconds
        if left() < lease:
            raise OutOfTime(
                f"{video.uri}: the invocation has too little time left to begin",
                hint=f"name fewer videos in one event, or raise the timeout; {next_delivery('handles it')}",
            )
        # A process that is killed leaves this line, by which the video is found.
        log("INFO", "begun", request_id=request_id, video=video.uri, etag=video.etag)
        done = self._submitter.submit(video, request_id=request_id, force=force, patience=lambda: left() - lease)
        return {"outcome": done.outcome, "task_id": done.task_id, "record": done.record}


_app: App | None = None


def initialize(context: FunctionContext) -> None:
    """Function Compute's initializer: checks the settings and builds the clients; raises SettingsError."""
    global _app
    try:
        _app = _build(context)
    except SettingsError as error:
        # The platform does not hand over the event that wanted this instance, so no video can be named here.
        log("ERROR", "the function cannot start", **_error_fields(error))
        raise


def handler(event: bytes, context: FunctionContext) -> dict[str, Any]:
    """Function Compute's handler: see App.handle."""
    global _app
    if _app is None:
        _app = _build(context)
    try:
        return _app.handle(event, context.request_id, read_credentials(context, os.environ))
    except VideosFailed:
        raise  # each failure has its line
    except GifOnUploadError as error:
        log("ERROR", "event refused", request_id=context.request_id, **_error_fields(error))
        raise


def _build(context: FunctionContext) -> App:
    region = context.region or os.environ.get("FC_REGION", "")
    settings = read_settings(os.environ, region=region, timeout=float(context.function.timeout))
    for warning in settings.warnings:
        log("WARNING", warning)
    return App(settings)


def _log_results(results: list[dict[str, Any]], request_id: str) -> None:
    """`{"results": […]}` as one line; as several, each with its place among them, where it would be cut."""
    parts: list[list[dict[str, Any]]] = [[]]
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


def _error_fields(error: GifOnUploadError | None) -> dict[str, Any]:
    if error is None:
        return {}
    return {
        "error": type(error).__name__,
        "code": error.code or None,
        "detail": str(error),
        "retryable": error.retryable,
        "api_request_id": error.request_id or None,
    }
