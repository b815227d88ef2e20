"""The collector: every pending entry one step further, concurrently and within its time; one line for each run."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypedDict

from handler.app import error_fields
from handler.callback_token import is_genuine
from handler.collect_events import CheckEvent, DeadLetter, HttpEvent, read_collect_event
from handler.credentials import Credentials, CurrentCredentials
from handler.dead_letters import DeadLetters
from handler.errors import GifOnUploadError, SettingsError, UnexpectedError
from handler.follow import Follower
from handler.logs import log
from handler.pending import PendingEntries, is_deferred
from handler.settings import MARGIN_SECONDS, Settings
from handler.step import Step
from handler.storage import SecondsLeft
from handler.wire import Limit

if TYPE_CHECKING:
    from handler.checks import CheckResults, Checks
    from handler.gate import Gate

#: How many entries are worked on at the same time.
THREADS = 16
#: No entry is begun with less: a step's requests are few, but each may take its time.
LEAST_SECONDS = 15.0
_CLAIM = re.compile(r"[0-9a-f]{32}")


class Run(TypedDict):
    """What one run found and did. oldest_pending_seconds: by OSS's clock. left: for the next run.

    deferred: those that wait because no task may be made now; they are in none of the other numbers.
    """

    pending: int
    deferred: int
    oldest_pending_seconds: float
    finished: int
    failed: int
    resubmitted: int
    given_up: int
    removed: int
    left: int


class HttpAnswer(TypedDict):
    """What the HTTP trigger answers."""

    statusCode: int
    headers: dict[str, str]
    body: str
    isBase64Encoded: bool


class Letter(TypedDict):
    dead_letter: str
    kept: bool


class Collector:
    """The collecting function: one per instance."""

    def __init__(
        self,
        settings: Settings,
        credentials: CurrentCredentials,
        pending: PendingEntries,
        follower: Follower,
        letters: DeadLetters,
        checks: Callable[[], Checks],
        gate: Gate | None = None,
    ) -> None:
        self._gate = gate
        self._checks = checks
        self._settings = settings
        self._credentials = credentials
        self._pending = pending
        self._follower = follower
        self._letters = letters

    def handle(
        self, event: bytes, request_id: str, credentials: Credentials
    ) -> Run | HttpAnswer | Letter | CheckResults:
        """One event, by its form. Raises EventError; StorageError when nothing could be done."""
        left = Limit(self._settings.timeout - MARGIN_SECONDS).left
        self._credentials.set(credentials)
        found = read_collect_event(event)
        if isinstance(found, CheckEvent):
            return self._checks().collector(event, left)
        if isinstance(found, HttpEvent):
            return self.called_back(found, request_id, left)
        if isinstance(found, DeadLetter):
            return _done(found, request_id, kept=self._letters.keep(found, left))
        return self.run(request_id, left)

    def run(self, request_id: str, left: SecondsLeft) -> Run:
        entries = list(self._pending.list(left))
        waiting = [entry for entry in entries if self._waits(entry.key)]
        entries = [entry for entry in entries if not self._waits(entry.key)]
        oldest = max((entry.age for entry in entries), default=0.0)
        keys = [entry.key for entry in entries]
        # In any order: when time runs out, the next run does not begin with the same ones.
        random.shuffle(keys)
        steps: Counter[Step] = Counter()
        if keys:
            with ThreadPoolExecutor(min(THREADS, len(keys))) as pool:
                steps.update(pool.map(lambda key: self._step(key, request_id, left), keys))
        run: Run = {
            "pending": len(keys),
            "deferred": len(waiting),
            "oldest_pending_seconds": max(0.0, oldest),
            "finished": steps[Step.FINISHED],
            "failed": steps[Step.FAILED],
            "resubmitted": steps[Step.RESUBMITTED],
            "given_up": steps[Step.GIVEN_UP],
            "removed": steps[Step.REMOVED],
            "left": steps[Step.LEFT],
        }
        log("INFO", "collected", request_id=request_id, **run)
        return run

    def _waits(self, key: str) -> bool:
        return bool(self._gate and self._gate.is_closed and is_deferred(key))

    def called_back(self, event: HttpEvent, request_id: str, left: SecondsLeft) -> HttpAnswer:
        """A callback is a reason to look at its entry now. What it says is not read, and not believed."""
        claim, given = (event.queryParameters.get(name, "") for name in ("claim", "token"))
        secret = self._settings.collect_secret
        if not secret or not _CLAIM.fullmatch(claim) or not is_genuine(secret, claim, given):
            log("WARNING", "a callback with a wrong token", request_id=request_id)
            return _answer(403, "Forbidden")
        step = self._step(self._pending.key_of(claim), request_id, left)
        log("INFO", "called back", request_id=request_id, claim=claim, step=step.value)
        return _answer(200, "OK")

    def _step(self, key: str, request_id: str, left: SecondsLeft) -> Step:
        """An entry that cannot be worked on now stays for the next run, and stops no other."""
        if left() < LEAST_SECONDS:
            return Step.LEFT
        error: GifOnUploadError
        try:
            return self._follower.step(key, request_id, left)
        except GifOnUploadError as failure:
            error = failure
        except Exception as fault:  # noqa: BLE001 - whatever it is, the other entries are worked on
            error = UnexpectedError(fault)
        log("WARNING", "left for the next run", request_id=request_id, entry=key, **error_fields(error))
        return Step.LEFT


class OnlyLetters:
    """The collecting function while settings are wrong: dead letters come but once, so it keeps them all the same.

    settings: as read_places gives them. error: what is wrong, and raised for everything else.
    """

    def __init__(
        self, settings: Settings, error: SettingsError, credentials: CurrentCredentials, letters: DeadLetters
    ) -> None:
        self._settings = settings
        self._error = error
        self._credentials = credentials
        self._letters = letters

    def handle(self, event: bytes, request_id: str, credentials: Credentials) -> Letter:
        """As Collector.handle, of a dead letter. Whether its videos are on record is not asked."""
        left = Limit(self._settings.timeout - MARGIN_SECONDS).left
        self._credentials.set(credentials)
        found = read_collect_event(event)
        if not isinstance(found, DeadLetter):
            raise self._error
        self._letters.note(found, left)
        return _done(found, request_id, kept=True)


def _done(letter: DeadLetter, request_id: str, *, kept: bool) -> Letter:
    about = letter.requestContext
    level = "ERROR" if kept else "INFO"
    log(level, "dead letter", request_id=request_id, letter=about.requestId, condition=about.condition, kept=kept)
    return {"dead_letter": about.requestId, "kept": kept}


def _answer(status: int, body: str) -> HttpAnswer:
    headers = {"Content-Type": "text/plain"}
    return {"statusCode": status, "headers": headers, "body": body, "isBase64Encoded": False}
