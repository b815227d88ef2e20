"""A Function Compute of its own for a test, with functions from source text."""

from __future__ import annotations

import json
import os
import textwrap
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from harness.fc import FunctionCompute, FunctionSpec, OssTrigger
from harness.fc.invocation import InvocationResult
from harness.fc.options import Options, Surroundings
from harness.http.server import Server
from harness.journal import Journal
from harness.oss.notifications import NotificationRule, Notifications
from harness.ram.identity import ACCOUNT_ID, Credentials, Identities
from harness.ram.policy import Decision, Policy
from harness.ram.realm import Realm
from tests.clock import Clock

REGION = "cn-beijing"
ROLE = "worker"
#: Answers what a test asks for; most tests need nothing else.
HANDLER = """
    def handler(event, context):
        return event
"""


def until(condition: Callable[[], object], seconds: float = 20) -> None:
    """Waits for what has no event to wait for; fails when it does not happen."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.005)


class Buckets:
    """The objects that code is uploaded to, and OSS's rules for notifications."""

    temp_bucket = "fc-temp"

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], bytes] = {}
        self.notifications = Notifications()
        self.delivered: list[tuple[str, bytes]] = []

    def fetch(self, bucket: str, key: str) -> bytes:
        if (bucket, key) not in self.objects:
            raise LookupError(f"NoSuchKey: {bucket}/{key}")
        return self.objects[bucket, key]

    def publish(self, key: str, data: bytes) -> str:
        self.objects["published", key] = data
        return f"http://published/{key}"

    def add(self, trigger: OssTrigger) -> None:
        def deliver(payload: bytes) -> None:
            self.delivered.append((trigger.function, payload))

        rule_id = f"{trigger.function}/{trigger.name}"
        rule = NotificationRule(rule_id, trigger.bucket, trigger.events, trigger.prefix, trigger.suffix, deliver)
        self.notifications.add(rule)

    def remove(self, trigger: OssTrigger) -> None:
        self.notifications.remove(f"{trigger.function}/{trigger.name}")

    def rules(self) -> list[str]:
        return [f"{rule.id} {rule.bucket} {rule.prefix}*{rule.suffix}" for rule in self.notifications.rules()]


@dataclass
class LocalFc:
    directory: Path
    options: Mapping[str, Any] = field(default_factory=dict)
    clock: Clock = field(default_factory=Clock)
    policies: dict[str, Policy] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.identities = Identities(clock=self.clock)
        self.journal = Journal()
        self.buckets = Buckets()
        self.server = Server(lambda request: self.fc.answer(self.fc.read(request)))
        self.fc: FunctionCompute = FunctionCompute(
            self.directory / "fc",
            Realm(self.identities, self._decide, self.journal, self.clock, REGION, ACCOUNT_ID),
            Options(**{"retry_delay": lambda retry: 0.01 * retry, **self.options}),
            Surroundings(self.buckets, self.buckets, self.server.url),
        )
        self.server.start()

    def function(self, source: str = HANDLER, name: str = "f", **spec: Any) -> FunctionSpec:
        """A function whose index.py is `source`; the one of that name, changed, when it is there already."""
        code = self.directory / "code" / name
        code.mkdir(parents=True, exist_ok=True)
        index, text = code / "index.py", textwrap.dedent(source)
        if not index.exists() or index.read_text(encoding="utf-8") != text:
            index.write_text(text, encoding="utf-8")
        made = replace(FunctionSpec(name, code, role=ROLE), **spec)
        self.fc.put_function(made)
        return made

    def answer(self, event: Any = None, name: str = "f") -> Any:
        """What the function returns for this event, both JSON; fails when it did not succeed."""
        result = self.fc.invoke(name, json.dumps(event).encode())
        assert result.ok, (result.status, result.error_type, result.body, result.lines)
        return json.loads(result.body)

    def drain(self, seconds: float = 30) -> None:
        assert self.fc.drain(seconds), "asynchronous invocations did not end in time"

    def outcomes(self, request_id: str | None = None) -> list[str]:
        records = self.fc.invocations
        return [record.outcome for record in records if request_id in (None, record.request_id)]

    def allow(self, role: str, action: str, resource: str = "*") -> None:
        statement = {"Effect": "Allow", "Action": action, "Resource": resource}
        self.policies[role] = Policy({"Version": "1", "Statement": [statement]})

    def close(self) -> None:
        self.server.stop()
        self.fc.close()

    def _decide(self, who: Credentials | None, action: str, resource: str, context: Mapping[str, str]) -> Decision:
        if who is not None and who.is_owner:
            return Decision(action, resource)
        policy = self.policies.get(who.role or "") if who else None
        return policy.evaluate(action, resource, context) if policy else Decision(action, resource, "default")


def gone(pid: int) -> bool:
    """Whether that process has ended, with all its threads: the first may be a zombie before the others are.

    While its parent buries it, it is "Z" or "X" and has no thread at all.
    """
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat").read_text().split()[2]
        return state in ("Z", "X") and len(list(Path(f"/proc/{pid}/task").iterdir())) <= 1
    except (ProcessLookupError, FileNotFoundError):
        return True


def error(result: InvocationResult) -> str:
    """The message of a function that failed."""
    assert (result.status, result.error_type) == (200, "UnhandledInvocationError")
    message: str = json.loads(result.body)["errorMessage"]
    return message
