"""The handler: what an event names, submitted concurrently, answered together. Composition only."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from handler.credentials import CurrentCredentials, FunctionContext, read_credentials
from handler.errors import GifOnUploadError, OutOfTime, VideosFailed
from handler.events import Rejected, Skipped, Video, read_event
from handler.gif_task import GifTaskClient
from handler.logs import log
from handler.settings import MARGIN_SECONDS, Settings, read_settings
from handler.storage import Storage
from handler.submit import Submitter

#: How many videos of one event are on their way at the same time.
THREADS = 16


class App:
    """All that lives as long as the instance: settings and clients with their kept-alive connections."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.credentials = CurrentCredentials()
        session = requests.Session()
        # The environment is the platform's, and looking there for proxies and .netrc costs time on every request.
        session.trust_env = False
        session.mount("https://", HTTPAdapter(pool_maxsize=THREADS))
        session.mount("http://", HTTPAdapter(pool_maxsize=THREADS))
        storage = Storage(settings, self.credentials, session)
        tasks = GifTaskClient(settings, self.credentials, session)
        self.submitter = Submitter(settings, storage, tasks)


_app: App | None = None


def initialize(context: FunctionContext) -> None:
    """Function Compute's initializer: checks the settings and builds the clients; raises SettingsError."""
    global _app
    settings = read_settings(os.environ, region=_region(context), timeout=float(context.function.timeout))
    for warning in settings.warnings:
        log("WARNING", warning)
    _app = App(settings)


def handler(event: bytes, context: FunctionContext) -> dict[str, Any]:
    """Function Compute's handler: `{"results": [{"video", "outcome", …}]}` in the event's order.

    Raises EventError when the event is of no known kind; VideosFailed, after all were handled, when any failed.
    """
    started = time.monotonic()
    if _app is None:
        initialize(context)
    assert _app is not None
    app = _app
    try:
        app.credentials.set(read_credentials(context, os.environ))
        batch = read_event(event, app.settings)
    except GifOnUploadError as error:
        log("ERROR", "refused", request_id=context.request_id, **_error_fields(error))
        raise

    def time_left() -> float:
        return float(context.function.timeout) - MARGIN_SECONDS - (time.monotonic() - started)

    def run(item: Video | Skipped | Rejected) -> _Handled:
        return _handle(app, item, context.request_id, batch.force, time_left)

    # The same upload twice in one event is one upload.
    unique = list(dict.fromkeys(batch.items))
    if len(unique) == 1:
        handled = {unique[0]: run(unique[0])}
    else:
        with ThreadPoolExecutor(min(THREADS, len(unique))) as pool:
            handled = dict(zip(unique, pool.map(run, unique), strict=True))
    results = [handled[item] for item in batch.items]
    failures = [(result["video"], error) for result, error in results if error is not None]
    if failures:
        raise VideosFailed(failures, len(results))
    return {"results": [result for result, _ in results]}


_Handled = tuple[dict[str, Any], GifOnUploadError | None]


def _handle(
    app: App, item: Video | Skipped | Rejected, request_id: str, force: bool, time_left: Callable[[], float]
) -> _Handled:
    """One entry of the event: its result and, when it failed, its error. Logs one line."""
    started = time.monotonic()
    error: GifOnUploadError | None = None
    result: dict[str, Any]
    if isinstance(item, Skipped):
        result = {"video": item.uri, "outcome": "skipped", "reason": item.reason}
    elif isinstance(item, Rejected):
        error, result = item.error, {"video": item.where, "outcome": "failed"}
    else:
        try:
            result = _submit(app, item, request_id, force, time_left)
        except GifOnUploadError as failure:
            error, result = failure, {"video": item.uri, "outcome": "failed"}
    log(
        "ERROR" if error else "INFO",
        result["outcome"],
        request_id=request_id,
        **result,
        duration_ms=round((time.monotonic() - started) * 1000, 1),
        **(_error_fields(error) if error else {}),
    )
    return result, error


def _submit(
    app: App, video: Video, request_id: str, force: bool, time_left: Callable[[], float]
) -> dict[str, Any]:
    lease = app.settings.claim_lease_seconds
    if time_left() < lease:
        raise OutOfTime(
            f"{video.uri}: the invocation has too little time left to begin",
            hint="the next delivery handles it; name fewer videos in one event, or raise the function's timeout",
        )
    submission = app.submitter.submit(
        video, request_id=request_id, force=force, patience=lambda: time_left() - lease
    )
    return {
        "video": video.uri,
        "outcome": submission.outcome,
        "task_id": submission.task_id,
        "record": submission.record,
    }


def _error_fields(error: GifOnUploadError) -> dict[str, Any]:
    return {
        "error": type(error).__name__,
        "code": error.code or None,
        "detail": str(error),
        "retryable": error.retryable,
        "api_request_id": error.request_id or None,
    }


def _region(context: FunctionContext) -> str:
    return str(getattr(context, "region", "") or os.environ.get("FC_REGION", ""))
