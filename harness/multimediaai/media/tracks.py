"""Which of a file's video tracks is the video."""

from __future__ import annotations

from collections import Counter

import av
from av.codec.context import ThreadType
from av.container import InputContainer
from av.stream import Disposition
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

#: how many packets are looked at to tell a still picture from a video
_PACKETS = 500
_STILLS = Disposition.attached_pic | Disposition.timed_thumbnails | Disposition.still_image
#: FFmpeg's own decoder of these leaves the transparency out
_WITH_ALPHA = {"vp8": "libvpx", "vp9": "libvpx-vp9"}


def candidates(container: InputContainer) -> list[VideoStream]:
    """The video tracks that can be decoded, the likeliest first: what moves, then what the file calls its default.

    Reads on in the container when there are several.
    """
    streams = [s for s in container.streams.video if not s.disposition & _STILLS]
    streams = [s for s in streams if s.codec_context is not None]  # None, which the types don't say: no decoder
    if len(streams) < 2:
        return streams
    packets = _packets(container, streams)
    return sorted(streams, key=lambda s: (packets[s.index] < 2, not s.disposition & Disposition.default))


def _packets(container: InputContainer, streams: list[VideoStream]) -> Counter[int]:
    """How many each track has, up to where two of each were seen."""
    seen: Counter[int] = Counter()
    try:
        for packet, _ in zip(container.demux(streams), range(_PACKETS), strict=False):
            seen[packet.stream_index] += bool(packet.size)
            if min(seen[s.index] for s in streams) > 1:
                break
    except av.FFmpegError:  # damaged from here on
        pass
    return seen


def decoder(stream: VideoStream) -> VideoCodecContext:
    """The stream's own, or the one that sees its transparency."""
    own = stream.codec_context
    name = _WITH_ALPHA.get(own.name)
    if name is not None and stream.metadata.get("alpha_mode") == "1":
        with_alpha = av.CodecContext.create(name, "r")
        assert isinstance(with_alpha, VideoCodecContext)
        with_alpha.extradata = own.extradata
        own = with_alpha
    own.thread_type, own.thread_count = ThreadType.AUTO, 4
    return own
