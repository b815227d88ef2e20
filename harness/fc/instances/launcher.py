"""Starts instances: process, environment, initializer."""

from __future__ import annotations

import importlib.util
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from harness.fc.errors import FcError
from harness.fc.instances.credentials import RoleCredentials
from harness.fc.instances.environment import Platform, instance_environment, new_instance_id, request_headers
from harness.fc.instances.instance import Instance, InstanceDied, Launch
from harness.fc.instances.interpreters import find_interpreter
from harness.fc.instances.watchdog import Watchdog
from harness.fc.invocation import death
from harness.fc.spec import FunctionSpec

#: The last line of a request is already written when its answer arrives; only the reader of the pipe may lag.
LOG_LIMIT = 2.0


@dataclass(frozen=True)
class LogLine:
    """What an instance wrote. request_id: "" between requests."""

    spec: FunctionSpec
    instance_id: str
    request_id: str
    text: str


class StartFailed(Exception):
    """The instance did not get ready, and is gone. `body`: FC's error body; `lines`: what it wrote."""

    def __init__(self, instance: Instance, body: bytes) -> None:
        super().__init__(instance.id)
        self.instance_id = instance.id
        self.memory_mb = instance.peak_memory_mb()
        self.body = body
        self.lines = instance.log.take()


@dataclass(frozen=True)
class Launcher:
    """What all instances of one local cloud share.

    credentials: the functions' current ones. on_line: gets everything they write.
    sockets: a folder with a short name. extra_environment: beats the functions' own.
    state: where the local cloud's own files are, which may be inside the code's folder.
    """

    platform: Platform
    watchdog: Watchdog
    credentials: RoleCredentials
    on_line: Callable[[LogLine], None]
    sockets: Path
    extra_environment: Mapping[str, str] = field(default_factory=dict)
    state: Path | None = None

    def headers(self, spec: FunctionSpec, request_id: str, retry_count: int = 0) -> dict[str, str]:
        """Of one request to an instance; with the credentials of this moment."""
        return request_headers(self.platform, spec, self.credentials.of(spec.role), request_id, retry_count)

    def start(self, spec: FunctionSpec, request_id: str) -> Instance:
        """An instance whose initializer has run. Raises StartFailed, and FcError when there is no code."""
        if not spec.code.is_dir():
            raise FcError(
                412, "PreconditionFailed", f"function '{spec.name}' has no code: {spec.code} is not a folder"
            )
        launch = self._launch(spec)

        def on_line(of_request: str, text: str) -> None:
            self.on_line(LogLine(spec, launch.instance_id, of_request, text))

        instance = Instance(launch, request_id, on_line)
        self.watchdog.add(instance)
        begun = time.perf_counter()
        try:
            with self.watchdog.request(instance, request_id):
                instance.boot()
                self._initialize(instance, spec, request_id)
        except InstanceDied as exc:
            duration = (time.perf_counter() - begun) * 1000
            body = death(exc, spec.initializer_timeout_seconds, duration, instance.peak_memory_mb())
            raise StartFailed(instance, body) from exc
        return instance

    def _launch(self, spec: FunctionSpec) -> Launch:
        instance_id = new_instance_id()
        # Uploaded code must bring its packages along; code that runs from its folder may use those that are here.
        alone = bool(spec.code_checksum)
        # Its compiled parts are for one version of Python: the runtime's, where this machine has it.
        python = (find_interpreter(spec.runtime.removeprefix("python")) if alone else None) or sys.executable
        foreign = python != sys.executable
        return Launch(
            instance_id,
            spec.name,
            (python, "-S") if alone else (python,),
            _packages() if alone or foreign else None,
            spec.code,
            instance_environment(self.platform, spec, instance_id, self.extra_environment),
            spec.memory_mb,
            self.sockets,
        )

    def _initialize(self, instance: Instance, spec: FunctionSpec, request_id: str) -> None:
        if not spec.initializer:
            return
        headers = self.headers(spec, request_id)
        ok, body = instance.call("/initialize", headers, b"", spec.initializer_timeout_seconds)
        if not ok:
            instance.log.wait_for(f"FC Initialize End RequestId: {request_id}", LOG_LIMIT)
            instance.close()
            raise StartFailed(instance, body)


def _packages() -> str:
    """The folder of functions-framework and of what it needs; all of it runs on any Python from 3.10 on."""
    found = importlib.util.find_spec("functions_framework")
    if found is None or found.origin is None:
        raise RuntimeError("functions-framework is not installed: pip install functions-framework")
    return str(Path(found.origin).parents[1])
