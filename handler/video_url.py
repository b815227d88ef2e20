"""The URL under which the GIF service downloads a video. No I/O."""

from __future__ import annotations

from urllib.parse import quote

from handler.settings import Settings
from handler.storage import Storage
from handler.video import Video


class VideoUrls:
    """Presigned, on the bucket's own domain where it has one; or below VIDEO_URL_BASE when that is set."""

    def __init__(self, settings: Settings, storage: Storage) -> None:
        self._settings = settings
        self._storage = storage

    def url(self, video: Video) -> str:
        """A presigned URL is a secret: whoever has it can read the video."""
        if self._settings.video_url_base:
            return f"{self._settings.video_url_base}/{quote(video.key, safe='/-_.~')}"
        return self._storage.presign(video.bucket, video.key, video.region, self._settings.video_url_expires)
