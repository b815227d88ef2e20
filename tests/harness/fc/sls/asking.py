"""Log Service's official SDK, unmodified, against a local cloud."""

from __future__ import annotations

import itertools
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from alibabacloud_sls20201230 import models
from alibabacloud_sls20201230.client import Client
from darabonba.exceptions import UnretryableException

from harness.cloud import LocalCloud
from harness.fc.sls import Line
from harness.ram.identity import Credentials
from tests.clients.tea import tea_config

STORE = "lines"
#: separators that the console proposes
TOKENS = list(", '\";=()[]{}?@&<>/:\n\t\r")
TEXT = {"type": "text", "token": TOKENS, "caseSensitive": False, "chn": False, "doc_value": True}
INDEX: Mapping[str, Any] = {
    "line": {"token": TOKENS, "caseSensitive": False, "chn": False},
    "keys": {
        "message": {
            **TEXT,
            "type": "json",
            "index_all": True,
            "max_depth": -1,
            "json_keys": {
                "level": {"type": "text", "doc_value": True},
                "video": {"type": "text", "doc_value": True},
                "retryable": {"type": "text", "doc_value": True},
                "task_id": {"type": "long", "doc_value": True},
                "seconds": {"type": "double", "doc_value": True},
                "a.b": {"type": "long", "doc_value": False},
            },
        },
        "functionName": TEXT,
    },
}
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Refused:
    """What the SDK raises for a refusal."""

    code: str
    message: str


def client(cloud: LocalCloud, who: Credentials | None = None, **config: Any) -> Client:
    """By way of the local cloud as an HTTP proxy, so that the endpoint is the production's."""
    proxied = {"endpoint": "cn-beijing.log.aliyuncs.com", "protocol": "HTTP", "http_proxy": cloud.url}
    return Client(tea_config(who or cloud.identities.owner, **{**proxied, **config}))


def place(cloud: LocalCloud, messages: Sequence[str] = (), index: Mapping[str, Any] | None = INDEX) -> str:
    """A new project, with `messages` in its logstore STORE, one a second up to now; its name."""
    project = f"project-{next(_numbers)}"
    cloud.sls.provide(project, STORE, index)
    cloud.sls.store._rows("UPDATE indexes SET created = 0")  # or it would hold nothing of the past
    first = int(time.time()) - len(messages)
    lines = [
        Line(first + at, {"message": message, "functionName": "my-function"}, "FCLogs:my-function")
        for at, message in enumerate(messages)
    ]
    cloud.sls.write(project, STORE, lines)
    return project


def ask(sls: Client, project: str, query: str, logstore: str = STORE, **options: Any) -> Any:
    """GetLogsV2's answer of the last hour: its body, or Refused."""
    now = int(time.time())
    request = models.GetLogsV2Request(**{"from_": now - 3600, "to": now + 60, "query": query, **options})
    return answered(lambda: sls.get_logs_v2(project, logstore, request).body)


def answered(call: Any) -> Any:
    try:
        return call()
    except UnretryableException as exc:
        return Refused(str(exc.code), str(exc.message))
