"""Real videos become real GIFs; what cannot, says why."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate
from pathlib import Path

import av
import pytest
from av.video.stream import VideoStream

from harness.cli.clip import make_clip
from harness.multimediaai.media.gif import Gif, render
from harness.multimediaai.media.video import VideoError
from tests.harness.multimediaai.media.videos import GREEN, RED, make_sound, make_video, picture

pytestmark = pytest.mark.slow


@dataclass
class Seen:
    """A GIF as a viewer decodes it."""

    width: int
    height: int
    frames: list[bytes]
    times: list[float]

    def color(self, frame: int, x: float, y: float) -> tuple[int, int, int]:
        """At (x, y), each 0 to 1."""
        at = 3 * (int(y * self.height) * self.width + int(x * self.width))
        r, g, b = self.frames[frame][at : at + 3]
        return r, g, b


def look(path: Path) -> Seen:
    pictures, times = [], []
    with av.open(str(path), format="gif") as gif:
        for frame in gif.decode(video=0):
            plane = frame.reformat(format="rgb24").planes[0]
            data, line = bytes(plane), plane.line_size
            pictures.append(b"".join(data[y * line : y * line + 3 * frame.width] for y in range(frame.height)))
            times.append(frame.time)
    return Seen(frame.width, frame.height, pictures, times)


def make(video: Path) -> tuple[Gif, Seen]:
    target = video.with_suffix(".made.gif")
    made = render(video, target)
    seen = look(target)
    assert (made.width, made.height, made.frames, made.size) == (
        seen.width,
        seen.height,
        len(seen.frames),
        target.stat().st_size,
    )
    return made, seen


def close(a: tuple[int, int, int], b: tuple[int, int, int]) -> bool:
    return all(abs(x - y) < 12 for x, y in zip(a, b, strict=True))


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample video: 5 s, of which the first is black; the ball sets off at 1.9 s."""
    return make_clip(tmp_path_factory.mktemp("clip") / "clip.mp4", seconds=5)


def test_the_sample_clip_makes_a_gif_of_its_lively_part(tmp_path: Path, clip: Path) -> None:
    progress: list[float] = []
    made = render(clip, tmp_path / "clip.gif", progress.append)
    seen = look(tmp_path / "clip.gif")
    assert (seen.width, seen.height) == (480, 270)
    assert len(set(seen.frames)) > 30
    assert seen.times == pytest.approx([0.08 * n for n in range(38)])
    assert made.start >= 1.8
    assert made.size < 2_000_000
    assert b"NETSCAPE2.0\x03\x01\x00\x00" in (tmp_path / "clip.gif").read_bytes()[:1000]  # loops for ever
    assert min(map(max, seen.frames)) > 150, "no black frame"
    assert progress == sorted(progress)
    assert len(progress) > 20
    assert progress[0] < 0.2
    assert progress[-1] == 1.0


def test_one_global_palette_serves_all_frames(tmp_path: Path) -> None:
    render(make_video(tmp_path / "v.mp4"), tmp_path / "v.gif")
    header = (tmp_path / "v.gif").read_bytes()[:13]
    assert header[:6] == b"GIF89a"
    assert header[10] & 0x87 == 0x87, "a global table of 256 colours"


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((540, 960), (270, 480)),
        ((321, 179), (321, 179)),
        ((1280, 720), (480, 270)),
        ((2, 2), (2, 2)),
        ((4000, 16), (480, 2)),
    ],
)
def test_sizes_keep_their_proportions(tmp_path: Path, size: tuple[int, int], expected: tuple[int, int]) -> None:
    video = make_video(tmp_path / "v.mkv", size=size, frames=12, pixels="yuv444p")
    made, seen = make(video)
    assert (seen.width, seen.height) == expected
    assert made.seconds == pytest.approx(0.48)


def test_pixels_that_are_not_square(tmp_path: Path) -> None:
    made, _ = make(make_video(tmp_path / "v.mp4", size=(360, 288), frames=12, aspect=Fraction(16, 11)))
    assert (made.width, made.height) == (480, 264)


@pytest.mark.parametrize(
    ("rotation", "x", "y"),
    # The box's row is between 1/4 and 1/2 from the top; its left end is what the first frame shows.
    [(0, 0.1, 0.375), (90, 0.375, 0.9), (180, 0.9, 0.625), (-90, 0.625, 0.1)],
)
def test_rotation_metadata_is_respected(tmp_path: Path, rotation: int, x: float, y: float) -> None:
    _, seen = make(make_video(tmp_path / "v.mp4", size=(320, 240), frames=12, rotation=rotation))
    assert (seen.width, seen.height) == ((240, 320) if rotation % 180 else (320, 240))
    assert close(seen.color(0, x, y), RED)
    assert close(seen.color(0, 0.95, 0.05), GREEN)


@pytest.mark.parametrize(
    ("name", "codec", "pixels"),
    [
        ("v.mov", "libx264", "yuv420p"),
        ("v.m4v", "mpeg4", "yuv420p"),
        ("v.avi", "mpeg4", "yuv420p"),
        ("v.mkv", "libx264", "yuv444p"),
        ("v.flv", "libx264", "yuv420p"),
        ("v.webm", "libvpx-vp9", "yuv420p"),
        ("v.wmv", "wmv2", "yuv420p"),
        ("v.ts", "libx264", "yuv420p"),
        ("v.mpg", "mpeg2video", "yuv420p"),
        ("v.3gp", "mpeg4", "yuv420p"),
        ("ten-bit.mp4", "libx265", "yuv420p10le"),
        ("full-range.mp4", "libx264", "yuvj420p"),
        ("v.gif", "gif", "rgb8"),
    ],
)
def test_formats_and_their_colours(tmp_path: Path, name: str, codec: str, pixels: str) -> None:
    made, seen = make(make_video(tmp_path / name, frames=50, codec=codec, pixels=pixels))
    assert made.frames >= 24
    assert len(set(seen.frames)) > 10
    if codec != "gif":
        assert close(seen.color(0, 0.9, 0.9), GREEN)
        assert any(close(seen.color(0, x / 20, 0.375), RED) for x in range(20))


