"""What is deployed over time: restarts, functions of s.yaml, and all that `s deploy` and `s remove` call."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from alibabacloud_fc20230330 import models

from harness.fc import AsyncConfig, FunctionSpec, OssTrigger
from harness.ram.identity import ACCOUNT_ID
from tests.clients.fc_clients import temp_bucket_token
from tests.harness.fc.account import ROLE, LocalFc
from tests.harness.fc.clients import client3, publish, put_async
from tests.harness.fc.test_control import (
    BUCKET_ARN,
    ROLE_ARN,
    SOURCE,
    create,
    create_trigger,
    get,
    inline,
    refused,
    update,
    zipped,
)

# The SDK's own.
pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")


def test_what_was_deployed_survives_a_restart(make: Callable[..., LocalFc]) -> None:
    local = make()
    create(local, environment_variables={"SETTING": "kept-"}, role=f"acs:ram::{ACCOUNT_ID}:role/{ROLE}")
    publish(local)
    client3(local).create_alias(
        "f", models.CreateAliasRequest(body=models.CreateAliasInput(alias_name="stable", version_id="1"))
    )
    update(local, code=inline(zipped(SOURCE.replace("'1'", "'2'"))))
    create_trigger(local, prefix="up/")
    put_async(local, max_async_retry_attempts=1)
    client3(local).put_concurrency_config(
        "f", models.PutConcurrencyConfigRequest(body=models.PutConcurrencyInput(reserved_concurrency=7))
    )
    before, spec = get(local).to_map(), local.fc.functions
    orphan = create(local, "gone", code=inline(zipped("# nobody needs this")))
    client3(local).delete_function("gone")
    local.close()

    again = make()
    assert get(again).to_map() == before
    assert again.fc.functions == spec
    assert again.buckets.rules() == ["f/uploads videos up/*.mp4"]
    assert client3(again).get_trigger("f", "uploads").body.source_arn == BUCKET_ARN
    assert again.fc.invoke("f", b"").body == b"kept-2"
    assert again.fc.invoke("f", b"", qualifier="stable").body == b"kept-1"
    assert publish(again) == "2"
    kept = {path.name for path in (again.directory / "fc" / "code").iterdir()}
    assert orphan.code_checksum not in kept
    assert len(kept) == 4


def test_a_broken_state_file_is_named(make: Callable[..., LocalFc], tmp_path: Path) -> None:
    broken = tmp_path / "fc" / "functions" / "f.json"
    broken.parent.mkdir(parents=True)
    broken.write_text("{")
    with pytest.raises(RuntimeError, match=r"f\.json: can't be read as a deployment"):
        make()


def test_functions_of_s_yaml_look_deployed(local: LocalFc) -> None:
    """`s info` and `s deploy` work on a function that the local cloud took from s.yaml."""
    made = local.function(
        "def handler(event, context): return 'from the folder'",
        memory_mb=256,
        cpu=0.25,
        initializer_timeout_seconds=3,
        async_config=AsyncConfig(1),
        reserved_concurrency=2,
    )
    trigger = OssTrigger(
        "uploads", "f", "videos", ("oss:ObjectCreated:PutObject",), "up/", ".mp4", BUCKET_ARN, ROLE_ARN
    )
    local.fc.put_trigger(trigger)
    assert get(local).to_map()["memorySize"] == 256
    config = client3(local).get_async_invoke_config("f", models.GetAsyncInvokeConfigRequest()).body
    assert config.max_async_retry_attempts == 1
    assert client3(local).get_concurrency_config("f").body.reserved_concurrency == 2
    assert client3(local).get_trigger("f", "uploads").body.invocation_role == ROLE_ARN
    assert local.buckets.rules() == ["f/uploads videos up/*.mp4"]
    code = models.GetFunctionCodeRequest()
    assert refused(lambda: client3(local).get_function_code("f", code)) == (412, "PreconditionFailed")
    update(local, environment_variables={"A": "1"})
    assert local.fc.functions == [FunctionSpec(**{**vars(made), "environment": {"A": "1"}})]
    assert local.fc.invoke("f", b"").body == b"from the folder"
    update(local, code=inline(zipped()))
    assert local.fc.invoke("f", b"").body == b"1"


def test_the_code_of_s_yaml_may_be_a_zip(local: LocalFc) -> None:
    archive = local.directory / "code.zip"
    archive.write_bytes(zipped())
    local.fc.put_function(FunctionSpec("f", archive))
    assert local.fc.invoke("f", b"").body == b"1"
    assert get(local).code_size == archive.stat().st_size
    assert client3(local).get_function_code("f", models.GetFunctionCodeRequest()).body.checksum


def test_put_again_replaces_what_was_deployed(local: LocalFc) -> None:
    create(local)
    create_trigger(local)
    local.function("def handler(event, context): return 'from the folder'")
    assert local.fc.invoke("f", b"").body == b"from the folder"
    assert local.buckets.rules() == []
    local.fc.remove_function("f")
    assert refused(lambda: get(local)) == (404, "FunctionNotFound")


def test_the_sequence_of_s_deploy_and_remove(local: LocalFc) -> None:
    """As the fc3 component calls it: look, upload, look again, create or update, settings, look."""
    client = client3(local)
    function = {"function_name": "f", "runtime": "python3.12", "handler": "index.handler", "memory_size": 256}
    empty = {
        "vpc_config": models.VPCConfig(vpc_id=""),
        "nas_config": models.NASConfig(mount_points=[]),
        "role": "",
    }
    latest = "LATEST"

    def deploy() -> Any:
        found = True
        try:
            remote = get(local)
        except Exception:  # noqa: BLE001 - as the component does
            found = False
        location = None
        if not found or remote.code_checksum == "":
            token = temp_bucket_token(local.server.url, local.identities.owner)
            uploaded = f"{ACCOUNT_ID}/{token['objectName']}"
            local.buckets.objects[token["ossBucket"], uploaded] = zipped()
            location = models.InputCodeLocation(oss_bucket_name=token["ossBucket"], oss_object_name=uploaded)
        settings = {**function, **empty, "cpu": 0.25, "code": location}
        if found:
            settings.pop("function_name")
            update(local, **settings)
            triggers = models.UpdateTriggerInput(invocation_role=ROLE_ARN)
            client.update_trigger("f", "uploads", models.UpdateTriggerRequest(body=triggers))
        else:
            client.create_function(models.CreateFunctionRequest(body=models.CreateFunctionInput(**settings)))
            assert refused(lambda: client.get_trigger("f", "uploads"))[1] == "TriggerNotFound"
            create_trigger(local)
        put_async(local, max_async_retry_attempts=3)
        client.put_concurrency_config(
            "f", models.PutConcurrencyConfigRequest(body=models.PutConcurrencyInput(reserved_concurrency=20))
        )
        about = [get(local), client.get_trigger("f", "uploads").body, client.get_concurrency_config("f").body]
        return [{n: v for n, v in one.to_map().items() if n != "lastModifiedTime"} for one in about]

    first = deploy()
    result = local.fc.invoke("f", b"")
    assert result.body == b"1"
    assert deploy() == first
    assert local.fc.invoke("f", b"").instance_id == result.instance_id

    client.list_triggers("f", models.ListTriggersRequest())
    client.delete_trigger("f", "uploads")
    client.delete_async_invoke_config("f", models.DeleteAsyncInvokeConfigRequest(qualifier=latest))
    client.delete_concurrency_config("f")
    client.delete_function("f")
    assert refused(lambda: get(local)) == (404, "FunctionNotFound")
    assert local.buckets.rules() == []
    assert json.loads(local.fc.invoke("f", b"").body)["Code"] == "FunctionNotFound"
