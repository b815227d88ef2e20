"""What can reach the collector, as pydantic models. No I/O.

A timer's event, an HTTP trigger's, the record of an event that failed for good (a destination's), and a person's
`{"collect": true}` and `{"check": true}`. Source of the forms: the pages on timer and HTTP triggers and on
destinations.
"""

from __future__ import annotations

import json
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from handler.errors import EventError


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class TimerEvent(_Model):
    triggerTime: str
    triggerName: str
    payload: str = ""


class PersonEvent(_Model):
    model_config = ConfigDict(frozen=True, extra="forbid")

    collect: Literal[True]


class CheckEvent(_Model):
    """What else is in it is read by who tries the permissions."""

    check: Literal[True]


class HttpEvent(_Model):
    """A call of the HTTP trigger, as far as it is looked at: its body is not."""

    version: Literal["v1"]
    rawPath: str
    queryParameters: dict[str, str] = Field(default_factory=dict)


class _RequestContext(_Model):
    requestId: str
    condition: str


class DeadLetter(_Model):
    """requestPayload: the event's own text. responsePayload: what the function answered, as a text."""

    requestContext: _RequestContext
    requestPayload: str
    responsePayload: str | None = None

    @property
    def reason(self) -> str:
        """The function's error message, where it has left one."""
        try:
            answer = json.loads(self.responsePayload or "")
        except (ValueError, RecursionError):
            return ""
        message = answer.get("errorMessage") if isinstance(answer, dict) else None
        return message if isinstance(message, str) else ""


class _Form(NamedTuple):
    mark: str
    model: type[TimerEvent | PersonEvent | CheckEvent | HttpEvent | DeadLetter]


_FORMS = (
    _Form("triggerName", TimerEvent),
    _Form("rawPath", HttpEvent),
    _Form("requestPayload", DeadLetter),
    _Form("collect", PersonEvent),
    _Form("check", CheckEvent),
)
CollectEvent = TimerEvent | PersonEvent | CheckEvent | HttpEvent | DeadLetter


def read_collect_event(event: bytes | str) -> CollectEvent:
    """Raises EventError when it is of no known kind."""
    try:
        raw: object = json.loads(event)
    except (ValueError, RecursionError) as exc:
        raise EventError(f"the event is not JSON: {exc}") from exc
    for form in _FORMS:
        if isinstance(raw, dict) and form.mark in raw:
            try:
                return form.model.model_validate(raw)
            except ValidationError as exc:
                places = {".".join(map(str, error["loc"])) for error in exc.errors(include_url=False)}
                raise EventError(
                    f"the event has {form.mark}, but not its form: {', '.join(sorted(places))}"
                ) from exc
    raise EventError(
        "the collector was sent an event of no known kind: not a timer's, an HTTP trigger's, the record of an "
        'event that failed, or {"collect": true}',
        hint="videos go to the other function",
    )
