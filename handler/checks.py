"""`{"check": true}`: each thing that the function needs, tried with its own credentials. No task is made of it.

What is left behind are small objects: below TRACKING_PREFIX `.check.jsonl`, which grows by a line each time, as a
record does, and `.check.json`; and `.check.json` below GIF_PREFIX.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Annotated, Literal, TypedDict

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from handler.connections import Connections, TransportError
from handler.errors import AppendConflict, EventError, GifOnUploadError
from handler.escaping import json_line
from handler.logs import utc_now
from handler.objects import Objects
from handler.pending import PENDING
from handler.service import GifService, SecondsLeft
from handler.settings import Settings
from handler.storage import Storage
from handler.video import Video
from handler.video_url import VideoUrls

#: OSS refuses what is signed by a clock that is off by more than 15 minutes.
_CLOCK_SECONDS = 60.0
_URL_SECONDS = 10.0

OssUri = Annotated[str, StringConstraints(pattern=r"^oss://[a-z0-9-]{3,63}/.+$", max_length=1200)]


class CheckRequest(BaseModel):
    """videos: objects that are there, whose reading and whose URL are to be tried."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")

    check: Literal[True]
    videos: Annotated[list[OssUri], Field(max_length=10)] = Field(default_factory=list)


class Check(TypedDict):
    """One thing that was tried. hint: what to do where it is not ok."""

    name: str
    where: str
    ok: bool
    detail: str
    hint: str


class CheckResults(TypedDict):
    checks: list[Check]


def asks_for_checks(event: bytes) -> bool:
    """Whether it is such an event, be it well formed or not."""
    try:
        raw = json.loads(event)
    except (ValueError, RecursionError):
        return False
    return isinstance(raw, dict) and "check" in raw


class Checks:
    """One for each time. credentials are those of the invocation that is running."""

    def __init__(
        self, settings: Settings, storage: Storage, service: GifService, connections: Connections
    ) -> None:
        self._settings = settings
        self._storage = storage
        self._objects = Objects(storage)
        self._service = service
        self._connections = connections
        self._done: list[Check] = []

    def submitter(self, event: bytes, left: SecondsLeft) -> CheckResults:
        """What index.handler needs. Raises EventError."""
        request = _read(event)
        self._records()
        if self._settings.collect:
            self._writing(self._settings.tracking_bucket, self._settings.tracking_prefix)
        for uri in request.videos:
            self._video(uri)
        self._making(request, left, follows=False)
        return self._results()

    def collector(self, event: bytes, left: SecondsLeft) -> CheckResults:
        """What index.collect needs. Raises EventError."""
        request = _read(event)
        settings, bucket, prefix = self._settings, self._settings.tracking_bucket, self._settings.tracking_prefix
        self._records()
        pending = f"{prefix}{PENDING}"
        self._try("oss:ListObjects", _uri(bucket, pending), lambda: self._objects.list(bucket, pending))
        self._writing(bucket, prefix)
        gone = f"{pending}.check"  # never written, so that no run takes it for an entry
        self._try("oss:DeleteObject", _uri(bucket, gone), lambda: self._objects.delete(bucket, gone))
        self._writing(settings.gifs, settings.gif_prefix)
        for uri in request.videos:
            self._video(uri)
        self._making(request, left, follows=True)
        return self._results()

    def _results(self) -> CheckResults:
        for warning in self._settings.warnings:
            self._done.append(Check(name="settings", where="", ok=True, detail=warning, hint=""))
        return {"checks": self._done}

    def _records(self) -> None:
        """As a record is kept: read, appended to at the length that was read, and read again."""
        bucket, key = self._settings.tracking_bucket, f"{self._settings.tracking_prefix}.check.jsonl"
        where = _uri(bucket, key)
        line = json_line({"status": "checked", "at": utc_now()}).encode() + b"\n"
        length = 0

        def read() -> None:
            nonlocal length
            stored = self._objects.read(bucket, key)
            length = len(stored.content) if stored else 0
            if stored and abs(stored.read_at - time.time()) > _CLOCK_SECONDS:
                raise _Wrong(f"this instance's clock is {time.time() - stored.read_at:.0f} s ahead of OSS's")

        def append() -> None:
            # Another check has appended meanwhile: whose position is looked at has the right to append.
            with suppress(AppendConflict):
                self._storage.append(bucket, key, length, line)

        self._try("oss:GetObject", where, read)
        self._try("oss:PutObject", where, append)

    def _writing(self, bucket: str, folder: str) -> None:
        key = f"{folder}.check.json"
        content = json_line({"checked_at": utc_now()}).encode()
        self._try(
            "oss:PutObject", _uri(bucket, key), lambda: self._objects.put(bucket, key, content, "application/json")
        )
        self._try("oss:GetObject", _uri(bucket, key), lambda: self._objects.head(bucket, key))

    def _video(self, uri: str) -> None:
        video = _video_at(uri, self._settings)
        self._try("oss:GetObject", uri, lambda: self._storage.video(video.bucket, video.key))
        if self._service.downloads:
            self._try("video URL", uri, lambda: self._download(video))

    def _download(self, video: Video) -> None:
        """The first byte, as the GIF service would get it, but through this instance's network."""
        url = VideoUrls(self._settings, self._storage).url(video)
        try:
            answer = self._connections.send("GET", url, {"Range": "bytes=0-0"}, seconds=_URL_SECONDS)
        except TransportError as exc:
            raise _Wrong(f"the video's URL cannot be reached: {type(exc).__name__}") from exc
        if answer.status_code not in (200, 206):
            code = answer.content[:2000].decode("utf-8", "replace").partition("<Code>")[2].partition("<")[0]
            raise _Wrong(
                f"the video's URL is answered with {answer.status_code} {code}",
                hint="set BUCKET_DOMAINS" if code == "PublicEndpointForbidden" else "see what the code means",
            )

    def _making(self, request: CheckRequest, left: SecondsLeft, *, follows: bool) -> None:
        """What the service that makes the GIFs is needed for."""
        videos = [_video_at(uri, self._settings) for uri in request.videos]
        for each in self._service.tries(videos, left, follows=follows):
            self._try(each.name, each.where, each.call)

    def _try(self, name: str, where: str, call: Callable[[], object]) -> None:
        try:
            call()
        except GifOnUploadError as error:
            self._done.append(Check(name=name, where=where, ok=False, detail=error.message, hint=error.hint))
        except _Wrong as wrong:
            self._done.append(Check(name=name, where=where, ok=False, detail=str(wrong), hint=wrong.hint))
        else:
            self._done.append(Check(name=name, where=where, ok=True, detail="", hint=""))


class _Wrong(Exception):
    """What was tried came out wrong, though nobody refused it. Its message is for people, and holds no URL."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


def _read(event: bytes) -> CheckRequest:
    try:
        return CheckRequest.model_validate(json.loads(event))
    except (ValueError, RecursionError) as exc:
        places = exc.errors(include_url=False) if isinstance(exc, ValidationError) else []
        named = ", ".join(sorted({".".join(map(str, place["loc"])) for place in places}))
        raise EventError(
            f"a request for a check is not as it should be{f': {named}' if named else ''}",
            hint='{"check": true, "videos": ["oss://bucket/key"]}, at most ten of them',
        ) from exc


def _video_at(uri: str, settings: Settings) -> Video:
    bucket, _, key = uri.removeprefix("oss://").partition("/")
    return Video(bucket, key, settings.region)


def _uri(bucket: str, key: str) -> str:
    return f"oss://{bucket}/{key}"
