"""Which track of a file is shown, how it is timed, and the reason when none can be shown."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest
from av.stream import Disposition
from av.video.stream import VideoStream

from harness.multimediaai.media.gif import render
from harness.multimediaai.media.video import VideoError
from tests.harness.multimediaai.media.test_pictures import SIZE, Picture, boxes, encode, near
from tests.harness.multimediaai.media.videos import GREEN, RED, make_sound, picture

OTHER = (20, 40, 200)
NONE, DEFAULT, COVER = Disposition(0), Disposition.default, Disposition.attached_pic
KEY = {"encryption_key": "00112233445566778899aabbccddeeff", "encryption_kid": "0123456789abcdef0123456789abcdef"}


def others(count: int) -> list[av.VideoFrame]:
    """Of another track: without the box's green ground."""
    return [picture(*SIZE, 0.0, OTHER).reformat(format="yuv420p") for _ in range(count)]


def tracks(path: Path, *each: tuple[str, list[av.VideoFrame], Disposition]) -> Path:
    """`each`: codec, frames, disposition."""
    packets = []
    with av.open(str(path), "w") as output:
        streams = []
        for codec, frames, disposition in each:
            stream = output.add_stream(codec, rate=25)
            assert isinstance(stream, VideoStream)
            stream.width, stream.height = SIZE
            stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
            stream.disposition = disposition
            streams.append((stream, frames))
        for stream, frames in streams:
            for number, frame in enumerate(frames):
                frame = frame.reformat(format=stream.pix_fmt)
                frame.pts, frame.time_base = number, Fraction(1, 25)
                packets += stream.encode(frame)
            packets += stream.encode(None)
        for packet in packets:
            output.mux(packet)
    return path


def unknown_codec(path: Path) -> Path:
    path.write_bytes(path.read_bytes().replace(b"jpeg", b"zzzz"))
    return path


@pytest.mark.parametrize(
    ("name", "prepare"),
    [
        ("v.mp4", lambda p: tracks(p, ("mjpeg", others(1), NONE), ("libx264", boxes(), NONE))),
        ("v.mkv", lambda p: tracks(p, ("mjpeg", others(1), DEFAULT), ("libx264", boxes(), NONE))),
        ("v.avi", lambda p: tracks(p, ("mjpeg", others(1), NONE), ("mpeg4", boxes(), NONE))),
        ("v.ts", lambda p: tracks(p, ("mpeg2video", others(1), NONE), ("libx264", boxes(), NONE))),
        ("v.mp4", lambda p: tracks(p, ("mjpeg", others(1), COVER), ("libx264", boxes(), DEFAULT))),
        ("v.mkv", lambda p: tracks(p, ("libx264", others(12), NONE), ("libx264", boxes(), DEFAULT))),
        ("v.mp4", lambda p: tracks(p, ("libx264", others(12), NONE), ("libx264", boxes(), DEFAULT))),
        ("v.mkv", lambda p: tracks(p, ("libx264", boxes(), DEFAULT), ("libx264", others(12), NONE))),
        ("v.mov", lambda p: unknown_codec(tracks(p, ("mjpeg", others(12), DEFAULT), ("libx264", boxes(), NONE)))),
    ],
    ids=[
        "still first",
        "still is default",
        "avi",
        "ts",
        "cover",
        "second is default",
        "mp4",
        "first",
        "unknown codec",
    ],
)
def test_the_video_is_the_track_that_a_player_picks(
    tmp_path: Path, name: str, prepare: Callable[[Path], Path]
) -> None:
    shown = Picture(prepare(tmp_path / name))
    assert near(shown.at(0.9, 0.9), GREEN)
    assert near(shown.at(0.1, 0.375), RED)
    assert shown.made.frames > 3


