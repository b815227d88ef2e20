"""Exactly one task, whatever happens, and whichever service makes the GIFs: duplicates, lost answers, refusals.

What follows an attempt that died is in test_takeovers.py; what only one service has, at the end.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import alibabacloud_oss_v2 as oss
import pytest

from handler.app import THREADS
from handler.errors import VideosFailed
from harness.cloud import LocalCloud
from tests.e2e.collecting import operations
from tests.e2e.handling import SHORT, Handler, deliver_until_done
from tests.e2e.services import Service
from tests.e2e.uploads import (
    RECORD,
    RECORDS,
    VIDEOS,
    event_for,
    owner_client,
    read_record,
    records,
    statuses,
    task_ids,
    upload,
)

COUNT = 100


def uploads(service: Service, count: int) -> dict[str, Any]:
    """One event for all."""
    return {"events": [one for n in range(count) for one in service.upload(f"{n}.mp4")["events"]]}


def test_a_new_video_gets_its_task_and_its_record(service: Service) -> None:
    (result,) = service.handler()(service.upload())
    assert result["outcome"] == "submitted"
    assert service.tasks() == [result["task_id"]]
    assert result["record"] == f"oss://{RECORDS}/{RECORD}"
    claimed, submitted = read_record(service.cloud, RECORD)
    assert claimed["status"] == "claimed"
    assert submitted["status"] == "submitted"
    assert submitted["task_id"] == result["task_id"]
    assert submitted["video"] == f"oss://{VIDEOS}/clip.mp4"
    assert submitted["etag"] == "5D41402ABC4B2A76B9719D911017C592"
    others = {"application_id", "animation"} - service.on_record.keys()
    assert submitted.items() >= service.on_record.items()
    assert not submitted.keys() & others


def test_fifty_deliveries_at_once_make_one_task(service: Service) -> None:
    handlers, event = [service.handler() for _ in range(50)], service.upload()
    with ThreadPoolExecutor(50) as pool:
        results = [result for (result,) in pool.map(lambda handler: handler(event), handlers)]
    assert service.tasks() == [results[0]["task_id"]]
    assert {result["task_id"] for result in results} == {results[0]["task_id"]}
    assert sorted({str(result["outcome"]) for result in results}) == ["already_submitted", "submitted"]
    assert statuses(service.cloud) == ["claimed", "submitted"]


@pytest.mark.parametrize(("collect", "beside"), [("off", []), ("on", ["PutObject"])])
def test_requests_are_three_for_a_new_video_two_for_a_known_one_and_none_for_what_is_no_video(
    service: Service, collect: str, beside: list[str]
) -> None:
    handler, event, journal = service.handler(COLLECT=collect), service.upload(), service.cloud.journal
    journal.clear()
    handler(event)
    first, *both, last = operations(service.cloud)
    assert (first, sorted(both), last) == ("AppendObject", sorted([service.order_name, *beside]), "AppendObject")
    journal.clear()
    handler(event)
    assert operations(service.cloud) == ["AppendObject", "GetObject"]
    journal.clear()
    handler(event_for("notes.txt"))
    assert operations(service.cloud) == []


def test_a_new_version_of_the_video_gets_a_task_of_its_own(service: Service) -> None:
    handler = service.handler()
    first, second = handler(service.upload())[0], handler(service.upload(content=b"other"))[0]
    assert service.tasks() == [first["task_id"], second["task_id"]]
    assert len(records(service.cloud)) == 2


FAULTS = [
    "reset:nth=1",
    "reset_after:nth=1",
    "error=500/InternalError:nth=1",
    "error=503/ServiceUnavailable:times=2",
    "throttle:times=2",
    "truncate=0:nth=1",
    "truncate=10:nth=1",
    "reset:nth=2",
    "reset_after:nth=2",
    "error=500/InternalError:nth=2",
]
#: Those that take effect, and of which no answer tells.
LOST = {"reset_after:nth=1", "truncate=0:nth=1", "truncate=10:nth=1"}


@pytest.mark.parametrize("fault", FAULTS)
def test_no_fault_of_the_record_makes_a_second_task_or_loses_the_first(service: Service, fault: str) -> None:
    service.upload()
    service.cloud.faults.add(f"oss:AppendObject:{fault}")
    result = deliver_until_done(service.handler(**SHORT))
    assert service.tasks() == [result["task_id"]]
    assert read_record(service.cloud, RECORD)[-1]["task_id"] == result["task_id"]


@pytest.mark.parametrize("fault", FAULTS)
def test_no_fault_of_the_order_puts_a_second_task_on_record_or_loses_the_first(
    service: Service, fault: str
) -> None:
    """Nor makes one, but where OSS's processing has lost an order whose GIF is not there yet: it is repeated."""
    service.upload()
    service.cloud.faults.add(f"{service.order}:{fault}")
    result = deliver_until_done(service.handler(**SHORT))
    assert [line["task_id"] for line in read_record(service.cloud, RECORD) if "task_id" in line] == [
        result["task_id"]
    ]
    assert service.tasks()[-1] == result["task_id"]
    assert len(service.tasks()) == (2 if service.orders_again and fault in LOST else 1)


