"""Videos for tests, made with PyAV: a red box that travels over a green ground."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import av
from av.video.stream import VideoStream

RED, GREEN = (230, 70, 40), (60, 140, 90)


Color = tuple[int, int, int]


def picture(width: int, height: int, place: float, ground_color: Color = GREEN) -> av.VideoFrame:
    """The box's left edge at `place` (0 to 1) of the width, between a quarter and half of the height."""
    frame = av.VideoFrame(width, height, "rgb24")
    plane = frame.planes[0]
    padding = bytes(plane.line_size - 3 * width)
    left, side = round(place * width * 0.8), max(1, width // 5)
    ground = bytes(ground_color * width)
    box = ground[: 3 * left] + bytes(RED * side) + ground[3 * (left + side) :]
    rows = ((box if height // 4 <= y < height // 2 else ground) + padding for y in range(height))
    plane.update(b"".join(rows))
    return frame


def make_video(
    path: Path,
    *,
    size: tuple[int, int] = (160, 120),
    frames: int = 100,
    rate: int = 25,
    codec: str = "libx264",
    pixels: str = "yuv420p",
    rotation: int | None = None,
    aspect: Fraction | None = None,
    place: Callable[[int], float] | None = None,
    ground: Callable[[int], Color] = lambda number: GREEN,
    times: Sequence[int] | None = None,
    options: dict[str, str] | None = None,
) -> Path:
    """`rotation`: degrees counterclockwise, as metadata; `aspect`: of a pixel; `place`: of the box, by frame;
    `ground`: its colour, by frame; `times`: of the frames, in milliseconds; `options`: the muxer's."""
    with av.open(str(path), "w", options=options or {}) as output:
        quiet = {"x265-params": "log-level=none"} if codec == "libx265" else {"g": "25"}
        stream = output.add_stream(codec, rate=rate, options=quiet)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = *size, pixels
        if aspect is not None:
            stream.codec_context.sample_aspect_ratio = aspect
        if rotation is not None:
            stream.set_display_rotation(rotation)
        if times is not None:
            stream.codec_context.time_base = Fraction(1, 1000)
        for number in range(frames):
            at = place(number) if place else number / frames
            frame = picture(*size, at, ground(number)).reformat(format=pixels)
            frame.pts = times[number] if times else number
            frame.time_base = Fraction(1, 1000) if times else Fraction(1, rate)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return path


def make_sound(path: Path) -> Path:
    """Two seconds of silence, and no picture."""
    with av.open(str(path), "w") as output:
        stream = output.add_stream("aac", rate=8000)
        for number in range(16):
            frame = av.AudioFrame(format="fltp", layout="mono", samples=1024)
            for plane in frame.planes:
                plane.update(bytes(plane.buffer_size))
            frame.rate, frame.pts, frame.time_base = 8000, number * 1024, Fraction(1, 8000)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return path
