"""The collector's policy is the one that is enforced, and nothing in it is too much."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from handler.errors import GifOnUploadError, VideosFailed
from harness.cloud import LocalCloud, local_cloud
from tests.clock import Clock
from tests.e2e.collecting import FAILED, GIF, collector_for, put, succeed, url_of
from tests.e2e.handling import Handler, handler_for
from tests.e2e.policies import document, grants, without
from tests.e2e.uploads import RECORDS, event_for

POLICY = document("collector-policy.json")


def prepare(cloud: LocalCloud, clock: Clock, handler: Handler) -> None:
    """One video whose task has succeeded, with another upload's GIF under its name; and one not submitted yet."""
    handler(event_for("clip.mp4", put(cloud, "clip.mp4", b"film"), 4))
    cloud.oss.store.put(RECORDS, "gifs/my-videos/clip.mp4.gif", b"GIF89a of another upload")
    succeed(cloud, url_of(cloud, "result.gif", GIF))
    cloud.faults.add("multimediaai:CreateGifTask:page=503:times=1")
    with pytest.raises(VideosFailed):
        handler(event_for("late.mp4", put(cloud, "late.mp4", b"late"), 4))
    clock.ahead += 60


def run(cloud: LocalCloud) -> set[str]:
    """What the collector was denied, with its own role."""
    collect = collector_for(cloud, cloud.identities.assume_role("gif-on-upload-collect"))
    with contextlib.suppress(GifOnUploadError):
        collect()
    return {entry.fields["action"] for entry in cloud.journal.entries("denied")}


@pytest.mark.parametrize(("sid", "action"), grants(POLICY), ids=str)
def test_every_permission_is_needed(sid: str, action: str, tmp_path: Path, clock: Clock) -> None:
    policy = without(POLICY, sid, action, tmp_path / "policy.json")
    with local_cloud(collector_policy_file=policy, render=False, clock=clock) as cloud:
        prepare(cloud, clock, handler_for(cloud, clock, cloud.url))
        if action == "multimediaai:GetTaskStatus":
            cloud.faults.add("multimediaai:GetTaskResult:error=404/ResourceNotFound:times=1")
        assert run(cloud) == {action}


def test_with_the_whole_policy_nothing_is_denied(clock: Clock) -> None:
    with local_cloud(render=False, clock=clock) as cloud:
        prepare(cloud, clock, handler_for(cloud, clock, cloud.url))
        assert run(cloud) == set()
        assert cloud.oss.store.get(RECORDS, "gifs/my-videos/clip.mp4.gif") == GIF
        assert cloud.oss.store.list(RECORDS, FAILED) == []
