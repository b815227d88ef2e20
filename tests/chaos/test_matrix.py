"""A fixed part of the matrix that `make chaos` runs as a whole."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from .matrix import Cell, Matrix
from .proxy import unbroken
from .running import run_one
from .scenes import SCENES
from .verdict import GOOD, End, judge
from .world import world

pytestmark = pytest.mark.slow

SEED = 20261126
#: Claim, pending entry, record; CreateGifTask.
NEW = [("oss", 1), ("oss", 2), ("oss", 3), ("api", 1)]
SINGLE, PAIRS, OUTAGES = 40, 15, 6


@pytest.fixture(scope="module")
def matrix() -> Iterator[Matrix]:
    with world() as one:
        yield Matrix(one)


def check(matrix: Matrix, cells: list[Cell]) -> None:
    for cell in cells:
        verdict = run_one(matrix, cell)
        assert verdict.end in GOOD, f"{cell}: {verdict.end.value}: {verdict.why}"


def test_every_scene_ends_well_when_nothing_is_broken(matrix: Matrix) -> None:
    for scene in SCENES:
        upload = scene.prepare(matrix.world, matrix.world.begin())
        matrix.world.doors.play(unbroken)
        matrix.world.settle(upload, delivered=matrix.world.deliver(upload))
        assert judge(matrix.world, upload).end in GOOD, scene.name
        assert len(matrix.places(scene)) >= 2, scene.name


def test_one_break_loses_nothing_and_doubles_nothing(matrix: Matrix) -> None:
    check(matrix, random.Random(SEED).sample([c for c in matrix.every() if "held" not in str(c)], SINGLE))


def test_neither_do_two(matrix: Matrix) -> None:
    check(matrix, [cell for cell in matrix.pairs(PAIRS, SEED) if "held" not in str(cell)])


def test_nor_does_an_outage(matrix: Matrix) -> None:
    check(matrix, list(matrix.long_ones(OUTAGES, SEED)))


@pytest.mark.parametrize("stop", ["killed before", "killed after", "frozen after"])
def test_a_process_that_is_stopped_at_its_call_costs_nothing(matrix: Matrix, stop: str) -> None:
    """The entry is put beside the call: who is frozen there may wake up and send it, which is window 1."""
    beside = NEW[1]
    check(matrix, [Cell("new", ((place, stop),)) for place in NEW if (place, stop) != (beside, "frozen after")])
    assert run_one(matrix, Cell("new", ((beside, stop),))).end in (*GOOD, End.LATE)


def test_a_request_that_is_processed_long_after_its_limit_is_the_window(matrix: Matrix) -> None:
    """So large is what remains; docs/guarantees.md says so."""
    ends = [run_one(matrix, Cell("new", ((place, "held before"),))).end for place in NEW]
    assert ends == [End.STORED] * 3 + [End.LATE]
