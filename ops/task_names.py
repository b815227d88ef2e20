"""The newest tasks of the service against the records: a task that no record names was paid for in vain."""

from __future__ import annotations

from collections.abc import Iterator

from handler.answers import whole_number
from handler.bucket_domains import object_at
from handler.errors import GifTaskError
from ops.account import Account, patience
from ops.findings import Finding, Kind
from ops.names import ObjectName
from ops.records import Record, names_of, read_all
from ops.refusals import task_refusal

#: What they say may be about to change: the attempt that made the task is still at it.
_AT_IT = ("claimed", "unknown")


def unnamed_tasks(account: Account, where: ObjectName, most: int) -> Iterator[Finding]:
    """Of the first `most` tasks that ListTasks shows. Two requests for each, or three. Raises OpsError."""
    settings = account.project.settings
    if settings.gif_service == "oss":  # which lists its tasks nowhere
        return
    known: dict[str, list[Record]] = {}
    for task_id, url in _tasks(account, most):
        place = object_at(url, settings.bucket_domains)
        if place.bucket not in (None, where.bucket) or not place.path.startswith(where.key) or not place.path:
            continue
        if place.path not in known:
            names = account.tracking.list(names_of(settings, where.bucket, f"{place.path}/"))
            known[place.path] = list(read_all(account.tracking, settings, names))
        records = known[place.path]
        named = {task for record in records for task in record.history.task_ids}
        if task_id not in named and not any(record.state in _AT_IT for record in records):
            yield Finding(Kind.UNNAMED_TASK, f"oss://{where.bucket}/{place.path}", f"task {task_id}")


def _tasks(account: Account, most: int) -> Iterator[tuple[int, str]]:
    """TaskId and VideoUrl. The URL is a secret."""
    page, seen = 1, 0
    while seen < most:
        try:
            answer = account.tasks.list_tasks(page, patience())
        except GifTaskError as exc:
            raise task_refusal(exc, "ListTasks") from exc
        for task in answer.tasks[: most - seen]:
            is_ours = task.get("ApplicationId") in (None, "", account.project.settings.application_id)
            task_id = whole_number(task.get("TaskId"))
            if is_ours and task_id:
                yield task_id, str(task.get("VideoUrl") or "")
        seen += len(answer.tasks)
        page += 1
        if not answer.tasks or (answer.pages is not None and page > answer.pages):
            return
