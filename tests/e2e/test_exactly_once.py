"""Exactly one task, whatever happens: duplicates, deaths, lost answers, frozen instances."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import alibabacloud_oss_v2 as oss
import pytest

from handler.errors import VideosFailed
from handler.video import Video
from harness.cloud import LocalCloud
from tests.clock import Clock
from tests.e2e.handling import AFTER_A_SHORT_LEASE, SHORT, Handler, deliver_until_done
from tests.e2e.uploads import (
    EVENT,
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


def event_for_all(count: int) -> dict[str, Any]:
    return {"events": [record for number in range(count) for record in event_for(f"{number}.mp4")["events"]]}


def test_a_new_video_gets_its_task_and_its_record(cloud: LocalCloud, make_handler: Callable[..., Handler]) -> None:
    (result,) = make_handler()(EVENT)
    assert result["outcome"] == "submitted"
    assert task_ids(cloud) == [result["task_id"]]
    assert result["record"] == f"oss://{RECORDS}/{RECORD}"
    claimed, submitted = read_record(cloud, RECORD)
    assert claimed["status"] == "claimed"
    assert submitted["status"] == "submitted"
    assert submitted["task_id"] == result["task_id"]
    assert submitted["video"] == f"oss://{VIDEOS}/clip.mp4"
    assert submitted["etag"] == "5D41402ABC4B2A76B9719D911017C592"
    assert submitted["application_id"] == "an-application"
    (task,) = cloud.multimediaai.tasks.list()
    assert task.video_name == submitted["video_name"]


def test_fifty_deliveries_at_once_make_one_task(cloud: LocalCloud, make_handler: Callable[..., Handler]) -> None:
    handlers = [make_handler() for _ in range(50)]
    with ThreadPoolExecutor(50) as pool:
        results = [result for (result,) in pool.map(lambda handler: handler(EVENT), handlers)]
    assert task_ids(cloud) == [results[0]["task_id"]]
    assert {result["task_id"] for result in results} == {results[0]["task_id"]}
    assert sorted({str(result["outcome"]) for result in results}) == ["already_submitted", "submitted"]
    assert statuses(cloud) == ["claimed", "submitted"]


@pytest.mark.parametrize(("collect", "beside"), [("off", []), ("on", ["PutObject"])])
def test_requests_are_three_for_a_new_video_and_two_for_a_known_one(
    cloud: LocalCloud, make_handler: Callable[..., Handler], collect: str, beside: list[str]
) -> None:
    handler = make_handler(COLLECT=collect)
    handler(EVENT)
    first, *both, last = (entry.fields["operation"] for entry in cloud.journal.entries("request"))
    assert (first, sorted(both), last) == ("AppendObject", ["CreateGifTask", *beside], "AppendObject")
    cloud.journal.clear()
    handler(EVENT)
    operations = [entry.fields["operation"] for entry in cloud.journal.entries("request")]
    assert operations == ["AppendObject", "GetObject"]
    cloud.journal.clear()
    handler(event_for("notes.txt"))
    assert cloud.journal.entries("request") == []


def test_a_new_version_of_the_video_gets_a_task_of_its_own(
    cloud: LocalCloud, make_handler: Callable[..., Handler]
) -> None:
    handler = make_handler()
    first, second = handler(EVENT)[0], handler(event_for("clip.mp4", etag="OTHER"))[0]
    assert first["task_id"] != second["task_id"]
    assert len(records(cloud)) == 2


@pytest.mark.parametrize("operation", ["AppendObject", "CreateGifTask"])
@pytest.mark.parametrize(
    "fault",
    [
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
    ],
)
def test_no_fault_makes_a_second_task_or_loses_the_first(
    cloud: LocalCloud, make_handler: Callable[..., Handler], operation: str, fault: str
) -> None:
    service = "multimediaai" if operation == "CreateGifTask" else "oss"
    cloud.faults.add(f"{service}:{operation}:{fault}")
    result = deliver_until_done(make_handler(**SHORT))
    assert task_ids(cloud) == [result["task_id"]]
    assert read_record(cloud, RECORD)[-1]["task_id"] == result["task_id"]


def test_a_lost_answer_is_on_record_as_unknown_and_its_task_is_adopted(
    cloud: LocalCloud, make_handler: Callable[..., Handler]
) -> None:
    cloud.faults.add("multimediaai:CreateGifTask:reset_after:nth=1")
    handler = make_handler(**SHORT)
    with pytest.raises(VideosFailed, match="OutcomeUnknown"):
        handler(EVENT)
    assert statuses(cloud) == ["claimed", "unknown"]
    (result,) = handler(EVENT)
    assert result["outcome"] == "adopted"
    assert task_ids(cloud) == [result["task_id"]]
    lines = read_record(cloud, RECORD)
    assert lines[-1]["adopted"] is True
    assert lines[-1]["takes_over"] == [lines[0]["claim"]]


def test_an_attempt_that_was_held_up_gives_up_before_it_submits(
    cloud: LocalCloud, make_handler: Callable[..., Handler]
) -> None:
    cloud.faults.add("oss:AppendObject:latency=2:nth=1")
    handler = make_handler(**SHORT)
    with pytest.raises(VideosFailed, match="LeaseTooShort"):
        handler(EVENT)
    assert task_ids(cloud) == []
    assert handler(EVENT)[0]["outcome"] == "submitted"
    assert len(task_ids(cloud)) == 1


def held_up_before_its_record(
    cloud: LocalCloud, clock: Clock, make_handler: Callable[..., Handler]
) -> tuple[Future[dict[str, object]], Future[dict[str, object]]]:
    """An attempt whose record takes longer than its lease, and the one that takes over meanwhile."""
    fault = cloud.faults.add("oss:AppendObject:latency=3:nth=2")
    with ThreadPoolExecutor(2) as pool:
        slow = pool.submit(lambda: make_handler(**SHORT)(EVENT)[0])
        until = time.monotonic() + 10
        while not fault.hits and time.monotonic() < until:
            time.sleep(0.01)
        clock.ahead += AFTER_A_SHORT_LEASE
        return slow, pool.submit(lambda: make_handler(**SHORT)(EVENT)[0])


def test_one_whose_task_was_adopted_meanwhile_agrees(
    cloud: LocalCloud, clock: Clock, make_handler: Callable[..., Handler]
) -> None:
    slow, other = (attempt.result() for attempt in held_up_before_its_record(cloud, clock, make_handler))
    assert other["outcome"] == "adopted"
    assert slow["task_id"] == other["task_id"]
    assert task_ids(cloud) == [other["task_id"]]
    assert statuses(cloud) == ["claimed", "claimed", "submitted"]


def test_a_task_that_no_record_names_is_named_in_the_log(
    cloud: LocalCloud, clock: Clock, make_handler: Callable[..., Handler], capfd: pytest.CaptureFixture[str]
) -> None:
    """The only way to it: the record is held up, and Multimedia AI does not list the task."""
    cloud.faults.add("multimediaai:ListTasks:error=403/Forbidden.RAM")
    slow, taken_over = held_up_before_its_record(cloud, clock, make_handler)
    other = taken_over.result()
    orphan = next(task_id for task_id in task_ids(cloud) if task_id != other["task_id"])
    with pytest.raises(VideosFailed, match=f"OrphanedTask: .*task {orphan} was created"):
        slow.result()
    line = next(
        line
        for line in map(json.loads, capfd.readouterr().out.splitlines())
        if "without a record" in line["message"]
    )
    assert (line["level"], line["task_id"]) == ("ERROR", orphan)
    assert read_record(cloud, RECORD)[-1]["task_id"] == other["task_id"]


def test_a_task_that_another_attempt_may_still_find_is_no_alarm(
    cloud: LocalCloud, clock: Clock, make_handler: Callable[..., Handler], capfd: pytest.CaptureFixture[str]
) -> None:
    """That one has taken over, and could not look for it yet."""
    cloud.faults.add("multimediaai:ListTasks:error=500/InternalError")
    slow, other = held_up_before_its_record(cloud, clock, make_handler)
    (task_id,) = task_ids(cloud)
    with pytest.raises(VideosFailed, match="nothing was sent, for the task may exist"):
        other.result()
    with pytest.raises(
        VideosFailed, match=f"RecordNotWritten: .*task {task_id} was created.*taken the video over"
    ):
        slow.result()
    lines = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert [(line["level"], line["task_id"]) for line in lines if "task_id" in line] == [("WARNING", task_id)]
    cloud.faults.clear()
    (result,) = make_handler()(EVENT)
    assert (result["outcome"], result["task_id"]) == ("adopted", task_id)


def test_a_refusal_is_on_record_and_the_next_delivery_tries_again(
    cloud: LocalCloud, make_handler: Callable[..., Handler]
) -> None:
    cloud.faults.add("multimediaai:CreateGifTask:error=401/BalanceNotEnough:nth=1")
    handler = make_handler()
    with pytest.raises(VideosFailed, match=r"BalanceNotEnough: .*top up the account"):
        handler(EVENT)
    failed = read_record(cloud, RECORD)[-1]
    assert (failed["status"], failed["code"], failed["retryable"]) == ("failed", "BalanceNotEnough", False)
    assert failed["api_request_id"]
    assert handler(EVENT)[0]["outcome"] == "submitted"
    # A refusal for sure leaves nothing to look for.
    assert "ListTasks" not in [entry.fields["operation"] for entry in cloud.journal.entries("request")]


def test_an_event_and_a_persons_request_for_the_same_upload_are_one(
    cloud: LocalCloud, make_handler: Callable[..., Handler]
) -> None:
    etag = cloud.oss.store.put(VIDEOS, "clip.mp4", b"hello").etag
    handler = make_handler()
    handler(event_for("clip.mp4", etag=etag))
    (result,) = handler({"videos": [f"oss://{VIDEOS}/clip.mp4"]})
    assert result["outcome"] == "already_submitted"


def test_a_missing_video_is_said_to_be_missing(make_handler: Callable[..., Handler]) -> None:
    with pytest.raises(VideosFailed, match=r"VideoNotFound: HeadObject oss://my-videos/no\.mp4"):
        make_handler()({"videos": ["oss://my-videos/no.mp4"]})
    with pytest.raises(VideosFailed, match=r"no-such-bucket.*(NoSuchBucket|AccessDenied)"):
        make_handler()({"videos": ["oss://no-such-bucket/clip.mp4"]})


def test_one_bad_video_does_not_stop_the_others(cloud: LocalCloud, make_handler: Callable[..., Handler]) -> None:
    cloud.oss.store.put(VIDEOS, "clip.mp4", b"hello")
    with pytest.raises(VideosFailed) as caught:
        make_handler()({"videos": ["oss://my-videos/no.mp4", "oss://my-videos/clip.mp4", "nonsense"]})
    assert [video for video, _ in caught.value.failures] == ["oss://my-videos/no.mp4", "videos[2]"]
    assert len(task_ids(cloud)) == 1


def test_a_fault_of_ours_in_one_video_does_not_stop_the_others(
    cloud: LocalCloud, make_handler: Callable[..., Handler], monkeypatch: pytest.MonkeyPatch
) -> None:
    def name(video: Video) -> str:
        if video.key == "0.mp4":
            raise ZeroDivisionError
        return video.key

    monkeypatch.setattr("handler.multimediaai.video_name", name)
    with pytest.raises(VideosFailed, match=r"0\.mp4: UnexpectedError: unexpected ZeroDivisionError"):
        make_handler()(event_for_all(30))
    assert len(task_ids(cloud)) == 29


def test_a_video_for_which_no_time_is_left_is_done_by_the_next_delivery(
    cloud: LocalCloud, make_handler: Callable[..., Handler]
) -> None:
    handler = make_handler(timeout=5, **SHORT)
    cloud.faults.add("multimediaai:CreateGifTask:latency=0.2")
    with pytest.raises(VideosFailed, match="OutOfTime"):
        handler(event_for_all(80))
    assert 0 < len(task_ids(cloud)) < 80
    cloud.faults.clear()
    assert {result["outcome"] for result in handler(event_for_all(80))} == {"submitted", "already_submitted"}
    assert len(task_ids(cloud)) == 80


def test_a_cdn_gives_the_address_of_the_video(cloud: LocalCloud, make_handler: Callable[..., Handler]) -> None:
    make_handler(VIDEO_URL_BASE="https://cdn.example/v/")(event_for("视频/a+b 100%.mp4"))
    (task,) = cloud.multimediaai.tasks.list()
    assert task.video_url == "https://cdn.example/v/%E8%A7%86%E9%A2%91/a%2Bb%20100%25.mp4"


def test_a_symlink_has_no_size_of_its_own(cloud: LocalCloud, make_handler: Callable[..., Handler]) -> None:
    upload(cloud, "film.bin")
    link = oss.PutSymlinkRequest(bucket=VIDEOS, key="link.mp4", symlink_target="film.bin")
    owner_client(cloud).put_symlink(link)
    assert cloud.fc.drain(60)
    event = event_for("link.mp4")
    event["events"][0]["eventName"] = "ObjectCreated:PutSymlink"
    del event["events"][0]["oss"]["object"]["size"]
    assert make_handler()(event)[0]["outcome"] == "submitted"
