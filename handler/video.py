"""One upload of one object: what everything here is about."""

from __future__ import annotations

from typing import NamedTuple

#: The most that OSS allows a key to have.
MAX_KEY_BYTES = 1023


class Video(NamedTuple):
    """One upload of one object. size is None until OSS was asked, and so is etag where the event does not say it.

    OSS is asked about what a person names, and about a symlink: where it leads is in no event.
    """

    bucket: str
    key: str
    region: str
    etag: str | None = None
    size: int | None = None

    @property
    def uri(self) -> str:
        return f"oss://{self.bucket}/{self.key}"
