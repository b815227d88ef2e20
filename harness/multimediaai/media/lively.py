"""Where a video is liveliest: the stretch with the most change from picture to picture, and not in the dark.

A short video is looked at from end to end, eight times a second, at 32×18 pixels. In a long one that would take
minutes, so it is probed at keyframes spread over it, and only the surroundings of the liveliest probe are looked
at closely. Either way the cost has a limit that does not depend on the length.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from operator import sub

import av

from harness.multimediaai.media.video import Video, VideoError

_LOOKS_PER_SECOND = 8
_WIDTH, _HEIGHT = 32, 18
#: in pixels: about 2,000 frames of 1080p, some seconds of work
BUDGET = 4_000_000_000
#: what a frame costs at least, in pixels: the smallest has to be read, decoded and looked at, too
FRAME_COST = 160_000
#: the fewest pictures that a stretch shows, where the video has them: a GIF has to move
_FEWEST_PICTURES = 4
_PROBE_SECONDS, _PROBE_FRAMES = 0.5, 16
_FEWEST_PROBES, _MOST_PROBES = 12, 240
#: mean difference of two looks (0 to 255) beyond which more is not livelier
_ENOUGH_CHANGE = 30.0
#: mean brightness (0 to 255) of a look: black up to the first, fully counted from the second on
_BLACK, _LIT = 10.0, 36.0

Progress = Callable[[float], None]


@dataclass(frozen=True)
class Stretch:
    """A part of a video, in seconds. It is longer than asked for where pictures are few and far between."""

    start: float
    seconds: float


@dataclass(frozen=True)
class _Look:
    at: float
    #: mean, 0 to 255
    brightness: float
    #: mean difference from the look before, 0 to 255
    change: float


def liveliest(
    video: Video, seconds: float, progress: Progress = lambda done: None, budget: int = BUDGET
) -> Stretch:
    """The liveliest stretch of `seconds`. Among equals the one nearest to the middle wins.

    It is shorter when the video is, and longer when it would be a still otherwise. `progress` is called with 0 to
    1; `budget`: how many pixels may be decoded, roughly, where a small frame counts as FRAME_COST. Raises
    VideoError when no frame can be decoded.
    """
    frames = round(budget / max(FRAME_COST, video.width * video.height))
    start, span = 0.0, math.inf  # what a file says about its length may be too little
    if video.duration is not None and video.duration * video.rate > frames:
        best = _best_probe(video, video.duration, frames // 2, lambda done: progress(done / 2))
        span = min(12.0, max(seconds + 2, frames / 2 / video.rate))
        span = max(span, 2 * _FEWEST_PICTURES / video.rate)
        start = max(0.0, best - (span - seconds) / 2)
    looks = []
    for look in _looks(video, start, span, max(frames, 250)):
        looks.append(look)
        done = (look.at - start) / min(span, video.duration or span)
        progress(min(1.0, max(done, 0.5) if math.isfinite(span) else done))
    if not looks:  # what the file says about its length or its keyframes is wrong
        looks = list(_looks(video, 0.0, math.inf, max(frames, 250)))
    if not looks:
        raise VideoError("no frame of the video can be decoded: the file is damaged or cut short")
    return _best_window(looks, seconds)


def _best_probe(video: Video, duration: float, frames: int, progress: Progress) -> float:
    """The time of the liveliest of a few probes, which may take `frames` together."""
    count = min(_MOST_PROBES, max(_FEWEST_PROBES, frames // _PROBE_FRAMES))
    best_at, best_score, last = duration / 2, 0.0, -1.0
    seconds = max(_PROBE_SECONDS, 1.5 / video.rate)
    for number in range(count):
        start = duration * (number + 0.5) / count
        looks = list(_looks(video, start, seconds, _PROBE_FRAMES, from_keyframe=True, after=last))
        if len(looks) > 1:
            last = looks[0].at
            score = sum(_worths(looks)) / (len(looks) - 1) * _middling(last / duration)
            if score > best_score:
                best_at, best_score = last, score
        progress((number + 1) / count)
    return best_at


def _looks(
    video: Video, start: float, seconds: float, frames: int, from_keyframe: bool = False, after: float = -1.0
) -> Iterator[_Look]:
    """Looks at `seconds` of the video, and at no more than `frames` frames.

    `from_keyframe`: from the keyframe before `start` on, if that one comes `after` a given time.
    """
    before: bytes | None = None
    due = start
    draft = video.rate > _LOOKS_PER_SECOND  # else each frame is looked at
    for number, (at, frame) in enumerate(video.frames(start, draft)):
        if from_keyframe and not number:
            start = due = at
        if at > start + seconds or number >= frames or start <= after:
            break
        if at < due:
            continue
        now = _thumbnail(frame)
        yield _Look(at, sum(now) / len(now), _difference(before, now) if before else 0.0)
        before, due = now, at + 0.99 / _LOOKS_PER_SECOND


def _thumbnail(frame: av.VideoFrame) -> bytes:
    """Its RGB values, row by row."""
    plane = frame.reformat(_WIDTH, _HEIGHT, "rgb24", interpolation="AREA").planes[0]
    data, line = bytes(plane), plane.line_size
    return b"".join(data[y * line : y * line + 3 * _WIDTH] for y in range(_HEIGHT))


def _difference(a: bytes, b: bytes) -> float:
    return math.fsum(map(abs, map(sub, a, b))) / len(a)


def _worths(looks: Sequence[_Look]) -> list[float]:
    """What each look adds to a stretch: its change, less in the dark, and a cut counts like what surrounds it."""
    worths = []
    for number, look in enumerate(looks):
        around = [looks[n].change for n in (number - 1, number + 1) if 0 <= n < len(looks)]
        is_cut = look.change > _ENOUGH_CHANGE and around and look.change > 3 * max(around)
        change = max(around) if is_cut else min(look.change, _ENOUGH_CHANGE)
        light = min(1.0, (look.brightness - _BLACK) / (_LIT - _BLACK))
        worths.append(change * light if light > 0 else -_ENOUGH_CHANGE)
    return worths


def _best_window(looks: Sequence[_Look], seconds: float) -> Stretch:
    lit = [number for number, look in enumerate(looks) if look.brightness > _BLACK]
    if lit:  # black at either end is never worth showing
        looks = looks[lit[0] : lit[-1] + 1]
    gaps = sorted(later.at - look.at for look, later in pairwise(looks))
    gap = gaps[len(gaps) // 2] if gaps else 0.0
    best = _best_of(looks, seconds, gap)
    if sum(best.start <= look.at < best.start + best.seconds for look in looks) == 1:
        best = _best_of(looks, max(seconds, _FEWEST_PICTURES * gap), gap)
    return best


def _best_of(looks: Sequence[_Look], seconds: float, gap: float) -> Stretch:
    """`gap`: the seconds for which the last look is shown."""
    first, end = looks[0].at, looks[-1].at + max(gap, 1 / _LOOKS_PER_SECOND)
    sums = list(accumulate(_worths(looks), initial=0.0))
    best, best_value, upto = first, (-math.inf, 0.0), 0
    for number, look in enumerate(looks):
        if number and look.at + seconds > end:
            break
        while upto < len(looks) and looks[upto].at < look.at + seconds:
            upto += 1
        # The first look's own change is from what is not shown.
        worth = sums[upto] - sums[number + 1]
        middling = _middling((look.at + seconds / 2 - first) / (end - first))
        value = (round(worth * middling, 3), middling)
        if value > best_value:
            best, best_value = look.at, value
    return Stretch(best, min(seconds, end - best))


def _middling(place: float) -> float:
    """A small preference for the middle of a video (0.5) over its ends (0 and 1), where titles and credits are."""
    return 1.1 - 0.1 * min(1.0, abs(2 * place - 1))
