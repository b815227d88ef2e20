"""What the log says: each video by its name, one line an event, and what was done even when something failed."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from handler.errors import VideosFailed
from harness.cloud import LocalCloud, local_cloud
from tests.e2e.handling import Handler
from tests.e2e.uploads import EVENT, RECORD, RECORDS, VIDEOS, event_for, read_record, task_ids, upload

FUNCTION = "gif-on-upload"


def lines_of(text: str, message: str) -> list[dict[str, Any]]:
    """The JSON lines with that message."""
    found = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    return [line for line in found if line["message"] == message]


def test_what_was_done_is_in_the_log_when_another_video_failed(cloud: LocalCloud) -> None:
    upload(cloud, "good.mp4")
    assert cloud.fc.drain(60)
    names = [f"oss://{VIDEOS}/good.mp4", f"oss://{VIDEOS}/missing.mp4", "s3://elsewhere/a.mp4"]
    answer = cloud.fc.invoke(FUNCTION, json.dumps({"videos": names}).encode())
    assert answer.error_type == "UnhandledInvocationError"
    (line,) = lines_of("\n".join(answer.lines), "results")
    assert [(result["video"], result["outcome"]) for result in line["results"]] == [
        (names[0], "already_submitted"),
        (names[1], "failed"),
        ("videos[2]", "failed"),
    ]
    assert [line["results"][0]["task_id"]] == task_ids(cloud)
    assert [result.get("error") for result in line["results"]] == [None, "VideoNotFound", "EventError"]


def test_many_results_are_several_lines_that_no_runtime_cuts(
    cloud: LocalCloud, make_handler: Callable[..., Handler], capsys: pytest.CaptureFixture[str]
) -> None:
    bad = [f"oss://{VIDEOS}//{'长' * 330}{number}.mp4" for number in range(200)]
    upload(cloud, "good.mp4")
    with pytest.raises(VideosFailed):
        make_handler()({"videos": [f"oss://{VIDEOS}/good.mp4", *bad]})
    out = capsys.readouterr().out
    assert max(len(line.encode()) for line in out.splitlines()) < 32 * 1024
    parts = lines_of(out, "results")
    assert [(part["part"], part["parts"]) for part in parts] == [(n, len(parts)) for n in range(1, len(parts) + 1)]
    results = [result for part in parts for result in part["results"]]
    assert [result["video"] for result in results] == [f"oss://{VIDEOS}/good.mp4", *bad]
    assert [results[0]["task_id"]] == task_ids(cloud)


def test_a_video_whose_process_is_killed_is_in_the_log() -> None:
    with local_cloud(render=False, retry_delay=lambda _: 0.05) as cloud:
        cloud.faults.add("oss:AppendObject:kill:nth=1")
        upload(cloud, "clip.mp4")
        assert cloud.fc.drain(60)
        killed = cloud.fc.invocations[0]
    assert killed.outcome == "failed"
    (begun,) = lines_of("\n".join(killed.lines), "begun")
    assert begun["video"] == f"oss://{VIDEOS}/clip.mp4"
    assert begun["request_id"] == killed.request_id


def test_a_function_that_cannot_start_says_so_in_a_line() -> None:
    with local_cloud(render=False, retry_delay=lambda _: 0.01, function_environment={"TEMPLATE_ID": "x"}) as cloud:
        upload(cloud, "clip.mp4")
        assert cloud.fc.drain(60)
        invocations = [done for done in cloud.fc.invocations if done.function == "gif-on-upload"]
    assert len(invocations) == 9
    for done in invocations:
        (line,) = lines_of("\n".join(done.lines), "the function cannot start")
        assert (line["level"], line["error"]) == ("ERROR", "SettingsError")
        assert "TEMPLATE_ID" in line["detail"]


def test_a_key_cannot_write_a_line_of_its_own(
    cloud: LocalCloud, make_handler: Callable[..., Handler], capsys: pytest.CaptureFixture[str]
) -> None:
    key = 'a\n{"level":"ERROR","message":"forged"}\u2028\u202e.mp4'
    cloud.faults.add("multimediaai:CreateGifTask:error=400/InvalidParameter")
    with pytest.raises(VideosFailed) as caught:
        make_handler()(event_for(key))
    out = capsys.readouterr().out
    assert lines_of(out, "forged") == []
    named = [line["video"] for line in (*lines_of(out, "begun"), *lines_of(out, "video"))]
    assert named == [f"oss://{VIDEOS}/{key}"] * 2
    assert len(out.splitlines()) == 3
    assert len(str(caught.value).splitlines()) == 2
    assert "\u202e" not in str(caught.value)


def test_a_lone_surrogate_stops_nothing(
    cloud: LocalCloud, make_handler: Callable[..., Handler], capsys: pytest.CaptureFixture[str]
) -> None:
    event = {"events": [*EVENT["events"], *event_for("other.mp4")["events"], *event_for("\ud800.mp4")["events"]]}
    event["events"][1]["eventName"] = "Object\ud800Created"
    with pytest.raises(VideosFailed, match=r"oss://my-videos/\\ud800\.mp4: EventError") as caught:
        make_handler()(event, request_id="request\ud800\n1")
    assert len(caught.value.failures) == 1
    (task_id,) = task_ids(cloud)
    assert [line["status"] for line in read_record(cloud, RECORD)] == ["claimed", "submitted"]
    assert {line["request_id"] for line in read_record(cloud, RECORD)} == {"request\ud800\n1"}
    assert cloud.oss.store.get(RECORDS, RECORD).count(b"\n") == 2
    (line,) = lines_of(capsys.readouterr().out, "results")
    assert line["results"][0]["task_id"] == task_id
    assert line["results"][1]["outcome"] == "skipped"


def test_an_event_of_no_known_name_is_a_warning(
    make_handler: Callable[..., Handler], capsys: pytest.CaptureFixture[str]
) -> None:
    event = {"events": [*event_for("a.mp4")["events"], *event_for("b.mp4")["events"]]}
    event["events"][0]["eventName"] = "ObjectCreated:Teleport"
    event["events"][1]["eventName"] = "ObjectRemoved:DeleteObject"
    make_handler()(event)
    levels = {line["video"][-5:]: line["level"] for line in lines_of(capsys.readouterr().out, "video")}
    assert levels == {"a.mp4": "WARNING", "b.mp4": "INFO"}


def test_a_bad_record_is_named_whole_in_the_error_and_in_the_log(
    make_handler: Callable[..., Handler], capsys: pytest.CaptureFixture[str]
) -> None:
    key = "上传/" + "很长的名字" * 60 + ".mp4"
    event = event_for(key)
    del event["events"][0]["oss"]["object"]["eTag"]
    with pytest.raises(VideosFailed) as caught:
        make_handler()(event)
    assert f"oss://{VIDEOS}/{key}: EventError: events[0].oss.object: eTag is missing" in str(caught.value)
    (line,) = lines_of(capsys.readouterr().out, "video")
    assert line["video"] == f"oss://{VIDEOS}/{key}"
