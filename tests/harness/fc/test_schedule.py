"""The queue behind asynchronous invocations: threads come when they are needed, and go."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from harness.fc.delivery.schedule import Schedule
from tests.harness.fc.account import until

Make = Callable[..., Schedule[int]]


def threads(name: str) -> int:
    return sum(thread.name == name for thread in threading.enumerate())


@pytest.fixture
def make(request: pytest.FixtureRequest) -> Iterator[Make]:
    """Makes a schedule, whose threads have the test's name."""
    made: list[Schedule[int]] = []

    def make_one(run: Callable[[int], float | None], idle_seconds: float = 60.0) -> Schedule[int]:
        made.append(Schedule(run, request.node.name, idle_seconds))
        return made[-1]

    yield make_one
    for schedule in made:
        schedule.close()
        assert schedule.join(10)


def test_an_item_that_raises_ends_neither_its_thread_nor_the_others(make: Make) -> None:
    ran: list[int] = []

    def run(item: int) -> None:
        if item == 1:
            raise ValueError(item)
        ran.append(item)

    schedule = make(run)
    for item in (1, 2, 3):
        schedule.add(item, 0, threads=1)
    assert schedule.drain(time.monotonic() + 10)
    assert ran == [2, 3]


def test_threads_without_work_end_and_come_back(make: Make, request: pytest.FixtureRequest) -> None:
    schedule = make(lambda item: None, idle_seconds=0.01)
    for _ in range(2):
        for item in range(8):
            schedule.add(item, 0, threads=4)
        assert schedule.drain(time.monotonic() + 10)
        until(lambda: not threads(request.node.name))


def test_one_thread_stays_for_what_is_due_later(make: Make, request: pytest.FixtureRequest) -> None:
    gate = threading.Barrier(3)

    def run(item: int) -> None:
        if item:
            gate.wait(10)

    schedule = make(run, idle_seconds=0.01)
    schedule.add(0, 3600, threads=3)
    schedule.add(1, 0, threads=3)
    schedule.add(1, 0, threads=3)
    gate.wait(10)
    until(lambda: threads(request.node.name) == 1)
    assert len(schedule) == 1


def test_as_many_at_once_as_there_are_items(make: Make) -> None:
    """Also when a thread is waiting: it is woken for one of them only."""
    together = threading.Barrier(3)
    first = threading.Event()

    def run(item: int) -> None:
        first.set() if item == 0 else together.wait(10)

    schedule = make(run)
    schedule.add(0, 0, threads=3)
    assert first.wait(10)
    assert schedule.drain(time.monotonic() + 10)
    for item in (1, 2):
        schedule.add(item, 0, threads=3)
    together.wait(10)
    assert schedule.drain(time.monotonic() + 10)
