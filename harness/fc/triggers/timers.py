"""The timer triggers in force, and the clock that fires them."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable
from datetime import datetime, timezone

from harness.fc.delivery.queues import Delivery
from harness.fc.errors import FcError, trigger_not_found
from harness.fc.triggers.schedule import Schedule
from harness.fc.triggers.specs import TimerTrigger
from harness.journal import Journal

#: The clock may jump, as when the machine has slept.
_LONGEST_WAIT = 1.0


class Timers:
    """By function and name. Once started they fire by `clock`; a time that was missed is made up for once.

    A timer invokes asynchronously, and so with retries, and never waits for its last run to end. The journal has
    each as a `timer`, with `lost` when the invocation was not accepted.
    """

    def __init__(self, delivery: Delivery, journal: Journal, clock: Callable[[], float]) -> None:
        self._delivery, self._journal, self._clock = delivery, journal, clock
        self._triggers: dict[tuple[str, str], TimerTrigger] = {}
        self._due: dict[tuple[str, str], float] = {}
        self._changed = threading.Condition()
        self._ended = False
        self._thread = threading.Thread(target=self._run, name="fc-timers", daemon=True)

    def add(self, trigger: TimerTrigger) -> None:
        """From now on. Raises ValueError for a schedule that is none."""
        schedule, key = Schedule(trigger.cron), (trigger.function, trigger.name)
        with self._changed:
            self._triggers[key] = trigger
            if trigger.enabled:
                self._due[key] = schedule.after(self._clock())
            self._changed.notify()

    def remove(self, trigger: TimerTrigger) -> None:
        key = (trigger.function, trigger.name)
        with self._changed:
            self._triggers.pop(key, None)
            self._due.pop(key, None)

    def all(self) -> list[TimerTrigger]:
        """In the order in which they were added, the disabled ones too."""
        with self._changed:
            return list(self._triggers.values())

    def fire(self, function: str, name: str) -> str:
        """Fires it now, enabled or not; the request id of the invocation. Raises FcError (404; 429: too many)."""
        with self._changed:
            trigger = self._triggers.get((function, name))
        if trigger is None:
            raise trigger_not_found(function, name)
        return self._fire(trigger, self._clock())

    def fire_due(self) -> int:
        """Fires what is due by now; how many."""
        with self._changed:
            now = self._clock()
            due = {key: at for key, at in self._due.items() if at <= now}
            fired = [(self._triggers[key], at) for key, at in due.items()]
            for key in due:
                self._due[key] = Schedule(self._triggers[key].cron).after(now)
        for trigger, at in fired:
            with contextlib.suppress(FcError):
                self._fire(trigger, at)
        return len(fired)

    def _fire(self, trigger: TimerTrigger, at: float) -> str:
        about = {"function": trigger.function, "trigger": trigger.name}
        try:
            request_id = self._delivery.accept(trigger.function, _event(trigger, at), trigger.qualifier)
        except FcError as exc:
            self._journal.add("timer", **about, lost=str(exc))
            raise
        self._journal.add("timer", **about, request_id=request_id)
        return request_id

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        with self._changed:
            self._ended = True
            self._changed.notify()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._ended:
            self.fire_due()
            with self._changed:
                if not self._ended:
                    next_one = min(self._due.values(), default=float("inf")) - self._clock()
                    self._changed.wait(min(max(0.0, next_one), _LONGEST_WAIT))


def _event(trigger: TimerTrigger, at: float) -> bytes:
    """As the page on time triggers shows it."""
    time = datetime.fromtimestamp(at, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    return json.dumps({"triggerTime": time, "triggerName": trigger.name, "payload": trigger.payload}).encode()
