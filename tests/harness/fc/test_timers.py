"""Timer triggers: when they are due, what they send, and the control plane's part in it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

import pytest
from alibabacloud_fc20230330 import models
from alibabacloud_tea_openapi.exceptions import ClientException, ServerException

from harness.fc import TimerTrigger
from harness.fc.errors import FcError
from harness.fc.triggers.schedule import Schedule
from tests.harness.fc.account import LocalFc, until
from tests.harness.fc.clients import client3
from tests.harness.fc.test_control import create as deploy

# The SDK's own.
pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")


def timer(name: str = "sweep", **config: Any) -> dict[str, Any]:
    config = {"cronExpression": "@every 5m", "enable": True, **config}
    return {"triggerName": name, "triggerType": "timer", "triggerConfig": json.dumps(config)}


def create(local: LocalFc, **config: Any) -> Any:
    body = models.CreateTriggerInput().from_map(timer(**config))
    return client3(local).create_trigger("f", models.CreateTriggerRequest(body=body)).body


def update(local: LocalFc, **config: Any) -> None:
    body = models.UpdateTriggerInput().from_map({"triggerConfig": timer(**config)["triggerConfig"]})
    client3(local).update_trigger("f", "sweep", models.UpdateTriggerRequest(body=body))


def fired_at(local: LocalFc, minutes: float) -> list[Any]:
    """The events of the timers that are due so many minutes from now, in the order in which they fired."""
    before = len(local.fc.invocations)
    local.clock.ahead = minutes * 60
    local.fc.timers.fire_due()
    local.clock.ahead = 0  # the client signs with the real time
    local.drain()
    return [json.loads(record.result) for record in local.fc.invocations[before:]]


@pytest.mark.parametrize(
    ("expression", "after", "expected"),
    [
        ("@every 1m", "2026-03-01T10:00:30", "2026-03-01T10:01:30"),
        ("@every 90m", "2026-03-01T10:00:00", "2026-03-01T11:30:00"),
        ("0 0 4 * * *", "2026-03-01T04:00:00", "2026-03-02T04:00:00"),
        ("30 */20 * * * *", "2026-03-01T10:20:30", "2026-03-01T10:40:30"),
        ("0 0 8-10 1,15 JAN-MAR ?", "2026-03-15T10:30:00", "2027-01-01T08:00:00"),
        ("0 30 9 ? * MON-FRI", "2026-11-27T09:30:00", "2026-11-30T09:30:00"),
        ("0 0 0 * * 1", "2026-11-24T00:00:00", "2026-11-30T00:00:00"),
        ("0 0 0 * * 7", "2026-11-24T00:00:00", "2026-11-29T00:00:00"),
        ("CRON_TZ=Asia/Shanghai 0 0 4 * * *", "2026-03-01T00:00:00", "2026-03-01T20:00:00"),
    ],
)
def test_when_a_timer_is_due(expression: str, after: str, expected: str) -> None:
    times = [datetime.fromisoformat(text).replace(tzinfo=timezone.utc).timestamp() for text in (after, expected)]
    assert Schedule(expression).after(times[0]) == times[1]


@pytest.mark.parametrize(
    ("config", "problem"),
    [
        *(({"cronExpression": text}, "cronExpression") for text in ("", "@every 0m", "@every 5s", "@every -1m")),
        *(({"cronExpression": text}, "cronExpression") for text in ("@daily", "* * * * *", "* * * * * *")),
        *(({"cronExpression": text}, "cronExpression") for text in ("*/5 * * * * *", "0 60 * * * *", "x")),
        *(({"cronExpression": text}, "cronExpression") for text in ("0 0 0 * * 0", "0 0 0 L * *", "0 0 0 * * 5L")),
        ({"cronExpression": "0 0 0 31 2 *"}, "cronExpression"),
        ({"cronExpression": "CRON_TZ=Mars/Base 0 0 4 * * *"}, "no time zone 'Mars/Base'"),
        ({"cronExpression": 5}, "cronExpression must be a text"),
        ({"enable": "yes"}, "enable must be true or false"),
        ({"payload": {"a": 1}}, "payload must be a text"),
        ({"payload": "x" * 131073}, "131072 bytes"),
    ],
    ids=str,
)
def test_a_timer_that_can_not_be_is_refused(local: LocalFc, config: dict[str, Any], problem: str) -> None:
    local.function()
    with pytest.raises((ClientException, ServerException), match=problem) as refused:
        create(local, **config)
    assert (refused.value.status_code, refused.value.code) == (400, "InvalidArgument")
    assert local.fc.timers.all() == []


def test_a_timer_from_its_creation_to_its_end(local: LocalFc) -> None:
    """By the official client. The event is that of the page on time triggers."""
    local.function()
    made = create(local, payload='{"do":"sweep"}')
    assert made.to_map() == client3(local).get_trigger("f", "sweep").body.to_map()
    assert fired_at(local, 4.5) == []
    (event,) = fired_at(local, 5.1)
    assert (event["triggerName"], event["payload"]) == ("sweep", '{"do":"sweep"}')
    due = datetime.strptime(event["triggerTime"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
    assert 240 < due.timestamp() - local.clock() <= 300
    assert len(fired_at(local, 60)) == 1, "what was missed is made up for once"
    update(local, enable=False)
    assert fired_at(local, 600) == []
    local.fc.timers.fire("f", "sweep")
    local.drain()
    assert local.outcomes() == ["succeeded"] * 3, "by hand it fires at any time"
    update(local, cronExpression="0 0 * * * *", payload="on the hour")
    (event,) = fired_at(local, 60)
    assert (event["triggerTime"][-6:], event["payload"]) == ("00:00Z", "on the hour")
    client3(local).delete_trigger("f", "sweep")
    assert fired_at(local, 600) == []
    with pytest.raises(FcError, match="TriggerNotFound"):
        local.fc.timers.fire("f", "sweep")


def test_a_started_timer_fires_by_the_clock(local: LocalFc) -> None:
    local.function("def handler(event, context): raise ValueError", name="g")
    local.fc.put_trigger(TimerTrigger("not-kept", "g", "@every 1m"))
    local.fc.timers.start()
    local.clock.ahead += 61
    until(lambda: local.journal.entries("timer"))
    assert local.journal.entries("timer")[0].fields["trigger"] == "not-kept"
    local.drain()
    assert len(local.outcomes()) == 4, "it is retried as any asynchronous invocation"


def test_deployed_timers_survive_a_restart(make: Callable[..., LocalFc]) -> None:
    local = make()
    deploy(local)
    create(local)
    local.close()
    assert [trigger.name for trigger in make().fc.timers.all()] == ["sweep"]
