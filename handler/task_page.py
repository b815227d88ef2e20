"""What a page of ListTasks says about when its tasks were created, and pages about their order."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, timedelta, timezone
from itertools import pairwise
from typing import NamedTuple

Task = dict[str, object]
BEGINNING = datetime.min.replace(tzinfo=timezone.utc)


class Page(NamedTuple):
    """latest: when its newest task may have been created at the latest; None: the times do not say.

    first, last, rises, falls: of the times of those tasks that no other page has shown; timeless: one has none.
    is_known: the look before this one has seen every task on it.
    """

    latest: datetime | None
    first: datetime | None
    last: datetime | None
    rises: bool
    falls: bool
    timeless: bool
    is_known: bool


def read_page(tasks: Collection[Task], unseen: Iterable[Task], *, is_known: bool) -> Page:
    """unseen: those of the tasks that no other page has shown."""
    moments = [created_not_after(task.get("CreateTime")) for task in tasks]
    times = [created_not_after(task.get("CreateTime")) for task in unseen]
    known = [moment for moment in times if moment]
    return Page(
        max(filter(None, moments)) if moments and None not in moments else None,
        known[0] if known else None,
        known[-1] if known else None,
        any(before < after for before, after in pairwise(known)),
        any(before > after for before, after in pairwise(known)),
        len(known) < len(times),
        is_known,
    )


def order_of(pages: Mapping[int, Page]) -> bool | None:
    """Whether the newest come first; None: the times tell no order."""
    inside = [pages[number] for number in sorted(pages) if pages[number].first]
    if any(page.timeless for page in pages.values()):
        return None
    steps = [(before.last, after.first) for before, after in pairwise(inside)]
    rises = any(page.rises for page in inside) or any(a and b and a < b for a, b in steps)
    falls = any(page.falls for page in inside) or any(a and b and a > b for a, b in steps)
    return falls if rises != falls else None


def created_not_after(value: object) -> datetime | None:
    """The latest moment that a CreateTime may mean; None when it says nothing.

    The page gives `2021-01-01` as its example and no format: a day without a time may mean its end, and a time
    without a zone may be Beijing's or UTC, of which UTC is the later one.
    """
    text = str(value or "").strip().replace("Z", "+00:00").replace("/", "-")
    if text.isascii() and text.isdigit() and len(text) in (10, 13):
        return datetime.fromtimestamp(int(text) / (1000 if len(text) == 13 else 1), timezone.utc)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
    a_day = len(text) == 10 and moment.date() < date.max
    return moment + timedelta(days=1) if a_day else moment
