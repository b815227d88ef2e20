"""From a task of OSS's processing to its GIF, which is under its name already: whether it is of this upload.

A task reads what the key holds when it is its turn, and its GIF has nothing on it that tells of what content it
is. The times tell: the GIF is of this upload when the key holds its content, the task began after it was put
there, and the GIF was not made after the task's end, by another upload's. Then it is stamped with the upload's
eTag, on condition that it is still the same; from then on whatever overwrites it shows, for it has no stamp.

Two tasks of one key that end within TOLERANCE of each other cannot be told apart. So whose task was superseded
stamps what may be its own, too, in either order, and the GIF is ordered again for the upload that the key holds.

Where GetTask may not be asked, the GIF alone tells: it is taken for this upload's when it was made after the key
got its content. There, the task of an earlier upload that ends late goes unseen.
"""

from __future__ import annotations

from handler.errors import AccessRefused, RequestRejected, ServiceNotActive
from handler.imm import ImmClient, ImmTask
from handler.imm_errors import is_unknown_task
from handler.logs import log
from handler.objects import Head, Objects
from handler.record import FOUND, TaskId
from handler.service import Followed, Made, NoGif, Placed, Replaced, SecondsLeft
from handler.storage import insist
from handler.video import Video

#: Seconds by which IMM's clock and OSS's, which counts whole ones, may differ.
TOLERANCE = 2.0


class GifEnds:
    """One per instance, used by many threads."""

    def __init__(self, objects: Objects, imm: ImmClient) -> None:
        self._objects = objects
        self._imm = imm

    def follow(self, video: Video, target: tuple[str, str], task_id: TaskId, left: SecondsLeft) -> Followed:
        """As GifService.follow. target: (bucket, key) of the GIF."""
        state = self._state(task_id, left)
        if state and not state.is_over:
            return None
        if state and state.has_failed:
            return NoGif(state.code, "", state.message)
        source = insist(lambda: self._objects.head(video.bucket, video.key), left)
        gif = insist(lambda: self._objects.head(*target), left)
        if source and source.etag and source.etag != video.etag:
            self._give_up(video, target, task_id, state, gif, left)
            size, kind = (gif.size, gif.content_type) if gif else (0, "image/gif")
            return Made(Placed(False, source.etag, has_overwritten=True), size, kind)
        if gif is None:
            return NoGif("ResultMissing", "", f"oss://{'/'.join(target)} does not exist") if state else None
        if gif.metadata.get("video-etag") != video.etag:
            if not _is_of(gif, source, state):
                return Replaced(f"oss://{'/'.join(target)} is of another upload") if state else None
            if not self._stamp(video, target, task_id, gif, left):
                return None
        return Made(Placed(True), gif.size, gif.content_type)

    def _state(self, task_id: TaskId, left: SecondsLeft) -> ImmTask | None:
        """None where nobody can tell."""
        if isinstance(task_id, int):
            raise RequestRejected(
                f"task {task_id} is Multimedia AI's, and GIF_SERVICE is oss",
                hint="set GIF_SERVICE=multimediaai until what is pending has ended",
            )
        if task_id.startswith(FOUND):
            return None
        try:
            return self._imm.task(task_id, left)
        except AccessRefused as error:
            log("WARNING", "IMM may not be asked: the GIF alone is looked at", task_id=task_id, code=error.code)
        except ServiceNotActive as error:
            if not is_unknown_task(error):
                raise
            log("WARNING", "IMM does not know the task: the GIF alone is looked at", task_id=task_id)
        return None

    def _give_up(
        self,
        video: Video,
        target: tuple[str, str],
        task_id: TaskId,
        state: ImmTask | None,
        gif: Head | None,
        left: SecondsLeft,
    ) -> None:
        """What may be this task's GIF is not taken for the newer upload's."""
        if state and gif and _may_be_its(gif, state) and gif.metadata.get("video-etag") != video.etag:
            self._stamp(video, target, task_id, gif, left)

    def _stamp(self, video: Video, target: tuple[str, str], task_id: TaskId, gif: Head, left: SecondsLeft) -> bool:
        """False when it is another GIF by now."""
        metadata = {"task-id": str(task_id), "video-etag": str(video.etag), "made-at": f"{made_at(gif):.0f}"}
        return insist(lambda: self._objects.restamp(*target, gif, metadata), left)


def made_at(gif: Head) -> float:
    """Epoch seconds by OSS's clock. A stamp changes the object's own time."""
    made = gif.metadata.get("made-at", "")
    return float(made) if made.isascii() and made.isdigit() else gif.changed


def _may_be_its(gif: Head, state: ImmTask) -> bool:
    """Whether the GIF was made while the task was at work; a time that is not known excludes nothing."""
    made = made_at(gif)
    begun = state.started is None or made >= state.started - TOLERANCE
    return begun and (state.ended is None or made <= state.ended + TOLERANCE)


def _is_of(gif: Head, source: Head | None, state: ImmTask | None) -> bool:
    """Whether it is of what the key holds. source: None when that is gone."""
    if "video-etag" in gif.metadata:  # of another upload, or it cannot be told whose it is
        return False
    if source and gif.changed < source.changed:
        return False
    if state is None:
        return True
    began_later = source is None or state.started is None or state.started >= source.changed - TOLERANCE
    return began_later and _may_be_its(gif, state)
