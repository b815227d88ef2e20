"""The collector against the local cloud: every pending entry comes to one of two ends."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from handler.errors import VideosFailed
from harness.cloud import LocalCloud
from harness.multimediaai.tasks import TaskStatus
from tests.clock import Clock
from tests.e2e.handling import Handler
from tests.e2e.uploads import RECORDS, VIDEOS, event_for, records, task_ids

from .collecting import FAILED, GIF, PENDING, collector_for, fail, listed, operations, put, succeed, url_of

KEY = "gifs/my-videos/clip.mp4.gif"


def submit(cloud: LocalCloud, handler: Handler, content: bytes = b"film", key: str = "clip.mp4") -> None:
    handler(event_for(key, put(cloud, key, content), len(content)))


def stored(cloud: LocalCloud, key: str = KEY) -> bytes:
    return bytes(cloud.oss.store.get(RECORDS, key))


def ends(cloud: LocalCloud) -> list[str]:
    return sorted(str(lines[-1]["status"]) for lines in records(cloud).values())


def test_a_gif_comes_back_in_seven_requests_and_an_idle_run_is_one(
    cloud: LocalCloud, make_handler: Callable[..., Handler]
) -> None:
    submit(cloud, make_handler())
    collect = collector_for(cloud)
    assert collect()["left"] == 1
    succeed(cloud, url_of(cloud, "result.gif", GIF))
    cloud.journal.clear()
    assert collect()["finished"] == 1
    made = operations(cloud)
    assert made.pop(0) == "ListObjectsV2"
    assert len(made) <= 7, made
    (lines,) = records(cloud).values()
    finished = lines[-1]
    assert (finished["status"], finished["gif"]) == ("finished", f"oss://{RECORDS}/{KEY}")
    assert (finished["bytes"], finished["content_type"]) == (len(GIF), "image/gif")
    assert stored(cloud) == GIF
    assert (listed(cloud, PENDING), listed(cloud, FAILED)) == ([], [])
    cloud.journal.clear()
    assert collect()["pending"] == 0
    assert operations(cloud) == ["ListObjectsV2"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"<!DOCTYPE html><p>404</p>", "ResultUnusable"),
        (b'{"Results": "http://127.0.0.1:1/x.gif"}', "ResultUnusable"),
        (b"http://169.254.169.254/latest", "ResultUnusable"),
        (None, "ResultUnusable"),
    ],
)
def test_what_is_not_a_gif_needs_a_person(
    cloud: LocalCloud, make_handler: Callable[..., Handler], content: bytes | None, code: str
) -> None:
    submit(cloud, make_handler())
    succeed(cloud, "" if content is None else url_of(cloud, "result.txt", content))
    collect = collector_for(cloud)
    assert collect()["failed"] == 1
    assert [entry["code"] for entry in listed(cloud, FAILED)] == [code]
    assert (ends(cloud), listed(cloud, PENDING), collect()["pending"]) == (["task_failed"], [], 0)


def test_a_text_is_kept_beside_the_image_that_it_leads_to(
    cloud: LocalCloud, make_handler: Callable[..., Handler]
) -> None:
    submit(cloud, make_handler())
    text = b'[{"Url": "' + url_of(cloud, "result.gif", GIF).replace("/", "\\/").encode() + b'"}]'
    succeed(cloud, url_of(cloud, "result.txt", text))
    assert collector_for(cloud)()["finished"] == 1
    assert (stored(cloud), stored(cloud, f"{KEY}.txt")) == (GIF, text)


def test_a_task_that_failed_says_why(cloud: LocalCloud, make_handler: Callable[..., Handler]) -> None:
    submit(cloud, make_handler())
    fail(cloud, error_code="1000", error_name="Download fail", error_reason="no video")
    assert collector_for(cloud)()["failed"] == 1
    (entry,) = listed(cloud, FAILED)
    assert (entry["code"], entry["reason"], entry["video"]) == ("1000", "no video", f"oss://{VIDEOS}/clip.mp4")
    assert (ends(cloud), listed(cloud, PENDING)) == (["task_failed"], [])


def test_an_expired_url_is_asked_for_anew_and_for_ever_is_given_up(
    cloud: LocalCloud, make_handler: Callable[..., Handler], clock: Clock
) -> None:
    submit(cloud, make_handler())
    succeed(cloud, f"{cloud.url}/{RECORDS}/nothing.gif")
    collect = collector_for(cloud, GIVE_UP_AFTER_HOURS="0.1")
    assert collect()["left"] == 1
    clock.ahead += 600
    assert collect()["given_up"] == 1
    assert [entry["code"] for entry in listed(cloud, FAILED)] == ["GivenUp"]


def test_the_gif_is_that_of_what_the_key_holds(cloud: LocalCloud, make_handler: Callable[..., Handler]) -> None:
    handler, collect = make_handler(), collector_for(cloud)
    first, second = GIF + b"A", GIF + b"B"
    submit(cloud, handler, b"A")
    submit(cloud, handler, b"B")  # the newer upload's task ends first
    a = cloud.multimediaai.tasks.take(lambda: False)
    succeed(cloud, url_of(cloud, "b.gif", second))
    assert collect()["finished"] == 1
    assert stored(cloud) == second
    assert a is not None
    url = url_of(cloud, "a.gif", first)
    cloud.multimediaai.tasks.end(a.task_id, TaskStatus.SUCCEEDED, result_url=url)
    assert collect()["finished"] == 1
    assert stored(cloud) == second
    collect()
    submit(cloud, handler, b"A")
    collect()
    assert (stored(cloud), listed(cloud, PENDING)) == (first, [])
    assert len(task_ids(cloud)) == 2


@pytest.mark.parametrize(
    "operation",
    ["oss:PutObject", "oss:AppendObject", "oss:DeleteObject", "multimediaai:GetTaskResult", "oss:GetObject"],
)
@pytest.mark.parametrize("kind", ["error=403/AccessDenied", "reset_after"])
def test_stopped_anywhere_and_run_again_it_ends_the_same(
    cloud: LocalCloud, make_handler: Callable[..., Handler], operation: str, kind: str
) -> None:
    submit(cloud, make_handler())
    succeed(cloud, url_of(cloud, "result.gif", GIF))
    cloud.faults.add(f"{operation}:{kind}:times=1")
    collector_for(cloud)()
    collector_for(cloud)()
    assert (stored(cloud), listed(cloud, PENDING), listed(cloud, FAILED)) == (GIF, [], [])
    assert [line["status"] for lines in records(cloud).values() for line in lines].count("finished") == 1


def test_two_collectors_at_once_end_as_one(cloud: LocalCloud, make_handler: Callable[..., Handler]) -> None:
    submit(cloud, make_handler())
    succeed(cloud, url_of(cloud, "result.gif", GIF))
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda collect: collect(), [collector_for(cloud), collector_for(cloud)]))
    collector_for(cloud)()
    assert (stored(cloud), listed(cloud, PENDING)) == (GIF, [])
    assert [line["status"] for lines in records(cloud).values() for line in lines].count("finished") == 1


def test_what_was_not_submitted_is_submitted_again(
    cloud: LocalCloud, make_handler: Callable[..., Handler], clock: Clock
) -> None:
    cloud.faults.add("multimediaai:CreateGifTask:page=503:times=1")
    with pytest.raises(VideosFailed):
        submit(cloud, make_handler())
    clock.ahead += 60
    assert collector_for(cloud)()["resubmitted"] == 1
    assert len(task_ids(cloud)) == 1
    succeed(cloud, url_of(cloud, "result.gif", GIF))
    assert collector_for(cloud)()["finished"] == 1
    assert (stored(cloud), listed(cloud, PENDING)) == (GIF, [])


def test_what_is_refused_for_good_needs_a_person(cloud: LocalCloud, make_handler: Callable[..., Handler]) -> None:
    cloud.faults.add("multimediaai:CreateGifTask:error=401/BalanceNotEnough:times=1")
    with pytest.raises(VideosFailed):
        submit(cloud, make_handler())
    assert collector_for(cloud)()["failed"] == 1
    assert [entry["code"] for entry in listed(cloud, FAILED)] == ["BalanceNotEnough"]
