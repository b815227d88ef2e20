"""What the control plane needs from the rest of the local cloud; handed in by who composes it."""

from __future__ import annotations

from typing import Any, Protocol

from harness.fc.triggers.specs import OssTrigger, Trigger


class EventSources(Protocol):
    """Where triggers take effect. A trigger is known by its function and its name."""

    def add(self, trigger: Trigger) -> None:
        """Raises ValueError, with a reason, when the source refuses it; then nothing has changed."""
        ...

    def remove(self, trigger: Trigger) -> None: ...

    def about(self, trigger: Trigger) -> dict[str, Any]:
        """What GetTrigger tells beside the trigger's settings, such as its address."""
        ...


class BucketEvents(Protocol):
    """OSS, for its triggers: an EventSources of that kind."""

    def add(self, trigger: OssTrigger) -> None: ...

    def remove(self, trigger: OssTrigger) -> None: ...


class CodeBucket(Protocol):
    """OSS, for code. `temp_bucket`: where clients upload before they deploy."""

    temp_bucket: str

    def fetch(self, bucket: str, key: str) -> bytes:
        """Raises LookupError, with a reason, when there is no such object."""
        ...

    def publish(self, key: str, data: bytes) -> str:
        """Puts it where a client can download it, and gives the URL."""
        ...


class NoBucketEvents:
    """Triggers are kept, and nothing happens."""

    def add(self, trigger: OssTrigger) -> None:
        pass

    def remove(self, trigger: OssTrigger) -> None:
        pass


class NoCodeBucket:
    """Code comes as base64 only."""

    temp_bucket = ""

    def fetch(self, bucket: str, key: str) -> bytes:
        raise LookupError(f"there is no object {bucket}/{key}: this local cloud has no OSS")

    def publish(self, key: str, data: bytes) -> str:
        raise LookupError("this local cloud has no OSS")
