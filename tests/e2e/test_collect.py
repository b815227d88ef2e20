"""The collector against the local cloud: every pending entry comes to one of two ends.

What takes a `cloud` is about the result that Multimedia AI gives, and about storing it. OSS's processing stores
its GIFs itself; whose they are, is in test_oss_service.py.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from handler.errors import VideosFailed
from harness.cloud import LocalCloud
from harness.multimediaai.tasks import TaskStatus
from tests.clock import Clock
from tests.e2e.handling import Handler
from tests.e2e.services import Service
from tests.e2e.uploads import RECORDS, VIDEOS, event_for, records, task_ids

from .collecting import FAILED, GIF, PENDING, collector_for, listed, operations, put, succeed, url_of

KEY = "gifs/my-videos/clip.mp4.gif"


def submit(cloud: LocalCloud, handler: Handler, content: bytes = b"film", key: str = "clip.mp4") -> None:
    handler(event_for(key, put(cloud, key, content), len(content)))


def stored(cloud: LocalCloud, key: str = KEY) -> bytes:
    return bytes(cloud.oss.store.get(RECORDS, key))


def ends(cloud: LocalCloud) -> list[str]:
    return sorted(str(lines[-1]["status"]) for lines in records(cloud).values())


def finishes(cloud: LocalCloud) -> int:
    return [line["status"] for lines in records(cloud).values() for line in lines].count("finished")


def test_a_gif_comes_back_in_so_many_requests_and_an_idle_run_is_one(service: Service) -> None:
    cloud, collect = service.cloud, service.collector()
    service.handler()(service.upload())
    assert collect()["left"] == 1
    service.succeed()
    cloud.journal.clear()
    assert collect()["finished"] == 1
    made = operations(cloud)
    assert made[0] == "ListObjectsV2"
    assert len(made) <= service.collected_in, made
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


def test_a_task_that_failed_says_why(service: Service) -> None:
    service.handler()(service.upload())
    service.fail("1000", "no video")
    assert service.collector()()["failed"] == 1
    (entry,) = listed(service.cloud, FAILED)
    assert (entry["code"], entry["reason"], entry["video"]) == ("1000", "no video", f"oss://{VIDEOS}/clip.mp4")
    assert (ends(service.cloud), listed(service.cloud, PENDING)) == (["task_failed"], [])


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
    "operation", ["PutObject", "CopyObject", "AppendObject", "DeleteObject", "GetObject", "HeadObject", "follow"]
)
@pytest.mark.parametrize("kind", ["error=403/AccessDenied", "reset_after"])
def test_stopped_anywhere_and_run_again_it_ends_the_same(service: Service, operation: str, kind: str) -> None:
    """One stores the GIF, and the other puts a stamp on it that is there."""
    cloud = service.cloud
    service.handler()(service.upload())
    service.succeed()
    is_made = operation not in service.collected_without
    fault = cloud.faults.add(f"{service.follow if operation == 'follow' else f'oss:{operation}'}:{kind}:times=1")
    service.collector()()
    assert (fault.hits > 0) == is_made
    service.collector()()
    assert (stored(cloud), listed(cloud, PENDING), listed(cloud, FAILED)) == (GIF, [], [])
    assert finishes(cloud) == 1


def test_how_long_it_took_is_on_record(service: Service) -> None:
    service.handler()(service.upload())
    service.clock.ahead += 120
    service.succeed()
    service.collector()()
    ((_, lines),) = records(service.cloud).items()
    assert 119 <= lines[-1]["task_seconds"] < 150  # OSS tells whole seconds


def test_two_collectors_at_once_end_as_one(service: Service) -> None:
    service.handler()(service.upload())
    service.succeed()
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda collect: collect(), [service.collector(), service.collector()]))
    service.collector()()
    assert (stored(service.cloud), listed(service.cloud, PENDING)) == (GIF, [])
    assert finishes(service.cloud) == 1


def test_what_was_not_submitted_is_submitted_again(service: Service) -> None:
    service.cloud.faults.add(f"{service.order}:page=503:times=1")
    with pytest.raises(VideosFailed):
        service.handler()(service.upload())
    service.clock.ahead += 60
    assert service.collector()()["resubmitted"] == 1
    assert len(service.tasks()) == 1
    service.succeed()
    assert service.collector()()["finished"] == 1
    assert (stored(service.cloud), listed(service.cloud, PENDING)) == (GIF, [])


def test_what_is_refused_for_good_needs_a_person_who_is_told_what_to_do(service: Service) -> None:
    service.cloud.faults.add(f"{service.order}:error=403/BalanceNotEnough:times=1")
    with pytest.raises(VideosFailed):
        service.handler()(service.upload())
    assert service.collector()()["failed"] == 1
    (entry,) = listed(service.cloud, FAILED)
    assert entry["code"] == "BalanceNotEnough"
    assert f"{service.order_name}: " in entry["reason"].replace(f" oss://{VIDEOS}/clip.mp4", "")
    assert entry["reason"].endswith(" → top up the account, then deliver the videos again")
