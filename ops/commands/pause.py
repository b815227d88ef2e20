"""`gifs pause`: no task is made, and nothing is lost."""

from __future__ import annotations

from ops.account import Account
from ops.options import command
from ops.output import Output
from ops.pausing import set_paused


@command("pause")
def run(account: Account, output: Output) -> None:
    """Keep tasks from being made. Uploads wait meanwhile, and nothing is lost.

    It sets PAUSED of both functions as they are deployed, from the next invocation on. What is under way is
    followed to its GIF. `s deploy` sets what .env says: put PAUSED=true there, too, if you deploy meanwhile.
    """
    changed = set_paused(account, paused=True)
    if output.as_json:
        output.document({"paused": True, "changed": changed})
        return
    output.text("Paused." if changed else "It was paused already.")
    output.text("Uploads wait on the pending list; tasks that were made are followed to their GIFs.")
    output.text("`gifs resume` ends it; so does `s deploy`, unless PAUSED=true stands in .env.")
