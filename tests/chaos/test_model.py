"""A fixed part of what `make chaos` tries: the same orders each time."""

from __future__ import annotations

import pytest

from handler.record import History

from .invariants import Broken
from .model import accounts
from .orders import try_orders


def test_no_order_breaks_an_invariant() -> None:
    with accounts() as account:
        try_orders(account, 40, 40, always_the_same=True)


def test_an_order_that_breaks_one_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of attempts that died unresolved nobody remembers anything: then there are two tasks, one on no record."""
    monkeypatch.setattr(History, "unresolved", property(lambda history: ()))
    with accounts() as account, pytest.raises(Broken, match=r"invariant [15] does not hold: .*tasks"):
        try_orders(account, 60, 40, always_the_same=True, shortens=False)
