"""`put --wait`: what became of an upload, and the exit code."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.cli.client import CallError, Client
from harness.cli.clip import make_clip
from harness.cli.outcome import wait_for_outcome
from harness.cloud import LocalCloud, local_cloud
from tests.harness.cli.command_line import run

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def shared() -> Iterator[LocalCloud]:
    with local_cloud(retry_delay=lambda _: 0.05) as started:
        yield started


@pytest.fixture
def cloud(shared: LocalCloud) -> LocalCloud:
    """As if it had just started, but for its function, which is warm."""
    shared.reset()
    return shared


@pytest.fixture
def client(cloud: LocalCloud) -> Client:
    return Client(cloud.url, cloud.identities.owner)


@pytest.fixture
def film(tmp_path: Path) -> Path:
    path = tmp_path / "film.mp4"
    path.write_bytes(b"no film")
    return path


def test_a_gif_is_shown_where_it_is(tmp_path: Path, cloud: LocalCloud) -> None:
    clip = make_clip(tmp_path / "视频 a+b 1%.mp4", 1)
    answer = run("put", "--wait", clip, "--endpoint", cloud.url)
    assert (answer.returncode, answer.stderr) == (0, "")
    (task,) = cloud.multimediaai.tasks.list()
    assert (
        f"TaskId {task.task_id}, on record in oss://my-gif-records/gif-tasks/my-videos/{clip.name}/"
        in answer.stdout
    )
    gif = answer.stdout.split("GIF        oss://")[1].splitlines()[0]
    assert cloud.oss.store.get(*gif.split("/", 1))[:6] in (b"GIF87a", b"GIF89a")


@pytest.mark.parametrize(
    ("bucket", "key", "fault", "told"),
    [
        ("my-videos", "film.mp4", "", [" failed: Decode fail", "→ look whether the video plays"]),
        ("my-videos", "film.txt", "", ["skipped: its suffix", "nothing is paid for"]),
        ("my-gif-records", "film.mp4", "", ["nobody was told", "these are watched: oss://my-videos/"]),
        (
            "my-videos",
            "it's.mp4",
            "multimediaai:CreateGifTask:error=401/ServiceNotOpened",
            ["CreateGifTask: 401 ServiceNotOpened", "视频动态封面", 'invoke - <<< \'{"videos"'],
        ),
        ("my-videos", "film.mp4", "oss:AppendObject:kill", ["has not said how it ended", "harness invoke -"]),
    ],
)
def test_what_went_wrong_is_told_with_what_to_do(
    bucket: str,
    key: str,
    fault: str,
    told: list[str],
    cloud: LocalCloud,
    client: Client,
    film: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if fault:
        cloud.faults.add(fault)
    client.put(bucket, key, film)
    assert wait_for_outcome(client, bucket, key, 60) == 1
    said = capsys.readouterr().err
    assert [words for words in told if words not in said] == [], said


def test_retries_are_waited_for(
    cloud: LocalCloud, client: Client, film: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cloud.faults.add("multimediaai:CreateGifTask:error=401/ServiceNotOpened:times=2")
    client.put("my-videos", "film.mp4", film)
    assert wait_for_outcome(client, "my-videos", "film.mp4", 60) == 1  # it is not a film
    captured = capsys.readouterr()
    (task,) = cloud.multimediaai.tasks.list()
    assert f"submitted  TaskId {task.task_id}" in captured.out
    assert f"task {task.task_id} failed" in captured.err


def test_a_cloud_that_makes_no_gifs_is_not_waited_for(film: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with local_cloud(render=False) as cloud:
        client = Client(cloud.url, cloud.identities.owner)
        client.put("my-videos", "film.mp4", film)
        assert wait_for_outcome(client, "my-videos", "film.mp4", 60) == 1
    assert "--no-render" in capsys.readouterr().err


def test_a_video_that_is_not_there_is_a_mistake(client: Client) -> None:
    with pytest.raises(CallError, match="does not exist"):
        client.video("my-videos", "nothing.mp4")
