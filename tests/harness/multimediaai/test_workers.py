"""Tasks are worked off: downloaded, rendered, published, told; failures are told too and end nothing else."""

from __future__ import annotations

import json
import threading
import time

import av
import pytest

from harness.http.server import Request, Response
from harness.multimediaai import Task, TaskStatus
from tests.harness.multimediaai.calls import legacy
from tests.harness.multimediaai.media.videos import make_sound, make_video
from tests.harness.multimediaai.world import World

SECONDS = 20.0


def finished(world: World, task_id: int) -> Task:
    task = world.service.tasks.wait(task_id, SECONDS)
    assert task.ended
    return task


def with_video(world: World, name: str = "猫 a+b.mp4") -> str:
    world.files[name] = make_video(world.directory / "v.mp4", frames=50)
    return world.file_url(name)


def test_a_call_becomes_a_gif(world: World) -> None:
    url = with_video(world) + "?x-oss-signature=a%2Bb"
    world.service.start()
    parameters = {"ApplicationId": "app", "VideoName": "v", "VideoUrl": url}
    task_id = legacy(world, "CreateGifTask", parameters, Format="JSON").json()["TaskId"]
    task = finished(world, task_id)
    assert task.status is TaskStatus.SUCCEEDED
    assert world.service.progress(task_id) == 1.0
    result = legacy(world, "GetTaskResult", {"TaskId": str(task_id)}, Format="JSON").json()["Result"]
    assert result["ProcessResultUrl"] == f"http://results.example/processResult/{task_id}.gif"
    with av.open(str(world.result(result["ProcessResultUrl"]))) as gif:
        assert len({bytes(frame.reformat(format="rgb24").planes[0]) for frame in gif.decode(video=0)}) > 10
    assert world.fetched == [("/files/%E7%8C%AB%20a%2Bb.mp4", "x-oss-signature=a%2Bb")]
    states = [entry.fields["status"] for entry in world.journal.entries("task")]
    assert states == ["waiting", "running", "succeeded"]
    assert list((world.directory / "multimediaai" / "work").iterdir()) == []


def test_failures_have_a_reason_and_the_next_task_succeeds(world: World) -> None:
    (world.directory / "text").write_text("no video", encoding="utf-8")
    (world.directory / "empty").write_bytes(b"")
    world.files |= {
        "text.mp4": world.directory / "text",
        "empty.mp4": world.directory / "empty",
        "sound.mp4": make_sound(world.directory / "sound.mp4"),
        "refused.mp4": lambda request: Response(403, {}, b"<Error><Code>AccessDenied</Code></Error>"),
    }
    names = ["text.mp4", "empty.mp4", "sound.mp4", "refused.mp4", "missing.mp4"]
    ids = [world.add_task(world.file_url(name) + "?Signature=top-secret") for name in names]
    ids.append(world.add_task(with_video(world)))
    world.service.start()
    *failed, last = (finished(world, task_id) for task_id in ids)
    assert last.status is TaskStatus.SUCCEEDED
    assert {task.status for task in failed} == {TaskStatus.FAILED}
    place = f"{world.server.url}/files/"
    assert [(task.error_code, task.error_name, task.error_reason) for task in failed] == [
        ("2000", "Decode fail", "this is not a video, or not in a format that can be read"),
        ("2000", "Decode fail", "the file is empty"),
        ("2000", "Decode fail", "the file has no video track, only sound"),
        ("1000", "Download fail", f"{place}refused.mp4 answered 403 (AccessDenied)"),
        ("1000", "Download fail", f"{place}missing.mp4 answered 404 (NoSuchKey)"),
    ]
    assert "top-secret" not in str(world.journal.entries())


def test_a_result_that_cannot_be_published_fails_its_task_only(world: World) -> None:
    (world.directory / "results").write_text("a file where the folder should be", encoding="utf-8")
    url = with_video(world)
    first = world.add_task(url)
    world.service.start()
    task = finished(world, first)
    assert (task.status, task.error_name) == (TaskStatus.FAILED, "Internal error")
    (world.directory / "results").unlink()
    assert finished(world, world.add_task(url)).status is TaskStatus.SUCCEEDED


def test_unfinished_tasks_are_taken_up_again_after_a_restart(world: World) -> None:
    url = with_video(world)
    asked, answer = threading.Event(), threading.Event()

    def hang(request: Request) -> Response:
        asked.set()
        answer.wait(SECONDS)
        return Response(500)

    world.files["slow.mp4"] = hang
    running, waiting = world.add_task(world.file_url("slow.mp4")), world.add_task(url)
    world.service.start()
    assert asked.wait(SECONDS)
    world.service.stop()
    world.files["slow.mp4"] = world.files["猫 a+b.mp4"]
    answer.set()
    again = world.new_service()
    assert [task.status for task in again.tasks.list()] == [TaskStatus.RUNNING, TaskStatus.WAITING]
    again.start()
    assert finished(world, running).status is TaskStatus.SUCCEEDED
    assert finished(world, waiting).status is TaskStatus.SUCCEEDED
    assert world.add_task(url) == waiting + 1


