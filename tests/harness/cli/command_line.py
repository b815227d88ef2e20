"""`python -m harness`, and what to expect of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from click.testing import CliRunner

from harness.cli.commands import main
from tests.project import PROJECT

LIMIT = 60


def environment(**more: str) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(PROJECT), "LANG": "C.UTF-8", **more}


def run(
    *args: str | Path, env: Mapping[str, str] | None = None, event: str = ""
) -> subprocess.CompletedProcess[str]:
    """In this process, which is cheaper than a new one; with `env` in one of its own, which has nothing else."""
    if env is None:
        words = [str(arg) for arg in args]
        ended = CliRunner().invoke(main, words, event, catch_exceptions=False, prog_name="python -m harness")
        return subprocess.CompletedProcess(args, ended.exit_code, ended.stdout, ended.stderr)
    command = [sys.executable, "-m", "harness", *map(str, args)]
    return subprocess.run(
        command, env=env, input=event, capture_output=True, text=True, timeout=LIMIT, check=False
    )


@dataclass
class Up:
    """A cloud that `up` has started. printed: everything up to the last line about how to use it."""

    process: subprocess.Popen[str]
    url: str
    printed: str
    killed: bool = False

    def kill(self) -> None:
        """As a crash would: it saves and says nothing any more."""
        self.killed = True
        self.process.kill()
        self.process.wait(LIMIT)

    def state(self) -> dict[str, Any]:
        with requests.Session() as session:
            session.trust_env = False
            state: dict[str, Any] = session.get(f"{self.url}/_admin/state", timeout=10).json()
            return state

    def wait_for_record(self) -> dict[str, Any]:
        """The last line of the only record, as soon as it names a task."""
        with requests.Session() as session:
            session.trust_env = False
            with session.get(f"{self.url}/_admin/events", stream=True, timeout=LIMIT) as events:
                for _ in events.iter_lines():
                    lines = [line for record in self.state()["records"] for line in record["lines"]]
                    if lines and lines[-1]["status"] == "submitted":
                        submitted: dict[str, Any] = lines[-1]["line"]
                        return submitted
        raise AssertionError("the stream of events has ended")


@contextmanager
def up(
    project: Path, *args: str | Path, env: Mapping[str, str] | None = None, render: bool = False
) -> Iterator[Up]:
    command = [sys.executable, "-m", "harness", "up", "--port", "0", *([] if render else ["--no-render"])]
    command += ["--stack", str(project / "s.yaml"), "--code", str(PROJECT), "--directory", str(project / "state")]
    process = subprocess.Popen(
        [*command, *map(str, args)],
        env=env or environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    assert process.stderr
    try:
        ready = process.stdout.readline()
        assert ready.startswith("local cloud ready at http://127.0.0.1:"), process.stderr.read()
        printed = ready
        while "FC_CODE_TEMP_OSS_ENDPOINT" not in printed:
            printed += process.stdout.readline()
        cloud = Up(process, ready.split()[-1], printed)
        yield cloud
        if not cloud.killed:
            process.send_signal(signal.SIGINT)
            said = process.communicate(timeout=LIMIT)
            assert (process.returncode, *said) == (0, "stopping …\n", "")
    finally:
        process.kill()
        process.communicate()


def assert_mistake(answer: subprocess.CompletedProcess[str], *words: str) -> None:
    """One line on standard error that says it, nothing else, and exit code 2."""
    assert (answer.returncode, answer.stdout) == (2, ""), answer
    assert answer.stderr.startswith("Error: ")
    assert answer.stderr.count("\n") == 1
    for word in words:
        assert word in answer.stderr
