"""Instances: their initializer, and what they log."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.harness.fc.account import LocalFc, gone


def test_initializer_runs_once_per_instance_before_the_first_request(local: LocalFc) -> None:
    local.function(
        """
        import logging
        state = []
        def initialize(context):
            logging.info("initializing for %s", context.request_id)
            state.append(context.function.name)
        def handler(event, context):
            return state
        """,
        initializer="index.initialize",
    )
    first, second = local.fc.invoke("f", b""), local.fc.invoke("f", b"")
    assert json.loads(first.body) == json.loads(second.body) == ["f"]
    marks = [line for line in first.lines if line.startswith("FC ")]
    of = f"RequestId: {first.request_id}"
    assert marks == [
        f"FC Initialize Start {of}",
        f"FC Initialize End {of}",
        f"FC Invoke Start {of}",
        f"FC Invoke End {of}",
    ]
    assert not any("Initialize" in line for line in second.lines)


@pytest.mark.parametrize(
    ("initializer", "expected"),
    [
        ("raise ValueError('no settings')", "no settings"),
        ("time.sleep(60)", "Function timed out after 1 seconds"),
        ("os._exit(1)", "Process exited unexpectedly"),
    ],
)
def test_failed_initializer(local: LocalFc, initializer: str, expected: str) -> None:
    source = f"""
        import os, time
        def initialize(context):
            print("pid", os.getpid())
            {initializer}
        def handler(event, context):
            return "never"
    """
    local.function(source, initializer="index.initialize", initializer_timeout_seconds=1)
    result = local.fc.invoke("f", b"")
    assert (result.status, result.error_type) == (200, "InitializationError")
    assert json.loads(result.body)["errorMessage"].startswith(expected)
    assert gone(next(int(line.split()[1]) for line in result.lines if line.startswith("pid ")))


def test_a_failed_initializer_is_tried_again_in_a_new_instance(local: LocalFc, tmp_path: Path) -> None:
    local.function(
        """
        import os
        def initialize(context):
            os.close(os.open(os.environ["MARK"], os.O_CREAT | os.O_EXCL))
        def handler(event, context):
            return "initialized"
        """,
        initializer="index.initialize",
        environment={"MARK": str(tmp_path / "mark")},
    )
    (tmp_path / "mark").touch()
    assert local.fc.invoke("f", b"").error_type == "InitializationError"
    (tmp_path / "mark").unlink()
    assert local.fc.invoke("f", b"").body == b"initialized"


def test_the_initializer_has_a_time_limit_of_its_own(local: LocalFc) -> None:
    local.function(
        """
        import time
        def initialize(context):
            time.sleep(2.5)
        def handler(event, context):
            return "in time"
        """,
        initializer="index.initialize",
        initializer_timeout_seconds=60,
        timeout_seconds=2,
    )
    result = local.fc.invoke("f", b"")
    assert result.body == b"in time"
    assert result.duration_ms < 2500


def test_log_format_and_order(local: LocalFc) -> None:
    local.function("""
        import logging, os, sys
        def handler(event, context):
            print("printed")
            logging.getLogger("own").warning("warned %d", 1)
            logging.debug("below the level")
            print("to stderr", file=sys.stderr)
            os.write(1, b"without newline")
    """)
    result = local.fc.invoke("f", b"")
    of = f"RequestId: {result.request_id}"
    assert result.lines[0] == "FunctionCompute python3 runtime inited."
    assert result.lines[1:3] == (f"FC Invoke Start {of}", "printed")
    stamp = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z "
    assert re.fullmatch(stamp + re.escape(result.request_id) + r" \[WARNING\] warned 1", result.lines[3])
    assert result.lines[4:] == ("to stderr", "without newline", f"FC Invoke End {of}")
    journaled = [
        e.fields["line"] for e in local.journal.entries("log") if e.fields["request_id"] == result.request_id
    ]
    assert tuple(journaled) == result.lines
    failed = local.function("def handler(event, context): raise KeyError('x')")
    result = local.fc.invoke(failed.name, b"")
    assert result.lines[-2] == "KeyError: 'x'"
    assert result.lines[-1] == f"FC Invoke End RequestId: {result.request_id}, Error: Unhandled function error"


def test_the_log_tail_is_the_last_four_kilobytes(local: LocalFc) -> None:
    local.function("def handler(event, context): print('x' * 300_000 + 'end')")
    result = local.fc.invoke("f", b"")
    assert len(result.log.encode()) == 4096
    assert "xend\nFC Invoke End" in result.log
    assert max(map(len, result.lines)) <= 128 * 1024
