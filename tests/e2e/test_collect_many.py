"""Many entries at once: requests that are linear in their number, and none left behind."""

from __future__ import annotations

import json

import pytest

from handler.errors import EventError
from harness.cloud import LocalCloud
from tests.e2e.uploads import RECORDS, VIDEOS

from .collecting import PENDING, collector_for, operations


def write_entry(cloud: LocalCloud, number: int) -> None:
    """A submitted video, whose task waits."""
    claim, etag = f"{number:032x}", f"{number:032X}"
    record = f"gif-tasks/{VIDEOS}/{number}.mp4/{etag}.jsonl"
    task = cloud.multimediaai.tasks.create(application_id="an-application", video_name="v", video_url="http://x/v")
    about = {"at": "2026-11-26T13:00:00.000Z", "claim": claim, "request_id": "r"}
    line = {"status": "submitted", **about, "task_id": task.task_id}
    cloud.oss.store.put(RECORDS, record, json.dumps(line).encode() + b"\n")
    video = {
        "record": f"oss://{RECORDS}/{record}",
        "video": f"oss://{VIDEOS}/{number}.mp4",
        "etag": etag,
        "size": 1,
    }
    entry = {**video, "region": "cn-beijing", **about}
    cloud.oss.store.put(RECORDS, f"{PENDING}{claim}.json", json.dumps(entry).encode())


@pytest.mark.parametrize(("count", "pages"), [(20, 1), (60, 1)])
def test_each_entry_that_waits_costs_three_requests(cloud: LocalCloud, count: int, pages: int) -> None:
    for number in range(count):
        write_entry(cloud, number)
    run = collector_for(cloud)()
    assert (run["pending"], run["left"]) == (count, count)
    assert len(operations(cloud)) == pages + 3 * count


def test_a_thousand_are_on_one_page_and_every_page_is_read(cloud: LocalCloud) -> None:
    for number in range(1001):
        cloud.oss.store.put(RECORDS, f"{PENDING}{number:032x}.json", b"not an entry")
    collect = collector_for(cloud)
    pending = collect.collector._pending
    with pytest.raises(EventError):
        collect({})  # which hands over the credentials, and does nothing
    assert len({entry.key for entry in pending.list(lambda: 0.0)}) == 1001
    assert operations(cloud) == ["ListObjectsV2"] * 2
