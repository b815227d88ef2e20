"""The beach ball of the sample video, and its shadow."""

from __future__ import annotations

import math
from functools import cache

_STRIPES = ((226, 58, 52), (250, 246, 236), (38, 110, 196), (250, 246, 236), (250, 196, 46), (250, 246, 236))
_TURNS = 36
_SQUASHES = 4

#: of one row of a picture of the ball: its first pixel from the centre, and the RGB bytes
_Span = tuple[int, bytes]
Rows = list[bytearray]
#: across and down on the unit disc, and the RGB bytes of each stripe there
_Point = tuple[float, float, list[bytes]]


class Ball:
    """A ball of six stripes, lit from the upper right. Its pictures are made when they are first needed."""

    def __init__(self, radius: int) -> None:
        self._radius = radius
        self._picture, self._round = cache(self._paint), cache(self._lit)

    def draw(self, rows: Rows, x: float, bottom: float, turned: float, squash: float) -> None:
        """Onto `rows`, standing at `bottom`. `turned`: radians; `squash`: 0 (round) to 1 (flattest)."""
        level = round(squash * (_SQUASHES - 1))
        spans = self._picture(round(turned / math.tau * _TURNS) % _TURNS, level)
        top = round(bottom) - len(spans)
        for dy, (dx, pixels) in enumerate(spans):
            start = (round(x) + dx) * 3
            rows[top + dy][start : start + len(pixels)] = pixels

    def _paint(self, turn: int, level: int) -> list[_Span]:
        turned = turn * math.tau / _TURNS
        # The stripes meet at a point off the centre, which makes the ball look round.
        right, up = 0.18 * math.sin(turned), 0.18 * math.cos(turned)

        def color(u: float, v: float, stripes: list[bytes]) -> bytes:
            return stripes[int((math.atan2(v + up, u - right) - turned) / math.tau * 6) % 6]

        return [(left, b"".join(color(*point) for point in row)) for left, row in self._round(level)]

    def _lit(self, level: int) -> list[tuple[int, list[_Point]]]:
        """Each row: its first pixel from the centre, and its points, lit alike however it turns."""
        wide = self._radius * (1 + 0.05 * level)
        high = self._radius * (1 - 0.07 * level)
        rows = []
        for y in range(-round(high), round(high)):
            v = (y + 0.5) / high
            half = round(wide * math.sqrt(max(0.0, 1 - v * v)))
            across = ((x + 0.5) / wide for x in range(-half, half))
            rows.append((-half, [(u, v, _colors(u, v)) for u in across]))
        return rows


def _colors(u: float, v: float) -> list[bytes]:
    """Of each stripe, at (u, v) on the unit disc, v downwards."""
    z = math.sqrt(max(0.0, 1 - u * u - v * v))
    toward = 0.45 * u - 0.5 * v + 0.74 * z
    light = min(1.15, 0.5 + 0.65 * max(0.0, toward))
    shine = max(0.0, toward - 0.93) * 1400
    return [bytes(min(255, int(c * light + shine)) for c in stripe) for stripe in _STRIPES]


def draw_shadow(rows: Rows, x: float, y: float, size: float, darkness: float) -> None:
    """A flat ellipse around (x, y), `size` pixels to each side, soft in three steps."""
    for step in range(3):
        darker = bytes(int(value * (1 - darkness / 3)) for value in range(256))
        wide = size * (1.15 - 0.2 * step)
        high = wide / 4
        for dy in range(-round(high), round(high) + 1):
            half = round(wide * math.sqrt(max(0.0, 1 - (dy / high) ** 2)))
            row, start, end = rows[round(y) + dy], (round(x) - half) * 3, (round(x) + half) * 3
            row[start:end] = row[start:end].translate(darker)
