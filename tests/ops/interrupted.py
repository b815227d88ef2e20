"""A backfill that is killed on the way, while the service throttles; and what has become of every video then."""

from __future__ import annotations

import signal
import subprocess
import time
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from handler.gif_key import gif_key
from harness.cloud import LocalCloud
from harness.multimediaai.tasks import TaskStatus
from tests.e2e.collecting import GIF, succeed, url_of
from tests.e2e.uploads import RECORDS, VIDEOS
from tests.ops.stock import stock
from tests.ops.uploading import collect
from tests.project import PROJECT

#: One CreateGifTask in five, whichever it is.
THROTTLING = "multimediaai:CreateGifTask:throttle:probability=0.2:seed=7"
_RUNS = 40


class Ended(NamedTuple):
    """Videos by what they have come to, and those with more than one task."""

    with_gif: int
    in_failed: int
    neither: tuple[str, ...]
    doubled: tuple[str, ...]
    kills: int


def backfill_interrupted(cloud: LocalCloud, names: Sequence[str], kills: int, per_second: float) -> Ended:
    stock(cloud, names)
    fault = cloud.faults.add(THROTTLING)
    killed = 0
    for number in range(1, kills + 1):
        process = _start(cloud, per_second)
        _wait(cloud, process, len(names) * number // (kills + 1))
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            killed += 1
        process.wait()
    last = _start(cloud, per_second)
    assert last.wait() == 0
    cloud.settle(600)
    cloud.faults.remove(fault.id)
    _bring_to_an_end(cloud)
    return _ended(cloud, names, killed)


def _start(cloud: LocalCloud, per_second: float) -> subprocess.Popen[bytes]:
    command = [str(PROJECT / "gifs"), "backfill", f"oss://{VIDEOS}/", "--yes", "--json", "--local", cloud.url]
    return subprocess.Popen(
        [*command, "--per-second", str(per_second)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def _wait(cloud: LocalCloud, process: subprocess.Popen[bytes], tasks: int) -> None:
    while process.poll() is None and len(cloud.multimediaai.tasks.list()) < tasks:
        time.sleep(0.02)


def _bring_to_an_end(cloud: LocalCloud) -> None:
    url = url_of(cloud, "result.gif", GIF, 3600)
    for _ in range(_RUNS):
        collect(cloud)
        cloud.settle(600)
        while cloud.multimediaai.tasks.count(TaskStatus.WAITING):
            succeed(cloud, url)
        if not cloud.oss.store.list(RECORDS, "gif-tasks/.pending/"):
            return


def _ended(cloud: LocalCloud, names: Sequence[str], kills: int) -> Ended:
    gifs = {entry.key for entry in cloud.oss.store.list(RECORDS, "gifs/")}
    failed = b"".join(
        cloud.oss.store.get(RECORDS, entry.key) for entry in cloud.oss.store.list(RECORDS, "gif-tasks/.failed/")
    ).decode()
    with_gif = [name for name in names if gif_key("gifs/", VIDEOS, name) in gifs]
    in_failed = [name for name in names if f"oss://{VIDEOS}/{name}" in failed]
    made = Counter(task.video_name for task in cloud.multimediaai.tasks.list())
    return Ended(
        with_gif=len(with_gif),
        in_failed=len(in_failed),
        neither=tuple(sorted({*names} - {*with_gif} - {*in_failed})),
        doubled=tuple(name for name, count in made.items() if count > 1),
        kills=kills,
    )
