"""The GIF that was asked for: these frames, this fast, this large."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.multimediaai.media.animation import animate
from harness.multimediaai.media.rendering import Renderer
from harness.multimediaai.media.video import VideoError
from harness.multimediaai.media.wanted import Wanted
from tests.harness.multimediaai.media.test_gif import Seen, close, look
from tests.harness.multimediaai.media.videos import GREEN, RED, make_sound, make_video

COLORS = [(200, 40, 40), (40, 200, 40), (40, 40, 200), (200, 200, 40)]


@pytest.fixture(scope="module")
def seconds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """4 s of 25 pictures each; the ground of each second has a colour of its own."""
    return make_video(tmp_path_factory.mktemp("seconds") / "v.mp4", ground=lambda number: COLORS[number // 25])


def made(video: Path, target: Path, **wanted: Any) -> Seen:
    told = animate(video, target / "v.gif", Wanted(**wanted))
    seen = look(target / "v.gif")
    assert (told.width, told.height, told.frames) == (seen.width, seen.height, len(seen.frames))
    assert told.size == (target / "v.gif").stat().st_size
    return seen


def grounds(seen: Seen) -> list[int]:
    """Which second each frame is of."""
    found = [[n for n, color in enumerate(COLORS) if near(seen.color(i, 0.5, 0.9), color)] for i in frames(seen)]
    assert all(len(each) == 1 for each in found), found
    return [each[0] for each in found]


def frames(seen: Seen) -> range:
    return range(len(seen.frames))


def near(a: tuple[int, int, int], b: tuple[int, int, int]) -> bool:
    return all(abs(x - y) < 30 for x, y in zip(a, b, strict=True))


def test_a_frame_each_second_to_the_end(tmp_path: Path, seconds: Path) -> None:
    seen = made(seconds, tmp_path, interval=1000)
    assert grounds(seen) == [0, 1, 2, 3]
    assert seen.times == [0.0, 1.0, 2.0, 3.0]
    assert (seen.width, seen.height) == (160, 120)


def test_it_starts_where_it_is_told_and_ends_after_so_many(tmp_path: Path, seconds: Path) -> None:
    assert grounds(made(seconds, tmp_path, start=1500, interval=500, frames=3)) == [1, 2, 2]


def test_fewer_frames_where_the_video_is_shorter(tmp_path: Path, seconds: Path) -> None:
    assert grounds(made(seconds, tmp_path, start=2000, interval=1000, frames=50)) == [2, 3]


def test_the_rate_is_the_speed_and_nothing_else(tmp_path: Path, seconds: Path) -> None:
    seen = made(seconds, tmp_path, interval=1000, rate=4.0)
    assert grounds(seen) == [0, 1, 2, 3]
    assert seen.times == [0.0, 0.25, 0.5, 0.75]


@pytest.mark.parametrize("interval", [None, 10])
def test_without_an_interval_each_frame_is_shown_as_fast_as_in_the_video(
    tmp_path: Path, seconds: Path, interval: int | None
) -> None:
    seen = made(seconds, tmp_path, start=3000, interval=interval)
    assert seen.times == pytest.approx([0.04 * n for n in range(25)])
    assert grounds(seen) == [3] * 25


def test_no_frame_is_lost_when_it_is_played_faster_than_a_gif_can(tmp_path: Path, seconds: Path) -> None:
    seen = made(seconds, tmp_path, frames=10, rate=240.0)
    assert seen.times == pytest.approx([0.01 * n for n in range(10)])


@pytest.mark.parametrize(
    ("size", "scale", "is_now"),
    [
        ({"width": 80, "height": 80}, "stretch", (80, 80)),
        ({"width": 80}, "stretch", (80, 120)),
        ({"width": 80, "height": 80}, "crop", (80, 80)),
        ({"width": 80, "height": 80}, "fill", (80, 80)),
        ({"width": 80, "height": 80}, "fit", (80, 60)),
        ({"width": 320}, "fit", (160, 120)),
        ({"height": 240, "width": 4096}, "fit", (320, 240)),
    ],
)
def test_the_size(
    tmp_path: Path, seconds: Path, size: dict[str, int], scale: str, is_now: tuple[int, int]
) -> None:
    seen = made(seconds, tmp_path, interval=1000, scale=scale, **size)
    assert (seen.width, seen.height) == is_now
    assert near(seen.color(0, 0.5, 0.01), (0, 0, 0)) == (scale == "fill")


@pytest.mark.parametrize(("scale", "there"), [("stretch", RED), ("crop", GREEN)])
def test_cropping_takes_the_sides_away(tmp_path: Path, scale: str, there: tuple[int, int, int]) -> None:
    """The box is at the left edge, a fifth of the width; cropping takes an eighth of that away on each side."""
    video = make_video(tmp_path / "v.mp4", frames=2, place=lambda number: 0.0)
    seen = made(video, tmp_path, width=120, height=120, scale=scale)
    assert close(seen.color(0, 0.04, 0.35), RED)
    assert close(seen.color(0, 0.15, 0.35), there)


def test_a_turned_video_is_upright(tmp_path: Path) -> None:
    video = make_video(tmp_path / "v.mp4", frames=5, rotation=90)
    assert (made(video, tmp_path).width, made(video, tmp_path).height) == (120, 160)


def test_nothing_is_left_to_show(tmp_path: Path, seconds: Path) -> None:
    with pytest.raises(VideoError, match="ends before"):
        animate(seconds, tmp_path / "v.gif", Wanted(start=60_000, interval=1000))


def test_what_is_no_video_says_so(tmp_path: Path) -> None:
    with pytest.raises(VideoError, match="only sound"):
        animate(make_sound(tmp_path / "v.mp4"), tmp_path / "v.gif", Wanted())


def test_the_rendering_process_makes_it_too(tmp_path: Path, seconds: Path) -> None:
    progress: list[float] = []
    with Renderer() as renderer:
        renderer.render(seconds, tmp_path / "a.gif", progress.append, Wanted(interval=1000, width=64, height=48))
    animate(seconds, tmp_path / "b.gif", Wanted(interval=1000, width=64, height=48))
    assert (tmp_path / "a.gif").read_bytes() == (tmp_path / "b.gif").read_bytes()
    assert progress == sorted(progress)
    assert progress[-1] == 1.0
