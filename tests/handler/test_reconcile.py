from __future__ import annotations

from datetime import datetime, timezone
from typing import Any, cast

import pytest

from handler.errors import OutcomeUnknown
from handler.gif_task import GifTaskClient, TaskPage
from handler.reconcile import find_task
from handler.record import Claimed, History, TaskId
from handler.task_list import TaskList
from handler.task_page import created_not_after
from handler.video import Video

URL = "https://my-videos.oss-cn-beijing.aliyuncs.com/clip.mp4"
VIDEO = Video("my-videos", "clip.mp4", "cn-beijing", "AB", 5)
CLAIM = {"claim": "a", "at": "2026-01-01T00:00:00.000Z"}


class Service:
    """ListTasks, page by page."""

    time_limit = 1.0

    def __init__(self, *pages: TaskPage) -> None:
        self.pages = pages
        self.asked: list[int] = []

    def list_tasks(self, page: int, left: Any) -> TaskPage:
        self.asked.append(page)
        return self.pages[page - 1]


def look(service: Service, claim: dict[str, Any] = CLAIM) -> TaskId | None:
    tasks = TaskList(cast("GifTaskClient", service))
    line = cast("Claimed", {"status": "claimed", "lease_seconds": 1, **claim})
    history = History((line,), 1, 9.0, 1_800_000_000.0)
    found = find_task(tasks, VIDEO, "clip.mp4 AB", f"{URL}?signature=1", "app", history, lambda: 99.0)
    return found.task_id if found else None


def find(*pages: TaskPage) -> TaskId | None:
    return look(Service(*pages))


def task(task_id: object, **fields: object) -> dict[str, object]:
    return {"TaskId": task_id, "VideoName": "clip.mp4 AB", "VideoUrl": URL, "ApplicationId": "app", **fields}


def test_what_others_made_stands_in_no_way() -> None:
    """None of them is ours, and none is an error either: another's URL may be anything."""
    others = [
        task(1, VideoUrl="http://[oss-bucket]/clip.mp4"),
        task(2, VideoUrl=None),
        task(3, VideoName="other"),
        task(4, ApplicationId="other"),
        task(5, CreateTime="2025-12-31T23:00:00Z"),
        task("none"),
        task(None),
        {},
    ]
    assert find(TaskPage(others, 1)) is None
    assert find(TaskPage([*others, task("9")], 1)) == 9


def test_it_need_not_say_its_application_or_time() -> None:
    assert find(TaskPage([{"TaskId": 7, "VideoName": "clip.mp4 AB", "VideoUrl": URL}], 1)) == 7


def test_a_service_that_does_not_count_its_pages_is_asked_until_one_is_empty() -> None:
    full = TaskPage([task(1, VideoName="other")], None)
    assert find(full, full, TaskPage([task(2)], None)) == 2
    assert find(full, full, TaskPage([], None)) is None


def test_a_search_that_cannot_end_does_not_say_that_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("handler.task_list.MAX_PAGES", 3)
    with pytest.raises(OutcomeUnknown, match="3 pages"):
        find(*[TaskPage([task(1, VideoName="other")], 450)] * 9)


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00Z", "yesterday", None, 5])
def test_a_claim_without_a_usable_time_excludes_no_task(at: object) -> None:
    service = Service(TaskPage([task(1, CreateTime="2020-01-01T00:00:00Z")], 1))
    assert look(service, {"claim": "a", "at": at}) == 1


@pytest.mark.parametrize(
    ("text", "latest"),
    [
        ("2021-01-01T08:00:00Z", "2021-01-01T08:00:00"),
        ("2021-01-01T08:00:00+08:00", "2021-01-01T00:00:00"),
        ("2021-01-01 08:00:00", "2021-01-01T08:00:00"),
        ("2021/01/01 08:00:00", "2021-01-01T08:00:00"),
        ("2021-01-01", "2021-01-02T00:00:00"),
        (1609488000000, "2021-01-01T08:00:00"),
        ("1609488000", "2021-01-01T08:00:00"),
        ("9999-12-31", "9999-12-31T00:00:00"),
    ],
)
def test_a_time_means_the_latest_that_it_may_mean(text: object, latest: str) -> None:
    assert created_not_after(text) == datetime.fromisoformat(latest).replace(tzinfo=timezone.utc)


@pytest.mark.parametrize("text", ["", None, "yesterday", "12", {}])
def test_a_time_that_says_nothing_is_none(text: object) -> None:
    assert created_not_after(text) is None


@pytest.mark.parametrize(
    ("url", "fields", "is_ours"),
    [
        ("https://my-videos.oss-cn-beijing-internal.aliyuncs.com/clip.mp4", {}, True),
        ("http://127.0.0.1:9000/my-videos/clip.mp4?signature=2", {}, True),
        # A domain that was bound to the bucket when the task was made, and is in no setting any more.
        ("https://old.example.com/clip.mp4?signature=2", {}, True),
        ("http://OLD.example.com:8080/clip%2Emp4", {"VideoName": None}, True),
        ("https://old.example.com/clip.mp4", {"VideoName": "clip.mp4 CD"}, False),
        ("https://old.example.com/a/clip.mp4", {}, False),
        ("https://old.example.com/another-clip.mp4", {}, False),
        # That the path is the same says nothing on a host to which no attempt's URL led.
        ("https://older.example.com/clip.mp4", {}, False),
        ("https://cdn.example.com/base/clip.mp4", {}, False),
        ("https://other-videos.oss-cn-beijing.aliyuncs.com/clip.mp4", {}, False),
        ("http://127.0.0.1:9000/other-videos/clip.mp4", {}, False),
    ],
)
def test_a_task_is_found_by_its_object_or_where_the_attempt_led(
    url: str, fields: dict[str, Any], is_ours: bool
) -> None:
    service = Service(TaskPage([task(7, VideoUrl=url, **fields)], 1))
    assert look(service, {**CLAIM, "video_at": "old.example.com/clip.mp4"}) == (7 if is_ours else None)


@pytest.mark.parametrize(("url", "found"), [(URL, 7), ("https://old.example.com/clip.mp4", None)])
def test_a_claim_that_does_not_say_where_it_led_leaves_the_known_hosts(url: str, found: int | None) -> None:
    assert find(TaskPage([task(7, VideoUrl=url)], 1)) == found
