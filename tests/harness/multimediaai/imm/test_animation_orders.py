"""From an order by an official client to the GIF in the bucket, and IMM's word on it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.cloud import LocalCloud, local_cloud
from harness.oss import NotificationRule
from tests.harness.multimediaai.imm.orders import (
    PROJECT_NAME,
    by_oss2,
    by_oss2_v4,
    by_v2,
    get_task,
    imm_client,
    process,
)
from tests.harness.multimediaai.media.test_gif import look

Send = Callable[..., str]
SENDERS = pytest.mark.parametrize("send", [by_v2, by_oss2, by_oss2_v4])


@SENDERS
def test_the_gif_that_was_asked_for_is_stored(cloud: LocalCloud, seen: Path, send: Send) -> None:
    owner = cloud.identities.owner
    key = "gifs/视频 a+b 100%.mp4.gif"
    what = process(key, "f_gif,ss_1000,num_3,inter_500,fps_4,w_80,h_64,scaletype_stretch", "gifs")
    task_id = send(cloud, owner, "videos", "a.mp4", what)
    cloud.imm.tasks.wait(task_id, 30)
    told = get_task(imm_client(cloud, owner), task_id)
    assert (told.status, told.code, told.task_type, told.project_name) == (
        "Succeeded",
        None,
        "MediaConvert",
        PROJECT_NAME,
    )
    made = cloud.oss.store.stat("gifs", key)
    assert made.attributes.content_type == "image/gif"
    seen.write_bytes(cloud.oss.store.get("gifs", key))
    gif = look(seen)
    assert (gif.width, gif.height, gif.times) == (80, 64, [0.0, 0.25, 0.5])


def test_without_a_bucket_it_goes_into_the_video_s_own(cloud: LocalCloud, seen: Path) -> None:
    task_id = by_v2(cloud, cloud.identities.owner, "videos", "a.mp4", process("a.gif"))
    cloud.imm.tasks.wait(task_id, 30)
    seen.write_bytes(cloud.oss.store.get("videos", "a.gif"))
    assert len(look(seen).frames) == 4


def test_a_task_is_running_until_it_has_ended(cloud: LocalCloud) -> None:
    cloud.imm.stay_running = True
    owner = cloud.identities.owner
    task_id = by_v2(cloud, owner, "videos", "a.mp4", process("a.gif"))
    told = get_task(imm_client(cloud, owner), task_id, request_definition=True)
    assert (told.status, told.end_time) == ("Running", None)
    assert json.loads(told.task_request_definition) == {
        "ProjectName": PROJECT_NAME,
        "Sources": [{"URI": "oss://videos/a.mp4"}],
        "Targets": [
            {
                "Image": {
                    "Animations": [
                        {
                            "URI": "oss://videos/a.gif",
                            "Format": "gif",
                            "StartTime": 0.0,
                            "Interval": 1.0,
                            "ScaleType": "stretch",
                        }
                    ]
                }
            }
        ],
    }


def test_a_file_that_is_no_video_fails_and_says_why(cloud: LocalCloud) -> None:
    cloud.oss.store.put("videos", "a.txt", b"a text")
    owner = cloud.identities.owner
    task_id = by_v2(cloud, owner, "videos", "a.txt", process("a.gif"))
    cloud.imm.tasks.wait(task_id, 30)
    told = get_task(imm_client(cloud, owner), task_id)
    assert (told.status, told.code) == ("Failed", "InvalidArgument")
    assert "not a video" in told.message
    assert not cloud.oss.store.list("videos", "a.gif")


def test_a_video_that_is_gone_fails_too(cloud: LocalCloud) -> None:
    cloud.imm.stay_running = True
    task_id = by_v2(cloud, cloud.identities.owner, "videos", "a.mp4", process("a.gif"))
    cloud.oss.store.objects.delete("videos", "a.mp4")
    cloud.imm.stay_running = False
    cloud.imm._worker.add(cloud.imm.tasks.list()[0])
    ended = cloud.imm.tasks.wait(task_id, 30)
    assert (ended.status, ended.code) == ("Failed", "ResourceNotFound")


def test_failures_can_be_asked_for(cloud: LocalCloud) -> None:
    cloud.imm.failure = ("InternalError", "no reason")
    task_id = by_v2(cloud, cloud.identities.owner, "videos", "a.mp4", process("a.gif"))
    ended = cloud.imm.tasks.wait(task_id, 30)
    assert (ended.status, ended.code, ended.message) == ("Failed", "InternalError", "no reason")


@pytest.mark.parametrize("tells", [True, False])
def test_what_is_stored_is_told_as_a_put(cloud: LocalCloud, tells: bool) -> None:
    told: list[bytes] = []
    cloud.imm.tells_buckets = tells
    rule = NotificationRule("r", "gifs", ("oss:ObjectCreated:*",), "", "", told.append)
    cloud.oss.notifications.add(rule)
    task_id = by_v2(cloud, cloud.identities.owner, "videos", "a.mp4", process("a.gif", bucket="gifs"))
    cloud.imm.tasks.wait(task_id, 30)
    made = cloud.oss.store.stat("gifs", "a.gif")
    events = [event for payload in told for event in json.loads(payload)["events"]]
    assert [(e["eventName"], e["oss"]["object"]["key"], e["oss"]["object"]["eTag"]) for e in events] == (
        [("ObjectCreated:PutObject", "a.gif", made.etag)] if tells else []
    )


def test_an_order_outlives_a_restart(tmp_path: Path, video: bytes) -> None:
    options: dict[str, Any] = {
        "stack_file": None,
        "buckets": ("videos",),
        "imm_project": PROJECT_NAME,
        "directory": tmp_path / "state",
    }
    with local_cloud(render=False, **options) as cloud:
        cloud.oss.store.put("videos", "a.mp4", video)
        task_id = by_v2(cloud, cloud.identities.owner, "videos", "a.mp4", process("a.gif"))
    with local_cloud(**options) as cloud:
        assert cloud.imm.tasks.wait(task_id, 30).status == "Succeeded"
        assert cloud.oss.store.get("videos", "a.gif").startswith(b"GIF89a")
