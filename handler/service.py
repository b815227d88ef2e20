"""What makes the GIFs, as everything else here sees it: three calls, and what they give.

`create` has a task made of a video, `find` looks for the task that a dead attempt may have made, `follow` leads
from a task to its GIF. Which service it is, main.py decides.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from handler.record import History, OnRecord, Submitted, TaskId
from handler.video import Video

#: What a role may not do, by the words of Alibaba Cloud's APIs.
NOT_PERMITTED = frozenset({"NoPermission", "Forbidden.RAM"})
#: How long it is worth trying: seconds.
SecondsLeft = Callable[[], float]


class GifTask(NamedTuple):
    """A task that exists. request_id: of the request that made it, "" when that is not known."""

    task_id: TaskId
    request_id: str


class Order(NamedTuple):
    """A video, ready to be made a GIF of. at: what its claim says of where the service finds it; "" for nothing.

    url: of the video where the service downloads it. It is a secret.
    """

    video: Video
    at: str = ""
    url: str = ""


class Placed(NamedTuple):
    """is_stored: as the GIF of what the key holds. current: the eTag that it holds, where that is another one.

    has_overwritten: it may lie over the GIF of another upload.
    """

    is_stored: bool
    current: str = ""
    has_overwritten: bool = False


class Made(NamedTuple):
    """The task has succeeded, and its GIF was stored, or not: `placed`. size: bytes."""

    placed: Placed
    size: int
    content_type: str


class NoGif(NamedTuple):
    """The task has failed, or what came of it is of no use, in the service's words."""

    error_code: str
    error_name: str
    reason: str


class Replaced(NamedTuple):
    """The task has ended, and what is under the GIF's name is of another upload: a new task is needed."""

    reason: str


#: What a task has come to; None: it has not ended.
Followed = Made | NoGif | Replaced | None


class Try(NamedTuple):
    """One permission that is to be tried. call: raises GifOnUploadError where it is missing."""

    name: str
    where: str
    call: Callable[[], object]


class GifService(Protocol):
    """One per instance, used by many threads. downloads: whether it gets the video from a URL."""

    downloads: bool

    def order(self, video: Video) -> Order:
        """No I/O."""
        ...

    def create(self, order: Order, claim: str, left: SecondsLeft) -> GifTask:
        """left: the lease, which must last longer than the request may take.

        Raises GifOnUploadError; OutcomeUnknown when there may be a task.
        """
        ...

    def find(self, order: Order, history: History, left: SecondsLeft) -> GifTask | None:
        """The task of one of history's unresolved claims, none of which can make one any more.

        None: there is none. Raises a GifTaskError when that cannot be told, LeaseTooShort when too little time is
        left to submit.
        """
        ...

    def follow(self, video: Video, task: Submitted, left: SecondsLeft) -> Followed:
        """What the task has come to; its GIF is stored under its name then. Only of the collector's.

        Raises GifTaskError, ResultNotFetched, StorageError.
        """
        ...

    def on_record(self, video: Video) -> OnRecord:
        """What a line `submitted` says besides, of this service alone."""
        ...

    def tries(self, videos: Sequence[Video], left: SecondsLeft, *, follows: bool) -> list[Try]:
        """What this function needs the service for. videos: objects that are there. follows: of the collector."""
        ...
