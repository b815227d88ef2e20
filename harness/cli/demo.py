"""`make demo`: one video through the whole product, every step shown as it happens."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import alibabacloud_oss_v2 as oss
import click

from harness.cli.client import oss_client
from harness.cli.clip import make_clip
from harness.cli.making import CALLS, Making, making
from harness.cloud.local import LocalCloud
from harness.cloud.options import DEFAULTS, PROJECT, CloudOptions
from harness.journal import Entry
from harness.multimediaai.download import too_large
from harness.multimediaai.media.video import Video, VideoError

#: Longer than any step takes, so that a demo that hangs says so.
STEP_SECONDS = 60.0
RENDER_SECONDS = 600.0
#: The video that is made when none is given.
CLIP = "clip.mp4"
#: What the function takes for videos when VIDEO_SUFFIXES is not set.
SUFFIXES = (".mp4", ".mov", ".m4v", ".avi", ".mkv", ".flv", ".webm", ".wmv", ".mpg", ".mpeg", ".3gp")
#: The longest name of a file, in bytes.
MAX_NAME = 255
#: What follows a task to its GIF, and what fires it each minute: as s.yaml has them.
COLLECTOR, TIMER = "gif-on-upload-collect", "each-minute"
VIDEOS, RECORDS = DEFAULTS["VIDEO_BUCKET"], DEFAULTS["TRACKING_BUCKET"]


class DemoError(Exception):
    """The demo cannot go on; one line that says why."""


def run_demo(
    video: Path | None, directory: Path, *, new_account: bool = False, environ: Mapping[str, str] | None = None
) -> None:
    """Runs the demo with `video`, or with a clip made for it; the GIF, and that clip, go to `directory`.

    new_account, environ: see CloudOptions. Raises DemoError.
    """
    with contextlib.ExitStack() as stack:
        steps = Steps()
        name = video.name if video else CLIP
        facts, seconds = _facts(video) if video else ("", None)
        gif = _place(directory, name)
        if video is None:
            video = directory / name
            _write(video, make_clip)
            facts, seconds = _facts(video)
        steps.done("video", f"{name}, {facts}")
        options = CloudOptions(
            stack_file=PROJECT / "s.yaml",
            environ=environ or {},
            new_account=new_account,
            timers=True,
        )
        cloud = stack.enter_context(LocalCloud(options))
        cloud.journal.listen(steps.entries.put)
        steps.done("cloud", f"OSS, Function Compute, Multimedia AI and RAM at {cloud.url}")
        key = f"uploads/{name}"
        request = oss.PutObjectRequest(bucket=VIDEOS, key=key)
        oss_client(cloud.url, cloud.identities.owner).put_object_from_file(request, str(video))
        task = _submitted(cloud, steps, key)
        _rendered(task)
        steps.done("rendering", task.shows(seconds))
        place = _collected(cloud)
        _write(gif, lambda part: part.write_bytes(cloud.oss.store.get(*place)))
        steps.done("gif", f"{gif.stat().st_size / 1024:.0f} kB, brought to its end by {COLLECTOR}")
        _conclude(cloud, task, gif, place)


def _place(directory: Path, name: str) -> Path:
    """Where the GIF goes: beside those of other videos, with its video's whole name. Raises DemoError."""
    # In bytes, which is what file systems count; a cut may fall into a character.
    stem = name.encode()[: MAX_NAME - len(".gif")].decode(errors="ignore")
    gif = directory / f"{stem}.gif"
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except FileExistsError as exc:
        raise DemoError(f"{directory}: is in the way of the folder for GIFs: move it away") from exc
    except OSError as exc:
        raise DemoError(f"{directory}: {exc.strerror}: GIFs go there") from exc
    if gif.is_dir():
        raise DemoError(f"{gif}: is a directory where the GIF goes: move it away")
    return gif


class Steps:
    """A line per step, with the time that it took: since the step before, or up to the entry that shows it."""

    def __init__(self) -> None:
        self.entries: queue.Queue[Entry] = queue.Queue()
        self._last = time.time()

    def done(self, name: str, what: str, entry: Entry | None = None) -> None:
        now = entry.at if entry else time.time()
        milliseconds = (now - self._last) * 1000
        self._last = now
        took = f"{milliseconds:.0f} ms" if milliseconds < 1000 else f"{milliseconds / 1000:.1f} s"
        click.echo(f"  {click.style('✓', fg='green')} {name:<10}{took:>7}  {what}")

    def wait(self) -> Entry:
        """What happens next in the cloud; raises DemoError when nothing does."""
        try:
            return self.entries.get(timeout=STEP_SECONDS)
        except queue.Empty:
            raise DemoError(f"nothing happened for {STEP_SECONDS:.0f} s") from None


