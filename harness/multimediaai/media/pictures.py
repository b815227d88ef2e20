"""From decoded frames to pictures as they are looked at: upright, square pixels, ordinary colours, one size."""

from __future__ import annotations

import struct
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.filter import Graph
from av.filter.context import FilterContext
from av.sidedata.sidedata import SideData

from harness.multimediaai.media.colors import screen_table

#: A filter and its arguments.
Step = tuple[str, str]


@dataclass(frozen=True)
class Orientation:
    """How a stored picture becomes the displayed one: transposed first, then mirrored."""

    transposed: bool = False
    left_right: bool = False
    upside_down: bool = False

    @classmethod
    def of(cls, frame: av.VideoFrame) -> Orientation:
        """The nearest to the frame's display matrix, whose first four numbers map (x, y) to
        (a·x + c·y, b·x + d·y), y downwards (libavutil/display.h)."""
        matrix: SideData | None = frame.side_data.get("DISPLAYMATRIX", None)  # type: ignore[assignment]
        if matrix is None:
            return cls()
        a, b, _, c, d = struct.unpack_from("=5i", bytes(matrix))
        if abs(a) + abs(d) >= abs(b) + abs(c):
            return cls(False, a < 0, d < 0)
        return cls(True, c < 0, b < 0)

    def size(self, width: int, height: int) -> tuple[int, int]:
        """The displayed size of a stored picture; the stored size of a displayed one, too."""
        return (height, width) if self.transposed else (width, height)

    @property
    def steps(self) -> list[Step]:
        flips = [("hflip", "")] * self.left_right + [("vflip", "")] * self.upside_down
        return [("transpose", "cclock_flip")] * self.transposed + flips


class Screen:
    """Shows frames at `size`, in pixels, as "bgra". Frames of other proportions get bars, not another shape.

    pixel_aspect: width of a stored pixel by its height. Frames may change in size, format and colours.
    """

    def __init__(self, size: tuple[int, int], orientation: Orientation, pixel_aspect: float) -> None:
        self._size = size
        self._orientation = orientation
        self._pixel_aspect = pixel_aspect
        self._layout: tuple[object, ...] = ()
        self._graph = Graph()

    def show(self, frame: av.VideoFrame) -> av.VideoFrame:
        colors = (frame.colorspace, frame.color_range, frame.color_trc, frame.color_primaries)
        layout = (frame.width, frame.height, frame.format.name, frame.interlaced_frame, *map(int, colors))
        if layout != self._layout:
            self._graph, self._layout = self._graph_for(frame), layout
        frame.pts = None
        self._graph.vpush(frame)
        if frame.interlaced_frame:  # the filter gives a frame back when it is given the next
            self._graph.vpush(frame)
        shown = None
        while True:
            try:
                shown = self._graph.vpull()
            except (av.BlockingIOError, EOFError):
                break
        if shown is None:
            raise ValueError("no picture came out of the filters")
        return shown

    def _graph_for(self, frame: av.VideoFrame) -> Graph:
        graph = Graph()
        rate = Fraction(1, 25)  # any: times are not looked at
        last: FilterContext = graph.add_buffer(
            width=frame.width, height=frame.height, format=frame.format, time_base=rate
        )
        width, height = self._orientation.size(*self._size)
        fitted = fit(frame.width * self._pixel_aspect, frame.height, width, height)
        before: list[Step] = [("estdif", "mode=frame:deint=interlaced")] if frame.interlaced_frame else []
        scale = f"{fitted[0]}:{fitted[1]}:flags=bicubic"
        last = chain(graph, last, [*before, ("scale", scale)])
        if table := screen_table(frame):
            last = chain(graph, last, [("format", "pix_fmts=gbrp16|gbrap16")])
            last = _looked_up(graph, last, table)
        after: list[Step] = [("setsar", "1"), ("format", "pix_fmts=bgra")]
        if fitted != (width, height):
            after.append(("pad", f"{width}:{height}:-1:-1"))
        chain(graph, last, [*after, *self._orientation.steps, ("buffersink", "")])
        graph.configure()
        return graph


def fit(width: float, height: float, most_width: int, most_height: int) -> tuple[int, int]:
    """The largest size of these proportions in a rectangle."""
    scale = min(most_width / width, most_height / height)
    return max(1, min(most_width, round(width * scale))), max(1, min(most_height, round(height * scale)))


def _looked_up(graph: Graph, source: FilterContext, table: str) -> FilterContext:
    with tempfile.TemporaryDirectory() as folder:  # read when the filter is made
        path = Path(folder, "table.cube")
        path.write_text(table, encoding="ascii")
        lookup = graph.add("lut3d", file=str(path))
    source.link_to(lookup)
    return lookup


def chain(graph: Graph, source: FilterContext, steps: Sequence[Step]) -> FilterContext:
    """Adds filters one behind the other; the last of them, or `source` without any."""
    for name, args in steps:
        following = graph.add(name, args or None)
        source.link_to(following)
        source = following
    return source
