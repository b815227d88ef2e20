"""Where an upload stands, in one word and one sentence, and whether somebody has to act."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from handler.record import CLAIMED, FAILED, FINISHED, SUBMITTED, TASK_FAILED
from handler.video_names import why_no_video
from ops.case import Case
from ops.project import Project
from ops.records import SUPERSEDED, UNREADABLE, Record
from ops.story import reason_of

#: How long the event of an upload may be on its way.
_ON_ITS_WAY = timedelta(minutes=10)
#: States beside a record's: nothing is on record, not yet, or never will be; a task that no record names.
NOT_SEEN, DEFERRED, SKIPPED, UNNAMED = "not_seen", "deferred", "skipped", "unnamed"


class Verdict(NamedTuple):
    """next: what somebody can do, "" where it goes on by itself."""

    state: str
    text: str
    needs_a_person: bool = False
    next: str = ""


def verdict(case: Case, project: Project, now: datetime) -> Verdict:
    """now: by OSS's clock."""
    if case.failed and not (case.fits and case.record and case.record.state == FINISHED):
        state = case.record.state if case.record else NOT_SEEN
        then = f"mend the cause, then `./gifs retry {case.name.uri}`"
        return Verdict(state, f"it stands in .failed/: {case.failed[-1].reason}", True, then)
    if case.record is None:
        return _without_record(case, project, now)
    return _ended(case, case.record, project) or _under_way(case, case.record, project)


def _without_record(case: Case, project: Project, now: datetime) -> Verdict:
    if case.task_id is not None:
        return Verdict(UNNAMED, "no record names this task: it was paid for beside the one that counts", True)
    item, name = case.object, case.name
    if case.pending:
        return Verdict(
            DEFERRED, "it waits for the end of a pause, or for the next day: the collector sends it then"
        )
    if item is None:
        return Verdict(NOT_SEEN, "the object is not there any more; its earlier uploads are below")
    if name.bucket not in project.video_buckets:
        return Verdict(SKIPPED, f"no upload to {name.bucket} starts the function: it watches {_watched(project)}")
    if reason := why_no_video(name.key, item.content_type, project.settings):
        return Verdict(SKIPPED, f"the function skips it: {reason}")
    if item.size == 0 and item.kind != "Symlink":
        return Verdict(SKIPPED, "the function skips it: it is empty")
    anew = "its earlier uploads are on record, this one is not" if case.earlier or case.unread else "no record"
    if now - item.changed < _ON_ITS_WAY:
        return Verdict(NOT_SEEN, f"{anew}: not seen by the function yet; its event may be on its way")
    then = f"`./gifs backfill {name.uri}` sends it"
    return Verdict(NOT_SEEN, f"{anew}: not seen by the function yet", next=then)


def _watched(project: Project) -> str:
    return ", ".join(project.video_buckets) or "no bucket"


def _ended(case: Case, record: Record, project: Project) -> Verdict | None:
    """None while it is under way."""
    state, last = record.state, record.history.last
    if state == UNREADABLE or last is None:
        then = "see who did it; move it away to have the video sent anew"
        return Verdict(state, "somebody has changed the record, and it cannot be read", True, then)
    retry = f"mend the cause, then `./gifs retry {case.name.uri}`"
    if state == TASK_FAILED:
        return Verdict(state, f"the service made no GIF: {reason_of(dict(last))}", True, retry)
    if state == SUPERSEDED:
        now = "; it holds this content again, whose GIF the collector stores" if case.is_current else ""
        return Verdict(state, f"the key held other content when the GIF came{now}")
    if state == FINISHED:
        return _finished(case)
    if last["status"] == FAILED and not last.get("retryable"):
        return Verdict(state, f"refused, and no retry helps: {last.get('message', '')}", True, retry)
    return None


def _finished(case: Case) -> Verdict:
    if not case.is_current:
        what = "the key holds another upload by now" if case.object else "the object is not there any more"
        return Verdict(FINISHED, f"its GIF was stored; {what}")
    if case.gif is None and "gif" not in case.gaps.why:
        return Verdict(FINISHED, "the GIF is not there any more", True, _fix(case))
    if case.gif and not case.fits and case.object and case.object.kind != "Symlink":
        if case.pending:
            return Verdict(FINISHED, "the GIF is of what the key held before; the collector is about to mend that")
        return Verdict(FINISHED, "the GIF is of what the key held before", True, _fix(case))
    return Verdict(FINISHED, "the GIF is there")


def _fix(case: Case) -> str:
    return f"`./gifs audit --fix {case.name.uri}`"


def _under_way(case: Case, record: Record, project: Project) -> Verdict:
    """What is next, and who does it."""
    state = record.state
    if state == SUBMITTED:
        if not project.settings.collect:
            return Verdict(state, "the task exists; COLLECT=off, so that nobody follows it to its GIF")
        if not case.pending:
            alone = "the task exists, and nobody follows it: it has no pending entry"
            return Verdict(state, alone, True, _fix(case))
        if case.task and case.task.is_over:
            return Verdict(state, "the task has ended; the collector's next run sees to it")
        return Verdict(state, "under way: the service is at work")
    who = "the collector's next run" if case.pending else "the next delivery of its event"
    if state == CLAIMED:
        return Verdict(state, f"an attempt is under way; if it has died, {who} takes over")
    if case.pending:
        return Verdict(state, f"not submitted: {who} tries again")
    # Of the deliveries of an event nobody knows how many are left.
    then = f"if none comes, `./gifs retry {case.name.uri}`"
    return Verdict(state, f"not submitted, and only {who} tries again", True, then)
