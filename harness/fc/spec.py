"""What a function is: the part of FC's Function and AsyncConfig that the local cloud acts on.

Both s.yaml (harness/stack/reader.py) and the control plane describe functions with these. Names follow FC's API,
version 2023-03-30, where that is plain; units are in the names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

#: The version of a function that is not published: as it is now.
LATEST = "LATEST"


@dataclass(frozen=True)
class AsyncConfig:
    """How asynchronous invocations are retried, and where their outcome goes (destination ARNs)."""

    max_retry_attempts: int = 3
    max_event_age_seconds: int = 86_400
    on_success: str | None = None
    on_failure: str | None = None


@dataclass(frozen=True)
class FunctionSpec:
    """One function. `code` is the folder that FC would unpack at /code; `role` is a role's short name."""

    name: str
    code: Path
    handler: str = "index.handler"
    runtime: str = "python3.12"
    memory_mb: int = 512
    timeout_seconds: int = 3
    cpu: float = 0.35
    disk_mb: int = 512
    environment: Mapping[str, str] = field(default_factory=dict)
    role: str | None = None
    initializer: str | None = None
    initializer_timeout_seconds: int = 3
    log_project: str = ""
    log_store: str = ""
    description: str = ""
    #: None: up to the account's limit
    reserved_concurrency: int | None = None
    async_config: AsyncConfig = field(default_factory=AsyncConfig)
    #: CRC-64 of the zip that `code` was unpacked from, in decimal; "" when there was none
    code_checksum: str = ""
    version: str = LATEST


def role_name(role: str) -> str:
    """The short name of a role given as `name` or as `acs:ram::<uid>:role/<name>`."""
    return role.rpartition("/")[2]