def test_hd_without_a_colour_note_is_bt709(tmp_path: Path) -> None:
    path = tmp_path / "v.mp4"
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=25)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = 1280, 720, "yuv420p"
        frame = picture(1280, 720, 0.0).reformat(format="yuv420p", dst_colorspace="ITU709")
        output.mux([*stream.encode(frame), *stream.encode(None)])
    _, seen = make(path)
    assert close(seen.color(0, 0.1, 0.375), RED)


def test_variable_frame_rate_keeps_its_timing(tmp_path: Path) -> None:
    random.seed(7)
    times = list(accumulate((random.choice([10, 40, 150, 300]) for _ in range(40)), initial=0))
    # Without loss: how x264 blurs an edge depends on the number of processors.
    video = make_video(
        tmp_path / "v.mkv", size=(320, 240), frames=41, times=times, place=lambda n: n / 41, codec="ffv1"
    )
    made, seen = make(video)
    assert made.frames > 10
    for number, at in enumerate(seen.times):
        shown = max(n for n, time in enumerate(times) if time <= (made.start + at) * 1000 + 1)
        left = next(x for x in range(320) if close(seen.color(number, (x + 0.5) / 320, 0.375), RED))
        assert abs(left - shown / 41 * 0.8 * 320) <= 3


def test_a_slow_video_is_not_padded_with_equal_frames(tmp_path: Path) -> None:
    made, seen = make(make_video(tmp_path / "v.mp4", frames=10, rate=2))
    assert made.frames == len(set(seen.frames)) == 6
    assert made.seconds == pytest.approx(3.04)


@pytest.mark.parametrize(("frames", "seconds"), [(1, 0.08), (2, 0.08), (12, 0.48), (24, 0.96)])
def test_short_clips_are_shown_whole(tmp_path: Path, frames: int, seconds: float) -> None:
    made, _ = make(make_video(tmp_path / "v.mp4", frames=frames))
    assert made.start == 0
    assert made.seconds == pytest.approx(seconds)
    assert made.frames == max(1, frames // 2)


def test_a_gif_that_would_be_heavy_is_made_smaller(tmp_path: Path, clip: Path) -> None:
    made = render(clip, tmp_path / "clip.gif", max_bytes=300_000)
    seen = look(tmp_path / "clip.gif")
    assert 150_000 < made.size <= 300_000
    assert seen.width / seen.height == pytest.approx(16 / 9, rel=0.02)


def cut_short(path: Path) -> Path:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return path


def with_bytes(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def with_picture(path: Path) -> Path:
    with av.open(str(path), "w", format="image2") as output:
        stream = output.add_stream("png", rate=1)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "rgb24"
        output.mux([*stream.encode(picture(64, 48, 0.2)), *stream.encode(None)])
    return path


@pytest.mark.parametrize(
    ("make_file", "reason"),
    [
        (lambda path: with_bytes(path, b""), "the file is empty"),
        (lambda path: with_bytes(path, b"not a video at all\n" * 500), "not a video"),
        (lambda path: with_bytes(path, b"<html><body>404</body></html>"), "not a video"),
        (lambda path: with_bytes(path, b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\na.ts\n"), "not a video"),
        (lambda path: with_bytes(path, random.Random(5).randbytes(50_000)), "not a video"),
        (lambda path: cut_short(make_video(path)), "damaged or cut short"),
        (make_sound, "no video track, only sound"),
        (with_picture, "a still picture, no video"),
    ],
    ids=["empty", "text", "html", "playlist", "noise", "cut short", "sound", "picture"],
)
def test_what_shows_nothing_says_why(tmp_path: Path, make_file: Callable[[Path], Path], reason: str) -> None:
    target = tmp_path / "v.gif"
    with pytest.raises(VideoError, match=reason):
        render(make_file(tmp_path / "v.mp4"), target)
    assert not target.exists()


@pytest.mark.parametrize("name", ["v.ts", "v.avi", "v.mkv", "faststart.mp4"])
def test_half_a_file_makes_a_gif_of_what_is_there(tmp_path: Path, name: str) -> None:
    options = {"movflags": "+faststart"} if name.endswith("mp4") else {}
    codec = "mpeg4" if name.endswith("avi") else "libx264"
    made, seen = make(cut_short(make_video(tmp_path / name, frames=150, codec=codec, options=options)))
    assert len(set(seen.frames)) > 10
    assert made.seconds > 1


def test_damage_never_raises_anything_else(tmp_path: Path) -> None:
    sound = make_video(tmp_path / "v.mp4", frames=60, options={"movflags": "+faststart"}).read_bytes()
    for seed in range(20):
        damage = random.Random(seed)
        data = bytearray(sound)
        for _ in range(damage.choice([1, 20, 400])):
            data[damage.randrange(len(data))] = damage.randrange(256)
        with contextlib.suppress(VideoError):
            make(with_bytes(tmp_path / f"{seed}.mp4", bytes(data)))
