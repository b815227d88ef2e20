"""The handler against the local cloud: in this process, or as the cloud's own function."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import alibabacloud_oss_v2 as oss
import pytest

from handler.app import App
from handler.credentials import Credentials
from handler.errors import VideosFailed
from handler.main import compose
from handler.settings import read_settings
from harness.cli.client import oss_client
from harness.cloud import LocalCloud, local_cloud
from harness.ram.identity import Credentials as StsCredentials

VIDEOS, RECORDS = "my-videos", "my-gif-records"


class Clock:
    """The services', which the function's instance does not share. ahead: seconds."""

    ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def cloud(clock: Clock) -> Iterator[LocalCloud]:
    """A cloud of its own for each test; GIFs are not rendered, which only costs time here."""
    with local_cloud(render=False, retry_delay=lambda _: 0.05, clock=clock) as started:
        yield started


@dataclass
class Handler:
    """The handler in this process, with the function's role and settings of its own.

    A lease is judged by OSS's clock alone. So nobody has to wait for a SHORT one to end: the clock is put forward
    after an invocation that failed, as if its event were delivered again that much later.
    """

    app: App
    role: StsCredentials
    clock: Clock

    def __call__(self, event: Any, request_id: str = "request-1") -> list[dict[str, Any]]:
        role = self.role
        credentials = Credentials(role.access_key_id, role.access_key_secret, role.token or "")
        try:
            results = self.app.handle(json.dumps(event).encode(), request_id, credentials)["results"]
        except VideosFailed:
            self.clock.ahead += AFTER_A_SHORT_LEASE
            raise
        return [dict(result) for result in results]


def handler_for(cloud: LocalCloud, clock: Clock, url: str, timeout: float = 120, **environ: str) -> Handler:
    """url: where the handler finds the services: the cloud, or what stands in front of it."""
    endpoints = dict.fromkeys(("OSS_ENDPOINT", "OSS_PUBLIC_ENDPOINT", "GIF_ENDPOINT"), url)
    values = {"APPLICATION_ID": "an-application", "TRACKING_BUCKET": RECORDS, **endpoints, **environ}
    app = compose(read_settings(values, region="cn-beijing", timeout=timeout))
    return Handler(app, cloud.identities.assume_role("gif-on-upload"), clock)


@pytest.fixture
def make_handler(cloud: LocalCloud, clock: Clock) -> Callable[..., Handler]:
    def make(timeout: float = 120, **environ: str) -> Handler:
        return handler_for(cloud, clock, cloud.url, timeout, **environ)

    return make


def owner_client(cloud: LocalCloud) -> oss.Client:
    """The official SDK with the account owner's keys."""
    client: oss.Client = oss_client(cloud.url, cloud.identities.owner)
    return client


def upload(cloud: LocalCloud, key: str, data: bytes = b"no film") -> None:
    """As a user does it, so that the bucket's trigger fires."""
    owner_client(cloud).put_object(oss.PutObjectRequest(bucket=VIDEOS, key=key, body=data))


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


#: One upload, its record, and a lease that is soon over; OSS tells the age of a record in whole seconds.
EVENT = event_for("clip.mp4")
RECORD = f"gif-tasks/{VIDEOS}/clip.mp4/5D41402ABC4B2A76B9719D911017C592.jsonl"
SHORT = {"CLAIM_LEASE_SECONDS": "1.5"}
AFTER_A_SHORT_LEASE = 3.0


def statuses(cloud: LocalCloud) -> list[str]:
    return [line["status"] for line in read_record(cloud, RECORD)]


def task_ids(cloud: LocalCloud) -> list[int]:
    return sorted(task.task_id for task in cloud.multimediaai.tasks.list())


def deliver_until_done(handler: Handler, deliveries: int = 6) -> dict[str, object]:
    """As Function Compute does with an event whose invocation fails."""
    for _ in range(deliveries - 1):
        try:
            return handler(EVENT)[0]
        except VideosFailed:
            continue
    return handler(EVENT)[0]
