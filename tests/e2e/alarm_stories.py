"""What happens to uploads, and the lines that the two functions write about it; each story by its name."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import alibabacloud_oss_v2 as oss

from handler.errors import GifOnUploadError
from handler.logs import utc_now
from harness.cloud import LocalCloud
from harness.journal import Entry
from harness.multimediaai.tasks import TaskStatus
from tests.clock import Clock
from tests.e2e.alarming import Line

from .collecting import GIF, collector_for, dead, fail, put, set_age, succeed, url_of
from .handling import Handler, handler_for
from .uploads import RECORDS, event_for, owner_client

HOUR = 3600.0
CALLBACKS = {"COLLECT_URL": "https://collect.example.com/", "COLLECT_SECRET": "sixteen-letters-or-more"}
#: A story of the submitting function, and the faults that make it.
SUBMITTING: dict[str, list[str]] = {
    "submitted": [],
    "refused": ["multimediaai:CreateGifTask:error=401/ServiceNotOpened"],
    "in doubt": ["multimediaai:CreateGifTask:reset_after:times=1"],
    "not on record yet": ["oss:AppendObject:error=403/AccessDenied:nth=2"],
}
#: A story of the collector, in which a task has been made, and how long ago.
COLLECTING: dict[str, float] = {
    "finished": 0.01,
    "young": 0.9,
    "late": 1.1,
    "task failed": 0.01,
    "given up": 24.1,
}
#: How the task ends whose end the service tells.
CALLED_BACK: dict[str, Callable[..., object]] = {"called back": succeed, "called back to a failure": fail}
LETTERS = ("letter of what is on record", "dead letter")


class Stories:
    """Tells them in a cloud of its own, one after another."""

    def __init__(self, cloud: LocalCloud, clock: Clock) -> None:
        self._cloud, self._clock = cloud, clock

    def tell(self) -> Iterator[tuple[str, list[Line]]]:
        for name, faults in SUBMITTING.items():
            yield name, self._submitting(name, faults)
        yield "orphaned", self._orphaned()
        self._clear()
        yield "idle", _lines(collector_for(self._cloud))
        for name, hours in COLLECTING.items():
            yield name, self._collecting(name, hours)
            self._clear()
        yield "paused", self._paused()
        self._clear()
        for name, ends in CALLED_BACK.items():
            yield name, self._called_back(name, ends)
            self._clear()
        yield from zip(LETTERS, self._letters(), strict=True)

    def _handler(self, **environ: str) -> Handler:
        return handler_for(self._cloud, self._clock, self._cloud.url, 120, **environ)

    def _clear(self) -> None:
        """No story has a pending entry, or a task, of another one."""
        self._cloud.faults.clear()
        for entry in self._cloud.oss.store.list(RECORDS, "gif-tasks/."):
            owner_client(self._cloud).delete_object(oss.DeleteObjectRequest(bucket=RECORDS, key=entry.key))
        for task in self._cloud.multimediaai.tasks.list():
            if task.status is TaskStatus.WAITING:
                self._cloud.multimediaai.tasks.take(lambda: False)

    def _upload(self, name: str, **environ: str) -> None:
        etag = put(self._cloud, f"{name}.mp4", b"film")
        self._handler(**environ)(event_for(f"{name}.mp4", etag, 4))

    def _submitting(self, name: str, faults: list[str]) -> list[Line]:
        self._cloud.faults.clear()
        for fault in faults:
            self._cloud.faults.add(fault)
        return _lines(self._handler(), event_for(f"{name}.mp4"))

    def _orphaned(self) -> list[Line]:
        """While a task is being made, another attempt puts a task of its own on record."""
        overtaken: list[str] = []

        def overtake(entry: Entry) -> None:
            if entry.kind == "task" and not overtaken:
                (record,) = [each for each in self._cloud.oss.store.list(RECORDS) if "/orphaned.mp4/" in each.key]
                overtaken.append(record.key)
                self._append(record.key, {"status": "claimed", "lease_seconds": 45})
                self._append(record.key, {"status": "submitted", "task_id": 1})

        self._cloud.faults.clear()
        unlisten = self._cloud.journal.listen(overtake)
        try:
            return _lines(self._handler(), event_for("orphaned.mp4"))
        finally:
            unlisten()

    def _append(self, key: str, line: Line) -> None:
        text = json.dumps({"at": utc_now(), "claim": "another", **line}) + "\n"
        length = len(self._cloud.oss.store.get(RECORDS, key))
        request = oss.AppendObjectRequest(bucket=RECORDS, key=key, position=length, body=text.encode())
        owner_client(self._cloud).append_object(request)

    def _collecting(self, name: str, hours: float) -> list[Line]:
        self._upload(name)
        set_age(self._cloud, self._clock, hours * HOUR)
        if name == "finished":
            succeed(self._cloud, url_of(self._cloud, "result.gif", GIF))
        if name == "task failed":
            fail(self._cloud, error_code="1000", error_reason="no video")
        return _lines(collector_for(self._cloud))

    def _paused(self) -> list[Line]:
        self._upload("paused", PAUSED="true")
        set_age(self._cloud, self._clock, 2 * HOUR)
        return _lines(collector_for(self._cloud, None, PAUSED="true"))

    def _called_back(self, name: str, ends: Callable[..., object]) -> list[Line]:
        self._upload(name, **CALLBACKS)
        task = max(self._cloud.multimediaai.tasks.list(), key=lambda task: task.task_id)
        query = dict(parse_qsl(urlsplit(task.callback_url).query))
        ends(self._cloud, *([url_of(self._cloud, "result.gif", GIF)] if ends is succeed else []))
        event = {"version": "v1", "rawPath": "/", "queryParameters": query, "body": "", "isBase64Encoded": False}
        return _lines(collector_for(self._cloud, None, **CALLBACKS), event)

    def _letters(self) -> Iterator[list[Line]]:
        self._upload("known")
        etag = put(self._cloud, "known.mp4", b"film")
        collect = collector_for(self._cloud)
        yield _lines(collect, dead(event_for("known.mp4", etag, 4)))
        yield _lines(collect, dead(event_for("lost.mp4")))


def _lines(function: Callable[..., Any], *event: Any) -> list[Line]:
    """What the function prints about an event, whether or not it fails."""
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.suppress(GifOnUploadError):
        function(*event)
    return [json.loads(line) for line in out.getvalue().splitlines()]
