"""What was measured: samples by peer, the ratio between two of them, and the goal it is held to."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Sample:
    """One value per round (the median of its invocations, where it has several); all in the figure's unit."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def spread(self) -> float:
        """The interquartile range."""
        if len(self.values) < 2:
            return 0.0
        low, _, high = statistics.quantiles(self.values, n=4, method="inclusive")
        return high - low


@dataclass(frozen=True)
class Goal:
    """At most `limit` (or at least, if not `at_most`) of what `against` has; of the value itself without one."""

    limit: float
    against: str | None = None
    at_most: bool = True

    def __str__(self) -> str:
        return f"{'≤' if self.at_most else '≥'} {self.limit:g}"


@dataclass(frozen=True)
class Figure:
    """name: unique in a run. samples: by peer, "ours" first. better: `lower` or `higher`."""

    name: str
    unit: str
    samples: Mapping[str, Sample]
    goal: Goal | None = None
    better: str = "lower"

    @property
    def ours(self) -> Sample:
        return self.samples["ours"]

    @property
    def against(self) -> str | None:
        """The peer of the ratio: the goal's, and without a goal the one that does the same job."""
        if self.goal:
            return self.goal.against
        return next((name for name in ("sdk-idempotent", "sdk", "ideal") if name in self.samples), None)

    @property
    def ratio(self) -> Sample | None:
        """Ours to the peer's, round by round: what disturbed one round disturbed both. None to a peer's zero."""
        if self.against is None or not all(self.samples[self.against].values):
            return None
        pairs = zip(self.ours.values, self.samples[self.against].values, strict=True)
        return Sample(tuple(ours / theirs for ours, theirs in pairs))

    @property
    def met(self) -> bool | None:
        """Whether the goal is; None without one."""
        if self.goal is None:
            return None
        compared = self.ratio if self.goal.against else self.ours
        assert compared is not None
        if self.goal.at_most:
            return compared.median <= self.goal.limit
        return compared.median >= self.goal.limit

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "unit": self.unit,
            "better": self.better,
            "samples": {
                name: {"median": sample.median, "iqr": sample.spread, "values": sample.values}
                for name, sample in self.samples.items()
            },
            "against": self.against,
            "ratio": self.ratio.median if self.ratio else None,
            "ratio_iqr": self.ratio.spread if self.ratio else None,
            "goal": str(self.goal) if self.goal else None,
            "met": self.met,
        }


def turns(peers: Sequence[str], number: int) -> list[str]:
    """The peers in the order of a round: each begins in its turn, so that none always comes first."""
    first = number % len(peers)
    return [*peers[first:], *peers[:first]]


def samples(rounds: Sequence[Mapping[str, float]], scale: float = 1.0) -> dict[str, Sample]:
    """Rounds of one value per peer, as one sample per peer."""
    return {name: Sample(tuple(one[name] * scale for one in rounds)) for name in rounds[0]}
