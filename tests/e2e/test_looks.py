"""How often ListTasks is asked when many need it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from handler.errors import VideosFailed
from harness.cloud import LocalCloud
from tests.clock import Clock
from tests.e2e.handling import Handler
from tests.e2e.uploads import event_for, records, task_ids

pytestmark = pytest.mark.slow

#: Their tasks are on two pages.
VIDEOS = 60
KEYS = [f"batch/{number}.mp4" for number in range(VIDEOS)]
ALL = {"events": [record for key in KEYS for record in event_for(key)["events"]]}
LEASE = {"CLAIM_LEASE_SECONDS": "4"}
AFTER_THE_LEASE = 6.0


def looks(cloud: LocalCloud) -> int:
    return [entry.fields["operation"] for entry in cloud.journal.entries("request")].count("ListTasks")


def check_all(cloud: LocalCloud) -> None:
    lines = [history[-1] for history in records(cloud).values()]
    assert [line["status"] for line in lines] == ["submitted"] * VIDEOS
    assert sorted(line["task_id"] for line in lines) == task_ids(cloud)


#: Each with each of the others.
@pytest.mark.parametrize(
    ("fault", "newest_first", "create_time"),
    [
        ("reset", True, "iso"),
        ("reset", False, "date"),
        ("reset_after", True, "date"),
        ("reset_after", False, "iso"),
    ],
)
def test_all_of_an_event_share_one_look(
    cloud: LocalCloud,
    clock: Clock,
    make_handler: Callable[..., Handler],
    newest_first: bool,
    create_time: str,
    fault: str,
) -> None:
    cloud.multimediaai.list_newest_first, cloud.multimediaai.create_time_format = newest_first, create_time
    handler = make_handler(**LEASE)
    cloud.faults.add(f"multimediaai:CreateGifTask:{fault}:times={VIDEOS}")
    with pytest.raises(VideosFailed, match=f"{VIDEOS} of {VIDEOS} failed"):
        handler(ALL)
    clock.ahead += AFTER_THE_LEASE
    expected = "adopted" if fault == "reset_after" else "submitted"
    assert {result["outcome"] for result in handler(ALL)} == {expected}
    check_all(cloud)
    assert looks(cloud) <= 6


def test_deliveries_one_by_one_share_what_an_earlier_one_has_seen(
    cloud: LocalCloud, clock: Clock, make_handler: Callable[..., Handler]
) -> None:
    """Each has an event of its own, half of them lose their answer, and other calls go wrong as well."""
    handlers = [make_handler(**LEASE) for _ in range(4)]
    cloud.faults.add("multimediaai:CreateGifTask:reset_after:probability=0.25:seed=3")
    cloud.faults.add("multimediaai:CreateGifTask:reset:probability=0.25:seed=4")
    cloud.faults.add("multimediaai:ListTasks:reset:probability=0.3:seed=5")
    cloud.faults.add("oss:*:reset_after:probability=0.1:seed=6")
    left = list(KEYS)

    def deliver(numbered: tuple[int, str]) -> bool:
        number, key = numbered
        app, role = handlers[number % 4].app, handlers[number % 4].role
        return attempt(Handler(app, role, Clock()), event_for(key))

    while left:
        with ThreadPoolExecutor(4) as pool:
            left = [key for key, done in zip(left, pool.map(deliver, enumerate(left)), strict=True) if not done]
        clock.ahead += AFTER_THE_LEASE
    check_all(cloud)
    assert looks(cloud) <= VIDEOS


def attempt(handler: Handler, event: dict[str, Any]) -> bool:
    with contextlib.suppress(VideosFailed):
        return bool(handler(event))
    return False
