"""What the benchmark makes of its measurements."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.benchmarks.baseline import find_regressions, write_baseline
from tests.benchmarks.figures import Figure, Goal, Sample
from tests.benchmarks.money import MILLION, Prices, Size, Workload, cost_of_a_million


def figure(ours: float, theirs: float = 100, *, better: str = "lower", goal: Goal | None = None) -> Figure:
    return Figure("a figure", "ms", {"ours": Sample((ours,)), "sdk": Sample((theirs,))}, goal, better)


def test_a_million_costs_what_the_documentation_computes() -> None:
    """Its example: 3 million invocations of 200 ms with 0.25 vCPU and 512 MB are 22,500 + 45,000 + 150,000 CU."""
    workload = Workload(waiting=0.1, cpu=0.025)
    size = Size(0.25, 512)
    assert workload.duration(size) == pytest.approx(0.2)
    cost = cost_of_a_million(workload, size, Prices(per_cu=1.0))
    assert 3 * cost == pytest.approx(22_500 + 45_000 + 150_000)


def test_cold_starts_are_work_too() -> None:
    cold = Workload(waiting=0.1, cpu=0.01, cold_cpu=1.0, cold_share=0.05)
    assert cold.duration(Size(0.25, 256)) == pytest.approx(0.1 + 0.06 / 0.25)
    warm = Workload(waiting=0.1, cpu=0.01)
    more = cost_of_a_million(cold, Size(1.0, 1024)) - cost_of_a_million(warm, Size(1.0, 1024))
    assert more == pytest.approx(MILLION * 0.05 * 1.15 * Prices().per_cu)


def test_a_ratio_is_taken_round_by_round() -> None:
    """A round in which the machine was busy does not count for one of the two only."""
    both = Figure("", "ms", {"ours": Sample((1.0, 10.0, 2.0)), "sdk": Sample((2.0, 20.0, 8.0))})
    assert both.ratio is not None
    assert both.ratio.values == (0.5, 0.5, 0.25)
    assert both.ratio.median == 0.5


@pytest.mark.parametrize(
    ("goal", "met"),
    [
        (Goal(0.6, "sdk"), True),
        (Goal(0.4, "sdk"), False),
        (Goal(0.4, "sdk", at_most=False), True),
        (Goal(0.6, "sdk", at_most=False), False),
        (Goal(50), True),
        (Goal(49), False),
        (None, None),
    ],
)
def test_a_goal_is_met_or_not(goal: Goal | None, met: bool | None) -> None:
    assert figure(50, goal=goal).met is met


@pytest.mark.parametrize(
    ("better", "now", "worse"),
    [("lower", 60, False), ("lower", 65, True), ("higher", 40, False), ("higher", 35, True)],
)
def test_what_became_worse_is_found(better: str, now: float, worse: bool, tmp_path: Path) -> None:
    file = tmp_path / "baseline.json"
    write_baseline([figure(50, better=better)], file)
    assert json.loads(file.read_text()) == {"a figure": 0.5}
    assert bool(find_regressions([figure(now, better=better)], file)) is worse


def test_what_is_no_longer_measured_is_found(tmp_path: Path) -> None:
    file = tmp_path / "baseline.json"
    write_baseline([figure(50)], file)
    assert find_regressions([], file) == ["a figure: not measured any more"]
