"""What the log says about one upload, what a request was about, and what is shown without a log."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from harness.cloud import LocalCloud
from tests.e2e.uploads import VIDEOS, task_ids
from tests.ops.running import Ran
from tests.ops.stock import keys, stock
from tests.ops.telling import CLAIMED, FINISHED, SUBMITTED, gif, record
from tests.ops.uploading import upload_all

Gifs = Callable[..., Ran]
CLIP = f"oss://{VIDEOS}/clip.mp4"


def test_its_lines_in_the_log_are_shown_and_no_others(gifs: Gifs, cloud: LocalCloud) -> None:
    upload_all(cloud, "clip.mp4", "mp4.clip", 'a "quoted" \\ name.mp4')
    (task_id,) = [
        task.task_id for task in cloud.multimediaai.tasks.list() if task.video_name.startswith("clip.mp4 ")
    ]
    ran = gifs("show", CLIP)
    assert f"INFO     video: submitted, task {task_id}" in ran.out
    log = gifs("show", CLIP, "--json").document["log"]
    assert [(line["message"], line["video"]) for line in log] == [("begun", CLIP), ("video", CLIP)]
    strange = gifs("show", f'oss://{VIDEOS}/a "quoted" \\ name.mp4', "--json").document["log"]
    assert [line["message"] for line in strange] == ["begun", "video"]


def test_by_request_id_its_video_is_shown(gifs: Gifs, cloud: LocalCloud) -> None:
    upload_all(cloud, "clip.mp4", "other.mp4")
    request_id = gifs("show", CLIP, "--json").document["record"]["lines"][0]["request_id"]
    cloud.journal.clear()
    assert gifs("show", request_id, "--json").document["video"] == CLIP
    assert not [
        each for each in cloud.journal.entries("request") if each.fields.get("key") == "gif-tasks/.failed/"
    ]


def test_by_request_id_each_of_several_videos_has_a_line(gifs: Gifs, cloud: LocalCloud) -> None:
    stock(cloud, ["clip.mp4"])
    event = {"videos": [CLIP, f"oss://{VIDEOS}/nothing.mp4"]}
    done = cloud.fc.invoke("gif-on-upload", json.dumps(event).encode())
    ran = gifs("show", done.request_id)
    assert ran.code == 1
    assert sorted(line.split() for line in ran.out.splitlines()[1:]) == [
        ["failed", f"oss://{VIDEOS}/nothing.mp4"],
        ["submitted", CLIP],
    ]
    document = gifs("show", done.request_id, "--json").document
    assert {each["video"]: each["outcome"] for each in document["videos"]} == {
        CLIP: "submitted",
        f"oss://{VIDEOS}/nothing.mp4": "failed",
    }


def test_a_task_that_the_service_has_forgotten_is_found_in_the_log(gifs: Gifs, cloud: LocalCloud) -> None:
    upload_all(cloud, "clip.mp4")
    (task_id,) = task_ids(cloud)
    cloud.multimediaai.clear()
    ran = gifs("show", str(task_id))
    assert (ran.code, ran.out.splitlines()[0]) == (0, CLIP), ran.err
    assert "the requested resource does not exist" in ran.out.lower()


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("sls:GetLogsV2:error=404/ProjectNotExist", "the log project does not exist"),
        ("sls:GetLogsV2:error=404/LogStoreNotExist", "no such logstore"),
        ("sls:GetLogsV2:error=400/IndexConfigNotExist", "no index"),
    ],
)
def test_without_a_log_the_rest_is_shown(gifs: Gifs, cloud: LocalCloud, fault: str, said: str) -> None:
    stock(cloud, ["clip.mp4"])
    record(cloud, CLAIMED, SUBMITTED, FINISHED)
    gif(cloud)
    cloud.faults.add(fault)
    ran = gifs("show", CLIP)
    assert (ran.code, ran.err) == (0, "")
    assert "log     not known: " in ran.out
    assert said in ran.out
    assert said in gifs("show", CLIP, "--json").document["not_known"]["log"]


def test_a_log_that_does_not_answer_hides_nothing_else(gifs: Gifs, cloud: LocalCloud) -> None:
    stock(cloud, ["clip.mp4"])
    record(cloud, CLAIMED, SUBMITTED, FINISHED)
    gif(cloud)
    cloud.faults.add("sls:GetLogsV2:reset")
    ran = gifs("show", CLIP)
    assert (ran.code, ran.out.splitlines()[1]) == (3, "  state   finished: the GIF is there")
    assert "no answer" in ran.err


def test_by_request_id_all_of_a_large_event_are_shown(gifs: Gifs, cloud: LocalCloud) -> None:
    """More than Log Service gives in one answer."""
    names = keys(120)
    event = {"videos": [f"oss://{VIDEOS}/{name}" for name in names]}
    done = cloud.fc.invoke("gif-on-upload", json.dumps(event).encode())
    videos = gifs("show", done.request_id, "--json").document["videos"]
    assert {each["outcome"] for each in videos} == {"failed"}
    assert len(videos) == 120
