"""What of OSS's processing and of IMM each function needs, tried without making a task."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from handler.animate import Animator
from handler.errors import GifOnUploadError, ServiceNotActive, VideoNotFound
from handler.escaping import json_line
from handler.imm import ImmClient
from handler.imm_errors import is_unknown_task
from handler.logs import utc_now
from handler.objects import Objects
from handler.service import SecondsLeft, Try
from handler.settings import Settings
from handler.video import Video

#: A key that no upload has.
_NOBODY = ".gif-on-upload-check"
_NO_TASK = "MediaConvert-00000000-0000-0000-0000-000000000000"


def tries(
    settings: Settings,
    means: tuple[Animator, Objects, ImmClient],
    videos: Sequence[Video],
    left: SecondsLeft,
    *,
    follows: bool,
) -> list[Try]:
    """As GifService.tries. Of the buckets, those of the videos are tried."""
    animator, objects, imm = means
    gif = (settings.gifs, f"{settings.gif_prefix}.check.json")
    found: list[Try] = []
    for bucket in dict.fromkeys(video.bucket for video in videos):
        found.append(_ordering(animator, bucket, gif))
        found.append(_bound(settings, imm, bucket, left))
    if not follows:
        content = json_line({"checked_at": utc_now()}).encode()
        put = lambda: objects.put(*gif, content, "application/json")  # noqa: E731
        found.append(Try("oss:PutObject", f"oss://{'/'.join(gif)}", put))
        found.append(Try("oss:GetObject", f"oss://{'/'.join(gif)}", lambda: objects.head(*gif)))
    else:
        found.append(Try("imm:GetTask", settings.imm_address, _unless_no_task(lambda: imm.task(_NO_TASK, left))))
    return found


def _ordering(animator: Animator, bucket: str, gif: tuple[str, str]) -> Try:
    """Who is told that the object is not there may order."""

    def ask() -> None:
        try:
            animator.is_permitted(bucket, _NOBODY, gif)
        except VideoNotFound:
            return

    return Try("oss:PostProcessTask", f"oss://{bucket}/{_NOBODY}", ask)


def _bound(settings: Settings, imm: ImmClient, bucket: str, left: SecondsLeft) -> Try:
    def ask() -> None:
        project = imm.attachment(bucket, left)
        if project != settings.imm_project:
            raise ServiceNotActive(
                f"oss://{bucket} is bound to IMM's project {project}, and IMM_PROJECT is {settings.imm_project}",
                hint="correct IMM_PROJECT, and the role's policy with it",
            )

    return Try("imm:GetOSSBucketAttachment", f"oss://{bucket}", ask)


def _unless_no_task(call: Callable[[], object]) -> Callable[[], object]:
    def ask() -> None:
        try:
            call()
        except GifOnUploadError as error:
            if not is_unknown_task(error):
                raise

    return ask
