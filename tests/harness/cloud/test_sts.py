"""STS says who a key is, to everybody whose signature is right."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from alibabacloud_tea_openapi.client import Client
from alibabacloud_tea_openapi.models import OpenApiRequest, Params
from alibabacloud_tea_util.models import RuntimeOptions
from Tea.exceptions import TeaException

from harness.cloud import LocalCloud, local_cloud
from harness.ram.identity import Credentials
from tests.clients.tea import tea_config


@pytest.fixture(scope="module")
def cloud() -> Iterator[LocalCloud]:
    with local_cloud() as started:
        yield started


def ask(cloud: LocalCloud, who: Credentials, action: str = "GetCallerIdentity") -> dict[str, Any]:
    call = Params(
        action=action,
        version="2015-04-01",
        protocol="HTTP",
        method="POST",
        auth_type="AK",
        style="RPC",
        pathname="/",
        req_body_type="formData",
        body_type="json",
    )
    answer: dict[str, Any] = Client(tea_config(who, cloud.url)).call_api(call, OpenApiRequest(), RuntimeOptions())[
        "body"
    ]
    return answer


def test_the_owner_and_a_role_are_told_apart(cloud: LocalCloud) -> None:
    owner = ask(cloud, cloud.identities.owner)
    assert (owner["AccountId"], owner["IdentityType"]) == ("1234567890123456", "Account")
    assert owner["Arn"] == "acs:ram::1234567890123456:root"
    role = ask(cloud, cloud.identities.assume_role("nobody-knows-it"))  # which may do nothing
    assert role["IdentityType"] == "AssumedRoleUser"
    assert role["Arn"].startswith("acs:ram::1234567890123456:assumed-role/nobody-knows-it/")
    assert role["PrincipalId"].startswith(f"{role['RoleId']}:")


@pytest.mark.parametrize(
    ("key", "secret", "action", "code"),
    [
        (None, "wrong", "GetCallerIdentity", "SignatureDoesNotMatch"),
        ("LTAIunknown", "x", "GetCallerIdentity", "InvalidAccessKeyId.NotFound"),
        (None, None, "AssumeRole", "NotImplemented"),
        (None, None, "GetCallerIdentities", "InvalidApiNotFound"),
    ],
)
def test_what_is_refused(cloud: LocalCloud, key: str | None, secret: str | None, action: str, code: str) -> None:
    owner = cloud.identities.owner
    who = Credentials(key or owner.access_key_id, secret or owner.access_key_secret)
    with pytest.raises(TeaException) as raised:
        ask(cloud, who, action)
    assert raised.value.code == code
