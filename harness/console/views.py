"""What there is to see in a local cloud, redacted; model.py has the shapes."""

from __future__ import annotations

from collections import Counter

from harness.console.cloud import Cloud
from harness.console.failures import Failures
from harness.console.invocations import Invocations
from harness.console.model import (
    BucketView,
    DeliveryView,
    EntryView,
    FaultView,
    Listing,
    ObjectView,
    TimerView,
    TriggerView,
    VideoView,
)
from harness.console.records import Records
from harness.console.redact import Redactor
from harness.console.tasks import Tasks
from harness.console.videos import Videos
from harness.http.faults import describe
from harness.journal import Entry
from harness.oss import StoredObject
from harness.oss.state.listing import Page

#: how many invocations are searched for what they say about a video
_SEARCHED = 500
#: how many videos are looked at to count their states, each with its record
COUNTED = 500


class Views:
    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._redactor = Redactor(cloud.identities.owner)
        self.records = Records(cloud, self._redactor)
        self.tasks = Tasks(cloud, self._redactor)
        self.invocations = Invocations(cloud, self._redactor)
        self.failures = Failures(cloud, self.records, self._redactor)
        self._videos = Videos(cloud, self.records, self.tasks)

    def videos(self, limit: int) -> tuple[list[VideoView], int]:
        """(the latest, how many there are)"""
        objects = self._videos.objects()
        return self._videos.views(objects[:limit], self.invocations.latest(_SEARCHED)), len(objects)

    def videos_by_state(self, limit: int, state: str) -> Listing[VideoView]:
        """The latest of a state, or of all when it is ""; counts are those of the latest COUNTED."""
        objects = self._videos.objects()
        views = self._videos.views(objects[: max(limit, COUNTED)], self.invocations.latest(_SEARCHED))
        found = [view for view in views if state in ("", view.state)]
        return Listing(found[:limit], len(objects), Counter(view.state for view in views))

    def video(self, bucket: str, key: str) -> VideoView:
        """One of them, or any other object; raises OssError."""
        video = self._cloud.oss.store.stat(bucket, key)
        return self._videos.views([video], self.invocations.latest(_SEARCHED))[0]

    def said_of(self, uri: str) -> str:
        """What the function said last about a video that failed, with what to do; "" when it said nothing."""
        for call in self.invocations.latest(_SEARCHED):
            for line in reversed(call.lines):
                if line.fields.get("video") == uri and line.fields.get("detail"):
                    return str(line.fields["detail"])
        return ""

    def triggers(self) -> list[TriggerView]:
        rules = self._cloud.oss.notifications.rules()
        return [TriggerView(rule.id, rule.bucket, rule.prefix, rule.suffix) for rule in rules]

    def timers(self) -> list[TimerView]:
        return [
            TimerView(timer.function, timer.name, timer.cron, timer.enabled, timer.payload)
            for timer in self._cloud.fc.timers.all()
        ]

    def buckets(self) -> list[BucketView]:
        uses: dict[str, list[str]] = {}
        for trigger in self.triggers():
            uses.setdefault(trigger.bucket, []).append(f"watched by trigger {trigger.name}")
        for bucket, prefix in self.records.places():
            uses.setdefault(bucket, []).append(f"records below {prefix}")
        store = self._cloud.oss.store
        views = []
        for held in store.buckets():
            objects = store.list(held.name)
            size = sum(entry.size for entry in objects)
            used = tuple(uses.get(held.name, ()))
            views.append(BucketView(held.name, len(objects), size, held.versioning, used))
        return views

    def objects(self, bucket: str, prefix: str, after: str, limit: int, delimiter: str = "") -> Page:
        """One page of a bucket; raises OssError NoSuchBucket."""
        return self._cloud.oss.store.listing.page(bucket, prefix, delimiter, after, limit)

    def journal(self, limit: int) -> list[EntryView]:
        """The latest first, without log lines: the invocations have those."""
        entries = [entry for entry in self._cloud.journal.entries() if entry.kind != "log"]
        return [self.entry(entry) for entry in reversed(entries[-limit:])]

    def denied(self, limit: int) -> list[EntryView]:
        """Calls that RAM denied, the latest first."""
        return [self.entry(entry) for entry in reversed(self._cloud.journal.entries("denied")[-limit:])]

    def denied_count(self) -> int:
        return len(self._cloud.journal.entries("denied"))

    def entry(self, entry: Entry) -> EntryView:
        return EntryView(entry.kind, entry.at, self._redactor.value(dict(entry.fields)))

    def faults(self) -> list[FaultView]:
        return [
            FaultView(fault.id, describe(fault), fault.calls, fault.hits, fault.spent)
            for fault in self._cloud.faults.all()
        ]

    def delivery(self) -> DeliveryView:
        faults = self._cloud.fc.delivery
        return DeliveryView(faults.duplicate, faults.shuffled)


def object_view(entry: StoredObject) -> ObjectView:
    content_type = entry.attributes.content_type
    return ObjectView(entry.bucket, entry.key, entry.size, entry.modified, entry.etag, content_type)
