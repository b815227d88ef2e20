"""Between Function Compute and OSS: triggers are notification rules of buckets, and code comes from a bucket."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from urllib.parse import unquote, urlsplit

from harness.fc import OssTrigger
from harness.oss import NotificationRule, OssService
from harness.oss.errors import OssError

RESULTS_BUCKET = "multimediaai-results"
TEMP_BUCKET = "fc-temp-code"
_URL_SECONDS = 7 * 24 * 3600


class Bridge:
    """harness.fc's BucketEvents and CodeBucket. url: where OSS is. deliver: gets a trigger and its event."""

    temp_bucket = TEMP_BUCKET

    def __init__(self, oss: OssService, url: str, deliver: Callable[[OssTrigger, bytes], None]) -> None:
        self._oss = oss
        self._url = url
        self._deliver = deliver
        self._triggers: dict[str, OssTrigger] = {}

    def add(self, trigger: OssTrigger) -> None:
        if not self._oss.store.has_bucket(trigger.bucket):
            raise ValueError(f"bucket {trigger.bucket} does not exist")
        self._oss.notifications.add(
            NotificationRule(
                _rule_id(trigger.function, trigger.name),
                trigger.bucket,
                trigger.events,
                trigger.prefix,
                trigger.suffix,
                partial(self._deliver, trigger),
            )
        )
        self._triggers[_rule_id(trigger.function, trigger.name)] = trigger

    def remove(self, trigger: OssTrigger) -> None:
        self._oss.notifications.remove(_rule_id(trigger.function, trigger.name))
        self._triggers.pop(_rule_id(trigger.function, trigger.name), None)

    def triggers(self, function: str) -> list[OssTrigger]:
        """Those in force."""
        rules = [rule.id for rule in self._oss.notifications.rules()]
        return [
            trigger for rule in rules if (trigger := self._triggers.get(rule)) and trigger.function == function
        ]

    def bind_domains(self, domains: str) -> None:
        """A function's BUCKET_DOMAINS, as in the account before it is deployed. What is wrong in them, it says."""
        for entry in domains.split(","):
            bucket, _, domain = (part.strip() for part in entry.partition("="))
            host = urlsplit(domain if "://" in domain else f"//{domain}").hostname
            if host and self._oss.store.has_bucket(bucket):
                self._oss.store.domains.bind(bucket, host)

    def fetch(self, bucket: str, key: str) -> bytes:
        try:
            return self._oss.store.get(bucket, key)
        except OssError as exc:
            raise LookupError(f"oss://{bucket}/{key}: {exc}") from exc

    def publish(self, key: str, data: bytes) -> str:
        """A function's code: a presigned URL of it in the bucket for code."""
        return self._put(TEMP_BUCKET, key, data)

    def publish_file(self, key: str, path: Path) -> str:
        """The result of a task: a presigned URL of it in the bucket for results."""
        return self._put(RESULTS_BUCKET, key, path.read_bytes())

    def expire(self, url: str) -> str:
        """The same address, signed so that its time is over."""
        bucket, _, key = unquote(urlsplit(url).path).lstrip("/").partition("/")
        return self._oss.presign_get(bucket, key, 1, self._url, ago=3600)

    def _put(self, bucket: str, key: str, data: bytes) -> str:
        self._oss.store.put(bucket, key, data)
        return self._oss.presign_get(bucket, key, _URL_SECONDS, self._url)


def _rule_id(function: str, trigger: str) -> str:
    return f"{function}/{trigger}"
