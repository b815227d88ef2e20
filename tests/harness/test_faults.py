"""Which call a fault spoils, and how faults are written."""

from __future__ import annotations

import pytest

from harness.faults import KINDS, Fault, FaultError, Faults, describe, parse_fault


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
        ("fc:PutObject:reset", False),
        ("oss:Put:reset", False),
        ("oss:PutObjectAcl:reset", False),
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
        ("*:*:error", "oss", (500, "InternalError")),
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
        *(f"*:*:{kind}" for kind in KINDS),
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
        ("oss:PutObject:reset:nth=first", "nth must be a number, it is 'first'"),
    ],
)
def test_a_mistake_is_explained(text: str, message: str) -> None:
    with pytest.raises(FaultError, match=message):
        parse_fault(text)
