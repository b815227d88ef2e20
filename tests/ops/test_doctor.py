"""The table says that all is well when it is, and names each thing that is not, with what to do."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import alibabacloud_oss_v2 as oss
import pytest
from alibabacloud_fc20230330 import models
from alibabacloud_fc20230330.client import Client

from harness.cloud import LocalCloud
from harness.oss.state.model import Encryption
from ops.errors import Mistake
from ops.refusals import oss_refusal
from tests.clients.tea import tea_config
from tests.e2e.uploads import RECORDS, VIDEOS, owner_client
from tests.ops.running import Ran
from tests.ops.stock import stock
from tests.ops.uploading import COLLECT, SUBMIT

Gifs = Callable[..., Ran]
LOG = "gif-on-upload-1234567890123456"


@pytest.fixture
def fc(cloud: LocalCloud) -> Client:
    """The official SDK, as somebody with the console would change things."""
    return Client(tea_config(cloud.identities.owner, cloud.url))


@pytest.fixture
def restored(server: LocalCloud) -> Iterator[None]:
    """For whoever takes things away that the other tests need."""
    yield
    server.reset()


def marks(ran: Ran) -> dict[tuple[str, str], str]:
    """Of what is not good: area and name → mark."""
    return {
        (each["area"], each["name"]): each["mark"] for each in ran.document["checks"] if each["mark"] != "good"
    }


def detail(ran: Ran, area: str, name: str) -> str:
    found = [each for each in ran.document["checks"] if (each["area"], each["name"]) == (area, name)]
    return " ".join(f"{each['detail']} {each['hint'] or ''}" for each in found)


def test_all_is_well_where_all_is_well(gifs: Gifs, cloud: LocalCloud) -> None:
    stock(cloud, ["notes.txt", "猫 +.mp4"])
    ran = gifs("doctor", "--json")
    assert {place: detail(ran, *place) for place, mark in marks(ran).items() if mark == "bad"} == {}
    assert (ran.code, ran.document["good"]) == (0, True)
    assert marks(ran) == {("s.yaml and .env", "settings"): "note"}  # that of a new account
    assert "acs:ram::1234567890123456:root" in detail(ran, "key", "whose")
    assert "oss://my-videos/猫 +.mp4" in detail(ran, f"{COLLECT}, from inside", "video URL")
    areas = list(dict.fromkeys(each["area"] for each in ran.document["checks"]))
    assert areas[:2] == ["key", "s.yaml and .env"]
    assert areas[-2:] == [f"{SUBMIT}, from inside", f"{COLLECT}, from inside"]
    assert "local-cloud-secret" not in ran.out
    assert cloud.multimediaai.tasks.list() == []


def test_what_is_deployed_otherwise_is_named_and_no_secret_shown(
    gifs: Gifs, cloud: LocalCloud, fc: Client, restored: None
) -> None:
    environment = dict(next(each for each in cloud.fc.functions if each.name == SUBMIT).environment)
    changed = {**environment, "VIDEO_SUFFIXES": ".mp4", "COLLECT_URL": "https://x.example", "PAUSED": "true"}
    secret = {"COLLECT_SECRET": "a secret of twenty letters"}
    update = models.UpdateFunctionInput(environment_variables={**changed, **secret}, timeout=200)
    fc.update_function(SUBMIT, models.UpdateFunctionRequest(body=update))
    fc.delete_async_invoke_config(SUBMIT, models.DeleteAsyncInvokeConfigRequest(qualifier="LATEST"))
    fc.delete_concurrency_config(SUBMIT)
    fc.delete_trigger(SUBMIT, "uploads")
    config = {"cronExpression": "@every 1m", "enable": False, "payload": ""}
    off = models.UpdateTriggerInput(trigger_config=json.dumps(config))
    fc.update_trigger(COLLECT, "each-minute", models.UpdateTriggerRequest(body=off))
    other = {"events": ["oss:ObjectCreated:*"], "filter": {"key": {"prefix": "in/", "suffix": ""}}}
    deploy_another(fc, other)
    ran = gifs("doctor", "--json")
    assert (ran.code, ran.document["good"]) == (1, False)
    assert {name: mark for (area, name), mark in marks(ran).items() if area == SUBMIT} == {
        "size": "bad",
        "settings": "bad",
        "async": "bad",
        "concurrency": "bad",
        "trigger uploads": "bad",
        "overlaps": "bad",
        "paused": "note",
    }
    assert marks(ran)[COLLECT, "trigger each-minute"] == "bad"
    assert "timeout: 120 in s.yaml, 200 deployed `s deploy`" in detail(ran, SUBMIT, "size")
    assert "VIDEO_SUFFIXES: nothing in s.yaml and .env, .mp4 deployed" in detail(ran, SUBMIT, "settings")
    assert "COLLECT_SECRET is deployed only" in detail(ran, SUBMIT, "settings")
    assert "trigger theirs of another" in detail(ran, SUBMIT, "overlaps")
    assert "twenty letters" not in ran.out
    assert "x.example" not in ran.out


def deploy_another(fc: Client, trigger_config: dict[str, Any]) -> None:
    """A function of somebody else, with a trigger on our bucket."""
    role = "acs:ram::1234567890123456:role/other"
    code = models.InputCodeLocation(zip_file="UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA==")  # an empty one
    made = models.CreateFunctionInput(function_name="another", runtime="python3.12", handler="a.b", code=code)
    fc.create_function(models.CreateFunctionRequest(body=made))
    trigger = models.CreateTriggerInput(
        trigger_name="theirs",
        trigger_type="oss",
        trigger_config=json.dumps(trigger_config),
        source_arn=f"acs:oss:cn-beijing:1234567890123456:{VIDEOS}",
        invocation_role=role,
    )
    fc.create_trigger("another", models.CreateTriggerRequest(body=trigger))


def test_what_makes_oss_refuse_is_found(gifs: Gifs, cloud: LocalCloud, restored: None) -> None:
    cloud.oss.store.worms.initiate(RECORDS, 30)
    cloud.oss.store.set_encryption(RECORDS, Encryption("KMS", "9468da86-3509-4f8d-a61e-6eab1eac0000"))
    rules = oss.RefererConfiguration(
        allow_empty_referer=False, referer_list=oss.RefererList(referers=["https://www.example.com"])
    )
    owner_client(cloud).put_bucket_referer(oss.PutBucketRefererRequest(bucket=VIDEOS, referer_configuration=rules))
    document, *_ = cloud.sls.store.index(LOG, "function-logs")
    fields = {name: value for name, value in document["keys"]["message"]["json_keys"].items() if name != "outcome"}
    keys = {**document["keys"], "message": {**document["keys"]["message"], "json_keys": fields}}
    cloud.sls.store.update_index(LOG, "function-logs", {**document, "keys": keys})
    refused = cloud.faults.add("multimediaai:ListTasks:error=403/NoPermission")
    stock(cloud, ["clip.mp4"])
    ran = gifs("doctor", "--json")
    cloud.faults.remove(refused.id)
    found = {place: mark for place, mark in marks(ran).items() if mark == "bad"}
    assert ran.code == 1
    assert {
        ("oss://my-videos (videos)", "Referer"),
        ("oss://my-gif-records (records, GIFs)", "retention"),
        ("oss://my-gif-records (records, GIFs)", "encryption"),
        ("log", "index"),
        (f"{SUBMIT}, from inside", "oss:PutObject"),  # AppendObject under the retention policy
        (f"{SUBMIT}, from inside", "video URL"),
        (f"{SUBMIT}, from inside", "multimediaai:ListTasks"),
    } <= found.keys()
    assert "message.outcome" in detail(ran, "log", "index")
    assert "30 days" in detail(ran, "oss://my-gif-records (records, GIFs)", "retention")
    shown = gifs("doctor")
    assert (shown.code, "  ✗ Referer" in shown.out, "→ allow an empty Referer" in shown.out) == (1, True, True)


def test_what_is_not_there_is_said_once(gifs: Gifs, cloud: LocalCloud, fc: Client, restored: None) -> None:
    fc.delete_trigger(COLLECT, "each-minute")
    fc.delete_function(COLLECT)
    owner_client(cloud).delete_bucket(oss.DeleteBucketRequest(bucket=RECORDS))
    cloud.sls.store.delete_index(LOG, "function-logs")
    ran = gifs("doctor", "--json")
    bad = [(each["area"], each["name"]) for each in ran.document["checks"] if each["mark"] == "bad"]
    assert ran.code == 1
    assert [name for area, name in bad if area.startswith(COLLECT)] == ["deployed"]
    assert detail(ran, COLLECT, "deployed") == "is not deployed `s deploy`"
    assert "does not exist" in detail(ran, "oss://my-gif-records (records, GIFs)", "bucket")
    assert "no index" in detail(ran, "log", "index")


def test_a_key_of_another_account_is_found(gifs: Gifs, cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACCOUNT_ID", "1111222233334444")
    ran = gifs("doctor", "--json")
    assert ran.code == 1
    assert "of account 1234567890123456, and ACCOUNT_ID is 1111222233334444" in detail(ran, "key", "whose")
    assert marks(ran)["oss://my-videos (videos)", "bucket"] == "bad"


def test_who_may_see_little_sees_that(gifs: Gifs, cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    role = cloud.role_credentials(SUBMIT)
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", role.access_key_id)
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", role.access_key_secret)
    monkeypatch.setenv("ALIBABA_CLOUD_SECURITY_TOKEN", str(role.token))
    ran = gifs("doctor", "--json")
    assert ran.code == 4
    assert f"assumed-role/{SUBMIT}/" in detail(ran, "key", "whose")
    for action in (
        *("fc:GetFunction", "fc:GetFunctionAsyncInvokeConfig", "fc:GetConcurrencyConfig", "fc:ListTriggers"),
        *(
            "fc:InvokeFunction",
            "oss:GetBucketInfo",
            "oss:GetBucketWorm",
            "oss:GetBucketReferer",
            "oss:ListObjects",
        ),
        "log:GetIndex",
    ):
        assert f"needs {action}\n" in ran.err, action
    assert marks(ran)[SUBMIT, "async"] == "bad"


def test_a_bucket_of_another_region_is_no_matter_of_permissions() -> None:
    message = "The bucket you are attempting to access must be addressed using the specified endpoint."
    about = {"status_code": 403, "code": "AccessDenied", "request_id": "", "ec": "", "timestamp": ""}
    error = oss.exceptions.ServiceError(message=message, request_target="", snapshot=b"", headers={}, **about)
    found = oss_refusal(error, "GetBucketInfo", "oss://my-videos/")
    assert isinstance(found, Mistake)
    assert "another region" in str(found)
