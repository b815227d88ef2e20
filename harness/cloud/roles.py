"""Who may do what: the owner everything, a function's role what ram/role-policy.json says, others nothing.

The policy is the one that is deployed, with the same names filled in as by `make policies`, for each function that
has the role and each of its triggers. So it holds for s.yaml and for `s deploy`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from harness.fc import FunctionSpec, TriggerSpec
from harness.ram.identity import Credentials
from harness.ram.policy import Decision, Policy
from harness.stack.documents import NAMES, fill_policy, load_policy, names_of


class Roles:
    """functions: those that there are. triggers: of a function, by its name. others: policies of other roles.

    Raises PolicyError, also for a placeholder that `make policies` would not fill.
    """

    def __init__(
        self,
        policy_file: Path,
        region: str,
        account_id: str,
        functions: Callable[[], Iterable[FunctionSpec]],
        triggers: Callable[[str], Iterable[TriggerSpec]],
        others: Mapping[str, Policy],
    ) -> None:
        self._region, self._account_id = region, account_id
        self._functions = functions
        self._triggers = triggers
        self._others = others
        document, where = load_policy(policy_file), str(policy_file)
        # What a function does not have stays a placeholder, which is no bucket's name: it matches nothing.
        unknown = {name: f"${{{name}}}" for name in NAMES}

        @functools.lru_cache(maxsize=64)
        def fill(names: tuple[tuple[str, str], ...]) -> Policy:
            return Policy(fill_policy(document, {**unknown, **dict(names)}, where), where)

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
                triggers: list[TriggerSpec | None] = [*self._triggers(spec.name)]
                for trigger in triggers or [None]:
                    names = names_of(spec, trigger, self._region, self._account_id)
                    yield self._fill(tuple(names.items()))
