"""Function Compute: what each client does, and what the function made of it."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import requests

from harness.fc.spec import FunctionSpec
from harness.ram.identity import ACCOUNT_ID
from tests.clients.fc_clients import Fc2, Fc3, OpenApiFc
from tests.clients.matrix import ABSENT, REGION, Cell, Row, Section, unknown_key, wrong_secret

FUNCTION = "echo"
_CODE = """
def handler(event, context):
    print("seen:", len(event))
    if event == b"fail":
        raise ValueError("asked to")
    return event
"""


def zipped() -> str:
    """The function's code as the API takes it."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("index.py", _CODE)
    return base64.b64encode(data.getvalue()).decode()


def create(cell: Cell) -> Any:
    """A client, and a function of the cell's name."""
    client = cell.client()
    document = {"functionName": cell.plain_name, "runtime": "python3.12", "handler": "index.handler"}
    client.ask("CreateFunction", body={**document, "code": {"zipFile": zipped()}})
    return client


def create_function(cell: Cell) -> None:
    create(cell)
    assert cell.site.cloud.fc.invoke(cell.plain_name, b"film").body == b"film"


def get_function(cell: Cell) -> None:
    found = create(cell).ask("GetFunction", cell.plain_name)
    assert (found["handler"], found["state"]) == ("index.handler", "Active")


def update_function(cell: Cell) -> None:
    create(cell).ask("UpdateFunction", cell.plain_name, body={"environmentVariables": {"SETTING": "new"}})
    assert cell.site.cloud.fc.function(cell.plain_name).environment == {"SETTING": "new"}


def list_functions(cell: Cell) -> None:
    found = create(cell).ask("ListFunctions", prefix=cell.plain_name)
    assert [function["functionName"] for function in found["functions"]] == [cell.plain_name]


def delete_function(cell: Cell) -> None:
    create(cell).ask("DeleteFunction", cell.plain_name)
    assert cell.plain_name not in {spec.name for spec in cell.site.cloud.fc.functions}


def triggers(cell: Cell) -> None:
    client, prefix = create(cell), f"{cell.plain_name}/"
    config = {"events": ["oss:ObjectCreated:PutObject"], "filter": {"key": {"prefix": prefix, "suffix": ""}}}
    trigger = {
        "triggerName": "uploads",
        "triggerType": "oss",
        "triggerConfig": json.dumps(config),
        "sourceArn": f"acs:oss:{REGION}:{ACCOUNT_ID}:my-clients",
        "invocationRole": f"acs:ram::{ACCOUNT_ID}:role/notifier",
    }
    client.ask("CreateTrigger", cell.plain_name, body=trigger)

    def listed() -> list[str]:
        return [found["triggerName"] for found in client.ask("ListTriggers", cell.plain_name)["triggers"]]

    def rules() -> list[tuple[str, ...]]:
        """The events that the bucket tells of below this prefix."""
        found = cell.site.cloud.oss.notifications.rules("my-clients")
        return [rule.events for rule in found if rule.prefix == prefix]

    assert (listed(), rules()) == (["uploads"], [("oss:ObjectCreated:PutObject",)])
    client.ask("DeleteTrigger", cell.plain_name, "uploads")
    assert (listed(), rules()) == ([], [])


def timer_and_http_triggers(cell: Cell) -> None:
    """In force as long as they are there: a timer can be fired, an address answers."""
    client, cloud = create(cell), cell.site.cloud
    configs = {
        "timer": {"cronExpression": "@every 60m", "enable": True, "payload": ""},
        "http": {"authType": "anonymous", "methods": ["POST"]},
    }
    for kind, config in configs.items():
        trigger = {"triggerName": kind, "triggerType": kind, "triggerConfig": json.dumps(config)}
        client.ask("CreateTrigger", cell.plain_name, body=trigger)
    address = {
        found["triggerName"]: found.get("httpTrigger", {}).get("urlInternet", "")
        for found in client.ask("ListTriggers", cell.plain_name)["triggers"]
    }["http"]
    assert cloud.fire_timer(cell.plain_name, "timer")
    assert requests.post(address, timeout=20).headers["X-Fc-Request-Id"]
    assert cloud.fc.drain(20)
    for kind in configs:
        client.ask("DeleteTrigger", cell.plain_name, kind)
    assert requests.post(address, timeout=20).status_code == 404
    assert cell.plain_name not in [timer.function for timer in cloud.fc.timers.all()]


def async_config(cell: Cell) -> None:
    create(cell).ask("PutAsyncInvokeConfig", cell.plain_name, body={"maxAsyncRetryAttempts": 1})
    assert cell.site.cloud.fc.function(cell.plain_name).async_config.max_retry_attempts == 1


