"""The pending entry: written beside CreateGifTask, one for each attempt, and never in its way."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

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


@pytest.mark.parametrize(("fault", "there"), [("error=403/AccessDenied", 0), ("reset:times=1", 1)])
def test_an_entry_that_cannot_be_written_is_a_warning(
    cloud: LocalCloud,
    make_handler: Callable[..., Handler],
    capsys: pytest.CaptureFixture[str],
    fault: str,
    there: int,
) -> None:
    cloud.faults.add(f"oss:PutObject:{fault}")
    (result,) = make_handler()(EVENT)
    assert result["outcome"] == "submitted"
    assert statuses(cloud) == ["claimed", "submitted"]
    assert len(entries(cloud)) == there
    logged = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    warned = [line["video"] for line in logged if line["level"] == "WARNING"]
    assert warned == [f"oss://{VIDEOS}/clip.mp4"] * (1 - there)


def test_our_own_gifs_are_no_videos(cloud: LocalCloud, make_handler: Callable[..., Handler]) -> None:
    handler = make_handler(GIF_BUCKET=VIDEOS, VIDEO_SUFFIXES=".gif,.mp4")
    (result,) = handler(event_for("gifs/my-videos/clip.mp4.gif"))
    assert (result["outcome"], result["reason"]) == ("skipped", "it is a GIF of ours, below GIF_PREFIX")
    assert cloud.journal.entries("request") == []
