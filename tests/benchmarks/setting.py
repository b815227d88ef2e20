"""Where a measured function runs: the stub beside it, its environment, and its interpreter.

The platform's part (`worker.py`) is the same for all peers, and so are credentials, certificate and events.
"""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from typing_extensions import Self

from tests.project import PROJECT

WORKER = Path(__file__).with_name("worker.py")
#: As long as the security token of an STS role is.
TOKEN = "CAIS" + "x" * 700
STOP_SECONDS = 10


class _Child:
    """A process that answers in lines of JSON and ends when its standard input is closed."""

    def __init__(self, command: list[str], environ: Mapping[str, str] | None = None) -> None:
        self._process = subprocess.Popen(
            command, cwd=PROJECT, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def tell(self, line: str) -> None:
        assert self._process.stdin
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def answer(self) -> Any:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self._process.args!r} ended with {self._process.wait(STOP_SECONDS)}")
        return json.loads(line)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(STOP_SECONDS)
        self._process.stdout.close()


class Stub(_Child):
    """The stub server of `stub.py` in a process of its own, for as long as the `with` lasts."""

    def __init__(self, certificate: Path) -> None:
        super().__init__([sys.executable, "-m", "tests.benchmarks.stub", str(certificate)])
        self._ports: dict[str, int] = self.answer()

    def url(self, scheme: str) -> str:
        return f"{scheme}://127.0.0.1:{self._ports[scheme]}"

    def set_latency(self, seconds: float) -> None:
        self._control("PUT", f"?latency={seconds}")

    def take_counts(self) -> dict[str, int]:
        """Requests by operation since the last time."""
        return self._control("DELETE", "")

    def _control(self, method: str, query: str) -> dict[str, int]:
        request = urllib.request.Request(f"{self.url('http')}/_stub{query}", method=method)
        with urllib.request.urlopen(request, timeout=STOP_SECONDS) as answer:
            return cast("dict[str, int]", json.loads(answer.read()))


@dataclass(frozen=True)
class Peer:
    """A function to measure. module: what has `handler` and `initialize`. folder: the code as it is deployed.

    settings: variables of its own.
    """

    name: str
    module: str
    folder: Path
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def sources(self) -> Path:
        """The same without bytecode; only where somebody made it."""
        return self.folder.with_name(f"{self.folder.name}-sources")


@dataclass(frozen=True)
class Place:
    """Interpreter, stub and credentials that all peers share. ca_bundle: PEM, for peers without certifi."""

    interpreter: str
    stub: Stub
    ca_bundle: Path
    keys: Iterator[str] = field(default_factory=lambda: (f"uploads/clip-{n:06d}.mp4" for n in itertools.count()))

    def environment(self, scheme: str) -> dict[str, str]:
        """The function's variables; nothing of this machine's."""
        url, access_key_id, secret = self.stub.url(scheme), "STS.NUgYrLnoC37mZZCNnAbez", "s" * 44
        return {
            "FC_REGION": "cn-beijing",
            "OSS_ENDPOINT": url,
            "OSS_PUBLIC_ENDPOINT": "https://oss-cn-beijing.aliyuncs.com",
            "GIF_ENDPOINT": url,
            "APPLICATION_ID": "d79cca0e686843e9",
            "TRACKING_BUCKET": "my-gif-records",
            "ALIBABA_CLOUD_ACCESS_KEY_ID": access_key_id,
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": secret,
            "ALIBABA_CLOUD_SECURITY_TOKEN": TOKEN,
            # the names that alibabacloud-oss-v2 reads
            "OSS_ACCESS_KEY_ID": access_key_id,
            "OSS_ACCESS_KEY_SECRET": secret,
            "OSS_SESSION_TOKEN": TOKEN,
            "SSL_CERT_FILE": str(self.ca_bundle),
        }


class Function(_Child):
    """One instance of a peer: a fresh interpreter with its function loaded and initialized.

    start: seconds from the process's start until it was ready. cpu: seconds of CPU in them.
    """

    def __init__(self, place: Place, peer: Peer, scheme: str = "http", *, compiled: bool = True) -> None:
        folder = peer.folder if compiled else peer.sources
        command = [place.interpreter, "-I", "-S", "-B", str(WORKER), peer.module, str(folder)]
        started = time.perf_counter()
        super().__init__(command, {**place.environment(scheme), **peer.settings})
        ready = self.answer()
        self.start, self.cpu = time.perf_counter() - started, float(ready["cpu"])

    def invoke(self, events: list[str]) -> Invocations:
        """Invokes it with one event after the other."""
        self.tell(json.dumps({"events": events}))
        return Invocations(**self.answer())


@dataclass(frozen=True)
class Invocations:
    """Seconds of wall and CPU of each, the last one's result, and the process's peak memory in bytes."""

    wall: list[float]
    cpu: list[float]
    result: Any
    peak: int

    def expect_tasks(self, count: int) -> None:
        """Raises RuntimeError unless the last result names so many tasks: doing nothing would be fast as well."""
        tasks = {one["task_id"] for one in self.result["results"] if "task_id" in one}
        if len(tasks) != count:
            raise RuntimeError(f"{len(tasks)} tasks instead of {count}: {str(self.result)[:300]}")


def upload_event(key: str) -> str:
    """A native trigger's event, as long as the real ones are."""
    return json.dumps(
        {
            "events": [
                {
                    "eventName": "ObjectCreated:PutObject",
                    "eventSource": "acs:oss",
                    "eventTime": "2026-03-11T05:40:45.000Z",
                    "eventVersion": "1.0",
                    "oss": {
                        "bucket": {
                            "arn": "acs:oss:cn-beijing:1234567890123456:my-videos",
                            "name": "my-videos",
                            "ownerIdentity": "1234567890123456",
                            "virtualBucket": "",
                        },
                        "object": {
                            "deltaSize": 52428800,
                            "eTag": "5B3C1A2E053D763E1B002CC607C5A0FE",
                            "key": key,
                            "objectMeta": {"mimeType": "video/mp4"},
                            "size": 52428800,
                        },
                        "ossSchemaVersion": "1.0",
                        "ruleId": "9adac8e253828f4f7c0466d941fa3db81161e853",
                    },
                    "region": "cn-beijing",
                    "requestParameters": {"sourceIPAddress": "140.205.128.221"},
                    "responseElements": {"requestId": "58F9FF2D3DF792092E12044C"},
                    "userIdentity": {"principalId": "262561392693583141"},
                }
            ]
        }
    )
