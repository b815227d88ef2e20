"""Invocation over HTTP, by the official clients of FC 3.0 and FC 2.0, unmodified."""

from __future__ import annotations

import base64
import json
from email.message import Message
from typing import Any

import pytest
import requests
from alibabacloud_fc20230330 import models
from alibabacloud_tea_openapi.exceptions import ClientException
from darabonba.runtime import RuntimeOptions
from fc2.fc_exceptions import FcError as Fc2Error

from harness.http.body import Body
from harness.http.server import Request
from harness.ram.identity import Credentials
from tests.harness.fc.account import ROLE, LocalFc
from tests.harness.fc.clients import client2, client3

# The SDK's own.
pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")


def invoke3(
    local: LocalFc, payload: bytes = b"", name: str = "f", key: Credentials | None = None, **how: Any
) -> Any:
    request = models.InvokeFunctionRequest(body=payload, qualifier="LATEST")
    headers = models.InvokeFunctionHeaders(**how)
    return client3(local, key).invoke_function_with_options(
        name, request, headers, RuntimeOptions(autoretry=False)
    )


GREET = """
    import logging
    def handler(event, context):
        logging.info("greeting")
        return b"hello " + event
"""


def test_fc3_sync(local: LocalFc) -> None:
    local.function(GREET)
    response = invoke3(local, b"world\xff", x_fc_log_type="Tail")
    assert (response.status_code, response.body.read()) == (200, b"hello world\xff")
    headers = response.headers
    log = base64.b64decode(headers["x-fc-log-result"]).decode()
    assert log.endswith(f"FC Invoke End RequestId: {headers['x-fc-request-id']}")
    assert " [INFO] greeting\n" in log
    assert "x-fc-error-type" not in headers
    assert int(headers["x-fc-max-memory-usage"]) > 5
    assert float(headers["x-fc-invocation-duration"]) > 0
    assert local.fc.invocations[-1].request_id == headers["x-fc-request-id"]


def test_fc3_function_error(local: LocalFc) -> None:
    local.function("def handler(event, context): raise ValueError('no')")
    response = invoke3(local)
    assert (response.status_code, response.headers["x-fc-error-type"]) == (200, "UnhandledInvocationError")
    assert json.loads(response.body.read())["errorType"] == "ValueError"
    assert "x-fc-log-result" not in response.headers


def test_fc3_async(local: LocalFc) -> None:
    local.function(GREET)
    response = invoke3(local, b"later", x_fc_invocation_type="Async", x_fc_log_type="None")
    assert (response.status_code, response.body.read()) == (202, b"")
    local.drain()
    assert local.fc.invocations[-1].request_id == response.headers["x-fc-request-id"]
    assert local.fc.invocations[-1].result == b"hello later"


def test_fc3_refusals(local: LocalFc) -> None:
    local.function(GREET, reserved_concurrency=0)
    local.function(GREET, name="g")
    owner = local.identities.owner
    wrong_secret = Credentials(owner.access_key_id, "wrong")
    cases: list[tuple[dict[str, Any], int, str]] = [
        ({"name": "nobody"}, 404, "FunctionNotFound"),
        ({"key": wrong_secret}, 400, "SignatureDoesNotMatch"),
        ({"key": Credentials("LTAInobody", "x")}, 404, "InvalidAccessKeyId.NotFound"),
        ({"key": local.identities.assume_role("stranger")}, 403, "AccessDenied"),
        ({"name": "g", "x_fc_invocation_type": "Sometimes"}, 400, "InvalidArgument"),
        ({"name": "g", "x_fc_invocation_type": "Async", "payload": bytes(128 * 1024 + 1)}, 400, "EntityTooLarge"),
    ]
    for how, status, code in cases:
        with pytest.raises(ClientException, match="request id: 1-") as refused:
            invoke3(local, **how)
        assert (refused.value.status_code, refused.value.code) == (status, code), how
    denied = local.journal.entries("denied")[-1].fields
    assert denied["action"] == "fc:InvokeFunction"
    assert denied["resource"].endswith(":functions/f")
    assert not local.fc.invocations or local.fc.invocations[-1].outcome != "succeeded"


def test_a_role_that_may_invoke_does(local: LocalFc) -> None:
    local.function(GREET)
    local.allow(ROLE, "fc:InvokeFunction", "acs:fc:*:*:functions/f")
    key = local.identities.assume_role(ROLE)
    assert invoke3(local, b"x", key=key).body.read() == b"hello x"
    assert client2(local, key).invoke_function("any", "f", b"y").data == b"hello y"


def test_fc2_sync_and_async(local: LocalFc) -> None:
    local.function(GREET)
    client = client2(local)
    response = client.invoke_function("any", "f", b"world", headers={"x-fc-log-type": "Tail"}, qualifier="LATEST")
    assert response.data == b"hello world"
    assert " [INFO] greeting\n" in base64.b64decode(response.headers["x-fc-log-result"]).decode()
    accepted = client.invoke_function("any", "f", b"later", headers={"x-fc-invocation-type": "Async"})
    local.drain()
    assert local.fc.invocations[-1].request_id == accepted.headers["x-fc-request-id"]


def test_fc2_refusals(local: LocalFc) -> None:
    local.function("def handler(event, context): raise ValueError('no')")
    with pytest.raises(Fc2Error):
        client2(local).invoke_function("any", "f", b"")
    owner = local.identities.owner
    for key, name, code in (
        (owner, "nobody", "FunctionNotFound"),
        (Credentials(owner.access_key_id, "wrong"), "f", "SignatureNotMatch"),
        (Credentials("LTAInobody", "x"), "f", "InvalidAccessKeyID"),
        (local.identities.assume_role("stranger"), "f", "AccessDenied"),
    ):
        with pytest.raises(Fc2Error) as refused:
            client2(local, key).invoke_function("any", name, b"")
        assert refused.value.err_code == code


def test_too_many_requests(local: LocalFc) -> None:
    local.function(GREET, reserved_concurrency=0)
    with pytest.raises(ClientException, match="instances are busy") as refused:
        invoke3(local)
    assert (refused.value.status_code, refused.value.code) == (429, "ResourceExhausted")


def test_unsigned_unknown_and_refused_requests(local: LocalFc) -> None:
    local.function()
    base = local.server.url
    unsigned = requests.post(f"{base}/2023-03-30/functions/f/invocations", timeout=5)
    assert (unsigned.status_code, unsigned.json()["Code"]) == (400, "IncompleteSignature")
    old = requests.post(f"{base}/2016-08-15/services/s/functions/f/invocations", timeout=5)
    assert (old.status_code, old.json()["ErrorCode"]) == (400, "MissingRequiredHeader")
    unknown = requests.get(f"{base}/2023-03-30/custom-domains", timeout=5)
    assert (unknown.status_code, unknown.json()["Code"]) == (501, "NotImplemented")
    assert unknown.json()["RequestId"] == unknown.headers["X-Fc-Request-Id"]


def test_operation_and_refuse(local: LocalFc) -> None:
    def request(method: str, path: str) -> Request:
        return Request(method, path, "", Message(), Body(None, Message()))

    invoke = request("POST", "/2023-03-30/functions/f/invocations")
    assert local.fc.read(invoke).name == "InvokeFunction"
    assert local.fc.read(request("GET", "/2023-03-30/nothing")).name == "NotImplemented"
    refused = local.fc.refuse(local.fc.read(invoke), 429, "ResourceExhausted", "asked for")
    assert refused.status == 429
    assert isinstance(refused.body, bytes)
    assert json.loads(refused.body)["Code"] == "ResourceExhausted"
