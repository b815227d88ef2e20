"""A service that is away for longer than an SDK has patience, and what is said when no time is left."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from handler.advice import WITHOUT_ANOTHER
from handler.errors import VideosFailed
from harness.cloud import LocalCloud
from tests.e2e.handling import SHORT, Handler
from tests.e2e.uploads import EVENT, RECORD, read_record, statuses, task_ids

#: The SDK makes three tries in two seconds; ten seconds of outage are about so many of ours.
TRIES = 12


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FIRST_BACKOFF_SECONDS", "MAX_BACKOFF_SECONDS"):
        monkeypatch.setattr(f"handler.storage.{name}", 0.005)


@pytest.mark.parametrize("before", [0, 1])
@pytest.mark.parametrize(
    "fault",
    ["reset", "reset_after", "error=503/ServiceUnavailable", "throttle", "page=403", "page_after=200", "page=404"],
)
def test_one_delivery_survives_an_outage_of_oss(
    cloud: LocalCloud, make_handler: Callable[..., Handler], before: int, fault: str
) -> None:
    """While the claim is written, or the record."""
    if before:
        cloud.faults.add("oss:AppendObject:latency=0:times=1")
    cloud.faults.add(f"oss:*:{fault}:times={TRIES}")
    (result,) = make_handler()(EVENT)
    assert (result["outcome"], task_ids(cloud)) == ("submitted", [result["task_id"]])
    assert statuses(cloud) == ["claimed", "submitted"]


def test_the_lease_does_not_run_while_oss_is_away(
    cloud: LocalCloud, make_handler: Callable[..., Handler], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the log did not show when it could be read again cannot have been applied before."""
    for name in ("FIRST_BACKOFF_SECONDS", "MAX_BACKOFF_SECONDS"):
        monkeypatch.setattr(f"handler.storage.{name}", 0.15)
    cloud.faults.add(f"oss:*:reset:times={TRIES}")
    assert make_handler(CLAIM_LEASE_SECONDS="1")(EVENT)[0]["outcome"] == "submitted"
    assert statuses(cloud) == ["claimed", "submitted"]


def test_a_video_that_a_person_names_is_asked_for_until_oss_is_back(
    cloud: LocalCloud, make_handler: Callable[..., Handler]
) -> None:
    cloud.oss.store.put("my-videos", "clip.mp4", b"hello")
    cloud.faults.add(f"oss:HeadObject:error=503/ServiceUnavailable:times={TRIES}")
    assert make_handler()({"videos": ["oss://my-videos/clip.mp4"]})[0]["outcome"] == "submitted"


def test_an_outage_is_not_waited_for_when_the_invocation_has_no_time_for_it(
    cloud: LocalCloud, make_handler: Callable[..., Handler]
) -> None:
    cloud.faults.add("oss:*:reset")
    with pytest.raises(VideosFailed, match=r"StorageError: .*OSS could not be reached"):
        make_handler(timeout=4, CLAIM_LEASE_SECONDS="1")(EVENT)
    assert task_ids(cloud) == []


@pytest.mark.parametrize("code", ["SecurityTokenExpired", "AccessDenied"])
def test_what_cannot_get_better_within_the_invocation_is_not_tried_again(
    cloud: LocalCloud, make_handler: Callable[..., Handler], code: str
) -> None:
    fault = cloud.faults.add(f"oss:*:error=403/{code}")
    with pytest.raises(VideosFailed, match=code):
        make_handler()(EVENT)
    assert fault.hits == 1


def test_a_task_whose_record_cannot_be_written_is_no_alarm_for_the_next_delivery_mends_it(
    cloud: LocalCloud, make_handler: Callable[..., Handler], capfd: pytest.CaptureFixture[str]
) -> None:
    cloud.faults.add("oss:AppendObject:error=403/AccessDenied:nth=2")
    handler = make_handler(**SHORT)
    with pytest.raises(VideosFailed, match=r"RecordNotWritten: .*could not be recorded: AppendObject") as caught:
        handler(EVENT)
    (task_id,) = task_ids(cloud)
    assert f"task {task_id} was created" in str(caught.value)
    assert WITHOUT_ANOTHER in str(caught.value)
    lines = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert [(line["level"], line["task_id"]) for line in lines if "task_id" in line] == [("WARNING", task_id)]
    assert "OrphanedTask" not in json.dumps(lines)
    (result,) = handler(EVENT)
    assert (result["outcome"], result["task_id"]) == ("adopted", task_id)
    assert read_record(cloud, RECORD)[-1]["task_id"] == task_id
