"""The function's own STS credentials, read at every invocation because the platform rotates them.

Where they are depends on the runtime: python3.10 and older put them on the context, python3.12 has no
`context.credentials` and sets environment variables (Function Compute's help page on the Python context).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from handler.errors import CredentialsError
from handler.redaction import remember_credentials


class FunctionContext(Protocol):
    """What the handler uses of Function Compute's context; both runtimes' shapes have it."""

    request_id: str
    region: str
    function: Any  # .timeout: seconds; .handler: as in s.yaml


@dataclass(frozen=True)
class Credentials:
    """An access key with its security token; only the id may be seen."""

    access_key_id: str
    access_key_secret: str = field(repr=False)
    security_token: str = field(default="", repr=False)


def read_credentials(context: FunctionContext | None, environ: Mapping[str, str]) -> Credentials:
    """The context's credentials if it has any, else ALIBABA_CLOUD_*; raises CredentialsError when neither has."""
    held: Any = getattr(context, "credentials", None)
    if getattr(held, "access_key_id", None):
        return Credentials(held.access_key_id, held.access_key_secret, held.security_token or "")
    key_id = environ.get("ALIBABA_CLOUD_ACCESS_KEY_ID", "")
    secret = environ.get("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "")
    if not key_id or not secret:
        raise CredentialsError(
            "the function has no credentials, neither context.credentials nor ALIBABA_CLOUD_ACCESS_KEY_ID/_SECRET",
            hint="give the function a role (s.yaml: role) which trusts Function Compute (ram/trust-policy.json)",
        )
    return Credentials(key_id, secret, environ.get("ALIBABA_CLOUD_SECURITY_TOKEN", ""))


class CurrentCredentials:
    """The credentials of the invocation that is running; the clients live longer than any of them."""

    def __init__(self) -> None:
        self._current: Credentials | None = None

    def set(self, credentials: Credentials) -> None:
        self._current = credentials
        remember_credentials(credentials.access_key_secret, credentials.security_token)

    def __call__(self) -> Credentials:
        if self._current is None:
            raise CredentialsError("credentials come with an invocation, and none is running")
        return self._current
