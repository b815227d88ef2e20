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
#: The smallest, what s.yaml chooses, and what a user would leave as it is.
SIZES = (Size(0.05, 128), Size(0.1, 128), Size(0.15, 192), Size(0.25, 256), Size(0.35, 512), Size(1.0, 1024))


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
    found = {figure.name: figure.ours.median / 1000 for figure in figures if figure.unit == "ms"}
    submitting = Workload(
        waiting=2 * APPEND_SECONDS + CREATE_SECONDS,
        cpu=found["new video, 10 ms latency, CPU"],
        cold_cpu=found["cold start to ready, CPU"] + found["first invocation after it, TLS"],
        cold_share=COLD_SHARE,
    )
    costs = [
        Cost("gif-on-upload", size, cost_of_a_million(submitting, size), submitting.duration(size))
        for size in SIZES
    ]
    rendering = measure_rendering(folder)
    workload, size = Workload(waiting=0.0, cpu=rendering.cpu), _size_for(rendering)
    costs.append(Cost("FFmpeg in the function", size, cost_of_a_million(workload, size), workload.duration(size)))
    return costs


def _size_for(rendering: Rendering) -> Size:
    """One vCPU, with the memory that was used and a quarter more, in steps of 64 MiB and at least 1 GiB."""
    needed = rendering.peak * 1.25 / 2**20
    return Size(1.0, max(1024, 64 * math.ceil(needed / 64)))
