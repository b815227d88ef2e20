"""The console for programs: what it shows and what it does."""

from __future__ import annotations

import json
import threading
from typing import Any

import alibabacloud_oss_v2 as oss
import pytest
import requests

from harness.cloud import LocalCloud
from tests.clients.oss_sdk import v2_client
from tests.harness.console.admin_path import state, upload

HARD_KEYS = ["视频/a+b 100% #1?.mp4", "%E7%8C%AB+100%25.mp4", "a//b.mp4", "emoji 🐈/é.MOV", "trailing .mp4"]


@pytest.mark.parametrize("key", HARD_KEYS)
def test_an_upload_is_a_real_one_under_its_own_name(
    session: requests.Session, cloud: LocalCloud, key: str
) -> None:
    answer = upload(session, cloud, key, b"film", **{"Content-Type": "video/mp4"})
    assert answer.status_code == 201, answer.text
    stored = cloud.oss.store.stat("my-videos", key)
    assert (stored.etag, stored.attributes.content_type) == (answer.json()["etag"], "video/mp4")
    assert cloud.fc.drain(30)
    (video,) = state(session, cloud)["videos"]
    assert (video["key"], video["state"]) == (key, "waiting")
    assert [line["status"] for line in video["record"]["lines"]] == ["claimed", "submitted"]
    assert video["record"]["lines"][-1]["line"]["video"] == f"oss://my-videos/{key}"
    assert video["task"]["task_id"] == cloud.multimediaai.tasks.list()[0].task_id
    assert video["task"]["video"] == f"oss://my-videos/{key}"


def test_the_whole_state_is_told(session: requests.Session, cloud: LocalCloud) -> None:
    upload(session, cloud, "clip.mp4", b"film")
    upload(session, cloud, "notes.txt", b"text")
    assert cloud.fc.drain(30)
    told = state(session, cloud)
    assert told["url"] == cloud.url
    assert {bucket["name"]: bucket["objects"] for bucket in told["buckets"]} == {
        "fc-temp-code": 0,
        "multimediaai-results": 0,
        "my-gif-records": 2,
        "my-videos": 2,
    }
    by_key = {video["key"]: video for video in told["videos"]}
    assert by_key["clip.mp4"]["state"] == "waiting"
    assert by_key["notes.txt"]["state"] == "skipped"
    assert "VIDEO_SUFFIXES" in by_key["notes.txt"]["detail"]
    assert [task["status"] for task in told["tasks"]] == ["waiting"]
    assert {call["outcome"] for call in told["invocations"]} == {"succeeded"}
    assert {call["request_id"] for call in told["invocations"]} == {
        *by_key["clip.mp4"]["request_ids"],
        *by_key["notes.txt"]["request_ids"],
    }
    outcomes = [line["fields"].get("outcome") for call in told["invocations"] for line in call["lines"]]
    assert sorted(filter(None, outcomes)) == ["skipped", "submitted"]
    assert [record["lines"][-1]["status"] for record in told["records"]] == ["submitted"]
    assert (told["denied"], told["faults"]) == ([], [])
    for name in ("videos", "tasks", "invocations", "records", "denied"):
        assert session.get(f"{cloud.url}/_admin/{name}", timeout=10).json()[name] == told[name]


def test_a_running_invocation_is_seen_with_its_lines(session: requests.Session, cloud: LocalCloud) -> None:
    held = threading.Event()
    cloud.faults.add("multimediaai:CreateGifTask:latency=0.5:nth=1")
    unlisten = cloud.journal.listen(lambda entry: held.set() if entry.kind == "fault" else None)
    upload(session, cloud, "clip.mp4", b"film")
    assert held.wait(30)
    unlisten()
    (call,) = state(session, cloud)["invocations"]
    assert (call["outcome"], call["function"], call["type"]) == ("running", "gif-on-upload", "Async")
    assert f"FC Invoke Start RequestId: {call['request_id']}" in [line["text"] for line in call["lines"]]
    assert cloud.fc.drain(30)
    (call,) = state(session, cloud)["invocations"]
    assert call["outcome"] == "succeeded"


def test_failures_say_why(session: requests.Session, cloud: LocalCloud) -> None:
    cloud.faults.add("multimediaai:CreateGifTask:error=401/ServiceNotOpened")
    upload(session, cloud, "clip.mp4", b"film")
    assert cloud.fc.drain(30)
    told = state(session, cloud)
    (video,) = told["videos"]
    assert video["state"] == "failed"
    assert "ServiceNotOpened" in video["detail"]
    assert {line["status"] for line in video["record"]["lines"]} == {"claimed", "failed"}
    calls = [call for call in told["invocations"] if call["function"] == "gif-on-upload"]
    assert {call["error_type"] for call in calls} == {"UnhandledInvocationError"}
    assert [call["retry_count"] for call in calls] == [8, 7, 6, 5, 4, 3, 2, 1, 0]
    assert "VideosFailed" in calls[0]["result"]
    assert told["faults"][0]["hits"] == 9


