"""All looks, beside each other, and what came of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ops.account import Account
from ops.checks import buckets, functions, inside, key, log, settings, triggers
from ops.checks.check import Check, Look, Mark, bad
from ops.errors import Denied, NotAnswered, OpsError
from ops.parallel import in_order
from ops.project import Function

_THREADS = 8


class Looked(NamedTuple):
    """error: why a look could not be had, for the exit code."""

    area: str
    checks: list[Check]
    error: OpsError | None = None

    @property
    def is_bad(self) -> bool:
        return any(check.mark is Mark.BAD for check in self.checks)


def examine(account: Account, video: str, *, is_inside: bool) -> Iterator[Looked]:
    """video: that the functions are to read, "" for any. is_inside: whether to invoke them.

    In the order in which they are shown. Raises Denied with a wrong key, and NotAnswered without a network.
    """
    first = [_look(look) for look in key.looks(account)]
    if first[0].error:
        _require_anybody(account, first[0].error)
    yield from first
    yield from in_order(_look, _looks(account, video, is_inside=is_inside), _THREADS)


def _require_anybody(account: Account, error: OpsError) -> None:
    """STS may be out of reach where the others are not; a wrong key, and no network, are so everywhere."""
    if isinstance(error, Denied):
        raise error
    try:
        account.functions.get(account.project.submit.name)
    except NotAnswered:
        raise error from None
    except OpsError:
        return


def _looks(account: Account, video: str, *, is_inside: bool) -> Iterator[Look]:
    yield from settings.looks(account)
    project = account.project
    deployed = []
    for function in [project.submit, *([project.collect] if project.collect else [])]:
        if _is_missing(account, function):
            yield Look(function.name, "deployed", lambda: iter([bad("deployed", "is not deployed", "`s deploy`")]))
            continue
        deployed.append(function)
        yield from functions.looks(account, function)
        yield from triggers.looks(account, function)
    yield from buckets.looks(account)
    yield from log.looks(account)
    if is_inside:
        yield from inside.looks(account, deployed, inside.Sample(account, video))


def _is_missing(account: Account, function: Function) -> bool:
    """Whether it surely is not deployed; why nobody knows is said by those that ask again."""
    try:
        return account.functions.get(function.name) is None
    except OpsError:
        return False


def _look(look: Look) -> Looked:
    found: list[Check] = []
    try:
        found += look.call()
    except OpsError as exc:
        is_ours = isinstance(exc, (Denied, NotAnswered))
        hint = "ram/operator-policy.json has what this key needs" if isinstance(exc, Denied) else ""
        return Looked(look.area, [*found, bad(look.name, str(exc), hint)], exc if is_ours else None)
    return Looked(look.area, found)
