"""What a function's context and environment say of it and of its credentials."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from harness.ram.identity import ACCOUNT_ID
from tests.harness.fc.account import REGION, ROLE, LocalFc

CONTEXT = """
    def plain(value):
        if hasattr(value, "__dict__") and not hasattr(value, "handlers"):
            return {name: plain(inner) for name, inner in vars(value).items()}
        return value if isinstance(value, (str, int, dict, type(None))) else type(value).__name__
    def handler(event, context):
        return {"context": plain(context), "json": context.to_json() if hasattr(context, "to_json") else None}
"""


def test_context_of_python310(local: LocalFc) -> None:
    local.function(CONTEXT, runtime="python3.10", memory_mb=256, timeout_seconds=7, log_project="p", log_store="s")
    seen = local.answer()
    context: dict[str, Any] = seen["context"]
    credentials = context.pop("credentials")
    assert credentials["access_key_id"] == credentials["accessKeyId"]
    assert credentials["access_key_secret"] == credentials["accessKeySecret"]
    assert credentials["security_token"] == credentials["securityToken"]
    signer = local.identities.resolve(credentials["access_key_id"], credentials["security_token"])
    assert (signer.role, signer.access_key_secret) == (ROLE, credentials["access_key_secret"])
    request_id = context.pop("request_id")
    assert context == {
        "requestId": request_id,
        "region": REGION,
        "account_id": ACCOUNT_ID,
        "function": {"name": "f", "handler": "index.handler", "memory": 256, "timeout": 7},
        "service": {
            "name": "",
            "log_project": "p",
            "log_store": "s",
            "qualifier": "LATEST",
            "version_id": "LATEST",
        },
        "tracing": {"span_context": "", "span_baggages": {}, "jaeger_endpoint": ""},
        "retry_count": 0,
        "logger": None,
    }
    assert (seen["json"]["requestId"], seen["json"]["accountId"]) == (request_id, ACCOUNT_ID)
    assert set(seen["json"]) == {
        "requestId", "credentials", "function", "service", "region", "accountId", "retryCount", "tracing",
    }  # fmt: skip


def test_context_of_python312(local: LocalFc) -> None:
    local.function(CONTEXT, runtime="python3.12", memory_mb=256, timeout_seconds=7, log_project="p", log_store="s")
    seen = local.answer()
    context = seen["context"]
    assert context.pop("request_id") == local.fc.invocations[-1].request_id
    assert context == {
        "region": REGION,
        "account_id": ACCOUNT_ID,
        "function": {
            "name": "f",
            "handler": "index.handler",
            "memory": 256,
            "timeout": 7,
            "version_id": "LATEST",
            "qualifier": "LATEST",
        },
        "log_project": "p",
        "log_store": "s",
        "logger": "RootLogger",
    }
    assert seen["json"] is None


def test_the_context_shape_can_be_chosen_for_all(make: Callable[..., LocalFc]) -> None:
    local = make(context_shape="python3.10")
    local.function("def handler(event, context): return context.credentials.access_key_id", runtime="python3.12")
    assert local.fc.invoke("f", b"").body.startswith(b"STS.")


SHOW_KEY = """
    import os
    def handler(event, context):
        return {name: os.environ.get("ALIBABA_CLOUD_" + name) for name in ("ACCESS_KEY_ID", "SECURITY_TOKEN")}
"""


def test_credentials_in_the_environment_rotate_within_an_instance(local: LocalFc) -> None:
    local.function(SHOW_KEY)
    first, same = local.fc.invoke("f", b""), local.fc.invoke("f", b"")
    local.fc.credentials.rotate()
    rotated = local.fc.invoke("f", b"")
    assert first.body == same.body != rotated.body
    assert first.instance_id == rotated.instance_id
    for key in (json.loads(first.body), json.loads(rotated.body)):
        assert local.identities.resolve(key["ACCESS_KEY_ID"], key["SECURITY_TOKEN"]).role == ROLE


def test_expired_credentials_are_never_handed_out(local: LocalFc) -> None:
    local.function(SHOW_KEY)
    local.answer()
    local.clock.ahead = 60
    local.identities.expire_all()
    key = local.answer()
    assert local.identities.resolve(key["ACCESS_KEY_ID"], key["SECURITY_TOKEN"]).role == ROLE


def test_function_without_role_has_no_credentials(local: LocalFc) -> None:
    local.function(SHOW_KEY, role=None)
    assert local.answer() == {"ACCESS_KEY_ID": None, "SECURITY_TOKEN": None}
