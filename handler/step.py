"""What one step of following works on, and what it can end with."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from handler.pending import Found
from handler.record import TASK_FAILED, Submitted, TaskFailed, stamp
from handler.redaction import redact
from handler.service import NoGif
from handler.storage import SecondsLeft


class Step(str, Enum):
    """What became of an entry in one run. All but LEFT and RESUBMITTED take it off the list."""

    FINISHED = "finished"
    FAILED = "failed"
    RESUBMITTED = "resubmitted"
    GIVEN_UP = "given_up"
    LEFT = "left"
    #: Its record had come to an end before.
    REMOVED = "removed"


class Case(NamedTuple):
    """One entry in one run."""

    found: Found
    request_id: str
    left: SecondsLeft


def name_of(key: str) -> str:
    return key.rsplit("/", 1)[-1].removesuffix(".json")


def with_hint(message: str, hint: str) -> str:
    """A reason for a person: what is wrong and, where that is known, what to do; as an error's own text has it."""
    return f"{message} → {hint}" if hint else message


def failed_line(case: Case, task: Submitted, end: NoGif) -> TaskFailed:
    """What the service says is redacted: a reason may repeat a signed URL."""
    return {
        "status": TASK_FAILED,
        **stamp(task["claim"], case.request_id),
        "task_id": task["task_id"],
        "error_code": redact(end.error_code),
        "error_name": redact(end.error_name),
        "reason": redact(end.reason),
    }
