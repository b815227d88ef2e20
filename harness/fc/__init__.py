"""Function Compute in the local cloud.

service.py is the entry: FunctionCompute. Below it a function (function.py) has a pool of instances (pool.py), each
a process (instance.py) that runs runtime.py and adapter.py; asynchronous events wait in delivery.py. triggers/ has
what invokes a function by itself: timers, HTTP addresses.

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
