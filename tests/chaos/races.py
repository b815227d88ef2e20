"""Many at once: deliveries, takeovers, uploads in flight, collectors. Real time, real threads, many instances."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from handler.errors import VideosFailed
from harness.cloud import LocalCloud, local_cloud
from tests.clock import Clock
from tests.e2e.collecting import collector_for
from tests.e2e.handling import Handler, handler_for
from tests.e2e.uploads import VIDEOS, event_for

from .counting import Outcome
from .state import State, Upload
from .verdict import End, Verdict, judge

DELIVERIES, TAKEOVERS = 200, 100
LEASE = {"CLAIM_LEASE_SECONDS": "5"}
AFTER_THE_LEASE = 7.0
SECONDS = 60.0
_KEY = "clip.mp4"


class Site:
    """A cloud and as many instances as one likes."""

    def __init__(self, cloud: LocalCloud, clock: Clock) -> None:
        self.cloud, self.clock = cloud, clock
        self.state = State(cloud, cloud.url)

    def begin(self) -> None:
        self.cloud.reset()
        self.clock.ahead = 0.0
        self.state = State(self.cloud, self.cloud.url)

    def upload(self, content: bytes = b"film") -> Upload:
        etag = self.cloud.oss.store.put(VIDEOS, _KEY, content).etag
        return Upload(_KEY, etag, event_for(_KEY, etag, len(content)))

    def instances(self, count: int) -> list[Handler]:
        # Each with a clock that its failures do not move: the others are still at it.
        made = [handler_for(self.cloud, Clock(), self.cloud.url, 120, **LEASE) for _ in range(count)]
        return [Handler(each.app, each.role, Clock()) for each in made]

    def at_once(self, calls: list[Callable[[], Any]]) -> list[Any]:
        def run(call: Callable[[], Any]) -> Any:
            with contextlib.suppress(VideosFailed):
                return call()

        with ThreadPoolExecutor(len(calls)) as pool:
            return list(pool.map(run, calls))

    def collect(self, at_once: int = 1) -> None:
        self.clock.ahead += 60
        self.state.serve()
        role = self.cloud.identities.assume_role("gif-on-upload-collect")
        self.at_once([collector_for(self.cloud, role) for _ in range(at_once)])

    def finish(self, upload: Upload) -> Verdict:
        """What the platform does anyway: the event again, and the collector, until nothing is left to do."""
        (handler,) = self.instances(1)
        for _ in range(6):
            with contextlib.suppress(VideosFailed):
                handler(upload.event)
                break
            self.clock.ahead += AFTER_THE_LEASE
        for _ in range(8):
            self.collect()
            if not self.state.pending():
                break
        return judge(self.state, upload)


def deliveries_at_once(site: Site) -> Verdict:
    upload = site.upload()
    answers = site.at_once([lambda each=each: each(upload.event) for each in site.instances(DELIVERIES)])  # type: ignore[misc]
    tasks = {answer[0]["task_id"] for answer in answers if answer}
    if len(tasks) != 1 or None in answers:
        return Verdict(End.WRONG, f"answered with the tasks {tasks}")
    return site.finish(upload)


def takeovers_at_once(site: Site, *, reaches: bool) -> Verdict:
    """One attempt has died, and all come when its lease has just ended."""
    upload = site.upload()
    site.cloud.faults.add(f"multimediaai:CreateGifTask:{'reset_after' if reaches else 'reset'}:times=1")
    site.at_once([lambda: site.instances(1)[0](upload.event)])
    site.clock.ahead += AFTER_THE_LEASE
    site.at_once([lambda each=each: each(upload.event) for each in site.instances(TAKEOVERS)])  # type: ignore[misc]
    return site.finish(upload)


def uploaded_anew_in_flight(site: Site) -> Verdict:
    """The key gets another content while the first one's task is being made: each has one."""
    first = site.upload()
    site.cloud.faults.add("multimediaai:CreateGifTask:latency=0.3:times=1")
    one, other = site.instances(2)

    def again() -> Upload:
        time.sleep(0.1)
        newer = site.upload(b"another film")
        other(newer.event)
        return newer

    _, newer = site.at_once([lambda: one(first.event), again])
    return site.finish(newer._replace(wanted=2))


def copied_over_itself(site: Site) -> Verdict:
    """The same content once more, and its event: it is the same upload."""
    site.upload()
    upload = site.upload()
    site.at_once([lambda each=each: each(upload.event) for each in site.instances(10)])  # type: ignore[misc]
    return site.finish(upload)


def deleted_before_it_is_handled(site: Site) -> Verdict:
    """The event is all there is: the service says that it finds no video, and that is told."""
    upload = site.upload()
    site.cloud.oss.store.objects.delete(VIDEOS, _KEY)
    site.state.ends = lambda task_id: {"error_code": "1000", "error_name": "Download fail", "error_reason": "404"}
    site.at_once([lambda each=each: each(upload.event) for each in site.instances(5)])  # type: ignore[misc]
    return site.finish(upload)


def collectors_and_a_retry(site: Site) -> Verdict:
    """Two runs of the collector and a redelivery, of a video of which nobody knows whether it has a task."""
    upload = site.upload()
    site.cloud.faults.add("multimediaai:CreateGifTask:reset_after:times=1")
    site.at_once([lambda: site.instances(1)[0](upload.event)])
    site.clock.ahead += AFTER_THE_LEASE
    (again,) = site.instances(1)
    site.at_once([lambda: site.collect(2), lambda: again(upload.event)])
    return site.finish(upload)


RACES: dict[str, Callable[[Site], Verdict]] = {
    f"{DELIVERIES} deliveries at once": deliveries_at_once,
    f"{TAKEOVERS} takeovers of a task": lambda site: takeovers_at_once(site, reaches=True),
    f"{TAKEOVERS} takeovers of nothing": lambda site: takeovers_at_once(site, reaches=False),
    "uploaded anew in flight": uploaded_anew_in_flight,
    "copied over itself": copied_over_itself,
    "deleted before it is handled": deleted_before_it_is_handled,
    "two collectors and a retry": collectors_and_a_retry,
}
ROUNDS = 5


def cells(share: float) -> int:
    return len(RACES) * max(1, round(ROUNDS * share))


def run(share: float) -> Iterator[Outcome]:
    clock = Clock()
    with (
        local_cloud(render=False, clock=clock) as cloud,
        open(os.devnull, "w") as nowhere,
        contextlib.redirect_stdout(nowhere),
    ):
        site = Site(cloud, clock)
        for _ in range(max(1, round(ROUNDS * share))):
            for name, race in RACES.items():
                site.begin()
                yield Outcome(name, race(site))
