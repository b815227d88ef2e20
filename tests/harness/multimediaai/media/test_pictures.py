"""What a player would show is what the GIF shows: HDR, mirrored, interlaced, transparent, oddly tagged videos."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest
from av.filter import Graph
from av.video.stream import VideoStream

from harness.multimediaai.media.gif import Gif, render
from tests.harness.multimediaai.media.videos import GREEN, RED, Color, picture

ONE = 1 << 16  # of a display matrix
SIZE = (160, 120)


def encode(path: Path, codec: str, frames: Iterable[av.VideoFrame], **settings: Any) -> Path:
    """`settings`: `container` and `encoder` (options), `matrix` (for display), `rate`,
    `first` (frame's number), the rest of the codec context."""
    options = settings.pop("container", {})
    with av.open(str(path), "w", options=options) as output:
        add_track(output, codec, list(frames), **settings)
    return path


def add_track(
    output: av.container.OutputContainer, codec: str, frames: list[av.VideoFrame], **settings: Any
) -> None:
    rate, first = settings.pop("rate", Fraction(25)), settings.pop("first", 0)
    stream = output.add_stream(codec, rate=rate, options=settings.pop("encoder", {}))
    assert isinstance(stream, VideoStream)
    stream.width, stream.height, stream.pix_fmt = frames[0].width, frames[0].height, frames[0].format.name
    if "matrix" in settings:
        stream.set_display_matrix(settings.pop("matrix"))
    for name, value in settings.items():
        setattr(stream.codec_context, name, value)
    for number, frame in enumerate(frames, first):
        frame.pts, frame.time_base = number, 1 / rate
        output.mux(stream.encode(frame))
    output.mux(stream.encode(None))


def boxes(count: int = 12, pixels: str = "yuv420p", size: tuple[int, int] = SIZE) -> list[av.VideoFrame]:
    return [picture(*size, number / count).reformat(format=pixels) for number in range(count)]


class Picture:
    """The first frame of a GIF, and how it was made."""

    def __init__(self, video: Path, number: int = 0) -> None:
        self.made: Gif = render(video, video.with_suffix(".made.gif"))
        with av.open(str(video.with_suffix(".made.gif")), format="gif") as gif:
            self.frame = list(gif.decode(video=0))[number].reformat(format="rgba")

    def at(self, x: float, y: float) -> tuple[int, ...]:
        """RGBA at (x, y), each 0 to 1."""
        plane = self.frame.planes[0]
        at = int(y * self.frame.height) * plane.line_size + 4 * int(x * self.frame.width)
        return tuple(bytes(plane)[at : at + 4])


def near(a: tuple[int, ...], b: Color, most: int = 25) -> bool:
    return all(abs(x - y) <= most for x, y in zip(a[:3], b, strict=True))


def pq(light: float) -> float:
    """SMPTE ST 2084: the signal of `light`, where 1 is the white of paper, 203 cd/m² (ITU-R BT.2408)."""
    power = (light * 203 / 10_000) ** (2610 / 16384)
    return float(((3424 + 2413 * 32 * power) / (4096 + 2392 * 32 * power)) ** (2523 / 32))


def hlg(light: float) -> float:
    """ITU-R BT.2100 for a display of 1,000 cd/m², channel by channel; the white of paper is at 75 %."""
    scene = (light * 0.203) ** (1 / 1.2)
    return math.sqrt(3 * scene) if scene <= 1 / 12 else 0.17883277 * math.log(12 * scene - 0.28466892) + 0.55991073


PATCHES: list[Color] = [RED, GREEN, (255, 255, 255), (128, 128, 128), (20, 20, 20)]


def bt2020(signal: Callable[[float], float]) -> av.VideoFrame:
    """The patches from left to right, 10 bits."""
    codes = []
    for color in PATCHES:
        r, g, b = (((v / 255 + 0.055) / 1.055) ** 2.4 for v in color)
        rows = ((0.6274, 0.3293, 0.0433), (0.0691, 0.9195, 0.0114), (0.0164, 0.0880, 0.8956))
        r, g, b = (signal(x * r + y * g + z * b) for x, y, z in rows)
        luma = 0.2627 * r + 0.678 * g + 0.0593 * b
        values = (64 + 876 * luma, 512 + 896 * (b - luma) / 1.8814, 512 + 896 * (r - luma) / 1.4746)
        codes.append([round(value).to_bytes(2, "little") for value in values])
    frame = av.VideoFrame(200, 64, "yuv420p10le")
    for number, plane in enumerate(frame.planes):
        row = b"".join(codes[x * len(codes) // plane.width][number] for x in range(plane.width))
        plane.update((row + bytes(plane.line_size - len(row))) * plane.height)
    return frame


@pytest.mark.parametrize(("signal", "transfer"), [(pq, 16), (hlg, 18)], ids=["PQ", "HLG"])
def test_hdr_is_shown_in_the_colours_of_an_ordinary_screen(
    tmp_path: Path, signal: Callable[[float], float], transfer: int
) -> None:
    tags = {"colorspace": 9, "color_primaries": 9, "color_trc": transfer, "color_range": 1}
    quiet = {"x265-params": "log-level=none:lossless=1"}
    shown = Picture(encode(tmp_path / "v.mp4", "libx265", [bt2020(signal)] * 4, encoder=quiet, **tags))
    red, green, white, gray, black = (shown.at((n + 0.5) / len(PATCHES), 0.5) for n in range(len(PATCHES)))
    assert near(red, RED, 45)
    assert red[0] - red[2] > 130
    assert near(green, GREEN, 35)
    assert green[1] - green[0] > 45
    assert min(white[:3]) > 190
    assert 95 < min(gray[:3]) <= max(gray[:3]) < 140
    assert max(black[:3]) < 40


@pytest.mark.parametrize(
    ("matrix", "x", "y"),
    # The box is stored at (0.1, 0.375).
    [
        ((1, 0, 0, 1), 0.1, 0.375),
        ((-1, 0, 0, 1), 0.9, 0.375),
        ((1, 0, 0, -1), 0.1, 0.625),
        ((-1, 0, 0, -1), 0.9, 0.625),
        ((0, 1, 1, 0), 0.375, 0.1),
        ((0, 1, -1, 0), 0.625, 0.1),
        ((0, -1, 1, 0), 0.375, 0.9),
        ((0, -1, -1, 0), 0.625, 0.9),
    ],
)
def test_the_whole_display_matrix_counts(tmp_path: Path, matrix: tuple[int, ...], x: float, y: float) -> None:
    a, b, c, d = (ONE * number for number in matrix)
    shown = Picture(encode(tmp_path / "v.mp4", "libx264", boxes(), matrix=[a, b, 0, c, d, 0, 0, 0, 1 << 30]))
    assert (shown.made.width, shown.made.height) == (SIZE if a else SIZE[::-1])
    assert near(shown.at(x, y), RED)
    assert near(shown.at(1 - x, 1 - y), GREEN)


def woven(count: int) -> list[av.VideoFrame]:
    """Fast motion, interlaced, upper field first."""
    graph = Graph()
    rgb = av.VideoFormat("rgb24")
    source = graph.add_buffer(width=SIZE[0], height=SIZE[1], format=rgb, time_base=Fraction(1, 25))
    steps = [("setparams", "field_mode=tff"), ("scale", "interl=1"), ("format", "yuv420p"), ("buffersink", None)]
    graph.link_nodes(source, *(graph.add(*step) for step in steps)).configure()
    frames = []
    for number in range(count):
        upper, lower = (picture(*SIZE, (2 * number + field) % 8 / 8) for field in (0, 1))
        line, data = upper.planes[0].line_size, bytearray(bytes(upper.planes[0]))
        for y in range(1, SIZE[1], 2):
            data[y * line : (y + 1) * line] = bytes(lower.planes[0])[y * line : (y + 1) * line]
        upper.planes[0].update(bytes(data))
        graph.vpush(upper)
        frames.append(graph.vpull())
    return frames


@pytest.mark.parametrize("codec", ["mpeg2video", "libx264"])
def test_interlaced_pictures_have_no_combs(tmp_path: Path, codec: str) -> None:
    options = {"flags": "+ildct+ilme", "b": "4M"}
    shown = Picture(encode(tmp_path / "v.ts", codec, woven(25), encoder=options))
    for x in range(SIZE[0]):
        rows = [shown.at((x + 0.5) / SIZE[0], (y + 0.5) / SIZE[1]) for y in range(36, 54)]
        assert max(row[0] for row in rows) - min(row[0] for row in rows) < 60, x


def half_transparent(pixels: str) -> list[av.VideoFrame]:
    frames = boxes(12, pixels)
    for frame in frames:
        plane = frame.planes[3]
        half = plane.width // 2 * (plane.line_size // plane.width)
        plane.update((bytes(half) + b"\xff" * (plane.line_size - half)) * plane.height)
    return frames


@pytest.mark.parametrize(
    ("name", "codec", "pixels"),
    [("v.webm", "libvpx-vp9", "yuva420p"), ("v8.webm", "libvpx", "yuva420p"), ("v.mkv", "ffv1", "yuva420p")],
)
def test_transparency_is_the_gifs_too(tmp_path: Path, name: str, codec: str, pixels: str) -> None:
    options = {"auto-alt-ref": "0"} if codec.startswith("libvpx") else {}
    shown = Picture(encode(tmp_path / name, codec, half_transparent(pixels), encoder=options), -1)
    assert shown.at(0.2, 0.8)[3] == 0
    assert shown.at(0.8, 0.8)[3] == 255
    assert near(shown.at(0.9, 0.9), GREEN)


@pytest.mark.parametrize(
    ("matrix", "transfer", "primaries"),
    [*((matrix, 1, 1) for matrix in (3, 8, 10, 11, 12, 13, 14, 15)), (1, 9, 1), (1, 10, 1), (1, 3, 3)],
)
def test_rare_colour_tags_are_no_reason_to_fail(
    tmp_path: Path, matrix: int, transfer: int, primaries: int
) -> None:
    tags = {"colorspace": matrix, "color_trc": transfer, "color_primaries": primaries}
    shown = Picture(encode(tmp_path / "v.mkv", "ffv1", boxes(4), **tags))
    assert shown.made.frames > 1
    assert shown.at(0.1, 0.375)[0] > 150


def test_a_change_of_size_squeezes_nothing(tmp_path: Path) -> None:
    wide = encode(tmp_path / "wide.ts", "libx264", boxes(12, size=(192, 96)))
    turned = [picture(96, 192, 0.5).reformat(format="yuv420p") for _ in range(12)]
    tall = encode(tmp_path / "tall.ts", "libx264", turned, first=12)
    both = tmp_path / "v.ts"
    both.write_bytes(wide.read_bytes() + tall.read_bytes())
    shown = Picture(both, -1)
    assert (shown.made.width, shown.made.height) == (192, 96)
    assert near(shown.at(0.1, 0.5), (0, 0, 0))
    assert near(shown.at(0.9, 0.5), (0, 0, 0))
    assert near(shown.at(0.5, 0.9), GREEN)
    assert near(shown.at(0.5, 0.375), RED)