@pytest.mark.parametrize(
    ("prepare", "reason"),
    [
        (
            lambda p: encode(p, "libx264", boxes(), container={"encryption_scheme": "cenc-aes-ctr", **KEY}),
            "encrypted, and cannot be shown without its key",
        ),
        (lambda p: unknown_codec(tracks(p, ("mjpeg", boxes(), DEFAULT))), "codec that cannot be decoded"),
        (lambda p: tracks(p.with_suffix(".mp4"), ("mjpeg", others(1), COVER)), "no video track, only a picture"),
        (make_sound, "no video track, only sound"),
    ],
    ids=["encrypted", "unknown codec", "cover", "sound"],
)
def test_what_cannot_be_shown_says_why(tmp_path: Path, prepare: Callable[[Path], Path], reason: str) -> None:
    with pytest.raises(VideoError, match=reason):
        render(prepare(tmp_path / "v.mov"), tmp_path / "v.gif")


@pytest.mark.parametrize(
    ("rate", "count", "pictures"),
    [(Fraction(1, 5), 6, 4), (Fraction(1, 5), 2, 2), (Fraction(1, 60), 30, 4), (Fraction(1), 10, 3)],
)
def test_a_picture_now_and_then_is_no_still(tmp_path: Path, rate: Fraction, count: int, pictures: int) -> None:
    shown = Picture(encode(tmp_path / "v.mp4", "libx264", boxes(count), rate=rate))
    assert pictures <= shown.made.frames <= pictures + 1
    assert shown.made.seconds == pytest.approx(3.04, abs=0.1)


def paletted() -> av.VideoFrame:
    """The first picture with a palette of its two colours."""
    frame = av.VideoFrame(*SIZE, "pal8")
    rows = (
        (b"\x01" * 32 if 30 <= y < 60 else b"").ljust(frame.planes[0].line_size, b"\0") for y in range(SIZE[1])
    )
    frame.planes[0].update(b"".join(rows))
    colors = b"".join(bytes((*color[::-1], 255)) for color in (GREEN, RED))
    frame.planes[1].update(colors.ljust(frame.planes[1].buffer_size, b"\0"))
    return frame


@pytest.mark.parametrize(
    ("name", "codec", "pixels", "settings"),
    [
        ("v.mkv", "ffv1", "gray", {}),
        ("v.mkv", "ffv1", "gray10le", {}),
        ("v.mkv", "ffv1", "yuv444p16le", {}),
        ("v.mkv", "ffv1", "yuv410p", {}),
        ("v.mkv", "ffv1", "gbrp12le", {}),
        ("v.mov", "prores_ks", "yuv422p10le", {}),
        ("v.mov", "qtrle", "rgb24", {}),
        ("v.mov", "png", "pal8", {}),
        ("v.avi", "rawvideo", "bgr24", {}),
        ("v.mp4", "libx264", "yuv422p", {"rate": Fraction(30000, 1001)}),
        ("v.mp4", "libx264", "yuv444p10le", {"rate": Fraction(60)}),
        ("v.mkv", "libx264", "yuv420p", {"first": -10, "container": {"avoid_negative_ts": "disabled"}}),
        ("v.mp4", "libx264", "yuv420p", {"first": 90_000}),
        ("v.nut.mkv", "ffv1", "yuv420p", {"first": 1_000_000}),
    ],
)
def test_pixels_rates_and_start_times(
    tmp_path: Path, name: str, codec: str, pixels: str, settings: dict[str, Any]
) -> None:
    frames = [paletted()] * 24 if pixels == "pal8" else boxes(24, pixels)
    shown = Picture(encode(tmp_path / name, codec, frames, **settings))
    red, green = shown.at(0.1, 0.375), shown.at(0.9, 0.9)
    assert shown.made.frames > (0 if pixels == "pal8" else 3)
    assert (shown.made.width, shown.made.height) == SIZE
    if "gray" in pixels:
        assert red[0] == red[1] == red[2] != green[0]
    else:
        assert near(red, RED)
        assert near(green, GREEN)
