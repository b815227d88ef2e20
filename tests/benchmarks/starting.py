"""Cold start: a fresh interpreter to ready, the first invocation after it, memory, and what importing costs."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from tests.benchmarks.figures import Figure, Goal, Sample, samples, turns
from tests.benchmarks.setting import Function, Peer, Place, upload_event

MILLI, MEBI = 1e3, 1 / 2**20
PEERS = ("ours", "sdk", "sdk, pruned")
STARTS, WARM_INVOCATIONS = 3, 20
_LINE = re.compile(r"import time:\s+(\d+) \|\s+\d+ \|\s*(\S+)")


class _Start(NamedTuple):
    """Seconds to ready and the CPU in them, the same of the first invocation, peak memory in bytes."""

    ready: float
    cpu: float
    first: float
    first_cpu: float
    peak: float


def measure_starts(place: Place, peers: Mapping[str, Peer], rounds: int = 24) -> list[Figure]:
    """Over TLS, as it is deployed: the first invocation has to connect to OSS and to the API."""
    compiled = [_start_each(place, peers, number, compiled=True) for number in range(rounds)]
    source = [_start_each(place, peers, number, compiled=False) for number in range(max(3, rounds // 6))]

    def of(starts: list[dict[str, _Start]], name: str, scale: float) -> dict[str, Sample]:
        return samples([{peer: getattr(start, name) for peer, start in one.items()} for one in starts], scale)

    return [
        Figure("cold start to ready", "ms", of(compiled, "ready", MILLI), Goal(0.60, "sdk")),
        Figure("cold start to ready, CPU", "ms", of(compiled, "cpu", MILLI), Goal(0.60, "sdk")),
        Figure("cold start to ready, without bytecode", "ms", of(source, "ready", MILLI)),
        Figure("first invocation after it, TLS", "ms", of(compiled, "first", MILLI)),
        Figure("first invocation after it, TLS, CPU", "ms", of(compiled, "first_cpu", MILLI)),
        Figure("peak memory", "MiB", of(compiled, "peak", MEBI), Goal(0.75, "sdk")),
    ]


def _start_each(place: Place, peers: Mapping[str, Peer], number: int, *, compiled: bool) -> dict[str, _Start]:
    """One round: of each peer the fastest of several starts; what else runs on the machine only slows one down."""
    starts: dict[str, list[_Start]] = {name: [] for name in PEERS}
    for attempt in range(STARTS):
        for name in turns(PEERS, number + attempt):
            starts[name].append(_start(place, peers[name], compiled=compiled))
    return {name: _Start(*map(min, zip(*starts[name], strict=True))) for name in PEERS}


def _start(place: Place, peer: Peer, *, compiled: bool) -> _Start:
    with Function(place, peer, "https", compiled=compiled) as function:
        first = function.invoke([upload_event(next(place.keys))])
        warm = function.invoke([upload_event(next(place.keys)) for _ in range(WARM_INVOCATIONS)])
    for done in (first, warm):
        done.expect_tasks(1)
    return _Start(function.start, function.cpu, first.wall[0], first.cpu[0], warm.peak)


def measure_imports(place: Place, peer: Peer, rounds: int = 5) -> dict[str, float]:
    """Milliseconds of import by package, without what it imports in turn; the standard library is one of them."""
    runs = [_import_times(place, peer) for _ in range(rounds)]
    packages: Counter[str] = Counter()
    for module in runs[0]:
        package = module.partition(".")[0]
        standard = package in sys.stdlib_module_names
        packages["standard library" if standard else package] += min(run.get(module, 0) for run in runs)
    return {name: microseconds / 1000 for name, microseconds in packages.most_common()}


def _import_times(place: Place, peer: Peer) -> dict[str, int]:
    """Microseconds by module, as `-X importtime` has them; measuring itself makes them a little too long."""
    code = f"import sys; sys.path.insert(0, {str(peer.folder)!r}); import {peer.module}"
    command = [place.interpreter, "-I", "-S", "-X", "importtime", "-c", code]
    done = subprocess.run(command, env=place.environment("http"), capture_output=True, text=True, check=True)
    return {match[2]: int(match[1]) for match in _LINE.finditer(done.stderr)}
