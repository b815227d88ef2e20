"""What a TaskId or a request id is about.

By TaskId of Multimedia AI: one ListTasks with the TaskId as its filter gives the video's URL, and the task's name
has the beginning of the eTag, so that one record is read, however many there are. By one of IMM: GetTask has the
video, and the records of its key are read until one has the task. Where the service does not know the task, the
log is asked for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import NamedTuple

from handler.answers import as_list, whole_number
from handler.bucket_domains import host_and_path, object_at
from handler.errors import GifTaskError
from handler.record import FOUND, TaskId
from ops.account import Account, patience
from ops.errors import Mistake
from ops.gaps import Gaps
from ops.imm_tasks import video_of
from ops.lists import failed_entry, failures, pending_entries, pending_entry
from ops.logs import LogLine, quoted
from ops.names import ObjectName, object_name
from ops.records import failed_prefix, pending_prefix
from ops.refusals import task_refusal

#: How long a log is kept, as a rule.
_KEPT = timedelta(days=30)
#: Lines of one request that are read: an event of a thousand videos has two for each.
_MOST = 3000
_ETAG = re.compile(r" ([0-9A-F]{8})$")


class Located(NamedTuple):
    """An upload. etag: its beginning, "" where it is not known."""

    name: ObjectName
    etag: str = ""


class Handled(NamedTuple):
    """What a request was about: its videos, and its lines in the log."""

    uris: list[str]
    lines: list[LogLine]


def of_task(account: Account, task_id: TaskId, gaps: Gaps) -> Located:
    """Raises Mistake where nobody knows it; Denied or NotAnswered where who may know it could not be asked."""
    if isinstance(task_id, int):
        found = gaps.ask("task list", lambda: _listed(account, task_id))
    elif task_id.startswith(FOUND):
        found = _of_claim(account, task_id.removeprefix(FOUND))
    else:
        found = gaps.ask("task source", lambda: _of_source(account, task_id))
    if found:
        return found
    # A text is searched for in the whole line, for an index may have the field as a number.
    search = f"message.task_id: {task_id}" if isinstance(task_id, int) else quoted(task_id)
    lines = gaps.ask("log", lambda: _lines(account, search))
    for line in lines or ():
        if line.fields.get("task_id") == task_id and (uri := _video(line)):
            return Located(uri)
    _raise_first(gaps)
    without = f" (the log is not known: {gaps.why['log']})" if "log" in gaps.why else ", nor does the log"
    raise Mistake(f"task {task_id}: {_unknown(task_id)}{without}")


def _unknown(task_id: TaskId) -> str:
    if isinstance(task_id, int):
        return "Multimedia AI does not know it"
    if task_id.startswith(FOUND):
        return "no service knows what was found by its GIF, and no entry of .pending/ and .failed/ does"
    return "IMM, which forgets a task after seven days, does not know it"


def _raise_first(gaps: Gaps) -> None:
    if gaps.errors:
        raise gaps.errors[0]


def _of_claim(account: Account, claim: str) -> Located | None:
    """By the entry of the attempt that the task is named after, while it has one."""
    tracking, settings = account.tracking, account.project.settings
    if entry := pending_entry(tracking, f"{pending_prefix(settings)}{claim}.json"):
        return Located(object_name(entry.video), entry.etag or "")
    failed = failed_entry(tracking, f"{failed_prefix(settings)}{claim}.json")
    return Located(object_name(failed.videos[0])) if failed and failed.videos else None


def _of_source(account: Account, task_id: str) -> Located | None:
    found = video_of(account, task_id)
    return Located(found) if found else None


def _listed(account: Account, task_id: int) -> Located | None:
    parameters = {"PageNumber": "1", "PageSize": "50", "ServiceType": "3", "TaskId": str(task_id)}
    try:
        answer, _ = account.tasks.call("ListTasks", parameters, patience(), repeatable=True)
    except GifTaskError as exc:
        raise task_refusal(exc, "ListTasks") from exc
    tasks = as_list(answer.get("Tasks") or [], "Task")
    found = (task for task in tasks if isinstance(task, dict)) if isinstance(tasks, list) else iter(())
    task = next((task for task in found if whole_number(task.get("TaskId")) == task_id), None)
    return _of_url(account, task) if task else None


def _of_url(account: Account, task: dict[str, object]) -> Located | None:
    """The task's URL is a secret; what it leads to is not."""
    settings = account.project.settings
    url = str(task.get("VideoUrl") or "")
    bucket, key = object_at(url, settings.bucket_domains)
    base = host_and_path(settings.video_url_base or "")
    if base and host_and_path(url).startswith(f"{base}/"):
        bucket, key = None, host_and_path(url)[len(base) + 1 :]
    bucket = bucket or next(iter(account.project.video_buckets), "")
    etag = _ETAG.search(str(task.get("VideoName") or ""))
    return Located(ObjectName(bucket, key), etag[1] if etag else "") if bucket and key else None


def of_request(account: Account, request_id: str, gaps: Gaps) -> Handled:
    """From the log; without one, from what is pending or failed. Raises as of_task."""
    lines = gaps.ask("log", lambda: _lines(account, f"message.request_id: {quoted(request_id)}"))
    lines = [line for line in lines or () if line.fields.get("request_id") == request_id]
    uris = dict.fromkeys(str(line.fields["video"]) for line in lines if line.fields.get("video"))
    if not lines:
        uris.update(dict.fromkeys(_in_lists(account, request_id)))
    if not lines and not uris:
        _raise_first(gaps)
        log = f"the log is not known ({gaps.why['log']})" if "log" in gaps.why else "no line of the log names it"
        raise Mistake(f"request {request_id}: {log}, and no entry of .pending/ and .failed/ does")
    return Handled(list(uris), lines)


def _in_lists(account: Account, request_id: str) -> Iterator[str]:
    tracking, settings = account.tracking, account.project.settings
    for entry in pending_entries(tracking, settings):
        if entry.request_id == request_id:
            yield entry.video
    for failed in failures(tracking, settings):
        if failed.request_id == request_id:
            yield from failed.videos


def _lines(account: Account, search: str) -> list[LogLine]:
    now = account.counted.now
    lines: list[LogLine] = account.logs.lines(search, now - _KEPT, now + timedelta(seconds=60), _MOST)
    return lines


def _video(line: LogLine) -> ObjectName | None:
    bucket, _, key = str(line.fields.get("video") or "").removeprefix("oss://").partition("/")
    return ObjectName(bucket, key) if key else None
