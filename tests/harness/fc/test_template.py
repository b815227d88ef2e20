"""Instances that are forks: each is as if it had been started alone, and none needs the process it came from."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from harness.fc.instances.template import can_fork
from tests.harness.fc.account import LocalFc, gone, until

#: What an instance can see of how it was started.
LOOK = """
    import json, os, sys, random, time
    def handler(event, context):
        hidden = ("FC_INSTANCE_ID", "FC_FUNC_CODE_PATH", "FC_FUNCTION_NAME")
        environment = {k: v for k, v in os.environ.items() if k not in hidden and "ACCESS_KEY" not in k}
        return {
            "parent": os.getppid(), "session": os.getsid(0) == os.getpid(), "cwd": os.getcwd(),
            "code": os.environ["FC_FUNC_CODE_PATH"], "argv": sys.argv, "path": sys.path[1:], "first": sys.path[0],
            "environment": environment, "zone": time.tzname[0], "modules": sorted(sys.modules),
            "files": sorted(os.readlink(f"/proc/self/fd/{fd}").split(":")[0] for fd in os.listdir("/proc/self/fd")
                            if os.path.exists(f"/proc/self/fd/{fd}")),
        }
"""


def test_a_fork_is_as_if_it_had_been_started_alone(local: LocalFc) -> None:
    local.function(LOOK, name="fork", environment={"A": "1", "TZ": "Asia/Shanghai"})
    # A variable that the interpreter reads as it starts: this one has a process of its own.
    alone = {"A": "1", "TZ": "Asia/Shanghai", "PYTHONHASHSEED": "0"}
    local.function(LOOK, name="alone", environment=alone)
    seen: dict[str, dict[str, Any]] = {name: local.answer(name=name) for name in ("fork", "alone")}
    assert seen["alone"].pop("parent") == os.getpid()
    assert seen["fork"].pop("parent") != os.getpid()
    assert seen["alone"]["environment"].pop("PYTHONHASHSEED") == "0"
    for name, each in seen.items():
        assert each.pop("cwd") == each.pop("first") == each.pop("code").rstrip("/"), name
        assert Path(each["modules"].pop(each["modules"].index("index"))).name == "index"
    assert seen["fork"] == seen["alone"]


def test_forks_share_nothing_with_each_other(local: LocalFc) -> None:
    for name in ("first", "second"):
        local.function(
            f"""
            import os, random, sys
            os.environ["LEFT"] = sys.modules.setdefault("left", "{name}")
            def handler(event, context):
                return [os.environ["LEFT"], os.environ.get("OWN"), random.random()]
            """,
            name=name,
            environment={"OWN": name},
        )
    (first, own, number), (second, other, another) = (local.answer(name=name) for name in ("first", "second"))
    assert (first, own, second, other) == ("first", "first", "second", "second")
    assert number != another


def test_when_the_process_they_come_from_is_killed_they_end_and_the_next_one_starts(local: LocalFc) -> None:
    source = "import os\ndef handler(event, context): return [os.getpid(), os.getppid()]"
    local.function(source)
    pid, template = local.answer()
    os.kill(template, signal.SIGKILL)
    until(lambda: gone(pid))
    until(lambda: gone(template))
    result = local.fc.invoke("f", b"1")  # may meet the instance that has just ended
    again = result if result.ok else local.fc.invoke("f", b"1")
    assert again.ok
    assert str(template) not in again.body.decode()


@pytest.mark.parametrize("name", ["PYTHONPATH", "LD_PRELOAD", "LC_ALL", "MALLOC_ARENA_MAX"])
def test_what_acts_before_the_interpreter_runs_needs_a_process_of_its_own(name: str) -> None:
    assert can_fork((sys.executable,), {"A": "1"})
    assert not can_fork((sys.executable,), {name: "1"})
    assert not can_fork((sys.executable, "-S"), {"A": "1"})
