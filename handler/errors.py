"""Everything that can go wrong, as one tree.

GifOnUploadError
├── SettingsError             a setting is missing or wrong (every problem in one message)
├── CredentialsError          the function has no STS credentials
├── EventError                the event, or one of its records, cannot be understood
├── VideoNotFound             the video, or its bucket, is not there
├── VideoUnusable             it is there, but no GIF can come of it as it is: archived, or a text
├── StorageError              OSS refused or could not be reached
│   ├── StorageDenied         the function's role lacks a permission
│   └── AppendConflict        the tracking log is longer than we thought: somebody else wrote
├── TrackingError             the tracking log does not allow to go on
│   ├── EntryUnreadable       a pending entry was changed by somebody else
│   ├── RecordUnreadable      it was changed by somebody else, and cannot be understood
│   ├── ClaimHeld             another attempt holds the video for longer than this one may wait
│   ├── LeaseTooShort         this attempt was held up, and gave up before it could submit twice
│   ├── RecordNotWritten      the task exists, and is not on record yet: a later delivery finds it
│   ├── EntryNotWritten       the task is on record, and not followed yet: a later delivery sees to it
│   └── OrphanedTask          a task was created that no record will name
├── SubmissionPaused          no task may be made now, and what was asked for cannot wait on a list
├── OutOfTime                 the invocation's time is used up; this video was not begun
├── GifTaskError              CreateGifTask or ListTasks failed
│   ├── RequestRejected       a parameter, the version or the time stamp is wrong
│   ├── AccessRefused         credentials or permissions
│   ├── ServiceNotActive      the service is not opened, not selected, or its trial has ended
│   ├── BalanceNotEnough      the account has to be topped up
│   ├── LimitExceeded         a quota of the service is used up
│   ├── NotProcessed          surely not processed: throttled, overloaded or unreachable
│   └── OutcomeUnknown        sent, and no answer that tells: the task may exist
├── ResultError               what the task's result leads to could not be stored
│   ├── ResultNotFetched      it could not be fetched now: the next run asks for a new address
│   └── ResultUnusable        it does not lead to an image, or may not be fetched
├── UnexpectedError           a fault of this function
└── VideosFailed              one or more videos of an event failed; names each
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from handler.escaping import escaped, shortened
from handler.redaction import redact

#: Characters of a message, and of a code or request id. A service may send megabytes, and a log line has an end.
MOST_TEXT, MOST_WORD = 4000, 128


class GifOnUploadError(Exception):
    """Base of all. `str()` is one message that says what, where and what to do.

    code, request_id: of the service that refused, "" where there is none. retryable: whether the same request may
    succeed later without anybody changing anything. hint: what an operator can do, "" where the message says it.
    Secrets are removed, what could break the line is escaped, and a long text ends: whoever wrote it, it is safe.
    """

    retryable = False
    #: A list of problems is several lines, each of our own making.
    is_list: ClassVar[bool] = False

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        code: str = "",
        http_status: int | None = None,
        request_id: str = "",
        retryable: bool | None = None,
    ) -> None:
        self.message = escaped(redact(message), keep="\n" if self.is_list else "")
        if not self.is_list:
            self.message = shortened(self.message, MOST_TEXT)
        self.hint = escaped(hint)
        self.code = _word(code)
        self.http_status = http_status
        self.request_id = _word(request_id)
        if retryable is not None:
            self.retryable = retryable
        tail = f" (request id {self.request_id})" if request_id else ""
        super().__init__(f"{self.message}{tail}" + (f" → {self.hint}" if hint else ""))


def _word(text: str) -> str:
    return shortened(escaped(redact(text)), MOST_WORD)


class SettingsError(GifOnUploadError):
    """A setting is missing or wrong."""

    is_list = True


class CredentialsError(GifOnUploadError):
    """The function has no STS credentials."""


class EventError(GifOnUploadError):
    """The event, or one of its records, cannot be understood."""


class VideoNotFound(GifOnUploadError):
    """The video, or its bucket, is not there."""


class VideoUnusable(GifOnUploadError):
    """It is there, but no GIF can come of it as it is."""


class StorageError(GifOnUploadError):
    """OSS refused or could not be reached."""


class StorageDenied(StorageError):
    """The function's role lacks a permission."""


