"""`{"check": true}` sent to each function: it tries, with its own credentials, what it needs."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from itertools import islice

from ops.account import Account
from ops.checks.check import Check, Look, Mark, bad, good, note
from ops.errors import Mistake, OpsError
from ops.names import ObjectName
from ops.project import Function
from ops.uploads import is_archived, is_video, our_own

#: Of a bucket's first keys one is taken that is a video.
_FIRST = 1000


class Sample:
    """A video that is there, for the functions to read, and to get by its URL."""

    def __init__(self, account: Account, given: str) -> None:
        self._account = account
        self._given = given

    @cached_property
    def uri(self) -> str:
        """ "" where there is none. Raises OpsError."""
        if self._given:
            return self._given
        project = self._account.project
        for trigger in project.submit.triggers:
            bucket = str(trigger.get("sourceArn") or "").rpartition(":")[2]
            if trigger.get("triggerType") != "oss" or not bucket:
                continue
            key = ((trigger.get("triggerConfig") or {}).get("filter") or {}).get("key") or {}
            where = ObjectName(bucket, str(key.get("prefix") or ""))
            own = our_own(project.settings, where)
            for item in islice(self._account.bucket(bucket).list(where.key, skip=own), _FIRST):
                if is_video(item, project.settings) and not is_archived(item):
                    return ObjectName(bucket, item.key).uri
        return ""


def looks(account: Account, functions: list[Function], sample: Sample) -> Iterator[Look]:
    yield Look("sample", "video", lambda: _sample(sample))
    for function in functions:
        yield Look(f"{function.name}, from inside", "checks", lambda f=function: _inside(account, f, sample))  # type: ignore[misc]


def _sample(sample: Sample) -> Iterator[Check]:
    if sample.uri:
        yield good("video", sample.uri)
    else:
        yield note(
            "video",
            "there is none yet, so reading one and its URL are not tried",
            "upload one, or name it: --video",
        )


def _inside(account: Account, function: Function, sample: Sample) -> Iterator[Check]:
    try:
        videos = [sample.uri] if sample.uri else []
    except OpsError:  # said where it is looked for
        videos = []
    try:
        answer = account.functions.call(function.name, {"check": True, "videos": videos})
    except Mistake as exc:
        yield bad("checks", str(exc), "`s deploy`: it may be older than this; else what the message says")
        return
    found = answer.get("checks") if isinstance(answer, dict) else None
    if not isinstance(found, list):
        yield bad("checks", "the function does not know them", "`s deploy`")
        return
    said = set(account.project.settings.warnings)
    for each in found:
        name, detail, where = (str(each.get(part) or "") for part in ("name", "detail", "where"))
        if each.get("ok"):
            mark = Mark.NOTE if detail else Mark.GOOD
            if detail not in said:
                yield Check(name, mark, detail or where)
        else:
            yield bad(name, f"{where}: {detail}", str(each.get("hint") or ""))
