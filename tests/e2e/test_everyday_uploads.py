"""What people's machines upload: what becomes a GIF task, what does not and why, and what is paid for."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

import alibabacloud_oss_v2 as oss
import pytest

from handler.errors import VideosFailed
from harness.cloud import LocalCloud, local_cloud
from tests.e2e.handling import Handler
from tests.e2e.uploads import RECORDS, VIDEOS, event_for, owner_client, read_record, unheard

MakeHandler = Callable[..., Handler]


class Upload(NamedTuple):
    """A file with the content type that its client gives it. reason: "" for one whose task is paid for.

    body: None for one of its own.
    """

    key: str
    content_type: str | None
    reason: str
    body: bytes | None = None


NO_VIDEO = "its suffix is not in VIDEO_SUFFIXES"
TRANSPORT_STREAM = "its suffix .ts is not in VIDEO_SUFFIXES"
APPLE_DOUBLE = "it is what macOS leaves beside a file (AppleDouble)"

BY_DEFAULT = [
    Upload("uploads/clip.mp4", "video/mp4", ""),
    Upload("uploads/CLIP.MOV", "video/quicktime", ""),
    Upload("uploads/clip.3gp", "audio/3gpp", ""),  # as Python's mimetypes calls it
    Upload("uploads/clip.mkv", "application/octet-stream", ""),
    Upload("uploads/clip.flv", None, ""),
    Upload("uploads/.hidden.mp4", "video/mp4", ""),
    Upload("uploads/$Income.mp4", "video/mp4", ""),
    Upload("uploads/._clip.mp4", "video/mp4", APPLE_DOUBLE),
    Upload("uploads/.AppleDouble/clip.mp4", "video/mp4", APPLE_DOUBLE),
    Upload("__MACOSX/uploads/clip.mp4", "video/mp4", APPLE_DOUBLE),
    Upload("$Recycle.Bin/S-1-5-21/$IQ1W2E3.mp4", "video/mp4", "it is a note of the Windows recycle bin"),
    Upload("uploads/empty.mp4", "video/mp4", "the object is empty", b""),
    Upload("uploads/", "application/x-directory", NO_VIDEO, b""),
    Upload("uploads/a-folder.mp4/", None, NO_VIDEO, b""),
    Upload("uploads/clip.mp4.part", "video/mp4", NO_VIDEO),
    Upload("uploads/clip.mp4.crdownload", None, NO_VIDEO),
    Upload("uploads/6f1c2e", "video/mp4", NO_VIDEO),
    Upload("uploads/notes.mp4", "text/plain; charset=UTF-8", "its content type is text/plain, which is text"),
    Upload("site/src/app.ts", "video/mp2t", TRANSPORT_STREAM),
    Upload("films/clip.ts", "video/mp2t", TRANSPORT_STREAM),
    Upload("live/index.m3u8", "application/vnd.apple.mpegurl", NO_VIDEO),
    *(Upload(f"live/index{number}.ts", "video/mp2t", TRANSPORT_STREAM) for number in range(20)),
]
WITH_TRANSPORT_STREAMS = [
    Upload("films/clip.ts", "video/mp2t", ""),
    Upload("films/untyped.TS", None, ""),
    Upload("site/src/a.ts", "text/typescript", "its content type is text/typescript, which is text"),
    Upload("site/src/b.ts", "application/typescript", "its content type is application/typescript, which is text"),
    Upload("site/src/c.ts", "application/x-typescript", "its content type is application/x-typescript, which"),
    Upload("films/from-linux.ts", "text/vnd.trolltech.linguist", ""),  # as both Python SDKs call it there
]
WITHOUT_SUFFIX = [
    Upload("uploads/6f1c2e", "video/mp4", ""),
    Upload("uploads/2026.03.11", "Video/MP4; codecs=avc1", ""),
    Upload("uploads/clip.mp4", "application/octet-stream", ""),
    Upload("uploads/picture", "image/jpeg", "it has no suffix, and its content type is image/jpeg"),
    Upload("uploads/untyped", None, "it has no suffix, and its content type is application/octet-stream"),
    Upload("uploads/._6f1c2e", "video/mp4", APPLE_DOUBLE),
    Upload("uploads/poster.jpg", "video/mp4", NO_VIDEO),
    Upload("uploads/folder/", None, NO_VIDEO, b""),
]


def put(
    cloud: LocalCloud,
    key: str,
    content_type: str | None = None,
    storage_class: str | None = None,
    body: bytes | None = None,
) -> None:
    content = b"film " + key.encode() if body is None else body
    request = oss.PutObjectRequest(bucket=VIDEOS, key=key, body=content)
    request.content_type, request.storage_class = content_type, storage_class
    owner_client(cloud).put_object(request)


def put_quietly(
    cloud: LocalCloud, key: str, content_type: str | None = None, storage_class: str | None = None
) -> None:
    with unheard(cloud):
        put(cloud, key, content_type, storage_class)


def put_symlink(cloud: LocalCloud, key: str, target: str) -> None:
    owner_client(cloud).put_symlink(oss.PutSymlinkRequest(bucket=VIDEOS, key=key, symlink_target=target))


def paid_for(cloud: LocalCloud) -> list[str]:
    """The keys of the tasks that there are, one for each task."""
    places = [
        urlsplit(task.video_url).path.removeprefix(f"/{VIDEOS}/") for task in cloud.multimediaai.tasks.list()
    ]
    return sorted(unquote(place) for place in places)


def outcomes(cloud: LocalCloud) -> dict[str, dict[str, Any]]:
    """What the function's log says of each video at last."""
    lines = [json.loads(line) for done in cloud.fc.invocations for line in done.lines if line.startswith("{")]
    return {line["video"]: line for line in lines if line["message"] == "video"}