class AppendConflict(StorageError):
    """AppendObject named another position than the object's length."""


class TrackingError(GifOnUploadError):
    """The tracking log does not allow to go on."""

    retryable = True


class RecordUnreadable(TrackingError):
    """The tracking log cannot be understood."""

    retryable = False


class EntryUnreadable(TrackingError):
    """A pending entry cannot be understood."""

    retryable = False


class ClaimHeld(TrackingError):
    """Another attempt holds the video for longer than this one may wait."""


class LeaseTooShort(TrackingError):
    """Held up for so long that submitting now could be submitting twice."""


class RecordNotWritten(TrackingError):
    """The task exists, and is not on record yet: a later delivery finds it with ListTasks."""


class EntryNotWritten(TrackingError):
    """The task is on record, and its pending entry could not be written: a later delivery writes it."""


class OrphanedTask(TrackingError):
    """A task too many: another attempt has recorded another one, and no record will name this one."""


class SubmissionPaused(GifOnUploadError):
    """No task may be made now, and what was asked for cannot wait on a list."""


class OutOfTime(GifOnUploadError):
    """The invocation's time is used up; this video was not begun."""

    retryable = True


class GifTaskError(GifOnUploadError):
    """CreateGifTask or ListTasks failed. `retry_after`: seconds, when the service asked for some."""

    retry_after = 0.0


class RequestRejected(GifTaskError):
    """A parameter, the version or the time stamp is wrong."""


class AccessRefused(GifTaskError):
    """Credentials or permissions."""


class ServiceNotActive(GifTaskError):
    """The service is not opened, not selected, or its trial has ended."""


class BalanceNotEnough(GifTaskError):
    """The account has to be topped up."""


class LimitExceeded(GifTaskError):
    """A quota of the service is used up."""


class NotProcessed(GifTaskError):
    """Surely not processed: throttled, overloaded or unreachable."""

    retryable = True


class OutcomeUnknown(GifTaskError):
    """Sent, and no answer that tells: the task may exist."""

    retryable = True


class ResultError(GifOnUploadError):
    """What the task's result leads to could not be stored."""


class ResultNotFetched(ResultError):
    """It could not be fetched now; a later run asks for a new address."""

    retryable = True


class ResultUnusable(ResultError):
    """The address does not lead to an image, or nothing may be fetched from it."""


class UnexpectedError(GifOnUploadError):
    """A fault of this function. Only its kind and place are told: its own message may hold anything."""

    retryable = True

    def __init__(self, fault: Exception) -> None:
        trace = fault.__traceback__
        while trace and trace.tb_next:
            trace = trace.tb_next
        place = f" at {trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else ""
        super().__init__(f"unexpected {type(fault).__name__}{place}", hint="report it; nothing else is affected")


class VideosFailed(GifOnUploadError):
    """One or more videos of an event failed; `failures` are (video, error) pairs."""

    def __init__(self, failures: Iterable[tuple[str, GifOnUploadError]], total: int) -> None:
        self.failures = tuple(failures)
        lines = [f"{len(self.failures)} of {total} failed; what was done stays done, and delivering again is safe"]
        lines += [
            f"{escaped(video)}: {type(error).__name__}: {error}" for video, error in self.failures[:MOST_NAMED]
        ]
        if (others := len(self.failures) - MOST_NAMED) > 0:
            lines.append(f"and {others} more, each with a line in the log")
        super().__init__(lines[0], retryable=any(error.retryable for _, error in self.failures))
        # Each error was redacted as it was made; once more, and a part of one could take the others with it.
        self.message = "\n".join(lines)
        self.args = (self.message,)


#: How many videos one message names: with all of ten thousand it would be megabytes long.
MOST_NAMED = 1000
