"""The triggers of one function in s.yaml."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from harness.fc.triggers.specs import HttpTrigger, OssTrigger, TimerTrigger, Trigger
from harness.stack.section import Section


def read_triggers(props: Section) -> Iterator[Trigger]:
    """Those of the types that the local cloud has; the others are passed over. Raises StackError."""
    for raw in props.items("triggers"):
        read = _READERS.get(raw.text("triggerType"))
        if read:
            yield read(raw, props.text("functionName"))


def _common(raw: Section) -> dict[str, str]:
    return {"qualifier": raw.text("qualifier", "LATEST"), "description": raw.text("description", "")}


def _oss(raw: Section, function: str) -> OssTrigger:
    config = raw.section("triggerConfig")
    key = config.section("filter").section("key")
    arn = raw.text("sourceArn")
    if not re.fullmatch(r"acs:oss:[^:]*:[^:]*:[^:/]+", arn):
        raise raw.error("sourceArn", f"must be acs:oss:<region>:<account>:<bucket>, it is {arn!r}")
    return OssTrigger(
        name=raw.text("triggerName"),
        function=function,
        bucket=arn.rpartition(":")[2],
        events=tuple(config.texts("events")),
        prefix=key.text("prefix", ""),
        suffix=key.text("suffix", ""),
        source_arn=arn,
        invocation_role=raw.text("invocationRole", ""),
        **_common(raw),
    )


def _timer(raw: Section, function: str) -> TimerTrigger:
    config = raw.section("triggerConfig")
    return TimerTrigger(
        name=raw.text("triggerName"),
        function=function,
        cron=config.text("cronExpression"),
        enabled=config.truth("enable"),
        payload=config.text("payload", ""),
        **_common(raw),
    )


def _http(raw: Section, function: str) -> HttpTrigger:
    config = raw.section("triggerConfig")
    return HttpTrigger(
        name=raw.text("triggerName"),
        function=function,
        methods=tuple(config.texts("methods")),
        auth_type=config.text("authType"),
        disable_internet=config.truth("disableURLInternet", False),
        **_common(raw),
    )


_READERS: dict[str, Callable[[Section, str], Trigger]] = {"oss": _oss, "timer": _timer, "http": _http}
