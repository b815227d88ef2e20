"""The pending entry: written beside CreateGifTask, one for each attempt, and never in its way."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from handler.errors import VideosFailed
from harness.cloud import LocalCloud
from tests.e2e.handling import Handler
from tests.e2e.uploads import EVENT, RECORD, RECORDS, VIDEOS, event_for, read_record, statuses

PENDING = "gif-tasks/.pending/"


def entries(cloud: LocalCloud) -> dict[str, Any]:
    return {
        entry.key.removeprefix(PENDING): json.loads(cloud.oss.store.get(RECORDS, entry.key))
        for entry in cloud.oss.store.list(RECORDS, PENDING)
    }


def test_a_claim_has_one_entry_and_a_duplicate_none(
    cloud: LocalCloud, make_handler: Callable[..., Handler]
) -> None:
    handler = make_handler()
    handler(EVENT)
    handler(EVENT)
    claim = read_record(cloud, RECORD)[0]["claim"]
    ((name, entry),) = entries(cloud).items()
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


def test_an_entry_is_written_again_when_its_answer_is_lost(
    cloud: LocalCloud, make_handler: Callable[..., Handler]
) -> None:
    cloud.faults.add("oss:PutObject:reset:times=1")
    assert make_handler()(EVENT)[0]["outcome"] == "submitted"
    assert "followed" not in read_record(cloud, RECORD)[-1]
    assert len(entries(cloud)) == 1


@pytest.mark.parametrize("fault", ["error=403/AccessDenied", "error=403/SecurityTokenExpired"])
def test_a_task_without_an_entry_is_on_record_and_the_next_delivery_writes_the_entry(
    cloud: LocalCloud, make_handler: Callable[..., Handler], fault: str
) -> None:
    cloud.faults.add(f"oss:PutObject:{fault}:times=2")
    handler = make_handler()
    for _ in range(2):
        with pytest.raises(VideosFailed) as caught:
            handler(EVENT)
        assert entries(cloud) == {}
        assert statuses(cloud) == ["claimed", "submitted"]
    assert fault.rpartition("/")[2] in str(caught.value)
    assert handler(EVENT)[0]["outcome"] == "already_submitted"
    claimed, submitted = read_record(cloud, RECORD)
    assert submitted["followed"] is False
    ((name, entry),) = entries(cloud).items()
    assert (name, entry["claim"]) == (f"{claimed['claim']}.json", claimed["claim"])
    assert entry["record"] == f"oss://{RECORDS}/{RECORD}"


def test_that_a_task_is_not_followed_yet_is_said(cloud: LocalCloud, make_handler: Callable[..., Handler]) -> None:
    cloud.faults.add("oss:PutObject:error=403/AccessDenied")
    with pytest.raises(VideosFailed, match=r"EntryNotWritten: .*task \d+ is on record, but is not followed"):
        make_handler()(EVENT)


def test_our_own_gifs_are_no_videos(cloud: LocalCloud, make_handler: Callable[..., Handler]) -> None:
    handler = make_handler(GIF_BUCKET=VIDEOS, VIDEO_SUFFIXES=".gif,.mp4")
    (result,) = handler(event_for("gifs/my-videos/clip.mp4.gif"))
    assert (result["outcome"], result["reason"]) == ("skipped", "it is a GIF of ours, below GIF_PREFIX")
    assert cloud.journal.entries("request") == []
