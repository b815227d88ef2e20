"""One call of a service's, sent again while that is safe and the time for it lasts."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

from handler.advice import next_delivery
from handler.errors import LeaseTooShort, NotProcessed, OutcomeUnknown

T = TypeVar("T")


def check_lease(left: Callable[[], float], limit: float) -> None:
    """Raises LeaseTooShort where a request that may take `limit` seconds could be on its way when it is over."""
    if left() <= limit:
        raise LeaseTooShort(
            "held up for so long that submitting now could be submitting twice; nothing was sent",
            hint=f"raise CLAIM_LEASE_SECONDS if this happens often; {next_delivery('submits it')}",
        )


def repeat(
    send: Callable[[], T],
    left: Callable[[], float],
    limit: float,
    backoff: tuple[float, float],
    *,
    repeatable: bool = False,
) -> T:
    """Retries what surely was not processed, with full jitter, while `left` has more than `limit`, in seconds.

    limit: what one request may take. backoff: half of the first pause at most, and the longest. repeatable: a call
    that changes nothing, which is retried without an answer too. Raises what `send` does.
    """
    first, longest = backoff
    attempt = 0
    while True:
        attempt += 1
        try:
            return send()
        except (NotProcessed, OutcomeUnknown) as error:
            pause = max(min(longest, first * 2**attempt) * random.random(), error.retry_after)
            surely_again = repeatable or isinstance(error, NotProcessed)
            if not surely_again or left() - pause <= limit:
                raise
            time.sleep(pause)
            if left() <= limit:
                raise  # the instance was frozen meanwhile
