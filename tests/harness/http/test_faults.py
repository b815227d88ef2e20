"""Which call a fault spoils, and how faults are written."""

from __future__ import annotations

import re
import socket
from urllib.parse import urlsplit

import alibabacloud_oss_v2 as oss
import pytest

from harness.cli.client import oss_client
from harness.cloud import local_cloud
from harness.fc.sls.wire import operations as sls_operations
from harness.fc.triggers import http
from harness.http.faults import KINDS, Fault, FaultError, Faults, describe, parse_fault
from harness.http.operations import OPERATIONS
from harness.multimediaai.openapi.sts import Sts
from harness.oss.wire import operations as oss_operations

VALUES = {
    "error": "503/Unavailable",
    "latency": "0.5",
    "truncate": "10",
    "page": "503",
    "page_after": "200",
    "interim": "103",
    "drip": "30",
}


def drawn(faults: Faults, calls: int, service: str = "oss", operation: str = "PutObject") -> list[str | None]:
    """The kinds of the faults that so many calls meet."""
    met = [faults.draw(service, operation) for _ in range(calls)]
    return [fault.kind if fault else None for fault in met]


def test_without_faults_nothing_happens() -> None:
    assert drawn(Faults(), 2) == [None, None]


@pytest.mark.parametrize(
    ("text", "hit"),
    [
        ("oss:PutObject:reset", True),
        ("oss:*:reset", True),
        ("*:PutObject:reset", True),
        ("*:*:reset", True),
        ("fc:*:reset", False),
        ("oss:PutObjectACL:reset", False),
    ],
)
def test_service_and_operation(text: str, hit: bool) -> None:
    faults = Faults()
    fault = faults.add(text)
    assert (faults.draw("oss", "PutObject") is fault) == hit
    assert (fault.calls, fault.hits) == (hit, hit)


def test_the_nth_call_only() -> None:
    faults = Faults()
    faults.add("oss:PutObject:reset:nth=2")
    faults.draw("oss", "GetObject")
    assert drawn(faults, 3) == [None, "reset", None]


def test_the_first_calls_only() -> None:
    faults = Faults()
    fault = faults.add("oss:PutObject:reset:times=2")
    assert drawn(faults, 4) == ["reset", "reset", None, None]
    assert (fault.calls, fault.hits) == (4, 2)


def test_a_call_uses_up_only_the_fault_that_it_meets() -> None:
    faults = Faults()
    first, second = faults.add("oss:PutObject:reset:times=1"), faults.add("oss:*:throttle:times=1")
    assert drawn(faults, 3) == ["reset", "throttle", None]
    assert (first.calls, first.hits) == (second.calls, second.hits) == (3, 1)


def test_a_seed_makes_chance_repeatable() -> None:
    runs = []
    for seed in (1, 1, 2):
        faults = Faults()
        faults.add(f"*:*:reset:probability=0.5:seed={seed}")
        runs.append(drawn(faults, 50))
    assert runs[0] == runs[1] != runs[2]
    assert {"reset", None} == set(runs[0])


def test_clear_forgets_them() -> None:
    faults = Faults()
    fault = faults.add(Fault("*", "*", "reset"))
    assert faults.all() == [fault]
    faults.clear()
    assert (faults.all(), drawn(faults, 1)) == ([], [None])


@pytest.mark.parametrize(
    ("text", "service", "refusal"),
    [
        ("*:*:error=403/AccessDenied", "oss", (403, "AccessDenied")),
        ("*:*:error=502", "oss", (502, "InternalError")),
        ("*:*:throttle", "oss", (503, "TotalQpsLimitExceeded")),
        ("*:*:throttle", "multimediaai", (400, "Throttling.User")),
        ("*:*:throttle", "fc", (429, "ResourceExhausted")),
        ("*:*:throttle", "another", (503, "ServiceUnavailable")),
    ],
)
def test_how_a_call_is_refused(text: str, service: str, refusal: tuple[int, str]) -> None:
    assert parse_fault(text).refusal(service) == refusal


def test_seconds_and_bytes() -> None:
    assert parse_fault("*:*:latency=0.5").number() == 0.5
    assert parse_fault("*:*:truncate=10").number() == 10
    assert parse_fault("*:*:reset").number() == 0