def test_a_refusal_is_on_record_and_the_next_delivery_tries_again(service: Service) -> None:
    service.cloud.faults.add(f"{service.order}:error=403/BalanceNotEnough:nth=1")
    handler, event = service.handler(), service.upload()
    with pytest.raises(VideosFailed, match=r"BalanceNotEnough: .*top up the account"):
        handler(event)
    failed = read_record(service.cloud, RECORD)[-1]
    assert (failed["status"], failed["code"], failed["retryable"]) == ("failed", "BalanceNotEnough", False)
    assert failed["api_request_id"]
    assert failed["hint"].startswith("top up the account")
    assert handler(event)[0]["outcome"] == "submitted"
    assert len(service.tasks()) == 1
    # A refusal for sure leaves nothing to look for.
    assert service.search.partition(":")[2] not in operations(service.cloud)


def test_an_event_and_a_persons_request_for_the_same_upload_are_one(service: Service) -> None:
    handler, event = service.handler(), service.upload()
    handler(event)
    (result,) = handler({"videos": [f"oss://{VIDEOS}/clip.mp4"]})
    assert (result["outcome"], service.tasks()) == ("already_submitted", [result["task_id"]])


def test_a_missing_video_is_said_to_be_missing(service: Service) -> None:
    with pytest.raises(VideosFailed, match=r"VideoNotFound: HeadObject oss://my-videos/no\.mp4"):
        service.handler()({"videos": ["oss://my-videos/no.mp4"]})
    with pytest.raises(VideosFailed, match=r"no-such-bucket.*(NoSuchBucket|AccessDenied)"):
        service.handler()({"videos": ["oss://no-such-bucket/clip.mp4"]})


def test_one_bad_video_does_not_stop_the_others(service: Service) -> None:
    service.upload()
    with pytest.raises(VideosFailed) as caught:
        service.handler()({"videos": ["oss://my-videos/no.mp4", "oss://my-videos/clip.mp4", "nonsense"]})
    assert [video for video, _ in caught.value.failures] == ["oss://my-videos/no.mp4", "videos[2]"]
    assert len(service.tasks()) == 1


def test_a_video_for_which_no_time_is_left_is_done_by_the_next_delivery(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    handler, event = service.handler(), uploads(service, COUNT)
    with monkeypatch.context() as patched:
        patched.setattr("handler.app.time", InvocationClock(service, tasks=20, ahead=100))
        with pytest.raises(VideosFailed, match="OutOfTime"):
            handler(event)
    # What was begun by then is ended, in as many threads as there are.
    assert 20 <= len(service.tasks()) < 20 + THREADS
    assert {result["outcome"] for result in handler(event)} == {"submitted", "already_submitted"}
    assert len(service.tasks()) == COUNT


class InvocationClock:
    """The monotonic clock of an invocation, put forward by `ahead` seconds once there are that many tasks."""

    def __init__(self, service: Service, tasks: int, ahead: float) -> None:
        self._service, self._tasks, self._ahead = service, tasks, ahead

    def monotonic(self) -> float:
        late = len(self._service.tasks()) >= self._tasks
        return time.monotonic() + (self._ahead if late else 0)


def test_a_symlink_has_no_size_of_its_own(service: Service) -> None:
    upload(service.cloud, "film.bin")
    link = oss.PutSymlinkRequest(bucket=VIDEOS, key="link.mp4", symlink_target="film.bin")
    owner_client(service.cloud).put_symlink(link)
    assert service.cloud.fc.drain(60)
    event = event_for("link.mp4")
    event["events"][0]["eventName"] = "ObjectCreated:PutSymlink"
    del event["events"][0]["oss"]["object"]["size"]
    assert service.handler()(event)[0]["outcome"] == "submitted"


def test_a_fault_of_ours_in_one_video_does_not_stop_the_others(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever it is: here in what each service makes of the video's name."""

    def name(*about: Any) -> str:
        if "0.mp4" in {about[-1], getattr(about[0], "key", "")}:
            raise ZeroDivisionError
        return "gifs/a name"

    for place in ("handler.multimediaai.video_name", "handler.oss_service.gif_key"):
        monkeypatch.setattr(place, name)
    with pytest.raises(VideosFailed, match=r"0\.mp4: UnexpectedError: unexpected ZeroDivisionError"):
        service.handler()(uploads(service, 30))
    assert len(service.tasks()) == 29


def test_a_cdn_gives_the_address_of_the_video(cloud: LocalCloud, make_handler: Callable[..., Handler]) -> None:
    """To Multimedia AI alone: OSS reads the video where it lies."""
    make_handler(VIDEO_URL_BASE="https://cdn.example/v/")(event_for("视频/a+b 100%.mp4"))
    (task,) = cloud.multimediaai.tasks.list()
    assert task.video_url == "https://cdn.example/v/%E8%A7%86%E9%A2%91/a%2Bb%20100%25.mp4"
    assert task_ids(cloud) == [task.task_id]
