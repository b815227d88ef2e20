"""An account that opened OSS since 2025-03-20: its public endpoint serves no video to the GIF service."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from handler.errors import VideosFailed
from harness.cli.clip import make_clip
from harness.cli.demo import run_demo
from harness.cloud import LocalCloud, local_cloud
from harness.http.faults import parse_fault
from harness.multimediaai import Task, TaskStatus
from tests.e2e.handling import SHORT, Handler
from tests.e2e.uploads import EVENT, RECORD, event_for, read_record, task_ids, upload

DOMAINS = "my-videos=videos.example.com"
KEY = "uploads/a+b 100% 猫.mp4"


def ended(cloud: LocalCloud) -> Task:
    assert cloud.fc.drain(60)
    (task,) = cloud.multimediaai.tasks.list()
    return cloud.multimediaai.tasks.wait(task.task_id, 60)


def test_with_a_domain_the_demo_runs_to_its_gif(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clip = make_clip(tmp_path / "clip.mp4", seconds=1)
    run_demo(clip, tmp_path / "demo", new_account=True, environ={"BUCKET_DOMAINS": DOMAINS})
    shown = capsys.readouterr().out
    assert "https://videos.example.com/uploads/clip.mp4?… (presigned)" in shown
    assert "✓ gif" in shown
    assert (tmp_path / "demo" / "clip.mp4.gif").read_bytes().startswith(b"GIF89a")


def test_without_a_domain_the_task_says_what_to_do_and_none_is_paid_for_twice() -> None:
    with local_cloud(new_account=True, retry_delay=lambda _: 0.05) as cloud:
        upload(cloud, KEY)
        task = ended(cloud)
        assert task.status is TaskStatus.FAILED
        assert "400 (PublicEndpointForbidden)" in task.error_reason
        assert "set BUCKET_DOMAINS" in task.error_reason
        assert "signature" not in task.error_reason
        upload(cloud, KEY)  # the same content: the same upload, delivered again
        assert cloud.fc.drain(60)
        assert [one.task_id for one in cloud.multimediaai.tasks.list()] == [task.task_id]


def test_a_key_with_everything_is_downloaded_from_the_domain() -> None:
    with local_cloud(new_account=True, environ={"BUCKET_DOMAINS": DOMAINS}) as cloud:
        upload(cloud, KEY)
        assert "Download" not in ended(cloud).error_name  # it came, and is not a video


def test_a_task_is_found_again_when_the_domain_was_set_in_between(
    cloud: LocalCloud, make_handler: Callable[..., Handler]
) -> None:
    cloud.faults.add(parse_fault("multimediaai:CreateGifTask:reset_after:times=1"))
    with pytest.raises(VideosFailed, match="the connection broke"):
        make_handler()(event_for(KEY))
    (result,) = make_handler(BUCKET_DOMAINS=DOMAINS)(event_for(KEY), "request-2")
    (task,) = cloud.multimediaai.tasks.list()
    assert (result["outcome"], result["task_id"]) == ("adopted", task.task_id)


@pytest.mark.parametrize(("fault", "outcome"), [("reset_after", "adopted"), ("reset", "submitted")])
def test_a_task_is_found_again_when_the_domain_was_replaced_and_another_objects_is_not(
    cloud: LocalCloud, make_handler: Callable[..., Handler], fault: str, outcome: str
) -> None:
    """The same bytes lie in a folder too, so that only the path tells the two tasks apart."""
    before = make_handler(BUCKET_DOMAINS="my-videos=old.example.com", **SHORT)
    (other,) = before(event_for("a/clip.mp4"))
    cloud.faults.add(parse_fault(f"multimediaai:CreateGifTask:{fault}:times=1"))
    with pytest.raises(VideosFailed, match="OutcomeUnknown"):
        before(EVENT)
    made = set(task_ids(cloud)) - {other["task_id"]}
    (result,) = make_handler(BUCKET_DOMAINS=DOMAINS, **SHORT)(EVENT, "request-2")
    assert (result["outcome"], {result["task_id"]} >= made) == (outcome, True)
    assert len(task_ids(cloud)) == 2
    claims = [line["video_at"] for line in read_record(cloud, RECORD) if line["status"] == "claimed"]
    assert claims == ["old.example.com/clip.mp4", "videos.example.com/clip.mp4"]
