"""The local cloud: the services on one port, the stack of s.yaml in them, and nothing global.

with local_cloud() as cloud:
    ...  # cloud.url, cloud.oss, cloud.multimediaai, cloud.imm, cloud.fc, cloud.sls, cloud.faults, cloud.journal

@local_cloud(intercept=True)
def test_upload(cloud: LocalCloud) -> None: ...
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Any, TypeVar, overload

from harness.cloud.bridge import RESULTS_BUCKET, TEMP_BUCKET, Bridge
from harness.cloud.directory import StateDirectory, StateUnreadable
from harness.cloud.dispatch import Dispatcher
from harness.cloud.logs import FunctionLogs
from harness.cloud.media import imm_beside
from harness.cloud.options import ALLOW_ALL, DEFAULTS, PROJECT, CloudOptions
from harness.cloud.roles import Roles
from harness.cloud.scoped import Scoped
from harness.cloud.waiting import settle, wait_for
from harness.console import Console
from harness.console.guard import confine
from harness.fc import FunctionCompute, OssTrigger
from harness.fc.control.functions import UPLOAD_ROLE, upload_policy
from harness.fc.errors import FcError
from harness.fc.options import Options, Surroundings
from harness.fc.sls import LogService
from harness.http.faults import Faults
from harness.http.guard import WebGuard
from harness.http.hosts import service_at
from harness.http.intercept import Interception
from harness.http.server import Request, Response, Server, host_name
from harness.journal import Journal
from harness.multimediaai import MultimediaAIService
from harness.multimediaai.openapi.sts import Sts
from harness.oss import OssError, OssService
from harness.ram.identity import Credentials, Identities
from harness.ram.policy import Decision, Policy
from harness.ram.realm import Realm
from harness.stack.checks import wrong_names
from harness.stack.local import read_local_stack
from serverless.document import StackError

__all__ = ["ALLOW_ALL", "DEFAULTS", "PROJECT", "CloudOptions", "LocalCloud", "local_cloud"]

#: The last leads outside. Loopback counts as the inside, so that a new account has none there.
_ENDPOINTS = ("OSS_ENDPOINT", "GIF_ENDPOINT", "IMM_ENDPOINT", "OSS_PUBLIC_ENDPOINT")

R = TypeVar("R")


class LocalCloud:
    """One local cloud. `start` and `stop` it, or use it in a `with`."""

    def __init__(self, options: CloudOptions | None = None) -> None:
        """Nothing is left behind when it raises.

        StackError, PolicyError, DirectoryInUse, NotAStateDirectory, StateUnreadable, OSError (the port is taken).
        """
        self.options = options = options or CloudOptions()
        self.environ = {**DEFAULTS, **options.environ}
        self.stack = (
            read_local_stack(options.stack_file, self.environ, options.code, options.function_environment)
            if options.stack_file
            else None
        )
        self.region = self.stack.region if self.stack else self.environ["REGION"]
        if problems := list(wrong_names(self.region, self.environ["ACCOUNT_ID"], (), (), self.environ)):
            raise StackError("; ".join(problems))
        self.faults = Faults()
        self.journal = Journal()
        try:
            with ExitStack() as closing:
                self._build(options, closing)
                self._apply_stack()
                self._closing = closing.pop_all()
        except sqlite3.DatabaseError as exc:
            raise StateUnreadable(self.directory, exc) from exc

    def _build(self, options: CloudOptions, closing: ExitStack) -> None:
        """The services. `closing` stops them in the opposite order: what makes calls before what answers them."""
        account = (self.stack and self.stack.account_id) or self.environ["ACCOUNT_ID"]
        state = StateDirectory(options.directory)
        closing.callback(state.close)
        self.directory = state.path
        self.identities = Identities(options.owner, state.key(), options.clock)
        realm = Realm(self.identities, self._authorize, self.journal, options.clock, self.region, account)
        self.oss = OssService(
            self.directory / "oss", realm, code_bucket=TEMP_BUCKET, new_account=options.new_account
        )
        closing.callback(self.oss.close)
        self.sls = LogService(self.directory / "sls", realm)
        closing.callback(self.sls.close)
        self._logs = FunctionLogs(self.sls, options.log_index, options.clock)
        self.server = Server(self._answer, options.host, options.port, self._refuse)
        closing.callback(self.server.stop)
        state.announce(self.url)
        self.bridge = Bridge(self.oss, self.url, self._deliver)
        upload = Policy(upload_policy(TEMP_BUCKET, account), UPLOAD_ROLE)
        self._roles = Roles(
            options.role_document,
            options.collector_document,
            self.region,
            account,
            lambda: self.fc.functions,
            self.bridge.triggers,
            {UPLOAD_ROLE: upload},
            options.attached_policy_files,
        )
        self.interception = Interception(self.url, lambda host: self.oss.store.domains.bucket_of(host) is not None)
        self.multimediaai = MultimediaAIService(
            self.directory / "multimediaai",
            realm,
            publish=self.bridge.publish_file,
            expire=self.bridge.expire,
            render=options.render,
            answered_at=self._answered_at,
        )
        closing.callback(self.multimediaai.stop)
        self.imm = imm_beside(self.oss, self.directory / "imm", realm, render=options.render)
        closing.callback(self.imm.stop)
        self.fc = FunctionCompute(
            self.directory / "fc",
            realm,
            Options(
                retry_delay=options.retry_delay,
                context_shape=options.context_shape,
                extra_environment=dict.fromkeys(_ENDPOINTS[: -1 if options.new_account else None], self.url),
            ),
            Surroundings(self.bridge, self.bridge, self.url, self._logs.write),
        )
        closing.callback(self.fc.close)
        self.console = Console(self)
        closing.callback(self.console.close)
        guard = WebGuard(
            anywhere=options.anywhere, own=host_name(options.host), domains=self.oss.store.domains.names
        )
        self._dispatcher = Dispatcher(
            self.oss, self.multimediaai, self.imm, self.fc, self.sls, Sts(realm), self.console, self, guard
        )

    @property
    def url(self) -> str:
        """The endpoint of every service."""
        return self.server.url

    def role_credentials(self, role: str | None = None) -> Credentials:
        """Fresh STS credentials of `role`, or of the first function's: what Function Compute hands to it.

        Their fields: access_key_id, access_key_secret, token, role.
        """
        return self.identities.assume_role(role or next(spec.role for spec in self.fc.functions if spec.role))

    def start(self) -> None:
        """Goes on with what an earlier run in this directory left: tasks, and events that were accepted.

        Raises InterceptionError when it shall intercept and another local cloud does.
        """
        if self.options.intercept:
            self.interception.start()
        self.server.start()
        self.multimediaai.start()
        self.imm.start()
        self.fc.resume()
        if self.options.timers:
            self.fc.timers.start()

    def fire_timer(self, function: str, trigger: str) -> str:
        """Fires a timer trigger now, enabled or not; the request id of the invocation. Raises FcError."""
        return self.fc.timers.fire(function, trigger)

    def settle(self, seconds: float = 30) -> None:
        """Waits until every upload's event and every asynchronous invocation has ended, with its retries.

        Raises NotSettled, which says what has run and what has not.
        """
        settle(self.fc, seconds)

    def wait_for(self, condition: Callable[[], R], seconds: float = 30, what: str = "what was waited for") -> R:
        """What `condition` gives, as soon as that is true. `what`: its name in the message. Raises NotSettled."""
        return wait_for(self.fc, condition, seconds, what)

    def reset(self) -> None:
        """As at the start: what s.yaml says, and nothing else. The address stays, and instances stay warm."""
        self.faults.clear()
        self.identities.forgive()
        self.fc.clear()
        self.multimediaai.clear()
        self.imm.clear()
        self.oss.store.clear()
        self.sls.store.clear()
        for rule in self.oss.notifications.rules():
            self.oss.notifications.remove(rule.id)
        deployed = {spec.name for spec in self.stack.functions} if self.stack else set()
        for name in {spec.name for spec in self.fc.functions} - deployed:
            self.fc.remove_function(name)
        self._apply_stack()
        self.journal.clear()

    def stop(self) -> None:
        """Stops everything that was started; a temporary directory goes with it."""
        self.interception.stop()
        self._closing.close()

    def __enter__(self) -> LocalCloud:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _apply_stack(self) -> None:
        """What `s deploy` does with the same file, minus the upload of the code."""
        named = (*(self.stack.buckets if self.stack else ()), *self.options.buckets)
        for bucket in (RESULTS_BUCKET, TEMP_BUCKET, *named):
            try:
                if not self.oss.store.has_bucket(bucket):
                    self.oss.store.create_bucket(bucket)
            except OssError as exc:
                raise StackError(f"bucket {bucket!r}: {exc.message}") from exc
            if (project := self.options.bound_to) and bucket in named:
                self.imm.bind(bucket, project)
        if self.stack is None:
            return
        for spec in self.stack.functions:
            self.bridge.bind_domains(spec.environment.get("BUCKET_DOMAINS", ""))
            self.fc.put_function(spec)
            self._logs.provide(spec)
        for trigger in self.stack.triggers:
            try:
                self.fc.put_trigger(trigger)
            except ValueError as exc:  # a function that was deployed before this start has one there
                raise StackError(f"{self.stack.file}: trigger {trigger.name}: {exc}") from exc

    def _answered_at(self, host: str) -> str | None:
        """OSS's own names and bound domains lead here, and never to Alibaba Cloud."""
        ours = service_at(host) == "oss" or self.oss.store.domains.bucket_of(host)
        return self.url if ours else None

    def _deliver(self, trigger: OssTrigger, payload: bytes) -> None:
        about = {"function": trigger.function, "bytes": len(payload)}
        self.journal.add("event", **about)
        try:
            self.fc.invoke_async(trigger.function, payload, qualifier=trigger.qualifier)
        except FcError as exc:
            self.journal.add("event", **about, lost=str(exc))
            raise

    def _authorize(
        self, who: Credentials | None, action: str, resource: str, context: Mapping[str, str]
    ) -> Decision:
        return self._roles.authorize(who, action, resource, context)

    def _answer(self, request: Request) -> Response:
        return confine(request, self._dispatcher.answer(request))

    def _refuse(self, request: Request, status: int, message: str) -> Response:
        return confine(request, self._dispatcher.refuse(request, status, message))

    def dispatch(self, request: Request) -> Response:
        """Has the service that a request is for answer it, and faults spoil that. Raises ConnectionCut."""
        return self._dispatcher.dispatch(request)


@overload
def local_cloud(test: Callable[..., R], /) -> Callable[..., R]: ...
@overload
def local_cloud(**options: Any) -> Scoped[LocalCloud]: ...
def local_cloud(test: Any = None, /, **options: Any) -> Any:
    """A local cloud on a free port, moto-style: `with local_cloud() as cloud:`, or on a test `@local_cloud`.

    Options: those of CloudOptions, also on a test: `@local_cloud(render=False)`. The test gets the cloud as its
    argument `cloud`, if it has one. Each `with` and each call of the test has a cloud of its own.
    """
    scoped = Scoped(lambda: LocalCloud(CloudOptions(**options)), "cloud")
    return scoped if test is None else scoped(test)
