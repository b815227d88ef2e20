"""From a video to the animated GIF that was asked for, frame by frame.

The video is decoded twice: palettegen looks at every frame before it has a palette, and keeping the frames
meanwhile would need memory by the length of the video.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import islice
from pathlib import Path

import av
from av.filter import Graph
from av.filter.context import FilterContext
from av.video.stream import VideoStream

from harness.multimediaai.media.gif import Gif, Progress
from harness.multimediaai.media.pictures import Screen, Step, chain, fit
from harness.multimediaai.media.video import Video, VideoError
from harness.multimediaai.media.wanted import Wanted

#: A GIF counts hundredths of a second, and shows each frame for one at least.
TICK = Fraction(1, 100)
_EARLY = 1e-3
#: (the hundredth at which it is first shown, the frame at its full size)
_Shot = tuple[int, av.VideoFrame]


def animate(source: Path, target: Path, wanted: Wanted, progress: Progress = lambda done: None) -> Gif:
    """Writes the GIF of the video `source` that is `wanted` to `target`. `progress`: called with 0 to 1, rising.

    Raises VideoError when there is nothing to make it of.
    """
    with Video(source) as video:
        screen = Screen((video.width, video.height), video.orientation, video.pixel_aspect)
        expected = _expected(video, wanted)
        frames, size, palette = _palette(
            _shots(video, screen, wanted), _steps(video, wanted), lambda n: progress(min(0.5, 0.5 * n / expected))
        )
        seconds = _write(
            target,
            _shots(video, screen, wanted),
            _steps(video, wanted),
            (size, palette),
            _last_delay(video, wanted),
            lambda n: progress(0.5 + min(0.5, 0.5 * n / frames)),
        )
    progress(1.0)
    return Gif(*size, frames, wanted.start / 1000, seconds, target.stat().st_size)


def _shots(video: Video, screen: Screen, wanted: Wanted) -> Iterator[_Shot]:
    tick = -1
    for number, (at, frame) in enumerate(islice(_sampled(video, wanted), wanted.frames)):
        shown = number / wanted.rate if wanted.rate else at
        tick = max(tick + 1, round(shown / TICK))
        yield tick, screen.show(frame)


def _sampled(video: Video, wanted: Wanted) -> Iterator[tuple[float, av.VideoFrame]]:
    """(seconds from the first, frame) of those to show."""
    start, interval = wanted.start / 1000, _interval(video, wanted)
    if interval is None:
        first = None
        for at, frame in video.frames(start):
            if at >= start - _EARLY:
                first = at if first is None else first
                yield at - first, frame
        return
    number, on_screen, at = 0, None, 0.0
    for at, frame in video.frames(start):
        while on_screen is not None and at > start + number * interval + _EARLY:
            yield number * interval, on_screen
            number += 1
        on_screen = frame
    while on_screen is not None and at + 1 / video.rate > start + number * interval + _EARLY:
        yield number * interval, on_screen
        number += 1


def _interval(video: Video, wanted: Wanted) -> float | None:
    """In seconds; None: each frame."""
    interval = (wanted.interval or 0) / 1000
    return interval if interval > 1 / video.rate else None


def _last_delay(video: Video, wanted: Wanted) -> int:
    """How long the last frame is shown, in ticks."""
    seconds = 1 / wanted.rate if wanted.rate else _interval(video, wanted) or 1 / video.rate
    return max(1, round(seconds / TICK))


def _expected(video: Video, wanted: Wanted) -> float:
    """About how many frames there will be."""
    left = max(0.0, (video.duration or math.inf) - wanted.start / 1000)
    return max(1.0, min(wanted.frames or math.inf, left / (_interval(video, wanted) or 1 / video.rate)))


def _steps(video: Video, wanted: Wanted) -> list[Step]:
    """From the video's size to the one that is wanted. Width and height are each the video's where not given."""
    own = (video.width, video.height)
    size = (wanted.width or own[0], wanted.height or own[1])
    if size == own:
        return []
    width, height = fit(*own, *size) if wanted.scale in ("fill", "fit") else size
    if wanted.scale == "crop":
        cover = max(size[0] / own[0], size[1] / own[1])
        width, height = (max(least, math.ceil(side * cover)) for least, side in zip(size, own, strict=True))
    way = "area" if width * height < own[0] * own[1] else "bicubic"
    steps = [("scale", f"{width}:{height}:flags={way}")]
    if wanted.scale == "crop":
        steps.append(("crop", f"{size[0]}:{size[1]}"))
    if wanted.scale == "fill":
        steps.append(("pad", f"{size[0]}:{size[1]}:-1:-1"))
    return steps


def _palette(
    shots: Iterator[_Shot], steps: list[Step], counted: Callable[[int], None]
) -> tuple[int, tuple[int, int], av.VideoFrame]:
    """(how many frames there are, their size, the colours for all of them)"""
    first = next(shots, None)
    if first is None:
        raise VideoError("the video ends before the part that is to be shown")
    graph = Graph()
    source = _buffer(graph, first[1])
    sized = chain(graph, source, steps)
    sink = chain(graph, sized, [("palettegen", "stats_mode=full"), ("buffersink", "")])
    graph.configure()
    _push(source, first)
    count = 1
    for count, shot in enumerate(shots, 2):
        _push(source, shot)
        counted(count)
    source.push(None)
    palette = sink.pull()
    assert isinstance(palette, av.VideoFrame)
    return count, _size_after(steps, first[1]), palette


def _size_after(steps: list[Step], frame: av.VideoFrame) -> tuple[int, int]:
    """The last step that says one decides."""
    if not steps:
        return frame.width, frame.height
    width, height = steps[-1][1].split(":")[:2]
    return int(width), int(height)


def _write(
    target: Path,
    shots: Iterator[_Shot],
    steps: list[Step],
    painted: tuple[tuple[int, int], av.VideoFrame],
    last_delay: int,
    counted: Callable[[int], None],
) -> float:
    """How long the GIF is, in seconds. painted: its size and its colours."""
    size, palette = painted
    last = 0
    with av.open(str(target), "w", format="gif", options={"loop": "0", "final_delay": str(last_delay)}) as output:
        stream = output.add_stream("gif", rate=round(1 / TICK))
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = *size, "pal8"
        stream.codec_context.time_base = TICK
        for number, (tick, frame) in enumerate(_painted(shots, steps, palette), 1):
            last = tick
            output.mux(stream.encode(frame))
            counted(number)
        output.mux(stream.encode(None))
    return float((last + last_delay) * TICK)


def _painted(shots: Iterator[_Shot], steps: list[Step], palette: av.VideoFrame) -> Iterator[_Shot]:
    """The frames in the palette's colours."""
    first = next(shots)
    graph = Graph()
    source, colors = _buffer(graph, first[1]), _buffer(graph, palette)
    use = graph.add("paletteuse", "dither=sierra2_4a:diff_mode=rectangle")
    chain(graph, source, steps).link_to(use, 0, 0)
    colors.link_to(use, 0, 1)
    sink = chain(graph, use, [("buffersink", "")])
    graph.configure()
    _push(colors, (0, palette))
    colors.push(None)
    _push(source, first)
    for shot in shots:
        _push(source, shot)
        yield from _pulled(sink)
    source.push(None)
    yield from _pulled(sink)


def _pulled(sink: FilterContext) -> Iterator[_Shot]:
    while True:
        try:
            frame = sink.pull()
        except (av.BlockingIOError, EOFError):
            return
        assert isinstance(frame, av.VideoFrame)
        yield round((frame.pts or 0) * (frame.time_base or TICK) / TICK), frame


def _buffer(graph: Graph, frame: av.VideoFrame) -> FilterContext:
    return graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=TICK)


def _push(source: FilterContext, shot: _Shot) -> None:
    shot[1].pts, shot[1].time_base = shot[0], TICK
    source.push(shot[1])
