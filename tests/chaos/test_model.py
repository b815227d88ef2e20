"""A fixed part of what `make chaos` tries: the same orders each time."""

from __future__ import annotations

import pytest

from handler.record import History

from .engine import How
from .invariants import Broken
from .model import Account, accounts
from .orders import try_orders

pytestmark = pytest.mark.slow


def test_no_order_breaks_an_invariant() -> None:
    with accounts() as account:
        try_orders(account, 25, 40, always_the_same=True)


def test_an_order_that_breaks_one_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of attempts that died unresolved nobody remembers anything: then there are two tasks, one on no record."""
    with accounts() as account:
        _die_at_the_call(account())
        monkeypatch.setattr(History, "unresolved", property(lambda history: ()))
        with pytest.raises(Broken, match=r"invariant [15] does not hold: .*tasks"):
            _die_at_the_call(account())


def _die_at_the_call(state: Account) -> None:
    """After its effect."""
    state.begin()
    state.one_goes_on(number=0, place=0, requests=1)
    state.one_has_bad_luck(number=0, place=0, how=How.KILLED_AFTER)
    state.teardown()
