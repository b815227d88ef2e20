"""What needs a person: the collector's list below `.failed/` of the records. Its form: handler/pending.py's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from harness.console.cloud import Cloud
from harness.console.model import FailureView
from harness.console.records import Records
from harness.console.redact import Redactor
from harness.oss import OssError, StoredObject

_FOLDER = ".failed/"


class Failures:
    def __init__(self, cloud: Cloud, records: Records, redactor: Redactor) -> None:
        self._cloud, self._records, self._redactor = cloud, records, redactor

    def count(self) -> int:
        return len(self._entries())

    def latest(self, limit: int) -> list[FailureView]:
        """The latest first."""
        entries = sorted(self._entries(), key=lambda entry: entry.modified, reverse=True)
        return [view for entry in entries[:limit] for view in self._view(entry)]

    def _entries(self) -> list[StoredObject]:
        store = self._cloud.oss.store
        places = [(bucket, prefix) for bucket, prefix in self._records.places() if store.has_bucket(bucket)]
        return [entry for bucket, prefix in places for entry in store.list(bucket, f"{prefix}{_FOLDER}")]

    def _view(self, entry: StoredObject) -> Iterator[FailureView]:
        """None when it was deleted meanwhile."""
        try:
            content = self._cloud.oss.store.get(entry.bucket, entry.key)
        except OssError:
            return
        try:
            facts = json.loads(self._redactor.text(content.decode("utf-8", "replace")))
        except ValueError:
            facts = {}
        if not isinstance(facts, dict):
            facts = {}
        code = str(facts.get("code") or facts.get("condition") or "unreadable")
        reason = str(facts.get("reason") or "")
        about = tuple(_about(facts))
        yield FailureView(about, code, reason, entry.modified, "event" in facts, entry.bucket, entry.key)


def _about(facts: dict[str, Any]) -> Iterator[str]:
    """The videos' URIs, also those of an event that failed as a whole, as far as it can be read."""
    if facts.get("video"):
        yield str(facts["video"])
    event = facts.get("event")
    if not isinstance(event, dict):
        return
    videos = event.get("videos")
    yield from (str(video) for video in videos or [] if isinstance(videos, list))
    records = event.get("events")
    for record in records if isinstance(records, list) else []:
        try:
            yield f"oss://{record['oss']['bucket']['name']}/{record['oss']['object']['key']}"
        except (LookupError, TypeError):
            continue
