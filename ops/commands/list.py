"""`gifs list`: the uploads that have a record, with their state."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
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
    with output.progress("reading") as progress:
        for record in _records(account, prefix, since):
            progress.add(1)
            if states and record.state not in states:
                continue
            shown += 1
            _show(output, record)
            if shown == limit:
                break
    if not shown:
        output.say("No record fits.")


def _show(output: Output, record: Record) -> None:
    if output.as_json:
        output.line(as_json(record))
        return
    when = f"{record.changed:%Y-%m-%d %H:%M}" if record.changed else ""
    output.text(f"{record.state:<11}  {when}  {record.video}  {_more(record)}".rstrip())


def _records(account: Account, prefix: str, since: datetime | None) -> Iterator[Record]:
    for bucket, start in _where(account, prefix):
        yield from records_below(account.tracking, account.project.settings, bucket, start, since)


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
