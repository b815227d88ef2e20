"""Colours that an ordinary screen has not, HDR above all, as ordinary ones: tables for FFmpeg's lut3d.

FFmpeg's scaler could do it too (`intent`, since 7.1), but works 4 to 8 s on its table. Light is in units of the
white of paper: 203 cd/m² in HDR (ITU-R BT.2408), the screen's white in everything else.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from itertools import product
from math import exp

_PAPER, _PEAK = 203.0, 1000.0  # cd/m²; what is brighter is as white as can be
#: points per axis; in between, lut3d interpolates
_POINTS = 33

Matrix = tuple[tuple[float, float, float], ...]
Light = tuple[float, float, float]

#: ITU-R BT.2087, the inverse of BT.2020's primaries to BT.709's
_FROM_BT2020: Matrix = ((1.6605, -0.5876, -0.0728), (-0.1246, 1.1329, -0.0083), (-0.0182, -0.1006, 1.1187))
#: Display P3 (SMPTE EG 432-1, white D65) to BT.709
_FROM_P3: Matrix = ((1.2249, -0.2247, 0.0), (-0.0420, 1.0419, 0.0), (-0.0196, -0.0786, 1.0979))
PQ, HLG = 16, 18  # ITU-T H.273, table 3
BT2020, P3 = 9, 12  # ITU-T H.273, table 2


@lru_cache(maxsize=8)
def cube(transfer: int, primaries: int) -> str:
    """The table as a .cube file: from R'G'B' with this transfer and these primaries (H.273) to sRGB."""
    matrix = _FROM_P3 if primaries == P3 else _FROM_BT2020
    is_hdr = transfer in (PQ, HLG)
    curve: Callable[[float], float] = {PQ: _pq, HLG: _hlg}.get(transfer, _sdr)
    steps = [curve(number / (_POINTS - 1)) for number in range(_POINTS)]
    lines = [f"LUT_3D_SIZE {_POINTS}"]
    for b, g, r in product(steps, repeat=3):  # red changes fastest
        if transfer == HLG:
            r, g, b = _on_display(r, g, b)
        light = [max(0.0, x * r + y * g + z * b) for x, y, z in matrix]
        scale = _rolled_off(max(light)) if is_hdr else 1.0
        lines.append(" ".join(f"{_srgb(value * scale):.5f}" for value in light))
    return "\n".join(lines) + "\n"


def _rolled_off(light: float) -> float:
    """The factor that keeps what is darker than a good gray, and bends what is brighter under the screen's white,
    the same for each channel so that hues stay: the curve "mobius" of FFmpeg's vf_tonemap.c."""
    knee, peak = 0.3, _PEAK / _PAPER
    if light <= knee:
        return 1.0
    a = -knee * knee * (peak - 1) / (knee * knee - 2 * knee + peak)
    b = (knee * knee - 2 * knee * peak + peak) / (peak - 1)
    return (b * b + 2 * b * knee + knee * knee) / (b - a) * (light + a) / (light + b) / light


def _pq(signal: float) -> float:
    """SMPTE ST 2084."""
    power = signal ** (32 / 2523)
    light = max(0.0, power - 3424 / 4096) / (2413 / 128 - 2392 / 128 * power)
    return float(10_000 / _PAPER * light ** (16384 / 2610))


def _hlg(signal: float) -> float:
    """ITU-R BT.2100: of the scene, 0 to 1."""
    return signal * signal / 3 if signal <= 0.5 else (exp((signal - 0.55991073) / 0.17883277) + 0.28466892) / 12


def _on_display(r: float, g: float, b: float) -> Light:
    """HLG's system gamma, for a display of 1,000 cd/m² (ITU-R BT.2100)."""
    luminance = 0.2627 * r + 0.678 * g + 0.0593 * b
    gain = _PEAK / _PAPER * luminance**0.2
    return r * gain, g * gain, b * gain


def _sdr(signal: float) -> float:
    """As sRGB, so that what is in both gamuts stays as it is."""
    return signal / 12.92 if signal <= 0.04045 else float(((signal + 0.055) / 1.055) ** 2.4)


def _srgb(light: float) -> float:
    light = min(1.0, light)
    return light * 12.92 if light <= 0.0031308 else float(1.055 * light ** (1 / 2.4) - 0.055)