def test_denied_calls_are_listed(session: requests.Session, cloud: LocalCloud) -> None:
    cloud.oss.store.put("my-videos", "clip.mp4", b"film")
    with pytest.raises(oss.exceptions.OperationError):
        v2_client(cloud.url, cloud.role_credentials()).delete_object(
            oss.DeleteObjectRequest(bucket="my-videos", key="clip.mp4")
        )
    (denied,) = state(session, cloud)["denied"]
    assert denied["fields"]["action"] == "oss:DeleteObject"
    assert denied["fields"]["resource"].endswith(":my-videos/clip.mp4")


def test_uploads_are_refused_as_oss_refuses_them(session: requests.Session, cloud: LocalCloud) -> None:
    answer = session.put(f"{cloud.url}/_admin/objects?bucket=no-such-bucket&key=x.mp4", data=b"film", timeout=10)
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "NoSuchBucket")
    assert upload(session, cloud, "/x.mp4", b"film").json()["error"]["code"] == "InvalidObjectName"
    assert session.put(f"{cloud.url}/_admin/objects?key=x", timeout=10).json()["error"]["code"] == "BadRequest"
    cloud.faults.add("oss:PutObject:error=503/ServiceUnavailable:nth=1")
    assert upload(session, cloud, "x.mp4", b"film").json()["error"]["code"] == "ServiceUnavailable"
    cloud.faults.add("oss:PutObject:reset:nth=1")
    with pytest.raises(requests.ConnectionError):
        upload(session, cloud, "x.mp4", b"film")
    assert cloud.oss.store.list("my-videos") == []


def test_objects_come_in_pages(session: requests.Session, cloud: LocalCloud) -> None:
    for number in range(5):
        cloud.oss.store.put("my-videos", f"a/{number}.mp4", b"film")
    cloud.oss.store.put("my-videos", "b.mp4", b"film")
    keys, after = [], ""
    while after is not None:
        where = {"bucket": "my-videos", "prefix": "a/", "limit": "2", "after": after}
        answer = session.get(f"{cloud.url}/_admin/objects", params=where, timeout=10).json()
        keys += [entry["key"] for entry in answer["objects"]]
        after = answer["next"]
    assert keys == [f"a/{number}.mp4" for number in range(5)]
    missing = session.get(f"{cloud.url}/_admin/objects?bucket=no-such-bucket", timeout=10)
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "NoSuchBucket")


@pytest.mark.parametrize("as_json", [False, True])
def test_faults_over_http(session: requests.Session, cloud: LocalCloud, as_json: bool) -> None:
    url, text = f"{cloud.url}/_admin/faults", "oss:PutObject:error=503/ServiceUnavailable:times=1"
    body = json.dumps({"fault": text}) if as_json else f"{text}\n"
    added = session.post(url, data=body, timeout=10)
    (fault,) = added.json()["faults"]
    assert (added.status_code, fault) == (
        201,
        {"id": fault["id"], "text": text, "calls": 0, "hits": 0, "spent": False},
    )
    assert upload(session, cloud, "x.mp4", b"film").status_code == 503
    assert session.get(url, timeout=10).json()["faults"] == [
        {"id": fault["id"], "text": text, "calls": 1, "hits": 1, "spent": True}
    ]
    assert session.delete(url, timeout=10).json() == {"faults": []}
    assert upload(session, cloud, "x.mp4", b"film").status_code == 201


def test_no_fault_hits_the_console_itself(session: requests.Session, cloud: LocalCloud) -> None:
    session.post(f"{cloud.url}/_admin/faults", data="*:*:reset", timeout=10)
    assert state(session, cloud)["faults"][0]["calls"] == 0
    assert session.get(f"{cloud.url}/_console/faults", timeout=10).status_code == 200


WRONG: list[tuple[str, str, str | None, int]] = [
    ("POST", "faults", "", 400),
    ("POST", "faults", "nonsense", 400),
    ("POST", "faults", "oss:PutObject:explode", 400),
    ("POST", "faults", "oss:PutObject:latency=soon", 400),
    ("POST", "faults", "oss:PutObjekt:reset", 400),
    ("POST", "faults", "oss:PutObject:reset:nth=first", 400),
    ("POST", "faults", '{"fault": 7}', 400),
    ("POST", "faults", "{", 400),
    ("POST", "faults", "x" * 70_000, 400),
    ("PUT", "delivery", '{"duplicate": -1}', 400),
    ("PUT", "delivery", '{"duplicate": true}', 400),
    ("PUT", "delivery", '{"shuffle": "yes"}', 400),
    ("PUT", "delivery", "[]", 400),
    ("GET", "videos?limit=0", None, 400),
    ("GET", "videos?limit=many", None, 400),
    ("GET", "nothing", None, 404),
    ("DELETE", "state", None, 405),
    ("GET", "reset", None, 405),
]


