"""IMM's tasks stand among Multimedia AI's: in the list, its counts and filter, and beside their videos."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from harness.cloud import LocalCloud
from harness.multimediaai.imm import MediaTask
from harness.multimediaai.media.wanted import Wanted
from tests.harness.console.admin_path import upload
from tests.harness.console.test_pages import look

GIF = ("my-gif-records", "gifs/my-videos/clip.mp4.gif")


@pytest.fixture
def tasks(session: requests.Session, cloud: LocalCloud) -> list[MediaTask]:
    """One of IMM's in each state, and before them one of Multimedia AI's, which waits."""
    upload(session, cloud, "clip.mp4", b"film")
    assert cloud.fc.drain(30)
    cloud.oss.store.put(*GIF, b"GIF89a", "image/gif")
    made = [cloud.imm.tasks.create("local-project", ("my-videos", "clip.mp4"), GIF, Wanted()) for _ in range(3)]
    cloud.imm.tasks.end(made[1].task_id)
    cloud.imm.tasks.end(made[2].task_id, "ResourceNotFound", "it is gone")
    return made


def told(session: requests.Session, cloud: LocalCloud) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = session.get(f"{cloud.url}/_admin/tasks", timeout=10).json()["tasks"]
    return found


def test_programs_are_told_of_them(session: requests.Session, cloud: LocalCloud, tasks: list[MediaTask]) -> None:
    found = told(session, cloud)
    (older,) = cloud.multimediaai.tasks.list()
    assert [task["task_id"] for task in found] == [*(task.task_id for task in reversed(tasks)), older.task_id]
    failed, succeeded, running, waiting = found
    assert [task["status"] for task in found] == ["failed", "succeeded", "running", "waiting"]
    assert {task["video"] for task in found} == {"oss://my-videos/clip.mp4"}
    assert (failed["error"], failed["gif"]) == ("ResourceNotFound: it is gone", None)
    assert succeeded["gif"] == {"bucket": GIF[0], "key": GIF[1]}
    assert (succeeded["progress"], running["progress"]) == (1.0, 0.0)
    assert waiting["video_name"].startswith("clip.mp4 ")


def test_the_page_counts_and_filters_them(
    session: requests.Session, cloud: LocalCloud, tasks: list[MediaTask]
) -> None:
    page = look(session, cloud, "/tasks")
    assert all(task.task_id in page.text for task in tasks)
    states = {attrs["href"] for tag, attrs in page.found if tag == "a" and "state=" in str(attrs.get("href"))}
    assert states == {f"/_console/tasks?state={name}" for name in ("waiting", "running", "succeeded", "failed")}
    only = look(session, cloud, "/tasks?state=succeeded")
    assert [task.task_id in only.text for task in tasks] == [False, True, False]
    assert any("key=gifs%2Fmy-videos%2Fclip.mp4.gif" in link for link in only.links())
    waiting = look(session, cloud, "/tasks?state=waiting")
    assert not any(task.task_id in waiting.text for task in tasks)


def test_a_page_has_the_latest_of_both(
    session: requests.Session, cloud: LocalCloud, tasks: list[MediaTask]
) -> None:
    page = look(session, cloud, "/tasks?limit=2")
    assert [task.task_id in page.text for task in tasks] == [False, True, True]


def test_a_video_has_its_task_beside_it(
    session: requests.Session, cloud: LocalCloud, tasks: list[MediaTask]
) -> None:
    (record,) = cloud.oss.store.list("my-gif-records", "gif-tasks/my-videos/")
    text = cloud.oss.store.get("my-gif-records", record.key).decode()
    (older,) = cloud.multimediaai.tasks.list()
    changed = text.replace(f'"task_id":{older.task_id}', f'"task_id":"{tasks[1].task_id}"')
    assert changed != text
    cloud.oss.store.put("my-gif-records", record.key, changed.encode())
    where = {"bucket": "my-videos", "key": "clip.mp4"}
    answer = session.get(f"{cloud.url}/_admin/video", params=where, timeout=10).json()
    assert (answer["video"]["state"], answer["ended"]) == ("succeeded", True)
    assert answer["video"]["task"]["task_id"] == tasks[1].task_id
    assert tasks[1].task_id in look(session, cloud).text
