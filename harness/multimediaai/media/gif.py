"""From a video to an animated GIF: the liveliest three seconds, small, in one palette made for them.

A GIF has 256 colours. FFmpeg's palettegen picks them from all frames of the stretch and paletteuse dithers what
lies between, which is what separates a GIF one likes to look at from one with bands in the sky.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.filter import Graph
from av.video.stream import VideoStream

from harness.multimediaai.media.lively import Stretch, liveliest
from harness.multimediaai.media.pictures import Screen
from harness.multimediaai.media.video import Video, VideoError

SECONDS = 3.0
#: One frame every 8/100 s: a GIF counts hundredths, and 12.5 frames/s is the nearest to smooth that stays small.
TICK = Fraction(8, 100)
#: The picture fits into a square of so many pixels, and is made smaller when the file would be too heavy.
SIDE, SMALLEST_SIDE = 480, 160
MAX_BYTES = 4_000_000

Progress = Callable[[float], None]


@dataclass(frozen=True)
class Gif:
    """What was made. Sizes in pixels and bytes; `start` and `seconds`: the part of the video that it shows."""

    width: int
    height: int
    frames: int
    start: float
    seconds: float
    size: int


@dataclass(frozen=True)
class _Shot:
    """A frame at its full GIF size and the tick from which on it is shown."""

    tick: int
    frame: av.VideoFrame


def render(source: Path, target: Path, progress: Progress = lambda done: None, max_bytes: int = MAX_BYTES) -> Gif:
    """Writes the GIF of the video `source` to `target`. `progress` is called with 0 to 1, rising.

    `max_bytes` is kept unless the smallest picture is still heavier. Raises VideoError when the file shows nothing
    that a GIF could be made of.
    """
    with Video(source) as video:
        stretch = liveliest(video, SECONDS, lambda done: progress(0.6 * done))
        shots, ticks = _shots(video, stretch, lambda done: progress(0.6 + 0.2 * done))
        side = SIDE
        while True:
            width, height = _fit(video.width, video.height, side)
            _write(target, shots, ticks, (width, height))
            size = target.stat().st_size
            if size <= max_bytes or side <= SMALLEST_SIDE:
                break
            progress(0.9)
            # The file is about as large as the picture's area.
            side = max(SMALLEST_SIDE, min(side * 3 // 4, round(side * math.sqrt(max_bytes / size) * 0.95)))
    progress(1.0)
    return Gif(width, height, len(shots), round(stretch.start, 3), float(ticks * TICK), size)


def _fit(width: int, height: int, side: int) -> tuple[int, int]:
    """Into a square, with its proportions and never larger than it is."""
    scale = min(1.0, side / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def _shots(video: Video, stretch: Stretch, progress: Progress) -> tuple[list[_Shot], int]:
    """What is on screen at each tick of the stretch, where it changes, and how many ticks there are."""
    screen = Screen(_fit(video.width, video.height, SIDE), video.orientation, video.pixel_aspect)
    # A stretch of few pictures is longer than a GIF, and is played faster.
    length = float(TICK) * max(1.0, stretch.seconds / SECONDS)
    ticks = max(1, round(stretch.seconds / length))
    shots: list[_Shot] = []
    begin, on_screen, at = 0, None, stretch.start
    for at, frame in video.frames(stretch.start):
        tick = min(ticks, max(0, math.ceil((at - stretch.start) / length - 0.01)))
        if on_screen is not None and tick > begin:
            shots.append(_Shot(begin, screen.show(on_screen)))
            begin = tick
        on_screen = frame
        progress(tick / ticks)
        if tick == ticks and shots:
            return shots, ticks
    if on_screen is None:
        raise VideoError("no frame of the liveliest part can be decoded: the file is damaged")
    # The video ended before the stretch did.
    end = min(ticks, math.ceil((at + 1 / video.rate - stretch.start) / length - 0.01))
    if end > begin or not shots:
        shots.append(_Shot(begin, screen.show(on_screen)))
    return shots, max(end, begin, 1)


def _write(target: Path, shots: Sequence[_Shot], ticks: int, size: tuple[int, int]) -> None:
    final_delay = round((ticks - shots[-1].tick) * TICK * 100)
    options = {"loop": "0", "final_delay": str(final_delay)}
    with av.open(str(target), "w", format="gif", options=options) as output:
        stream = output.add_stream("gif", rate=round(1 / TICK))
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = *size, "pal8"
        stream.codec_context.time_base = Fraction(1, 100)
        for frame in _paletted(shots, size):
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))


def _paletted(shots: Sequence[_Shot], size: tuple[int, int]) -> list[av.VideoFrame]:
    graph = Graph()
    first = shots[0].frame
    source = graph.add_buffer(width=first.width, height=first.height, format=first.format, time_base=TICK)
    chain = [source, graph.add("scale", f"{size[0]}:{size[1]}:flags=area")]
    split = graph.add("split")
    palette = graph.add("palettegen", "stats_mode=full")
    use = graph.add("paletteuse", "dither=sierra2_4a:diff_mode=rectangle")
    sink = graph.add("buffersink")
    for one, other in zip(chain, [*chain[1:], split], strict=True):
        one.link_to(other)
    split.link_to(use, 0, 0)
    split.link_to(palette, 1, 0)
    palette.link_to(use, 0, 1)
    use.link_to(sink)
    graph.configure()
    for shot in shots:
        shot.frame.pts, shot.frame.time_base = shot.tick, TICK
        source.push(shot.frame)
    source.push(None)
    frames: list[av.VideoFrame] = []
    while True:
        try:
            frame = graph.vpull()
        except (EOFError, av.FFmpegError):
            return frames
        frames.append(frame)