def _facts(video: Path) -> tuple[str, float | None]:
    """In words; and how many seconds it has, where it says so. Raises DemoError for what would go no further."""
    try:
        video.name.encode()
    except UnicodeEncodeError as exc:
        raise DemoError(f"{video}: its name is not UTF-8, as an object's must be: rename it") from exc
    try:
        if not video.exists():
            raise DemoError(f"{video}: there is no such file")
        if not video.is_file():
            raise DemoError(f"{video}: is not a file")
        if reason := too_large(video.stat().st_size):
            raise DemoError(f"{video}: {reason}")
        with Video(video) as opened:
            if not any(True for _ in opened.frames()):
                raise DemoError(f"{video}: is not a video: it has no picture")
            said = f"{opened.duration:.1f} s, " if opened.duration else ""
            facts = f"{said}{opened.width}×{opened.height}, {video.stat().st_size / 1024:.0f} kB"
            seconds = opened.duration
    except VideoError as exc:
        raise DemoError(f"{video}: {exc}") from exc
    except OSError as exc:
        raise DemoError(f"{video}: {exc.strerror or exc}") from exc
    if not video.name.lower().endswith(SUFFIXES):
        raise DemoError(f"{video}: its suffix is not in VIDEO_SUFFIXES ({', '.join(SUFFIXES)}): rename it")
    return facts, seconds


def _submitted(cloud: LocalCloud, steps: Steps, key: str) -> Making:
    """Shows what the cloud does with the upload, until the function has answered."""
    appends = 0
    while True:
        entry = steps.wait()
        fields = entry.fields
        operation = fields.get("operation") if entry.kind == "request" else None
        if entry.kind == "event":
            steps.done("upload", f"oss://{VIDEOS}/{key}, with the official SDK", entry)
        elif entry.kind == "invocation" and fields["phase"] == "start":
            steps.done("event", f"ObjectCreated:PutObject invokes {fields['function']}", entry)
        elif operation == "AppendObject" and not appends:
            appends += 1
            steps.done("claim", "AppendObject, after the instance's start", entry)
        elif operation in CALLS and fields["status"] == 200:
            task = making(cloud)
            steps.done("url", task.url, entry)
            steps.done("task", task.order, entry)
        elif operation == "AppendObject":
            steps.done("record", f"TaskId {task.name}", entry)
        elif entry.kind == "invocation":
            _check(cloud, str(fields["request_id"]))
            return task


def _check(cloud: LocalCloud, request_id: str) -> None:
    (invocation,) = (i for i in cloud.fc.invocations if i.request_id == request_id)
    answer = json.loads(invocation.result)
    if invocation.outcome != "succeeded":
        raise DemoError(f"the function failed: {answer['errorMessage']}")
    (result,) = answer["results"]
    if result["outcome"] == "skipped":
        raise DemoError(f"{result['video']} was skipped: {result['reason']}")


def _rendered(task: Making) -> None:
    """Waits for the GIF behind a progress bar."""
    until = time.monotonic() + RENDER_SECONDS
    label = click.style("…", fg="yellow") + " rendering"
    with click.progressbar(length=100, label=f"  {label}", show_eta=False, width=40) as bar:
        while not (state := task.wait(0.1)).has_ended:
            if time.monotonic() > until:
                raise DemoError(f"task {task.name} has not ended within {RENDER_SECONDS:.0f} s")
            bar.update(round(state.progress * 100) - bar.pos)
        bar.update(100 - bar.pos)
    if state.problem:
        raise DemoError(f"task {task.name} failed: {state.problem}")


def _collected(cloud: LocalCloud) -> tuple[str, str]:
    """Bucket and key of the GIF, by the collector, which is not waited for: it is fired now. Raises DemoError."""
    cloud.fire_timer(COLLECTOR, TIMER)
    if not cloud.fc.drain(STEP_SECONDS):
        raise DemoError(f"{COLLECTOR} has not ended within {STEP_SECONDS:.0f} s")
    last = json.loads(_record(cloud)[1][-1])
    if last["status"] != "finished":
        said = [line for done in cloud.fc.invocations if done.function == COLLECTOR for line in done.lines]
        raise DemoError(f"{COLLECTOR} has not brought the GIF; it said:\n" + "\n".join(said))
    bucket, _, key = last["gif"].removeprefix("oss://").partition("/")
    return bucket, key


def _record(cloud: LocalCloud) -> tuple[str, list[str]]:
    """The key of the video's record, and its lines."""
    (record,) = (entry for entry in cloud.oss.store.list(RECORDS) if entry.key.endswith(".jsonl"))
    return record.key, cloud.oss.store.get(RECORDS, record.key).decode().splitlines()


def _write(path: Path, write: Callable[[Path], object]) -> None:
    """Whole or not at all. Raises DemoError."""
    part = path.with_name(f".{os.getpid()}.part")  # short: the name itself may be as long as names can be
    try:
        write(part)
        os.replace(part, path)
    except OSError as exc:
        raise DemoError(f"{path}: {exc.strerror or exc}") from exc
    finally:
        part.unlink(missing_ok=True)


def _conclude(cloud: LocalCloud, task: Making, gif: Path, place: tuple[str, str]) -> None:
    key, lines = _record(cloud)
    click.echo(f"\nTaskId  {task.name}\nRecord  oss://{RECORDS}/{key}")
    for line in lines:
        click.echo(f"        {line}")
    click.echo(f"GIF     oss://{'/'.join(place)}\n        {gif}")
