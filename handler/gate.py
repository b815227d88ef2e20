"""Whether another task may be made now: not while it is paused, and not more than MAX_TASKS_PER_DAY.

What may not be made now is deferred: it waits on the pending list, and the collector submits it when it may be.
PAUSED is a setting, and not an object to be read, because it then costs no request for any video, and holds from
the next invocation on: Function Compute starts new instances for a changed configuration.
"""

from __future__ import annotations

import threading
from datetime import datetime, timezone
from typing import NamedTuple

from handler.errors import AppendConflict
from handler.settings import Settings
from handler.storage import SecondsLeft, Storage, insist

DAYS = ".days/"
#: An instance takes a hundredth of a day's tasks at a time, so that it asks once for several, and loses few.
_SHARE, _MOST_AT_A_TIME = 100, 16


class Leave(NamedTuple):
    """To make a task. why_not: "" where it is given, and then it counts. day: of which it is one."""

    why_not: str = ""
    day: str = ""


class Gate:
    """One per instance, used by many threads."""

    def __init__(self, settings: Settings, storage: Storage) -> None:
        self._is_paused = settings.paused
        self._most = settings.max_tasks_per_day
        self._day = _Day(storage, settings, self._most) if self._most is not None else None

    def ask(self, left: SecondsLeft) -> Leave:
        """Raises StorageError."""
        if self._is_paused:
            return Leave("paused (PAUSED): it waits until that is over")
        if self._day is None:
            return Leave()
        if day := self._day.take(left):
            return Leave(day=day)
        return Leave(f"the day's {self._most:,} tasks are made (MAX_TASKS_PER_DAY): it waits for the next day")

    def give_back(self, leave: Leave) -> None:
        """The task that was counted has not been made, and never will be."""
        if self._day:
            self._day.give_back(leave.day)

    @property
    def is_closed(self) -> bool:
        """As far as is known without asking."""
        return self._is_paused or bool(self._day and self._day.is_used_up)


class _Day:
    """A UTC day's tasks, counted for all instances: one object, a byte for each task that may be made.

    Appending is compare-and-swap, so no byte is given to two. What an instance has taken and not used when it ends
    is lost to that day. The day is that of the instance's clock.
    """

    def __init__(self, storage: Storage, settings: Settings, most: int) -> None:
        self._storage = storage
        self._bucket, self._folder = settings.tracking_bucket, f"{settings.tracking_prefix}{DAYS}"
        self._most = most
        self._lock = threading.Lock()
        self._date = ""
        self._taken = 0
        self._held = 0
        self._is_used_up = False

    def take(self, left: SecondsLeft) -> str:
        """The date; "" when there is none left."""
        with self._lock:
            self._begin()
            if not self._held and not self._is_used_up:
                self._held = self._reserve(left)
                self._is_used_up = not self._held
            if not self._held:
                return ""
            self._held -= 1
            return self._date

    def give_back(self, date: str) -> None:
        """What is of yesterday would be one too many today."""
        with self._lock:
            self._begin()
            self._held += date == self._date

    @property
    def is_used_up(self) -> bool:
        with self._lock:
            self._begin()
            return self._is_used_up and not self._held

    def _begin(self) -> None:
        today = _today()
        if today != self._date:
            self._date, self._taken, self._held, self._is_used_up = today, 0, 0, False

    def _reserve(self, left: SecondsLeft) -> int:
        key = f"{self._folder}{self._date}"
        at_a_time = max(1, min(_MOST_AT_A_TIME, self._most // _SHARE))
        while (share := min(at_a_time, self._most - self._taken)) > 0:
            try:
                self._storage.append(self._bucket, key, self._taken, b"." * share)
            except AppendConflict:
                stored = insist(lambda: self._storage.read(self._bucket, key), left)
                self._taken = len(stored.content) if stored else 0
            else:
                self._taken += share
                return share
        return 0


def _today() -> str:
    return datetime.now(timezone.utc).strftime("%Y-%m-%d")
