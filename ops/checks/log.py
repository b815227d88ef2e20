"""The functions' log: whether it is there, and can be searched by what the commands and the alarms ask."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ops.account import Account
from ops.checks.check import Check, Look, bad, good
from ops.errors import Mistake

_HINT = "docs/deploy.md, step 2, makes project, logstore and index; `aliyun sls UpdateIndex` replaces an index"


def looks(account: Account) -> Iterator[Look]:
    if any(account.project.submit.log):
        yield Look("log", "index", lambda: _index(account))


def _index(account: Account) -> Iterator[Check]:
    try:
        found = _fields(account.logs.index())
    except Mistake as exc:
        yield bad("index", str(exc), _HINT)
        return
    missing = sorted(_wanted(account.project.file.parent) - found)
    if missing:
        yield bad("index", f"without {', '.join(missing)}: what asks for them finds nothing", _HINT)
    else:
        yield good("index", f"{'/'.join(account.project.submit.log)}, {len(found)} fields")


def _wanted(folder: Path) -> frozenset[str]:
    """The fields of the index that came with s.yaml; none where it is not there."""
    try:
        return _fields(json.loads((folder / "alarms" / "index.json").read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return frozenset()


def _fields(index: Mapping[str, Any]) -> frozenset[str]:
    """`message.outcome` and its like."""
    names = set()
    for name, about in (index.get("keys") or {}).items():
        names |= {name, *(f"{name}.{inner}" for inner in (about or {}).get("json_keys") or ())}
    return frozenset(names)
