"""`gifs audit`: what is missing, stale, unfinished, failed or doubled, and --fix sends it again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timezone

import click

from ops.account import Account
from ops.errors import GOOD, PERSON
from ops.findings import WORDS, Finding, Kind, Seen, examine
from ops.lists import failures, follow
from ops.names import ObjectName, prefix_name
from ops.options import command
from ops.output import Output
from ops.records import record_of
from ops.sending import Sender, events
from ops.task_names import unnamed_tasks

#: What an event mends, and what the collector does when it is told to look.
_TO_SEND = (Kind.MISSING, Kind.STALE)
_TO_FOLLOW = (Kind.UNFINISHED, Kind.OTHER_CONTENT)


@command("audit")
@click.argument("where", metavar="oss://BUCKET/[PREFIX]")
@click.option("--fix", is_flag=True, help="Send again what is missing or stale, and follow what is unfinished.")
@click.option("--yes", is_flag=True, help="Do not ask before that.")
@click.option("--per-second", type=click.FloatRange(0.01, 1000), default=5.0, show_default=True, help="Videos.")
@click.option("--tasks", type=click.IntRange(min=0), default=100, show_default=True, help="How many to look at.")
def run(account: Account, output: Output, where: str, fix: bool, yes: bool, per_second: float, tasks: int) -> int:
    """Compare a bucket with its records, its GIFs and the newest tasks.

    Exit code 1 when something is found. It takes a request for each thousand objects, records and GIFs, one for
    each video that was uploaded more than once, and up to three for each of the tasks, which OSS's own
    processing lists nowhere. What stands in .failed/ is for `gifs retry`.
    """
    place = prefix_name(where)
    found: Counter[Kind] = Counter()
    videos = done = 0
    with output.progress("looking") as progress:
        for seen in _walk(account, place):
            progress.add(1)
            videos, done = videos + seen.is_video, done + seen.is_done
            if seen.finding:
                found[seen.finding.kind] += 1
                _show(output, seen.finding)
        for finding in unnamed_tasks(account, place, tasks) if tasks else ():
            found[finding.kind] += 1
            _show(output, finding)
    _sum_up(output, videos, done, found, account.counted.total)
    if fix:
        _fix(account, output, place, found, yes=yes, per_second=per_second)
    return PERSON if any(Finding(kind, "").needs_somebody for kind in found) else GOOD


def _walk(account: Account, place: ObjectName) -> Iterator[Seen]:
    failed = {
        video: entry for entry in failures(account.tracking, account.project.settings) for video in entry.videos
    }
    return examine(account, place, failed, datetime.now(timezone.utc))


def _show(output: Output, finding: Finding) -> None:
    if output.as_json:
        output.line({"finding": finding.kind.value, "video": finding.video, "detail": finding.detail or None})
    else:
        output.text(f"{finding.kind.value:<14}  {finding.video}  {finding.detail}".rstrip())


def _sum_up(output: Output, videos: int, done: int, found: Counter[Kind], requests: int) -> None:
    under_way = (
        videos - done - sum(found[kind] for kind in Kind if kind not in (Kind.WITHOUT_OBJECT, Kind.UNNAMED_TASK))
    )
    if output.as_json:
        counts = {kind.value: count for kind, count in found.items()}
        output.line(
            {"videos": videos, "done": done, "under_way": under_way, "found": counts, "requests": requests}
        )
        return
    output.text(f"{videos:,} videos: {done:,} done, {under_way:,} under way. {requests:,} requests to OSS.")
    for kind in Kind:
        if found[kind]:
            output.text(f"{found[kind]:>8,} {kind.value}: {WORDS[kind]}")


def _fix(
    account: Account, output: Output, place: ObjectName, found: Counter[Kind], *, yes: bool, per_second: float
) -> None:
    to_send, to_follow = (sum(found[kind] for kind in kinds) for kinds in (_TO_SEND, _TO_FOLLOW))
    if not to_send + to_follow:
        output.say("Nothing of it can be mended by sending it again.")
        return
    if not output.agree(f"Send {to_send:,} (a task each) and follow {to_follow:,}?", yes=yes):
        return
    sender = Sender(account, per_second=per_second)
    sender.require_function()
    followed = 0

    def names() -> Iterator[str]:
        nonlocal followed
        for seen in _walk(account, place):
            if seen.finding and seen.finding.kind in _TO_SEND:
                yield seen.finding.video
            elif seen.finding and seen.finding.kind in _TO_FOLLOW:
                followed += _follow(account, place, seen.finding)

    with output.progress("sending", to_send) as progress:
        for event in events(names()):
            sender.send(event)
            progress.add(len(event))
    output.say(f"{sender.sent:,} sent, {followed:,} followed. `gifs status` shows how they come along.")


def _follow(account: Account, place: ObjectName, finding: Finding) -> bool:
    key = finding.video.removeprefix(f"oss://{place.bucket}/")
    project = account.project
    record = record_of(account.tracking, project.settings, place.bucket, key, finding.etag)
    return record is not None and follow(account.tracking, project.settings, record, project.region)