@pytest.mark.parametrize(("method", "path", "body", "status"), WRONG)
def test_what_makes_no_sense_is_refused_in_words(
    session: requests.Session, cloud: LocalCloud, method: str, path: str, body: str | None, status: int
) -> None:
    answer = session.request(method, f"{cloud.url}/_admin/{path}", data=body, timeout=10)
    assert answer.status_code == status
    assert set(answer.json()["error"]) == {"code", "message"}
    assert answer.json()["error"]["message"]
    assert (cloud.faults.all(), cloud.fc.delivery.duplicate) == ([], 0)
    if status == 405:
        assert method not in answer.headers["Allow"]


def test_duplicated_and_shuffled_delivery(session: requests.Session, cloud: LocalCloud) -> None:
    wanted = json.dumps({"duplicate": 4, "shuffle": 7})
    answer = session.put(f"{cloud.url}/_admin/delivery", data=wanted, timeout=10)
    assert answer.json() == {"duplicate": 4, "shuffle": True}
    upload(session, cloud, "clip.mp4", b"film")
    assert cloud.fc.drain(30)
    told = state(session, cloud)
    assert len(told["invocations"]) == 5
    assert len(told["tasks"]) == 1
    session.put(f"{cloud.url}/_admin/delivery", data="{}", timeout=10)
    assert state(session, cloud)["delivery"] == {"duplicate": 0, "shuffle": False}


def test_reset_leaves_what_s_yaml_describes(session: requests.Session, cloud: LocalCloud) -> None:
    upload(session, cloud, "clip.mp4", b"film")
    assert cloud.fc.drain(30)
    cloud.faults.add("oss:GetObject:reset")
    cloud.fc.delivery.duplicate = 3
    cloud.oss.store.create_bucket("somebodys-bucket")
    fresh_buckets = {"fc-temp-code", "multimediaai-results", "my-gif-records", "my-videos"}
    assert session.post(f"{cloud.url}/_admin/reset", timeout=30).json() == {"reset": True}
    told = state(session, cloud)
    assert {bucket["name"]: bucket["objects"] for bucket in told["buckets"]} == dict.fromkeys(fresh_buckets, 0)
    for name in ("videos", "tasks", "invocations", "records", "denied", "faults"):
        assert told[name] == [], name
    assert told["delivery"] == {"duplicate": 0, "shuffle": False}
    upload(session, cloud, "clip.mp4", b"film")
    assert cloud.fc.drain(30)
    assert state(session, cloud)["videos"][0]["record"]["lines"][-1]["status"] == "submitted"


def test_no_secret_token_or_signed_url_in_any_answer(
    session: requests.Session, talkative_cloud: LocalCloud
) -> None:
    cloud, role = talkative_cloud, talkative_cloud.role_credentials()
    signed = cloud.oss.presign_get("my-videos", "clip.mp4", 60, cloud.url)
    upload(session, cloud, "clip.mp4", b"film")
    cloud.fc.invoke("talkative", f"{signed} {cloud.identities.owner.access_key_secret} {role.token}".encode())
    assert cloud.fc.drain(30)
    environment = json.loads(cloud.fc.invoke("talkative", b"").body)["environment"]
    secrets = [
        cloud.identities.owner.access_key_secret,
        environment["ALIBABA_CLOUD_ACCESS_KEY_SECRET"],
        environment["ALIBABA_CLOUD_SECURITY_TOKEN"],
        role.token,
        signed.partition("?")[2],
    ]
    pages = ["", "/tasks", "/invocations", "/activity", "/faults", "/buckets"]
    lists = ["state", "videos", "invocations", "records", "journal", "denied"]
    urls = [f"{cloud.url}/_console{path}" for path in pages] + [f"{cloud.url}/_admin/{name}" for name in lists]
    texts = [session.get(url, timeout=10).text for url in urls]
    assert any("I was called with" in text for text in texts)
    assert any("ALIBABA_CLOUD_SECURITY_TOKEN" in text for text in texts)
    for text in texts:
        decoded: Any = text.replace("\\/", "/")
        assert not [secret for secret in secrets if secret in decoded]
        assert "x-oss-signature=" not in decoded
