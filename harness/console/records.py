"""Tracking logs: where a video's is, and what its lines say in words. Their format: docs/record.md."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from harness.console.cloud import Cloud
from harness.console.model import LineView, RecordView
from harness.console.redact import Redactor
from harness.oss import OssError, StoredObject

_MAX_KEY_BYTES = 1023
_DEFAULT_PREFIX = "gif-tasks/"


class Records:
    def __init__(self, cloud: Cloud, redactor: Redactor) -> None:
        self._cloud, self._redactor = cloud, redactor

    def places(self) -> list[tuple[str, str]]:
        """(bucket, prefix) where the functions keep their tracking logs."""
        environments = [function.environment for function in self._cloud.fc.functions]
        places = [
            (names["TRACKING_BUCKET"], names.get("TRACKING_PREFIX") or _DEFAULT_PREFIX)
            for names in environments
            if names.get("TRACKING_BUCKET")
        ]
        return list(dict.fromkeys(places))

    def of(self, video: StoredObject) -> RecordView | None:
        """The video's tracking log, None without one."""
        for bucket, prefix in self.places():
            if record := self._read(bucket, record_key(prefix, video.bucket, video.key, video.etag)):
                return record
        return None

    def latest(self, limit: int) -> list[RecordView]:
        """The tracking logs that changed last, the latest first."""
        store = self._cloud.oss.store
        places = [(bucket, prefix) for bucket, prefix in self.places() if store.has_bucket(bucket)]
        entries = [entry for bucket, prefix in places for entry in store.list(bucket, prefix)]
        found = [
            entry for entry in entries if entry.key.endswith(".jsonl")
        ]  # beside them lie the collector's lists
        found.sort(key=lambda entry: entry.modified, reverse=True)
        records = (self._read(entry.bucket, entry.key) for entry in found[:limit])
        return [record for record in records if record]

    def _read(self, bucket: str, key: str) -> RecordView | None:
        try:
            content = self._cloud.oss.store.get(bucket, key)
        except OssError:
            return None
        lines = self._redactor.text(content.decode("utf-8", "replace")).splitlines()
        return RecordView(bucket, key, tuple(_line(raw) for raw in lines))


def _line(raw: str) -> LineView:
    try:
        line = json.loads(raw)
    except ValueError:
        line = None
    if not isinstance(line, dict):
        return LineView("unreadable", "", raw, {})
    return LineView(str(line.get("status", "")), str(line.get("at", "")), _in_words(line), line)


def _in_words(line: Mapping[str, Any]) -> str:
    status = line.get("status")
    if status == "claimed":
        forced = ", forced" if line.get("forced") else ""
        return f"by an attempt, for {_seconds(line)} at most{forced}"
    if status == "submitted":
        adopted = ", created by an earlier attempt and found again" if line.get("adopted") else ""
        unsearched = ", perhaps not the first one" if line.get("not_searched") else ""
        return f"TaskId {line.get('task_id')}{adopted}{unsearched}"
    if status == "failed":
        again = "the next delivery tries again" if line.get("retryable") else "needs somebody to act"
        return f"{_problem(line)}; {again}"
    if status == "unknown":
        return f"{_problem(line)}; the next delivery looks for the task first"
    if status == "finished":
        if not line.get("gif"):
            return f"its key holds other content by now, of eTag {line.get('superseded_by')}: no GIF is kept"
        return f"{line['gif']}, {line.get('bytes')} bytes, {line.get('task_seconds')} s after the task was made"
    if status == "task_failed":
        names = ": ".join(filter(None, (str(line.get(name) or "") for name in ("error_name", "reason"))))
        return f"{names}; it is on the list of what needs a person"
    return json.dumps(line, ensure_ascii=False)


def _seconds(line: Mapping[str, Any]) -> str:
    seconds = line.get("lease_seconds")
    return f"{seconds:g} s" if isinstance(seconds, (int, float)) else "some time"


def _problem(line: Mapping[str, Any]) -> str:
    code, message = str(line.get("code") or ""), str(line.get("message") or "")
    return message if code in message else ": ".join(filter(None, (code, message)))


def record_key(prefix: str, bucket: str, key: str, etag: str) -> str:
    """docs/record.md; a test holds it against the handler's own."""
    name = f"{prefix}{bucket}/{key}/{etag}.jsonl"
    if len(name.encode()) <= _MAX_KEY_BYTES:
        return name
    return f"{prefix}{bucket}/{hashlib.sha256(key.encode()).hexdigest()}/{etag}.jsonl"
