"""A video file, opened for reading with FFmpeg (PyAV): what it is, and its frames from any point on.

Files come from anybody. So formats that refer to other files or addresses (playlists, concatenations) are not
read. Damage inside a file costs the frames it hits, not the rest.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from harness.multimediaai.media import tracks
from harness.multimediaai.media.colors import settle
from harness.multimediaai.media.pictures import Orientation

#: FFmpeg's names of the container formats that are read; those from wav on hold no videos, and are read because
#: that can then be said better than by "unknown format"
_FORMATS = (
    "mov,mp4,matroska,webm,avi,flv,asf,mpegts,mpeg,mpegvideo,m4v,ogg,rm,dv,mxf,ivf,gif,apng,"
    "wav,mp3,aac,flac,jpeg_pipe,png_pipe"
)
#: Titles in other encodings than UTF-8 are common; releases of PyAV before 18 refuse the whole file unless told.
_TOLERANT: dict[str, Any] = {"metadata_errors": "replace"} if int(av.__version__.split(".")[0]) < 18 else {}
MAX_PIXELS = 8192 * 8192


class VideoError(Exception):
    """The file cannot be shown; the message says why, in words for whoever uploaded it."""


class Video:
    """A context manager around an open file.

    width, height: pixels as displayed: square, and turned as the file says. duration: seconds, None if unknown.
    rate: frames per second, a guess where the file does not say. Raises VideoError when there is nothing to show.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._encrypted = False
        self._container = _open(path)
        try:
            self._read_facts()
        except BaseException:
            self._container.close()
            raise

    def __enter__(self) -> Video:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._container.close()

    def frames(self, start: float = 0.0, draft: bool = False) -> Iterator[tuple[float, av.VideoFrame]]:
        """(seconds since the video's start, frame) from the last keyframe at or before `start` on.

        Times never go back. `draft`: frames that no other frame needs may be left out, which is faster.
        """
        self._decoder.skip_frame = "NONREF" if draft else "DEFAULT"
        # Formats without an index may land too late, behind the keyframe that is needed.
        for earlier in (0.0, 10.0, 60.0, math.inf):
            self._seek(start - earlier)
            frames = self._timed(start)
            first = next(frames, None)
            if start - earlier <= 0 or (first is not None and first[0] <= start + 0.5 / self.rate):
                break
        if first is not None:
            yield first
            yield from frames

    def _timed(self, start: float) -> Iterator[tuple[float, av.VideoFrame]]:
        last: float | None = None
        for frame in self._decode():
            if frame.pts is not None:
                at = float(frame.pts * self._time_base) - self._first
            else:
                at = start if last is None else last + 1 / self.rate
            last = at if last is None else max(at, last)
            yield last, frame

    def _read_facts(self) -> None:
        first = self._first_frame()
        stream = self._stream
        self._time_base = stream.time_base or Fraction(1)
        rate = float(stream.average_rate or stream.guessed_rate or 0)
        self.rate = rate if 0.01 < rate < 1000 else 25.0
        self._first = float((first.pts or 0) * self._time_base)
        duration = stream.duration * self._time_base if stream.duration else (self._container.duration or 0) / 1e6
        self.duration = float(duration) or None
        self.orientation = Orientation.of(first)
        aspect = float(stream.sample_aspect_ratio or 1)
        #: width of a stored pixel by its height
        self.pixel_aspect = aspect if 0.1 < aspect < 10 else 1.0
        wide = max(1, round(first.width * self.pixel_aspect))
        self.width, self.height = self.orientation.size(wide, first.height)

    def _first_frame(self) -> av.VideoFrame:
        """Of the first track that has one; that track is the video from here on."""
        streams = tracks.candidates(self._container)
        if not streams:
            raise VideoError(self._no_track())
        # One track is read on from where it is: rewinding is not possible in each format.
        for number in [stream.index for stream in streams]:
            self._take(number)
            if len(streams) > 1:
                self._seek(0.0)
            codec = self._stream.codec_context
            if codec.width * codec.height > MAX_PIXELS:
                raise VideoError(f"the picture is too large: {codec.width}×{codec.height} pixels")
            first = next(self._decode(), None)
            if first is not None:
                return first
        if self._encrypted:
            raise VideoError("the video is encrypted, and cannot be shown without its key")
        raise VideoError("no frame of the video can be decoded: the file is damaged or cut short")

    def _no_track(self) -> str:
        streams = self._container.streams
        pictures = [s for s in streams.video if s.codec_context is not None]
        if len(pictures) < len(streams.video):
            return "the video is in a codec that cannot be decoded"
        there = ["sound"] * bool(streams.audio) + ["a picture"] * bool(pictures)
        return f"the file has no video track, only {' and '.join(there) or 'other data'}"

    def _take(self, number: int) -> None:
        stream = self._container.streams[number]
        assert isinstance(stream, VideoStream)
        self._stream, self._decoder = stream, tracks.decoder(stream)

    def _seek(self, start: float) -> None:
        try:
            target = math.floor((self._first + start) / self._time_base) if start > 0 else 0
            self._container.seek(target, stream=self._stream)
            self._decoder.flush_buffers()
        except av.FFmpegError:  # no index: from the beginning, then
            number, skipped = self._stream.index, self._decoder.skip_frame
            self._container.close()
            self._container = _open(self._path)
            self._take(number)
            self._decoder.skip_frame = skipped

    def _decode(self) -> Iterator[av.VideoFrame]:
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets)
            except (StopIteration, av.FFmpegError):
                break
            if packet.has_sidedata("encryption_info"):  # would be decoded, to noise
                self._encrypted = True
                continue
            yield from self._frames_of(packet if packet.size else None)
        yield from self._frames_of(None)

    def _frames_of(self, packet: av.Packet[VideoStream] | None) -> Iterator[av.VideoFrame]:
        with contextlib.suppress(av.FFmpegError):  # a damaged packet; the next keyframe repairs the picture
            for frame in self._decoder.decode(packet):
                settle(frame)
                yield frame


def _open(path: Path) -> InputContainer:
    if not path.stat().st_size:
        raise VideoError("the file is empty")
    options = {"format_whitelist": _FORMATS, "protocol_whitelist": "file"}
    try:
        container: InputContainer = av.open(str(path), "r", options=options, **_TOLERANT)
    except (av.FFmpegError, UnicodeError) as exc:
        raise VideoError(_why_not(path)) from exc
    if container.format.name.endswith("_pipe"):
        container.close()
        raise VideoError("this is a still picture, no video")
    return container


def _why_not(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(12)
    if head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free"):
        return "an MP4 or MOV file that is damaged or cut short: its index (moov) cannot be read"
    return "this is not a video, or not in a format that can be read"
