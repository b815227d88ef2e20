"""`make demo`, as its user types it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import av
import pytest
from click.testing import CliRunner

from handler.settings import DEFAULT_VIDEO_SUFFIXES
from harness.cli.clip import make_clip
from harness.cli.commands import main
from harness.cli.demo import SUFFIXES, DemoError, run_demo
from tests.project import PROJECT

pytestmark = pytest.mark.slow


def demo(video: Path, home: Path) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "TMPDIR": str(home), "VIDEO": str(video)}
    return subprocess.run(
        [sys.executable, "-m", "harness", "demo"],
        cwd=PROJECT, env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=120,
    )  # fmt: skip


def test_it_ends_with_a_task_a_record_and_a_gif(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    video = tmp_path / "猫 +.MP4"
    make_clip(video, seconds=3)
    run_demo(video, tmp_path / "demo")
    shown = capsys.readouterr().out
    for step in ("upload", "event", "claim", "url", "task", "record", "rendering", "gif"):
        assert f"✓ {step}" in shown
    assert "TaskId  400010" in shown
    assert "oss://my-gif-records/gifs/my-videos/uploads/猫 +.MP4.gif" in shown.splitlines()[-2]
    assert '"status":"finished"' in shown.splitlines()[-3]
    with av.open(str(tmp_path / "demo" / "猫 +.MP4.gif")) as gif:
        assert len({bytes(frame.to_rgb().planes[0]) for frame in gif.decode(video=0)}) > 10


@pytest.mark.parametrize("what", ["missing", "folder", "text", "empty"])
def test_a_video_that_is_none_is_one_clear_line_and_leaves_nothing_behind(what: str, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    video = tmp_path / "clip.mp4"
    if what == "folder":
        video.mkdir()
    elif what != "missing":
        video.write_text("no video\n" if what == "text" else "")
    before = sorted((PROJECT / "demo").glob("*")) if (PROJECT / "demo").exists() else []
    done = demo(video, home)
    assert done.returncode == 2
    assert done.stderr.startswith(f"Error: {video}: ")
    assert done.stderr.count("\n") == 1
    assert list(home.iterdir()) == []
    assert (sorted((PROJECT / "demo").glob("*")) if (PROJECT / "demo").exists() else []) == before


def test_a_file_too_large_for_the_local_gif_service_is_said_before_the_upload(tmp_path: Path) -> None:
    video = tmp_path / "clip.mp4"
    with video.open("wb") as file:
        file.truncate((2 << 30) + 1)  # a hole, which takes no room on the disk
    with pytest.raises(DemoError, match=r"2147483649 bytes, and .* downloads at most 2147483648"):
        run_demo(video, tmp_path / "demo")
    assert not (tmp_path / "demo").exists()


def test_a_suffix_that_is_no_videos_is_said_to_be_none(tmp_path: Path) -> None:
    video = tmp_path / "clip.film"
    make_clip(video, seconds=1)
    done = CliRunner().invoke(main, ["demo", str(video)])
    assert done.exit_code == 2
    assert "its suffix is not in VIDEO_SUFFIXES (.mp4, .mov, " in done.output
    assert "rename it" in done.output
    assert tuple(DEFAULT_VIDEO_SUFFIXES.split(",")) == SUFFIXES


def test_the_clip_that_it_makes_is_kept_for_the_next_commands(tmp_path: Path) -> None:
    run_demo(None, tmp_path / "demo")
    assert sorted(path.name for path in (tmp_path / "demo").iterdir()) == ["clip.mp4", "clip.mp4.gif"]


def test_the_longest_name_gets_its_gif(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    video = tmp_path / f"{'视' * 83}.mp4"
    assert len(video.name.encode()) == 253
    make_clip(video, seconds=1)
    run_demo(video, tmp_path / "demo")
    (gif,) = (tmp_path / "demo").iterdir()
    assert gif.stat().st_size > 1000
    assert (len(gif.name.encode()), gif.suffix) == (255, ".gif")
    assert "all of it" in capsys.readouterr().out


@pytest.mark.parametrize("what", ["a file", "a dangling link", "a directory in the GIF's place"])
def test_what_is_in_the_way_of_the_gif_is_said_before_anything_starts(what: str, tmp_path: Path) -> None:
    video, directory = tmp_path / "clip.mp4", tmp_path / "demo"
    make_clip(video, seconds=1)
    if what == "a file":
        directory.write_text("mine")
    elif what == "a dangling link":
        directory.symlink_to(tmp_path / "nowhere")
    else:
        (directory / "clip.mp4.gif").mkdir(parents=True)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(DemoError, match=f"^{directory}.*: move it away$"):
        run_demo(video, directory)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("x" * 300 + ".mp4", "File name too long"),
        (os.fsdecode(b"\xff.mp4"), "not UTF-8"),
        ("~nobody-/x.mp4", "home"),
    ],
)
def test_a_name_that_will_not_do_is_one_line(name: str, words: str) -> None:
    done = CliRunner().invoke(main, ["demo", name])
    assert (done.exit_code, done.output.count("\n")) == (2, 1)
    assert words in done.output


def test_make_hands_a_name_on_as_it_is(tmp_path: Path) -> None:
    done = subprocess.run(
        ["make", "--no-print-directory", "-f", PROJECT / "Makefile", "-f", "-", "show", "VIDEO=a$HOME b#c.mp4"],
        input='show:\n\t@printenv VIDEO\n', cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("a$HOME b#c.mp4\n", "")


def test_with_oss_it_shows_the_same_steps_and_ends_with_the_gif_that_was_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    video = tmp_path / "clip.mp4"
    make_clip(video, seconds=3)
    wanted = "start=500,frames=7,interval=200,width=160,height=96,scale=stretch"
    run_demo(video, tmp_path / "demo", environ={"GIF_SERVICE": "oss", "GIF_ANIMATION": wanted})
    shown = capsys.readouterr().out
    for step in ("video", "cloud", "upload", "event", "claim", "url", "task", "record", "rendering", "gif"):
        assert f"✓ {step}" in shown
    (task_id,) = set(re.findall(r"MediaConvert-[0-9a-f-]{36}", shown))
    assert f"\nTaskId  {task_id}\n" in shown
    assert f'"task_id":"{task_id}"' in shown.splitlines()[-3]
    with av.open(str(tmp_path / "demo" / "clip.mp4.gif")) as gif:
        frames = list(gif.decode(video=0))
    assert [(frame.width, frame.height) for frame in frames] == [(160, 96)] * 7
