"""`gifs resume`: the end of a pause."""

from __future__ import annotations

from ops.account import Account
from ops.options import command
from ops.output import Output
from ops.pausing import set_paused
from ops.records import waiting


@command("resume")
def run(account: Account, output: Output) -> None:
    """End a pause. The collector's next runs submit what has waited."""
    count = waiting(account.tracking, account.project.settings)
    changed = set_paused(account, paused=False)
    limit = account.project.settings.max_tasks_per_day
    if output.as_json:
        output.document({"paused": False, "changed": changed, "waiting": count, "max_tasks_per_day": limit})
        return
    output.text("Resumed." if changed else "It was not paused.")
    waits = "1 upload waits" if count == 1 else f"{count:,} uploads wait"
    output.text(f"{waits}; the collector submits what waits from its next run on, a task each.")
    if limit:
        output.text(f"MAX_TASKS_PER_DAY is {limit:,}: what is over it waits for the next day.")
    if account.project.settings.paused:
        output.say("PAUSED=true stands in .env: the next `s deploy` pauses it again.")