@pytest.mark.parametrize(
    ("settings", "uploads"),
    [
        ({}, BY_DEFAULT),
        ({"VIDEO_SUFFIXES": ".mp4,.ts"}, WITH_TRANSPORT_STREAMS),
        ({"VIDEOS_WITHOUT_SUFFIX": "true"}, WITHOUT_SUFFIX),
    ],
    ids=["by default", "with transport streams", "without suffix"],
)
def test_each_upload_has_its_outcome_and_its_reason(settings: Mapping[str, str], uploads: list[Upload]) -> None:
    with local_cloud(render=False, function_environment=settings) as cloud:
        for upload in uploads:
            put(cloud, upload.key, upload.content_type, body=upload.body)
        assert cloud.fc.drain(60)
        said = outcomes(cloud)
        assert paid_for(cloud) == sorted(upload.key for upload in uploads if not upload.reason)
    for upload in uploads:
        line = said[f"oss://{VIDEOS}/{upload.key}"]
        assert line["outcome"] == ("skipped" if upload.reason else "submitted"), line
        assert line.get("reason", "").startswith(upload.reason)


def test_transport_streams_are_warned_of_where_they_are_watched() -> None:
    with local_cloud(render=False, function_environment={"VIDEO_SUFFIXES": ".ts"}) as cloud:
        put(cloud, "films/clip.ts", "video/mp2t")
        assert cloud.fc.drain(60)
        lines = [line for done in cloud.fc.invocations for line in done.lines]
    assert any('"WARNING"' in line and "HLS" in line for line in lines)


@pytest.mark.parametrize("name", ["ObjectReplication:ObjectCreated", "ObjectReplication:ObjectModified"])
def test_what_is_replicated_here_is_an_upload(cloud: LocalCloud, make_handler: MakeHandler, name: str) -> None:
    event = event_for("clip.mp4")
    event["events"][0]["eventName"] = name
    handler = make_handler()
    assert handler(event)[0]["outcome"] == "submitted"
    assert handler(event_for("clip.mp4"))[0]["outcome"] == "already_submitted"
    assert paid_for(cloud) == ["clip.mp4"]


