"""What the sample video shows, drawn row by row in plain Python, with no imaging library.

The landscape is a stack of rows. Each is painted once, wider than the picture; moving it is taking another slice.
Layers never cover each other sideways, so one slice makes a row. Sun, shadow and ball go on top.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import cache

from harness.cli.clip.ball import Ball, draw_shadow

WIDTH, HEIGHT = 640, 360
#: rows where the far hills may begin, the near hills, the meadow
FAR, NEAR, MEADOW = 176, 236, 286
#: every row repeats after so many pixels
PERIOD = 2 * WIDTH
#: centre, radius of the disc, radius of its glow
SUN = (455, 134, 27, 46)

Color = Sequence[float]
#: (waves in one period, height of the wave in pixels)
Waves = tuple[tuple[int, float], ...]

_FAR_HILLS: Waves = ((2, 15.0), (5, 7.0), (7, 4.0))
_NEAR_HILLS: Waves = ((3, 12.0), (4, 7.0), (11, 2.5))
#: centre and radius of the round puffs that make up the clouds
_PUFFS = [
    (x + dx, y + dy, r)
    for x, y in ((120, 50), (390, 34), (650, 58), (930, 30), (1150, 62))
    for dx, dy, r in ((-44, 8, 20), (-16, -4, 27), (16, -2, 24), (42, 9, 18), (0, 12, 26))
]


class Scene:
    """The landscape and the ball in it."""

    def __init__(self) -> None:
        self._rows = [_row(y) for y in range(HEIGHT)]
        self._sun = dict(_sun())
        self._ball = Ball(radius=34)

    def picture(self, at: float, going: float) -> bytes:
        """The RGB bytes at `at` seconds; the ball set off `going` seconds ago (0: it still rests)."""
        rows = [bytearray(row.visible(at, going)) for row in self._rows]
        for y, (left, pixels) in self._sun.items():
            rows[y][3 * left : 3 * left + len(pixels)] = pixels
        x = WIDTH / 2 + 170 * math.sin(going * 1.3)
        height = 175 * abs(math.sin(going * 2.9)) * min(1.0, going)
        ground = MEADOW + 36
        draw_shadow(rows, x, ground, size=34 - height / 9, darkness=0.5 - height / 500)
        squash = max(0.0, 1 - height / 22) if going else 0.0
        self._ball.draw(rows, x, ground - height, turned=going * 4.5, squash=squash)
        return b"".join(rows)


class _Row:
    """One row of the landscape: `pixels` repeat after `period`. Speeds in pixels per second."""

    def __init__(self, pixels: bytes, period: float, drift: float = 0, speed: float = 0, middle: int = 0) -> None:
        self._pixels = pixels
        self._period = period
        self._drift = drift
        self._speed = speed
        self._middle = middle

    def visible(self, at: float, going: float) -> bytes:
        start = 3 * int((at * self._drift + going * self._speed - self._middle) % self._period)
        return self._pixels[start : start + 3 * WIDTH]


def _row(y: int) -> _Row:
    if y < FAR:
        return _Row(_sky_row(y) * 2, PERIOD, drift=9, speed=14)
    if y < NEAR:
        return _Row(_hill_row(y, FAR + 30, _FAR_HILLS, _sky(y), _far_color(y)) * 2, PERIOD, speed=36)
    if y < MEADOW:
        return _Row(_hill_row(y, NEAR + 24, _NEAR_HILLS, _far_color(y), _near_color(y)) * 2, PERIOD, speed=80)
    # Perspective: stripes that meet at the horizon are the wider, and pass the faster, the nearer they are.
    wave = 60 + 3.4 * (y - MEADOW)
    return _Row(_meadow_row(y, wave), wave, speed=1.5 * wave, middle=WIDTH // 2)


def _sky(y: int) -> Color:
    if y < 110:
        return _mix((52, 104, 190), (168, 170, 212), y / 110)
    return _mix((168, 170, 212), (255, 190, 130), (y - 110) / 100)


def _far_color(y: int) -> Color:
    return _mix((150, 128, 168), (196, 142, 146), (y - FAR) / 100)


def _near_color(y: int) -> Color:
    return _mix((74, 112, 98), (96, 136, 92), (y - NEAR) / (MEADOW - NEAR))


def _sky_row(y: int) -> bytes:
    sky = _sky(y)
    plain = _rgb(sky)
    cloud = _mix((255, 250, 245), (240, 206, 204), (y - 25) / 70)
    return b"".join(_rgb(_mix(sky, cloud, 0.92 * cover)) if cover else plain for cover in _cloud_cover(y))


def _cloud_cover(y: int) -> list[float]:
    """How much cloud there is over each pixel of row `y`: 0 to 1, soft at the edges and flatter below."""
    cover = [0.0] * PERIOD
    for cx, cy, radius in _PUFFS:
        for x in range(cx - radius, cx + radius + 1):
            distance = math.hypot(x - cx, (y - cy) * (1.0 if y < cy else 1.8))
            cover[x % PERIOD] = max(cover[x % PERIOD], min(1.0, (radius - distance) / 7))
    return cover


def _hill_row(y: int, base: float, waves: Waves, behind: Color, color: Color) -> bytes:
    """Below its ridge a hill is `color`, above is what lies `behind`; the ridge is one soft pixel high."""
    above, below = _rgb(behind), _rgb(color)
    return b"".join(
        above if y <= edge else below if y >= edge + 1 else _rgb(_mix(behind, color, y - edge))
        for edge in _ridge(base, waves)
    )


@cache
def _ridge(base: float, waves: Waves) -> list[float]:
    """The same for all rows of a hill."""
    turn = math.tau / PERIOD
    return [base + sum(high * math.sin(often * (turn * x + 1)) for often, high in waves) for x in range(PERIOD)]


def _meadow_row(y: int, wave: float) -> bytes:
    depth = (y - MEADOW) / (HEIGHT - MEADOW)
    light = _mix((140, 172, 92), (112, 178, 70), depth)
    dark = _mix((128, 162, 88), (88, 150, 62), depth)
    shades = [_rgb(_mix(dark, light, 0.5 + wave / 20 * math.sin(math.tau * i / 256))) for i in range(256)]
    return b"".join(shades[int(x / wave * 256) % 256] for x in range(WIDTH + round(wave) + 1))


def _sun() -> Iterator[tuple[int, tuple[int, bytes]]]:
    """Row → (first pixel, RGB bytes): a disc with a soft glow, below the clouds, where the sky is plain."""
    cx, cy, radius, reach = SUN
    for y in range(cy - reach, min(cy + reach, FAR)):
        half = round(math.sqrt(max(0, reach**2 - (y - cy) ** 2)))
        distances = (math.hypot(x, y - cy) for x in range(-half, half))
        lights = (max(radius - d, 0.5 * max(0.0, 1 - (d - radius) / (reach - radius)) ** 2) for d in distances)
        yield y, (cx - half, b"".join(_rgb(_mix(_sky(y), (255, 240, 200), light)) for light in lights))


def _mix(a: Color, b: Color, share: float) -> Color:
    share = min(1.0, max(0.0, share))
    return (a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share, a[2] + (b[2] - a[2]) * share)


def _rgb(color: Color) -> bytes:
    return bytes((round(color[0]), round(color[1]), round(color[2])))
