"""Notification rules of buckets: which changes are told to whom, and FC's rule against overlapping triggers.

Source: Function Compute's help pages on native OSS triggers; the event names are those that OSS can send to FC.
"""

from __future__ import annotations

import base64
import hashlib
import json
import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

MAX_RULES = 10

_NAMES = {
    "ObjectCreated": (
        "PutObject PostObject CopyObject PutSymlink AppendObject InitiateMultipartUpload UploadPart UploadPartCopy"
        " CompleteMultipartUpload"
    ),
    "ObjectRemoved": "DeleteObject DeleteObjects AbortMultipartUpload",
    "ObjectModified": "UpdateObjectMeta",
    "ObjectReplication": "ObjectCreated ObjectModified ObjectRemoved",
}
#: every event name a rule may have, with the "oss:" in front
EVENT_NAMES = frozenset(f"oss:{group}:{name}" for group, names in _NAMES.items() for name in [*names.split(), "*"])


_log = logging.getLogger(__name__)


class RuleError(ValueError):
    """A rule that OSS would not take: an unknown event name, or one too many on the bucket."""


class OverlapError(RuleError):
    """`rule_id`: the rule there is already that would be told of some of the same changes."""

    def __init__(self, rule_id: str) -> None:
        super().__init__(f"the rule overlaps with {rule_id!r} in event type, prefix and suffix")
        self.rule_id = rule_id


@dataclass(frozen=True)
class NotificationRule:
    """`events`: as in a trigger's configuration, such as "oss:ObjectCreated:*". `prefix`, `suffix`: "" is any.

    `deliver` gets the event's JSON as bytes, in the thread that answers the upload: it must return at once. What
    it raises is said in the answer's x-oss-event-status; the change has happened all the same.
    """

    id: str
    bucket: str
    events: tuple[str, ...]
    prefix: str
    suffix: str
    deliver: Callable[[bytes], None]

    def matches(self, name: str, key: str) -> bool:
        """A change in its bucket. `name`: as in an event, without "oss:"."""
        wanted = {f"oss:{name}", f"oss:{name.partition(':')[0]}:*"}
        return not wanted.isdisjoint(self.events) and key.startswith(self.prefix) and key.endswith(self.suffix)

    def overlaps(self, other: NotificationRule) -> bool:
        return (
            self.bucket == other.bucket
            and any(_same_event(a, b) for a in self.events for b in other.events)
            and (self.prefix.startswith(other.prefix) or other.prefix.startswith(self.prefix))
            and (self.suffix.endswith(other.suffix) or other.suffix.endswith(self.suffix))
        )


class Notifications:
    """The rules in force. `encode_keys`: percent-encode the keys in events, in case OSS ever does."""

    def __init__(self, encode_keys: bool = False) -> None:
        self.encode_keys = encode_keys
        self._rules: list[NotificationRule] = []
        self._lock = threading.Lock()

    def add(self, rule: NotificationRule) -> None:
        """Raises RuleError, OverlapError. A rule with the id of an existing one takes its place."""
        if unknown := sorted(set(rule.events) - EVENT_NAMES):
            raise RuleError(f"unknown event: {', '.join(unknown)}")
        if not rule.events:
            raise RuleError("a rule needs at least one event")
        with self._lock:
            others = [other for other in self._rules if other.id != rule.id]
            for other in others:
                if rule.overlaps(other):
                    raise OverlapError(other.id)
            if sum(other.bucket == rule.bucket for other in others) >= MAX_RULES:
                raise RuleError(f"bucket {rule.bucket} already has {MAX_RULES} rules")
            self._rules = [*others, rule]

    def remove(self, rule_id: str) -> None:
        with self._lock:
            self._rules = [rule for rule in self._rules if rule.id != rule_id]

    def rules(self, bucket: str | None = None) -> list[NotificationRule]:
        with self._lock:
            return [rule for rule in self._rules if bucket in (None, rule.bucket)]

    def publish(self, record: Mapping[str, Any]) -> dict[str, str]:
        """Hands a record without ruleId to each rule that it matches; returns headers for an upload's answer.

        Only "Ok" is documented for the header: anything else says that a hand-over failed.
        """
        oss = record["oss"]
        key = oss["object"]["key"]
        matching = [r for r in self.rules(oss["bucket"]["name"]) if r.matches(record["eventName"], key)]
        shown = {**oss["object"], "key": quote(key) if self.encode_keys else key}
        result = "Ok"
        for rule in matching:
            rule_id = hashlib.sha1(rule.id.encode(), usedforsecurity=False).hexdigest().upper()
            event = {**record, "oss": {**oss, "object": shown, "ruleId": rule_id}}
            try:
                rule.deliver(json.dumps({"events": [event]}, ensure_ascii=False).encode())
            except Exception as exc:  # noqa: BLE001  (neither the upload nor the other rules can help it)
                _log.warning("the event of %s for rule %s is lost: %s", key, rule.id, exc)
                result = "Failed"
        if not matching:
            return {}
        return {"x-oss-event-status": base64.b64encode(json.dumps({"Result": result}).encode()).decode()}


def _same_event(a: str, b: str) -> bool:
    if a == b:
        return True
    return a.rpartition(":")[0] == b.rpartition(":")[0] and "*" in (a.rpartition(":")[2], b.rpartition(":")[2])
