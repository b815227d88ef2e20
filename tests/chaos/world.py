"""The cloud, and what its platform does: redeliveries, dead letters, and a collector each minute."""

from __future__ import annotations

import itertools
import json
import os
import signal
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

from handler import download
from harness.cloud import LocalCloud, local_cloud
from tests.e2e.collecting import FAILED, PENDING, TIMER
from tests.e2e.uploads import RECORDS, VIDEOS, event_for

from .functions import LEASE, Process, call_for, process, run
from .proxy import Doors, unbroken
from .state import State, Upload
from .timeline import Timeline

#: Tries that Function Compute makes of one event (s.yaml), and the seconds before the nth repetition.
TRIES = 9
MINUTE = 60.0
#: After this many runs of the collector the clock goes on faster: between two tries of one video may be an hour.
SLOWLY, PATIENT = 20, 600.0
MOST_RUNS = 90


class World(State):
    """One local cloud behind two doors, and the time in it. Used by one case after the other."""

    def __init__(self, cloud: LocalCloud, timeline: Timeline, doors: Doors, own: Process) -> None:
        super().__init__(cloud, doors.oss)
        self.timeline, self.doors, self.process = timeline, doors, own
        self.roles = [
            cloud.identities.assume_role(name, 1e9) for name in ("gif-on-upload", "gif-on-upload-collect")
        ]
        self._numbers = itertools.count()

    def begin(self) -> str:
        """Nothing is left of the case before; a key for a new one."""
        self.cloud.multimediaai.tasks.clear()
        self.ends = None
        self.doors.play(unbroken)
        self.doors.let_go()
        self.doors.late.clear()
        for folder in (PENDING, FAILED):
            for entry in self.cloud.oss.store.list(RECORDS, folder):
                self.cloud.oss.store.objects.delete(RECORDS, entry.key)
        return f"{next(self._numbers)}.mp4"

    def upload(self, key: str, content: bytes = b"film") -> Upload:
        etag = self.cloud.oss.store.put(VIDEOS, key, content).etag
        return Upload(key, etag, event_for(key, etag, len(content)))

    def deliver(self, upload: Upload) -> bool:
        """Once, to an instance in this process; whether it has ended well."""
        return run(self._call("submit", upload.event, upload.request_id))

    def collect(self, event: Any = TIMER) -> bool:
        """A run of the collector, after the service has done what it had to."""
        self.serve()
        return run(self._call("collect", event, "run-1"))

    def start(self, function: str, upload: Upload) -> int:
        """As `deliver` and `collect`, in a process of its own; its exit code."""
        self.serve()
        event, request_id = (upload.event, upload.request_id) if function == "submit" else (TIMER, "run-1")
        return self.process.run(self._call(function, event, request_id))

    def stop(self, sign: signal.Signals) -> None:
        """The process that runs just now."""
        os.kill(self.process.pid.result(10), sign)

    def _call(self, function: str, event: Any, request_id: str) -> Any:
        role = self.roles[0 if function == "submit" else 1]
        return call_for(function, event, request_id, self.doors.oss, self.doors.api, role)

    def settle(self, upload: Upload, delivered: bool) -> None:
        """What the platform does from here on, until nothing is left to do.

        delivered: whether the event's first delivery has ended well.
        """
        letter = None if delivered else self._redeliver(upload)
        for turn in range(MOST_RUNS):
            self.timeline.move(MINUTE if turn < SLOWLY else PATIENT)
            if letter is not None and self.collect(letter):
                letter = None
            self.collect()
            self.doors.let_go()
            if letter is None and not self.pending():
                self.timeline.move(MINUTE)
                self.collect()
                return

    def _redeliver(self, upload: Upload) -> dict[str, Any] | None:
        """None, or what the platform makes of an event that has failed in all its tries."""
        for retry in range(1, TRIES):
            self.timeline.move(2.0 ** (retry - 1))
            if self.deliver(upload):
                return None
            if retry % 3 == 0:
                self.collect()
        context = {"requestId": upload.request_id, "condition": "RetriesExhausted"}
        return {"requestContext": context, "requestPayload": json.dumps(upload.event), "responsePayload": "{}"}

    @property
    def was_late(self) -> bool:
        return "CreateGifTask" in self.doors.late

    def takes_over(self) -> float:
        """Seconds after which any lease has ended."""
        return 2 * LEASE


@contextmanager
def world() -> Iterator[World]:
    """A new one; in memory where there is room for it."""
    memory = Path("/dev/shm")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None)))
        timeline = Timeline(folder / "ahead")
        stack.enter_context(timeline.installed())
        # The one limit that is a socket's own, and is really waited for.
        stack.callback(setattr, download, "SILENCE_SECONDS", download.SILENCE_SECONDS)
        download.SILENCE_SECONDS = 0.5
        cloud = stack.enter_context(local_cloud(render=False, clock=timeline.time, directory=folder / "cloud"))
        doors = stack.enter_context(closing(Doors(cloud.server.port, timeline.time)))
        yield World(cloud, timeline, doors, stack.enter_context(process(timeline)))
