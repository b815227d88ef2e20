"""A person's "force": a task more, and only when it was asked for; whichever service makes the GIFs."""

from __future__ import annotations

import pytest

from handler.errors import VideosFailed
from tests.e2e.handling import SHORT
from tests.e2e.services import Service
from tests.e2e.uploads import VIDEOS, records, statuses

ASKED = {"videos": [f"oss://{VIDEOS}/clip.mp4"]}
FORCED = {**ASKED, "force": True}


def test_force_submits_again_but_its_own_retry_does_not(service: Service) -> None:
    service.upload()
    handler = service.handler()
    first = handler(ASKED, "request-1")[0]
    assert handler(ASKED, "request-2")[0]["outcome"] == "already_submitted"
    forced = handler(FORCED, "request-3")[0]
    assert forced["outcome"] == "submitted"
    assert handler(FORCED, "request-3")[0] == {**forced, "outcome": "already_submitted"}
    assert service.tasks() == [first["task_id"], forced["task_id"]]
    assert statuses(service.cloud) == ["claimed", "submitted", "claimed", "submitted"]
    ((_, lines),) = records(service.cloud).items()
    assert [line.get("forced") for line in lines] == [None, None, True, None]


def test_a_task_that_is_on_record_is_not_taken_for_a_lost_one(service: Service) -> None:
    service.upload()
    handler = service.handler(**SHORT)
    first = handler(FORCED, "request-1")[0]
    service.cloud.faults.add(f"{service.order}:page=503:nth=1")
    with pytest.raises(VideosFailed, match="OutcomeUnknown"):
        handler(FORCED, "request-2")
    forced = handler(FORCED, "request-2")[0]
    assert forced["outcome"] == "submitted"
    assert service.tasks() == [first["task_id"], forced["task_id"]]


def test_the_retry_of_one_forced_request_is_none_after_another(service: Service) -> None:
    """The platform repeats the first when the second has been answered meanwhile."""
    service.upload()
    handler = service.handler()
    first, second = handler(FORCED, "request-1")[0], handler(FORCED, "request-2")[0]
    again = handler(FORCED, "request-1")[0]
    assert again == {**second, "outcome": "already_submitted"}
    assert service.tasks() == [first["task_id"], second["task_id"]]


def test_the_retry_of_a_forced_request_whose_task_another_one_found_is_none(service: Service) -> None:
    event = service.upload()
    service.cloud.faults.add(f"{service.order}:reset_after:nth=1")
    handler = service.handler(**SHORT)
    with pytest.raises(VideosFailed, match="OutcomeUnknown"):
        handler(FORCED, "request-1")
    service.show_lost()
    found = handler(event, "request-2")[0]
    assert found["outcome"] == "adopted"
    assert handler(FORCED, "request-1")[0] == {**found, "outcome": "already_submitted"}
    assert len(service.tasks()) == 1


def test_a_forced_request_that_was_refused_leaves_the_task_that_is_on_record(service: Service) -> None:
    event, handler = service.upload(), service.handler()
    first = handler(ASKED, "request-1")[0]
    service.cloud.faults.add(f"{service.order}:error=403/BalanceNotEnough:nth=1")
    with pytest.raises(VideosFailed, match="BalanceNotEnough"):
        handler(FORCED, "request-2")
    duplicate = handler(event, "request-3")[0]
    assert duplicate == {**first, "outcome": "already_submitted"}
    forced = handler(FORCED, "request-2")[0]
    assert service.tasks() == [first["task_id"], forced["task_id"]]
