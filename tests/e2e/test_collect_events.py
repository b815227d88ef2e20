"""What reaches the collector beside its timer: callbacks, which only Multimedia AI makes, and dead letters."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from handler.credentials import Credentials
from handler.errors import EventError, SettingsError, VideosFailed
from handler.main import compose_letters
from handler.settings import read_places
from harness.cloud import LocalCloud
from tests.e2e.handling import Handler
from tests.e2e.services import Service
from tests.e2e.uploads import EVENT, RECORDS, VIDEOS

from .collecting import FAILED, GIF, PENDING, TIMER, collector_for, dead, listed, operations, succeed, url_of

CALLBACKS = {"COLLECT_URL": "https://collect.example.com/", "COLLECT_SECRET": "sixteen-letters-or-more"}


def call(query: dict[str, str]) -> dict[str, Any]:
    return {"version": "v1", "rawPath": "/", "queryParameters": query, "body": "x", "isBase64Encoded": False}


def test_a_callback_is_let_in_by_its_token_alone(cloud: LocalCloud, make_handler: Callable[..., Handler]) -> None:
    make_handler(**CALLBACKS)(EVENT)
    collect = collector_for(cloud, None, **CALLBACKS)
    (task,) = cloud.multimediaai.tasks.list()
    address = urlsplit(task.callback_url)
    assert address.netloc == "collect.example.com"
    query = dict(parse_qsl(address.query))
    succeed(cloud, url_of(cloud, "result.gif", GIF))
    cloud.journal.clear()
    for wrong in ({**query, "token": "0" * 64}, {**query, "claim": "f" * 32}, {"claim": query["claim"]}, {}):
        assert collect(call(wrong))["statusCode"] == 403
    assert collector_for(cloud)(call(query))["statusCode"] == 403  # without a secret nobody is let in
    assert operations(cloud) == []
    assert collect(call(query)) == {
        "statusCode": 200,
        "headers": {"Content-Type": "text/plain"},
        "body": "OK",
        "isBase64Encoded": False,
    }
    assert cloud.oss.store.get(RECORDS, f"gifs/{VIDEOS}/clip.mp4.gif") == GIF
    assert collect(call(query))["statusCode"] == 200  # once more changes nothing
    assert listed(cloud, PENDING) == []


def test_a_callback_url_of_ones_own_wins(cloud: LocalCloud, make_handler: Callable[..., Handler]) -> None:
    make_handler(**CALLBACKS, CALLBACK_URL="https://mine.example.com/")(EVENT)
    assert [task.callback_url for task in cloud.multimediaai.tasks.list()] == ["https://mine.example.com/"]


def test_a_dead_letter_is_kept_once(service: Service) -> None:
    collect = service.collector()
    for letter in (dead(EVENT), dead(EVENT), dead("not JSON", "2-b")):
        assert collect(letter)["kept"] is True
    kept = {letter["request_id"]: letter for letter in listed(service.cloud, FAILED)}
    assert kept["1-a-b"].pop("failed_at").endswith("Z")
    assert kept["1-a-b"] == {
        "condition": "UnhandledInvocationError",
        "reason": "1 of 1 failed",
        "request_id": "1-a-b",
        "event": EVENT,
    }
    assert kept["2-b"]["event"] == "not JSON"


def test_with_a_wrong_setting_a_dead_letter_is_kept_all_the_same(cloud: LocalCloud) -> None:
    places = {"TRACKING_BUCKET": RECORDS, "OSS_ENDPOINT": cloud.url}
    letters = compose_letters(read_places(places, region="cn-beijing", timeout=120), SettingsError("a reason"))
    owner = cloud.identities.owner
    keys = Credentials(owner.access_key_id, owner.access_key_secret, "")
    assert letters.handle(json.dumps(dead(EVENT)).encode(), "run-1", keys)["kept"] is True
    assert len(listed(cloud, FAILED)) == 1
    with pytest.raises(SettingsError, match="a reason"):
        letters.handle(json.dumps(TIMER).encode(), "run-2", keys)


def test_a_dead_letter_whose_videos_are_on_record_is_not_kept(service: Service) -> None:
    event = service.upload()
    service.handler()(event)
    assert service.collector()(dead(event))["kept"] is False
    assert listed(service.cloud, FAILED) == []


def test_a_video_of_a_dead_letter_whose_entry_is_missing_is_followed(service: Service) -> None:
    """The service was away for all the event's tries, and so was OSS when the entry was written."""
    cloud, event = service.cloud, service.upload()
    cloud.faults.add("oss:PutObject:error=403/AccessDenied:times=1")
    cloud.faults.add(f"{service.order}:page=503:times=1")
    with pytest.raises(VideosFailed):
        service.handler()(event)
    assert listed(cloud, PENDING) == []
    collect = service.collector()
    assert collect(dead(event))["kept"] is False
    service.clock.ahead += 60
    assert collect()["resubmitted"] == 1
    service.succeed()
    assert collect()["finished"] == 1
    assert len(service.tasks()) == 1
    assert (listed(cloud, PENDING), listed(cloud, FAILED)) == ([], [])


@pytest.mark.parametrize(
    "event", [EVENT, [], {}, {"collect": False}, {"triggerName": 1}, {"requestPayload": "{}"}]
)
def test_what_is_of_no_known_kind_is_refused(cloud: LocalCloud, event: Any) -> None:
    with pytest.raises(EventError):
        collector_for(cloud)(event)
    assert operations(cloud) == []
