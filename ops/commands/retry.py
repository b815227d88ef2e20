"""`gifs retry`: sends again what stands in `.failed/`, and takes it from the list when somebody has it."""

from __future__ import annotations

import time
from collections import Counter

import click

from ops.account import Account
from ops.errors import GOOD, PERSON, Mistake
from ops.lists import failures
from ops.names import object_name
from ops.options import command
from ops.output import Output
from ops.parallel import in_order
from ops.retrying import Action, Plan, carry_out, forget, is_taken_over, plan_entries, plan_video
from ops.sending import MOST_ORDERED, Sender, events

#: Between two looks at the records, the first and the longest.
_FIRST_POLL, _LONGEST_POLL = 0.2, 5.0
_WORDS = {
    Action.SEND: "sent again",
    Action.FORCE: "need another task, which is paid for",
    Action.FOLLOW: "are followed further: their task exists",
    Action.REMOVE: "are done by now, and only leave the list",
    Action.NONE: "need somebody first",
}


@command("retry")
@click.argument("videos", nargs=-1, metavar="[oss://BUCKET/KEY]…")
@click.option("--failed", is_flag=True, help="All that stands in .failed/ but for dead letters.")
@click.option("--dead-letters", is_flag=True, help="The events that failed in all their tries.")
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@click.option("--yes", is_flag=True, help="Do not ask before tasks are paid for.")
@click.option("--per-second", type=click.FloatRange(0.01, 1000), default=5.0, show_default=True, help="Videos.")
@click.option("--wait", type=click.FloatRange(0), default=120.0, show_default=True, help="Seconds, at the end.")
def run(
    account: Account,
    output: Output,
    videos: tuple[str, ...],
    failed: bool,
    dead_letters: bool,
    dry_run: bool,
    yes: bool,
    per_second: float,
    wait: float,
) -> int:
    """Send again what stands in .failed/.

    An entry leaves the list when a newer attempt has its video, and not before. A task that failed needs another
    one, which is paid for: that is asked about. Exit code 1 when something stays on the list.
    """
    if not (videos or failed or dead_letters):
        raise Mistake("name videos, or add --failed or --dead-letters")
    plans = _plans(account, videos, failed=failed, dead_letters=dead_letters)
    _tell(output, plans)
    if dry_run or not plans:
        return PERSON if plans else GOOD
    count = Counter(plan.action for plan in plans)
    to_send = [plan for plan in plans if plan.action in (Action.SEND, Action.FORCE)]
    number = sum(len(plan.videos) for plan in to_send)
    if to_send and not output.agree(
        f"Send {number:,} again, {count[Action.FORCE]:,} of them for a new task?", yes=yes
    ):
        return PERSON
    for _ in in_order(lambda plan: carry_out(account, plan), plans):
        pass
    left = _send(account, output, to_send, per_second=per_second, wait=wait)
    left += [plan for plan in plans if plan.action is Action.NONE]
    if output.as_json:
        output.line({"done": len(plans) - len(left), "left": len(left)})
    else:
        output.text(f"{len(plans) - len(left):,} done, {len(left):,} left.")
    return PERSON if left else GOOD


def _plans(account: Account, videos: tuple[str, ...], *, failed: bool, dead_letters: bool) -> list[Plan]:
    named = {object_name(uri).uri for uri in videos}
    entries = [
        entry
        for entry in failures(account.tracking, account.project.settings)
        if (dead_letters if entry.is_dead_letter else failed) or named & {*entry.videos}
    ]
    listed = {uri for entry in entries for uri in entry.videos}
    others = [plan_video(account, object_name(uri)) for uri in sorted(named - listed)]
    return [*plan_entries(account, entries), *others]


def _tell(output: Output, plans: list[Plan]) -> None:
    for plan in plans:
        names = ", ".join(plan.videos) or (plan.failed.key if plan.failed else "")
        if output.as_json:
            entry = plan.failed.key if plan.failed else None
            output.line({"videos": plan.videos, "entry": entry, "action": plan.action.value, "why": plan.why})
        else:
            output.text(f"{plan.action.value:<7} {names}  {plan.why}")
    for action, count in Counter(plan.action for plan in plans).items():
        output.say(f"{count:,} {_WORDS[action]}.")
    if not plans:
        output.say("Nothing of that stands in .failed/.")


def _send(account: Account, output: Output, plans: list[Plan], *, per_second: float, wait: float) -> list[Plan]:
    """Sends them, and takes from the list what somebody has then; the rest."""
    if not plans:
        return []
    sender = Sender(account, per_second=per_second, watches=False)
    sender.require_function()
    with output.progress("sending", sum(len(plan.videos) for plan in plans)) as progress:
        for event in events(_videos(plans, Action.SEND)):
            sender.send(event)
            progress.add(len(event))
        problems = []
        for event in events(_videos(plans, Action.FORCE), MOST_ORDERED):
            problems.append(sender.order(event))
            progress.add(len(event))
    for problem in filter(None, problems):
        output.say(problem)
    until, left, pause = time.monotonic() + wait, plans, _FIRST_POLL
    with output.progress("waiting", len(plans)) as progress:
        while left and time.monotonic() < until:
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_POLL)
            taken = list(in_order(lambda plan: is_taken_over(account, plan), left))
            for plan, is_taken in zip(left, taken, strict=True):
                if is_taken:
                    forget(account, plan)
            progress.add(sum(taken))
            left = [plan for plan, is_taken in zip(left, taken, strict=True) if not is_taken]
    return left


def _videos(plans: list[Plan], action: Action) -> list[str]:
    """Each once, however many entries it has."""
    return list(dict.fromkeys(uri for plan in plans if plan.action is action for uri in plan.videos))
