"""GIF_ANIMATION: what the GIFs are to be, in words, and as OSS's video/animation has it.

Source: OSS's page on converting videos to animated images (2026-09-22), for the names and their ranges.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable

#: Three seconds from the beginning, in a size for pages and chats; what is smaller is enlarged to it.
DEFAULT = "frames=30,interval=100,width=480,height=480,scale=fit"
SCALES = ("crop", "stretch", "fill", "fit")
_MOST = (1 << 31) - 1


def read_animation(text: str) -> str:
    """OSS's options, `f_gif,num_30,…`; of "", those of DEFAULT. Raises ValueError, which says what is right."""
    options = {"f": "gif"}
    for part in (text or DEFAULT).split(","):
        name, equals, value = (piece.strip() for piece in part.partition("="))
        if not equals or name not in _NAMES:
            known = ", ".join(_NAMES)
            raise ValueError(
                f"must be a list such as {DEFAULT}, of {known}, and {part.strip()[:60]!r} is none of it"
            )
        key, read = _NAMES[name]
        if key in options:
            raise ValueError(f"has {name} twice")
        options[key] = read(name, value)
    return ",".join(f"{key}_{value}" for key, value in options.items())


def _whole(least: int, most: int = _MOST) -> Callable[[str, str], str]:
    def read(name: str, value: str) -> str:
        if not re.fullmatch("[0-9]{1,10}", value) or not least <= int(value) <= most:
            limits = f"of at least {least}" if most == _MOST else f"from {least} to {most}"
            raise ValueError(f"{name} must be a whole number {limits}, and is {value[:60]!r}")
        return str(int(value))

    return read


def _rate(name: str, value: str) -> str:
    number = float(value) if re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,3})?", value) else math.nan
    if not 0 < number <= 240:
        raise ValueError(f"{name} must be a number of frames a second, at most 240, and is {value[:60]!r}")
    return f"{number:g}"


def _scale(name: str, value: str) -> str:
    if value not in SCALES:
        raise ValueError(f"{name} must be one of {', '.join(SCALES)}, and is {value[:60]!r}")
    return value


#: name → OSS's name for it, and what reads its value. start, interval: milliseconds.
_NAMES: dict[str, tuple[str, Callable[[str, str], str]]] = {
    "start": ("ss", _whole(0)),
    "frames": ("num", _whole(1)),
    "interval": ("inter", _whole(1)),
    "rate": ("fps", _rate),
    "width": ("w", _whole(32, 4096)),
    "height": ("h", _whole(32, 4096)),
    "scale": ("scaletype", _scale),
}
