"""What somebody wants an animated GIF to be. Terms and defaults are those of OSS's video/animation.

Source: OSS's page on converting videos to animated images (2026-09-22).
"""

from __future__ import annotations

from dataclasses import dataclass

#: how a picture comes into a size of other proportions: cut to it, distorted, with black bars, or smaller than it
SCALES = ("crop", "stretch", "fill", "fit")


@dataclass(frozen=True)
class Wanted:
    """start: in milliseconds, from which on the video is shown. frames: at most so many; None: to its end.

    interval: milliseconds from frame to frame; None, and less than the video's own: each of its frames. rate: how
    many are played in a second; None: as fast as in the video. width, height: in pixels; None: the video's.
    scale: one of SCALES.
    """

    start: int = 0
    frames: int | None = None
    interval: int | None = None
    rate: float | None = None
    width: int | None = None
    height: int | None = None
    scale: str = "stretch"