def concurrency(cell: Cell) -> None:
    create(cell).ask("PutConcurrencyConfig", cell.plain_name, body={"reservedConcurrency": 7})
    assert cell.site.cloud.fc.function(cell.plain_name).reserved_concurrency == 7


def versions(cell: Cell) -> None:
    client = create(cell)
    version = client.ask("PublishFunctionVersion", cell.plain_name, body={})["versionId"]
    client.ask("CreateAlias", cell.plain_name, body={"aliasName": "stable", "versionId": version})
    assert cell.site.cloud.fc.function(cell.plain_name, "stable").version == version


def deploy(cell: Cell) -> str:
    """The function, once for all cells."""
    fc = cell.site.cloud.fc
    if FUNCTION not in {spec.name for spec in fc.functions}:
        code = Path(cell.site.cloud.directory, "echo")
        code.mkdir()
        (code / "index.py").write_text(_CODE, encoding="utf-8")
        fc.put_function(FunctionSpec(FUNCTION, code))
    return FUNCTION


def synchronous(cell: Cell) -> None:
    answer = cell.client().invoke(deploy(cell), b"bytes\xff in")
    assert answer.body == b"bytes\xff in"
    assert cell.site.cloud.fc.invocations[-1].request_id == answer.request_id


def asynchronous(cell: Cell) -> None:
    accepted = cell.client().invoke(deploy(cell), cell.name.encode(), kind="Async")
    assert accepted.body == b""
    assert cell.site.cloud.fc.drain(10)
    done = cell.site.cloud.fc.invocations[-1]
    assert (done.request_id, done.result, done.type) == (accepted.request_id, cell.name.encode(), "Async")


def log_tail(cell: Cell) -> None:
    assert "seen: 5\n" in cell.client().invoke(deploy(cell), b"12345", log="Tail").log


def function_error(cell: Cell) -> None:
    client = cell.client()
    try:
        error_type = client.invoke(deploy(cell), b"fail").error_type
    except client.refusal as exc:  # aliyun-fc2 raises, and knows what the function raised
        error_type = client.code(exc)
    assert error_type in ("UnhandledInvocationError", "ValueError")
    assert cell.site.cloud.fc.invocations[-1].outcome == "failed"


def no_such_function(cell: Cell) -> str:
    return cell.refusal(cell.owner, lambda client: client.invoke("nobody", b""))


def denied(cell: Cell) -> str:
    return cell.refusal(cell.site.cloud.role_credentials(), lambda client: client.invoke(deploy(cell), b""))


def refused_secret(cell: Cell) -> str:
    return cell.refusal(wrong_secret(cell), lambda client: client.invoke(deploy(cell), b""))


def refused_key(cell: Cell) -> str:
    return cell.refusal(unknown_key(cell), lambda client: client.invoke(deploy(cell), b""))


CLIENTS = {"alibabacloud-fc20230330": Fc3, "alibabacloud-tea-openapi": OpenApiFc, "aliyun-fc2": Fc2}


def _codes(acs3: str, fc2: str) -> dict[str, str]:
    return {**dict.fromkeys(CLIENTS, acs3), "aliyun-fc2": fc2}


#: FC 2.0's control plane is not implemented.
_ONLY_3 = {"aliyun-fc2": ABSENT}
FC = Section(
    "Function Compute",
    CLIENTS,
    (
        Row("InvokeFunction, synchronous", synchronous),
        Row("InvokeFunction, asynchronous", asynchronous),
        Row("the tail of the log", log_tail),
        Row("a function that fails", function_error),
        Row("CreateFunction", create_function, _ONLY_3),
        Row("GetFunction", get_function, _ONLY_3),
        Row("UpdateFunction", update_function, _ONLY_3),
        Row("ListFunctions", list_functions, _ONLY_3),
        Row("DeleteFunction", delete_function, _ONLY_3),
        Row("CreateTrigger, ListTriggers, DeleteTrigger", triggers, _ONLY_3),
        Row("triggers of type timer and http", timer_and_http_triggers, _ONLY_3),
        Row("PutAsyncInvokeConfig", async_config, _ONLY_3),
        Row("PutConcurrencyConfig", concurrency, _ONLY_3),
        Row("PublishFunctionVersion, CreateAlias", versions, _ONLY_3),
        Row("no such function", no_such_function, dict.fromkeys(CLIENTS, "FunctionNotFound")),
        Row("what the role may not", denied, dict.fromkeys(CLIENTS, "AccessDenied")),
        Row("a wrong secret", refused_secret, _codes("SignatureDoesNotMatch", "SignatureNotMatch")),
        Row("an unknown key", refused_key, _codes("InvalidAccessKeyId.NotFound", "InvalidAccessKeyID")),
    ),
)