def test_stopping_begins_nothing_however_much_is_waiting(world: World) -> None:
    asked, answer = threading.Event(), threading.Event()

    def hang(request: Request) -> Response:
        asked.set()
        answer.wait(SECONDS)
        return Response(500)

    world.files["slow.mp4"] = hang
    for _ in range(500):
        world.add_task(world.file_url("slow.mp4"))
    world.service.start()
    assert asked.wait(SECONDS)
    world.service.stop()
    answer.set()
    # Only the one that hung was begun.
    assert world.new_service().tasks.count(TaskStatus.WAITING) == 499


def test_stopping_while_it_renders_leaves_the_task_unfinished(world: World) -> None:
    world.files["v.mp4"] = make_video(world.directory / "v.mp4", size=(640, 480), frames=100)
    task_id = world.add_task(world.file_url("v.mp4"))
    world.service.start()
    until = time.monotonic() + SECONDS
    while world.service.progress(task_id) <= 0.2 and time.monotonic() < until:
        time.sleep(0.005)  # nothing tells of progress but asking
    world.service.stop()
    while list((world.directory / "multimediaai" / "work").iterdir()) and time.monotonic() < until:
        time.sleep(0.005)
    assert not (world.directory / "results").exists()
    task = world.new_service().tasks.get(task_id)
    assert task is not None
    assert task.status is TaskStatus.RUNNING


def test_several_workers_share_the_work(world: World) -> None:
    world.service.stop()
    at_once = threading.Barrier(3)

    def together(request: Request) -> Response:
        at_once.wait(SECONDS)
        return Response(404)

    world.files["v.mp4"] = together
    world.new_service(workers=3).start()
    ids = [world.add_task(world.file_url("v.mp4")) for _ in range(3)]
    assert all(finished(world, task_id).error_reason.endswith("answered 404") for task_id in ids)


def test_without_rendering_tasks_wait(world: World) -> None:
    world.service.stop()
    service = world.new_service(render=False)
    service.start()
    task_id = world.add_task(with_video(world))
    assert service.tasks.wait(task_id, 0.2).status is TaskStatus.WAITING
    assert world.fetched == []


def test_clear_forgets_tasks_and_gives_no_number_twice(world: World) -> None:
    first = world.add_task("http://h/v.mp4")
    world.service.applications = {"x"}
    world.service.clear()
    assert world.service.tasks.list() == []
    assert world.service.tasks.get(first) is None
    assert world.service.applications is None
    assert world.add_task("http://h/v.mp4") == first + 1


def test_the_next_number_may_be_set(world: World) -> None:
    world.service.tasks.next_task_id = 2**63 - 2
    assert [world.add_task("http://h/v"), world.add_task("http://h/v")] == [2**63 - 2, 2**63 - 1]
    with pytest.raises(ValueError, match="exists already"):
        world.service.tasks.next_task_id = 5
    assert world.service.tasks.get(2**64) is None


def test_the_callback_is_told_on_this_machine_only(world: World) -> None:
    told = world.add_task(world.file_url("missing.mp4"), callback_url=f"{world.server.url}/callback")
    unheard = world.add_task(world.file_url("missing.mp4"), callback_url="http://127.0.0.1:9/callback")
    elsewhere = world.add_task(world.file_url("missing.mp4"), callback_url="https://cb.example/x?secret=1")
    last = world.add_task(world.file_url("missing.mp4"))
    world.service.start()
    finished(world, last)  # each is told before the next is begun
    outcomes = {e.fields["task_id"]: e.fields["outcome"] for e in world.journal.entries("callback")}
    assert outcomes == {told: "204", unheard: "ConnectionError", elsewhere: "not on this machine"}
    (body,) = world.called_back
    assert json.loads(body)["TaskId"] == told
    assert json.loads(body)["ErrorName"] == "Download fail"


def test_waiting_for_an_unknown_task(world: World) -> None:
    with pytest.raises(KeyError, match="12"):
        world.service.tasks.wait(12, 1)


def test_the_state_is_on_disk_at_once(world: World) -> None:
    task_id = world.add_task("http://h/v.mp4?a=b", callback_url="http://cb/")
    first, second = world.service, world.new_service()
    assert second.tasks.get(task_id) == first.tasks.get(task_id)
    first.stop()
