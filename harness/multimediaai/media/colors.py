"""The colour tags of a frame, made into what FFmpeg's scaler knows.

A tag that the scaler does not know fails the conversion as a whole, though the picture beneath is nearly always
that of a close relative. Numbers are those of ITU-T H.273, tables 2 (primaries), 3 (transfer) and 4 (matrix).
"""

from __future__ import annotations

import av

from harness.multimediaai.media.tone import BT2020, HLG, P3, PQ, cube

_UNSPECIFIED, _BT709, _BT2020 = 2, 1, 9
_KNOWN_PRIMARIES = frozenset({1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 22})
#: without the logarithmic ones (9 and 10), which have no white of their own
_KNOWN_TRANSFERS = frozenset({1, 2, 4, 5, 6, 7, 8, 11, 12, 13, 14, 15, 16, 17, 18})
_KNOWN_MATRICES = frozenset({0, 1, 2, 4, 5, 6, 7, 9})
#: BT.2020 with constant luminance, ST 2085, ICtCp and IPT-C2 come with BT.2020's primaries
_LIKE_BT2020 = frozenset({10, 11, 14, 15})
#: lines from which on a picture without a note is BT.709 by convention; FFmpeg takes BT.601 and tints it
_HD = 720


def settle(frame: av.VideoFrame) -> None:
    """Replaces the tags that the scaler would refuse, or guess wrongly, by the nearest that it knows."""
    matrix = int(frame.colorspace)
    if int(frame.color_primaries) not in _KNOWN_PRIMARIES:
        frame.color_primaries = _UNSPECIFIED
    if int(frame.color_trc) not in _KNOWN_TRANSFERS:
        frame.color_trc = _UNSPECIFIED
    if matrix in _LIKE_BT2020:
        frame.colorspace = _BT2020
    elif matrix not in _KNOWN_MATRICES:  # 12 and 13 say "as the primaries"
        frame.colorspace = _BT2020 if int(frame.color_primaries) == _BT2020 else _BT709
    elif matrix == _UNSPECIFIED and frame.height >= _HD:
        frame.colorspace = _BT709


def screen_table(frame: av.VideoFrame) -> str:
    """The .cube table that brings the frame's R'G'B' to an ordinary screen; "" where it is made for one."""
    transfer, primaries = int(frame.color_trc), int(frame.color_primaries)
    return cube(transfer, primaries) if transfer in (PQ, HLG) or primaries in (BT2020, P3) else ""
