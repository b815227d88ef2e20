"""`gifs list`: the uploads that have a record, with their state."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Any

import click

from ops.account import Account
from ops.names import ObjectName, prefix_name
from ops.options import command
from ops.output import Output
from ops.records import STATES, Record, records_below
from ops.times import Since


@command("list")
@click.option("--state", "states", multiple=True, type=click.Choice(STATES), help="Only these; may be repeated.")
@click.option("--prefix", metavar="[oss://BUCKET/]PREFIX", default="", help="Only uploads whose key begins so.")
@click.option("--since", type=Since(), help="Only records that changed since: 36h, 7d, or a date.")
@click.option("--limit", type=click.IntRange(min=1), help="At most so many.")
def run(
    account: Account,
    output: Output,
    states: tuple[str, ...],
    prefix: str,
    since: datetime | None,
    limit: int | None,
) -> None:
    """The uploads that have a record, with their state.

    Reads every record that is asked about: a request for each. `status` and `audit` need fewer.
    """
    shown = 0
    for record in islice(_records(account, prefix, since, states), limit):
        shown += 1
        if output.as_json:
            output.line(as_json(record))
        else:
            when = f"{record.changed:%Y-%m-%d %H:%M}" if record.changed else ""
            output.text(f"{record.state:<11}  {when}  {record.video}  {_more(record)}".rstrip())
    if not shown:
        output.say("No record fits.")


def _records(account: Account, prefix: str, since: datetime | None, states: tuple[str, ...]) -> Iterator[Record]:
    settings = account.project.settings
    for bucket, start in _where(account, prefix):
        for record in records_below(account.tracking, settings, bucket, start, since):
            if not states or record.state in states:
                yield record


def _where(account: Account, prefix: str) -> list[ObjectName]:
    if prefix.startswith("oss://"):
        return [prefix_name(prefix)]
    return [ObjectName(bucket, prefix) for bucket in account.project.video_buckets]


def _more(record: Record) -> str:
    if record.gif:
        return record.gif
    return f"task {record.task_id}" if record.task_id else ""


def as_json(record: Record) -> dict[str, Any]:
    return {
        "video": record.video,
        "etag": record.place.etag,
        "state": record.state,
        "changed": record.changed.isoformat() if record.changed else None,
        "task_id": record.task_id,
        "gif": record.gif or None,
        "record": record.uri,
    }
