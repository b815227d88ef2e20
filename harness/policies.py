"""`make policies`: the RAM documents of ram/, filled in for one account, as dist/ram/*.json.

The names come from s.yaml and .env, so that a role's rights fit what is deployed. A statement's Sid says to people
what it is for; RAM's grammar has no such element, so it is left out here.

Not implemented: more than one function in s.yaml, triggers on more than one bucket.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from string import Template
from typing import Any

from harness.fc.spec import FunctionSpec, TriggerSpec, role_name
from harness.ram import PolicyError
from harness.stack import Stack, StackError, check_stack, read_stack

PROJECT = Path(__file__).parents[1]


#: What a placeholder of ram/*.json may be called; any other is a mistake in the document.
NAMES = (
    *("REGION", "ACCOUNT_ID", "FUNCTION_NAME", "FUNCTION_ROLE", "TRIGGER_ROLE", "VIDEO_BUCKET"),
    *("TRACKING_BUCKET", "TRACKING_PREFIX", "LOG_PROJECT", "LOG_STORE"),
)


def policy_names(stack: Stack) -> dict[str, str]:
    """What the placeholders in ram/*.json stand for; raises StackError where that is not one thing."""
    check_stack(stack)
    buckets = {trigger.bucket for trigger in stack.triggers}
    if len(stack.functions) != 1 or len(buckets) != 1:
        raise StackError("the documents of ram/ are for one function and the one bucket of its triggers")
    return names_of(stack.functions[0], stack.triggers[0], stack.region, stack.account_id or "")


def names_of(function: FunctionSpec, trigger: TriggerSpec | None, region: str, account_id: str) -> dict[str, str]:
    """What the placeholders stand for when one function is called by one trigger; of NAMES, those that it has."""
    own = {name: function.environment.get(name) for name in ("TRACKING_BUCKET", "TRACKING_PREFIX")}
    return {
        "REGION": region,
        "ACCOUNT_ID": account_id,
        "FUNCTION_NAME": function.name,
        "FUNCTION_ROLE": function.role or "",
        "TRIGGER_ROLE": role_name(trigger.invocation_role) if trigger else "",
        "VIDEO_BUCKET": trigger.bucket if trigger else "",
        **{name: value for name, value in own.items() if value is not None},
        "LOG_PROJECT": function.log_project,
        "LOG_STORE": function.log_store,
    }


def load_policy(path: Path) -> Any:
    """The JSON in `path`, not filled in; raises PolicyError."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as exc:
        raise PolicyError(f"{path}: not JSON: {exc}") from exc


def fill_policy(document: Any, names: Mapping[str, str], where: str) -> Any:
    """`document` with `names` in it; raises PolicyError for a placeholder that nothing fills."""
    try:
        return _fill(document, names)
    except (KeyError, ValueError) as exc:
        raise PolicyError(f"{where}: a placeholder that nothing fills: {exc}") from exc


def render_policy(path: Path, names: Mapping[str, str]) -> dict[str, Any]:
    """The document in `path` as RAM takes it. Raises PolicyError: no JSON, a placeholder that nothing fills."""
    filled: dict[str, Any] = fill_policy(load_policy(path), names, str(path))
    for statement in filled["Statement"]:
        statement.pop("Sid", None)
    return filled


def write_policies(stack: Stack, source: Path, target: Path) -> list[Path]:
    """Renders every document of `source` into `target`; returns what was written."""
    names = policy_names(stack)
    rendered = {path.name: render_policy(path, names) for path in sorted(source.glob("*.json"))}
    target.mkdir(parents=True, exist_ok=True)
    for name, document in rendered.items():
        (target / name).write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    return [target / name for name in rendered]


def _fill(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _fill(item, names) for key, item in value.items()}
    if isinstance(value, list):
        return [_fill(item, names) for item in value]
    return Template(value).substitute(names) if isinstance(value, str) else value


def fill_in(command: str, folder: str, write: Callable[[Stack, Path, Path], list[Path]]) -> int:
    """`make <command>`: has `write` fill in the documents of `folder` into dist/. The exit code."""
    try:
        written = write(read_stack(PROJECT / "s.yaml", os.environ), PROJECT / folder, PROJECT / "dist" / folder)
    except (StackError, PolicyError, OSError) as exc:
        print(f"make {command}: {exc}", file=sys.stderr)
        if not (PROJECT / ".env").exists():
            print("There is no .env yet: copy .env.example and fill in its first part.", file=sys.stderr)
        return 2
    for path in written:
        print(path.relative_to(PROJECT))
    return 0


if __name__ == "__main__":
    sys.exit(fill_in("policies", "ram", write_policies))
