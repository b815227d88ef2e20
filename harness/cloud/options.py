"""How a local cloud is made: the options of `local_cloud()` and of `python -m harness up`."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.fc import exponential_delay
from harness.ram.identity import Credentials
from serverless.local import DEFAULTS as DEFAULTS

PROJECT = Path(__file__).parents[2]
#: The document of a role that may do everything. What RAM would refuse in the account, no test finds with it.
ALLOW_ALL: Mapping[str, Any] = {
    "Version": "1",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}


def stack_in(folder: Path) -> Path | None:
    """The folder's s.yaml, None without one."""
    return found if (found := folder / "s.yaml").is_file() else None


@dataclass(frozen=True)
class CloudOptions:
    """How a local cloud is made.

    stack_file: s.yaml, by default that of the working directory; None for an empty cloud, which is also what there
    is without that file: `s deploy` and the SDK of Function Compute fill it. buckets: made besides the stack's.
    directory: where state lives; None: a temporary one, removed at the end. environ: what s.yaml's ${env()}
    reads, on top of DEFAULTS. function_environment: variables of the function that win over s.yaml's. code:
    the functions' code instead of the folder s.yaml stands in. retry_delay: seconds before the nth retry of
    an asynchronous invocation. ram: the folder of the roles' documents; by default ram/ beside s.yaml, or in the
    working directory when there is no s.yaml. policy_file: the document of a function's role, by default
    role-policy.json of that folder. policy: the same as a value, which comes first, or ALLOW_ALL. Without any, a
    role may do nothing. attached_policy_files: more of them, such as ram/role-kms-policy.json.
    collector_policy_file: of the collector's, the function whose handler is index.collect; by default
    collector-policy.json of that folder.
    imm_project: of Intelligent Media Management, which the stack's buckets and `buckets` are bound to; None: no
    bucket is, and OSS's video/animation is refused. With GIF_SERVICE=oss in environ, IMM_PROJECT's by default, and
    the roles' documents are role-oss-service-policy.json and collector-oss-service-policy.json then.
    new_account: one that opened OSS since 2025-03-20: its public endpoint serves no data. BUCKET_DOMAINS of the
    function are bound to the buckets that there are.
    render: make the GIFs. timers: let timer triggers fire by the clock, not only by `fire_timer`.
    intercept: answer the production addresses too, for clients in this process.
    clock: epoch seconds; the default is the real time, also where freezegun freezes the test's: the function runs
    in a process of its own, which nothing freezes. Let clients sign with the real time, too:
    freeze_time(…, ignore=["oss2", "requests", "harness"]).
    anywhere: answer to every host name, and to every web page (see harness.http.guard).
    """

    stack_file: Path | None = dataclasses.field(default_factory=lambda: stack_in(Path.cwd()))
    buckets: tuple[str, ...] = ()
    directory: Path | None = None
    environ: Mapping[str, str] = dataclasses.field(default_factory=dict)
    function_environment: Mapping[str, str] = dataclasses.field(default_factory=dict)
    code: Path | None = None
    attached_policy_files: tuple[Path, ...] = ()
    ram: Path | None = None
    policy_file: Path | None = None
    policy: Mapping[str, Any] | None = None
    collector_policy_file: Path | None = None
    owner: Credentials | None = None
    host: str = "127.0.0.1"
    port: int = 0
    context_shape: str | None = None
    retry_delay: Callable[[int], float] = exponential_delay
    render: bool = True
    timers: bool = False
    intercept: bool = False
    anywhere: bool = False
    new_account: bool = False
    imm_project: str | None = None
    clock: Callable[[], float] = time.time

    def __post_init__(self) -> None:
        if not 0 <= self.port <= 65535:
            raise ValueError(f"port must be between 0 (any that is free) and 65535; it is {self.port}")

    @property
    def role_document(self) -> Path | Mapping[str, Any] | None:
        """Of a function's role; None when nobody has written one."""
        return self.policy or self.policy_file or self._document(f"role-{self._kind}policy.json")

    @property
    def log_index(self) -> Path | None:
        """Of the logstores that functions name: alarms/index.json beside s.yaml, or beside ram/ without one."""
        return found if (found := self._folder / "alarms" / "index.json").is_file() else None

    @property
    def collector_document(self) -> Path | None:
        return self.collector_policy_file or self._document(f"collector-{self._kind}policy.json")

    @property
    def bound_to(self) -> str | None:
        """The IMM project of the buckets."""
        return self.imm_project or ({**DEFAULTS, **self.environ}["IMM_PROJECT"] if self._kind else None)

    @property
    def _kind(self) -> str:
        """A part of the documents' names, by what makes the GIFs."""
        return "oss-service-" if self.environ.get("GIF_SERVICE") == "oss" else ""

    def _document(self, name: str) -> Path | None:
        return found if (found := (self.ram or self._folder / "ram") / name).is_file() else None

    @property
    def _folder(self) -> Path:
        """The project's."""
        if self.stack_file:
            return self.stack_file.parent
        return self.ram.parent if self.ram else Path.cwd()
