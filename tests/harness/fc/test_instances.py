"""Instances: started, limited, killed, reused, stopped."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.harness.fc.account import LocalFc, error, gone, until

pytestmark = pytest.mark.slow

PID = "import os\ndef handler(event, context): return os.getpid()"
#: Works until the test lets it go: until the file that the event names is there.
HOLD = """
    import os, time
    def handler(event, context):
        open(event.decode() + ".running", "w").close()
        while not os.path.exists(event):
            time.sleep(0.005)
        return os.getpid()
"""


def test_an_instance_is_reused_and_keeps_its_state(local: LocalFc) -> None:
    local.function("""
        count = 0
        def handler(event, context):
            global count
            count += 1
            return count
    """)
    assert [local.answer() for _ in range(3)] == [1, 2, 3]


def test_timeout_kills_the_process_and_says_where_it_was(local: LocalFc) -> None:
    local.function(
        """
        import os, time
        def stuck():
            time.sleep(60)
        def handler(event, context):
            print("pid", os.getpid())
            stuck()
        """,
        timeout_seconds=1,
    )
    result = local.fc.invoke("f", b"")
    assert re.fullmatch(r"Function timed out after 1 seconds \(maxMemoryUsage: \d+MB\)", error(result))
    assert 1000 <= result.duration_ms < 20_000
    pid = next(int(line.split()[1]) for line in result.lines if line.startswith("pid "))
    assert gone(pid)
    assert any(re.search(r"index.py.* in stuck", line) for line in result.lines)


def test_a_function_that_ignores_sigterm_is_killed_too(local: LocalFc) -> None:
    local.function(
        """
        import signal, time
        def handler(event, context):
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            while True:
                time.sleep(1)
        """,
        timeout_seconds=1,
    )
    assert error(local.fc.invoke("f", b"")).startswith("Function timed out after 1 seconds")


@pytest.mark.parametrize("death", ["os._exit(0)", "sys.exit(3)", "os.kill(os.getpid(), 9)"])
def test_process_that_ends_by_itself(local: LocalFc, death: str) -> None:
    local.function(f"""
        import os, sys
        def handler(event, context):
            print("last words")
            if event == b"die":
                {death}
            return "alive"
    """)
    result = local.fc.invoke("f", b"die")
    expected = r"Process exited unexpectedly before completing request \(duration: \d+ms, maxMemoryUsage: \d+MB\)"
    assert re.fullmatch(expected, error(result))
    assert "last words" in result.lines
    assert local.fc.invoke("f", b"").body == b"alive"


def test_a_child_that_outlives_the_function_ends_with_it(local: LocalFc) -> None:
    """A forked child holds the connection and the output open; both must not keep the caller waiting."""
    local.function(
        """
        import os, time
        def handler(event, context):
            child = os.fork()
            if not child:
                time.sleep(120)
            print("child", child)
            os._exit(1)
        """,
        timeout_seconds=30,
    )
    result = local.fc.invoke("f", b"")
    # A caller that was kept waiting would be told of the timeout.
    assert error(result).startswith("Process exited unexpectedly")
    child = next(int(line.split()[1]) for line in result.lines if line.startswith("child "))
    until(lambda: gone(child))


@pytest.mark.skipif(sys.platform != "linux", reason="the memory limit reads /proc")
def test_memory_limit(local: LocalFc) -> None:
    local.function(
        """
        def handler(event, context):
            return len([bytes(range(256)) * 4096 for _ in range(int(event))])
        """,
        memory_mb=128,
        timeout_seconds=10,
    )
    assert local.fc.invoke("f", b"40").ok
    result = local.fc.invoke("f", b"400")
    assert error(result).startswith("Process exited unexpectedly")
    assert result.max_memory_mb >= 128


def test_as_many_instances_as_requests_up_to_the_limit(local: LocalFc, tmp_path: Path) -> None:
    local.function(HOLD, reserved_concurrency=2, timeout_seconds=30)
    gates = [tmp_path / str(i) for i in range(2)]
    with ThreadPoolExecutor() as threads:
        running = [threads.submit(local.fc.invoke, "f", str(gate).encode()) for gate in gates]
        until(lambda: all(Path(f"{gate}.running").exists() for gate in gates))
        refused = local.fc.invoke("f", b"")
        assert (refused.status, refused.error_code) == (429, "ResourceExhausted")
        for gate in gates:
            gate.touch()
        assert len({future.result(20).body for future in running}) == 2
    assert local.fc.invoke("f", str(gates[0]).encode()).ok


def test_one_request_at_a_time_per_instance(local: LocalFc) -> None:
    local.function("""
        import threading, time
        busy = threading.Lock()
        def handler(event, context):
            assert busy.acquire(blocking=False)
            time.sleep(0.01)
            busy.release()
    """)
    with ThreadPoolExecutor(8) as threads:
        results = list(threads.map(lambda _: local.fc.invoke("f", b""), range(40)))
    assert all(result.ok for result in results)
    assert 1 < len({result.instance_id for result in results}) <= 8


def test_idle_instances_are_stopped(make: Callable[..., LocalFc]) -> None:
    local = make(idle_seconds=0.0)
    local.function(PID)
    pid = local.answer()
    until(lambda: gone(pid))
    assert local.answer() != pid


def test_an_idle_instance_that_died_is_replaced(local: LocalFc) -> None:
    local.function(PID)
    pid = local.answer()
    os.kill(pid, signal.SIGKILL)
    until(lambda: gone(pid))
    assert local.answer() != pid


def test_changed_settings_take_effect_at_the_next_invocation(local: LocalFc) -> None:
    source = "import os\ndef handler(event, context): return [os.environ['A'], os.getpid()]"
    local.function(source, environment={"A": "1"})
    first = local.answer()
    local.function(source, environment={"A": "2"})
    second = local.answer()
    local.function(source, environment={"A": "2"}, reserved_concurrency=5)
    assert (first[0], second[0]) == ("1", "2")
    assert local.answer() == second  # what only the platform sees needs no new instance


def test_change_while_a_request_runs(local: LocalFc, tmp_path: Path) -> None:
    local.function(HOLD, timeout_seconds=30)
    gate = tmp_path / "gate"
    with ThreadPoolExecutor() as threads:
        running = threads.submit(local.fc.invoke, "f", str(gate).encode())
        until(Path(f"{gate}.running").exists)
        local.function(HOLD, timeout_seconds=30, environment={"NEW": "1"})
        gate.touch()
        old = json.loads(running.result(20).body)
    assert gone(old)
    assert json.loads(local.fc.invoke("f", str(gate).encode()).body) != old


def test_kill_running(local: LocalFc, tmp_path: Path) -> None:
    local.function(HOLD, timeout_seconds=30)
    assert local.fc.kill_running() == 0
    with ThreadPoolExecutor() as threads:
        running = threads.submit(local.fc.invoke, "f", str(tmp_path / "never").encode(), request_id="r-1")
        until((tmp_path / "never.running").exists)
        assert local.fc.kill_running("other") == local.fc.kill_running("f", "r-2") == 0
        assert local.fc.kill_running("f", "r-1") == 1
        assert error(running.result(20)).startswith("Process exited unexpectedly")


def test_unknown_function_and_missing_code(local: LocalFc, tmp_path: Path) -> None:
    assert local.fc.invoke("nobody", b"").error_code == "FunctionNotFound"
    spec = local.function()
    local.fc.put_function(type(spec)("f", tmp_path / "nowhere"))
    refused = local.fc.invoke("f", b"")
    assert refused.status == 412
    assert str(tmp_path / "nowhere") in json.loads(refused.body)["Message"]


def test_removed_function_is_gone(local: LocalFc) -> None:
    local.function(PID)
    pid = local.answer()
    local.fc.remove_function("f")
    assert gone(pid)
    assert local.fc.invoke("f", b"").status == 404


def test_oversized_payload(local: LocalFc) -> None:
    local.function("def handler(event, context): return len(event)")
    limit = 32 * 1024 * 1024
    assert local.fc.invoke("f", bytes(limit)).body == str(limit).encode()
    assert local.fc.invoke("f", bytes(limit + 1)).error_code == "EntityTooLarge"


def test_close_ends_everything_that_runs_or_is_idle(make: Callable[..., LocalFc], tmp_path: Path) -> None:
    local = make()
    local.function(HOLD, timeout_seconds=600)
    threads_before = threading.active_count()
    with ThreadPoolExecutor() as threads:
        gate = tmp_path / "gate"
        gate.touch()
        idle = json.loads(local.fc.invoke("f", str(gate).encode()).body)
        running = threads.submit(local.fc.invoke, "f", str(tmp_path / "never").encode())
        until((tmp_path / "never.running").exists)
        local.fc.close()
        assert error(running.result(20)).startswith("Process exited unexpectedly")
    assert gone(idle)
    until(lambda: threading.active_count() < threads_before)


@pytest.mark.parametrize("running", [False, True])
def test_instances_end_when_the_local_cloud_is_killed(local: LocalFc, tmp_path: Path, running: bool) -> None:
    """Also in the middle of a request."""
    after = 'print(os.getpid(), file=open(os.environ["NOTE"], "w"))\n    time.sleep(60 if event == b"2" else 0)'
    spec = local.function(f"import os, time\ndef handler(event, context):\n    {after}")
    program = """
        import sys, time
        from pathlib import Path
        from tests.harness.fc.account import LocalFc, error, gone, until
        local = LocalFc(Path(sys.argv[1]))
        local.function(Path(sys.argv[2]).read_text(), environment={"NOTE": sys.argv[3]}, timeout_seconds=60)
        local.fc.invoke("f", b"1")
        print(Path(sys.argv[3]).read_text(), flush=True)
        if sys.argv[4] == "True":
            Path(sys.argv[3]).unlink()
            local.fc.invoke_async("f", b"2")
        time.sleep(60)
    """
    note = tmp_path / "note"
    arguments: list[Any] = [tmp_path / "other", spec.code / "index.py", note, running]
    command = [sys.executable, "-c", textwrap.dedent(program), *map(str, arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as cloud:
        assert cloud.stdout
        pid = int(cloud.stdout.readline())
        until(lambda: note.exists() and note.read_text().strip() == str(pid))
        assert not gone(pid)
        cloud.kill()
    until(lambda: gone(pid))
