"""Who may do what with functions: RAM, asked for every request, and for what the platform does with a role."""

from __future__ import annotations

from collections.abc import Mapping

from harness.fc.errors import FcError
from harness.fc.instances.environment import Platform
from harness.http.server import Request
from harness.ram.asking import Gate
from harness.ram.identity import Credentials

_PASSED_TO_FC = {"acs:Service": "fc.aliyuncs.com"}


class Guard:
    """Refuses in FC's form. `request`: None for what the platform does by itself."""

    def __init__(self, gate: Gate, platform: Platform) -> None:
        self._gate, self._platform = gate, platform

    def allow(self, signer: Credentials | None, action: str, resource: str, request: Request | None) -> None:
        """`resource`: within FC here, such as `functions/<name>`. Raises FcError (403)."""
        self._allow(signer, action, self._platform.arn(resource), request)

    def allow_pass_role(self, signer: Credentials, role_arn: str, request: Request) -> None:
        """May the signer give this role to a function or a trigger? Raises FcError (403)."""
        self._allow(signer, "ram:PassRole", role_arn, request, _PASSED_TO_FC)

    def _allow(
        self,
        signer: Credentials | None,
        action: str,
        arn: str,
        request: Request | None,
        more: Mapping[str, str] | None = None,
    ) -> None:
        if not self._gate.lets(signer, action, arn, request, more or {}):
            message = f"the caller is not authorized to perform '{action}' on resource '{arn}'"
            raise FcError(403, "AccessDenied", message)
