"""The functions that can be invoked: by name, version and alias."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from harness.fc.errors import FcError, function_not_found
from harness.fc.instances.function import Function
from harness.fc.instances.launcher import Launcher
from harness.fc.spec import LATEST, AsyncConfig, FunctionSpec


class Functions:
    """Thread-safe. A version is a function of its own, with its own instances."""

    def __init__(self, launcher: Launcher) -> None:
        self._launcher = launcher
        self._lock = threading.Lock()
        self._functions: dict[tuple[str, str], Function] = {}
        self._aliases: dict[tuple[str, str], str] = {}
        self._async_configs: dict[tuple[str, str], AsyncConfig] = {}

    def put(self, spec: FunctionSpec) -> None:
        """Adds it, or changes it from the next invocation on."""
        key = (spec.name, spec.version)
        with self._lock:
            function = self._functions.get(key)
            if not function:
                self._functions[key] = Function(spec, self._launcher)
        if function:
            function.update(spec)

    def remove(self, name: str, version: str | None = None) -> None:
        """A version, or (None) the function with all that belongs to it. What runs goes on to its end."""
        with self._lock:
            keys = [key for key in self._functions if key[0] == name and version in (None, key[1])]
            removed = [self._functions.pop(key) for key in keys]
            if version is None:
                self._aliases = {key: target for key, target in self._aliases.items() if key[0] != name}
                self._async_configs = {k: config for k, config in self._async_configs.items() if k[0] != name}
        for function in removed:
            function.close()

    def put_aliases(self, name: str, aliases: Mapping[str, str]) -> None:
        """All aliases of the function, each with its version."""
        with self._lock:
            self._aliases = {key: target for key, target in self._aliases.items() if key[0] != name}
            self._aliases.update({(name, alias): version for alias, version in aliases.items()})

    def put_async_configs(self, name: str, configs: Mapping[str, AsyncConfig]) -> None:
        """The settings for asynchronous calls with a qualifier other than LATEST, whose own are in its spec."""
        with self._lock:
            self._async_configs = {key: config for key, config in self._async_configs.items() if key[0] != name}
            self._async_configs.update({(name, qualifier): config for qualifier, config in configs.items()})

    def find(self, name: str, qualifier: str = LATEST) -> Function:
        """`qualifier`: LATEST, a version or an alias. Raises FcError (404)."""
        qualifier = qualifier or LATEST
        with self._lock:
            if (name, LATEST) not in self._functions:
                raise function_not_found(name)
            function = self._functions.get((name, self._aliases.get((name, qualifier), qualifier)))
        if not function:
            code = "VersionNotFound" if qualifier.isdigit() else "AliasNotFound"
            raise FcError(404, code, f"function '{name}' has no version or alias '{qualifier}'")
        return function

    def async_config(self, name: str, qualifier: str) -> AsyncConfig:
        if qualifier == LATEST:
            return self.find(name).spec.async_config
        with self._lock:
            return self._async_configs.get((name, qualifier), AsyncConfig())

    def specs(self) -> list[FunctionSpec]:
        """Of the functions as they are now, without published versions."""
        with self._lock:
            return [function.spec for (_, version), function in self._functions.items() if version == LATEST]

    def stop_idle(self, since: float) -> None:
        with self._lock:
            functions = list(self._functions.values())
        for function in functions:
            function.stop_idle(since)
