"""Whose key it is that asks. Without an answer to this, none of the others is worth the asking."""

from __future__ import annotations

from collections.abc import Iterator

from ops.account import Account
from ops.checks.check import Check, Look, bad, good


def looks(account: Account) -> Iterator[Look]:
    yield Look("key", "whose", lambda: _whose(account))


def _whose(account: Account) -> Iterator[Check]:
    found, wanted = account.identity(), account.project.account_id
    detail = f"{found.key_id}, {found.arn}"
    if wanted and found.account_id != wanted:
        yield bad(
            "whose",
            f"{detail}: of account {found.account_id}, and ACCOUNT_ID is {wanted}",
            "take a key of that account (--profile), or mend ACCOUNT_ID in .env",
        )
    else:
        yield good("whose", detail)
