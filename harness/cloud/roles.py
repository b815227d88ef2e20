"""Who may do what: the owner everything, a function's role what its document in ram/ says, others nothing.

That is ram/collector-policy.json for the collector (the function whose handler is index.collect) and
ram/role-policy.json for any other. The documents are those that are deployed, with the same names filled in as by
`make policies`, for each function that has the role and each of its triggers. So they hold for s.yaml and for
`s deploy`. A role that two functions share has the rights of both. They are the project's whose s.yaml it is, or
given; a role for which nobody has written one may do nothing, as in the account, and a warning in the log says so.
"""

from __future__ import annotations

import functools
import itertools
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from harness.cloud.options import ALLOW_ALL
from harness.fc import FunctionSpec, OssTrigger
from harness.ram.identity import Credentials
from harness.ram.policy import Decision, Policy
from harness.stack.documents import NAMES, fill_policy, is_collector, load_policy, names_of

logger = logging.getLogger(__name__)
_MISSING = (
    "role %r of a function has no policy, so it may do nothing (%s was asked for): put the role's document in "
    "ram/role-policy.json beside s.yaml, or give local_cloud() a policy or a policy_file; policy=ALLOW_ALL of "
    "harness.cloud permits everything"
)
_EVERYTHING = "ALLOW_ALL: the roles of functions may do everything, so no permission that is missing is found"


class Roles:
    """policy: a file, or the document itself; None: no role of a submitting function has one.

    functions: those that there are. triggers: a function's of OSS, by its name. others: policies of others.

    attached: more documents of the submitting function's role. collector_policy_file: None: the collector's role
    has no policy.
    Raises PolicyError, also for a placeholder that `make policies` would not fill.
    """

    def __init__(
        self,
        policy: Path | Mapping[str, Any] | None,
        collector_policy_file: Path | None,
        region: str,
        account_id: str,
        functions: Callable[[], Iterable[FunctionSpec]],
        triggers: Callable[[str], Iterable[OssTrigger]],
        others: Mapping[str, Policy],
        attached: Iterable[Path] = (),
    ) -> None:
        self._region, self._account_id = region, account_id
        self._functions = functions
        self._triggers = triggers
        self._others = others
        self._fills = [_filling(each) for each in (policy, *attached) if each is not None]
        self._fill_collector = _filling(collector_policy_file) if collector_policy_file else None
        self._warned: set[str] = set()
        if policy is ALLOW_ALL:
            logger.warning(_EVERYTHING)

    def authorize(
        self, who: Credentials | None, action: str, resource: str, context: Mapping[str, str]
    ) -> Decision:
        """All policies of a role together: one that denies beats every one that allows."""
        if who is not None and who.is_owner:
            return Decision(action, resource)
        policies = [*self._policies(who.role)] if who and who.role else []
        if who and who.role and not policies:
            self._warn(who.role, action)
        decisions = {policy.evaluate(action, resource, context).denied_by for policy in policies}
        return Decision(action, resource, next((d for d in ("explicit", "") if d in decisions), "default"))

    def _warn(self, role: str, action: str) -> None:
        """Once for each role of a function: no denial says that a document was never written."""
        if role not in self._warned and any(spec.role == role for spec in self._functions()):
            self._warned.add(role)
            logger.warning(_MISSING, role, action)

    def _policies(self, role: str) -> Iterator[Policy]:
        if role in self._others:
            yield self._others[role]
        specs = [*self._functions()]
        collectors: list[FunctionSpec | None] = [spec for spec in specs if is_collector(spec)]
        others: list[FunctionSpec | None] = [spec for spec in specs if not is_collector(spec)]
        for collector, function in itertools.product(collectors or [None], others or [None]):
            yield from self._of_pair(role, function, collector)

    def _of_pair(
        self, role: str, function: FunctionSpec | None, collector: FunctionSpec | None
    ) -> Iterator[Policy]:
        triggers: list[OssTrigger | None] = [*self._triggers(function.name)] if function else []
        for trigger in triggers or [None]:
            names = names_of(function, trigger, collector, self._region, self._account_id)
            if function and function.role == role:
                yield from (fill(tuple(names.items())) for fill in self._fills)
            if collector and collector.role == role and self._fill_collector:
                yield self._fill_collector(tuple(names.items()))


def _filling(source: Path | Mapping[str, Any]) -> Callable[[tuple[tuple[str, str], ...]], Policy]:
    """What makes the policy of `source` for names and their values. Raises PolicyError when it is broken."""
    document, where = (load_policy(source), str(source)) if isinstance(source, Path) else (source, "policy")
    # What a stack does not have stays a placeholder, which is not a bucket's name: it matches nothing.
    unknown = {name: f"${{{name}}}" for name in NAMES}

    @functools.lru_cache(maxsize=64)
    def fill(names: tuple[tuple[str, str], ...]) -> Policy:
        return Policy(fill_policy(document, {**unknown, **dict(names)}, where), where)

    fill(())  # a broken policy is found at the start
    return fill
