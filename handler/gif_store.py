"""Where the GIFs go: one name for each key, `<GIF_PREFIX><bucket>/<key>.gif`, with the GIF of what the key holds.

OSS has no conditional overwrite. So the first GIF of a key is put on condition that there is none, which needs no
other request; where one is there, the video's own eTag decides who may overwrite it, and is asked for once more
afterwards: who overwrote what another had stored meanwhile says so, and the other one is looked at again.
"""

from __future__ import annotations

from enum import Enum

from handler.gif_key import gif_key
from handler.objects import Head, Objects
from handler.record import TaskId
from handler.result import Result
from handler.service import Placed
from handler.settings import Settings
from handler.storage import SecondsLeft, insist
from handler.video import Video


class Fit(Enum):
    """How the GIF under a video's name and the video that is under the key now go together."""

    OURS = "the GIF is of this upload"
    MISSING = "it is to be stored"
    SUPERSEDED = "the key holds another upload by now"


class GifStore:
    """One per instance, used by many threads. Raises StorageError."""

    def __init__(self, settings: Settings, objects: Objects) -> None:
        self._bucket, self._prefix = settings.gifs, settings.gif_prefix
        self._objects = objects

    def uri(self, video: Video) -> str:
        return f"oss://{self._bucket}/{self._key(video)}"

    def _key(self, video: Video) -> str:
        return gif_key(self._prefix, video.bucket, video.key)

    def look(self, video: Video, left: SecondsLeft) -> tuple[Fit, str]:
        """How it is now, and the eTag that the key holds, "" where there is nothing any more."""
        current = self._current(video, left)
        if current and current != video.etag:
            return Fit.SUPERSEDED, current
        gif = self._head(self._bucket, self._key(video), left)
        return (Fit.OURS if gif and _is_of(gif, video) else Fit.MISSING), current

    def place(self, video: Video, task_id: TaskId, result: Result, left: SecondsLeft) -> Placed:
        """Stores the GIF, and beside it the text that led to it, unless the key holds another upload by now."""
        version = self._put(video, task_id, result, left, overwrite=False)
        if version != "":  # there is a GIF already, or may have been one: a bucket with versions overwrites
            if version is None:
                fit, current = self.look(video, left)
                if fit is Fit.SUPERSEDED:
                    return Placed(False, current)
                self._put(video, task_id, result, left, overwrite=True)
            current = self._current(video, left)
            if current and current != video.etag:
                return Placed(False, current, has_overwritten=True)
        if result.text is not None:
            text, key = result.text, f"{self._key(video)}.txt"
            kind = "application/octet-stream"
            insist(lambda: self._objects.put(self._bucket, key, text, kind), left)
        return Placed(True)

    def _put(
        self, video: Video, task_id: TaskId, result: Result, left: SecondsLeft, *, overwrite: bool
    ) -> str | None:
        metadata = {"task-id": str(task_id), "video-etag": str(video.etag)}
        return insist(
            lambda: self._objects.put(
                self._bucket,
                self._key(video),
                result.file,
                result.content_type,
                metadata=metadata,
                overwrite=overwrite,
            ),
            left,
        )

    def _current(self, video: Video, left: SecondsLeft) -> str:
        head = self._head(video.bucket, video.key, left)
        return head.etag if head else ""

    def _head(self, bucket: str, key: str, left: SecondsLeft) -> Head | None:
        return insist(lambda: self._objects.head(bucket, key), left)


def _is_of(gif: Head, video: Video) -> bool:
    return gif.metadata.get("video-etag") == video.etag
