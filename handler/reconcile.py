"""Finds the task that a dead or unanswered attempt may have created, by asking ListTasks.

Our task has this video's URL and name, is not on record yet, and was not created before the first attempt whose
fate is unknown. Of the URL the object counts, on whichever of its hosts, for signatures differ from attempt to
attempt. A domain that was replaced or removed in between is known from the attempt's claim. The name has the
content's eTag in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from types import MappingProxyType

from handler.answers import whole_number
from handler.bucket_domains import host_and_path, object_at
from handler.record import Claimed, History
from handler.service import GifTask, SecondsLeft
from handler.task_list import TaskList
from handler.task_page import Task, created_not_after
from handler.video import Video

#: The claim's time is by an instance's clock, the task's by the service's, which accepts 15 minutes of difference.
CLOCK_TOLERANCE = timedelta(minutes=20)
_EPOCH = datetime.fromtimestamp(0, timezone.utc)


def find_task(
    tasks: TaskList,
    video: Video,
    video_name: str,
    video_url: str,
    application_id: str,
    history: History,
    left: SecondsLeft,
    domains: Mapping[str, str] = MappingProxyType({}),
) -> GifTask | None:
    """The task, or None when there is none. Raises a GifTaskError when ListTasks cannot tell, or LeaseTooShort.

    history: with the claims whose fate is unknown, none of which can make a task any more.
    """
    not_before = min(_claimed_at(claim) for claim in history.unresolved) - CLOCK_TOLERANCE
    led_to = {host_and_path(video_url), *(claim.get("video_at") for claim in history.unresolved)}

    def is_its_url(task: Task) -> bool:
        url = str(task.get("VideoUrl", ""))
        at = host_and_path(url)
        return bool(at) and (at in led_to or object_at(url, domains) == (video.bucket, video.key))

    def is_ours(task: Task) -> bool:
        return (
            is_its_url(task)
            and _is(task, "VideoName", video_name)
            and _is(task, "ApplicationId", application_id)
            and whole_number(task.get("TaskId")) not in history.task_ids
            and not _before(task, not_before)
        )

    found = tasks.find(video_name, is_ours, not_before, history.settled_at, history.read_at, left)
    task_id = whole_number(found.get("TaskId")) if found else None
    return GifTask(task_id, "") if task_id else None


def _is(task: Task, name: str, value: str) -> bool:
    """A field that is missing, as the page's example has them, excludes nothing; XML has no space around texts."""
    return str(task.get(name) or value).strip() == value.strip()


def _claimed_at(claim: Claimed) -> datetime:
    return max(_EPOCH, created_not_after(claim.get("at")) or _EPOCH)


def _before(task: Task, moment: datetime) -> bool:
    created = created_not_after(task.get("CreateTime"))
    return created is not None and created < moment
