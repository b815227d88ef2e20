"""One upload on one screen, for people."""

from __future__ import annotations

from datetime import datetime

from ops.case import Case
from ops.logs import LogLine
from ops.output import Output, ago, size_of
from ops.story import later, story
from ops.verdict import Verdict

#: Width of the names of the screen's parts.
_NAMES = 8


class Screen:
    """now: by OSS's clock."""

    def __init__(self, output: Output, now: datetime) -> None:
        self._output, self._now = output, now

    def show(self, case: Case, found: Verdict) -> None:
        self._output.text(case.name.uri)
        self._part("state", f"{found.state}: {found.text}")
        if found.next:
            self._part("next", found.next)
        self._object(case)
        self._record(case)
        for entry in case.pending:
            self._part("pending", f"since {_time(entry.at)}, followed each minute")
        for failed in case.failed:
            self._part("failed", f"{_at(failed.since)}  {failed.code}: {failed.reason}")
        if case.task or "task" in case.gaps.why:
            self._part("task", case.gaps.why.get("task") or _task(case))
        if case.gif or "gif" in case.gaps.why or case.record:
            self._part("gif", case.gaps.why.get("gif") or self._gif(case))
        self._log(case)
        for record in case.earlier:
            task = f", task {record.task_id}" if record.task_id else ""
            self._part("earlier", f"{_at(record.changed)}  {record.state}{task}, eTag {record.place.etag}")
        if case.unread:
            self._part("others", f"{case.unread:,} other uploads of this key are on record")

    def _part(self, name: str, text: str) -> None:
        self._output.text(f"  {name:<{_NAMES}}{text}")

    def _object(self, case: Case) -> None:
        item = case.object
        if item is None:
            self._part("object", "not there any more")
            return
        kind = f", {item.kind}" if item.kind not in ("", "Normal") else ""
        when = f"{_at(item.changed)} ({ago((self._now - item.changed).total_seconds())} ago)"
        size = f"{size_of(item.size)}, {item.storage_class or 'Standard'}{kind}"
        self._part("object", f"{size}, uploaded {when}, eTag {item.etag}")

    def _record(self, case: Case) -> None:
        if case.record is None:
            self._part("record", "none")
            return
        self._part("record", case.record.uri)
        for number, step in enumerate(story(case.record)):
            when = "" if step.after is None else _at(step.at) if number == 0 else later(step.after)
            self._output.text(f"  {'':<{_NAMES}}{when:>19}  {step.status:<11}  {step.text}")

    def _gif(self, case: Case) -> str:
        gif = case.gif
        if gif is None:
            return "none"
        if case.fits:
            whose = "of what the key holds now"
        elif case.object is None:
            whose = "of an object that is not there any more"
        else:
            whose = f"NOT of what the key holds now, but of eTag {gif.etag or 'unknown'}"
        return f"{gif.uri}, {size_of(gif.size)}, {gif.content_type}, {whose}"

    def _log(self, case: Case) -> None:
        if case.log is None:
            self._part("log", f"not known: {case.gaps.why.get('log', '')}")
            return
        if not case.log.lines:
            self._part("log", "no line about it")
            return
        self._part("log", "the newest lines about it" if case.log.more else "every line about it")
        for line in case.log.lines:
            self._output.text(f"  {'':<{_NAMES}}{line.at:%Y-%m-%d %H:%M:%S}  {line.level:<7}  {words(line)}")


def _task(case: Case) -> str:
    task = case.task
    assert task is not None
    if not task.is_over:
        state = "waiting or running"
    elif not task.has_failed:
        state = "succeeded"
    else:
        why = dict.fromkeys(filter(None, (task.error_code, task.error_name, task.reason)))
        state = f"failed: {': '.join(why)}"
    return f"{case.task_id}: {state}"


def words(line: LogLine) -> str:
    """What a person looks for in a line; the rest is in --json."""
    fields = line.fields
    names = {"outcome": "", "task_id": "task ", "reason": "", "step": "", "error": "", "code": "", "detail": ""}
    told = [f"{before}{fields[name]}" for name, before in names.items() if fields.get(name)]
    took = f", {fields['duration_ms']:g} ms" if isinstance(fields.get("duration_ms"), (int, float)) else ""
    return f"{line.message}{': ' if told else ''}{', '.join(told)}{took}"


def _at(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}" if moment else ""


def _time(text: str) -> str:
    return text[:19].replace("T", " ")
