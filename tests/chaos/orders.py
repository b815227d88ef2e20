"""Many orders of what can happen, other ones in each run: the state machine of model.py, at length."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from .counting import Outcome
from .model import accounts
from .verdict import End, Verdict

ORDERS, STEPS = 1000, 60
#: Orders that are tried in one cloud, which grows with what it has seen.
AT_A_TIME = 100
SECONDS = 300.0


def cells(share: float) -> int:
    return AT_A_TIME * max(1, round(ORDERS * share / AT_A_TIME))


def run(share: float) -> Iterator[Outcome]:
    for _ in range(cells(share) // AT_A_TIME):
        verdict = _try()
        yield from (Outcome("an order of requests", verdict) for _ in range(AT_A_TIME))


def _try() -> Verdict:
    """Where an invariant breaks, the shortest order that hypothesis has found."""
    try:
        with accounts() as account:
            try_orders(account, AT_A_TIME, STEPS)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what was looked for
        return Verdict(End.WRONG, "\n".join([str(error), *getattr(error, "__notes__", ())]))
    return Verdict(End.STORED)


def try_orders(account: type, examples: int, steps: int, *, always_the_same: bool = False) -> None:
    """Raises what breaks, after a while of looking for a shorter order that breaks."""
    chosen = settings(
        max_examples=examples,
        stateful_step_count=steps,
        derandomize=always_the_same,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(account, settings=chosen)  # type: ignore[no-untyped-call]
