"""`./gifs backfill --dry-run` and `audit` over many objects: requests, memory, and whether the time is linear."""

from __future__ import annotations

import subprocess
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from harness.cloud import LocalCloud, local_cloud
from harness.journal import Entry
from tests.benchmarks.figures import Figure, Goal, Sample
from tests.ops.stock import finish, keys, stock
from tests.project import PROJECT

FEW, MANY = 10_000, 100_000
#: Of all objects; they have their GIFs, too.
RECORDED = 0.9
BUCKET = "oss://my-videos/"
COMMANDS = {"gifs backfill --dry-run": ["backfill", BUCKET, "--dry-run"], "gifs audit": ["audit", BUCKET]}
#: Starting Python costs the same for few and for many.
_TOLERANCE = 1.25


class _Run(NamedTuple):
    """seconds: wall. peak: bytes. requests: to OSS."""

    seconds: float
    peak: int
    requests: int


def measure_operator(few: int = FEW, many: int = MANY) -> list[Figure]:
    with local_cloud(render=False) as cloud:
        _fill(cloud, 0, few)
        of_few = {name: run(cloud, command) for name, command in COMMANDS.items()}
        _fill(cloud, few, many)
        of_many = {name: run(cloud, command) for name, command in COMMANDS.items()}
    figures = []
    for name in COMMANDS:
        label = f"{name}, {many:,} objects"
        each = {"ours": _each(of_many[name], many), f"{few:,} objects": _each(of_few[name], few)}
        figures += [
            Figure(f"{label}: each", "µs", each, Goal(_TOLERANCE, f"{few:,} objects")),
            Figure(f"{label}: requests", "", {"ours": Sample((float(of_many[name].requests),))}, Goal(300)),
            Figure(f"{label}: peak memory", "MiB", {"ours": Sample((of_many[name].peak / 2**20,))}, Goal(80)),
        ]
    return figures


def run(cloud: LocalCloud, command: list[str]) -> _Run:
    """Raises RuntimeError when it did not find what there is to find: looking at nothing would be fast, too."""
    requests = 0

    def count(entry: Entry) -> None:
        nonlocal requests
        requests += entry.kind == "request" and entry.fields["service"] == "oss"

    unlisten = cloud.journal.listen(count)
    started = time.perf_counter()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            [PROJECT / "gifs", *command, "--local", cloud.url], stdout=output, stderr=subprocess.DEVNULL
        )
        peak = 0
        while process.poll() is None:
            peak = max(peak, _peak_bytes(process.pid))
            time.sleep(0.01)
        took = time.perf_counter() - started
        output.seek(0)
        said = output.read().decode()
    unlisten()
    if "new" not in said and "missing" not in said:
        raise RuntimeError(f"{command}: {said[-300:]}")
    return _Run(took, peak, requests)


def _peak_bytes(pid: int) -> int:
    """So far; 0 when it has just ended. What wait4 tells begins with the memory of this process, its parent."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        return 0
    return max(
        (int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM:")), default=0
    )


def _fill(cloud: LocalCloud, first: int, last: int) -> None:
    names = keys(last)[first:]
    stock(cloud, names)
    finish(cloud, names[: int(len(names) * RECORDED)])


def _each(done: _Run, objects: int) -> Sample:
    return Sample((1e6 * done.seconds / objects,))
