"""The end of a task on record: written once, whoever answers, and what a request finds after it."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from handler.connections import Connections
from handler.credentials import Credentials, CurrentCredentials
from handler.record import Finished, Outcome, Superseded, TaskFailed, stamp
from handler.settings import read_settings
from handler.storage import Storage
from handler.tracking import Claim, TrackingLog
from handler.video import Video
from harness.cloud import LocalCloud
from tests.e2e.handling import Handler
from tests.e2e.uploads import EVENT, RECORDS, VIDEOS, statuses, task_ids

VIDEO = Video(VIDEOS, "clip.mp4", "cn-beijing", "5D41402ABC4B2A76B9719D911017C592", 5)
FORCED = {"videos": [VIDEO.uri], "force": True}


def log_of(cloud: LocalCloud) -> TrackingLog:
    environ = {"APPLICATION_ID": "a", "TRACKING_BUCKET": RECORDS, "OSS_ENDPOINT": cloud.url}
    settings = read_settings(environ, region="cn-beijing", timeout=120)
    owner, credentials = cloud.identities.owner, CurrentCredentials()
    credentials.set(Credentials(owner.access_key_id, owner.access_key_secret))
    return TrackingLog(settings, Storage(settings, credentials, Connections(1)), VIDEO)


def task_failed(claim: str, request_id: str = "run-1") -> TaskFailed:
    return {
        "status": "task_failed",
        **stamp(claim, request_id),
        "task_id": 1,
        "error_code": "1000",
        "error_name": "Download fail",
        "reason": "no video",
    }


def finished(claim: str) -> Finished:
    newer: Superseded = {}
    return {
        "status": "finished",
        **stamp(claim, "run-1"),
        "task_id": 1,
        "gif": f"oss://{RECORDS}/gifs/{VIDEOS}/clip.mp4.gif",
        "bytes": 7,
        "content_type": "image/gif",
        "task_seconds": 1.5,
        **newer,
    }


def few_seconds() -> Callable[[], float]:
    end = time.monotonic() + 5
    return lambda: end - time.monotonic()


@pytest.mark.parametrize("fault", [None, "reset", "reset_after", "error=503/ServiceUnavailable"])
def test_the_end_is_on_record_once_whatever_was_answered(
    cloud: LocalCloud, make_handler: Callable[..., Handler], fault: str | None
) -> None:
    make_handler()(EVENT)
    log = log_of(cloud)
    history = log.read()
    assert history.submitted is not None
    if fault:
        cloud.faults.add(f"oss:AppendObject:{fault}:nth=1")
    line = task_failed(history.submitted["claim"])
    assert log.append_outcome(history, line, few_seconds())
    assert log.append_outcome(
        history, task_failed(line["claim"], "run-2"), few_seconds()
    )  # another run was slower
    assert log.read().last == line
    assert statuses(cloud) == ["claimed", "submitted", "task_failed"]


def test_the_end_is_not_written_after_what_the_collector_has_not_seen(
    cloud: LocalCloud, make_handler: Callable[..., Handler]
) -> None:
    make_handler()(EVENT)
    log = log_of(cloud)
    history = log.read()
    assert history.submitted is not None
    assert isinstance(log.claim(history, "somebody else", "", forced=True), Claim)
    assert not log.append_outcome(history, task_failed(history.submitted["claim"]), few_seconds())
    assert statuses(cloud) == ["claimed", "submitted", "claimed"]


@pytest.mark.parametrize("make_line", [task_failed, finished])
def test_after_the_end_only_force_makes_another_task(
    cloud: LocalCloud, make_handler: Callable[..., Handler], make_line: Callable[[str], Outcome]
) -> None:
    cloud.oss.store.put(VIDEOS, "clip.mp4", b"hello")
    handler, log = make_handler(), log_of(cloud)
    first = handler(EVENT)[0]
    history = log.read()
    assert history.submitted is not None
    assert log.append_outcome(history, make_line(history.submitted["claim"]))
    assert handler(EVENT, "request-2")[0] == {**first, "outcome": "already_submitted"}
    forced = handler(FORCED, "request-3")[0]
    assert forced["outcome"] == "submitted"
    assert task_ids(cloud) == [first["task_id"], forced["task_id"]]
    assert statuses(cloud)[3:] == ["claimed", "submitted"]
