"""The sample video is what it says it is."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import av

from harness.cli.clip import make_clip


def test_the_clip_is_black_then_calm_then_lively_small_and_always_the_same(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", seconds=2)  # half a second black, the ball rests until 0.75 s
    with av.open(str(clip)) as video:
        assert video.streams.video[0].codec_context.name in ("h264", "mpeg4")
        small = [bytes(frame.reformat(64, 36, "gray").planes[0]) for frame in video.decode(video=0)]
    assert len(small) == 2 * 25
    brightness = [sum(picture) / len(picture) for picture in small]
    assert max(brightness[:12]) < 20 < 80 < min(brightness[13:])
    change = [sum(abs(a - b) for a, b in zip(*pair, strict=True)) for pair in pairwise(small)]
    assert sum(change[13:18]) / 5 < sum(change[20:]) / len(change[20:]) / 3
    assert clip.stat().st_size < 1_000_000
    assert make_clip(tmp_path / "again.mp4", seconds=2).read_bytes() == clip.read_bytes()
