"""The state of the account, as far as calls are refused for it."""

from __future__ import annotations

from dataclasses import dataclass

from harness.multimediaai.errors import refused


@dataclass
class Account:
    """All is well until somebody says otherwise: `service.account.has_balance = False`.

    refuses_with: any code of the error tables (ApplicationCountLimit, InternalError, …), which every call then
    gets; for what has no other cause here.
    """

    #: the product was purchased; else 401 ServiceNotOpened
    opened: bool = True
    #: the caller may use it; else 401 Unauthorized
    authorized: bool = True
    #: the "video dynamic cover" service, which makes GIFs, was activated; else 406 ServiceNotSelected
    dynamic_cover: bool = True
    #: else 401 BalanceNotEnough
    has_balance: bool = True
    #: 403 Forbidden
    beta_expired: bool = False
    refuses_with: str | None = None

    def check(self, creates_task: bool) -> None:
        """Raises ApiError. Asking about tasks is free, so only those who create one need the means."""
        if self.refuses_with is not None:
            raise refused(self.refuses_with, "ApplicationId")
        if not self.opened:
            raise refused("ServiceNotOpened")
        if not self.authorized:
            raise refused("Unauthorized")
        if not creates_task:
            return
        if self.beta_expired:
            raise refused("Forbidden")
        if not self.dynamic_cover:
            raise refused("ServiceNotSelected")
        if not self.has_balance:
            raise refused("BalanceNotEnough")
