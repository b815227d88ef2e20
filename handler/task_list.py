"""What an instance knows of the service's tasks: one look with ListTasks serves everybody who needs one.

A look shows what existed when it began. So it proves that an attempt made no task when it began after the last
moment at which that attempt can have made one, whoever asked for it; and a task that was ever seen exists. Both
moments are by OSS's clock: an instance's may stand still while the instance is frozen.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from handler.advice import next_delivery
from handler.answers import whole_number
from handler.errors import GifTaskError, LeaseTooShort, OutcomeUnknown
from handler.gif_task import GifTaskClient, TaskPage
from handler.service import SecondsLeft
from handler.task_page import BEGINNING, Page, Task, order_of, read_page

#: Of one look. A video of which more would be needed waits for a person.
MAX_PAGES = 400
#: What is known is forgotten when there are more tasks, for an instance's memory is small.
MAX_KNOWN = 30_000


class _Base(NamedTuple):
    """An earlier look. All tasks that existed when it began and were created after `depth` are known."""

    number: int
    depth: datetime
    total: int | None
    newest: datetime


class TaskList:
    """One per instance, used by many threads; those that need a look wait for the one that is under way."""

    def __init__(self, client: GifTaskClient) -> None:
        self._client = client
        self._lock = threading.Lock()
        #: By TaskId, the look that saw it first.
        self._numbers: dict[int, int] = {}
        self._named: dict[str, list[Task]] = {}
        self._look: _Look | None = None
        self._base: _Base | None = None
        self._failed: tuple[float, GifTaskError] | None = None

    def find(
        self,
        name: str,
        is_it: Callable[[Task], bool],
        not_before: datetime,
        settled: float,
        now: float,
        left: SecondsLeft,
    ) -> Task | None:
        """The task with this VideoName (or none) for which `is_it` says so; None: when `settled`, there was none.

        settled, now: epoch seconds; `now` has passed. not_before: tasks created earlier do not matter. Raises a
        GifTaskError when ListTasks cannot tell, LeaseTooShort when too little of the lease is left to submit.
        """
        asked = time.monotonic()
        if not self._lock.acquire(timeout=max(0.0, left() - 2 * self._client.time_limit)):
            raise _no_time()
        try:
            if found := next(filter(is_it, self._with_name(name)), None):
                return found
            if self._failed and self._failed[0] > asked:
                raise self._failed[1]  # of the look that this thread has waited for
            look = self._look_since(settled, now)
            while not look.reaches(not_before):
                self._go_on(look, left)
                if found := next(filter(is_it, self._with_name(name)), None):
                    return found
            return None
        finally:
            self._lock.release()

    def _with_name(self, name: str) -> Iterator[Task]:
        yield from self._named.get(name.strip(), ())
        yield from self._named.get("", ())

    def _look_since(self, settled: float, now: float) -> _Look:
        look = self._look
        if look and look.began >= settled:
            return look
        if look and (depth := look.depth()) is not None:
            self._base = _Base(look.number, depth, look.count, look.newest)
        if len(self._numbers) > MAX_KNOWN:
            self._numbers, self._named, self._base = {}, {}, None
        self._look = _Look(look.number + 1 if look else 1, now, self._base)
        return self._look

    def _go_on(self, look: _Look, left: SecondsLeft) -> None:
        """One more page."""
        if left() <= 2 * self._client.time_limit:
            raise _no_time()
        if len(look.pages) >= MAX_PAGES:
            raise OutcomeUnknown(f"ListTasks: not found in the {MAX_PAGES} pages of tasks that were looked at")
        number = look.next_page()
        try:
            # Its retries leave the time to submit what nobody can look for, where a person insists on it.
            answer = self._client.list_tasks(number, lambda: left() - self._client.time_limit)
        except GifTaskError as error:
            self._failed = (time.monotonic(), error)
            raise
        tasks = {key: task for task in answer.tasks if (key := whole_number(task.get("TaskId")))}
        for key, task in tasks.items():
            if key not in self._numbers:
                self._numbers[key] = look.number
                self._named.setdefault(str(task.get("VideoName") or "").strip(), []).append(task)
        look.add(number, answer, tasks, self._numbers)


class _Look:
    """The pages that were fetched since it began.

    The documentation promises no order: the pages tell it, the last one first when the first does not. Walking
    towards older pages ends at one that is wholly too old, or at one that the look before this one has seen.
    """

    def __init__(self, number: int, began: float, base: _Base | None) -> None:
        self.number, self.began = number, began
        self.newest = base.newest if base else BEGINNING
        #: TotalCount of the first answer
        self.count: int | None = None
        self.pages: dict[int, Page] = {}
        self._base = base
        self._last: int | None = None
        self._last_at_first: int | None = None
        #: Fetched before those in front of them, from which tasks may have moved to them since.
        self._early: set[int] = set()
        self._ended = False
        self._seen: set[int] = set()
        self._new = 0
        self._most = 0

    def add(self, number: int, answer: TaskPage, tasks: Mapping[int, Task], numbers: Mapping[int, int]) -> None:
        """A page and those of its tasks that have a TaskId. numbers: of the looks that saw them first."""
        if not self.pages:
            self.count, self._last_at_first = answer.total, answer.pages
        if answer.pages is not None:
            self._last = max(answer.pages, self._last or 0)
        self._most = max(self._most, answer.total or 0)
        self._ended = self._ended or (answer.pages is None and not answer.tasks)
        unseen = {key: task for key, task in tasks.items() if key not in self._seen}
        self._seen.update(unseen)
        known = {key for key in tasks if self._base and numbers[key] <= self._base.number}
        self._new += len(unseen.keys() - known)
        page = read_page(tasks.values(), unseen.values(), is_known=bool(tasks) and len(known) == len(tasks))
        if page.latest:
            self.newest = max(self.newest, page.latest)
        if number in self.pages:  # once more, now that it is its turn: it has shown its order before
            self._early.discard(number)
            before = self.pages[number]
            page = page._replace(**{name: getattr(before, name) for name in ("first", "last", "rises", "falls")})
        self.pages[number] = page

    def next_page(self) -> int:
        order = order_of(self.pages)
        if order is None and self.pages and self._last and self._last not in self.pages:
            if self._last > 2:
                self._early.add(self._last)
            return self._last
        if order is False and self._last_at_first:
            return next(number for number in range(self._last_at_first, 0, -1) if number not in self.pages)
        return len(self._forwards()) + 1

    def reaches(self, moment: datetime) -> bool:
        depth = self.depth()
        return depth is not None and depth < moment

    def depth(self) -> datetime | None:
        """All tasks that existed at the beginning and were created later than this are known; None: not yet."""
        order = order_of(self.pages)
        backwards = order is False and self._last_at_first is not None
        walked = self._backwards() if backwards else self._forwards()
        every = self._last_at_first if backwards else self._last
        if self._ended or (every is not None and self.pages and len(walked) >= every):
            return BEGINNING
        to_older = order is True or backwards
        depths = [page.latest for page in walked if page.latest and to_older]
        if self._base and self._meets(self._base, walked, to_older, self.count if order else self._most):
            depths.append(self._base.depth)
        return min(depths, default=None)

    def _meets(self, base: _Base, walked: list[Page], to_older: bool, count: int | None) -> bool:
        """Whether all that is new since `base` was seen: a page of its tasks was reached, and none is left out.

        What is new is at least as new as the newest of base's tasks, and so stands before a page that is older.
        Where the times do not tell, as many new tasks as TotalCount has grown by must have been seen.
        """
        known = [page for page in walked if page.is_known]
        if to_older and any(page.latest and page.latest < base.newest for page in known):
            return True
        if not known or not self.count or not count or base.total is None:
            return False
        return 0 <= count - base.total <= self._new

    def _forwards(self) -> list[Page]:
        """The pages from the first on, without a gap."""
        pages, number = [], 1
        while number in self.pages and number not in self._early:
            pages.append(self.pages[number])
            number += 1
        return pages

    def _backwards(self) -> list[Page]:
        """The pages from the last one back, without a gap. Nothing moves to a page that was fetched early."""
        pages, number = [], self._last_at_first or 0
        while number in self.pages:
            pages.append(self.pages[number])
            number -= 1
        return pages


def _no_time() -> LeaseTooShort:
    return LeaseTooShort(
        "held up for so long that the time is too short to look for the task; nothing was sent",
        hint=next_delivery("looks for it"),
    )
