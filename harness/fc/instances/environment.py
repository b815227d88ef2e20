"""What the platform gives an instance: its environment, and the x-fc-* headers of each request to it.

Sources: FC's pages "Environment variables" and "Custom runtime: common headers".
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.fc.spec import FunctionSpec
from harness.ram.identity import Credentials

#: Variables that begin like this are the platform's; FC refuses them in a function's own settings.
RESERVED_PREFIX = "FC_"
_PATH = "/usr/local/bin:/usr/bin:/bin"


@dataclass(frozen=True)
class Platform:
    """Where the functions run. `context_shape`: "python3.10" or "python3.12" for all; None: by each runtime."""

    region: str
    account_id: str
    context_shape: str | None = None

    def __post_init__(self) -> None:
        if self.context_shape not in (None, "python3.10", "python3.12"):
            raise ValueError(f"context_shape must be python3.10 or python3.12, it is {self.context_shape!r}")

    def shape(self, spec: FunctionSpec) -> str:
        if self.context_shape:
            return self.context_shape
        return "python3.12" if _minor_version(spec.runtime) >= 12 else "python3.10"

    def arn(self, resource: str) -> str:
        """Of something that belongs to FC here, such as `functions/<name>`."""
        return f"acs:fc:{self.region}:{self.account_id}:{resource}"

    def function_arn(self, name: str) -> str:
        return self.arn(f"functions/{name}")


def new_instance_id() -> str:
    return f"c-{secrets.token_hex(4)}-{secrets.token_hex(6)}"


def instance_environment(
    platform: Platform, spec: FunctionSpec, instance_id: str, extra: Mapping[str, str]
) -> dict[str, str]:
    """All of an instance's environment but the credentials, which come with each request. `extra` beats `spec`."""
    own = {**spec.environment, **extra}
    environment = {name: value for name, value in own.items() if not name.startswith(RESERVED_PREFIX)}
    if "PYTHONPATH" in environment:
        environment["PYTHONPATH"] = _below_code(environment["PYTHONPATH"], spec.code)
    version = "FC_FUNCTION_VERSION" if platform.shape(spec) == "python3.12" else "FC_VER_ID"
    return {
        "PATH": _PATH,
        "TZ": "UTC",
        **environment,
        "FC_FUNC_CODE_PATH": f"{spec.code.resolve()}/",
        "FC_ACCOUNT_ID": platform.account_id,
        "FC_REGION": platform.region,
        "FC_FUNCTION_NAME": spec.name,
        "FC_FUNCTION_HANDLER": spec.handler,
        "FC_FUNCTION_MEMORY_SIZE": str(spec.memory_mb),
        "FC_INSTANCE_ID": instance_id,
        "FC_CUSTOM_LISTEN_PORT": "9000",
        version: spec.version,
    }


def request_headers(
    platform: Platform, spec: FunctionSpec, credentials: Credentials | None, request_id: str, retry_count: int
) -> dict[str, str]:
    headers = {
        "x-fc-request-id": request_id,
        "x-fc-function-name": spec.name,
        "x-fc-function-handler": spec.handler,
        "x-fc-function-memory": str(spec.memory_mb),
        "x-fc-function-timeout": str(spec.timeout_seconds),
        "x-fc-region": platform.region,
        "x-fc-account-id": platform.account_id,
        "x-fc-qualifier": spec.version,
        "x-fc-version-id": spec.version,
        "x-fc-service-logproject": spec.log_project,
        "x-fc-service-logstore": spec.log_store,
        "x-fc-retry-count": str(retry_count),
        "x-fc-context-shape": platform.shape(spec),
    }
    if spec.initializer:
        headers["x-fc-function-initializer"] = spec.initializer
    if credentials:
        headers["x-fc-access-key-id"] = credentials.access_key_id
        headers["x-fc-access-key-secret"] = credentials.access_key_secret
        headers["x-fc-security-token"] = credentials.token or ""
    # As the bytes of UTF-8: http.client writes latin-1, and handlers and log projects may have any name.
    return {name: value.encode().decode("latin-1") for name, value in headers.items()}


def _minor_version(runtime: str) -> int:
    minor = runtime.partition("python3.")[2]
    return int(minor) if minor.isdigit() else 12


def _below_code(python_path: str, code: Path) -> str:
    """FC unpacks the code at /code; here it stays where it is."""
    parts = (
        part.replace("/code", str(code.resolve()), 1) if _is_code(part) else part
        for part in python_path.split(":")
    )
    return ":".join(parts)


def _is_code(part: str) -> bool:
    return part == "/code" or part.startswith("/code/")
