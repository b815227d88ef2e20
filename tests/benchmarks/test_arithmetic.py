"""What the benchmark makes of its measurements."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from harness.stack.reader import read_stack
from tests.benchmarks.baseline import FILE, find_regressions, write_baseline
from tests.benchmarks.costs import CHOSEN, Cost
from tests.benchmarks.figures import Figure, Goal, Sample, turns
from tests.benchmarks.guide import FILES, ROWS, write_figures
from tests.benchmarks.money import MILLION, Prices, Size, Workload, cost_of_a_million
from tests.benchmarks.setting import Invocations
from tests.project import PROJECT


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


def test_there_is_no_ratio_to_nothing() -> None:
    assert figure(1, 0).ratio is None


def test_each_peer_begins_in_its_turn() -> None:
    assert [turns(["a", "b", "c"], number)[0] for number in range(4)] == ["a", "b", "c", "a"]
    assert sorted(turns(["a", "b", "c"], 2)) == ["a", "b", "c"]


def test_an_invocation_that_did_nothing_is_not_fast_but_wrong() -> None:
    done = Invocations([0.1], [0.1], {"results": [{"task_id": 1}, {"task_id": 1}, {"outcome": "skipped"}]}, 0)
    done.expect_tasks(1)
    with pytest.raises(RuntimeError, match="1 tasks instead of 2"):
        done.expect_tasks(2)


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


def test_a_time_with_a_goal_of_its_own_is_held_to_that_alone(tmp_path: Path) -> None:
    """A ratio between two times that are next to nothing is mostly noise."""
    file = tmp_path / "baseline.json"
    write_baseline([figure(50, goal=Goal(60))], file)
    assert json.loads(file.read_text()) == {}
    assert find_regressions([figure(59, goal=Goal(60))], file) == []
    assert find_regressions([figure(61, goal=Goal(60))], file) == ["a figure: 61.000 ms, its goal is ≤ 60"]


def test_what_is_no_longer_measured_is_found(tmp_path: Path) -> None:
    file = tmp_path / "baseline.json"
    write_baseline([figure(50)], file)
    assert find_regressions([], file) == ["a figure: not measured any more"]
    assert find_regressions([figure(50, 0)], file) == ["a figure: not measured any more"]


def test_what_has_only_a_goal_has_to_meet_it(tmp_path: Path) -> None:
    file = tmp_path / "baseline.json"
    file.write_text("{}")
    alone = Figure("a start", "s", {"ours": Sample((2.0,))}, Goal(1.5))
    assert find_regressions([alone], file) == ["a start: 2.000 s, its goal is ≤ 1.5"]


def test_the_size_that_costs_are_given_for_is_the_one_that_is_deployed() -> None:
    names = ("ACCOUNT_ID", "APPLICATION_ID", "TRACKING_BUCKET", "VIDEO_BUCKET")
    function, _ = read_stack(PROJECT / "s.yaml", dict.fromkeys(names, "1"), dotenv=False).functions
    assert Size(function.cpu or 0.0, function.memory_mb) == CHOSEN


def test_the_guides_have_the_figures_of_the_committed_run() -> None:
    ratios = json.loads(FILE.read_text(encoding="utf-8"))
    for file in FILES:
        block = re.search(r"<!-- bench -->.*<!-- /bench -->", file.read_text(encoding="utf-8"), re.DOTALL)
        assert block
        lines = [line.split("|") for line in block[0].splitlines() if line.startswith("|")][2:]
        written = [line[-2].strip().partition(" ")[0] for line in lines]
        for name, ratio in zip(ROWS, written, strict=True):
            assert not ratio or float(ratio) == pytest.approx(ratios[name], abs=0.006), name


def test_figures_go_behind_the_labels_of_their_rows(tmp_path: Path) -> None:
    file = tmp_path / "benchmarks.md"
    file.write_text(
        "a\n<!-- costs -->\n| | CNY |\n|---|---|\n| ours | old |\n| FFmpeg |\n<!-- /costs -->\n"
        "<!-- bench -->\n| | |\n|---|---|\n" + "| row |\n" * len(ROWS) + "<!-- /bench -->\nb\n"
    )
    figures = [Figure(name, "ms", {"ours": Sample((50.04,)), "sdk": Sample((100.0,))}) for name in ROWS]
    costs = [Cost("ours", CHOSEN, 6.625, 0.1), Cost("FFmpeg", Size(1, 1024), 424.8, 3.0)]
    write_figures(figures, costs, [file])
    lines = file.read_text().splitlines()
    assert (lines[0], lines[-1]) == ("a", "b")
    assert lines[4:6] == ["| ours | 6.62 |", "| FFmpeg | 425 |"]
    assert lines[-3] == "| row | 50 ms | 100 ms |  |  |  |  | 0.50 × sdk |"
