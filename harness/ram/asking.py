"""The one gate for permissions: how a service asks whether somebody may, and how a denial is journalled."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from harness.http.server import Request
from harness.journal import Journal
from harness.ram.identity import Credentials, signer_name
from harness.ram.policy import Decision

#: (who, action, resource, condition context) → may they? `who` is None for an anonymous request.
Authorize = Callable[[Credentials | None, str, str, Mapping[str, str]], Decision]

_NO_MORE: Mapping[str, str] = MappingProxyType({})


def _nobody() -> bool:
    return False


@dataclass(frozen=True)
class Gate:
    """Of one service: asks `authorize`, and notes what is denied, so that no service can forget to.

    A denial is one entry of the kind `denied`, the same for all: service, action, resource, signer, and denied_by
    ("default": nothing allows it; "explicit": a Deny statement). clock: epoch seconds.
    """

    service: str
    authorize: Authorize
    journal: Journal
    clock: Callable[[], float]

    def lets(
        self,
        who: Credentials | None,
        action: str,
        resource: str,
        request: Request | None,
        more: Mapping[str, str] = _NO_MORE,
        *,
        open_to_all: Callable[[], bool] = _nobody,
    ) -> bool:
        """Whether `who` may do it. The service says no in its own form.

        request: whose condition keys RAM is asked with; None: the platform acts by itself, with who's rights.
        more: the service's own condition keys. open_to_all: whether everybody may (an ACL); asked only where
        nothing allows it, because nothing beats an explicit Deny.
        """
        decision = self.authorize(who, action, resource, {**self._conditions(request), **more})
        if decision.allowed or (decision.denied_by != "explicit" and open_to_all()):
            return True
        self.journal.add(
            "denied",
            service=self.service,
            action=decision.action,
            resource=decision.resource,
            signer=signer_name(who),
            denied_by=decision.denied_by,
        )
        return False

    def _conditions(self, request: Request | None) -> dict[str, str]:
        """RAM's common condition keys.

        From where, and over what, the platform's own calls come is not documented. So a condition on that is not
        met by them, unless it is a negated one.
        """
        now = {"acs:CurrentTime": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.clock()))}
        if request is None:
            return now
        return {
            "acs:SourceIp": request.client,
            "acs:UserAgent": request.header("User-Agent"),
            "acs:SecureTransport": "false",
            **now,
        }
