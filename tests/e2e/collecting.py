"""The collector in this process, and the end of tasks as a test wants it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import alibabacloud_oss_v2 as oss

from handler.collect import Collector
from handler.credentials import Credentials
from handler.main import compose_collector
from handler.settings import read_settings
from harness.cloud import LocalCloud
from harness.multimediaai.tasks import TaskStatus
from harness.oss import Item
from harness.ram.identity import Credentials as StsCredentials
from tests.clock import Clock
from tests.e2e.uploads import RECORDS, VIDEOS, owner_client

GIF = b"GIF89a" + bytes(range(256)) * 4
TIMER = {"triggerTime": "2026-11-26T13:00:00Z", "triggerName": "each-minute", "payload": ""}
PENDING, FAILED = "gif-tasks/.pending/", "gif-tasks/.failed/"


@dataclass
class Collecting:
    collector: Collector
    role: StsCredentials

    def __call__(self, event: Any = TIMER, request_id: str = "run-1") -> Any:
        role = self.role
        credentials = Credentials(role.access_key_id, role.access_key_secret, role.token or "")
        return self.collector.handle(json.dumps(event).encode(), request_id, credentials)


def collector_for(cloud: LocalCloud, role: StsCredentials | None = None, **environ: str) -> Collecting:
    """role: the owner's keys where it is not given."""
    endpoints = dict.fromkeys(("OSS_ENDPOINT", "OSS_PUBLIC_ENDPOINT", "GIF_ENDPOINT"), cloud.url)
    values = {"APPLICATION_ID": "an-application", "TRACKING_BUCKET": RECORDS, **endpoints, **environ}
    settings = read_settings(values, region="cn-beijing", timeout=120)
    return Collecting(compose_collector(settings), role or cloud.identities.owner)


def put(cloud: LocalCloud, key: str, content: bytes, bucket: str = VIDEOS) -> str:
    """Stores an object, of which nobody is told: the handler of the test alone has its event. Returns the eTag."""
    return cloud.oss.store.put(bucket, key, content).etag


def url_of(cloud: LocalCloud, key: str, content: bytes, seconds: int = 600) -> str:
    """A signed URL of an object with this content, as a result's is."""
    put(cloud, key, content, RECORDS)
    request = oss.GetObjectRequest(bucket=RECORDS, key=key)
    return str(owner_client(cloud).presign(request, expires=timedelta(seconds=seconds)).url)


def load_waiting(cloud: LocalCloud, numbers: Iterable[int]) -> None:
    """Submitted videos whose tasks wait, as if they had long been there: entries, records and tasks."""
    items = [item for number in numbers for item in _waiting(cloud, number)]
    cloud.oss.load(RECORDS, items)


def _waiting(cloud: LocalCloud, number: int) -> Iterator[Item]:
    claim, etag = f"{number:032x}", f"{number:032X}"
    record = f"gif-tasks/{VIDEOS}/{number}.mp4/{etag}.jsonl"
    task = cloud.multimediaai.tasks.create(application_id="an-application", video_name="v", video_url="http://x/v")
    about = {"at": "2026-11-26T13:00:00.000Z", "claim": claim, "request_id": "r"}
    line = {"status": "submitted", **about, "task_id": task.task_id}
    yield Item(record, json.dumps(line).encode() + b"\n", appendable=True)
    upload = {"video": f"oss://{VIDEOS}/{number}.mp4", "etag": etag, "size": 1, "region": "cn-beijing"}
    entry = {"record": f"oss://{RECORDS}/{record}", **upload, **about}
    yield Item(f"{PENDING}{claim}.json", json.dumps(entry).encode())


def succeed(cloud: LocalCloud, url: str) -> int:
    """The oldest waiting task succeeds."""
    task = cloud.multimediaai.tasks.take(lambda: False)
    assert task is not None
    cloud.multimediaai.tasks.end(task.task_id, TaskStatus.SUCCEEDED, result_url=url)
    return task.task_id


def fail(cloud: LocalCloud, **error: str) -> None:
    task = cloud.multimediaai.tasks.take(lambda: False)
    assert task is not None
    cloud.multimediaai.tasks.end(task.task_id, TaskStatus.FAILED, **error)


def dead(event: Any, request_id: str = "1-a-b") -> dict[str, Any]:
    """What Function Compute hands over when an event has failed in all its tries."""
    context = {
        "requestId": request_id,
        "functionArn": "acs:fc:cn-beijing:1234567890123456:functions/gif-on-upload",
        "condition": "UnhandledInvocationError",
        "approximateInvokeCount": 9,
    }
    payload = event if isinstance(event, str) else json.dumps(event)
    answer = json.dumps({"errorMessage": "1 of 1 failed", "errorType": "VideosFailed"})
    return {
        "timestamp": 1764161000000,
        "requestContext": context,
        "requestPayload": payload,
        "responseContext": {"statusCode": 200, "functionError": "UnhandledInvocationError"},
        "responsePayload": answer,
    }


def set_age(cloud: LocalCloud, clock: Clock, seconds: float) -> None:
    """Of the pending entries, by OSS's clock. That itself may not be far off the real time, by which is signed."""
    clock.ahead -= seconds
    for entry in cloud.oss.store.list(RECORDS, PENDING):
        cloud.oss.store.put(RECORDS, entry.key, cloud.oss.store.get(RECORDS, entry.key))
    clock.ahead += seconds


def listed(cloud: LocalCloud, prefix: str) -> list[Any]:
    return [json.loads(cloud.oss.store.get(RECORDS, e.key)) for e in cloud.oss.store.list(RECORDS, prefix)]


def operations(cloud: LocalCloud) -> list[str]:
    return [entry.fields["operation"] for entry in cloud.journal.entries("request")]
