"""What is deployed, against s.yaml: each function, its settings, and how its events are tried again."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ops.account import Account
from ops.checks.check import Check, Look, bad, compared, good, note
from ops.pausing import PAUSED, environment, is_paused
from ops.project import Function

_CODE = ("runtime", "handler")
_SIZE = ("cpu", "memorySize", "diskSize", "timeout", "instanceConcurrency", "internetAccess")
#: Settings whose values are not shown.
_SECRET = re.compile("SECRET|TOKEN|PASSWORD|KEY|URL")
_ASYNC = ("maxAsyncRetryAttempts", "maxAsyncEventAgeInSeconds")


def looks(account: Account, function: Function) -> Iterator[Look]:
    """Of one that is deployed, or of which nobody knows."""
    yield Look(function.name, "deployed", lambda: _deployed(account, function))
    yield Look(function.name, "async", lambda: _async(account, function))
    yield Look(function.name, "concurrency", lambda: _concurrency(account, function))


def _deployed(account: Account, function: Function) -> Iterator[Check]:
    found, props = account.functions.get(function.name) or {}, function.props
    state, update = str(found.get("state") or "Active"), str(found.get("lastUpdateStatus") or "Successful")
    if state == "Active" and update == "Successful":
        yield good("deployed", f"{found.get('lastModifiedTime') or ''}")
    else:
        why = found.get("stateReason") or found.get("lastUpdateStatusReason") or "no reason is given"
        yield bad("deployed", f"state {state}, last update {update}: {why}", "`s deploy`")
    yield compared("code", {name: props.get(name) for name in _CODE}, found)
    yield compared("size", {name: props[name] for name in _SIZE if name in props}, found)
    yield compared("initializer", _initializer(props), _initializer(found))
    yield compared("role", {"role": function.role.lower()}, {"role": str(found.get("role") or "").lower()})
    yield _settings(function, found)
    yield from _log(function, found)
    if is_paused(found):
        yield note("paused", "no task is made, and uploads wait", "`gifs resume` ends it")


def _initializer(document: Mapping[str, Any]) -> dict[str, Any]:
    hook = (document.get("instanceLifecycleConfig") or {}).get("initializer") or {}
    return {"initializer": hook.get("handler")}


def _settings(function: Function, found: Mapping[str, Any]) -> Check:
    deployed = environment(found)
    wanted = {name: value for name, value in function.environment.items() if value and name != PAUSED}
    others = sorted(
        name for name in wanted | deployed if name != PAUSED and wanted.get(name, "") != deployed.get(name, "")
    )
    if not others:
        return good("settings", f"{len(wanted)} as in s.yaml and .env")
    shown = (_difference(name, wanted.get(name, ""), str(deployed.get(name, ""))) for name in others)
    return bad("settings", "; ".join(shown), "`s deploy`, or set in .env what is deployed")


def _difference(name: str, wanted: str, found: str) -> str:
    if _SECRET.search(name):
        return (
            f"{name} is another one"
            if wanted and found
            else f"{name} is {'not deployed' if wanted else 'deployed only'}"
        )
    return f"{name}: {wanted or 'nothing'} in s.yaml and .env, {found or 'nothing'} deployed"


def _log(function: Function, found: Mapping[str, Any]) -> Iterator[Check]:
    wanted = dict(zip(("project", "logstore"), function.log, strict=True))
    if any(wanted.values()):
        yield compared("logs", wanted, found.get("logConfig") or {})
    else:
        yield note("logs", "s.yaml has no logConfig: what fails leaves no line anywhere")


def _async(account: Account, function: Function) -> Iterator[Check]:
    wanted = function.props.get("asyncInvokeConfig") or {}
    if not wanted:
        return
    found = account.functions.async_settings(function.name)
    if found is None:
        yield bad("async", "none are deployed: a failed event is tried three times, and then lost", "`s deploy`")
        return
    numbers = {name: wanted[name] for name in _ASYNC if name in wanted}
    yield compared("async", {**numbers, **_destinations(wanted)}, {**found, **_destinations(found)})


def _destinations(document: Mapping[str, Any]) -> dict[str, str]:
    config = document.get("destinationConfig") or {}
    return {name: str((config.get(name) or {}).get("destination") or "") for name in ("onFailure",)}


def _concurrency(account: Account, function: Function) -> Iterator[Check]:
    wanted = function.props.get("concurrencyConfig") or {}
    if "reservedConcurrency" in wanted:
        yield compared("concurrency", wanted, account.functions.concurrency(function.name) or {})
