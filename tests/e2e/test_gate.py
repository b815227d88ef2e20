"""While no task may be made, uploads wait and nothing is lost; and a day never has more tasks than it may."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NoReturn

import pytest

from handler.errors import RequestRejected, SettingsError, VideosFailed
from harness.cloud import LocalCloud
from tests.clock import Clock
from tests.e2e.collecting import FAILED, GIF, PENDING, collector_for, put, succeed, url_of
from tests.e2e.handling import Handler, handler_for
from tests.e2e.uploads import RECORDS, event_for, records

PAUSED = {"PAUSED": "true"}


def upload(cloud: LocalCloud, handler: Handler, key: str) -> str:
    """The outcome of its event."""
    return str(handler(event_for(key, put(cloud, key, key.encode()), len(key)))[0]["outcome"])


def waiting(cloud: LocalCloud) -> list[str]:
    return [entry.key for entry in cloud.oss.store.list(RECORDS, f"{PENDING}deferred-")]


def tasks(cloud: LocalCloud) -> Counter[str]:
    return Counter(task.video_name.rpartition(" ")[0] for task in cloud.multimediaai.tasks.list())


def requests(cloud: LocalCloud) -> Counter[str]:
    return Counter(str(entry.fields["operation"]) for entry in cloud.journal.entries("request"))


def test_a_pause_defers_and_what_waited_has_its_gif_afterwards(cloud: LocalCloud, clock: Clock) -> None:
    paused = handler_for(cloud, clock, cloud.url, 120, **PAUSED)
    for _ in range(2):  # events come at least once
        assert [upload(cloud, paused, key) for key in ("a.mp4", "猫 +.mp4")] == ["deferred", "deferred"]
    assert len(waiting(cloud)) == 2
    assert (records(cloud), tasks(cloud)) == ({}, Counter())
    clock.ahead += 600  # longer than anything is followed
    run = collector_for(cloud, None, GIVE_UP_AFTER_HOURS="0.1", **PAUSED)()
    assert (run["pending"], run["deferred"], run["oldest_pending_seconds"]) == (0, 2, 0.0)
    assert len(waiting(cloud)) == 2
    resumed = collector_for(cloud, GIVE_UP_AFTER_HOURS="0.1")
    run = resumed()
    assert (run["pending"], run["deferred"], run["resubmitted"]) == (2, 0, 2)
    assert tasks(cloud) == Counter(["a.mp4", "猫 +.mp4"])
    for number in range(2):
        succeed(cloud, url_of(cloud, f"result-{number}", GIF, 3600))
    assert resumed()["finished"] == 2
    assert cloud.oss.store.get(RECORDS, "gifs/my-videos/猫 +.mp4.gif") == GIF
    assert cloud.oss.store.list(RECORDS, PENDING) == cloud.oss.store.list(RECORDS, FAILED) == []
    assert resumed()["pending"] == 0
    assert sum(tasks(cloud).values()) == 2


def test_what_is_under_way_is_followed_during_a_pause(cloud: LocalCloud, clock: Clock) -> None:
    assert upload(cloud, handler_for(cloud, clock, cloud.url), "a.mp4") == "submitted"
    succeed(cloud, url_of(cloud, "result", GIF))
    assert upload(cloud, handler_for(cloud, clock, cloud.url, 120, **PAUSED), "b.mp4") == "deferred"
    run = collector_for(cloud, None, **PAUSED)()
    assert (run["finished"], run["deferred"]) == (1, 1)


def test_what_was_deferred_once_is_followed_during_the_next_pause(cloud: LocalCloud, clock: Clock) -> None:
    upload(cloud, handler_for(cloud, clock, cloud.url, 120, **PAUSED), "a.mp4")
    collector_for(cloud)()
    succeed(cloud, url_of(cloud, "result", GIF))
    assert collector_for(cloud, None, **PAUSED)()["finished"] == 1


def test_a_deferred_upload_costs_one_request(cloud: LocalCloud, clock: Clock) -> None:
    handler = handler_for(cloud, clock, cloud.url, 120, **PAUSED)
    event = event_for("a.mp4", put(cloud, "a.mp4", b"film"), 4)
    before = requests(cloud)
    handler(event)
    assert requests(cloud) - before == Counter({"PutObject": 1})


def test_another_task_cannot_be_ordered_during_a_pause(cloud: LocalCloud, clock: Clock) -> None:
    upload(cloud, handler_for(cloud, clock, cloud.url), "a.mp4")
    again: dict[str, Any] = {"videos": ["oss://my-videos/a.mp4"], "force": True}
    with pytest.raises(VideosFailed, match="paused"):
        handler_for(cloud, clock, cloud.url, 120, **PAUSED)(again, request_id="another")
    assert sum(tasks(cloud).values()) == 1


def test_a_deferred_upload_that_is_not_written_down_is_delivered_again(cloud: LocalCloud, clock: Clock) -> None:
    handler = handler_for(cloud, clock, cloud.url, 120, **PAUSED)
    cloud.faults.add("oss:PutObject:error=403/AccessDenied:times=1")
    with pytest.raises(VideosFailed):
        upload(cloud, handler, "a.mp4")
    assert upload(cloud, handler, "b.mp4") == "deferred"


def test_a_day_has_no_more_tasks_than_it_may(cloud: LocalCloud, clock: Clock) -> None:
    limit = {"MAX_TASKS_PER_DAY": "7"}
    handlers = [handler_for(cloud, clock, cloud.url, 120, **limit) for _ in range(3)]
    keys = [f"{number}.mp4" for number in range(15)]
    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(lambda n: upload(cloud, handlers[n % 3], keys[n]), range(15)))
    assert Counter(outcomes) == Counter({"submitted": 7, "deferred": 8})
    assert sum(tasks(cloud).values()) == 7
    run = collector_for(cloud, None, **limit)()
    assert sum(tasks(cloud).values()) == 7
    assert len(waiting(cloud)) == 8
    assert run["left"] + run["deferred"] == 15


def test_the_next_day_goes_on(cloud: LocalCloud, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    limit = {"MAX_TASKS_PER_DAY": "2"}
    handler = handler_for(cloud, clock, cloud.url, 120, **limit)
    assert [upload(cloud, handler, f"{n}.mp4") for n in range(3)] == ["submitted", "submitted", "deferred"]
    collect = collector_for(cloud, None, **limit)
    collect()
    assert sum(tasks(cloud).values()) == 2
    monkeypatch.setattr("handler.gate._today", lambda: "2199-01-01")
    collect()
    assert sum(tasks(cloud).values()) == 3
    assert waiting(cloud) == []
    days = [entry.key for entry in cloud.oss.store.list(RECORDS, "gif-tasks/.days/")]
    assert len(days) == 2


def test_what_was_counted_yesterday_is_not_given_back_today(
    cloud: LocalCloud, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is refused after midnight, while another one is made: a third would be one too many for that day."""
    handler = handler_for(cloud, clock, cloud.url, MAX_TASKS_PER_DAY="2")
    service = handler.app._submitter._service

    def refused_after_midnight(*_: Any) -> NoReturn:
        monkeypatch.undo()
        monkeypatch.setattr("handler.gate._today", lambda: "2199-01-01")
        assert upload(cloud, handler, "meanwhile.mp4") == "submitted"
        raise RequestRejected("refused")

    monkeypatch.setattr(service, "create", refused_after_midnight)
    with pytest.raises(VideosFailed):
        upload(cloud, handler, "refused.mp4")
    assert [upload(cloud, handler, f"{number}.mp4") for number in range(2)] == ["submitted", "deferred"]
    assert sum(tasks(cloud).values()) == 2


