"""The rendering process does its work, and what happens to it happens to nobody else."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.multimediaai.media.rendering import Renderer
from harness.multimediaai.media.video import VideoError
from tests.harness.multimediaai.media.videos import make_video


@pytest.fixture
def renderer() -> Iterator[Renderer]:
    with Renderer() as made:
        yield made


def test_one_process_renders_many_and_says_how_far_it_is(tmp_path: Path, renderer: Renderer) -> None:
    video = make_video(tmp_path / "v.mp4")
    for number in range(2):
        progress: list[float] = []
        renderer.render(video, tmp_path / f"{number}.gif", progress.append)
        assert progress == sorted(progress)
        assert (len(progress) > 10, progress[-1]) == (True, 1.0)
    assert (tmp_path / "0.gif").read_bytes() == (tmp_path / "1.gif").read_bytes()


def test_a_bad_file_is_refused_with_its_reason_and_the_next_rendered(tmp_path: Path, renderer: Renderer) -> None:
    (tmp_path / "text").write_text("no video", encoding="utf-8")
    with pytest.raises(VideoError, match="this is not a video"):
        renderer.render(tmp_path / "text", tmp_path / "v.gif", lambda done: None)
    renderer.render(make_video(tmp_path / "v.mp4", frames=12), tmp_path / "v.gif", lambda done: None)


def test_a_crash_of_the_process_fails_one_video_only(tmp_path: Path, renderer: Renderer) -> None:
    video = make_video(tmp_path / "v.mp4")
    renderer.render(video, tmp_path / "v.gif", lambda done: None)

    def crash(done: float) -> None:
        assert renderer.pid is not None
        os.kill(renderer.pid, signal.SIGSEGV)

    with pytest.raises(VideoError, match="crashes the decoder"):
        renderer.render(video, tmp_path / "v.gif", crash)
    renderer.render(video, tmp_path / "v.gif", lambda done: None)


def test_time_has_a_limit(tmp_path: Path) -> None:
    with Renderer(time_limit=0.01) as renderer, pytest.raises(VideoError, match=r"more than 0\.01 s"):
        renderer.render(make_video(tmp_path / "v.mp4"), tmp_path / "v.gif", lambda done: None)


def test_it_can_be_killed_from_another_thread(tmp_path: Path, renderer: Renderer) -> None:
    video = make_video(tmp_path / "v.mp4")
    killers: list[threading.Thread] = []

    def kill(done: float) -> None:
        if not killers:
            killers.append(threading.Thread(target=renderer.kill))
            killers[0].start()
            killers[0].join()

    with pytest.raises(VideoError):
        renderer.render(video, tmp_path / "v.gif", kill)
    with pytest.raises(VideoError, match="being stopped"):
        renderer.render(video, tmp_path / "v.gif", lambda done: None)
