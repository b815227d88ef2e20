"""Where triggers take effect, by their kind."""

from __future__ import annotations

from harness.fc.control.surroundings import BucketEvents
from harness.fc.triggers.specs import OssTrigger, Trigger
from harness.fc.triggers.timers import Timers


class TriggerSources:
    """harness.fc.control's EventSources: an OSS trigger becomes a rule of its bucket, a timer one of `timers`."""

    def __init__(self, buckets: BucketEvents, timers: Timers) -> None:
        self._buckets, self._timers = buckets, timers

    def add(self, trigger: Trigger) -> None:
        """Raises ValueError, with a reason, when the source refuses it; then nothing has changed."""
        if isinstance(trigger, OssTrigger):
            self._buckets.add(trigger)
        else:
            self._timers.add(trigger)

    def remove(self, trigger: Trigger) -> None:
        if isinstance(trigger, OssTrigger):
            self._buckets.remove(trigger)
        else:
            self._timers.remove(trigger)
