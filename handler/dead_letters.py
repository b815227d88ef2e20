"""Events that failed in all their tries: kept below `.failed/`, unless every video in them is on record by now.

A video whose record has begun and has not come to an end is followed from here on: its entry may be missing, where
it could not be written. So it ends as any other, and nobody is called because of an event whose videos have GIFs.
"""

from __future__ import annotations

import hashlib
import json
import re

from handler.collect_events import DeadLetter
from handler.errors import EventError, GifOnUploadError, VideoNotFound
from handler.events import Rejected, read_event
from handler.pending import PendingEntries, entry_for
from handler.redaction import redact
from handler.settings import Settings
from handler.storage import SecondsLeft, Storage, insist
from handler.tracking import TrackingLog
from handler.video import Video

_NAME = re.compile(r"[A-Za-z0-9-]{1,128}")


class DeadLetters:
    """One per instance. Raises StorageError: then Function Compute delivers the letter again."""

    def __init__(self, settings: Settings, storage: Storage, pending: PendingEntries) -> None:
        self._settings = settings
        self._storage = storage
        self._pending = pending

    def keep(self, letter: DeadLetter, left: SecondsLeft) -> bool:
        """Whether it needed to be kept. Kept twice, it is the same object."""
        if self._is_settled(letter.requestPayload, left):
            return False
        self.note(letter, left)
        return True

    def note(self, letter: DeadLetter, left: SecondsLeft) -> None:
        """Keeps it, whatever is on record."""
        context = letter.requestContext
        is_name = _NAME.fullmatch(context.requestId)
        name = context.requestId if is_name else hashlib.sha256(context.requestId.encode()).hexdigest()
        facts: dict[str, object] = {
            "condition": context.condition,
            "reason": redact(letter.reason) or f"the event failed for good: {context.condition}",
            "request_id": context.requestId,
            "event": _readable(letter.requestPayload),
        }
        self._pending.note_failure(name, facts, left)

    def _is_settled(self, event: str, left: SecondsLeft) -> bool:
        try:
            items = read_event(event, self._settings).items
        except EventError:
            return False
        videos = [item for item in items if isinstance(item, Video)]
        return not any(isinstance(item, Rejected) for item in items) and all(
            self._is_on_record(video, left) for video in videos
        )

    def _is_on_record(self, video: Video, left: SecondsLeft) -> bool:
        try:
            if video.etag is None:
                facts = insist(lambda: self._storage.video(video.bucket, video.key), left)
                video = video._replace(etag=facts.etag, size=facts.size)
            tracking = TrackingLog(self._settings, self._storage, video)
            history = tracking.read(left)
            if not self._settings.collect:  # nobody follows it
                return history.submitted is not None
            if (last := history.last) and not history.outcome:
                entry = entry_for(video, tracking.uri, last["claim"], last["request_id"])
                self._pending.put(last["claim"], entry, left)
            return last is not None
        except VideoNotFound:
            return False
        except GifOnUploadError as error:
            if error.retryable:
                raise
            return False


def _readable(event: str) -> object:
    """As JSON where it is some, and else the text as it came."""
    try:
        return json.loads(event)
    except (ValueError, RecursionError):
        return event
