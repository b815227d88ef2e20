"""Finds the task that a dead or unanswered attempt may have created, by asking ListTasks.

Our task has this video's URL (bucket and key: signatures differ from attempt to attempt, and the host may) and
name, is not on record yet, and was not created before the first attempt whose fate is unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta, timezone
from types import MappingProxyType
from typing import Any

from handler.bucket_domains import object_at
from handler.errors import LeaseTooShort, NotProcessed, OutcomeUnknown
from handler.gif_task import GifTask, GifTaskClient, SecondsLeft, whole_number

MAX_PAGES = 200
#: The claim's time is by an instance's clock, the task's by the service's, which accepts 15 minutes of difference.
CLOCK_TOLERANCE = timedelta(minutes=20)
_EPOCH = datetime.fromtimestamp(0, timezone.utc)


def find_task(
    client: GifTaskClient,
    video_name: str,
    video_url: str,
    application_id: str,
    claims: Iterable[dict[str, Any]],
    known: frozenset[int],
    left: SecondsLeft,
    domains: Mapping[str, str] = MappingProxyType({}),
) -> GifTask | None:
    """The task, or None when there is none. Raises a GifTaskError when ListTasks cannot tell, or LeaseTooShort."""
    not_before = min(_claimed_at(claim) for claim in claims) - CLOCK_TOLERANCE
    place = object_at(video_url, domains)
    # Looking must leave enough of the lease to submit.
    if left() <= 2 * client.time_limit:
        raise LeaseTooShort("held up for so long that there is no time to look for the task; nothing was sent")
    for tasks, rest_is_older in _newest_pages(client, left):
        for task in tasks:
            task_id = whole_number(task.get("TaskId"))
            ours = object_at(str(task.get("VideoUrl", "")), domains) == place and _is(
                task, "VideoName", video_name
            )
            if (
                ours
                and _is(task, "ApplicationId", application_id)
                and task_id is not None
                and task_id not in known
                and not _before(task, not_before)
            ):
                return GifTask(task_id, "")
        if rest_is_older and all(_before(task, not_before) for task in tasks):
            return None
    return None


def _newest_pages(client: GifTaskClient, left: SecondsLeft) -> Iterator[tuple[list[dict[str, Any]], bool]]:
    """Pages of tasks, and of each whether all that follow are older.

    The documentation promises no order. What the first page shows decides from which end to look; when it shows
    none, all pages have to be looked at.
    """
    first = client.list_tasks(1, left)
    newest_first = _is_newest_first(first.tasks)
    yield first.tasks, newest_first is True
    last = MAX_PAGES + 1 if first.pages is None else first.pages
    others = range(last, 1, -1) if newest_first is False and first.pages else range(2, last + 1)
    for page in others[: MAX_PAGES - 1]:
        if left() <= 2 * client.time_limit:
            raise NotProcessed("ListTasks: no time left to look any further")
        tasks = client.list_tasks(page, left).tasks
        if not tasks:
            return
        yield tasks, newest_first is not None
    if last > MAX_PAGES:
        raise OutcomeUnknown(f"ListTasks: not found in the {MAX_PAGES} pages of tasks that were looked at")


def _is(task: dict[str, Any], name: str, value: str) -> bool:
    """A field that is missing, as the page's example has them, excludes nothing; XML has no space around texts."""
    return str(task.get(name) or value).strip() == value.strip()


def _claimed_at(claim: dict[str, Any]) -> datetime:
    return max(_EPOCH, created_not_after(claim.get("at")) or _EPOCH)


def _before(task: dict[str, Any], moment: datetime) -> bool:
    created = created_not_after(task.get("CreateTime"))
    return created is not None and created < moment


def _is_newest_first(tasks: list[dict[str, Any]]) -> bool | None:
    """None: the times tell no order."""
    if not tasks:
        return None
    first, last = (created_not_after(task.get("CreateTime")) for task in (tasks[0], tasks[-1]))
    return None if first is None or last is None or first == last else first > last


def created_not_after(value: Any) -> datetime | None:
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
