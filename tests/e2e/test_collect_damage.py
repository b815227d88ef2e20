"""What the collector meets that should not be: it says so in .failed/, once, and goes on with the others."""

from __future__ import annotations

from typing import Any

import pytest

from handler.errors import GifOnUploadError, VideosFailed
from harness.cloud import LocalCloud
from tests.clock import Clock

from .collecting import FAILED, GIF, PENDING, collector_for, dead, listed, put, succeed, url_of
from .handling import handler_for
from .services import Service
from .uploads import RECORD, RECORDS, VIDEOS, event_for

STORED = f"gifs/{VIDEOS}/clip.mp4.gif"


def only_failure(service: Service) -> dict[str, Any]:
    """Of a run after which nothing is pending, and the next one has nothing to do."""
    assert service.collector()()["failed"] == 1
    assert listed(service.cloud, PENDING) == []
    assert service.collector()()["pending"] == 0
    (entry,) = listed(service.cloud, FAILED)
    return dict(entry)


@pytest.mark.parametrize("content", [b"", b"\xff", b"{}", b"[" * 10_000, b'{"video": "oss://another/x.mp4"}'])
def test_an_entry_that_is_not_one_does_not_stop_the_others(service: Service, content: bytes) -> None:
    service.handler()(service.upload())
    service.succeed()
    service.cloud.oss.store.put(RECORDS, f"{PENDING}broken.json", content)
    run = service.collector()()
    assert (run["finished"], run["failed"]) == (1, 1)
    assert service.cloud.oss.store.get(RECORDS, STORED) == GIF
    (entry,) = listed(service.cloud, FAILED)
    assert (entry["code"], listed(service.cloud, PENDING)) == ("EntryUnreadable", [])


def test_a_record_that_cannot_be_read_needs_a_person(service: Service) -> None:
    service.handler()(service.upload())
    service.cloud.oss.store.put(RECORDS, RECORD, b"not a line\n")
    entry = only_failure(service)
    assert (entry["code"], entry["video"]) == ("RecordUnreadable", f"oss://{VIDEOS}/clip.mp4")
    assert "line 1" in entry["reason"]
    assert len(service.tasks()) == 1


def test_so_does_one_that_is_gone_and_nothing_is_ordered_for_it(service: Service) -> None:
    service.handler()(service.upload())
    service.cloud.oss.store.objects.delete(RECORDS, RECORD)
    entry = only_failure(service)
    assert (entry["code"], entry["reason"]) == ("RecordMissing", f"oss://{RECORDS}/{RECORD} is not there")
    assert len(service.tasks()) == 1


def test_a_task_that_the_service_does_not_know_any_more_needs_a_person(cloud: LocalCloud, clock: Clock) -> None:
    handler_for(cloud, clock, cloud.url)(event_for("clip.mp4", put(cloud, "clip.mp4", b"film"), 4))
    cloud.multimediaai.tasks.clear()
    assert collector_for(cloud)()["failed"] == 1
    (entry,) = listed(cloud, FAILED)
    assert (entry["code"], entry["reason"]) == ("ResourceNotFound", "the service does not know the task")


def test_content_that_is_there_again_and_whose_task_is_gone_needs_a_person(
    cloud: LocalCloud, clock: Clock
) -> None:
    """A, B, A: when A's task had ended, the key held B."""
    handler, collect = handler_for(cloud, clock, cloud.url), collector_for(cloud)
    for content in (b"A", b"B"):
        handler(event_for("clip.mp4", put(cloud, "clip.mp4", content), 1))
    for _ in range(2):
        succeed(cloud, url_of(cloud, "result.gif", GIF))
    for _ in range(2):
        collect()
    cloud.multimediaai.tasks.clear()
    again = event_for("clip.mp4", put(cloud, "clip.mp4", b"A"), 1)
    assert handler(again)[0]["outcome"] == "already_submitted"
    assert collect()["failed"] == 1
    (entry,) = listed(cloud, FAILED)
    assert "the video has this content again, and its GIF is not to be had any more" in entry["reason"]
    assert listed(cloud, PENDING) == []


def test_what_waited_and_is_refused_then_needs_a_person(service: Service) -> None:
    assert service.handler(PAUSED="true")(service.upload())[0]["outcome"] == "deferred"
    service.cloud.faults.add(f"{service.order}:error=403/BalanceNotEnough:times=1")
    assert service.collector()()["resubmitted"] == 1
    assert only_failure(service)["code"] == "BalanceNotEnough"


def test_a_letter_about_a_video_that_is_gone_is_kept(service: Service) -> None:
    event = {"videos": [f"oss://{VIDEOS}/gone.mp4"]}
    with pytest.raises(VideosFailed):
        service.handler()(event)
    assert service.collector()(dead(event))["kept"] is True


@pytest.mark.parametrize(
    ("fault", "is_kept"), [("error=403/AccessDenied", True), ("error=403/SecurityTokenExpired", False)]
)
def test_a_letter_whose_record_cannot_be_asked_for_is_kept_or_delivered_again(
    service: Service, fault: str, is_kept: bool
) -> None:
    """Again where that may help: the platform does it when this fails."""
    event = service.upload()
    service.cloud.faults.add(f"oss:GetObject:{fault}")
    collect = service.collector()
    if is_kept:
        assert collect(dead(event))["kept"] is True
    else:
        with pytest.raises(GifOnUploadError):
            collect(dead(event))
    assert len(listed(service.cloud, FAILED)) == is_kept
