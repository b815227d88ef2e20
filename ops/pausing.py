"""PAUSED of the functions as they are deployed: read, set, and taken away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from ops.account import Account
from ops.errors import Mistake
from ops.project import Function

PAUSED = "PAUSED"
#: As the functions read it.
_TRUTH = TypeAdapter(bool)


def is_paused(deployed: Mapping[str, Any] | None) -> bool:
    """deployed: as GetFunction has it."""
    return _is_on(environment(deployed), PAUSED, without=False)


def environment(deployed: Mapping[str, Any] | None) -> dict[str, str]:
    return dict((deployed or {}).get("environmentVariables") or {})


def set_paused(account: Account, *, paused: bool) -> list[str]:
    """Of both functions; the names of those that were changed. Raises OpsError.

    To pause, the submitting one comes first; to go on, the collector, which submits what waits.
    """
    project = account.project
    functions = [project.submit, *([project.collect] if project.collect else [])]
    deployed = {function.name: account.functions.get(function.name) for function in functions}
    for function in functions:
        _check(function, deployed[function.name], paused=paused)
    changed = []
    for function in functions if paused else reversed(functions):
        if is_paused(deployed[function.name]) is not paused:
            values = environment(deployed[function.name])
            values.pop(PAUSED, None)
            account.functions.set_environment(function.name, {**values, **({PAUSED: "true"} if paused else {})})
            changed.append(function.name)
    return changed


def _check(function: Function, deployed: Mapping[str, Any] | None, *, paused: bool) -> None:
    if deployed is None:
        raise Mistake(f"{function.name}: is not deployed: `s deploy`")
    if paused and not _is_on(environment(deployed), "COLLECT", without=True):
        raise Mistake(
            f"{function.name}: COLLECT is off, so nobody would submit what waits: set COLLECT=on, `s deploy`"
        )


def _is_on(values: Mapping[str, str], name: str, *, without: bool) -> bool:
    """without: what an empty one means, and one that the function would refuse."""
    try:
        return _TRUTH.validate_python(values.get(name, "").strip())
    except ValidationError:
        return without
