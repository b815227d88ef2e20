"""Waiting, in tests, for what the cloud does by itself."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from harness.fc import FunctionCompute

T = TypeVar("T")
#: seconds between two looks at what has no event, and invocations that a message shows
_PAUSE, _SHOWN = 0.01, 5


class NotSettled(TimeoutError):
    """What was waited for has not come; the message says what ran meanwhile, and what is still to run."""


def settle(fc: FunctionCompute, seconds: float) -> None:
    """Until every accepted event has ended, with its retries. Raises NotSettled."""
    if not fc.drain(seconds):
        raise NotSettled(f"after {seconds:g} s, not every delivery has ended; {_situation(fc)}")


def wait_for(fc: FunctionCompute, condition: Callable[[], T], seconds: float, what: str) -> T:
    """What `condition` gives, as soon as that is true. Raises NotSettled."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        if time.monotonic() > deadline:
            raise NotSettled(
                f"after {seconds:g} s, {what} has not come; the last answer was {found!r}; {_situation(fc)}"
            )
        time.sleep(_PAUSE)
    return found


def _situation(fc: FunctionCompute) -> str:
    latest = [repr(record) for record in fc.invocations[-_SHOWN:]]
    ran = "; the latest invocations: " + ", ".join(latest) if latest else "; no function has run"
    return f"deliveries that have not ended: {fc.pending}{ran}"
