"""Function Compute in the local cloud.

service.py is the entry: FunctionCompute. Whoever invokes a function does so by the one Execution (execution.py),
at once, or by way of delivery/, where asynchronous events wait. instances/ has what runs: a function has a pool of
instances, each a process with runtime.py and adapter.py. triggers/ has what invokes a function by itself: timers,
HTTP addresses. control/ is the API by which functions come and go.

Not implemented: runtimes other than Python, layers, custom domains, provisioned instances, stateful
async tasks, preStop and preFreeze hooks, more than one request at a time per instance; and the packages that FC's
Python runtimes bring along (oss2, requests, …), so that uploaded code has to bring all that it imports.
"""

from __future__ import annotations

from harness.fc.delivery.queues import exponential_delay
from harness.fc.service import FunctionCompute
from harness.fc.spec import AsyncConfig, FunctionSpec
from harness.fc.triggers.specs import HttpTrigger, OssTrigger, TimerTrigger, Trigger

__all__ = [
    "AsyncConfig",
    "FunctionCompute",
    "FunctionSpec",
    "HttpTrigger",
    "OssTrigger",
    "TimerTrigger",
    "Trigger",
    "exponential_delay",
]