@pytest.mark.parametrize(
    "text",
    [
        *(f"*:*:{kind}" for kind in KINDS if kind not in VALUES),
        *(f"*:*:{kind}={value}" for kind, value in VALUES.items()),
        "multimediaai:CreateGifTask:error=503/ServiceUnavailable:times=2",
        "oss:AppendObject:reset_after:nth=2",
        "*:*:latency=0.5:probability=0.1:seed=7",
    ],
)
def test_a_fault_describes_itself_as_it_was_written(text: str) -> None:
    assert describe(parse_fault(text)) == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("oss:PutObject", "a fault is service:operation:kind"),
        ("oss:PutObject:explode", "unknown kind of fault 'explode'; there are: error"),
        ("oss:PutObject:error=abc", "refused with a status and code"),
        ("oss:PutObject:latency=soon", "answered later"),
        ("oss:PutObject:reset:never=1", "unknown option 'never'; there are: nth"),
        ("ost:PutObject:reset", r"unknown service 'ost'; there are: oss, multimediaai, imm, sts, fc, sls and \*"),
        ("oss:Putobject:reset", "unknown operation 'Putobject'; there are: PutObject, "),
        ("oss:CreateGifTask:reset", "unknown operation 'CreateGifTask'"),
        ("*:CreateGiftTask:reset", "unknown operation 'CreateGiftTask'; there are: CreateGifTask"),
        ("oss:PutObject:error", "refused with a status and code.*error=503/ServiceUnavailable"),
        ("oss:PutObject:error=200/OK", "refused with a status and code"),
        ("oss:PutObject:latency", "answered later: latency=SECONDS"),
        ("oss:PutObject:latency=-1", "answered later: latency=SECONDS"),
        ("oss:PutObject:reset=5", "reset=5: the connection is reset"),
        ("oss:PutObject:page", "a gateway's page is answered.*page=503"),
        ("oss:PutObject:page=100", "page=100: a gateway's page is answered"),
        ("oss:PutObject:page_after=600", "page_after=600: the call takes effect"),
        ("oss:PutObject:interim=200", "interim=200: an interim answer"),
        ("oss:PutObject:drip=slowly", "drip=slowly: 100 Continue"),
        ("oss:PutObject:reset:nth=0", "nth must be 1 or more, it is 0"),
        ("oss:PutObject:reset:times=0", "times must be 1 or more, it is 0"),
        ("oss:PutObject:reset:probability=2", "probability must be over 0 and up to 1, it is 2"),
        ("oss:PutObject:reset:probability=0", "probability must be over 0"),
        ("oss:PutObject:reset:probability=nan", "probability must be over 0"),
        ("oss:PutObject:reset:nth=first", "nth must be a number, it is 'first'"),
    ],
)
def test_a_mistake_is_explained(text: str, message: str) -> None:
    with pytest.raises(FaultError, match=message):
        parse_fault(text)


def test_a_fault_that_is_no_text_is_looked_at_too() -> None:
    with pytest.raises(FaultError, match="unknown service 'ost'"):
        Faults().add(Fault("ost", "PutObject", "reset"))


def test_the_operations_are_those_of_the_services() -> None:
    with local_cloud(render=False) as cloud:
        routes = [route.operation for route in cloud.fc._api._routes]
        actions, imm = cloud.multimediaai.actions, cloud.imm.actions
    assert set(OPERATIONS["oss"]) == {operation.name for operation in oss_operations.OPERATIONS}
    assert set(OPERATIONS["multimediaai"]) == set(actions)
    assert set(OPERATIONS["imm"]) == set(imm)
    assert set(OPERATIONS["sts"]) == set(Sts.actions)
    assert set(OPERATIONS["sls"]) == {operation.name for operation in sls_operations.OPERATIONS}
    assert set(OPERATIONS["fc"]) == {*routes, http.OPERATION}


@pytest.mark.parametrize(
    ("fault", "sent", "stored"),
    [
        ("page=503", rb"HTTP/1.1 503 [^\r]*\r\n.*<html>.*503", False),
        ("page_after=200", rb"HTTP/1.1 200 OK\r\n.*<html>.*200 OK", True),
        ("page_after=204", rb"HTTP/1.1 204 No Content\r\n", True),
        ("interim=103", rb"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\n", True),
        ("drip=0.15", rb"(HTTP/1.1 100 Continue\r\n\r\n){2}HTTP/1.1 200 OK\r\n", True),
    ],
)
def test_what_answers_in_a_services_place(fault: str, sent: bytes, stored: bool) -> None:
    with local_cloud(render=False) as cloud:
        client = oss_client(cloud.url, cloud.identities.owner)
        presigned = urlsplit(client.presign(oss.PutObjectRequest(bucket="my-videos", key="a.txt")).url)
        cloud.faults.add(f"oss:PutObject:{fault}")
        with socket.create_connection(("127.0.0.1", cloud.server.port), 5) as connection:
            target = f"{presigned.path}?{presigned.query}"
            head = [
                f"PUT {target} HTTP/1.1",
                f"Host: {presigned.netloc}",
                "Content-Length: 1",
                "Connection: close",
            ]
            connection.sendall("\r\n".join([*head, "", "x"]).encode())
            received = b"".join(iter(lambda: connection.recv(65536), b""))
        assert re.match(sent, received, re.DOTALL)
        assert [entry.key for entry in cloud.oss.store.list("my-videos")] == (["a.txt"] if stored else [])
