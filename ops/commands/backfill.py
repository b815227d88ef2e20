"""`gifs backfill`: sends the videos that have no record yet, those from before the function above all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import islice

import click

from ops.account import Account
from ops.errors import INTERRUPTED, Mistake, NeedsAPerson
from ops.merge import Upload
from ops.names import ObjectName, prefix_name
from ops.options import command
from ops.output import Output, ago, size_of
from ops.sending import Sender, events
from ops.times import Since
from ops.uploads import is_archived, is_video, since, walk


@dataclass
class Count:
    """What was found. new: without a record, `changed` of them uploaded anew since their last one."""

    objects: int = 0
    new: int = 0
    changed: int = 0
    bytes: int = 0
    done: int = 0
    archived: int = 0
    no_video: int = 0


@command("backfill")
@click.argument("where", metavar="oss://BUCKET/[PREFIX]")
@click.option("--dry-run", is_flag=True, help="Only say what there is to do.")
@click.option("--since", "moment", type=Since(), help="Only what was uploaded since: 36h, 7d, or a date.")
@click.option("--limit", type=click.IntRange(min=1), help="Send at most so many this time.")
@click.option("--per-second", type=click.FloatRange(0.01, 1000), default=5.0, show_default=True, help="Videos.")
@click.option("--max-tasks", type=click.IntRange(min=0), help="Send nothing when it would make more tasks.")
@click.option("--price", type=click.FloatRange(min=0), metavar="CNY", help="Of one task.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def run(
    account: Account,
    output: Output,
    where: str,
    dry_run: bool,
    moment: datetime | None,
    limit: int | None,
    per_second: float,
    max_tasks: int | None,
    price: float | None,
    yes: bool,
) -> int:
    """Send the videos below a prefix that have no record yet.

    The records are its state: run it again, and it goes on where it was. Sending a video twice makes no second
    task. It takes a request for each thousand objects and records, and one for each 16 videos that are sent.
    """
    place = prefix_name(where)
    sender = Sender(account, per_second=per_second)
    if not dry_run:
        sender.require_function()
    count = _count(account, output, place, moment)
    sending = count.new if limit is None else min(limit, count.new)
    plan = {"tasks": sending, "cost": price and round(sending * price, 2), "hours": sending / per_second / 3600}
    if not output.as_json:
        _tell(output, count, sending, price, per_second)
    if max_tasks is not None and sending > max_tasks:
        raise Mistake(f"{sending:,} tasks would be made, and --max-tasks is {max_tasks:,}: nothing was sent")
    ended = ""
    if sending and not dry_run and output.agree(f"Send {sending:,}?", yes=yes):
        ended = _send(output, sender, _names(account, place, moment), sending)
    if output.as_json:
        output.document({**asdict(count), **plan, "sent": sender.sent, "stopped": ended or None})
    elif sender.sent:
        output.text(f"{sender.sent:,} sent. `gifs status` shows how they come along; run this again to go on.")
    if ended == "interrupted":
        return INTERRUPTED
    if ended:
        raise NeedsAPerson(ended)
    return 0


def _count(account: Account, output: Output, place: ObjectName, moment: datetime | None) -> Count:
    count = Count()
    with output.progress("looking") as progress:
        for upload in since(walk(account, place, gifs=False), moment):
            progress.add(1)
            _add(count, upload, account)
    return count


def _add(count: Count, upload: Upload, account: Account) -> None:
    if upload.object is None:
        return
    count.objects += 1
    if not is_video(upload.object, account.project.settings):
        count.no_video += 1
    elif upload.current:
        count.done += 1
    elif is_archived(upload.object):
        count.archived += 1
    else:
        count.new += 1
        count.changed += bool(upload.records)
        count.bytes += upload.object.size


def _names(account: Account, place: ObjectName, moment: datetime | None) -> Iterator[str]:
    """The walk once more: to remember what the first has found would take memory for each."""
    settings = account.project.settings
    for upload in since(walk(account, place, gifs=False), moment):
        item = upload.object
        if item and not upload.current and is_video(item, settings) and not is_archived(item):
            yield f"oss://{place.bucket}/{item.key}"


def _send(output: Output, sender: Sender, names: Iterator[str], most: int) -> str:
    """ "" when all were sent; else why not."""
    try:
        with output.progress("sending", most) as progress:
            for event in events(islice(names, most)):
                sender.send(event)
                progress.add(len(event))
    except NeedsAPerson as stopped:
        return str(stopped)
    except KeyboardInterrupt:
        output.say("\nstopped; run it again to go on")
        return "interrupted"
    return ""


def _tell(output: Output, count: Count, sending: int, price: float | None, per_second: float) -> None:
    cost = f"CNY {sending * price:,.2f}" if price is not None else "at a price that --price is not told"
    changed = f", {count.changed:,} of them uploaded anew" if count.changed else ""
    output.text(f"{count.new:,} new ({size_of(count.bytes)}){changed}, {count.done:,} done.")
    if sending:
        took = ago(sending / per_second)
        output.text(f"About {sending:,} tasks, {cost}, {took} at {per_second:g} a second.")
    rest: list[tuple[int, str]] = [
        (count.archived, "archived, which nobody can download: restore them, then run this again"),
        (count.no_video, "objects that are not videos"),
    ]
    for number, what in rest:
        if number:
            output.text(f"Left out: {number:,} {what}.")
