"""What starts the functions, against s.yaml; and of another function's, what is in the way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ops.account import Account
from ops.checks.check import Check, Look, bad, compared, good, note
from ops.errors import OpsError
from ops.project import Function

Trigger = Mapping[str, Any]


def looks(account: Account, function: Function) -> Iterator[Look]:
    yield Look(function.name, "triggers", lambda: _triggers(account, function))


def _triggers(account: Account, function: Function) -> Iterator[Check]:
    deployed = {str(trigger.get("triggerName")): trigger for trigger in account.functions.triggers(function.name)}
    for wanted in function.triggers:
        name = f"trigger {wanted.get('triggerName')}"
        found = deployed.pop(str(wanted.get("triggerName")), None)
        if found is None:
            yield bad(name, "is not deployed: nothing starts the function by it", "`s deploy`")
            yield from _in_the_way(account, function, wanted)
        else:
            yield _compared(name, wanted, found)
    for name, found in deployed.items():
        yield note(
            f"trigger {name}", f"is deployed, and not in s.yaml: {_said(found)}", "remove it, if nobody needs it"
        )


def _compared(name: str, wanted: Trigger, found: Trigger) -> Check:
    kind = wanted.get("triggerType")
    if kind == "timer":
        config = found.get("triggerConfig") or {}
        if not config.get("enable"):
            return bad(name, "is switched off: nothing is followed", "switch it on in the console, or `s deploy`")
    return compared(name, _facts(wanted), _facts(found), _said(wanted))


def _facts(trigger: Trigger) -> dict[str, Any]:
    """What a trigger does, by its kind."""
    config = trigger.get("triggerConfig") or {}
    facts: dict[str, Any] = {"type": trigger.get("triggerType")}
    if trigger.get("triggerType") == "oss":
        prefix, suffix = _place(trigger)
        role = str(trigger.get("invocationRole") or "").lower()
        about = {"source": trigger.get("sourceArn"), "invocationRole": role, "prefix": prefix, "suffix": suffix}
        return {**facts, **about, "events": list(config.get("events") or ())}
    if trigger.get("triggerType") == "timer":
        return {**facts, "cronExpression": config.get("cronExpression")}
    return {**facts, "authType": config.get("authType"), "methods": list(config.get("methods") or ())}


def _place(trigger: Trigger) -> tuple[str, str]:
    """Prefix and suffix of the keys whose events come."""
    key = ((trigger.get("triggerConfig") or {}).get("filter") or {}).get("key") or {}
    return str(key.get("prefix") or ""), str(key.get("suffix") or "")


def _said(trigger: Trigger) -> str:
    facts, (prefix, suffix) = _facts(trigger), _place(trigger)
    if facts["type"] == "oss":
        return f"oss://{_bucket(trigger)}/{prefix}*{suffix}, {len(facts['events'])} kinds of events"
    return str(facts.get("cronExpression") or facts["type"])


def _bucket(trigger: Trigger) -> str:
    return str(trigger.get("sourceArn") or "").rpartition(":")[2]


def _in_the_way(account: Account, function: Function, wanted: Trigger) -> Iterator[Check]:
    """OSS refuses a trigger that shares keys and events with another one of the bucket."""
    if wanted.get("triggerType") != "oss":
        return
    try:
        others = [name for name in account.functions.names() if name != function.name]
        found = [(name, trigger) for name in others for trigger in account.functions.triggers(name)]
    except OpsError as exc:
        yield note("overlaps", f"whether another function's trigger is in its way cannot be seen: {exc}")
        return
    for name, trigger in found:
        if trigger.get("triggerType") == "oss" and _overlap(wanted, trigger):
            yield bad(
                "overlaps",
                f"trigger {trigger.get('triggerName')} of {name} is in its way: {_said(trigger)}",
                "have one of the two watch another prefix (UPLOAD_PREFIX) or other events",
            )
            return
    yield good("overlaps", "no trigger of another function is in its way")


def _overlap(one: Trigger, other: Trigger) -> bool:
    if _bucket(one) != _bucket(other):
        return False
    (prefix, suffix), (other_prefix, other_suffix) = _place(one), _place(other)
    keys = _begin(prefix, other_prefix) and _begin(suffix[::-1], other_suffix[::-1])
    return keys and any(
        _begin(event.rstrip("*"), given.rstrip("*")) and ("*" in event + given or event == given)
        for event in _facts(one)["events"]
        for given in _facts(other)["events"]
    )


def _begin(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)
