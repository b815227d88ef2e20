"""`make alarms`: the alarms of alarms/, filled in for one account, as dist/alarms/*.json.

The names come from s.yaml and .env. `$$` in a file is a dollar sign of Log Service's own.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from deploy.policies import fill_in
from harness.stack.documents import fill_policy, load_policy, policy_names
from harness.stack.reader import Stack


def write_alarms(stack: Stack, source: Path, target: Path) -> list[Path]:
    """Fills in every file of `source` into `target`; returns what was written. Raises StackError, PolicyError."""
    names = policy_names(stack)
    filled = {
        path.name: fill_policy(load_policy(path), names, str(path)) for path in sorted(source.glob("*.json"))
    }
    target.mkdir(parents=True, exist_ok=True)
    for name, document in filled.items():
        text = json.dumps(document, indent=2, ensure_ascii=False)
        (target / name).write_text(text + "\n", encoding="utf-8")
    return [target / name for name in filled]


if __name__ == "__main__":
    sys.exit(fill_in("alarms", "alarms", write_alarms))
