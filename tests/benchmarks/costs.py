"""Money, from what was measured: this function in several sizes, and FFmpeg inside a function instead."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks.figures import Figure
from tests.benchmarks.gif import Rendering, measure_rendering
from tests.benchmarks.money import Size, Workload, cost_of_a_million

#: Assumed, because no local machine can tell: an append within the region, CreateGifTask, and how many invocations
#: find no warm instance.
APPEND_SECONDS, CREATE_SECONDS, COLD_SHARE = 0.015, 0.100, 0.05
SIZES = (Size(0.05, 128), Size(0.1, 128), Size(0.25, 256), Size(0.5, 512), Size(1.0, 1024))
#: What s.yaml has.
CHOSEN = Size(0.25, 256)


@dataclass(frozen=True)
class Cost:
    """name: what it is. per_million: CNY. seconds: what one video takes."""

    name: str
    size: Size
    per_million: float
    seconds: float

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "size": str(self.size),
            "cny_per_million": round(self.per_million, 2),
            "seconds": self.seconds,
        }


def measure_costs(figures: list[Figure], folder: Path) -> list[Cost]:
    """`figures`: of the same run, for the CPU time of an invocation and of a cold start."""
    rendering = measure_rendering(folder)
    return [
        *(_cost("gif-on-upload", _submitting(figures, "ours", "ours"), size) for size in SIZES),
        _cost("sdk-idempotent", _submitting(figures, "sdk-idempotent", "sdk"), CHOSEN),
        _cost("FFmpeg in the function", Workload(waiting=0.0, cpu=rendering.cpu), _size_for(rendering)),
    ]


def _cost(name: str, workload: Workload, size: Size) -> Cost:
    return Cost(name, size, cost_of_a_million(workload, size), workload.duration(size))


def _submitting(figures: list[Figure], warm: str, cold: str) -> Workload:
    """Of the peers that were measured warm and cold."""
    seconds = {figure.name: figure.samples for figure in figures if figure.unit == "ms"}
    usual = seconds["new video, 10 ms latency, TLS, CPU"][warm].median
    start, first = seconds["cold start to ready, CPU"][cold], seconds["first invocation after it, TLS, CPU"][cold]
    return Workload(
        waiting=2 * APPEND_SECONDS + CREATE_SECONDS,
        cpu=usual / 1000,
        cold_cpu=(start.median + first.median - usual) / 1000,
        cold_share=COLD_SHARE,
    )


def _size_for(rendering: Rendering) -> Size:
    """One vCPU, with the memory that was used and a quarter more, in steps of 64 MiB and at least 1 GiB."""
    needed = rendering.peak * 1.25 / 2**20
    return Size(1.0, max(1024, 64 * math.ceil(needed / 64)))
