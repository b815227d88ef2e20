"""Settings, versions, aliases, tags and permissions."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from alibabacloud_fc20230330 import models

from harness.fc import AsyncConfig
from harness.fc.control.functions import upload_policy
from harness.ram.identity import ACCOUNT_ID
from harness.ram.policy import Policy
from tests.harness.fc.account import ROLE, LocalFc
from tests.harness.fc.clients import client3, publish, put_async
from tests.harness.fc.test_control import (
    ARN,
    SOURCE,
    create,
    get,
    inline,
    refused,
    update,
    zipped,
)

# The SDK's own.
pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")


def test_async_invoke_config(local: LocalFc) -> None:
    create(local, code=inline(zipped("def handler(event, context): 1 / 0")))
    client, request = client3(local), models.GetAsyncInvokeConfigRequest(qualifier="LATEST")
    assert refused(lambda: client.get_async_invoke_config("f", request)) == (404, "AsyncConfigNotExists")
    destination = models.DestinationConfig(
        on_failure=models.Destination(destination="acs:mns:::/queues/q/messages")
    )
    put = put_async(local, max_async_retry_attempts=1, destination_config=destination)
    assert put.to_map() == client.get_async_invoke_config("f", request).body.to_map()
    assert put.function_arn == ARN
    local.fc.invoke_async("f", b"")
    local.drain()
    assert local.outcomes() == ["failed", "failed"]
    assert [e.fields["outcome"] for e in local.journal.entries("destination")] == ["not implemented"]
    listed = client.list_async_invoke_configs(models.ListAsyncInvokeConfigsRequest(function_name="f")).body.configs
    assert [config.function_arn for config in listed] == [ARN]
    client.delete_async_invoke_config("f", models.DeleteAsyncInvokeConfigRequest(qualifier="LATEST"))
    assert local.fc.functions[0].async_config == AsyncConfig()
    assert refused(lambda: put_async(local, max_async_retry_attempts=9)) == (400, "InvalidArgument")
    assert refused(lambda: put_async(local, async_task=True)) == (501, "NotImplemented")


def test_concurrency(local: LocalFc) -> None:
    create(local)
    client = client3(local)
    assert refused(lambda: client.get_concurrency_config("f")) == (404, "ConcurrencyConfigNotExists")
    request = models.PutConcurrencyConfigRequest(body=models.PutConcurrencyInput(reserved_concurrency=0))
    assert client.put_concurrency_config("f", request).body.to_map() == {
        "functionArn": ARN,
        "reservedConcurrency": 0,
    }
    assert client.get_concurrency_config("f").body.reserved_concurrency == 0
    assert local.fc.invoke("f", b"").error_code == "ResourceExhausted"
    client.delete_concurrency_config("f")
    assert local.fc.invoke("f", b"").ok


def test_what_there_never_is(local: LocalFc) -> None:
    """The component looks for these before it deploys and removes."""
    create(local)
    client = client3(local)
    assert client.list_vpc_bindings("f").body.vpc_ids == []
    provisions = models.ListProvisionConfigsRequest(function_name="f")
    assert client.list_provision_configs(provisions).body.provision_configs == []
    provision = client.get_provision_config("f", models.GetProvisionConfigRequest(qualifier="LATEST")).body
    assert (provision.target, provision.current, provision.function_arn) == (0, 0, None)
    scalings = models.ListScalingConfigsRequest(function_name="f")
    assert client.list_scaling_configs(scalings).body.scaling_configs == []


def test_versions_and_aliases(local: LocalFc) -> None:
    create(local)
    client = client3(local)
    assert publish(local, "the first") == "1"
    update(local, code=inline(zipped(SOURCE.replace("'1'", "'2'"))))
    assert publish(local) == "2"
    alias = models.CreateAliasInput(alias_name="stable", version_id="1")
    made = client.create_alias("f", models.CreateAliasRequest(body=alias)).body
    assert (made.alias_name, made.version_id) == ("stable", "1")

    def answer(qualifier: str) -> bytes:
        return local.fc.invoke("f", b"", qualifier=qualifier).body

    update(local, code=inline(zipped(SOURCE.replace("'1'", "'3'"))))
    assert [answer(qualifier) for qualifier in ("LATEST", "1", "2", "stable")] == [b"3", b"1", b"2", b"1"]
    over_http = models.InvokeFunctionRequest(qualifier="stable")
    response = client.invoke_function("f", over_http)
    assert (response.body.read(), response.headers["x-fc-invocation-code-version"]) == (b"1", "1")
    changed = models.UpdateAliasRequest(body=models.UpdateAliasInput(version_id="2"))
    assert client.update_alias("f", "stable", changed).body.version_id == "2"
    assert answer("stable") == b"2"
    versions = client.list_function_versions("f", models.ListFunctionVersionsRequest()).body.versions
    assert [(version.version_id, version.description) for version in versions] == [("2", ""), ("1", "the first")]
    assert [a.alias_name for a in client.list_aliases("f", models.ListAliasesRequest()).body.aliases] == ["stable"]
    assert client.get_function("f", models.GetFunctionRequest(qualifier="1")).body.function_arn == f"{ARN}/1"
    assert refused(lambda: client.delete_function_version("f", "2")) == (412, "PreconditionFailed")
    client.delete_alias("f", "stable")
    client.delete_function_version("f", "2")
    for qualifier, code in (("2", "VersionNotFound"), ("stable", "AliasNotFound")):
        assert local.fc.invoke("f", b"", qualifier=qualifier).error_code == code
    assert refused(lambda: client.get_alias("f", "stable")) == (404, "AliasNotFound")
    assert answer("1") == b"1"


@pytest.mark.parametrize(("direction", "order"), [(None, range(25, 0, -1)), ("FORWARD", range(1, 26))])
def test_versions_come_in_pages(local: LocalFc, direction: str | None, order: range) -> None:
    create(local)
    for _ in range(25):
        publish(local)
    client, listed, token = client3(local), [], None
    for length in (10, 10, 4):
        request = models.ListFunctionVersionsRequest(direction=direction, limit=10, next_token=token)
        answer = client.list_function_versions("f", request).body
        assert len(answer.versions) == length
        listed += [int(version.version_id) for version in answer.versions]
        token = answer.next_token
        if len(listed) == 10:
            # Its place in the list stays when the version that the token names goes.
            client.delete_function_version("f", str(order[10]))
    assert token is None
    assert listed == [number for number in order if number != order[10]]
    stray = models.ListFunctionVersionsRequest(next_token="stray")
    assert refused(lambda: client.list_function_versions("f", stray)) == (400, "InvalidArgument")


def test_alias_has_async_settings_of_its_own(local: LocalFc) -> None:
    create(local, code=inline(zipped("def handler(event, context): 1 / 0")))
    publish(local)
    alias = models.CreateAliasInput(alias_name="stable", version_id="1")
    client3(local).create_alias("f", models.CreateAliasRequest(body=alias))
    put_async(local, "stable", max_async_retry_attempts=0)
    once = local.fc.invoke_async("f", b"", qualifier="stable")
    often = local.fc.invoke_async("f", b"")
    local.drain()
    assert (len(local.outcomes(once)), len(local.outcomes(often))) == (1, 4)


def test_tags(local: LocalFc) -> None:
    create(local)
    client = client3(local)
    tags = [models.Tag(key="team", value="video"), models.Tag(key="stage", value="test")]
    body = models.TagResourcesInput(resource_type="function", resource_id=[ARN], tag=tags)
    client.tag_resources(models.TagResourcesRequest(body=body))

    def tagged() -> dict[str, str]:
        request = models.ListTagResourcesRequest(resource_type="function", resource_id=[ARN])
        return {t.tag_key: t.tag_value for t in client.list_tag_resources(request).body.tag_resources}

    assert tagged() == {"team": "video", "stage": "test"}
    client.untag_resources(
        models.UntagResourcesRequest(resource_type="function", resource_id=[ARN], tag_key=["stage"])
    )
    assert tagged() == {"team": "video"}
    assert [(tag.key, tag.value) for tag in get(local).tags] == [("team", "video")]


def statement(effect: str, action: Any, resource: Any, **more: Any) -> dict[str, Any]:
    return {"Effect": effect, "Action": action, "Resource": resource, **more}


def test_permissions(local: LocalFc) -> None:
    """Each operation asks for its own action, and giving a role away needs ram:PassRole."""
    operator = local.identities.assume_role("operator")

    def let(*statements: dict[str, Any]) -> None:
        local.policies["operator"] = Policy({"Version": "1", "Statement": list(statements)})

    def make(**settings: Any) -> Any:
        function = models.CreateFunctionInput(
            function_name="f", runtime="python3.12", handler="index.handler", code=inline(zipped()), **settings
        )
        return client3(local, operator).create_function(models.CreateFunctionRequest(body=function))

    let(statement("Allow", "fc:GetFunction", f"{ARN}"))
    assert refused(make) == (403, "AccessDenied")
    denied = local.journal.entries("denied")[-1].fields
    assert (denied["action"], denied["resource"], denied["signer"]) == ("fc:CreateFunction", ARN, "operator")
    let(statement("Allow", "fc:*", f"{ARN}*"))
    role = f"acs:ram::{ACCOUNT_ID}:role/{ROLE}"
    assert refused(lambda: make(role=role)) == (403, "AccessDenied")
    assert local.journal.entries("denied")[-1].fields["action"] == "ram:PassRole"
    condition = {"StringEquals": {"acs:Service": "fc.aliyuncs.com"}}
    let(statement("Allow", "fc:*", f"{ARN}*"), statement("Allow", "ram:PassRole", role, Condition=condition))
    assert make(role=role).body.role == role
    let(statement("Allow", "fc:PutFunctionAsyncInvokeConfig", f"{ARN}/LATEST"))
    body = models.PutAsyncInvokeConfigInput(max_async_retry_attempts=1)
    request = models.PutAsyncInvokeConfigRequest(body=body, qualifier="LATEST")
    client3(local, operator).put_async_invoke_config("f", request)
    request.qualifier = "other"
    assert refused(lambda: client3(local, operator).put_async_invoke_config("f", request)) == (403, "AccessDenied")


@pytest.mark.parametrize(
    ("operator", "key", "value", "allowed"),
    [
        ("IpAddress", "acs:SourceIp", "127.0.0.0/8", True),
        ("IpAddress", "acs:SourceIp", "10.0.0.0/8", False),
        ("Bool", "acs:SecureTransport", "true", False),
        ("DateLessThan", "acs:CurrentTime", "2001-01-01T00:00:00Z", False),
        ("StringLike", "acs:UserAgent", "*", True),
    ],
)
def test_conditions_of_a_permission(local: LocalFc, operator: str, key: str, value: str, allowed: bool) -> None:
    local.function()
    who = local.identities.assume_role("operator")
    permission = statement("Allow", "fc:InvokeFunction", "*", Condition={operator: {key: value}})
    local.policies["operator"] = Policy({"Version": "1", "Statement": [permission]})

    def invoke() -> Any:
        return client3(local, who).invoke_function("f", models.InvokeFunctionRequest(body="hello"))

    if allowed:
        assert invoke().body.read() == b"hello"
    else:
        assert refused(invoke) == (403, "AccessDenied")


def test_upload_credentials_may_upload_and_nothing_else(local: LocalFc) -> None:
    policy = Policy(upload_policy("fc-temp", ACCOUNT_ID))
    assert policy.evaluate("oss:PutObject", f"acs:oss:cn-x:1:fc-temp/{ACCOUNT_ID}/x").allowed
    assert not policy.evaluate("oss:GetObject", f"acs:oss:cn-x:1:fc-temp/{ACCOUNT_ID}/x").allowed
    assert not policy.evaluate("oss:PutObject", "acs:oss:cn-x:1:videos/x").allowed
    nobody = requests.get(f"{local.server.url}/2016-08-15/tempBucketToken", timeout=5)
    assert (nobody.status_code, nobody.json()["ErrorCode"]) == (400, "MissingRequiredHeader")
