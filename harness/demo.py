"""`make demo`: one video through the whole product, every step shown as it happens."""

from __future__ import annotations

import contextlib
import json
import queue
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import alibabacloud_oss_v2 as oss
import click
import requests

from harness.client import oss_client
from harness.clip import make_clip
from harness.cloud import DEFAULTS, CloudOptions, LocalCloud
from harness.multimediaai import Task, TaskStatus
from harness.multimediaai.video import Video, VideoError
from harness.service import Entry

#: Longer than any step takes, so that a demo that hangs says so.
STEP_SECONDS = 60.0
RENDER_SECONDS = 600.0
VIDEOS, RECORDS = DEFAULTS["VIDEO_BUCKET"], DEFAULTS["TRACKING_BUCKET"]


class DemoError(Exception):
    """The demo cannot go on; one line that says why."""


def run_demo(video: Path | None, directory: Path) -> None:
    """Runs the demo with `video`, or with a clip made for it; the GIF goes to `directory`. Raises DemoError."""
    with tempfile.TemporaryDirectory() as scratch, contextlib.ExitStack() as stack:
        steps = Steps()
        if video is None:
            video = Path(scratch) / "bouncing ball.mp4"
            make_clip(video)
        steps.done("video", f"{video.name}, {_facts(video)}")
        cloud = stack.enter_context(LocalCloud(CloudOptions(environ={})))
        steps.watch(cloud)
        steps.done("cloud", f"OSS, Function Compute, Multimedia AI and RAM at {cloud.url}")
        key = f"uploads/{video.name}"
        request = oss.PutObjectRequest(bucket=VIDEOS, key=key)
        oss_client(cloud.url, cloud.identities.owner).put_object_from_file(request, str(video))
        task = _follow(cloud, steps, key)
        gif = _save(cloud, task, directory / f"{video.stem}.gif")
        steps.done("gif", f"{gif.stat().st_size / 1024:.0f} kB")
        _conclude(cloud, task, gif)


class Steps:
    """Prints a line per step with the time since the one before."""

    def __init__(self) -> None:
        self._last = time.perf_counter()
        self._entries: queue.Queue[Entry] = queue.Queue()

    def watch(self, cloud: LocalCloud) -> None:
        cloud.journal.listen(self._entries.put)

    def done(self, name: str, what: str) -> None:
        now = time.perf_counter()
        milliseconds = (now - self._last) * 1000
        self._last = now
        took = f"{milliseconds:.0f} ms" if milliseconds < 1000 else f"{milliseconds / 1000:.1f} s"
        click.echo(f"  {click.style('✓', fg='green')} {name:<14} {what}  {click.style(took, dim=True)}")

    def entries(self, seconds: float) -> Iterator[Entry]:
        """What happens in the cloud, as it happens; raises DemoError when nothing does for `seconds`."""
        while True:
            try:
                yield self._entries.get(timeout=seconds)
            except queue.Empty:
                raise DemoError(f"nothing happened for {seconds:.0f} s") from None


def _facts(video: Path) -> str:
    if not video.exists():
        raise DemoError(f"{video}: there is no such file")
    if not video.is_file():
        raise DemoError(f"{video}: is no file")
    try:
        with Video(video) as opened:
            next(iter(opened.frames()))
            seconds = f"{opened.duration:.1f} s, " if opened.duration else ""
            return f"{seconds}{opened.width}×{opened.height}, {video.stat().st_size / 1024:.0f} kB"
    except StopIteration:
        raise DemoError(f"{video}: is no video: it has no picture") from None
    except (VideoError, OSError) as exc:
        raise DemoError(f"{video}: is no video: {exc}") from exc


def _follow(cloud: LocalCloud, steps: Steps, key: str) -> Task:
    """Shows what the cloud does with the upload, until the task has its GIF."""
    appends = 0
    for entry in steps.entries(STEP_SECONDS):
        fields = entry.fields
        if entry.kind == "request" and fields.get("status", 200) < 400:
            appends += fields["operation"] == "AppendObject"
            _show_request(steps, fields, appends)
        elif entry.kind == "event":
            steps.done("event", f"ObjectCreated:PutObject → {fields['function']}")
        elif entry.kind == "invocation" and fields["phase"] == "end":
            _show_invocation(cloud, fields["request_id"])
            break
    (task,) = cloud.multimediaai.tasks.list()
    with click.progressbar(length=100, label="    rendering     ", show_eta=False, width=30) as bar:
        for percent in _progress(cloud, task.task_id):
            bar.update(percent - bar.pos)
    task = cloud.multimediaai.tasks.get(task.task_id)
    if task.status is TaskStatus.FAILED:
        raise DemoError(f"task {task.task_id} failed: {task.error_name}: {task.error_reason}")
    steps.done("rendered", f"task {task.task_id} has ended")
    return task


def _show_request(steps: Steps, fields: Mapping[str, Any], appends: int) -> None:
    operation = fields["operation"]
    where = f"oss://{fields.get('bucket')}/{fields.get('key')}"
    if operation == "PutObject" and fields["bucket"] == VIDEOS:
        steps.done("upload", f"{where} with the official SDK")
    elif operation == "AppendObject" and appends == 1:
        steps.done("claim", f"{where} (and the instance's start)")
    elif operation == "AppendObject":
        steps.done("record", "its TaskId is on record")
    elif operation == "CreateGifTask":
        steps.done("url, task", "a presigned URL of the video, then CreateGifTask")


def _show_invocation(cloud: LocalCloud, request_id: str) -> None:
    (invocation,) = (i for i in cloud.fc.invocations if i.request_id == request_id)
    if invocation.outcome != "success":
        raise DemoError(f"the invocation failed: {invocation.result}")
    (result,) = json.loads(invocation.result)["results"]
    if result["outcome"] == "skipped":
        raise DemoError(f"{result['video']} was skipped: {result['reason']}")


def _progress(cloud: LocalCloud, task_id: int) -> Iterator[int]:
    """Percent done, until the task has ended."""
    until = time.monotonic() + RENDER_SECONDS
    while time.monotonic() < until:
        task = cloud.multimediaai.tasks.wait(task_id, 0.1)
        yield round(cloud.multimediaai.progress(task_id) * 100)
        if task.ended:
            return
    raise DemoError(f"task {task_id} has not ended within {RENDER_SECONDS:.0f} s")


def _save(cloud: LocalCloud, task: Task, path: Path) -> Path:
    answer = requests.get(task.result_url, timeout=60)
    answer.raise_for_status()
    path.parent.mkdir(exist_ok=True)
    part = path.with_suffix(".part")
    part.write_bytes(answer.content)
    shutil.move(part, path)
    return path


def _conclude(cloud: LocalCloud, task: Task, gif: Path) -> None:
    (record,) = cloud.oss.store.list(RECORDS)
    click.echo(f"\nTaskId  {task.task_id}\nRecord  oss://{RECORDS}/{record.key}")
    for line in cloud.oss.store.get(RECORDS, record.key).decode().splitlines():
        click.echo(f"        {line}")
    click.echo(f"GIF     {gif}")
