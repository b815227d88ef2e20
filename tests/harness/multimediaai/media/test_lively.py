"""The liveliest part of a video is found, and what is long is not decoded from end to end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import av
import pytest

from harness.multimediaai.media.lively import FRAME_COST, Stretch, liveliest
from harness.multimediaai.media.video import Video
from tests.harness.multimediaai.media.videos import GREEN, make_video

pytestmark = pytest.mark.slow


def of(path: Path) -> Stretch:
    with Video(path) as video:
        return liveliest(video, seconds=3.0)


@pytest.mark.parametrize(
    ("still", "moving", "earliest", "latest"),
    [(range(150), range(150, 200), 4.7, 5.1), (range(50, 250), range(50), 0.0, 0.05)],
    ids=["at the end", "at the beginning"],
)
def test_the_lively_stretch_is_picked(
    tmp_path: Path, still: range, moving: range, earliest: float, latest: float
) -> None:
    place = {**dict.fromkeys(still, 0.0), **{n: i / len(moving) for i, n in enumerate(moving)}}
    stretch = of(make_video(tmp_path / "v.mp4", frames=len(place), place=place.__getitem__))
    assert earliest <= stretch.start <= latest
    assert stretch.seconds == 3.0


def test_a_steady_video_is_shown_from_its_middle_not_from_its_first_frame(tmp_path: Path) -> None:
    stretch = of(make_video(tmp_path / "v.mp4", frames=200, place=lambda n: n % 10 / 10))
    assert 2.0 < stretch.start < 3.0


def test_a_cut_is_not_liveliness(tmp_path: Path) -> None:
    def place(number: int) -> float:
        return max(0.0, (number - 150) / 50)

    video = make_video(
        tmp_path / "v.mp4", frames=200, place=place, ground=lambda n: (40, 40, 40) if n < 60 else (240, 240, 240)
    )
    assert of(video).start > 4.7


def test_the_dark_is_not_shown(tmp_path: Path) -> None:
    video = make_video(
        tmp_path / "v.mp4", frames=150, place=lambda n: 0.0, ground=lambda n: GREEN if 40 <= n < 120 else (2, 2, 2)
    )
    stretch = of(video)
    assert stretch.start >= 1.6
    assert stretch.start + stretch.seconds <= 4.9


class Counting(Video):
    """Counts the frames that are handed out."""

    handed_out = 0

    def frames(self, start: float = 0.0, draft: bool = False) -> Iterator[tuple[float, av.VideoFrame]]:
        for pair in super().frames(start, draft):
            self.handed_out += 1
            yield pair


# The pictures are tiny: it is the frames that are counted.
@pytest.mark.parametrize("name", ["v.mp4", "v.mkv", "v.ts"])
def test_a_long_video_is_not_decoded_from_end_to_end(tmp_path: Path, name: str) -> None:
    def place(number: int) -> float:
        return number % 25 / 25 if 700 <= number < 800 else 0.0

    path = make_video(tmp_path / name, frames=1000, place=place)
    video = Counting(path)
    with video:
        stretch = liveliest(video, 3.0, budget=500 * FRAME_COST)
    assert 26.9 < stretch.start < 29.2
    assert video.handed_out < 500
