"""What is deployed: the documents of FC's API, kept on disk, and the functions that run because of them."""

from __future__ import annotations

import copy
import json
import secrets
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from urllib.parse import quote

from harness.fc.control.archive import Code, CodeArchive
from harness.fc.control.documents import Document, async_config_of, spec_of
from harness.fc.errors import function_not_found
from harness.fc.instances.environment import Platform
from harness.fc.registry import Functions
from harness.fc.spec import LATEST, AsyncConfig, FunctionSpec

#: The asynchronous settings of qualifiers other than LATEST, and the version of each alias.
_Settings = tuple[Mapping[str, AsyncConfig], Mapping[str, str]]


@dataclass
class Version:
    """A published version: the function as it was."""

    about: Document
    function: Document
    checksum: str


@dataclass
class Deployment:
    """One function with all that belongs to it. Documents have the shape in which the API answers them.

    `checksum`: of its code in the archive; "" when `folder` is the code, because s.yaml made it and not an upload.
    """

    function: Document
    checksum: str = ""
    folder: str = ""
    triggers: dict[str, Document] = field(default_factory=dict)
    async_configs: dict[str, Document] = field(default_factory=dict)
    concurrency: int | None = None
    versions: list[Version] = field(default_factory=list)
    aliases: dict[str, Document] = field(default_factory=dict)
    published: int = 0

    @property
    def name(self) -> str:
        return str(self.function["functionName"])


class Deployments:
    """By function name. Change a deployment within `lock`, then `apply` it: that runs it and keeps it."""

    def __init__(
        self, directory: Path, functions: Functions, platform: Platform, clock: Callable[[], float]
    ) -> None:
        self.archive = CodeArchive(directory / "code")
        self.platform = platform
        self._directory = directory / "functions"
        self._functions = functions
        self._clock = clock
        self._lock = threading.RLock()
        self._deployments: dict[str, Deployment] = {}

    @property
    def lock(self) -> AbstractContextManager[object]:
        return self._lock

    def load(self) -> list[Deployment]:
        """What an earlier run has deployed, running again."""
        for path in sorted(self._directory.glob("*.json")):
            try:
                raw = json.loads(path.read_text(encoding="utf-8"))
                raw["versions"] = [Version(**version) for version in raw["versions"]]
                deployment = Deployment(**raw)
                self._run(deployment.name, self._specs(deployment), self._settings(deployment))
            except (OSError, ValueError, KeyError, TypeError) as exc:
                raise RuntimeError(f"{path}: can't be read as a deployment ({exc}); delete it to go on") from exc
            self._deployments[deployment.name] = deployment
        checksums = {deployment.checksum for deployment in self.all()}
        checksums.update(version.checksum for deployment in self.all() for version in deployment.versions)
        self.archive.keep_only(checksums)
        return self.all()

    def get(self, name: str) -> Deployment:
        """Raises FcError (404)."""
        with self._lock:
            if name not in self._deployments:
                raise function_not_found(name)
            return self._deployments[name]

    def all(self) -> list[Deployment]:
        """By name."""
        with self._lock:
            return [self._deployments[name] for name in sorted(self._deployments)]

    def draft(self, name: str) -> Deployment:
        """A copy to change and `apply`: what is refused on the way has changed nothing. Raises FcError (404)."""
        return copy.deepcopy(self.get(name))

    def apply(self, deployment: Deployment) -> None:
        """From the next invocation on, and after a restart."""
        with self._lock:
            specs, settings = self._specs(deployment), self._settings(deployment)
            document = json.dumps(asdict(deployment), ensure_ascii=False).encode()
            self._directory.mkdir(parents=True, exist_ok=True)
            temporary = self._directory / f".{secrets.token_hex(8)}"
            temporary.write_bytes(document)
            temporary.replace(self._path(deployment.name))
            self._deployments[deployment.name] = deployment
            self._run(deployment.name, specs, settings)

    def adopt(self, deployment: Deployment, spec: FunctionSpec) -> None:
        """A function that was not deployed through the API. It is not kept: who made it will make it again."""
        with self._lock:
            before = self._deployments.get(spec.name)
            if before and (before.versions or before.aliases):
                self._functions.remove(spec.name)
            self._deployments[spec.name] = deployment
            self._functions.put(spec)

    def remove(self, name: str) -> Deployment:
        """Raises FcError (404)."""
        with self._lock:
            deployment = self.get(name)
            del self._deployments[name]
            self._path(name).unlink(missing_ok=True)
            self._functions.remove(name)
            return deployment

    def now(self) -> str:
        """As FC writes times: RFC 3339, UTC."""
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self._clock()))

    def code(self, deployment: Deployment) -> Code:
        return self._code(deployment.checksum, deployment.folder)

    def _specs(self, deployment: Deployment) -> list[FunctionSpec]:
        """The function and its versions."""
        configs, limit = deployment.async_configs, deployment.concurrency
        specs = [spec_of(deployment.function, self.code(deployment), configs, limit)]
        for version in deployment.versions:
            code, number = self._code(version.checksum, deployment.folder), version.about["versionId"]
            specs.append(spec_of(version.function, code, configs, limit, number))
        return specs

    def _settings(self, deployment: Deployment) -> _Settings:
        configs = {q: async_config_of(config) for q, config in deployment.async_configs.items() if q != LATEST}
        return configs, {alias: str(about["versionId"]) for alias, about in deployment.aliases.items()}

    def _run(self, name: str, specs: Sequence[FunctionSpec], settings: _Settings) -> None:
        for spec in specs:
            self._functions.put(spec)
        configs, aliases = settings
        self._functions.put_async_configs(name, configs)
        self._functions.put_aliases(name, aliases)

    def _code(self, checksum: str, folder: str) -> Code:
        return self.archive.get(checksum) if checksum else Code(Path(folder))

    def _path(self, name: str) -> Path:
        return self._directory / f"{quote(name, safe='')}.json"
