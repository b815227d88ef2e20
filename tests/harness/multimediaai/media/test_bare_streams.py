"""Video without a container around it, as some cameras and editors write it, becomes a GIF like any other."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import pytest
from av.video.stream import VideoStream

from harness.multimediaai.media.gif import render
from tests.harness.multimediaai.media.videos import picture


@pytest.mark.parametrize(("codec", "muxer"), [("mpeg4", "m4v"), ("mpeg1video", "mpeg1video")])
def test_a_bare_stream_becomes_a_gif_that_moves(codec: str, muxer: str, tmp_path: Path) -> None:
    with av.open(str(tmp_path / "video"), "w", format=muxer) as output:
        stream = output.add_stream(codec, rate=25)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
        for number in range(50):
            frame = picture(160, 120, number / 50)
            frame.pts, frame.time_base = number, Fraction(1, 25)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    gif = render(tmp_path / "video", tmp_path / "out.gif")
    assert (gif.width, gif.height) == (160, 120)
    assert gif.frames > 10
