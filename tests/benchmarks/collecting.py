"""The collector with many entries at once: whether its time is linear in their number, and within its timeout."""

from __future__ import annotations

import json
import time
from collections import Counter

from harness.cloud import LocalCloud, local_cloud
from harness.journal import Entry
from tests.benchmarks.figures import Figure, Goal, Sample
from tests.e2e.collecting import TIMER, load_waiting

COLLECTING = "gif-on-upload-collect"
FEW, MANY = 500, 5000
#: Of an entry whose task waits: the entry, its record, GetTaskResult.
REQUESTS_OF_AN_ENTRY = 3
_PAGE = 1000
#: How much longer one of many may take than one of few.
_TOLERANCE = 1.25


def measure_collector(few: int = FEW, many: int = MANY, rounds: int = 2) -> list[Figure]:
    """The function as s.yaml describes it, in its process, while every task waits."""
    with local_cloud(render=False) as cloud:
        run(cloud, 0)
        load_waiting(cloud, range(few))
        of_few = [run(cloud, few) for _ in range(rounds)]
        load_waiting(cloud, range(few, many))
        of_many = [run(cloud, many) for _ in range(rounds)]
        timeout = cloud.fc.function(COLLECTING).timeout_seconds
    each = {"ours": _each(of_many, many), f"{few:,} entries": _each(of_few, few)}
    return [
        Figure(f"collector, {many:,} entries: each", "ms", each, Goal(_TOLERANCE, f"{few:,} entries")),
        Figure(f"collector, {many:,} entries", "s", {"ours": Sample(tuple(of_many))}, Goal(float(timeout))),
    ]


def run(cloud: LocalCloud, entries: int) -> float:
    """Seconds of a run. Raises RuntimeError unless each entry was looked at: doing nothing would be fast, too."""
    asked: Counter[str] = Counter()

    def count(entry: Entry) -> None:
        if entry.kind == "request":
            asked[entry.fields["operation"]] += 1

    unlisten = cloud.journal.listen(count)
    started = time.perf_counter()
    result = cloud.fc.invoke(COLLECTING, json.dumps(TIMER).encode())
    took = time.perf_counter() - started
    unlisten()
    pages = max(1, -(-entries // _PAGE))
    expected = {"ListObjectsV2": pages, "GetObject": 2 * entries, "GetTaskResult": entries}
    if +Counter(expected) != asked or json.loads(result.body)["left"] != entries:
        raise RuntimeError(f"{dict(asked)} for {entries} entries: {result.body[:300]!r}")
    return took


def _each(seconds: list[float], entries: int) -> Sample:
    return Sample(tuple(1e3 * one / entries for one in seconds))
