"""Ten thousand uploads at once, and a GIF service that throttles: all finished, none doubled, requests bounded."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from handler.errors import VideosFailed
from harness.cloud import LocalCloud, local_cloud
from harness.journal import Entry
from tests.clock import Clock
from tests.e2e.collecting import collector_for
from tests.e2e.handling import Handler, handler_for
from tests.e2e.uploads import RECORDS, VIDEOS, event_for, read_record

from .counting import Outcome
from .state import State, gif_of
from .verdict import End, Verdict

UPLOADS, THREADS = 10_000, 8
SECONDS = 500.0
#: Of the calls of CreateGifTask; and of all calls of OSS, so many are reset after their effect.
THROTTLED, LOST = 0.3, 0.01
#: So many requests a video may take on the average, from its event to its GIF, whatever was throttled on the way.
MOST_REQUESTS = 20.0
#: How much longer the last quarter may take than the first.
MOST_GROWTH = 3.0
MOST_RUNS = 40
#: Requests are signed by the real time, from which the cloud's clock may be fifteen minutes away.
_START, _AFTER_A_LEASE, _BETWEEN_RUNS = -800.0, 50.0, 10.0


def cells(share: float) -> int:
    return max(100, round(UPLOADS * share))


def run(share: float) -> Iterator[Outcome]:
    memory, clock = Path("/dev/shm"), Clock()
    with (
        tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder,
        local_cloud(render=False, clock=clock, directory=Path(folder)) as cloud,
        open(os.devnull, "w") as nowhere,
        contextlib.redirect_stdout(nowhere),
    ):
        yield from Burst(cloud, clock, cells(share)).run()


class Burst:
    def __init__(self, cloud: LocalCloud, clock: Clock, uploads: int) -> None:
        self._cloud, self._clock = cloud, clock
        clock.ahead = _START
        self._keys = [f"batch/{number}.mp4" for number in range(uploads)]
        self._etags: dict[str, str] = {}
        self._requests = 0
        self._state = State(cloud, cloud.url)
        cloud.journal.listen(self._count)

    def run(self) -> Iterator[Outcome]:
        for key in self._keys:
            self._etags[key] = self._cloud.oss.store.put(VIDEOS, key, key.encode()).etag
        self._cloud.faults.add(f"multimediaai:CreateGifTask:throttle:probability={THROTTLED}:seed=1")
        self._cloud.faults.add(f"oss:*:reset_after:probability={LOST}:seed=2")
        times = self._submit()
        begun = time.monotonic()
        self._collect()
        collecting = time.monotonic() - begun
        each = self._requests / len(self._keys)
        growth = times[-1] / times[0]
        sys.stderr.write(
            f"\na burst: {each:.1f} requests a video; its quarters were submitted in "
            f"{', '.join(f'{seconds:.0f}' for seconds in times)} s, and all collected in {collecting:.0f} s\n"
        )
        bounds = Verdict(End.STORED)
        if each > MOST_REQUESTS or growth > MOST_GROWTH:
            bounds = Verdict(
                End.WRONG, f"{each:.1f} requests a video, the last quarter {growth:.1f} times as slow"
            )
        for number, verdict in enumerate(self._judge()):
            yield Outcome(self._keys[number], bounds if number == 0 and bounds.end is End.WRONG else verdict)

    def _submit(self) -> list[float]:
        """Seconds for each quarter of the uploads, delivered until each has ended well."""
        handlers = [handler_for(self._cloud, Clock(), self._cloud.url) for _ in range(THREADS)]
        times, size = [], -(-len(self._keys) // 4)
        for start in range(0, len(self._keys), size):
            begun = time.monotonic()
            left = self._keys[start : start + size]
            while left:
                with ThreadPoolExecutor(THREADS) as pool:
                    numbered = enumerate(left)
                    done = list(
                        pool.map(lambda item: self._deliver(handlers[item[0] % THREADS], item[1]), numbered)
                    )
                left = [key for key, is_done in zip(left, done, strict=True) if not is_done]
                self._clock.ahead += _AFTER_A_LEASE if left else 0.0
            times.append(time.monotonic() - begun)
        return times

    def _deliver(self, handler: Handler, key: str) -> bool:
        with contextlib.suppress(VideosFailed):
            return bool(handler(event_for(key, self._etags[key], len(key))))
        return False

    def _collect(self) -> None:
        role = self._cloud.identities.assume_role("gif-on-upload-collect")
        for _ in range(MOST_RUNS):
            self._clock.ahead += _BETWEEN_RUNS
            self._state.serve()
            collector_for(self._cloud, role)()
            if not self._state.pending():
                return

    def _count(self, entry: Entry) -> None:
        self._requests += entry.kind == "request"

    def _judge(self) -> Iterator[Verdict]:
        """As verdict.judge, of all at once."""
        made = Counter(task.video.partition("/")[2] for task in self._cloud.multimediaai.tasks.list())
        pending, told = len(self._state.pending()), len(self._state.failures())
        for key in self._keys:
            lines = read_record(self._cloud, f"gif-tasks/{VIDEOS}/{key}/{self._etags[key]}.jsonl")
            gif = self._cloud.oss.store.get(RECORDS, f"gifs/{VIDEOS}/{key}.gif")
            last = lines[-1]
            facts = f"{made[key]} tasks, {pending} pending, {told} told, last line {last['status']}"
            if made[key] > 1:
                yield Verdict(End.DOUBLED, facts)
            elif pending:
                yield Verdict(End.STUCK, facts)
            elif made[key] < 1 or last["status"] != "finished":
                yield Verdict(End.LOST, facts)
            else:
                yield Verdict(End.STORED if gif == gif_of(last["task_id"]) else End.WRONG, facts)
