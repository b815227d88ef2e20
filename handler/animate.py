"""The order for a GIF: one signed POST to OSS, x-oss-async-process=video/animation,…|sys/saveas,…

Source: OSS's pages on converting videos to animated images and on sys/saveas. A name of the target may hold
variables there, in braces; nothing says how a brace is written that is none, so such a key is refused here.
"""

from __future__ import annotations

import base64
import json
import re

import alibabacloud_oss_v2 as oss

from handler.animation import read_animation
from handler.connections import NeverSent, NotSent, TransportError
from handler.errors import (
    CredentialsError,
    GifOnUploadError,
    NotProcessed,
    OutcomeUnknown,
    RequestRejected,
    VideoUnusable,
)
from handler.imm_errors import UNKNOWN, error_for
from handler.oss_http import OssAnswer
from handler.repeat import check_lease, repeat
from handler.service import GifTask, SecondsLeft
from handler.settings import Settings
from handler.storage import Storage
from handler.storage_errors import is_its_own, service_error
from handler.video import Video

BACKOFF_SECONDS, MAX_BACKOFF_SECONDS = 0.2, 5.0
_FIELD = "x-oss-async-process"
_WHAT = "AsyncProcessObject"
_BRACES = re.compile(r"[{}]")


class Animator:
    """One per instance, used by many threads. storage: one whose requests end within time_limit, in seconds."""

    def __init__(self, settings: Settings, storage: Storage, time_limit: float) -> None:
        self.options = read_animation(settings.gif_animation)
        self._storage = storage
        self._time_limit = time_limit

    def order(self, video: Video, target: tuple[str, str], left: SecondsLeft) -> GifTask:
        """Has the GIF of what the key holds made as `target`, (bucket, key). left: the lease.

        Raises VideoUnusable, VideoNotFound, LeaseTooShort, GifTaskError; OutcomeUnknown when nobody knows what
        became of it.
        """
        if _BRACES.search(target[1]):
            raise VideoUnusable(
                f"{video.uri}: its name has braces, which are variables in what OSS is told of the GIF's name",
                hint="upload it under a name without { and }",
                code="NameHasBraces",
            )

        def send() -> GifTask:
            check_lease(left, self._time_limit)
            return self._send(video, target)

        return repeat(send, left, self._time_limit, (BACKOFF_SECONDS, MAX_BACKOFF_SECONDS))

    def is_permitted(self, bucket: str, key: str, target: tuple[str, str]) -> None:
        """Orders the GIF of a key that is not there, of which no task can be made. Raises as `order`."""
        self._send(Video(bucket, key, ""), target)

    def _send(self, video: Video, target: tuple[str, str]) -> GifTask:
        what = f"{_WHAT} {video.uri}"
        bucket, key = map(_encoded, target)
        body = f"{_FIELD}=video/animation,{self.options}|sys/saveas,o_{key},b_{bucket}".encode()
        try:
            answer = self._storage.call(_WHAT, "POST", video.bucket, video.key, parameters={_FIELD: ""}, body=body)
        except oss.exceptions.BaseError as exc:
            raise _refusal(exc, what) from exc
        return _read(answer, what)


def _encoded(name: str) -> str:
    return base64.urlsafe_b64encode(name.encode()).rstrip(b"=").decode()


def _read(answer: OssAnswer, what: str) -> GifTask:
    try:
        fields = json.loads(answer.http_response.content)
    except (ValueError, RecursionError):
        fields = None
    task_id = fields.get("TaskId") if isinstance(fields, dict) else None
    own = "x-oss-request-id" in answer.headers
    if answer.status_code != 200 or not own or not isinstance(task_id, str) or not task_id:
        raise OutcomeUnknown(
            f"{what}: {answer.status_code}: the answer has no TaskId", hint=UNKNOWN, http_status=answer.status_code
        )
    return GifTask(task_id, str(fields.get("RequestId") or answer.headers["x-oss-request-id"]))


def _refusal(exc: Exception, what: str) -> GifOnUploadError:
    if facts := service_error(exc):
        code = str(facts.get("code") or "") if is_its_own(facts) else ""
        status, message = int(str(facts.get("status_code") or 0)), str(facts.get("message") or "")
        return error_for(code, status, message if code else "", str(facts.get("request_id") or ""), what)
    cause = exc.unwrap() if hasattr(exc, "unwrap") else exc
    if isinstance(cause, GifOnUploadError):
        return cause
    if isinstance(cause, oss.exceptions.CredentialsBaseError):
        return CredentialsError(f"{what}: the SDK found no credentials")
    if isinstance(cause, NotSent):
        return NotProcessed(
            f"{what}: OSS could not be reached", hint="check OSS_ENDPOINT and the function's network"
        )
    if isinstance(cause, NeverSent):
        return RequestRejected(f"{what}: nothing was sent: {cause}", hint="check OSS_ENDPOINT: its certificate")
    if isinstance(cause, TransportError):
        return OutcomeUnknown(f"{what}: {cause}", hint=UNKNOWN)
    return OutcomeUnknown(f"{what}: the answer is not one that OSS itself writes", hint=UNKNOWN)
