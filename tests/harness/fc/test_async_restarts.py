"""Asynchronous invocation when the local cloud ends, and what the next one in its directory makes of it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from harness.fc import AsyncConfig
from tests.harness.fc.account import LocalFc, until
from tests.harness.fc.test_async import COUNTING, event, executions


def test_close_does_not_wait_for_retries(make: Callable[..., LocalFc], tmp_path: Path) -> None:
    local = make(retry_delay=lambda _: 600.0)
    local.function(COUNTING)
    local.fc.invoke_async("f", event(tmp_path / "ran", failures=9))
    until(local.outcomes)
    assert not local.fc.drain(0.05)
    local.fc.close()
    # The thread that would wait for the retry has ended.
    assert "fc-async-f" not in [thread.name for thread in threading.enumerate()]


def test_accepted_events_survive_a_restart(make: Callable[..., LocalFc], tmp_path: Path) -> None:
    local = make(retry_delay=lambda _: 600.0)
    local.function(COUNTING, name="f")
    local.function(COUNTING, name="gone")
    done = local.fc.invoke_async("f", event(tmp_path / "done"))
    failing = local.fc.invoke_async("f", event(tmp_path / "failing", failures=1))
    local.fc.invoke_async("gone", event(tmp_path / "gone", failures=9))
    until(lambda: len(local.outcomes()) == 3)
    local.close()

    again = make()
    again.function(COUNTING, name="f")
    assert again.fc.resume() == 1
    again.drain()
    assert again.outcomes(failing) == ["succeeded"]
    assert again.outcomes(done) == []
    assert len(executions(tmp_path / "gone")) == 1
    again.close()
    assert make().fc.resume() == 0


def test_resume_delivers_no_event_of_this_run(local: LocalFc, tmp_path: Path) -> None:
    local.function(COUNTING)
    local.fc.invoke_async("f", event(tmp_path / "ran"))
    assert local.fc.resume() == 0
    local.drain()
    assert len(executions(tmp_path / "ran")) == 1


def test_an_event_that_runs_when_the_cloud_closes_runs_again(make: Callable[..., LocalFc], tmp_path: Path) -> None:
    source = """
        import os, time
        def handler(event, context):
            started = event.decode()
            if not os.path.exists(started):
                open(started, "w").close()
                time.sleep(60)
    """
    local = make()
    local.function(source, async_config=AsyncConfig(0), timeout_seconds=90)
    request_id = local.fc.invoke_async("f", str(tmp_path / "started").encode())
    until((tmp_path / "started").exists)
    local.close()
    again = make()
    again.function(source)
    assert again.fc.resume() == 1
    again.drain()
    assert again.outcomes(request_id) == ["succeeded"]
