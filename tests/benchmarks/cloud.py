"""The local cloud: how long it takes to start, from an upload to its TaskId on record, and through a burst."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import alibabacloud_oss_v2 as oss

from harness.cli.client import oss_client
from harness.cloud import LocalCloud, local_cloud
from tests.benchmarks.figures import Figure, Goal, Sample
from tests.project import PROJECT

VIDEOS, RECORDS = "my-videos", "my-gif-records"
UPLOADS, BURST, UPLOADERS = 40, 500, 8
LIMIT_SECONDS = 120


def measure_cloud(starts: int = 5) -> list[Figure]:
    """With GIFs not rendered: it is the way to the record that counts here."""
    started = tuple(_start() for _ in range(starts))
    with local_cloud(render=False) as cloud:
        upload = _uploader(cloud)
        _upload_and_wait(cloud, upload, "warm-up.mp4")
        latencies = tuple(1e3 * _upload_and_wait(cloud, upload, f"one/{n}.mp4") for n in range(UPLOADS))
        before = len(cloud.multimediaai.tasks.list())
        seconds = _burst(cloud, upload)
        records = sum("/burst/" in entry.key for entry in cloud.oss.store.list(RECORDS, ""))
        tasks = len(cloud.multimediaai.tasks.list()) - before
    if not records == tasks == BURST:
        raise RuntimeError(f"{BURST} uploads made {tasks} tasks and {records} records")
    return [
        Figure("local cloud, start of the process to ready", "s", {"ours": Sample(started)}, Goal(1.5)),
        Figure("local cloud, upload to record", "ms", {"ours": Sample(latencies)}, Goal(100)),
        Figure(
            f"local cloud, burst of {BURST} uploads",
            "records/s",
            {"ours": Sample((BURST / seconds,))},
            better="higher",
        ),
    ]


def _start() -> float:
    command = [sys.executable, "-m", "harness", "up", "--ephemeral", "--port", "0", "--no-render"]
    started = time.perf_counter()
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        line = process.stdout.readline()
        took = time.perf_counter() - started
        process.terminate()
        try:
            process.wait(LIMIT_SECONDS)
        finally:
            process.kill()
        if "ready" not in line:
            raise RuntimeError(f"the local cloud did not start: {line}")
    return took


def _uploader(cloud: LocalCloud) -> Callable[[str], object]:
    client = oss_client(cloud.url, cloud.identities.owner)
    return lambda key: client.put_object(oss.PutObjectRequest(bucket=VIDEOS, key=key, body=b"no film"))


def _upload_and_wait(cloud: LocalCloud, upload: Callable[[str], object], key: str) -> float:
    """Seconds from the upload's first byte until its invocation, whose last act is the record, has ended."""
    started = time.perf_counter()
    upload(key)
    _drain(cloud)
    return time.perf_counter() - started


def _burst(cloud: LocalCloud, upload: Callable[[str], object]) -> float:
    started = time.perf_counter()
    with ThreadPoolExecutor(UPLOADERS) as pool:
        list(pool.map(upload, (f"burst/{n}.mp4" for n in range(BURST))))
    _drain(cloud)
    return time.perf_counter() - started


def _drain(cloud: LocalCloud) -> None:
    if not cloud.fc.drain(LIMIT_SECONDS):
        raise TimeoutError(f"invocations are still running after {LIMIT_SECONDS} s")