def test_only_what_may_have_made_a_task_counts(cloud: LocalCloud, clock: Clock) -> None:
    handler = handler_for(cloud, clock, cloud.url, MAX_TASKS_PER_DAY="2")
    assert upload(cloud, handler, "a.mp4") == "submitted"
    assert upload(cloud, handler, "a.mp4") == "already_submitted"
    cloud.faults.add("multimediaai:CreateGifTask:error=400/InvalidParameter:times=1")
    with pytest.raises(VideosFailed):
        upload(cloud, handler, "b.mp4")
    assert upload(cloud, handler, "c.mp4") == "submitted"
    assert upload(cloud, handler, "d.mp4") == "deferred"


def test_a_task_that_may_have_been_made_counts(cloud: LocalCloud, clock: Clock) -> None:
    handler = handler_for(cloud, clock, cloud.url, MAX_TASKS_PER_DAY="2")
    cloud.faults.add("multimediaai:CreateGifTask:reset_after:times=1")
    with pytest.raises(VideosFailed):
        upload(cloud, handler, "a.mp4")
    assert [upload(cloud, handler, f"{name}.mp4") for name in "bc"] == ["submitted", "deferred"]
    assert sum(tasks(cloud).values()) == 2


def test_each_setting_needs_the_collector(cloud: LocalCloud, clock: Clock) -> None:
    for setting in (PAUSED, {"MAX_TASKS_PER_DAY": "5"}):
        with pytest.raises(SettingsError, match="needs COLLECT=on"):
            handler_for(cloud, clock, cloud.url, 120, COLLECT="off", **setting)
