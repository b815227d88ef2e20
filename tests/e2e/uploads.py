"""What users upload, the events for it, and what came of it: records and tasks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import alibabacloud_oss_v2 as oss

from harness.cli.client import oss_client
from harness.cloud import LocalCloud

VIDEOS, RECORDS = "my-videos", "my-gif-records"


def owner_client(cloud: LocalCloud) -> oss.Client:
    """The official SDK with the account owner's keys."""
    client: oss.Client = oss_client(cloud.url, cloud.identities.owner)
    return client


def upload(cloud: LocalCloud, key: str, data: bytes = b"no film") -> None:
    """As a user does it, so that the bucket's trigger fires."""
    owner_client(cloud).put_object(oss.PutObjectRequest(bucket=VIDEOS, key=key, body=data))


@contextmanager
def unheard(cloud: LocalCloud) -> Iterator[None]:
    """What is uploaded meanwhile starts no function, as before one was deployed."""
    rules = list(cloud.oss.notifications.rules())
    for rule in rules:
        cloud.oss.notifications.remove(rule.id)
    yield
    for rule in rules:
        cloud.oss.notifications.add(rule)


def append_to_record(cloud: LocalCloud, key: str, line: bytes) -> None:
    owner_client(cloud).append_object(oss.AppendObjectRequest(bucket=RECORDS, key=key, position=0, body=line))


def records(cloud: LocalCloud) -> dict[str, list[dict[str, Any]]]:
    """Every tracking log there is: its key, its lines."""
    keys = [entry.key for entry in cloud.oss.store.list(RECORDS, "") if entry.key.endswith(".jsonl")]
    return {key: read_record(cloud, key) for key in keys}


def read_record(cloud: LocalCloud, key: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in cloud.oss.store.get(RECORDS, key).splitlines()]


def event_for(key: str, etag: str = "5D41402ABC4B2A76B9719D911017C592", size: int = 5) -> dict[str, Any]:
    """A native event for an upload of `key`."""
    return {
        "events": [
            {
                "eventName": "ObjectCreated:PutObject",
                "eventSource": "acs:oss",
                "region": "cn-beijing",
                "oss": {"bucket": {"name": VIDEOS}, "object": {"key": key, "eTag": etag, "size": size}},
            }
        ]
    }


#: One upload and its record.
EVENT = event_for("clip.mp4")
RECORD = f"gif-tasks/{VIDEOS}/clip.mp4/5D41402ABC4B2A76B9719D911017C592.jsonl"


def statuses(cloud: LocalCloud) -> list[str]:
    return [line["status"] for line in read_record(cloud, RECORD)]


def task_ids(cloud: LocalCloud) -> list[int]:
    return sorted(task.task_id for task in cloud.multimediaai.tasks.list())
