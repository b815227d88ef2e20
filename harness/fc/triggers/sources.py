"""Where triggers take effect, by their kind."""

from __future__ import annotations

from typing import Any

from harness.fc.control.surroundings import BucketEvents
from harness.fc.triggers.http import HttpTriggers
from harness.fc.triggers.specs import HttpTrigger, OssTrigger, TimerTrigger, Trigger
from harness.fc.triggers.timers import Timers


class TriggerSources:
    """harness.fc.control's EventSources: an OSS trigger becomes a rule of its bucket, a timer one of
    `timers`, and an HTTP trigger an address."""

    def __init__(self, buckets: BucketEvents, timers: Timers, http: HttpTriggers) -> None:
        self._buckets, self._timers, self._http = buckets, timers, http

    def add(self, trigger: Trigger) -> None:
        """Raises ValueError, with a reason, when the source refuses it; then nothing has changed."""
        if isinstance(trigger, OssTrigger):
            self._buckets.add(trigger)
        elif isinstance(trigger, TimerTrigger):
            self._timers.add(trigger)
        else:
            self._http.add(trigger)

    def remove(self, trigger: Trigger) -> None:
        if isinstance(trigger, OssTrigger):
            self._buckets.remove(trigger)
        elif isinstance(trigger, TimerTrigger):
            self._timers.remove(trigger)
        else:
            self._http.remove(trigger)

    def about(self, trigger: Trigger) -> dict[str, Any]:
        return self._http.about(trigger) if isinstance(trigger, HttpTrigger) else {}
