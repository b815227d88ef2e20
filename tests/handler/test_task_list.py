"""What is known of the service's tasks: never that there is none when there is one, and with few requests."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any, cast

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from handler.errors import LeaseTooShort, NotProcessed, OutcomeUnknown
from handler.gif_task import GifTaskClient, TaskPage
from handler.task_list import TaskList
from handler.task_page import Task

#: Shortly before midnight, so that a listing by days has two of them.
START = datetime(2026, 1, 1, 23, 30, tzinfo=timezone.utc).timestamp()
FORMS = {"second": "%Y-%m-%dT%H:%M:%SZ", "day": "%Y-%m-%d", "none": ""}


@dataclass
class Service:
    """ListTasks as it may be: any order, any form of time, and new tasks while somebody turns the pages."""

    newest_first: bool = True
    ties_upwards: bool = True
    form: str = "second"
    counts: bool = True
    size: int = 3
    now: float = START
    tasks: list[tuple[float, int, str]] = field(default_factory=list)
    asked: list[int] = field(default_factory=list)
    meanwhile: list[int] = field(default_factory=list)
    time_limit: float = 1.0

    def create(self, name: str, count: int = 1) -> None:
        self.tasks += [(float(int(self.now)), len(self.tasks) + 1 + number, name) for number in range(count)]

    def list_tasks(self, page: int, left: Any = None) -> TaskPage:
        self.asked.append(page)
        if self.meanwhile:
            self.create("another", self.meanwhile.pop())
        sign = -1 if self.newest_first else 1
        ordered = sorted(self.tasks, key=lambda task: (sign * task[0], task[1] * (1 if self.ties_upwards else -1)))
        if self.form == "day":
            # Within a day, in the order in which they were made.
            ordered = sorted(self.tasks, key=lambda task: sign * task[1])
        shown = ordered[(page - 1) * self.size : page * self.size]
        listed: list[Task] = [
            {"TaskId": number, "VideoName": name, "CreateTime": self._time(at)} for at, number, name in shown
        ]
        return TaskPage(listed, len(self.tasks) if self.counts else None, self.size)

    def _time(self, at: float) -> str | None:
        return datetime.fromtimestamp(at, timezone.utc).strftime(FORMS[self.form]) or None


def find(known: TaskList, service: Service, name: str, settled: float | None = None) -> bool:
    """As a search for what an attempt since START may have made, which can make nothing more since `settled`."""
    not_before = datetime.fromtimestamp(START, timezone.utc) - timedelta(minutes=20)
    settled = service.now if settled is None else settled
    found = known.find(
        name, lambda task: task["VideoName"] == name, not_before, settled, service.now, lambda: 99.0
    )
    return found is not None


def listing(service: Service) -> TaskList:
    return TaskList(cast("GifTaskClient", service))


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("wait"), st.sampled_from([1, 2, 60, 2000])),
        st.tuples(st.just("others"), st.integers(1, 8)),
        st.tuples(st.just("create"), st.integers(0, 9)),
        st.tuples(st.just("find"), st.integers(0, 9)),
        st.tuples(st.just("meanwhile"), st.integers(1, 5)),
    ),
    max_size=40,
)


@settings(max_examples=150, deadline=None)
@given(
    steps=STEPS,
    newest=st.booleans(),
    ties=st.booleans(),
    form=st.sampled_from(sorted(FORMS)),
    counts=st.booleans(),
)
@example(  # while the last page is looked at, it becomes the last but one
    steps=[("create", 0), ("meanwhile", 1), ("meanwhile", 1), ("meanwhile", 4), ("find", 0)],
    newest=True,
    ties=False,
    form="day",
    counts=True,
)
def test_a_task_that_exists_is_never_said_not_to(
    steps: list[tuple[str, int]], newest: bool, ties: bool, form: str, counts: bool
) -> None:
    service = Service(newest, ties, form, counts)
    service.create("another", 4)
    known, made = listing(service), set()
    for step, value in steps:
        if step == "wait":
            service.now += value
        elif step == "others":
            service.create("another", value)
        elif step == "create":
            service.create(f"{value}")
            made.add(value)
            service.now += 1  # only after that is it settled
        elif step == "meanwhile":
            service.meanwhile.append(value)
        else:
            assert find(known, service, f"{value}") == (value in made)


@pytest.mark.parametrize(
    ("newest", "form", "asked"),
    [
        (True, "second", [1, 34, 2]),  # all on the first have one time: the last tells the order
        (False, "second", [1, 34, 33, 32]),
        (True, "day", [1, 34, 2]),
        (False, "day", [1, 34, 33, 32]),
        (True, "none", [1, 34, *range(2, 35)]),  # and the last once more, for tasks may have moved to it
    ],
)
def test_from_the_newest_to_the_first_page_that_is_too_old(newest: bool, form: str, asked: list[int]) -> None:
    service = Service(newest, form=form, now=START - 3 * 86400)
    service.create("another", 97)
    service.now = START
    service.create("another", 3)
    assert not find(listing(service), service, "clip")
    assert service.asked == asked


@pytest.mark.parametrize(("form", "newest"), [("second", True), ("second", False), ("day", True)])
def test_a_later_look_goes_no_further_than_to_what_is_known(form: str, newest: bool) -> None:
    service = Service(newest, form=form)
    service.create("another", 90)
    known = listing(service)
    service.now += 5
    assert not find(known, service, "clip")
    for name in ("clip", "other"):
        service.now += 5
        service.create(name)
        service.now += 5
        service.asked.clear()
        assert not find(known, service, "a third")
        assert len(service.asked) <= 4


@pytest.mark.parametrize("newest", [True, False])
def test_what_was_made_in_the_second_of_the_look_before_may_stand_behind_what_it_saw(newest: bool) -> None:
    service = Service(newest, ties_upwards=newest)
    service.create("another", 6)
    service.now += 5
    service.create("another", 6)
    known = listing(service)
    assert not find(known, service, "clip")
    service.create("clip")
    service.now += 1
    assert find(known, service, "clip")


def test_a_look_proves_nothing_about_what_began_after_it() -> None:
    service = Service()
    service.create("another")
    known = listing(service)
    assert not find(known, service, "clip")
    began = service.now
    service.now += 9
    service.create("clip")
    assert not find(known, service, "other", settled=began)
    assert service.asked == [1]
    assert find(known, service, "clip")
    assert service.asked == [1, 1]


def test_many_wait_for_one_look() -> None:
    service = Service()
    service.create("another", 60)
    known = listing(service)
    service.now += 9
    with ThreadPoolExecutor(8) as pool:
        assert not any(pool.map(lambda number: find(known, service, f"{number}"), range(50)))
    assert service.asked == [1, 20, *range(2, 21)]


def test_those_who_waited_for_a_look_that_failed_do_not_all_look_again() -> None:
    class Failing(Service):
        def list_tasks(self, page: int, left: Any = None) -> TaskPage:
            self.asked.append(page)
            all_wait.wait(5)
            raise NotProcessed("ListTasks: busy")

    service, all_wait, waiting = Failing(), threading.Event(), set[int]()
    known = listing(service)

    def left() -> float:
        waiting.add(threading.get_ident())
        if len(waiting) == 6:
            all_wait.set()
        return 99.0

    def look(_: int) -> str:
        try:
            known.find("clip", lambda _: False, datetime.now(timezone.utc), service.now, service.now, left)
        except NotProcessed as error:
            return str(error)
        return "found none"

    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(look, range(6))) == {"ListTasks: busy"}
    assert service.asked == [1]


def test_looking_leaves_time_to_submit() -> None:
    service = Service()
    service.create("another", 9)
    with pytest.raises(LeaseTooShort):
        listing(service).find("clip", lambda _: False, datetime.now(timezone.utc), 0.0, 0.0, lambda: 2.0)
    assert service.asked == []


def test_a_search_that_failed_goes_on_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("handler.task_list.MAX_PAGES", 4)
    service = Service(form="none")
    service.create("another", 30)
    known = listing(service)
    for _ in range(2):
        with pytest.raises(OutcomeUnknown, match="4 pages"):
            find(known, service, "clip", settled=START)
    assert service.asked == [1, 10, 2, 3]
    monkeypatch.undo()
    assert not find(known, service, "clip", settled=START)
    assert service.asked == [1, 10, *range(2, 11)]


def test_a_search_that_fails_to_the_end_leaves_the_time_to_submit() -> None:
    lease = 10.0

    class OutOfOrder(Service):
        def list_tasks(self, page: int, left: Any = None) -> TaskPage:
            nonlocal lease
            while left() > self.time_limit:
                lease -= self.time_limit  # no answer within it
            raise OutcomeUnknown("no answer")

    service = OutOfOrder()
    known = listing(service)
    with pytest.raises(OutcomeUnknown):
        known.find("clip", lambda _: False, datetime.now(timezone.utc), service.now, service.now, lambda: lease)
    assert lease > service.time_limit
