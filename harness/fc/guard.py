"""Who may do what with functions: RAM, asked for every request."""

from __future__ import annotations

from collections.abc import Mapping

from harness.fc.errors import FcError
from harness.fc.instances.environment import Platform
from harness.journal import Journal
from harness.ram.asking import Authorize
from harness.ram.identity import Credentials, signer_name


class Guard:
    """Asks `authorize` and notes refusals in the journal. `context`: the condition keys of the request."""

    def __init__(self, authorize: Authorize, journal: Journal, platform: Platform) -> None:
        self._authorize = authorize
        self._journal = journal
        self._platform = platform

    def allow(self, signer: Credentials | None, action: str, resource: str, context: Mapping[str, str]) -> None:
        """`resource`: within FC here, such as `functions/<name>`. Raises FcError (403)."""
        self._allow(signer, action, self._platform.arn(resource), context)

    def allow_pass_role(self, signer: Credentials, role_arn: str, context: Mapping[str, str]) -> None:
        """May the signer give this role to a function or a trigger? Raises FcError (403)."""
        self._allow(signer, "ram:PassRole", role_arn, {**context, "acs:Service": "fc.aliyuncs.com"})

    def _allow(self, signer: Credentials | None, action: str, arn: str, context: Mapping[str, str]) -> None:
        decision = self._authorize(signer, action, arn, context)
        if decision.allowed:
            return
        self._journal.add(
            "denied",
            service="fc",
            action=action,
            resource=arn,
            signer=signer_name(signer),
            denied_by=decision.denied_by,
        )
        message = f"the caller is not authorized to perform '{action}' on resource '{arn}'"
        raise FcError(403, "AccessDenied", message)
