"""What may be changed while the service runs."""

from __future__ import annotations

#: What a bucket gets that is bound to no project: (code, HTTP status, message) of IMM. No page has them (U).
UNBOUND = ("ResourceNotFound", 404, "The specified resource attachment is not found.")


class Behaviour:
    """stay_running: tasks that are begun never end. failure: (Code, Message) with which every task that is begun
    fails. unbound: see UNBOUND. tells_buckets: whether what is stored is told to its bucket's rules; no page says
    it (U).
    """

    def __init__(self) -> None:
        self.reset_behaviour()

    def reset_behaviour(self) -> None:
        self.stay_running = False
        self.failure: tuple[str, str] | None = None
        self.unbound = UNBOUND
        self.tells_buckets = True
