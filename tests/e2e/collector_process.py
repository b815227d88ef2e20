"""A collector in a process of its own, to be killed. It knows nothing of the local cloud but its address.

`python -m tests.e2e.collector_process` imports once, and forks for each line of its standard input (JSON: url,
keys). It writes the child's pid, and at its end the exit code, which is minus the signal that has killed it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any

from handler.credentials import Credentials
from handler.main import compose_collector
from handler.settings import read_settings
from harness.ram.identity import Credentials as StsCredentials
from tests.e2e.uploads import RECORDS
from tests.project import PROJECT

TIMER = {"triggerTime": "2026-11-26T13:00:00Z", "triggerName": "each-minute", "payload": ""}


class CollectorProcess:
    """Runs one collector after the other. pid: of the latest one, as soon as it is known."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.pid: Future[int] = Future()

    def run(self, url: str, role: StsCredentials) -> int:
        """To its end: 0, or minus the signal that has killed it. url: of all services."""
        asked, told = self._process.stdin, self._process.stdout
        assert asked is not None
        assert told is not None
        self.pid = Future()
        keys = [role.access_key_id, role.access_key_secret, role.token or ""]
        print(json.dumps({"url": url, "keys": keys}), file=asked, flush=True)
        self.pid.set_result(int(told.readline()))
        return int(told.readline())


@contextmanager
def collector_process() -> Iterator[CollectorProcess]:
    command = [sys.executable, "-m", "tests.e2e.collector_process"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=PROJECT) as process:
        yield CollectorProcess(process)
        assert process.stdin is not None
        process.stdin.close()


def _collect(asked: dict[str, Any]) -> None:
    endpoints = dict.fromkeys(("OSS_ENDPOINT", "OSS_PUBLIC_ENDPOINT", "GIF_ENDPOINT"), asked["url"])
    values = {"APPLICATION_ID": "an-application", "TRACKING_BUCKET": RECORDS, **endpoints}
    collector = compose_collector(read_settings(values, region="cn-beijing", timeout=120))
    collector.handle(json.dumps(TIMER).encode(), "run-1", Credentials(*asked["keys"]))


def _serve() -> None:
    # What is imported only when it is used is imported here, before anything forks.
    compose_collector(
        read_settings({"APPLICATION_ID": "a", "TRACKING_BUCKET": RECORDS}, region="r-1", timeout=120)
    )
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            sys.stdout = sys.stderr  # its log is not the answer
            code = 1
            try:
                _collect(json.loads(line))
                code = 0
            finally:
                os._exit(code)
        print(pid, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)


if __name__ == "__main__":
    _serve()
