"""What an object's name and content type say about its being a video. No I/O."""

from __future__ import annotations

from handler.escaping import escaped, shortened
from handler.settings import Settings

#: For an object whose content type is asked for later.
ANY_VIDEO = "video/*"

#: What Linux calls every .ts: the SDKs guess it from the name alone, so it says nothing of what is inside.
_GUESSED = ("text/vnd.trolltech.linguist", "text/vnd.qt.linguist")
#: Types that are text although they are not called so.
_TEXTS = frozenset(
    f"application/{name}"
    for name in (
        *("typescript", "x-typescript", "javascript", "x-javascript", "json", "xml"),
        *("vnd.apple.mpegurl", "x-mpegurl", "x-subrip"),
    )
)


def why_no_video(key: str, content_type: str | None, settings: Settings) -> str | None:
    """The reason why no GIF is to be paid for; None when it may be a video. content_type: None when not known."""
    if reason := _left_behind(key):
        return reason
    kind = shortened(escaped((content_type or "").partition(";")[0].strip().lower()), 100)
    if key.lower().endswith(settings.video_suffixes):
        if (kind.startswith("text/") and kind not in _GUESSED) or kind in _TEXTS:
            return f"its content type is {kind}, which is text; a video is uploaded with a type such as video/mp4"
        return None
    name = key.rsplit("/", 1)[-1]
    if settings.videos_without_suffix and name and not _has_suffix(name):
        if kind.startswith("video/"):
            return None
        return f"it has no suffix, and its content type is {kind or 'not known'}, not video/…"
    if name.lower().endswith(".ts"):
        return (
            "its suffix .ts is not in VIDEO_SUFFIXES: TypeScript sources and the segments of HLS streams have it, "
            "as well as whole transport streams"
        )
    return "its suffix is not in VIDEO_SUFFIXES"


def _has_suffix(name: str) -> bool:
    """`clip.v2` and `IMG.mov` have one; `clip`, `.clip`, `2026.03.11` and `a. b` have none."""
    stem, _, end = name.rpartition(".")
    return bool(stem) and 1 <= len(end) <= 10 and end.isascii() and end.isalnum() and not end.isdigit()


def _left_behind(key: str) -> str | None:
    """What a computer leaves beside a video, under a video's name. Only what surely is none."""
    *folders, name = key.split("/")
    if name.startswith("._") or not {"__MACOSX", ".AppleDouble"}.isdisjoint(folders):
        return "it is what macOS leaves beside a file (AppleDouble), and holds no video"
    if name.startswith("$I") and any(folder.upper() == "$RECYCLE.BIN" for folder in folders):
        return "it is a note of the Windows recycle bin, and holds no video"
    return None
