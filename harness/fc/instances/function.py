"""One function at work: one invocation after another, each in an instance of its own for as long as it runs."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import replace

from harness.fc.errors import FcError
from harness.fc.instances.code import CodeWatch
from harness.fc.instances.instance import Instance, InstanceDied
from harness.fc.instances.launcher import LOG_LIMIT, Launcher, StartFailed
from harness.fc.instances.pool import InstancePool
from harness.fc.invocation import InvocationResult, death
from harness.fc.spec import AsyncConfig, FunctionSpec

#: Instances of one account in one region, when a function has no limit of its own.
ACCOUNT_LIMIT = 100

_log = logging.getLogger(__name__)


class Function:
    """`spec` is replaced by `update`; everything else stays."""

    def __init__(self, spec: FunctionSpec, launcher: Launcher) -> None:
        self.spec = spec
        self._launcher = launcher
        self._lock = threading.Lock()
        self._code = CodeWatch(spec.code, launcher.state)
        self._pool = InstancePool(lambda request_id: launcher.start(self.spec, request_id))

    @property
    def limit(self) -> int:
        """How many invocations may run at once."""
        limit = self.spec.reserved_concurrency
        return ACCOUNT_LIMIT if limit is None else limit

    def update(self, spec: FunctionSpec) -> None:
        """Takes effect at the next invocation."""
        with self._lock:
            before, self.spec = self.spec, spec
            if spec.code != before.code:
                self._code = CodeWatch(spec.code, self._launcher.state)
        if _as_instances_see_it(spec) != _as_instances_see_it(before):
            self._pool.renew()

    def stop_idle(self, since: float) -> None:
        """Ends the instances that had no request since then (monotonic clock)."""
        self._pool.stop_idle(since)

    def close(self) -> None:
        """Ends the idle instances now and the busy ones after their request."""
        self._pool.renew()

    def invoke(self, payload: bytes, request_id: str, retry_count: int = 0) -> InvocationResult:
        """Runs it once. Raises FcError: 429 when as many as may run are running, 500 for a fault of ours."""
        try:
            return self._invoke(payload, request_id, retry_count)
        except FcError:
            raise
        except Exception as exc:
            _log.exception("function %s", self.spec.name)
            raise FcError(500, "InternalServerError", f"the invocation failed: {type(exc).__name__}") from exc

    def _invoke(self, payload: bytes, request_id: str, retry_count: int) -> InvocationResult:
        if self._code.changed():
            self._pool.renew()
        spec = self.spec
        try:
            instance = self._pool.acquire(request_id, self.limit)
        except OSError as exc:  # no process, socket or memory left for an instance
            raise FcError(500, "InternalServerError", f"an instance can't be started: {exc}") from exc
        except StartFailed as exc:
            return InvocationResult(
                200,
                exc.body,
                request_id,
                "InitializationError",
                max_memory_mb=exc.memory_mb,
                lines=tuple(exc.lines),
                instance_id=exc.instance_id,
            )
        try:
            with self._launcher.watchdog.request(instance, request_id):
                return self._run(instance, spec, payload, request_id, retry_count)
        finally:
            self._pool.release(instance)

    def _run(
        self, instance: Instance, spec: FunctionSpec, payload: bytes, request_id: str, retry_count: int
    ) -> InvocationResult:
        headers = self._launcher.headers(spec, request_id, retry_count)
        instance.log.begin(request_id)
        begun = time.perf_counter()
        try:
            ok, body = instance.call("/invoke", headers, payload, spec.timeout_seconds)
            duration = (time.perf_counter() - begun) * 1000
            instance.log.wait_for(f"FC Invoke End RequestId: {request_id}", LOG_LIMIT)
        except InstanceDied as exc:
            duration = (time.perf_counter() - begun) * 1000
            ok, body = False, death(exc, spec.timeout_seconds, duration, instance.peak_memory_mb())
        return InvocationResult(
            200,
            body,
            request_id,
            None if ok else "UnhandledInvocationError",
            duration_ms=duration,
            max_memory_mb=instance.peak_memory_mb(),
            lines=tuple(instance.log.take()),
            instance_id=instance.id,
        )


def _as_instances_see_it(spec: FunctionSpec) -> FunctionSpec:
    """Without what concerns the platform only: changing that needs no new instance."""
    return replace(spec, reserved_concurrency=None, async_config=AsyncConfig(), description="")
