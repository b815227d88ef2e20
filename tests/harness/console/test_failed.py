"""The list of what needs a person: what the collector really leaves there, and what somebody else did."""

from __future__ import annotations

import json

import requests

from harness.cloud import LocalCloud
from harness.multimediaai.tasks import TaskStatus

from .test_pages import look

COLLECTING = "gif-on-upload-collect"


def fail_one(cloud: LocalCloud) -> None:
    """A video's task fails, and an event that nobody can read fails in all its tries."""
    cloud.oss.store.put("my-videos", "clip.mp4", b"film")
    cloud.fc.invoke("gif-on-upload", b'{"videos": ["oss://my-videos/clip.mp4"]}')
    task = cloud.multimediaai.tasks.take(lambda: False)
    assert task is not None
    signed = "no video at http://127.0.0.1/clip.mp4?x-oss-signature=secret"
    cloud.multimediaai.tasks.end(task.task_id, TaskStatus.FAILED, error_code="1000", error_reason=signed)
    cloud.fc.invoke(COLLECTING, b'{"collect": true}')


def test_what_the_collector_gave_up_is_listed_with_its_reason(
    session: requests.Session, cloud: LocalCloud
) -> None:
    assert "Every upload has its GIF" in look(session, cloud, "/failed").text
    fail_one(cloud)
    page = look(session, cloud, "/failed")
    assert "oss://my-videos/clip.mp4" in page.text
    assert "1000" in page.text
    assert "no video at http://127.0.0.1/clip.mp4" in page.text
    assert "secret" not in page.text
    (entry,) = (entry for entry in cloud.oss.store.list("my-gif-records") if "/.failed/" in entry.key)
    (shown,) = (link for link in page.links() if entry.key.rsplit("/", 1)[1] in link)
    assert session.get(f"{cloud.url}{shown}", timeout=10).json()["code"] == "1000"
    assert "What needs a person" not in look(session, cloud).text
    tabs = [attrs for tag, attrs in look(session, cloud).found if attrs.get("title") == "what needs a person"]
    assert len(tabs) == 1  # on every page


def test_an_event_that_failed_names_its_videos(session: requests.Session, cloud: LocalCloud) -> None:
    record = {"oss": {"bucket": {"name": "my-videos"}, "object": {"key": "a.mp4"}}}
    letters: dict[str, dict[str, object]] = {
        "1-a": {"event": {"events": [record, {}, 7]}},
        "1-b": {"event": {"videos": ["oss://my-videos/b.mp4"]}},
        "1-c": {"event": "not JSON"},
    }
    for name, letter in letters.items():
        content = {"condition": "UnhandledInvocationError", "reason": "1 of 1 failed", **letter}
        cloud.oss.store.put("my-gif-records", f"gif-tasks/.failed/{name}.json", json.dumps(content).encode())
    cloud.oss.store.put("my-gif-records", "gif-tasks/.failed/x", b"[] of somebody else")
    answer = session.get(f"{cloud.url}/_admin/failures", timeout=10).json()["failures"]
    about = sorted((tuple(one["about"]), one["code"], one["is_event"]) for one in answer)
    assert about == [
        ((), "UnhandledInvocationError", True),
        ((), "unreadable", False),
        (("oss://my-videos/a.mp4",), "UnhandledInvocationError", True),
        (("oss://my-videos/b.mp4",), "UnhandledInvocationError", True),
    ]
    assert session.get(f"{cloud.url}/_admin/state", timeout=10).json()["failures"] == answer
    assert look(session, cloud, "/failed").text.count("an event that failed in all its tries") == 3