@pytest.mark.parametrize("storage_class", ["Archive", "ColdArchive", "DeepColdArchive"])
def test_an_archived_video_that_a_person_names_is_not_paid_for(
    cloud: LocalCloud, make_handler: MakeHandler, storage_class: str
) -> None:
    put_quietly(cloud, "old.mp4", storage_class=storage_class)
    with pytest.raises(VideosFailed, match=r"old\.mp4: it is archived and not restored.*restore it") as caught:
        make_handler()({"videos": [f"oss://{VIDEOS}/old.mp4"]})
    assert not caught.value.retryable
    assert paid_for(cloud) == []


def test_a_text_that_a_person_names_is_not_paid_for(cloud: LocalCloud, make_handler: MakeHandler) -> None:
    put_quietly(cloud, "src/app.ts", "text/typescript")
    put_quietly(cloud, "6f1c2e", "image/png")
    handler = make_handler(VIDEO_SUFFIXES=".ts", VIDEOS_WITHOUT_SUFFIX="true")
    with pytest.raises(VideosFailed, match=r"content type is text/typescript.*\n.*no suffix.*image/png"):
        handler({"videos": [f"oss://{VIDEOS}/src/app.ts", f"oss://{VIDEOS}/6f1c2e"]})
    assert paid_for(cloud) == []


def test_a_video_without_suffix_that_a_person_names_is_a_video(
    cloud: LocalCloud, make_handler: MakeHandler
) -> None:
    put_quietly(cloud, "6f1c2e", "video/mp4")
    (result,) = make_handler(VIDEOS_WITHOUT_SUFFIX="true")({"videos": [f"oss://{VIDEOS}/6f1c2e"]})
    assert result["outcome"] == "submitted"
    assert paid_for(cloud) == ["6f1c2e"]


def test_a_symlink_that_leads_nowhere_is_not_paid_for_until_it_leads_somewhere() -> None:
    retries: list[int] = []

    def delay(retry: int) -> float:
        retries.append(retry)
        return 0.05

    with local_cloud(render=False, retry_delay=delay) as cloud:
        put_symlink(cloud, "latest/clip.mp4", "films/missing.bin")
        assert cloud.fc.drain(60)
        assert paid_for(cloud) == []
        line = outcomes(cloud)[f"oss://{VIDEOS}/latest/clip.mp4"]
        assert (line["error"], line["code"]) == ("VideoNotFound", "SymlinkTargetNotExist")
        assert "upload what it names" in line["detail"]
        put(cloud, "films/missing.bin")
        put_symlink(cloud, "latest/clip.mp4", "films/missing.bin")
        assert cloud.fc.drain(60)
        assert paid_for(cloud) == ["latest/clip.mp4"]
    assert retries == list(range(1, 9))


def test_a_symlink_to_an_archived_video_is_not_paid_for(cloud: LocalCloud) -> None:
    put_quietly(cloud, "films/old.bin", storage_class="Archive")
    put_symlink(cloud, "latest/clip.mp4", "films/old.bin")
    assert cloud.fc.drain(60)
    assert paid_for(cloud) == []
    assert "it is archived and not restored" in outcomes(cloud)[f"oss://{VIDEOS}/latest/clip.mp4"]["detail"]


def test_a_symlink_is_on_record_under_the_name_that_its_event_has(
    cloud: LocalCloud, make_handler: MakeHandler
) -> None:
    put_quietly(cloud, "films/clip.bin")
    put_symlink(cloud, "latest/clip.mp4", "films/clip.bin")
    assert cloud.fc.drain(60)
    link = owner_client(cloud).get_symlink(oss.GetSymlinkRequest(bucket=VIDEOS, key="latest/clip.mp4"))
    etag = str(link.etag).strip('"')
    (line,) = read_record(cloud, f"gif-tasks/{VIDEOS}/latest/clip.mp4/{etag}.jsonl")[1:]
    assert (line["status"], line["etag"], line["size"]) == ("submitted", etag, len(b"film films/clip.bin"))
    (again,) = make_handler()({"videos": [f"oss://{VIDEOS}/latest/clip.mp4"]})
    assert (again["outcome"], again["task_id"]) == ("already_submitted", line["task_id"])
    assert RECORDS in again["record"]
