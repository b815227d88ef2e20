"""The product's two functions, called as Function Compute does: in this process, or in one that can be stopped."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future
from typing import Any, NamedTuple

from handler.credentials import Credentials
from handler.errors import GifOnUploadError
from handler.main import compose, compose_collector
from handler.settings import read_settings
from harness.ram.identity import Credentials as StsCredentials
from tests.e2e.uploads import RECORDS
from tests.project import PROJECT

from .timeline import Timeline

#: Of s.yaml, in seconds.
TIMEOUT = {"submit": 120.0, "collect": 300.0}
LEASE = 45.0


class Call(NamedTuple):
    """function: "submit" or "collect". keys: access key id, secret, token. environ: on top of what is needed."""

    function: str
    event: Any
    request_id: str
    oss: str
    api: str
    keys: list[str]
    environ: dict[str, str]


def call_for(function: str, event: Any, request_id: str, oss: str, api: str, role: StsCredentials) -> Call:
    keys = [role.access_key_id, role.access_key_secret, role.token or ""]
    return Call(function, event, request_id, oss, api, keys, {})


def run(call: Call) -> bool:
    """In a new instance, in this process. Whether it has ended well; what it logs goes nowhere."""
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
        try:
            invoke(call)
        except GifOnUploadError:
            return False
    return True


def invoke(call: Call) -> Any:
    """The function's answer, of a new instance. Raises what it raises."""
    addresses = {"OSS_ENDPOINT": call.oss, "OSS_PUBLIC_ENDPOINT": call.oss, "GIF_ENDPOINT": call.api}
    values = {"APPLICATION_ID": "an-application", "TRACKING_BUCKET": RECORDS, **addresses, **call.environ}
    settings = read_settings(values, region="cn-beijing", timeout=TIMEOUT[call.function])
    function = compose(settings) if call.function == "submit" else compose_collector(settings)
    return function.handle(json.dumps(call.event).encode(), call.request_id, Credentials(*call.keys))


class Process:
    """Runs one call after the other, each in a process of its own. pid: of the latest one."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.pid: Future[int] = Future()

    def run(self, call: Call) -> int:
        """Its exit code: 0, 1 where it has raised, or minus the signal that has killed it."""
        asked, told = self._process.stdin, self._process.stdout
        assert asked is not None
        assert told is not None
        self.pid = Future()
        print(json.dumps(call._asdict()), file=asked, flush=True)
        self.pid.set_result(int(told.readline()))
        return int(told.readline())


@contextlib.contextmanager
def process(timeline: Timeline) -> Iterator[Process]:
    command = [sys.executable, "-m", "tests.chaos.process", str(timeline.path)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=PROJECT) as started:
        yield Process(started)
        assert started.stdin is not None
        started.stdin.close()
