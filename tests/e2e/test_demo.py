"""`make demo`, as its user types it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import av
import pytest
from click.testing import CliRunner

from harness.__main__ import main
from harness.clip import make_clip
from harness.demo import run_demo

ROOT = Path(__file__).parents[2]


def demo(video: Path, home: Path) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "TMPDIR": str(home), "VIDEO": str(video)}
    return subprocess.run(
        [sys.executable, "-m", "harness", "demo"],
        cwd=ROOT, env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=120,
    )  # fmt: skip


def test_it_ends_with_a_task_a_record_and_a_gif(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    video = tmp_path / "猫 +.MP4"
    make_clip(video, seconds=3)
    run_demo(video, tmp_path / "demo")
    shown = capsys.readouterr().out
    for step in ("upload", "event", "claim", "url", "task", "record", "rendering", "gif"):
        assert f"✓ {step}" in shown
    assert "TaskId  400010" in shown
    assert '"task_id":400010' in shown.splitlines()[-2]
    with av.open(str(tmp_path / "demo" / "猫 +.gif")) as gif:
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
    before = sorted((ROOT / "demo").glob("*")) if (ROOT / "demo").exists() else []
    done = demo(video, home)
    assert done.returncode == 2
    assert done.stderr.startswith(f"Error: {video}: ")
    assert done.stderr.count("\n") == 1
    assert list(home.iterdir()) == []
    assert (sorted((ROOT / "demo").glob("*")) if (ROOT / "demo").exists() else []) == before


def test_a_suffix_that_is_no_videos_is_said_to_be_skipped(tmp_path: Path) -> None:
    video = tmp_path / "clip.film"
    make_clip(tmp_path / "clip.mp4", seconds=1)
    (tmp_path / "clip.mp4").rename(video)
    done = CliRunner().invoke(main, ["demo", str(video)])
    assert done.exit_code == 2
    assert "was skipped: its suffix is not in VIDEO_SUFFIXES" in done.output
