"""Videos sent to the function by their names, as a person does it: in small events, and not too fast."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ops.account import Account
from ops.errors import Mistake, NeedsAPerson, NotAnswered, NotTaken
from ops.records import failed_prefix

#: Of one event: twice as many as the function handles at the same time, within its timeout.
MOST_VIDEOS = 16
#: Of one that orders other tasks, and is waited for.
MOST_ORDERED = 8
#: An asynchronous event has at most 128 KiB.
MOST_BYTES = 100_000
#: Seconds before an event is sent again that was not taken.
_PAUSES = (1.0, 2.0, 5.0, 10.0, 20.0)
#: Seconds between two looks at what has failed, and from how many failures on they are too many.
_LOOK_EVERY, _FEW, _SHARE = 20.0, 20, 0.1


@dataclass
class Pace:
    """At most so many videos a second, whatever the events' sizes."""

    per_second: float
    next_at: float = 0.0

    def wait(self, videos: int) -> None:
        now = time.monotonic()
        if self.next_at > now:
            time.sleep(self.next_at - now)
        self.next_at = max(now, self.next_at) + videos / self.per_second


def events(uris: Iterable[str], most: int | None = None) -> Iterator[list[str]]:
    """The names, in lists that make one event each. most: names of one, MOST_VIDEOS by default."""
    most = most or MOST_VIDEOS
    held: list[str] = []
    size = 0
    for uri in uris:
        length = len(json.dumps(uri, ensure_ascii=False).encode()) + 2
        if held and (len(held) >= most or size + length > MOST_BYTES):
            yield held
            held, size = [], 0
        held.append(uri)
        size += length
    if held:
        yield held


class Sender:
    """Sends to the submitting function. watches: stops when too much of what was sent fails."""

    def __init__(self, account: Account, *, per_second: float, watches: bool = True) -> None:
        self._watches = watches
        self._account = account
        self._name = account.project.submit.name
        self._pace = Pace(per_second)
        self.sent = 0
        self._failed_before: int | None = None
        self._looked = time.monotonic()

    def require_function(self) -> None:
        """Raises Mistake where it is not deployed."""
        if self._account.functions.get(self._name) is None:
            raise Mistake(f"{self._name}: is not deployed in {self._account.project.region}: `s deploy`")

    def send(self, uris: list[str]) -> None:
        """One event. Raises OpsError; NeedsAPerson when too many of those before have failed."""
        if self._watches and self._failed_before is None:
            self._failed_before = self._failures()
        self._pace.wait(len(uris))
        if self._watches and time.monotonic() - self._looked > _LOOK_EVERY:
            self.check()
        for pause in (*_PAUSES, None):
            try:
                self._account.functions.send(self._name, {"videos": uris})
                break
            except NotAnswered:
                if pause is None:
                    raise
            time.sleep(pause)
        self.sent += len(uris)

    def order(self, uris: list[str]) -> str:
        """Another task for each, by an event that is handled at once or never. What went wrong, "" for nothing.

        Such an event that waits somewhere, or is delivered once more, would be paid for once more. So it is not
        sent again unless nobody has taken it; the records tell what has become of it. Raises OpsError.
        """
        self._pace.wait(len(uris))
        for pause in (*_PAUSES, None):
            try:
                self._account.functions.call(self._name, {"videos": uris, "force": True})
                break
            except NotTaken:
                if pause is None:
                    raise
            except (Mistake, NotAnswered) as exc:
                return str(exc)
            time.sleep(pause)
        self.sent += len(uris)
        return ""

    def check(self) -> None:
        """Raises NeedsAPerson when too much has failed since the first was sent."""
        self._looked = time.monotonic()
        failed = self._failures() - (self._failed_before or 0)
        if failed > max(_FEW, _SHARE * self.sent):
            raise NeedsAPerson(
                f"stopped: {failed:,} of {self.sent:,} that were sent stand in "
                f"{self._account.tracking.uri(failed_prefix(self._account.project.settings))} by now: see why "
                "with `gifs status` and `gifs show`; run it again to go on"
            )

    def _failures(self) -> int:
        return sum(1 for _ in self._account.tracking.list(failed_prefix(self._account.project.settings)))
