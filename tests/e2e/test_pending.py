"""The pending entry: written beside the order, one for each attempt, and never in its way."""

from __future__ import annotations

import json
from typing import Any

import pytest

from handler.errors import VideosFailed
from tests.e2e.services import Service
from tests.e2e.uploads import RECORD, RECORDS, VIDEOS, event_for, read_record, statuses

PENDING = "gif-tasks/.pending/"


def entries(service: Service) -> dict[str, Any]:
    return {
        entry.key.removeprefix(PENDING): json.loads(service.cloud.oss.store.get(RECORDS, entry.key))
        for entry in service.cloud.oss.store.list(RECORDS, PENDING)
    }


def test_a_claim_has_one_entry_and_a_duplicate_none(service: Service) -> None:
    handler, event = service.handler(), service.upload()
    handler(event)
    handler(event)
    claim = read_record(service.cloud, RECORD)[0]["claim"]
    ((name, entry),) = entries(service).items()
    assert name == f"{claim}.json"
    assert entry.pop("at").endswith("Z")
    assert entry == {
        "record": f"oss://{RECORDS}/{RECORD}",
        "video": f"oss://{VIDEOS}/clip.mp4",
        "etag": "5D41402ABC4B2A76B9719D911017C592",
        "size": 5,
        "region": "cn-beijing",
        "request_id": "request-1",
        "claim": claim,
    }


def test_an_entry_is_written_again_when_its_answer_is_lost(service: Service) -> None:
    service.cloud.faults.add("oss:PutObject:reset:times=1")
    assert service.handler()(service.upload())[0]["outcome"] == "submitted"
    assert "followed" not in read_record(service.cloud, RECORD)[-1]
    assert len(entries(service)) == 1


@pytest.mark.parametrize("fault", ["error=403/AccessDenied", "error=403/SecurityTokenExpired"])
def test_a_task_without_an_entry_is_on_record_and_the_next_delivery_writes_the_entry(
    service: Service, fault: str
) -> None:
    service.cloud.faults.add(f"oss:PutObject:{fault}:times=2")
    handler, event = service.handler(), service.upload()
    for _ in range(2):
        with pytest.raises(VideosFailed) as caught:
            handler(event)
        assert entries(service) == {}
        assert statuses(service.cloud) == ["claimed", "submitted"]
    assert fault.rpartition("/")[2] in str(caught.value)
    assert handler(event)[0]["outcome"] == "already_submitted"
    claimed, submitted = read_record(service.cloud, RECORD)
    assert submitted["followed"] is False
    ((name, entry),) = entries(service).items()
    assert (name, entry["claim"]) == (f"{claimed['claim']}.json", claimed["claim"])
    assert entry["record"] == f"oss://{RECORDS}/{RECORD}"


def test_that_a_task_is_not_followed_yet_is_said(service: Service) -> None:
    service.cloud.faults.add("oss:PutObject:error=403/AccessDenied")
    with pytest.raises(VideosFailed, match=r"EntryNotWritten: .*task \S+ is on record, but is not followed"):
        service.handler()(service.upload())


def test_our_own_gifs_are_no_videos(service: Service) -> None:
    handler = service.handler(GIF_BUCKET=VIDEOS, VIDEO_SUFFIXES=".gif,.mp4")
    (result,) = handler(event_for("gifs/my-videos/clip.mp4.gif"))
    assert (result["outcome"], result["reason"]) == ("skipped", "it is a GIF of ours, below GIF_PREFIX")
    assert service.cloud.journal.entries("request") == []
