"""Function Compute: what each client does, and what the function made of it."""

from __future__ import annotations

from pathlib import Path

from harness.fc.spec import FunctionSpec
from tests.clients.fc_clients import Fc2, Fc3, OpenApiFc
from tests.clients.matrix import Cell, Row, Section, unknown_key, wrong_secret

FUNCTION = "echo"
_CODE = """
def handler(event, context):
    print("seen:", len(event))
    if event == b"fail":
        raise ValueError("asked to")
    return event
"""


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


FC = Section(
    "Function Compute",
    CLIENTS,
    (
        Row("InvokeFunction, synchronous", synchronous),
        Row("InvokeFunction, asynchronous", asynchronous),
        Row("the tail of the log", log_tail),
        Row("a function that fails", function_error),
        Row("no such function", no_such_function, dict.fromkeys(CLIENTS, "FunctionNotFound")),
        Row("what the role may not", denied, dict.fromkeys(CLIENTS, "AccessDenied")),
        Row("a wrong secret", refused_secret, _codes("SignatureDoesNotMatch", "SignatureNotMatch")),
        Row("an unknown key", refused_key, _codes("InvalidAccessKeyId.NotFound", "InvalidAccessKeyID")),
    ),
)
