"""How it goes, in one look: counts, reasons for a person, and few requests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from harness.cloud import LocalCloud
from tests.e2e.collecting import GIF, fail, succeed, url_of
from tests.ops.running import Ran
from tests.ops.stock import finish, keys
from tests.ops.telling import entry
from tests.ops.uploading import COLLECT, SUBMIT, collect, upload_all

Gifs = Callable[..., Ran]


def requests(cloud: LocalCloud) -> dict[str, int]:
    sent = [entry.fields for entry in cloud.journal.entries("request")]
    operations = [str(each["operation"]) for each in sent]
    return {name: operations.count(name) for name in operations}


def test_nothing_to_do_is_said_first(gifs: Gifs, cloud: LocalCloud) -> None:
    ran = gifs("status")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines()[0] == "Nothing needs a person."
    assert f"{SUBMIT} is deployed, {COLLECT} is deployed" in ran.out
    document = gifs("status", "--json").document
    assert (document["needs_a_person"], document["pending"], document["dead_letters"]) == (False, 0, 0)


def test_what_was_finished_and_what_failed_is_counted_from_the_log(gifs: Gifs, cloud: LocalCloud) -> None:
    upload_all(cloud, "a.mp4", "b.mp4", "c.mp4")
    assert gifs("status", "--json").document["pending"] == 3
    succeed(cloud, url_of(cloud, "result.gif", GIF))
    fail(cloud, error_code="1000", error_reason="no film")
    collect(cloud)
    collect(cloud)
    ran = gifs("status", "--json")
    assert ran.code == 1
    document = ran.document
    assert document["pending"] == 1
    assert document["finished"] == {"hour": 1, "day": 1, "week": 1}
    assert document["failed"] == {"hour": 1, "day": 1, "week": 1}
    assert document["last_run"]
    (newest,) = document["newest_dead_letters"]
    assert (newest["reason"], len(newest["videos"])) == ("no film", 1)
    shown = gifs("status").out
    assert shown.splitlines()[0] == "1 in .failed/"
    assert "finished   1 in the last day" in shown
    assert "1000: no film" in shown


def test_it_takes_the_same_few_requests_however_many_records_there_are(gifs: Gifs, cloud: LocalCloud) -> None:
    finish(cloud, keys(2500))
    for number in range(30):
        entry(cloud, ".failed/", f"{number:032x}", at=1_773_200_000.0 + number, reason=f"reason {number}")
    cloud.journal.clear()
    ran = gifs("status", "--json")
    assert requests(cloud) == {"ListObjectsV2": 2, "GetObject": 5, "GetLogsV2": 1, "GetFunction": 2}
    assert ran.document["dead_letters"] == 30
    assert [each["reason"] for each in ran.document["newest_dead_letters"]] == [
        f"reason {number}" for number in (29, 28, 27, 26, 25)
    ]


@pytest.mark.parametrize(("seconds", "code"), [(3500, 0), (3700, 1)])
def test_what_is_pending_for_an_hour_needs_a_person(
    gifs: Gifs, cloud: LocalCloud, seconds: int, code: int
) -> None:
    now = cloud.options.clock()
    entry(cloud, ".pending/", "0" * 32, at=now - seconds)
    entry(cloud, ".pending/", "1" * 32, at=now)
    ran = gifs("status", "--json")
    assert ran.code == code
    assert ran.document["pending"] == 2
    assert abs(ran.document["oldest_pending_seconds"] - seconds) < 60


def test_a_dead_letter_is_named_by_its_videos_or_its_request(gifs: Gifs, cloud: LocalCloud) -> None:
    videos = [f"oss://my-videos/{number}.mp4" for number in range(5)]
    for name, event in {"a-1": {"videos": videos}, "a-2": "not JSON"}.items():
        entry(cloud, ".failed/", name, video=None, condition="EventAgeExceeded", request_id=name, event=event)
    shown = gifs("status").out
    assert "oss://my-videos/2.mp4 and 2 more" in shown
    assert "an event of request a-2" in shown


def test_a_function_that_is_not_deployed_needs_a_person(gifs: Gifs, cloud: LocalCloud) -> None:
    cloud.fc.remove_function(COLLECT)
    ran = gifs("status")
    assert (ran.code, ran.out.splitlines()[0]) == (1, f"{COLLECT} is not deployed")


@pytest.mark.parametrize(
    ("fault", "name", "code"),
    [
        ("sls:GetLogsV2:error=404/ProjectNotExist", "log", 0),
        ("sls:GetLogsV2:error=400/IndexConfigNotExist", "log", 0),
        ("sls:GetLogsV2:reset", "log", 3),
        ("fc:GetFunction:reset", SUBMIT, 3),
    ],
)
def test_what_cannot_be_asked_is_not_known(
    gifs: Gifs, cloud: LocalCloud, fault: str, name: str, code: int
) -> None:
    cloud.faults.add(fault)
    ran = gifs("status")
    assert (ran.code, ran.out.splitlines()[0]) == (code, "Nothing needs a person, as far as is known.")
    assert "not known" in ran.out
    document: dict[str, Any] = gifs("status", "--json").document
    assert name in document["not_known"]
    assert (document["finished"] is None) == (name == "log")
