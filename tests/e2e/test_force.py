"""A person's "force": a task more, and only when it was asked for."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from handler.errors import VideosFailed
from harness.cloud import LocalCloud
from tests.e2e.handling import SHORT, Handler
from tests.e2e.uploads import VIDEOS, event_for, read_record, task_ids

ASKED = {"videos": [f"oss://{VIDEOS}/clip.mp4"]}
FORCED = {**ASKED, "force": True}


def test_force_submits_again_but_its_own_retry_does_not(
    cloud: LocalCloud, make_handler: Callable[..., Handler]
) -> None:
    etag = cloud.oss.store.put(VIDEOS, "clip.mp4", b"hello").etag
    handler = make_handler()
    asked = {"videos": [f"oss://{VIDEOS}/clip.mp4"]}
    first = handler(asked, "request-1")[0]
    assert handler(asked, "request-2")[0]["outcome"] == "already_submitted"
    forced = handler({**asked, "force": True}, "request-3")[0]
    assert forced["outcome"] == "submitted"
    assert handler({**asked, "force": True}, "request-3")[0] == {**forced, "outcome": "already_submitted"}
    assert task_ids(cloud) == sorted([first["task_id"], forced["task_id"]])
    lines = read_record(cloud, f"gif-tasks/{VIDEOS}/clip.mp4/{etag}.jsonl")
    assert [line["status"] for line in lines] == ["claimed", "submitted", "claimed", "submitted"]


def test_a_task_that_is_on_record_is_not_taken_for_a_lost_one(
    cloud: LocalCloud, make_handler: Callable[..., Handler]
) -> None:
    cloud.oss.store.put(VIDEOS, "clip.mp4", b"hello")
    handler = make_handler(**SHORT)
    asked = {"videos": [f"oss://{VIDEOS}/clip.mp4"], "force": True}
    first = handler(asked, "request-1")[0]
    cloud.faults.add("multimediaai:CreateGifTask:reset:nth=1")
    with pytest.raises(VideosFailed, match="OutcomeUnknown"):
        handler(asked, "request-2")
    forced = handler(asked, "request-2")[0]
    assert forced["outcome"] == "submitted"
    assert task_ids(cloud) == sorted([first["task_id"], forced["task_id"]])


def test_the_retry_of_one_forced_request_is_none_after_another(
    cloud: LocalCloud, make_handler: Callable[..., Handler]
) -> None:
    """The platform repeats the first when the second has been answered meanwhile."""
    cloud.oss.store.put(VIDEOS, "clip.mp4", b"hello")
    handler = make_handler()
    first, second = handler(FORCED, "request-1")[0], handler(FORCED, "request-2")[0]
    again = handler(FORCED, "request-1")[0]
    assert again == {**second, "outcome": "already_submitted"}
    assert task_ids(cloud) == [first["task_id"], second["task_id"]]


def test_the_retry_of_a_forced_request_whose_task_another_one_found_is_none(
    cloud: LocalCloud, make_handler: Callable[..., Handler]
) -> None:
    etag = cloud.oss.store.put(VIDEOS, "clip.mp4", b"hello").etag
    cloud.faults.add("multimediaai:CreateGifTask:reset_after:nth=1")
    handler = make_handler(**SHORT)
    with pytest.raises(VideosFailed, match="OutcomeUnknown"):
        handler(FORCED, "request-1")
    found = handler(event_for("clip.mp4", etag=etag), "request-2")[0]
    assert found["outcome"] == "adopted"
    assert handler(FORCED, "request-1")[0]["outcome"] == "already_submitted"
    assert task_ids(cloud) == [found["task_id"]]


def test_a_forced_request_that_was_refused_leaves_the_task_that_is_on_record(
    cloud: LocalCloud, make_handler: Callable[..., Handler]
) -> None:
    etag = cloud.oss.store.put(VIDEOS, "clip.mp4", b"hello").etag
    handler = make_handler()
    first = handler(ASKED, "request-1")[0]
    cloud.faults.add("multimediaai:CreateGifTask:error=401/BalanceNotEnough:nth=1")
    with pytest.raises(VideosFailed, match="BalanceNotEnough"):
        handler(FORCED, "request-2")
    duplicate = handler(event_for("clip.mp4", etag=etag), "request-3")[0]
    assert duplicate == {**first, "outcome": "already_submitted"}
    forced = handler(FORCED, "request-2")[0]
    assert task_ids(cloud) == [first["task_id"], forced["task_id"]]
