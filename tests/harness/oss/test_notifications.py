"""Events: what each operation tells, to whom, and which rules may stand beside each other."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from typing import Any

import oss2
import pytest

from harness.oss import NotificationRule, OverlapError, RuleError
from tests.harness.oss.local import AWKWARD_KEY, LocalOss

CREATED, REMOVED = "oss:ObjectCreated:*", "oss:ObjectRemoved:*"


class Inbox:
    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    def __call__(self, payload: bytes) -> None:
        (event,) = json.loads(payload)["events"]
        self.events.append(event)

    @property
    def names(self) -> list[str]:
        return [event["eventName"] for event in self.events]


def rule(
    *events: str, rule_id: str = "rule", prefix: str = "", suffix: str = "", bucket: str = "videos", **more: Any
) -> NotificationRule:
    return NotificationRule(rule_id, bucket, events, prefix, suffix, more.get("deliver", lambda payload: None))


@pytest.fixture
def inbox(oss: LocalOss) -> Inbox:
    inbox = Inbox()
    everything = (CREATED, REMOVED, "oss:ObjectModified:UpdateObjectMeta")
    oss.service.notifications.add(rule(*everything, deliver=inbox))
    return inbox


def test_the_record(oss: LocalOss, inbox: Inbox) -> None:
    oss.store.put("videos", AWKWARD_KEY, b"before")
    put = oss.bucket().put_object(AWKWARD_KEY, b"now", headers={"Content-Type": "video/mp4"})
    (event,) = inbox.events
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", event.pop("eventTime"))
    assert re.fullmatch("[0-9A-F]{40}", event["oss"].pop("ruleId"))
    assert event == {
        "eventName": "ObjectCreated:PutObject",
        "eventSource": "acs:oss",
        "eventVersion": "1.0",
        "oss": {
            "bucket": {
                "arn": "acs:oss:cn-beijing:1234567890123456:videos",
                "name": "videos",
                "ownerIdentity": "1234567890123456",
                "virtualBucket": "",
            },
            "object": {
                "deltaSize": -3,
                "eTag": put.etag,
                "key": AWKWARD_KEY,
                "objectMeta": {"mimeType": "video/mp4"},
                "size": 3,
            },
            "ossSchemaVersion": "1.0",
        },
        "region": "cn-beijing",
        "requestParameters": {"sourceIPAddress": "127.0.0.1"},
        "responseElements": {"requestId": put.request_id},
        "userIdentity": {"principalId": "1234567890123456"},
    }
    assert json.loads(base64.b64decode(put.headers["x-oss-event-status"])) == {"Result": "Ok"}


def test_keys_can_be_percent_encoded(oss: LocalOss, inbox: Inbox) -> None:
    oss.service.notifications.encode_keys = True
    oss.bucket().put_object("a b/+.mp4", b"x")
    assert inbox.events[0]["oss"]["object"]["key"] == "a%20b/%2B.mp4"


def test_the_name_of_every_operation(oss: LocalOss, inbox: Inbox) -> None:
    bucket = oss.bucket()
    bucket.put_object("k", b"x")
    bucket.append_object("log", 0, b"one")
    bucket.append_object("log", 3, b"more")
    bucket.copy_object("videos", "k", "copy")
    bucket.put_symlink("k", "link")
    upload = bucket.init_multipart_upload("big").upload_id
    part = bucket.upload_part("big", upload, 1, b"x")
    bucket.upload_part_copy("videos", "k", (0, 0), "big", upload, 2)
    bucket.complete_multipart_upload("big", upload, [oss2.models.PartInfo(1, part.etag)])
    bucket.abort_multipart_upload("big", bucket.init_multipart_upload("big").upload_id)
    bucket.update_object_meta("k", {"x-oss-meta-a": "1"})
    bucket.delete_object("k")
    bucket.batch_delete_objects(["copy"])
    assert inbox.names == [
        "ObjectCreated:PutObject",
        "ObjectCreated:AppendObject",
        "ObjectCreated:AppendObject",
        "ObjectCreated:CopyObject",
        "ObjectCreated:PutSymlink",
        "ObjectCreated:InitiateMultipartUpload",
        "ObjectCreated:UploadPart",
        "ObjectCreated:UploadPartCopy",
        "ObjectCreated:CompleteMultipartUpload",
        "ObjectCreated:InitiateMultipartUpload",
        "ObjectRemoved:AbortMultipartUpload",
        "ObjectModified:UpdateObjectMeta",
        "ObjectRemoved:DeleteObject",
        "ObjectRemoved:DeleteObjects",
    ]
    appended = inbox.events[2]["oss"]["object"]
    assert (appended["position"], appended["size"], appended["deltaSize"]) == (3, 7, 4)
    assert inbox.events[4]["oss"]["object"]["size"] == 0
    assert inbox.events[12]["oss"]["object"]["deltaSize"] == -1


@pytest.mark.parametrize(
    "act",
    [
        lambda b: b.put_object("k", b"x", headers={"x-oss-forbid-overwrite": "true"}),
        lambda b: b.append_object("k", 7, b"x"),
        lambda b: b.put_object("new", b"x", headers={"Content-MD5": "AAAAAAAAAAAAAAAAAAAAAA=="}),
        lambda b: b.delete_object("nothing"),
        lambda b: b.head_object("k"),
        lambda b: b.put_object_acl("k", "private"),
        lambda b: b.delete_object_tagging("k"),
    ],
)
def test_what_changes_no_object_tells_nothing(oss: LocalOss, inbox: Inbox, act: Callable[[Any], object]) -> None:
    oss.store.put("videos", "k", b"x")
    try:
        answer = act(oss.bucket())
    except oss2.exceptions.ServerError:
        assert inbox.events == []
    else:
        assert "x-oss-event-status" not in getattr(answer, "headers", {})
        assert inbox.events == []


def test_a_delete_marker_removes_nothing(oss: LocalOss, inbox: Inbox) -> None:
    oss.store.set_versioning("videos", "Enabled")
    version = oss.bucket().put_object("k", b"x").versionid
    oss.bucket().delete_object("k")
    oss.bucket().delete_object("k", params={"versionId": version})
    assert inbox.names == ["ObjectCreated:PutObject", "ObjectRemoved:DeleteObject"]


def test_prefix_and_suffix(oss: LocalOss) -> None:
    inbox = Inbox()
    put = "oss:ObjectCreated:PutObject"
    oss.service.notifications.add(rule(put, prefix="ab", suffix=".mp4", deliver=inbox))
    for key in ("a/b.mp4", "ab.mp4", "abc.mp4", "abc.MP4", "ab.mp4.txt"):
        oss.bucket().put_object(key, b"x")
    oss.bucket().append_object("ab1.mp4", 0, b"x")
    assert [event["oss"]["object"]["key"] for event in inbox.events] == ["ab.mp4", "abc.mp4"]
    assert "x-oss-event-status" not in oss.bucket().put_object("other", b"x").headers


def test_a_hand_over_that_fails_spoils_neither_the_upload_nor_the_others(oss: LocalOss) -> None:
    def refuse(payload: bytes) -> None:
        raise ValueError("the alias is gone")

    inbox = Inbox()
    oss.service.notifications.add(rule(CREATED, rule_id="a", prefix="k", deliver=refuse))
    oss.service.notifications.add(rule(REMOVED, rule_id="b", prefix="k", deliver=refuse))
    oss.service.notifications.add(rule(REMOVED, rule_id="c", prefix="other", deliver=inbox))
    put = oss.bucket().put_object("k", b"x")
    assert put.status == 200
    assert json.loads(base64.b64decode(put.headers["x-oss-event-status"])) == {"Result": "Failed"}
    oss.bucket().put_object("other", b"x")
    assert oss.bucket().batch_delete_objects(["k", "other"]).status == 200
    assert [event["oss"]["object"]["key"] for event in inbox.events] == ["other"]
    assert oss.store.list("videos") == []


PUT, POST = "oss:ObjectCreated:PutObject", "oss:ObjectCreated:PostObject"


@pytest.mark.parametrize(
    ("events", "prefix", "suffix", "accepted"),
    [
        ([CREATED], "source", "zip", False),
        ([PUT], "source", "1zip", False),
        ([PUT], "source1", "zip", False),
        ([PUT], "source", "", False),
        ([PUT], "", "zip", False),
        ([POST, PUT], "sou", "p", False),
        ([PUT], "source1", "zip1", True),
        ([PUT], "1source", "1zip", True),
        ([POST], "source", "zip", True),
        ([REMOVED], "source", "zip", True),
    ],
)
def test_overlapping_rules(oss: LocalOss, events: list[str], prefix: str, suffix: str, accepted: bool) -> None:
    notifications = oss.service.notifications
    notifications.add(rule(PUT, rule_id="first", prefix="source", suffix="zip"))
    second = rule(*events, rule_id="second", prefix=prefix, suffix=suffix)
    if accepted:
        notifications.add(second)
        assert [found.id for found in notifications.rules("videos")] == ["first", "second"]
    else:
        with pytest.raises(OverlapError) as caught:
            notifications.add(second)
        assert caught.value.rule_id == "first"
        assert [found.id for found in notifications.rules()] == ["first"]
        notifications.remove("first")
        notifications.add(second)


def test_a_rule_may_replace_itself_and_other_buckets_do_not_matter(oss: LocalOss) -> None:
    notifications = oss.service.notifications
    notifications.add(rule(PUT))
    notifications.add(rule(CREATED))
    notifications.add(rule(CREATED, rule_id="elsewhere", bucket="other"))
    assert [found.events for found in notifications.rules("videos")] == [(CREATED,)]


def test_ten_rules_for_a_bucket(oss: LocalOss) -> None:
    for number in range(10):
        oss.service.notifications.add(rule(PUT, rule_id=str(number), prefix=f"{number}/"))
    with pytest.raises(RuleError, match="already has 10 rules"):
        oss.service.notifications.add(rule(PUT, rule_id="one too many", prefix="x/"))


@pytest.mark.parametrize("events", [["ObjectCreated:PutObject"], ["oss:ObjectCreated:putobject"], []])
def test_unknown_events(oss: LocalOss, events: list[str]) -> None:
    with pytest.raises(RuleError):
        oss.service.notifications.add(rule(*events))
