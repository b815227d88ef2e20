"""The other way to a GIF: FFmpeg inside the function. What one costs, for a clip of 60 s in 1080p.

The clip is the sample video, enlarged. It is smoother than what a camera films and is decoded faster, so that the
cost of this way comes out lower than it would be.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.video.stream import VideoStream

from harness.cli.clip import make_clip
from tests.project import PROJECT

WIDTH, HEIGHT, FPS = 1920, 1080, 25
SECONDS, DRAWN_SECONDS = 60, 12
#: Renders in a process of its own, so that its memory is its own.
_RENDER = """
import json, sys, time
from pathlib import Path
from harness.multimediaai.media.gif import render
from tests.benchmarks.worker import peak_bytes
cpu = time.process_time()
render(Path(sys.argv[1]), Path(sys.argv[2]))
print(json.dumps({"cpu": time.process_time() - cpu, "peak": peak_bytes()}))
"""


@dataclass(frozen=True)
class Rendering:
    """Seconds of CPU (on all cores), and the peak memory in bytes."""

    cpu: float
    peak: int


def measure_rendering(folder: Path) -> Rendering:
    """Renders the GIF of the clip, which is kept in `folder` from one run to the next."""
    clip = folder / f"clip-{SECONDS}s-{HEIGHT}p.mp4"
    if not clip.exists():
        _make_clip(clip)
    command = [sys.executable, "-c", _RENDER, str(clip), str(clip.with_suffix(".gif"))]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
    return Rendering(**json.loads(done.stdout))


def _make_clip(clip: Path) -> None:
    """The sample video, drawn once and encoded again and again until the minute is full."""
    small, unfinished = clip.with_name("drawn.mp4"), clip.with_name(f"unfinished-{clip.name}")
    make_clip(small, DRAWN_SECONDS)
    with av.open(str(small)) as source, av.open(str(unfinished), "w") as output:
        stream = output.add_stream("libx264", rate=FPS, options={"preset": "ultrafast", "crf": "21"})
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        pictures = list(source.decode(video=0))
        for number in range(SECONDS * FPS):
            frame = pictures[number % len(pictures)].reformat(width=WIDTH, height=HEIGHT)
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    small.unlink()
    unfinished.rename(clip)
