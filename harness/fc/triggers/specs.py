"""What a trigger is, a class for each kind: the part of FC's Trigger that the local cloud acts on."""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.fc.spec import LATEST


@dataclass(frozen=True)
class _Trigger:
    name: str
    function: str
    qualifier: str = field(default=LATEST, kw_only=True)
    description: str = field(default="", kw_only=True)


@dataclass(frozen=True)
class OssTrigger(_Trigger):
    """`events` as configured, e.g. "oss:ObjectCreated:PutObject"; one prefix and one suffix."""

    bucket: str
    events: tuple[str, ...]
    prefix: str = ""
    suffix: str = ""
    source_arn: str = ""
    invocation_role: str = ""


@dataclass(frozen=True)
class TimerTrigger(_Trigger):
    """`cron`: cronExpression, as harness.fc.triggers.schedule reads it. `payload`: a text, JSON or not."""

    cron: str
    enabled: bool = True
    payload: str = ""


@dataclass(frozen=True)
class HttpTrigger(_Trigger):
    """`auth_type`: anonymous, or function, whose callers sign. `disable_internet`: the public address refuses."""

    methods: tuple[str, ...]
    auth_type: str = "function"
    disable_internet: bool = False


Trigger = OssTrigger | TimerTrigger | HttpTrigger
