"""Asynchronous invocation: retries, age, throttling, destinations, and delivery as bad as it may get."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from harness.fc import AsyncConfig
from harness.fc.errors import FcError
from harness.ram.identity import ACCOUNT_ID
from tests.harness.fc.account import REGION, ROLE, LocalFc, until

pytestmark = pytest.mark.slow

#: Notes each execution in a file and fails as often as the event says.
COUNTING = """
    import json, os
    def handler(event, context):
        wanted = json.loads(event)
        with open(wanted["file"], "a") as file:
            file.write(json.dumps([context.request_id, getattr(context, "retry_count", 0)]) + "\\n")
        with open(wanted["file"]) as file:
            if len(file.readlines()) <= wanted.get("failures", 0):
                raise RuntimeError("not yet")
        return "done"
"""

#: Notes that it runs, and works until the test lets it go: until the other file is there.
HOLDING = """
    import json, os, time
    def handler(event, context):
        wanted = json.loads(event)
        with open(wanted["file"], "a") as file:
            file.write(json.dumps([context.request_id, 0]) + "\\n")
        while not os.path.exists(wanted["gate"]):
            time.sleep(0.005)
"""


def executions(file: Path) -> list[Any]:
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def event(file: Path, failures: int = 0) -> bytes:
    return json.dumps({"file": str(file), "failures": failures}).encode()


def hold(local: LocalFc, ran: Path, gate: Path, settings: AsyncConfig) -> list[str]:
    """Two events, by request id: the first occupies the only instance until there is a `gate`, the other waits."""
    local.function(HOLDING, reserved_concurrency=1, timeout_seconds=60, async_config=settings)
    payload = json.dumps({"file": str(ran), "gate": str(gate)}).encode()
    sent = [local.fc.invoke_async("f", payload) for _ in range(2)]
    until(lambda: executions(ran))
    return sent


def test_accepted_at_once_and_run_once(local: LocalFc, tmp_path: Path) -> None:
    local.function(COUNTING)
    request_id = local.fc.invoke_async("f", event(tmp_path / "ran"))
    local.drain()
    assert executions(tmp_path / "ran") == [[request_id, 0]]
    record = local.fc.invocations[-1]
    assert (record.type, record.outcome, record.request_id) == ("Async", "succeeded", request_id)
    assert record.result == b"done"
    phases = [(e.fields["phase"], e.fields["request_id"]) for e in local.journal.entries("invocation")]
    assert phases == [("start", request_id), ("end", request_id)]


def test_function_errors_are_retried_with_the_same_request_id(local: LocalFc, tmp_path: Path) -> None:
    local.function(COUNTING, runtime="python3.10")
    request_id = local.fc.invoke_async("f", event(tmp_path / "ran", failures=2))
    local.drain()
    assert executions(tmp_path / "ran") == [[request_id, 0], [request_id, 1], [request_id, 2]]
    assert local.outcomes(request_id) == ["failed", "failed", "succeeded"]
    assert [record.retry_count for record in local.fc.invocations] == [0, 1, 2]


@pytest.mark.parametrize("retries", [0, 3])
def test_retries_end(local: LocalFc, tmp_path: Path, retries: int) -> None:
    local.function(COUNTING, async_config=AsyncConfig(max_retry_attempts=retries))
    local.fc.invoke_async("f", event(tmp_path / "ran", failures=99))
    local.drain()
    assert len(executions(tmp_path / "ran")) == 1 + retries


def test_crashes_and_failed_initializers_are_retried(local: LocalFc, tmp_path: Path) -> None:
    local.function(
        """
        import os
        def initialize(context):
            if not os.path.exists(os.environ["MARK"]):
                open(os.environ["MARK"], "w").close()
                raise RuntimeError("the first time fails")
        def handler(event, context):
            if os.path.getsize(os.environ["MARK"]) == 0:
                with open(os.environ["MARK"], "w") as file:
                    file.write("crashed")
                os._exit(1)
            return "third time lucky"
        """,
        initializer="index.initialize",
        environment={"MARK": str(tmp_path / "mark")},
    )
    local.fc.invoke_async("f", b"")
    local.drain()
    records = local.fc.invocations
    assert [record.error_type for record in records] == ["InitializationError", "UnhandledInvocationError", None]


def test_events_that_are_too_old_are_dropped(local: LocalFc, tmp_path: Path) -> None:
    ran, gate = tmp_path / "ran", tmp_path / "gate"
    first, second = hold(local, ran, gate, AsyncConfig(max_event_age_seconds=60))
    local.clock.ahead += 61
    gate.touch()
    local.drain()
    assert executions(ran) == [[first, 0]]
    assert (local.outcomes(first), local.outcomes(second)) == (["succeeded"], ["expired"])


def test_throttled_events_wait_for_an_instance(local: LocalFc, tmp_path: Path) -> None:
    """Synchronous calls hold the only instance; the event is tried again later and is not counted as failed."""
    local.function(
        """
        import os, time
        def handler(event, context):
            while event and not os.path.exists(event):
                time.sleep(0.005)
        """,
        reserved_concurrency=1,
        timeout_seconds=30,
        async_config=AsyncConfig(max_retry_attempts=0),
    )
    with ThreadPoolExecutor() as threads:
        holding = threads.submit(local.fc.invoke, "f", str(tmp_path / "gate").encode())
        until(lambda: local.journal.entries("invocation"))
        request_id = local.fc.invoke_async("f", b"")
        until(lambda: "throttled" in local.outcomes(request_id))
        (tmp_path / "gate").touch()
        assert holding.result(20).ok
    local.drain()
    *before, last = local.outcomes(request_id)
    assert (set(before), last) == ({"throttled"}, "succeeded")


def test_a_burst_loses_and_doubles_nothing(local: LocalFc, tmp_path: Path) -> None:
    local.function(COUNTING, reserved_concurrency=4)
    sent = [local.fc.invoke_async("f", event(tmp_path / "ran")) for _ in range(300)]
    local.drain(20)
    assert sorted(ran for ran, _ in executions(tmp_path / "ran")) == sorted(sent)
    assert local.outcomes().count("throttled") == 0


def test_limits(local: LocalFc) -> None:
    local.function()
    local.fc.invoke_async("f", bytes(128 * 1024))
    with pytest.raises(FcError) as refused:
        local.fc.invoke_async("f", bytes(128 * 1024 + 1))
    assert (refused.value.status, refused.value.code) == (400, "EntityTooLarge")
    with pytest.raises(FcError) as unknown:
        local.fc.invoke_async("nobody", b"")
    assert (unknown.value.status, unknown.value.code) == (404, "FunctionNotFound")
    local.drain()


def destination(name: str, form: str = "new") -> str:
    if form == "old":
        return f"acs:fc:::services/any.LATEST/functions/{name}"
    return f"acs:fc:{REGION}:{ACCOUNT_ID}:functions/{name}"


@pytest.mark.parametrize("form", ["new", "old"])
def test_destinations_receive_the_outcome(local: LocalFc, form: str) -> None:
    local.allow(ROLE, "fc:InvokeFunction", destination("after"))
    local.function(name="after")
    config = AsyncConfig(0, on_success=destination("after", form), on_failure=destination("after", form))
    local.function("def handler(event, context): return {b'ok': 1}[event]", async_config=config)
    good, bad = local.fc.invoke_async("f", b"ok"), local.fc.invoke_async("f", "schlecht猫".encode())
    local.drain()
    received = [json.loads(record.result) for record in local.fc.invocations if record.function == "after"]
    by_request = {document["requestContext"].pop("requestId"): document for document in received}
    for document in received:
        assert abs(document.pop("timestamp") / 1000 - time.time()) < 60
    assert by_request[good] == {
        "requestContext": {"functionArn": destination("f"), "condition": "", "approximateInvokeCount": 1},
        "requestPayload": "ok",
        "responseContext": {"statusCode": 200, "functionError": ""},
        "responsePayload": "1",
    }
    failed = by_request[bad]
    assert failed["requestContext"]["condition"] == "UnhandledInvocationError"
    assert failed["responseContext"] == {"statusCode": 200, "functionError": "UnhandledInvocationError"}
    assert failed["requestPayload"] == "schlecht猫"
    assert json.loads(failed["responsePayload"])["errorType"] == "KeyError"


@pytest.mark.parametrize(
    ("arn", "expected"),
    [
        (destination("after"), f"denied: fc:InvokeFunction on {destination('after')}"),
        ("acs:mns:::/queues/q/messages", "not implemented"),
    ],
)
def test_destination_that_is_not_reached_is_in_the_journal(local: LocalFc, arn: str, expected: str) -> None:
    local.function(name="after")
    local.function(async_config=AsyncConfig(on_success=arn))
    local.fc.invoke_async("f", b"")
    local.drain()
    assert [entry.fields["outcome"] for entry in local.journal.entries("destination")] == [expected]
    denied = [entry.fields["action"] for entry in local.journal.entries("denied")]
    assert denied == (["fc:InvokeFunction"] if expected.startswith("denied") else [])
    assert not [record for record in local.fc.invocations if record.function == "after"]


def test_duplicated_delivery(local: LocalFc, tmp_path: Path) -> None:
    local.function(COUNTING)
    local.fc.delivery.duplicate = 2
    request_id = local.fc.invoke_async("f", event(tmp_path / "ran"))
    local.drain()
    assert [ran for ran, _ in executions(tmp_path / "ran")] == [request_id] * 3


def test_reordered_delivery_is_repeatable(make: Callable[..., LocalFc], tmp_path: Path) -> None:
    for run in ("once", "again"):
        local = make()
        local.function(COUNTING, reserved_concurrency=1)
        # This seed keeps the five at least a third of a second apart, so that a slow machine mixes nothing up.
        local.fc.delivery.shuffle(seed=87696, window=1.5)
        sent = [local.fc.invoke_async("f", event(tmp_path / run)) for _ in range(5)]
        local.drain()
        assert [sent.index(ran) for ran, _ in executions(tmp_path / run)] == [1, 4, 2, 0, 3]


def test_deleted_function_drops_its_events(local: LocalFc, tmp_path: Path) -> None:
    ran, gate = tmp_path / "ran", tmp_path / "gate"
    first, _ = hold(local, ran, gate, AsyncConfig())
    local.fc.remove_function("f")
    gate.touch()
    local.drain()
    assert executions(ran) == [[first, 0]]
    assert local.outcomes() == ["succeeded"]


def test_what_cannot_be_run_ends_as_a_failure_and_the_queue_goes_on(local: LocalFc, tmp_path: Path) -> None:
    """No process can be started with a NUL in its environment."""
    local.allow(ROLE, "fc:InvokeFunction")
    local.function(name="sink")
    config = AsyncConfig(on_failure=f"acs:fc:{REGION}:{ACCOUNT_ID}:functions/sink")
    local.function(COUNTING, environment={"A": "x\0y"}, async_config=config)
    for _ in range(3):
        local.fc.invoke_async("f", event(tmp_path / "ran"))
    local.drain()
    assert sorted(local.outcomes()) == ["refused"] * 3 + ["succeeded"] * 3
    sent = json.loads(local.fc.invocations[-1].result)
    assert sent["responseContext"]["statusCode"] == 500
    assert json.loads(sent["responsePayload"])["Code"] == "InternalServerError"
    local.function(COUNTING, environment={"A": "xy"})
    local.fc.invoke_async("f", event(tmp_path / "ran"))
    local.drain()
    assert len(executions(tmp_path / "ran")) == 1
