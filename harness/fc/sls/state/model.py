"""The shapes of Log Service's state."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.fc.sls.errors import SlsError

Document = Mapping[str, Any]
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{1,61}[a-z0-9]")


@dataclass(frozen=True)
class Project:
    """created: epoch seconds."""

    name: str
    created: float
    description: str = ""


@dataclass(frozen=True)
class Logstore:
    """ttl: days. created: epoch seconds. What is older than `ttl` stays here all the same."""

    project: str
    name: str
    created: float
    ttl: int = 30
    shards: int = 2


@dataclass(frozen=True)
class Line:
    """One log. time: epoch seconds, whole. fields: texts."""

    time: int
    fields: Mapping[str, str]
    topic: str = ""
    source: str = ""


def check_name(name: str, what: str) -> None:
    """what: "project" or "logstore". Raises SlsError ParameterInvalid."""
    if not _NAME.fullmatch(name):
        message = f"{what} name must be 3 to 63 of a-z, 0-9, - and _, it is {name[:100]!r}"
        raise SlsError("ParameterInvalid", message)
