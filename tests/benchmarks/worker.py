"""Runs inside the interpreter that is measured: loads a function as its platform would, and times its invocations.

Started with `-I -S`, so that nothing but the standard library and the folders named are importable. Reads commands
and writes answers as JSON lines; what the function itself prints goes to /dev/null.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

TIMEOUT_SECONDS = 600


def main(module_name: str, folders: list[str]) -> None:
    answers = os.fdopen(os.dup(1), "w")
    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 1)
    os.dup2(silent, 2)
    sys.path[:0] = folders
    context = SimpleNamespace(
        request_id="1-69b1c8ad-12345678-abcdef012345",
        region=os.environ["FC_REGION"],
        account_id="1234567890123456",
        function=SimpleNamespace(name="gif-on-upload", memory=256, timeout=TIMEOUT_SECONDS),
    )
    module = importlib.import_module(module_name)
    module.initialize(context)

    def answer(fields: dict[str, Any]) -> None:
        print(json.dumps(fields), file=answers, flush=True)

    answer({"cpu": time.process_time(), "peak": peak_bytes()})
    for line in sys.stdin:
        command = json.loads(line)
        answer(invoke(module.handler, [event.encode() for event in command["events"]], context))


def invoke(handler: Callable[[bytes, Any], Any], events: list[bytes], context: Any) -> dict[str, Any]:
    """Seconds of wall and CPU (all threads) of each invocation, the last result, and the peak memory so far."""
    walls, cpus, result = [], [], None
    for number, event in enumerate(events):
        context.request_id = f"1-69b1c8ad-12345678-{number:012x}"
        wall, cpu = time.perf_counter(), time.process_time()
        result = handler(event, context)
        cpus.append(time.process_time() - cpu)
        walls.append(time.perf_counter() - wall)
    return {"wall": walls, "cpu": cpus, "result": result, "peak": peak_bytes()}


def peak_bytes() -> int:
    """VmHWM: unlike getrusage's maximum it does not begin with the parent's memory."""
    with open("/proc/self/status", encoding="ascii") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM:"))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
