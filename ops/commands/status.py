"""`gifs status`: how it goes, in one look."""

from __future__ import annotations

from typing import Any

from ops.account import Account
from ops.errors import GOOD, PERSON
from ops.lists import Failed
from ops.options import command
from ops.output import Output, ago
from ops.overview import Deployed, Overview, Sums, look
from ops.records import failed_prefix

_MOST_NAMED = 3


@command("status")
def run(account: Account, output: Output) -> int:
    """How it goes: what is pending, done and failed, and whether the functions are there.

    It reads no records, and takes a dozen requests, however many videos there are. Exit code 1 when something
    stands in .failed/, an upload is pending for more than an hour, or a function is missing.
    """
    found = look(account)
    if output.as_json:
        output.document(_as_json(found))
    else:
        _show(account, output, found)
    for error in found.gaps.errors:
        output.say(f"Error: {error}")
    return found.gaps.code or (PERSON if found.reasons else GOOD)


def _show(account: Account, output: Output, found: Overview) -> None:
    limits = ", as far as is known" if found.gaps.why else ""
    output.text("; ".join(found.reasons) or f"Nothing needs a person{limits}.")
    if found.is_paused:
        output.text("Paused: uploads wait, and no task is made until `./gifs resume`.")
    functions = [f"{each.name} {_state(each)}" for each in found.functions]
    output.table(
        [
            ("pending", _pending(found)),
            ("finished", _spans(found.sums.finished) if found.sums else "not known"),
            ("failed", _spans(found.sums.failed) if found.sums else "not known"),
            ("rate", f"{found.sums.finished['hour']:,} finished in the last hour" if found.sums else "not known"),
            ("last run", _last_run(found.sums, found) if found.sums else ""),
            ("functions", ", ".join(functions)),
            *((name, f"not known: {why}") for name, why in found.gaps.why.items()),
            (".failed/", _failed(account, found)),
        ],
        indent="  ",
    )
    for entry in found.newest:
        output.text(f"    {ago((found.now - entry.since).total_seconds())} ago  {_named(entry)}")
        output.text(f"      {entry.code}: {entry.reason}" if entry.code else f"      {entry.reason}")
    if found.newest:
        output.text("    `./gifs show` says more of one; once the cause is mended, `./gifs retry` sends it again.")


def _pending(found: Overview) -> str:
    oldest = f", the oldest for {ago((found.now - found.oldest).total_seconds())}" if found.oldest else ""
    waiting = f"; waiting for the end of a pause, or for the next day: {found.waiting:,}"
    return f"{found.pending:,}{oldest}{waiting if found.waiting else ''}"


def _state(function: Deployed) -> str:
    if not function.is_there:
        return "is not deployed: `s deploy`"
    return "is switched off" if function.is_off else "is paused" if function.is_paused else "is deployed"


def _spans(counts: dict[str, int]) -> str:
    return f"{counts['day']:,} in the last day, {counts['week']:,} in the last week"


def _last_run(sums: Sums, found: Overview) -> str:
    if sums.last_run is None:
        return "none of the collector in the last week"
    return f"of the collector, {ago((found.now - sums.last_run).total_seconds())} ago"


def _failed(account: Account, found: Overview) -> str:
    if not found.failed:
        return "empty"
    where = account.tracking.uri(failed_prefix(account.project.settings))
    more = f"; the newest {len(found.newest)}:" if found.failed > len(found.newest) else ":"
    return f"{found.failed:,} in {where}{more}"


def _named(entry: Failed) -> str:
    names = ", ".join(entry.videos[:_MOST_NAMED]) or f"an event of request {entry.request_id}"
    more = len(entry.videos) - _MOST_NAMED
    return f"{names} and {more:,} more" if more > 0 else names


def _as_json(found: Overview) -> dict[str, Any]:
    """Ages in seconds. finished, failed: null where the log cannot tell."""
    sums, oldest = found.sums, found.oldest
    return {
        "needs_a_person": bool(found.reasons),
        "reasons": found.reasons,
        "paused": found.is_paused if found.functions else None,
        "pending": found.pending,
        "waiting": found.waiting,
        "oldest_pending_seconds": round((found.now - oldest).total_seconds()) if oldest else None,
        "finished": sums and sums.finished,
        "failed": sums and sums.failed,
        "last_run": sums.last_run.isoformat() if sums and sums.last_run else None,
        "functions": {
            each.name: {"deployed": each.is_there, "switched_off": each.is_off, "paused": each.is_paused}
            for each in found.functions
        },
        "dead_letters": found.failed,
        "newest_dead_letters": [
            {
                "since": entry.since.isoformat(),
                "videos": list(entry.videos),
                "code": entry.code or None,
                "reason": entry.reason,
                "request_id": entry.request_id or None,
            }
            for entry in found.newest
        ],
        "not_known": found.gaps.why,
    }
