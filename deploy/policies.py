"""`make policies`: the RAM documents of ram/, filled in for one account, as dist/ram/*.json.

The names come from s.yaml and .env, so that a role's rights fit what is deployed. A statement's Sid says to people
what it is for; RAM's grammar has no such element, so it is left out here.

Not implemented: more functions in s.yaml than one that submits and one that collects, triggers on more than one
bucket.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from harness.ram.policy import PolicyError
from harness.stack.documents import fill_policy, load_policy, policy_names
from harness.stack.reader import Stack, read_stack
from serverless.document import StackError

PROJECT = Path(__file__).parents[1]


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
