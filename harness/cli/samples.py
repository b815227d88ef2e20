"""The sample events in events/: what each is, by what is in it, and what must come of it, by its name."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_LONGEST_KEY = 48
#: how the name begins (events/README.md), and what must come of the event
RESULTS = {
    "": "Every video gets exactly one task, on record",
    "skipped-": "Skipped, with the reason; no request is made",
    "bad-": "Fails with a typed error; what is good in it is submitted all the same",
}


@dataclass(frozen=True)
class Sample:
    """`about`: the event in words. `result`: one of RESULTS."""

    path: Path
    about: str
    result: str


def read_samples(directory: Path) -> Sequence[Sample]:
    """Every sample, by name. Raises ValueError when one is not JSON."""
    return [
        Sample(path, _event(json.loads(path.read_text(encoding="utf-8"))), _result(path.name))
        for path in sorted(directory.glob("*.json"))
    ]


def _result(name: str) -> str:
    return next(text for start, text in reversed(RESULTS.items()) if name.startswith(start))


def _event(event: Any) -> str:
    if isinstance(event, list):
        return f"EventBridge, {_counted(len(event), 'event')}: {_joined(map(_cloud_event, event))}"
    if "events" in event:
        records = event["events"]
        count = f", {_counted(len(records), 'record')}" if len(records) > 1 else ""
        return f"OSS trigger{count}: {_joined(map(_record, records))}"
    if "videos" in event:
        forced = ", forced" if event.get("force") else ""
        return f"A person's request{forced}, of objects that must be there: {_joined(map(str, event['videos']))}"
    return f"EventBridge: {_cloud_event(event)}"


def _cloud_event(event: Any) -> str:
    if isinstance(event, str):
        return f"{_cloud_event(json.loads(event))}, as a text"
    return _record(event["data"])


def _record(record: Any) -> str:
    try:
        name, key = record["eventName"], record["oss"]["object"]["key"]
    except KeyError as missing:
        return f"an entry without {missing}"
    shown = key if len(key) <= _LONGEST_KEY else f"{key[:_LONGEST_KEY]}… ({len(key.encode())} bytes)"
    return f"{name.rpartition(':')[2]} of {shown}"


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'s' if number != 1 else ''}"


def _joined(parts: Iterable[str]) -> str:
    return "; ".join(parts)
