"""`gifs show`: one upload on one screen."""

from __future__ import annotations

from typing import Any

import click

from ops.account import Account
from ops.case import Case, gather
from ops.errors import GOOD, PERSON
from ops.gaps import Gaps
from ops.locate import Handled, of_request, of_task
from ops.logs import LogLine
from ops.names import AnyTask, RequestId, anything, object_name
from ops.options import command
from ops.output import Output
from ops.records import Record
from ops.screen import Screen, words
from ops.story import story
from ops.verdict import Verdict, verdict


@command("show")
@click.argument("what", metavar="oss://BUCKET/KEY | TASK_ID | REQUEST_ID")
def run(account: Account, output: Output, what: str) -> int:
    """One upload: object, record, task, GIF and log, on one screen.

    By TaskId it takes a request more or two, and by a request id the log has to be there. Exit code 1 when the
    upload needs a person.
    """
    asked, gaps = anything(what), Gaps()
    if isinstance(asked, RequestId):
        handled = of_request(account, asked.text, gaps)
        if len(handled.uris) != 1:
            return _show_request(output, asked.text, handled, gaps)
        asked = object_name(handled.uris[0])
    if isinstance(asked, AnyTask):
        located = of_task(account, asked.task_id, gaps)
        case = gather(account, located.name, gaps, etag=located.etag, task_id=asked.task_id)
        return _show(account, output, case)
    return _show(account, output, gather(account, asked, gaps))


def _show(account: Account, output: Output, case: Case) -> int:
    now = account.counted.now
    found = verdict(case, account.project, now)
    if output.as_json:
        output.document(_as_json(case, found))
    else:
        Screen(output, now).show(case, found)
    for error in case.gaps.errors:
        output.say(f"Error: {error}")
    return case.gaps.code or (PERSON if found.needs_a_person else GOOD)


def _show_request(output: Output, request_id: str, handled: Handled, gaps: Gaps) -> int:
    """A request with several videos, or with none: each with what became of it."""
    outcomes = {line.fields.get("video"): str(line.fields["outcome"]) for line in handled.lines if _ends(line)}
    if output.as_json:
        output.document(
            {
                "request_id": request_id,
                "videos": [{"video": uri, "outcome": outcomes.get(uri)} for uri in handled.uris],
                "log": [_log_line(line) for line in handled.lines],
                "not_known": gaps.why,
            }
        )
    else:
        output.text(f"request {request_id}")
        for uri in handled.uris:
            output.text(f"  {outcomes.get(uri, 'not ended'):<17}  {uri}")
        for line in handled.lines if not handled.uris else ():
            output.text(f"  {line.at:%Y-%m-%d %H:%M:%S}  {line.level:<7}  {words(line)}")
    return gaps.code or (PERSON if "failed" in outcomes.values() else GOOD)


def _ends(line: LogLine) -> bool:
    return bool(line.fields.get("video") and line.fields.get("outcome"))


def _as_json(case: Case, found: Verdict) -> dict[str, Any]:
    """One document; times are UTC, sizes bytes. not_known: what could not be asked, and why."""
    item, gif, task = case.object, case.gif, case.task
    return {
        "video": case.name.uri,
        "state": found.state,
        "text": found.text,
        "needs_a_person": found.needs_a_person,
        "next": found.next or None,
        "object": item
        and {
            "size": item.size,
            "uploaded": item.changed.isoformat(),
            "storage_class": item.storage_class or None,
            "etag": item.etag,
            "content_type": item.content_type or None,
        },
        "record": case.record and {**_brief(case.record), "lines": _lines(case.record)},
        "pending": [entry.model_dump(exclude_none=True) for entry in case.pending],
        "failed": [
            {"since": entry.since.isoformat(), "code": entry.code, "reason": entry.reason, "entry": entry.key}
            for entry in case.failed
        ],
        "task": task
        and {
            "task_id": case.task_id,
            "state": "under_way" if not task.is_over else "failed" if task.has_failed else "succeeded",
            "error_code": task.error_code or None,
            "error_name": task.error_name or None,
            "reason": task.reason or None,
        },
        "gif": gif
        and {
            "uri": gif.uri,
            "size": gif.size,
            "stored": gif.stored.isoformat(),
            "content_type": gif.content_type or None,
            "etag": gif.etag or None,
            "fits": case.fits,
        },
        "log": case.log and [_log_line(line) for line in case.log.lines],
        "earlier": [_brief(record) for record in case.earlier],
        "other_uploads": case.unread,
        "not_known": case.gaps.why,
    }


def _brief(record: Record) -> dict[str, Any]:
    return {
        "uri": record.uri,
        "etag": record.place.etag,
        "state": record.state,
        "changed": record.changed.isoformat() if record.changed else None,
        "task_id": record.task_id,
    }


def _lines(record: Record) -> list[dict[str, Any]]:
    return [{**line, "text": step.text} for line, step in zip(record.history.lines, story(record), strict=True)]


def _log_line(line: LogLine) -> dict[str, Any]:
    return {"at": line.at.isoformat(), "level": line.level, "message": line.message, **line.fields}
