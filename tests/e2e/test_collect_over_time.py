"""What only time brings: a service that never says that a task has ended, and a result's URL that has expired."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from handler.errors import VideosFailed
from harness.cloud import LocalCloud
from tests.clock import Clock

from .collecting import FAILED, GIF, PENDING, collector_for, listed, put, set_age, succeed, url_of
from .handling import Handler
from .services import Service
from .uploads import RECORDS, VIDEOS, event_for, records

HOUR = 3600.0
STORED = f"gifs/{VIDEOS}/clip.mp4.gif"


def submit(handler: Handler, cloud: LocalCloud) -> None:
    handler(event_for("clip.mp4", put(cloud, "clip.mp4", b"film"), 4))


@pytest.mark.parametrize(("environ", "hours"), [({}, 24.0), ({"GIVE_UP_AFTER_HOURS": "1.5"}, 1.5)])
def test_a_task_that_never_ends_is_given_up_in_time(
    service: Service, environ: dict[str, str], hours: float
) -> None:
    cloud, collect = service.cloud, service.collector(**environ)
    service.handler()(service.upload())
    for age in (0.0, hours / 2, hours - 0.01):
        set_age(cloud, service.clock, age * HOUR)
        assert collect()["left"] == 1, age
    set_age(cloud, service.clock, (hours + 0.01) * HOUR)
    assert collect()["given_up"] == 1
    assert (listed(cloud, PENDING), len(service.tasks())) == ([], 1)
    (entry,) = listed(cloud, FAILED)
    assert (entry["code"], entry["video"]) == ("GivenUp", f"oss://{VIDEOS}/clip.mp4")
    assert entry["reason"] == f"given up after {hours:g} hours: no end was seen"
    ((_, lines),) = records(cloud).items()
    assert lines[-1]["status"] == "submitted"
    assert collect()["pending"] == 0


def test_what_is_refused_for_now_is_ordered_again_ever_more_rarely(service: Service) -> None:
    """When as much time has passed since the last try as from the upload to that."""
    refusal = service.cloud.faults.add(f"{service.order}:error=403/{service.for_now}")
    with pytest.raises(VideosFailed):
        service.handler()(service.upload())
    tried = []
    for at in (60, 100, 130, 200, 270, 400):
        service.clock.ahead, hits = at, refusal.hits
        assert service.collector()()["left"] == 1
        tried += [at] if refusal.hits > hits else []
    assert tried == [60, 130, 270]
    service.cloud.faults.clear()
    service.clock.ahead = 600
    assert service.collector()()["resubmitted"] == 1
    assert len(service.tasks()) == 1


def test_neither_is_one_that_has_begun_waited_for_for_ever(
    cloud: LocalCloud, make_handler: Callable[..., Handler], clock: Clock
) -> None:
    """Multimedia AI alone tells a task that waits from one that is at work."""
    submit(make_handler(), cloud)
    assert cloud.multimediaai.tasks.take(lambda: False) is not None
    set_age(cloud, clock, 24.01 * HOUR)
    assert collector_for(cloud)()["given_up"] == 1


def test_no_entry_is_begun_that_may_not_be_done_in_time(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the 120 seconds of an invocation it takes two to end."""
    collect = service.collector()
    service.handler()(service.upload())
    service.succeed()
    monkeypatch.setattr("handler.collect.LEAST_SECONDS", 118.5)
    assert collect()["left"] == 1
    monkeypatch.setattr("handler.collect.LEAST_SECONDS", 100.0)
    assert collect()["finished"] == 1


def test_nor_is_a_fault_of_the_collector_tried_for_ever(
    cloud: LocalCloud, make_handler: Callable[..., Handler], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit(make_handler(), cloud)
    monkeypatch.setattr("handler.task_end.task_result", dict[str, str]().__getitem__)
    assert collector_for(cloud)()["left"] == 1
    set_age(cloud, clock, 24.01 * HOUR)
    assert collector_for(cloud)()["given_up"] == 1
    (entry,) = listed(cloud, FAILED)
    assert "unexpected TypeError at " in entry["reason"]


@pytest.mark.parametrize("in_a_text", [False, True])
def test_a_url_that_has_expired_is_asked_for_anew(
    cloud: LocalCloud, make_handler: Callable[..., Handler], clock: Clock, in_a_text: bool
) -> None:
    submit(make_handler(), cloud)
    cloud.multimediaai.result_form = "expired"
    url = url_of(cloud, "result.gif", GIF)
    succeed(cloud, url_of(cloud, "result.txt", url.encode()) if in_a_text else url)
    collect = collector_for(cloud)
    cloud.journal.clear()
    assert collect()["left"] == 1
    refused = [entry.fields for entry in cloud.journal.entries("request") if entry.fields["status"] == 403]
    assert [fields["operation"] for fields in refused] == ["GetObject"]
    clock.ahead += 60
    assert collect()["finished"] == 1
    assert cloud.oss.store.get(RECORDS, STORED) == GIF
    assert (listed(cloud, PENDING), listed(cloud, FAILED)) == ([], [])


def test_a_url_that_expires_while_it_waits_for_its_turn_is_left_for_the_next_run(
    cloud: LocalCloud, make_handler: Callable[..., Handler], clock: Clock
) -> None:
    """It is good for a minute, and of no use two minutes later; in the end a person is told."""
    submit(make_handler(), cloud)
    succeed(cloud, url_of(cloud, "result.gif", GIF, seconds=60))
    collect = collector_for(cloud)
    clock.ahead += 120
    assert collect()["left"] == 1
    set_age(cloud, clock, 24.1 * HOUR)
    assert collect()["given_up"] == 1
    (entry,) = listed(cloud, FAILED)
    assert entry["reason"].startswith("given up after 24 hours: ")
    assert entry["reason"].endswith("/result.gif: 403")
    assert "ignature" not in entry["reason"]


def test_a_url_in_time_needs_no_second_run(
    cloud: LocalCloud, make_handler: Callable[..., Handler], clock: Clock
) -> None:
    submit(make_handler(), cloud)
    succeed(cloud, url_of(cloud, "result.gif", GIF, seconds=60))
    clock.ahead += 30
    assert collector_for(cloud)()["finished"] == 1
