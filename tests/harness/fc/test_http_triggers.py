"""HTTP triggers: their addresses, events, answers and callers."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from alibabacloud_fc20230330 import models
from alibabacloud_tea_openapi.exceptions import ClientException, ServerException

from harness.fc import HttpTrigger
from harness.ram.identity import ACCOUNT_ID, Credentials
from tests.harness.fc.account import REGION, ROLE, LocalFc
from tests.harness.fc.clients import client3
from tests.harness.fc.test_control import create as deploy

# The SDK's own.
pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")

ECHO = """
    import json
    def handler(event, context):
        return {"statusCode": 201, "headers": {"X-Own": "1"}, "body": event.decode(), "isBase64Encoded": False}
"""
#: Answers with what the request's body says.
SAYS = """
    import json
    def handler(event, context):
        body = json.loads(event)["body"]
        if body == "fail":
            raise ValueError("no")
        return json.loads(body) if body.startswith("{") else body
"""


def create(local: LocalFc, name: str = "web", **config: Any) -> Any:
    config = {"authType": "anonymous", "methods": ["GET", "POST"], **config}
    body = models.CreateTriggerInput(
        trigger_name=name, trigger_type="http", trigger_config=json.dumps(config), qualifier="LATEST"
    )
    return client3(local).create_trigger("f", models.CreateTriggerRequest(body=body)).body


def put(local: LocalFc, source: str, **settings: Any) -> str:
    """A function behind an HTTP trigger; its address."""
    local.function(source)
    trigger = HttpTrigger("web", "f", ("GET", "POST", "HEAD"), **{"auth_type": "anonymous", **settings})
    local.fc.put_trigger(trigger)
    return local.fc.http.url_of(trigger)


def test_the_address_is_told_and_the_event_is_the_documented_one(local: LocalFc) -> None:
    local.function(ECHO)
    made = create(local)
    address = made.http_trigger.url_internet
    assert made.to_map() == client3(local).get_trigger("f", "web").body.to_map()
    answer = requests.post(f"{address}/a%20b/c?x=1&x=2&y=%2B", data="Hello 猫".encode(), timeout=20)
    assert (answer.status_code, answer.headers["X-Own"]) == (201, "1")
    event = answer.json()
    context = event.pop("requestContext")
    headers = event.pop("headers")
    assert event == {
        "version": "v1",
        "rawPath": "/a%20b/c",
        "queryParameters": {"x": "1,2", "y": "+"},
        "body": "Hello 猫",
        "isBase64Encoded": False,
    }
    assert headers["User-Agent"] == context["http"]["userAgent"] == requests.utils.default_user_agent()
    assert (context["http"]["method"], context["http"]["path"]) == ("POST", "/a b/c")
    assert (context["accountId"], context["triggerId"]) == (ACCOUNT_ID, made.trigger_id)
    assert context["domainName"] == f"{made.trigger_id}.{REGION}.fcapp.run"
    assert context["requestId"] == answer.headers["X-Fc-Request-Id"]
    binary = requests.post(address, data=b"\xff\x00", timeout=20).json()
    assert (binary["rawPath"], binary["isBase64Encoded"]) == ("/", True)
    assert base64.b64decode(binary["body"]) == b"\xff\x00"
    client3(local).delete_trigger("f", "web")
    assert requests.post(address, timeout=20).status_code == 404


@pytest.mark.parametrize(
    ("said", "status", "body"),
    [
        ("plain", 200, b"plain"),
        ('{"a": 1}', 200, b'{\n    "a": 1\n}'),
        ('{"statusCode": 204}', 204, b""),
        ('{"statusCode": 404, "body": "none"}', 404, b"none"),
        ('{"statusCode": 200, "body": "/wA=", "isBase64Encoded": true}', 200, b"\xff\x00"),
        ("fail", 502, b"ValueError"),
        ('{"statusCode": "200"}', 502, b"BadResponse"),
        ('{"statusCode": 200, "body": {}}', 502, b"BadResponse"),
        ('{"statusCode": 200, "headers": {"A": 1}}', 502, b"BadResponse"),
        ('{"statusCode": 200, "headers": {"A": "b\\r\\nC: d"}}', 502, b"BadResponse"),
        ('{"statusCode": 200, "body": "!", "isBase64Encoded": true}', 502, b"BadResponse"),
    ],
)
def test_answers(answering: str, said: str, status: int, body: bytes) -> None:
    answer = requests.post(answering, data=said.encode(), timeout=20)
    assert answer.status_code == status
    assert body in answer.content
    assert "C" not in answer.headers


@pytest.fixture(scope="module")
def answering(tmp_path_factory: pytest.TempPathFactory) -> Any:
    local = LocalFc(tmp_path_factory.mktemp("fc"))
    yield put(local, SAYS)
    local.close()


def test_what_the_platform_refuses(local: LocalFc) -> None:
    address = put(local, ECHO)
    assert requests.put(address, timeout=20).status_code == 405
    assert requests.get(address, headers={"X-Long": "x" * 9000}, timeout=20).status_code == 400
    assert requests.get(address, params={"x": "y" * 4096}, timeout=20).status_code == 400
    too_much = requests.post(address, data=b"x" * 131073, headers={"X-Fc-Invocation-Type": "Async"}, timeout=20)
    assert too_much.status_code == 400
    assert local.fc.invocations == []
    accepted = requests.post(address, headers={"X-Fc-Invocation-Type": "Async"}, timeout=20)
    assert (accepted.status_code, accepted.content) == (202, b"")
    local.drain()
    assert local.outcomes(accepted.headers["X-Fc-Request-Id"]) == ["succeeded"]
    address = put(local, ECHO, disable_internet=True)
    assert requests.post(address, timeout=20).status_code == 403


def signed(url: str, keys: Credentials, **changed: str) -> dict[str, str]:
    """As the page's sample signs a call: the path, the query and x-acs-date, without the body."""
    path = urlsplit(url).path
    headers = {"x-acs-date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
    if keys.token:
        headers["x-acs-security-token"] = keys.token
    names = ";".join(headers)
    lines = ["POST", path, "", *(f"{name}:{value}" for name, value in headers.items()), "", names, ""]
    digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    to_sign = f"ACS3-HMAC-SHA256\n{digest}".encode()
    signature = hmac.new(keys.access_key_secret.encode(), to_sign, hashlib.sha256).hexdigest()
    credential = f"Credential={keys.access_key_id},SignedHeaders={names},Signature={signature}"
    return {**headers, "Authorization": f"ACS3-HMAC-SHA256 {credential}", **changed}


def test_callers_of_a_function_s_trigger_sign(local: LocalFc) -> None:
    address = put(local, ECHO, auth_type="function")
    owner, role = local.identities.owner, local.identities.assume_role(ROLE)
    assert requests.post(address, timeout=20).status_code == 400
    assert requests.post(address, headers=signed(address, owner), data="x", timeout=20).status_code == 201
    assert requests.post(f"{address}/other", headers=signed(address, owner), timeout=20).status_code == 403
    late = signed(address, owner, **{"x-acs-date": "2020-01-01T00:00:00Z"})
    assert requests.post(address, headers=late, timeout=20).status_code == 403
    assert requests.post(address, headers=signed(address, role), timeout=20).status_code == 403
    local.allow(ROLE, "fc:InvokeFunction")
    assert requests.post(address, headers=signed(address, role), timeout=20).status_code == 201


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"methods": []}, (400, "InvalidArgument")),
        ({"methods": ["BREW"]}, (400, "InvalidArgument")),
        ({"methods": None}, (400, "InvalidArgument")),
        ({"authType": "nobody"}, (400, "InvalidArgument")),
        ({"authType": "jwt"}, (501, "NotImplemented")),
        ({"disableURLInternet": "no"}, (400, "InvalidArgument")),
        ({"name": "second"}, (400, "InvalidArgument")),
    ],
    ids=str,
)
def test_an_http_trigger_that_can_not_be_is_refused(
    local: LocalFc, config: dict[str, Any], expected: tuple[int, str]
) -> None:
    deploy(local)
    if "name" in config:
        create(local)
    with pytest.raises((ClientException, ServerException)) as refused:
        create(local, **config)
    assert (refused.value.status_code, refused.value.code) == expected
