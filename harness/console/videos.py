"""Each video with what became of it: the object, its tracking log, its task, its GIF, the invocations about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from harness.console.cloud import Cloud
from harness.console.model import InvocationView, LogLine, RecordView, TaskView, VideoView
from harness.console.records import Records
from harness.console.tasks import Tasks
from harness.oss import StoredObject


@dataclass
class _Mentions:
    """What invocations said about one video, the latest first."""

    request_ids: list[str] = field(default_factory=list)
    latest: LogLine | None = None


class Videos:
    def __init__(self, cloud: Cloud, records: Records, tasks: Tasks) -> None:
        self._cloud, self._records, self._tasks = cloud, records, tasks

    def objects(self) -> list[StoredObject]:
        """What a trigger tells a function of, except the function's own records; the latest first."""
        store, places = self._cloud.oss.store, self._records.places()
        found: dict[tuple[str, str], StoredObject] = {}
        for rule in self._cloud.oss.notifications.rules():
            if not store.has_bucket(rule.bucket):
                continue
            for entry in store.list(rule.bucket, rule.prefix):
                own = any(entry.bucket == bucket and entry.key.startswith(prefix) for bucket, prefix in places)
                if entry.key.endswith(rule.suffix) and not own:
                    found[entry.bucket, entry.key] = entry
        return sorted(found.values(), key=lambda entry: entry.modified, reverse=True)

    def views(self, objects: Iterable[StoredObject], invocations: Iterable[InvocationView]) -> list[VideoView]:
        mentions = _mentions(invocations)
        return [self._view(video, mentions.get(f"oss://{video.bucket}/{video.key}")) for video in objects]

    def _view(self, video: StoredObject, mentioned: _Mentions | None) -> VideoView:
        record = self._records.of(video)
        task = self._task(record)
        state, detail = _state(record, task, mentioned)
        return VideoView(
            video.bucket,
            video.key,
            video.size,
            video.modified,
            video.etag,
            state,
            detail,
            record,
            task,
            tuple(mentioned.request_ids) if mentioned else (),
        )

    def _task(self, record: RecordView | None) -> TaskView | None:
        submitted = [line.line for line in record.lines if line.status == "submitted"] if record else []
        return self._tasks.get(submitted[-1].get("task_id")) if submitted else None


def _mentions(invocations: Iterable[InvocationView]) -> Mapping[str, _Mentions]:
    """By URI: the log lines of the handler name the video they are about."""
    found: dict[str, _Mentions] = {}
    for invocation in invocations:
        for line in reversed(invocation.lines):
            if uri := line.fields.get("video"):
                mentioned = found.setdefault(str(uri), _Mentions())
                if line.text != "begun":  # which says nothing of how it ended
                    mentioned.latest = mentioned.latest or line
                if invocation.request_id not in mentioned.request_ids:
                    mentioned.request_ids.append(invocation.request_id)
    return found


def _state(record: RecordView | None, task: TaskView | None, mentioned: _Mentions | None) -> tuple[str, str]:
    """(state, why)"""
    if record and record.lines:
        last = record.lines[-1]
        if last.status != "submitted":
            return last.status, last.text
        return (task.status, task.error) if task else ("submitted", last.text)
    if mentioned and mentioned.latest:
        fields = mentioned.latest.fields
        if fields.get("outcome") == "skipped":
            return "skipped", str(fields.get("reason", ""))
        return "failed", str(fields.get("detail", mentioned.latest.text))
    return "none", ""
