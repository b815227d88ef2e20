"""RAM documents less one right, to see that each is needed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.project import PROJECT


def document(name: str) -> dict[str, Any]:
    """One of ram/, as it is written."""
    loaded = json.loads((PROJECT / "ram" / name).read_text(encoding="utf-8"))
    assert isinstance(loaded, dict)
    return loaded


def grants(policy: dict[str, Any]) -> list[tuple[str, str]]:
    """Sid and action of each right."""
    return [(statement["Sid"], action) for statement in policy["Statement"] for action in _actions(statement)]


def without(policy: dict[str, Any], sid: str, action: str, path: Path) -> Path:
    """Writes the policy less one action of one statement."""
    statements = []
    for statement in policy["Statement"]:
        if left := [a for a in _actions(statement) if (statement["Sid"], a) != (sid, action)]:
            statements.append({**statement, "Action": left})
    path.write_text(json.dumps({**policy, "Statement": statements}), encoding="utf-8")
    return path


def _actions(statement: dict[str, Any]) -> list[str]:
    action = statement["Action"]
    return [action] if isinstance(action, str) else list(action)
