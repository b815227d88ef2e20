"""The whole main job: an upload by a real client, the function in its own process, the record, the GIF."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import alibabacloud_oss_v2 as oss
import av
import oss2
import pytest
import requests

from harness.cli.clip import make_clip
from harness.cloud import LocalCloud, local_cloud
from tests.clients.oss_sdk import oss2_bucket
from tests.e2e.uploads import RECORDS, VIDEOS, owner_client, read_record, records
from tests.project import PROJECT

FUNCTION = "gif-on-upload"
EVENTS = sorted((PROJECT / "events").glob("*.json"))
HARD_KEYS = [
    "视频/a+b 100% #1?.mp4",
    "猫 +.mp4",
    "%E7%8C%AB+100%25.mp4",
    "a&b=c;d,e'f\"g\\h.mp4",
    "emoji 🐈/тест/é.MOV",
    "trailing space .mp4",
    "长/" + "n" * 1015 + ".mp4",
]


@pytest.fixture(scope="module")
def cloud() -> Iterator[LocalCloud]:
    """One cloud for all: its function starts once, and every test has keys of its own."""
    with local_cloud(render=False, retry_delay=lambda _: 0.05, context_shape="python3.12") as started:
        yield started


def record_of(cloud: LocalCloud, key: str) -> list[dict[str, Any]]:
    """The lines of the one tracking log of `key`."""
    assert cloud.fc.drain(60)
    found = [lines for lines in records(cloud).values() if lines[-1].get("video") == f"oss://{VIDEOS}/{key}"]
    assert len(found) == 1
    return found[0]


def assert_one_task(cloud: LocalCloud, key: str) -> dict[str, Any]:
    submitted = record_of(cloud, key)[-1]
    assert submitted["status"] == "submitted"
    task = cloud.multimediaai.tasks.get(submitted["task_id"])
    assert task is not None
    place = urlsplit(task.video_url).path
    assert [urlsplit(t.video_url).path for t in cloud.multimediaai.tasks.list()].count(place) == 1
    return submitted


def v2_put(cloud: LocalCloud, key: str) -> None:
    owner_client(cloud).put_object(oss.PutObjectRequest(bucket=VIDEOS, key=key, body=b"film " + key.encode()))


def videos(cloud: LocalCloud) -> Any:
    return oss2_bucket(cloud.url, cloud.identities.owner, VIDEOS)


def oss2_put(cloud: LocalCloud, key: str) -> None:
    videos(cloud).put_object(key, b"film")


def multipart(cloud: LocalCloud, key: str) -> None:
    bucket = videos(cloud)
    upload_id = bucket.init_multipart_upload(key).upload_id
    parts = [
        oss2.models.PartInfo(n, bucket.upload_part(key, upload_id, n, bytes([n]) * 102_400).etag) for n in (1, 2)
    ]
    bucket.complete_multipart_upload(key, upload_id, parts)


def copy(cloud: LocalCloud, key: str) -> None:
    cloud.oss.store.put(VIDEOS, "source.bin", b"film")
    videos(cloud).copy_object(VIDEOS, "source.bin", key)


def symlink(cloud: LocalCloud, key: str) -> None:
    cloud.oss.store.put(VIDEOS, "source.bin", b"film")
    videos(cloud).put_symlink("source.bin", key)


def console_form(cloud: LocalCloud, key: str) -> None:
    """The form that the OSS console posts."""
    policy = base64.b64encode(json.dumps({"expiration": "2099-01-01T00:00:00.000Z", "conditions": []}).encode())
    owner = cloud.identities.owner
    signature = base64.b64encode(hmac.digest(owner.access_key_secret.encode(), policy, "sha1")).decode()
    fields = {"key": key, "OSSAccessKeyId": owner.access_key_id, "policy": policy.decode(), "Signature": signature}
    answer = requests.post(f"{cloud.url}/{VIDEOS}", data=fields, files={"file": b"film"}, timeout=10)
    assert answer.status_code in (200, 204), answer.text


@pytest.mark.parametrize("upload", [v2_put, oss2_put, multipart, copy, symlink, console_form])
def test_every_way_to_upload_makes_one_task_on_record(
    cloud: LocalCloud, upload: Callable[[LocalCloud, str], None]
) -> None:
    key = f"by {upload.__name__}/clip+1.mp4"
    upload(cloud, key)
    assert_one_task(cloud, key)


@pytest.mark.parametrize("key", HARD_KEYS, ids=range(len(HARD_KEYS)))
def test_a_hard_key_keeps_its_name_all_the_way(cloud: LocalCloud, key: str) -> None:
    v2_put(cloud, key)
    submitted = assert_one_task(cloud, key)
    assert submitted["video"] == f"oss://{VIDEOS}/{key}"
    task = cloud.multimediaai.tasks.get(submitted["task_id"])
    assert task is not None
    # The service downloads exactly what it was given, and gets the bytes that were uploaded.
    answer = requests.get(task.video_url, timeout=10)
    assert (answer.status_code, answer.content) == (200, b"film " + key.encode())


@pytest.mark.parametrize("path", EVENTS, ids=lambda path: path.stem)
def test_every_sample_event(cloud: LocalCloud, path: Path) -> None:
    for key in ("uploads/clip.mp4", "视频/a+b 100% #1?.mp4"):
        cloud.oss.store.put(VIDEOS, key, b"film")
    symlink(cloud, "latest/clip.mp4")  # of put-symlink.json: OSS is asked where it leads
    assert cloud.fc.drain(60)
    before = len(cloud.multimediaai.tasks.list())
    result = cloud.fc.invoke(FUNCTION, path.read_bytes())
    created = len(cloud.multimediaai.tasks.list()) - before
    answer = json.loads(result.body)
    if path.stem.startswith("bad-"):
        assert result.error_type == "UnhandledInvocationError"
        assert answer["errorType"] == "VideosFailed"
        assert created == (1 if path.stem == "bad-one-of-two-records" else 0)
        return
    assert result.error_type is None, answer
    outcomes = {entry["outcome"] for entry in answer["results"]}
    if path.stem.startswith("skipped-"):
        assert outcomes == {"skipped"}
        assert created == 0
        return
    done = [entry for entry in answer["results"] if entry["outcome"] != "skipped"]
    assert {entry["outcome"] for entry in done} <= {"submitted", "already_submitted"}
    for entry in done:
        last = read_record(cloud, entry["record"].removeprefix(f"oss://{RECORDS}/"))[-1]
        assert (last["status"], last["task_id"], last["video"]) == ("submitted", entry["task_id"], entry["video"])
    again = json.loads(cloud.fc.invoke(FUNCTION, path.read_bytes()).body)
    if path.stem != "request-forced":
        assert [e.get("task_id") for e in again["results"]] == [e.get("task_id") for e in answer["results"]]


@pytest.mark.parametrize("context_shape", ["python3.10", "python3.12"])
def test_a_real_video_becomes_a_gif(tmp_path: Path, context_shape: str) -> None:
    clip = tmp_path / "猫 +.mp4"
    make_clip(clip, seconds=2)
    with local_cloud(context_shape=context_shape) as cloud:
        owner_client(cloud).put_object_from_file(oss.PutObjectRequest(bucket=VIDEOS, key=clip.name), str(clip))
        submitted = assert_one_task(cloud, clip.name)
        task = cloud.multimediaai.tasks.wait(submitted["task_id"], 60)
        gif = requests.get(task.result_url, timeout=10).content
    assert gif.startswith(b"GIF89a")
    (tmp_path / "result.gif").write_bytes(gif)
    with av.open(str(tmp_path / "result.gif")) as container:
        frames = {bytes(frame.to_rgb().planes[0]) for frame in container.decode(video=0)}
    assert len(frames) > 10
