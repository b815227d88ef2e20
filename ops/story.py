"""A record told: one line for each step, and when it was, from the first one on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from handler.record import CLAIMED, FAILED, FINISHED, SUBMITTED, TASK_FAILED, UNKNOWN
from ops.output import ago, size_of
from ops.records import Record
from ops.times import moment


class Step(NamedTuple):
    """after: seconds since the first line, by the instances' clocks; None where a line does not say when."""

    status: str
    at: datetime | None
    after: float | None
    text: str


def story(record: Record) -> list[Step]:
    """In the order of the lines; none of a record that cannot be read."""
    steps: list[Step] = []
    first: datetime | None = None
    for line in record.history.lines:
        at = moment(line.get("at"))
        first = first or at
        after = (at - first).total_seconds() if at and first else None
        steps.append(Step(line["status"], at, after, _told(line, is_first=not steps)))
    return steps


def later(seconds: float) -> str:
    """`+0.05 s`, `+41 s`, `+12 min`."""
    return f"+{seconds:.2f} s" if abs(seconds) < 10 else f"+{ago(seconds)}"


def _told(line: Mapping[str, Any], *, is_first: bool) -> str:
    status = line["status"]
    if status == CLAIMED:
        who = "an attempt begins" if is_first else "another attempt begins"
        forced = ", because somebody insists on another task" if line.get("forced") else ""
        return f"{who}{forced} (request {line.get('request_id')})"
    if status == SUBMITTED:
        return _submitted(line)
    if status == FAILED:
        then = "the next delivery tries again" if line.get("retryable") else "no retry helps"
        return f"{_problem(line)}; {then}"
    if status == UNKNOWN:
        return f"{_problem(line)}; whether there is a task, the next attempt asks first"
    if status == FINISHED:
        return _finished(line)
    assert status == TASK_FAILED
    return f"the service made no GIF: {reason_of(line)}"


def _submitted(line: Mapping[str, Any]) -> str:
    if line.get("adopted"):
        return f"task {line['task_id']}, which an earlier attempt had made, was found"
    if line.get("not_searched"):
        return f"task {line['task_id']} was made; there may be another one ({line['not_searched']})"
    alone = "" if line.get("followed", True) else "; its pending entry could not be written"
    return f"task {line['task_id']} was made{alone}"


def _finished(line: Mapping[str, Any]) -> str:
    if not line.get("gif"):
        return f"no GIF is kept: by then the key held other content, of eTag {line.get('superseded_by')}"
    size = f", {size_of(line['bytes'])}" if isinstance(line.get("bytes"), int) else ""
    seconds = line.get("task_seconds")
    took = f", {seconds:g} s after the task was made" if isinstance(seconds, (int, float)) else ""
    return f"the GIF is stored{size}{took}"


def reason_of(line: Mapping[str, Any]) -> str:
    """Why a task failed, as the service says it, each thing once."""
    parts = [str(line.get(name) or "") for name in ("error_code", "error_name", "reason")]
    return ": ".join(dict.fromkeys(part for part in parts if part)) or "it does not say why"


def _problem(line: Mapping[str, Any]) -> str:
    code, message = str(line.get("code") or ""), str(line.get("message") or line.get("error") or "")
    return message if code in message else f"{code}: {message}"
