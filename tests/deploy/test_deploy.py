"""`s deploy` into an empty local cloud: the calls of the fc3 component, by official clients; then an upload."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from alibabacloud_fc20230330 import models
from alibabacloud_fc20230330.client import Client
from alibabacloud_tea_openapi.exceptions import AlibabaCloudException

from deploy.package import Package
from harness.cloud import DEFAULTS, LocalCloud, local_cloud
from harness.ram.identity import Credentials
from tests.clients.fc_clients import temp_bucket_token
from tests.clients.oss_sdk import oss2_bucket
from tests.clients.tea import tea_config
from tests.deploy.stack_file import StackFile
from tests.e2e.collecting import FAILED, GIF, PENDING, listed, succeed, url_of
from tests.project import PROJECT

pytestmark = pytest.mark.slow

FUNCTION, COLLECTING = FUNCTIONS = ("gif-on-upload", "gif-on-upload-collect")
VIDEOS, RECORDS = DEFAULTS["VIDEO_BUCKET"], DEFAULTS["TRACKING_BUCKET"]


@pytest.fixture
def cloud() -> Iterator[LocalCloud]:
    with local_cloud(stack_file=None, render=False, retry_delay=lambda _: 0.01) as started:
        bucket(started, VIDEOS).create_bucket()
        bucket(started, RECORDS).create_bucket()
        yield started


def bucket(cloud: LocalCloud, name: str) -> Any:
    return oss2_bucket(cloud.url, cloud.identities.owner, name)


def fc3(cloud: LocalCloud) -> Any:
    return Client(tea_config(cloud.identities.owner, cloud.url))


def upload_code(cloud: LocalCloud, package: Package) -> models.InputCodeLocation:
    """tempBucketToken, then the archive into that bucket with the token's credentials."""
    token = temp_bucket_token(cloud.url, cloud.identities.owner)
    given, key = token["credentials"], f"{DEFAULTS['ACCOUNT_ID']}/{token['objectName']}"
    keys = Credentials(given["AccessKeyId"], given["AccessKeySecret"], given["SecurityToken"])
    oss2_bucket(cloud.url, keys, token["ossBucket"]).put_object_from_file(key, str(package.archive))
    return models.InputCodeLocation(oss_bucket_name=token["ossBucket"], oss_object_name=key)


def deploy(cloud: LocalCloud, package: Package, **changes: str) -> None:
    """What `s deploy` does: each function of s.yaml with its triggers and settings, in the order of the file."""
    stack = StackFile((PROJECT / "s.yaml").read_text(encoding="utf-8"))
    for resource in stack.document["resources"]:
        props = stack.props(dict(DEFAULTS), resource)
        # The endpoints lead to this cloud by themselves; every other variable is the deployed one.
        props["environmentVariables"] = {**props["environmentVariables"], **changes}
        deploy_one(cloud, package, props)


def deploy_one(cloud: LocalCloud, package: Package, props: dict[str, Any]) -> None:
    """The component's calls, in its order. Names are those of s.yaml; a trigger's configuration is a text."""
    client, name = fc3(cloud), props["functionName"]
    look(lambda: client.get_function(name, models.GetFunctionRequest()))
    for trigger in props["triggers"]:
        look(partial(client.get_trigger, name, trigger["triggerName"]))
    look(lambda: client.get_async_invoke_config(name, models.GetAsyncInvokeConfigRequest(qualifier="LATEST")))
    look(lambda: client.get_concurrency_config(name))
    given = {**props, "code": upload_code(cloud, package).to_map()}
    if look(lambda: client.get_function(name, models.GetFunctionRequest())):
        changed = models.UpdateFunctionInput().from_map(given)
        client.update_function(name, models.UpdateFunctionRequest(changed))
    else:
        client.create_function(models.CreateFunctionRequest(models.CreateFunctionInput().from_map(given)))
    for trigger in props["triggers"]:
        form = {**trigger, "triggerConfig": json.dumps(trigger["triggerConfig"])}
        if look(partial(client.get_trigger, name, trigger["triggerName"])):
            update = models.UpdateTriggerInput().from_map(form)
            client.update_trigger(name, trigger["triggerName"], models.UpdateTriggerRequest(update))
        else:
            client.create_trigger(name, models.CreateTriggerRequest(models.CreateTriggerInput().from_map(form)))
    settings = models.PutAsyncInvokeConfigInput().from_map(props["asyncInvokeConfig"])
    client.put_async_invoke_config(name, models.PutAsyncInvokeConfigRequest(settings, qualifier="LATEST"))
    if limit := props.get("concurrencyConfig"):
        wanted = models.PutConcurrencyInput().from_map(limit)
        client.put_concurrency_config(name, models.PutConcurrencyConfigRequest(wanted))


def look(call: Callable[[], Any]) -> Any:
    """What is there; None where the answer is that it is not."""
    try:
        return call()
    except AlibabaCloudException as exc:
        if exc.status_code != 404:
            raise
        return None


