"""How it goes, from what tells it in few requests: the two lists, sums over the log, and what is deployed.

No record is read and nothing is walked over: it takes a request for each thousand entries of the lists, one for
each of the five newest failures, one to the log and one for each function, however many videos there are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from handler.pending import is_deferred
from ops.account import Account
from ops.errors import Mistake
from ops.gaps import Gaps
from ops.lists import Failed, failed_entry
from ops.pausing import environment, is_paused
from ops.records import failed_prefix, pending_prefix

#: An upload that is pending for longer needs somebody's look.
LATE = timedelta(hours=1)
#: Failures that are read.
MOST_FAILED = 5
_DAY, _WEEK, _HOUR = timedelta(days=1), timedelta(days=7), timedelta(hours=1)
#: What a run of the collector says in its line, and what it says of a single entry when it is called back.
_RUNS = 'message.message: collected or message.message: "called back"'
_COUNTS = {
    "finished": ("message.finished", "finished"),
    "failed": ("message.failed", "failed"),
    "given_up": ("message.given_up", "given_up"),
}


class Sums(NamedTuple):
    """finished, failed: in the last hour, day and week. last_run: of the collector, None: not in this week."""

    finished: dict[str, int]
    failed: dict[str, int]
    last_run: datetime | None


class Deployed(NamedTuple):
    """is_off: somebody has switched off its invocations. limits: there is a limit of tasks for a day."""

    name: str
    is_there: bool
    is_off: bool = False
    is_paused: bool = False
    limits: bool = False


@dataclass
class Overview:
    """pending, failed: how many entries. waiting: how many of those pending wait for the end of a pause, or a day.

    oldest, oldest_waiting: since when the others are pending, and these. newest: of the failures.
    """

    now: datetime
    pending: int = 0
    oldest: datetime | None = None
    waiting: int = 0
    oldest_waiting: datetime | None = None
    failed: int = 0
    newest: list[Failed] = field(default_factory=list)
    sums: Sums | None = None
    functions: list[Deployed] = field(default_factory=list)
    gaps: Gaps = field(default_factory=Gaps)

    @property
    def is_paused(self) -> bool:
        return any(each.is_paused for each in self.functions)

    @property
    def is_late(self) -> bool:
        """Who waits on purpose may wait for long."""
        waits = self.is_paused or any(each.limits for each in self.functions)
        oldest = (self.oldest, None if waits else self.oldest_waiting)
        return any(since is not None and self.now - since > LATE for since in oldest)

    @property
    def reasons(self) -> list[str]:
        """Why somebody has to look, each in a few words."""
        found = []
        if self.failed:
            found.append(f"{self.failed:,} in .failed/")
        if self.is_late:
            found.append("an upload is pending for more than an hour")
        found += [f"{each.name} is not deployed" for each in self.functions if not each.is_there]
        found += [f"{each.name} is switched off" for each in self.functions if each.is_off]
        return found


def look(account: Account) -> Overview:
    """Raises OpsError where the lists cannot be read."""
    settings, tracking = account.project.settings, account.tracking
    found = Overview(account.counted.now)
    for item in tracking.list(pending_prefix(settings)):
        found.pending += 1
        if is_deferred(item.key):
            found.waiting += 1
            found.oldest_waiting = min(found.oldest_waiting or item.changed, item.changed)
        else:
            found.oldest = min(found.oldest or item.changed, item.changed)
    failed = list(tracking.list(failed_prefix(settings)))
    found.failed = len(failed)
    for item in sorted(failed, key=lambda item: item.changed, reverse=True)[:MOST_FAILED]:
        if entry := failed_entry(tracking, item.key):
            found.newest.append(entry._replace(since=item.changed))
    found.now = now = account.counted.now
    found.sums = found.gaps.ask("log", lambda: _sums(account, now))
    project = account.project
    for function in filter(None, (project.submit, project.collect)):
        if state := found.gaps.ask(function.name, lambda name=function.name: _deployed(account, name)):  # type: ignore[misc]
            found.functions.append(state)
    return found


def _sums(account: Account, now: datetime) -> Sums:
    spans = {"hour": now - _HOUR, "day": now - _DAY, "week": now - _WEEK}
    columns = {
        f"{name}_{span}": (
            f"sum(case when __time__ < {int(since.timestamp())} then 0 "
            f'when "message.step" = \'{step}\' then 1 else coalesce("{key}", 0) end)'
        )
        for span, since in spans.items()
        for name, (key, step) in _COUNTS.items()
    }
    columns["last_run"] = "max(__time__)"
    found = account.logs.sums(_RUNS, columns, spans["week"], now)
    return Sums(
        {span: int(found.get(f"finished_{span}", 0)) for span in spans},
        {span: int(found.get(f"failed_{span}", 0) + found.get(f"given_up_{span}", 0)) for span in spans},
        datetime.fromtimestamp(found["last_run"], now.tzinfo) if found.get("last_run") else None,
    )


def _deployed(account: Account, name: str) -> Deployed:
    if not account.project.account_id:
        raise Mistake("the account's id is not known: set ACCOUNT_ID")
    function: Mapping[str, Any] | None = account.functions.get(name)
    restriction = (function or {}).get("invocationRestriction") or {}
    limits = bool(environment(function).get("MAX_TASKS_PER_DAY", "").strip())
    return Deployed(name, function is not None, bool(restriction.get("disable")), is_paused(function), limits)
