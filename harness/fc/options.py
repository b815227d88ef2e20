"""How Function Compute runs functions here, and what it is told by who composes the local cloud."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from harness.fc.control.surroundings import BucketEvents, CodeBucket, NoBucketEvents, NoCodeBucket
from harness.fc.delivery.queues import exponential_delay
from harness.fc.instances.launcher import LogLine


@dataclass(frozen=True)
class Options:
    """retry_delay(n): seconds before the nth retry of an asynchronous invocation, from 1. idle_seconds: after so
    long without a request an instance ends. context_shape: see Platform. extra_environment: beats the functions'
    own.
    """

    retry_delay: Callable[[int], float] = exponential_delay
    idle_seconds: float = 300.0
    context_shape: str | None = None
    extra_environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Surroundings:
    """The rest of the local cloud. events: where OSS triggers take effect. code: where deployed code comes from.
    url: what the addresses of HTTP triggers begin with. on_line: gets all that functions print.
    """

    events: BucketEvents = field(default_factory=NoBucketEvents)
    code: CodeBucket = field(default_factory=NoCodeBucket)
    url: str = ""
    on_line: Callable[[LogLine], None] = lambda line: None