def on_record(cloud: LocalCloud) -> list[dict[str, Any]]:
    assert cloud.fc.drain(60)
    keys = [entry.key for entry in cloud.oss.store.list(RECORDS) if entry.key.endswith(".jsonl")]
    return [json.loads(cloud.oss.store.get(RECORDS, key).splitlines()[-1]) for key in keys]


@pytest.mark.usefixtures("interpreter")  # what is deployed runs in it
def test_what_was_deployed_answers_uploads(cloud: LocalCloud, package: Package) -> None:
    deploy(cloud, package)
    bucket(cloud, VIDEOS).put_object("视频/a+b 100%.mp4", b"film")
    (line,) = on_record(cloud)
    assert (line["status"], line["video"]) == ("submitted", f"oss://{VIDEOS}/视频/a+b 100%.mp4")
    assert [task.task_id for task in cloud.multimediaai.tasks.list()] == [line["task_id"]]
    assert cloud.journal.entries("denied") == []


@pytest.mark.usefixtures("interpreter")  # what is deployed runs in it
def test_deploying_again_changes_nothing_and_a_variable_takes_effect(cloud: LocalCloud, package: Package) -> None:
    deploy(cloud, package)
    client = fc3(cloud)
    first = [client.get_function(name, models.GetFunctionRequest()).body for name in FUNCTIONS]
    deploy(cloud, package)
    second = [client.get_function(name, models.GetFunctionRequest()).body for name in FUNCTIONS]
    for one, other in zip(first, second, strict=True):
        assert (one.code_checksum, one.function_id) == (other.code_checksum, other.function_id)
    for name in FUNCTIONS:
        assert len(client.list_triggers(name, models.ListTriggersRequest()).body.triggers) == 1
    deploy(cloud, package, VIDEO_SUFFIXES=".film")
    bucket(cloud, VIDEOS).put_object("clip.mp4", b"film")
    bucket(cloud, VIDEOS).put_object("clip.film", b"film")
    assert [line["video"] for line in on_record(cloud)] == [f"oss://{VIDEOS}/clip.film"]


@pytest.mark.usefixtures("interpreter")  # what is deployed runs in it
def test_after_removing_it_nothing_answers(cloud: LocalCloud, package: Package) -> None:
    deploy(cloud, package)
    client = fc3(cloud)
    for name in FUNCTIONS:
        for trigger in client.list_triggers(name, models.ListTriggersRequest()).body.triggers:
            client.delete_trigger(name, trigger.trigger_name)
        client.delete_async_invoke_config(name, models.DeleteAsyncInvokeConfigRequest())
        client.delete_concurrency_config(name)
        client.delete_function(name)
    bucket(cloud, VIDEOS).put_object("clip.mp4", b"film")
    assert on_record(cloud) == []
    assert cloud.fc.functions == []
    assert cloud.fc.timers.all() == []


@pytest.mark.usefixtures("interpreter")  # what is deployed runs in it
def test_the_collector_that_was_deployed_brings_gifs_and_keeps_dead_letters(
    cloud: LocalCloud, package: Package
) -> None:
    deploy(cloud, package)
    bucket(cloud, VIDEOS).put_object("clip.mp4", b"film")
    assert cloud.fc.drain(60)
    succeed(cloud, url_of(cloud, "result.gif", GIF))
    cloud.fc.invoke_async(FUNCTION, b"nobody can read this")
    assert cloud.fc.drain(60)
    cloud.fire_timer(COLLECTING, "each-minute")
    assert cloud.fc.drain(60)
    assert cloud.oss.store.get(RECORDS, f"gifs/{VIDEOS}/clip.mp4.gif") == GIF
    assert [line["status"] for line in on_record(cloud)] == ["finished"]
    (letter,) = listed(cloud, FAILED)
    assert (letter["event"], listed(cloud, PENDING)) == ("nobody can read this", [])
    assert cloud.journal.entries("denied") == []
    client = fc3(cloud)
    (timer,) = client.list_triggers(COLLECTING, models.ListTriggersRequest()).body.triggers
    assert json.loads(timer.trigger_config) == {"cronExpression": "@every 1m", "enable": True, "payload": ""}
    settings = client.get_async_invoke_config(FUNCTION, models.GetAsyncInvokeConfigRequest()).body
    assert settings.destination_config.on_failure.destination.endswith(f":functions/{COLLECTING}")


def test_a_zip_that_is_none_is_refused(cloud: LocalCloud) -> None:
    broken = models.InputCodeLocation(zip_file=base64.b64encode(b"no zip").decode())
    given = models.CreateFunctionInput(
        function_name=FUNCTION, runtime="python3.12", handler="index.handler", code=broken
    )
    with pytest.raises(AlibabaCloudException) as caught:
        fc3(cloud).create_function(models.CreateFunctionRequest(given))
    assert caught.value.status_code == 400
    assert cloud.fc.functions == []
