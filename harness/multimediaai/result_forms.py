"""What ProcessResultUrl leads to, in forms to choose from.

Every form but "image" is invented: no page says what the real service puts there. They are for trying out what
reads it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

#: by their names: the URL of the GIF → (the suffix of the file that leads to it, its content)
_TEXTS: dict[str, Callable[[str], tuple[str, str]]] = {
    "json": lambda url: ("json", json.dumps({"Results": [{"Url": url}]})),
    "text": lambda url: ("txt", f"{url}\n{url}\n"),
    "html": lambda url: ("html", "<!DOCTYPE html><title>404</title><p>There is no GIF here.</p>"),
}
HUGE_BYTES = 50 * 1024 * 1024
#: image: the GIF itself. json, text: a file with its URL. html: a page without one. none: the task succeeds
#: without a ProcessResultUrl. huge: a GIF followed by zeros, of HUGE_BYTES. expired: the GIF itself; the URL in
#: the first answer of GetTaskResult has expired, and the next answer has a good one.
RESULT_FORMS = ("image", *_TEXTS, "none", "huge", "expired")


def publish_as(form: str, name: str, gif: Path, publish: Callable[[str, Path], str]) -> str:
    """The ProcessResultUrl of `gif` in one of RESULT_FORMS; raises ValueError for another.

    name: without suffix. publish: takes a name and a file, gives the URL.
    """
    if form not in RESULT_FORMS:
        raise ValueError(f"{form!r} is not a form of results; there are {', '.join(RESULT_FORMS)}")
    if form == "none":
        return ""
    if form == "huge":
        with gif.open("r+b") as file:
            file.truncate(HUGE_BYTES)
    folder = gif.parent
    url = publish(f"{name}.gif", gif)
    if form not in _TEXTS:
        return url
    suffix, text = _TEXTS[form](url)
    written = folder / f"result.{suffix}"
    written.write_text(text, encoding="utf-8")
    return publish(f"{name}.{suffix}", written)
