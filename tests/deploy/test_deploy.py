"""`s deploy` into an empty local cloud: the calls of the fc3 component, by official clients; then an upload."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import fc2
import oss2
import pytest
from alibabacloud_fc20230330 import models
from alibabacloud_fc20230330.client import Client
from alibabacloud_tea_openapi.exceptions import AlibabaCloudException
from alibabacloud_tea_openapi.utils_models import Config

from deploy.package import Package
from harness.cloud import DEFAULTS, LocalCloud, local_cloud
from harness.stack.reader import read_stack
from tests.project import PROJECT

FUNCTION = "gif-on-upload"
VIDEOS, RECORDS = DEFAULTS["VIDEO_BUCKET"], DEFAULTS["TRACKING_BUCKET"]
TRIGGER = json.dumps({"events": ["oss:ObjectCreated:*"], "filter": {"key": {"prefix": "", "suffix": ""}}})


@pytest.fixture
def cloud() -> Iterator[LocalCloud]:
    with local_cloud(stack_file=None, render=False) as started:
        bucket(started, VIDEOS).create_bucket()
        bucket(started, RECORDS).create_bucket()
        yield started


def bucket(cloud: LocalCloud, name: str) -> oss2.Bucket:
    keys = cloud.identities.owner
    return oss2.Bucket(oss2.Auth(keys.access_key_id, keys.access_key_secret), cloud.url, name)


def fc3(cloud: LocalCloud) -> Any:
    keys = cloud.identities.owner
    address = f"{cloud.server.host}:{cloud.server.port}"
    return Client(Config(keys.access_key_id, keys.access_key_secret, endpoint=address, protocol="HTTP"))


def upload_code(cloud: LocalCloud, package: Package) -> models.InputCodeLocation:
    """tempBucketToken, then the archive into that bucket with the token's credentials."""
    keys = cloud.identities.owner
    client = fc2.Client(endpoint=cloud.url, accessKeyID=keys.access_key_id, accessKeySecret=keys.access_key_secret)
    path = "/2016-08-15/tempBucketToken"
    token = json.loads(client._do_request("GET", path, client._build_common_headers("GET", path)).content)
    given, key = token["credentials"], f"{DEFAULTS['ACCOUNT_ID']}/{token['objectName']}"
    auth = oss2.StsAuth(given["AccessKeyId"], given["AccessKeySecret"], given["SecurityToken"])
    oss2.Bucket(auth, cloud.url, token["ossBucket"]).put_object_from_file(key, str(package.archive))
    return models.InputCodeLocation(oss_bucket_name=token["ossBucket"], oss_object_name=key)


def deploy(cloud: LocalCloud, package: Package, **changes: str) -> None:
    """What `s deploy` does, with the values of s.yaml."""
    stack = read_stack(PROJECT / "s.yaml", DEFAULTS, dotenv=False)
    (spec, _), (trigger,) = stack.functions, stack.oss_triggers
    # The endpoints lead to this cloud by themselves; every other variable is the deployed one.
    settings = {
        "runtime": spec.runtime,
        "handler": spec.handler,
        "memory_size": spec.memory_mb,
        "cpu": spec.cpu,
        "disk_size": spec.disk_mb,
        "timeout": spec.timeout_seconds,
        "role": f"acs:ram::{DEFAULTS['ACCOUNT_ID']}:role/{spec.role}",
        "environment_variables": {**spec.environment, **changes},
        "instance_lifecycle_config": models.InstanceLifecycleConfig(
            initializer=models.LifecycleHook(handler=spec.initializer, timeout=spec.initializer_timeout_seconds)
        ),
        "code": upload_code(cloud, package),
    }
    client = fc3(cloud)
    try:
        client.get_function(FUNCTION, models.GetFunctionRequest())
        client.update_function(FUNCTION, models.UpdateFunctionRequest(models.UpdateFunctionInput(**settings)))
    except AlibabaCloudException as exc:
        assert exc.code == "FunctionNotFound"  # noqa: PT017 - as the component tells a first deployment
        created = models.CreateFunctionInput(function_name=FUNCTION, **settings)
        client.create_function(models.CreateFunctionRequest(created))
        given = models.CreateTriggerInput(
            trigger_name=trigger.name,
            trigger_type="oss",
            trigger_config=TRIGGER,
            qualifier=trigger.qualifier,
            source_arn=trigger.source_arn,
            invocation_role=trigger.invocation_role,
        )
        client.create_trigger(FUNCTION, models.CreateTriggerRequest(given))
    retries = models.PutAsyncInvokeConfigInput(max_async_retry_attempts=spec.async_config.max_retry_attempts)
    client.put_async_invoke_config(FUNCTION, models.PutAsyncInvokeConfigRequest(retries))
    limit = models.PutConcurrencyInput(reserved_concurrency=spec.reserved_concurrency)
    client.put_concurrency_config(FUNCTION, models.PutConcurrencyConfigRequest(limit))


def on_record(cloud: LocalCloud) -> list[dict[str, Any]]:
    assert cloud.fc.drain(60)
    keys = [entry.key for entry in cloud.oss.store.list(RECORDS) if "/.pending/" not in entry.key]
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
    first = client.get_function(FUNCTION, models.GetFunctionRequest()).body
    deploy(cloud, package)
    second = client.get_function(FUNCTION, models.GetFunctionRequest()).body
    assert (first.code_checksum, first.function_id) == (second.code_checksum, second.function_id)
    assert len(client.list_triggers(FUNCTION, models.ListTriggersRequest()).body.triggers) == 1
    deploy(cloud, package, VIDEO_SUFFIXES=".film")
    bucket(cloud, VIDEOS).put_object("clip.mp4", b"film")
    bucket(cloud, VIDEOS).put_object("clip.film", b"film")
    assert [line["video"] for line in on_record(cloud)] == [f"oss://{VIDEOS}/clip.film"]


@pytest.mark.usefixtures("interpreter")  # what is deployed runs in it
def test_after_removing_it_nothing_answers(cloud: LocalCloud, package: Package) -> None:
    deploy(cloud, package)
    client = fc3(cloud)
    client.delete_trigger(FUNCTION, "uploads")
    client.delete_async_invoke_config(FUNCTION, models.DeleteAsyncInvokeConfigRequest())
    client.delete_concurrency_config(FUNCTION)
    client.delete_function(FUNCTION)
    bucket(cloud, VIDEOS).put_object("clip.mp4", b"film")
    assert on_record(cloud) == []
    assert cloud.fc.functions == []


def test_a_zip_that_is_none_is_refused(cloud: LocalCloud) -> None:
    broken = models.InputCodeLocation(zip_file=base64.b64encode(b"no zip").decode())
    given = models.CreateFunctionInput(
        function_name=FUNCTION, runtime="python3.12", handler="index.handler", code=broken
    )
    with pytest.raises(AlibabaCloudException) as caught:
        fc3(cloud).create_function(models.CreateFunctionRequest(given))
    assert caught.value.status_code == 400
    assert cloud.fc.functions == []
