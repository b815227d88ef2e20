"""The list of what is under way: one small object for each attempt, until its record has come to an end.

`<TRACKING_PREFIX>.pending/<claim>.json` is written by the attempt whose claim it is and by nobody else, and
removed by the collector; so no writer and no remover ever meet. `.failed/` beside it lists what needs a person.
"""

from __future__ import annotations

import hashlib
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, ValidationError

from handler.errors import EntryUnreadable, GifOnUploadError
from handler.escaping import json_line
from handler.logs import utc_now
from handler.objects import Listed, Objects
from handler.record import FINISHED, History
from handler.settings import Settings
from handler.storage import SecondsLeft, insist
from handler.video import Video
from handler.wire import Limit

PENDING, FAILED = ".pending/", ".failed/"
#: How the names of those entries begin that wait until a task may be made again.
DEFERRED = "deferred-"
#: For which writing an entry is tried again.
_INSIST_SECONDS = 5.0
_JSON = "application/json"


class Entry(BaseModel):
    """What is to be followed. record, video: oss:// URIs. claim: of the attempt.

    look: the record has ended, and only the GIF under the video's name is to be looked at again.
    deferred: it waits until a task may be made; nobody has claimed it yet.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    record: str
    video: str
    etag: str
    size: int | None = None
    region: str
    request_id: str
    claim: str
    at: str
    look: Literal[True] | None = None
    deferred: Literal[True] | None = None

    @property
    def upload(self) -> Video:
        bucket, _, key = self.video.removeprefix("oss://").partition("/")
        return Video(bucket, key, self.region, self.etag, self.size)


class Found(NamedTuple):
    """An entry as it is in OSS. age: seconds since it was written, by OSS's clock."""

    name: str
    entry: Entry
    age: float


def is_deferred(key: str) -> bool:
    """By its name: while nothing may be submitted, nobody has to read it."""
    return key.rpartition("/")[2].startswith(DEFERRED)


def name_of(record: str) -> str:
    """Of the entry of an upload that was deferred, by its record's URI: without DEFERRED since it is followed."""
    return hashlib.sha256(record.encode()).hexdigest()[:32]


def entry_for(video: Video, record: str, claim: str, request_id: str, *, look: bool = False) -> Entry:
    return Entry(
        record=record,
        video=video.uri,
        etag=str(video.etag),
        size=video.size,
        region=video.region,
        request_id=request_id,
        claim=claim,
        at=utc_now(),
        look=True if look else None,
    )


class PendingEntries:
    """One per instance, used by many threads. Methods raise StorageError unless they say otherwise."""

    def __init__(self, settings: Settings, objects: Objects) -> None:
        self._bucket = settings.tracking_bucket
        self._objects = objects
        self.pending, self.failed = (f"{settings.tracking_prefix}{folder}" for folder in (PENDING, FAILED))

    @contextmanager
    def beside(self, entry: Entry) -> Iterator[list[GifOnUploadError]]:
        """Writes the entry while the body runs, and is done before it ends. In the list: why it failed."""
        failures: list[GifOnUploadError] = []

        def write() -> None:
            try:
                self.put(entry.claim, entry, Limit(_INSIST_SECONDS).left)
            except GifOnUploadError as error:
                failures.append(error)

        writer = threading.Thread(target=write, name="pending")
        writer.start()
        try:
            yield failures
        finally:
            writer.join()

    def owe(self, video: Video, record: str, history: History, request_id: str, left: SecondsLeft) -> None:
        """What is still to be written for a video whose task is on record."""
        task, outcome = history.submitted, history.outcome
        if task and not outcome and task.get("followed") is False:
            self.put(task["claim"], entry_for(video, record, task["claim"], request_id), left)
        if outcome and outcome["status"] == FINISHED:
            # The key may have held other content meanwhile, whose GIF is under its name now.
            self.look_again(video, record, outcome["claim"], request_id, left)

    def put(self, name: str, entry: Entry, left: SecondsLeft) -> None:
        content = json_line(entry.model_dump(exclude_none=True)).encode()
        insist(lambda: self._objects.put(self._bucket, f"{self.pending}{name}.json", content, _JSON), left)

    def defer(self, video: Video, record: str, request_id: str, left: SecondsLeft) -> None:
        """An upload that is to be submitted later. One entry for each, however often it is delivered meanwhile."""
        entry = entry_for(video, record, "", request_id).model_copy(update={"deferred": True})
        self.put(f"{DEFERRED}{name_of(record)}", entry, left)

    def no_longer_deferred(self, found: Found, left: SecondsLeft) -> None:
        """It is on the list under another name, which is there before the first one goes."""
        name = found.name.rpartition("/")[2].removeprefix(DEFERRED).removesuffix(".json")
        self.put(name, found.entry.model_copy(update={"deferred": None}), left)
        self.remove(found.name, left)

    def look_again(self, video: Video, record: str, claim: str, request_id: str, left: SecondsLeft) -> None:
        """Asks for another look at the GIF of a video whose record has ended, under a name of its own."""
        self.put(uuid.uuid4().hex, entry_for(video, record, claim, request_id, look=True), left)

    def list(self, left: SecondsLeft) -> Iterator[Listed]:
        """Every entry, as its key and age; a request for each thousand."""
        token = ""
        while True:
            page = insist(lambda after=token: self._objects.list(self._bucket, self.pending, after), left)  # type: ignore[misc]
            yield from page.objects
            if not (token := page.next_token):
                return

    def read(self, key: str, left: SecondsLeft) -> Found | None:
        """The entry; None when it is gone. Raises EntryUnreadable too."""
        stored = insist(lambda: self._objects.read(self._bucket, key), left)
        if stored is None:
            return None
        try:
            return Found(key, Entry.model_validate_json(stored.content), stored.age)
        except ValidationError as exc:
            raise EntryUnreadable(
                f"oss://{self._bucket}/{key}: it is not a pending entry", hint="see what wrote it there"
            ) from exc

    def key_of(self, claim: str) -> str:
        return f"{self.pending}{claim}.json"

    def remove(self, key: str, left: SecondsLeft) -> None:
        insist(lambda: self._objects.delete(self._bucket, key), left)

    def fail(self, key: str, name: str, facts: dict[str, object], why: tuple[str, str], left: SecondsLeft) -> None:
        """Moves an entry to what needs a person: there first, so that it is always on one of the lists.

        why: a short code, and a sentence.
        """
        code, reason = why
        self.note_failure(name, {**facts, "code": code, "reason": reason}, left)
        self.remove(key, left)

    def note_failure(self, name: str, facts: dict[str, object], left: SecondsLeft) -> None:
        content = json_line({**facts, "failed_at": utc_now()}).encode()
        insist(lambda: self._objects.put(self._bucket, f"{self.failed}{name}.json", content, _JSON), left)
