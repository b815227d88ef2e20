"""Who may do what: the owner everything, a function's role what ram/role-policy.json says, others nothing.

The policy is the one that is deployed, with the names of the functions that have the role filled in: what they
have in their environment, and the bucket of each of their triggers. So it holds for s.yaml and for `s deploy`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from string import Template

from harness.fc import FunctionSpec
from harness.identity import Credentials
from harness.ram import Decision, Policy


class Roles:
    """functions: those that there are. buckets: of the triggers of a function, by its name. Raises PolicyError."""

    def __init__(
        self,
        policy_file: Path,
        functions: Callable[[], Iterable[FunctionSpec]],
        buckets: Callable[[str], Iterable[str]],
        others: Mapping[str, Policy],
    ) -> None:
        self._functions = functions
        self._buckets = buckets
        self._others = others
        text = policy_file.read_text(encoding="utf-8")

        @functools.lru_cache(maxsize=64)
        def fill(names: tuple[tuple[str, str], ...]) -> Policy:
            return Policy.parse(Template(text).safe_substitute(dict(names)), str(policy_file))

        self._fill = fill
        fill(())  # a broken policy is found at the start

    def authorize(
        self, who: Credentials | None, action: str, resource: str, context: Mapping[str, str]
    ) -> Decision:
        """All policies of a role together: one that denies beats every one that allows."""
        if who is not None and who.is_owner:
            return Decision(action, resource)
        policies = self._policies(who.role) if who and who.role else ()
        decisions = {policy.evaluate(action, resource, context).denied_by for policy in policies}
        return Decision(action, resource, next((d for d in ("explicit", "") if d in decisions), "default"))

    def _policies(self, role: str) -> Iterable[Policy]:
        if role in self._others:
            yield self._others[role]
        for spec in self._functions():
            if spec.role == role:
                for bucket in list(self._buckets(spec.name)) or [""]:
                    yield self._fill(tuple({**spec.environment, "VIDEO_BUCKET": bucket}.items()))
