"""OSS's own processing (video/animation, by IMM) as the service that makes the GIFs.

It reads the video where it lies and stores the GIF under its final name, so that nothing is copied, and a repeat
can only make the same GIF again. Its tasks are listed nowhere, and an order has no token: so what a dead attempt
has ordered is known by its GIF alone. One task for each upload therefore means here: one is on record, and its
GIF is the one that is there. A second one is paid for when the answer to an order was lost, or its sender died
before it was on record, and the GIF was not there yet when the next attempt looked; and when another upload's
task, still at work, has put its GIF over this one's (oss_end.py).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from handler.animate import Animator
from handler.errors import AccessRefused, NotProcessed, StorageDenied, StorageError
from handler.gif_key import gif_key
from handler.objects import Objects
from handler.record import FOUND, History, OnRecord, Submitted
from handler.service import Followed, GifTask, Order, SecondsLeft, Try
from handler.settings import Settings
from handler.storage import LIMIT_SECONDS, insist
from handler.times import parsed_moment
from handler.video import Video

if TYPE_CHECKING:
    from handler.imm import ImmClient
    from handler.oss_end import GifEnds

#: By which an instance's clock, which a claim's time is of, may be ahead of OSS's.
_CLOCK_SECONDS = 60.0


def order_limit(settings: Settings) -> float:
    """Seconds that an order may take: one lease has to cover the claim, a look, the order and the record."""
    return min(LIMIT_SECONDS, settings.claim_lease_seconds * 0.3)


class OssService:
    """See handler.service.GifService. imm: makes its client, for checks.

    ends: of the collector, which follows tasks; None: nobody does.
    """

    downloads = False

    def __init__(
        self,
        settings: Settings,
        animator: Animator,
        objects: Objects,
        imm: Callable[[], ImmClient],
        ends: GifEnds | None = None,
    ) -> None:
        self._settings = settings
        self._animator = animator
        self._objects = objects
        self._imm = imm
        self._ends = ends

    def order(self, video: Video) -> Order:
        return Order(video)

    def create(self, order: Order, claim: str, left: SecondsLeft) -> GifTask:
        return self._animator.order(order.video, self._target(order.video), left)

    def find(self, order: Order, history: History, left: SecondsLeft) -> GifTask | None:
        """By the GIF, if it was made since the key has this content, and since the first of the claims."""
        video = order.video
        try:
            gif = insist(lambda: self._objects.head(*self._target(video)), left)
            source = insist(lambda: self._objects.head(video.bucket, video.key), left)
        except StorageDenied as error:
            raise AccessRefused(error.message, hint=error.hint, code="NoPermission") from error
        except StorageError as error:
            raise NotProcessed(error.message, hint=error.hint, code=error.code) from error
        if gif is None or source is None or source.etag != video.etag or "video-etag" in gif.metadata:
            return None
        claimed = min((parsed_moment(claim["at"]) for claim in history.unresolved), default=0.0)
        if gif.changed < max(source.changed, claimed - _CLOCK_SECONDS):
            return None
        return GifTask(f"{FOUND}{history.unresolved[0]['claim']}", "")

    def follow(self, video: Video, task: Submitted, left: SecondsLeft) -> Followed:
        assert self._ends is not None, "only the collector follows"
        return self._ends.follow(video, self._target(video), task["task_id"], left)

    def on_record(self, video: Video) -> OnRecord:
        return {"animation": self._animator.options}

    def tries(self, videos: Sequence[Video], left: SecondsLeft, *, follows: bool) -> list[Try]:
        # Imported when somebody asks for it.
        from handler.oss_tries import tries

        return tries(self._settings, (self._animator, self._objects, self._imm()), videos, left, follows=follows)

    def _target(self, video: Video) -> tuple[str, str]:
        return self._settings.gifs, gif_key(self._settings.gif_prefix, video.bucket, video.key)
