"""The switches of a task's end: the forms of its result, failing as told, staying as it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.multimediaai.result_forms import HUGE_BYTES, publish_as
from harness.multimediaai.tasks import TaskStatus
from tests.harness.multimediaai.world import World


@pytest.mark.parametrize(
    ("form", "url", "holds"),
    [
        ("image", "http://r/1.gif", b"GIF89a"),
        ("json", "http://r/1.json", b"http://r/1.gif"),
        ("text", "http://r/1.txt", b"http://r/1.gif"),
        ("html", "http://r/1.html", b"<!DOCTYPE html>"),
        ("huge", "http://r/1.gif", b"GIF89a"),
        ("none", "", b""),
        ("expired", "http://r/1.gif", b"GIF89a"),
    ],
)
def test_each_form(form: str, url: str, holds: bytes, tmp_path: Path) -> None:
    gif = tmp_path / "made.gif"
    gif.write_bytes(b"GIF89a")
    published = {"": b""}

    def publish(name: str, file: Path) -> str:
        published[f"http://r/{name}"] = file.read_bytes()
        file.unlink()
        return f"http://r/{name}"

    assert publish_as(form, "1", gif, publish) == url
    assert holds in published[url]
    assert (len(published[url]) == HUGE_BYTES) is (form == "huge")


def test_an_unknown_form_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="'gif' is not a form of results"):
        publish_as("gif", "1", tmp_path / "made.gif", lambda name, file: name)


def test_tasks_stay_running_and_a_later_one_fails_as_told(world: World) -> None:
    tasks = world.service.tasks
    world.service.stay_running = True
    stuck = [world.add_task("http://h/v.mp4"), world.add_task("http://h/v.mp4")]
    world.service.start()
    for _ in range(200):
        if tasks.count(TaskStatus.RUNNING) == len(stuck):
            break
        tasks.wait(stuck[0], 0.05)  # returns at once should it end, which it must not
    world.service.failure = ("1001", "Decode fail", "no key frame")
    world.service.stay_running = False
    failed = tasks.wait(world.add_task("http://h/v.mp4"), 20)
    assert (failed.error_code, failed.error_name, failed.error_reason) == world.service.failure
    first = tasks.get(stuck[0])  # the worker left it when it took the second
    assert first is not None
    assert first.status is TaskStatus.RUNNING
