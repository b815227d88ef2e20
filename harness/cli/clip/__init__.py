"""A sample video for those who have none at hand: a beach ball that bounces through hills at sunset."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
from av.video.stream import VideoStream

from harness.cli.clip.scene import HEIGHT, WIDTH, Scene

FPS = 25
#: the first of these that this build of FFmpeg has
_ENCODERS = {
    "libx264": {"crf": "24", "preset": "veryfast"},
    "libopenh264": {"b": "800000"},
    "mpeg4": {"qmin": "5", "qmax": "8"},
}


def make_clip(path: Path, seconds: float = 8.0) -> Path:
    """Writes an MP4 of 640×360, 25 frames/s; a few hundred KB, in about a quarter of its playing time.

    The first second (in a short one: the first quarter) is black, then the scene is calm, and the ball sets off
    after 3/8 of the time. The same `seconds` always give the same pictures.
    """
    encoder = next(name for name in _ENCODERS if name in av.codecs_available)
    with av.open(str(path), "w", format="mp4", options={"fflags": "+bitexact"}) as output:
        stream = output.add_stream(encoder, rate=FPS, options=_ENCODERS[encoder])
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for number, picture in enumerate(_pictures(seconds)):
            frame = av.VideoFrame(WIDTH, HEIGHT, "rgb24")
            frame.planes[0].update(picture)
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return path


def _pictures(seconds: float) -> Iterator[bytes]:
    black_until, lively_from = min(1.0, seconds / 4), seconds * 3 / 8
    scene = Scene()
    for number in range(round(seconds * FPS)):
        at = number / FPS
        yield scene.picture(at, max(0.0, at - lively_from)) if at >= black_until else bytes(WIDTH * HEIGHT * 3)
