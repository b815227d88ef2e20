"""The code of a function: is its handler there, and has it changed since its instances started?"""

from __future__ import annotations

import ast
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

#: What a function is made of; videos and other results that land in the same folder are not.
_SUFFIXES = (".py", ".so", ".json", ".yaml", ".yml", ".toml", ".ini", ".cfg")
#: At most this part of the time is spent looking.
_SHARE = 0.05


class CodeWatch:
    """Looks at size and time of the sources below `root`; folders that begin with "." and caches don't count.

    `state`: where Function Compute keeps its own files, which are not code either.
    """

    def __init__(self, root: Path, state: Path | None = None) -> None:
        self._root = root
        self._state = _within(root, state)
        self._lock = threading.Lock()
        self._files: dict[str, tuple[int, int]] | None = None
        self._next_look = 0.0

    def changed(self) -> bool:
        """Since the last call; the first one says no. May be answered late, by twenty times what a look takes."""
        with self._lock:
            begun = time.monotonic()
            if begun < self._next_look:
                return False
            before, self._files = self._files, dict(_files(str(self._root), self._state))
            if before is None:
                return False
            ended = time.monotonic()
            self._next_look = ended + (ended - begun) / _SHARE
            changed = [path for path, status in self._files.items() if before.get(path) != status]
            for path in changed:
                _forget_bytecode(Path(path))
            return bool(changed) or len(before) != len(self._files)


def missing_entry(folder: Path, handler: str) -> str:
    """Why `module.function` is not found in the folder, or "". Code that can't be parsed is not judged."""
    module, _, function = handler.rpartition(".")
    path = folder / f"{module.replace('.', '/')}.py"
    if not path.is_file():
        path = path.with_suffix("") / "__init__.py"
    if not path.is_file():
        return f"{folder} has no {module}.py"
    try:
        names = set(_names(ast.parse(path.read_bytes())))
    except (SyntaxError, ValueError):
        return ""
    return "" if names & {function, "*"} else f"{path} has no {function}"


def _names(tree: ast.Module) -> Iterator[str]:
    """Those that the module may define at its top."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield node.name
        elif isinstance(node, ast.alias):
            yield node.asname or node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def _within(root: Path, state: Path | None) -> str:
    """`state` as a walk from `root` comes by it; "" when it does not."""
    try:
        return str(root / state.resolve().relative_to(root.resolve())) if state else ""
    except ValueError:
        return ""


def _files(folder: str, ignored: str) -> list[tuple[str, tuple[int, int]]]:
    found = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    cache = entry.name.startswith(".") or entry.name in ("__pycache__", "node_modules")
                    if not cache and entry.path != ignored:
                        found += _files(entry.path, ignored)
                elif entry.name.endswith(_SUFFIXES):
                    status = entry.stat()
                    found.append((entry.path, (status.st_mtime_ns, status.st_size)))
    except OSError:  # removed while we look: the next look sees it
        pass
    return found


def _forget_bytecode(path: Path) -> None:
    """Python compares whole seconds and size, and would take the old code for a quick edit."""
    if path.suffix == ".py":
        for cached in (path.parent / "__pycache__").glob(f"{path.stem}.*.pyc"):
            cached.unlink(missing_ok=True)
