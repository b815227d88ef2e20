"""Pythons of this machine: what is packaged for a runtime runs in that runtime's version only."""

from __future__ import annotations

import functools
import platform
import shutil
import subprocess
import sys
from pathlib import Path


@functools.lru_cache
def find_interpreter(version: str) -> str | None:
    """A Python of that version which can load the package's compiled parts; None when this machine has none."""
    if sys.platform != "linux" or platform.machine() != "x86_64":
        return None
    home, name = Path.home(), f"python{version}"
    candidates = [sys.executable, shutil.which(name) or ""]
    for folder in (home / ".pyenv" / "versions", home / ".local" / "share" / "uv" / "python"):
        candidates += sorted(map(str, folder.glob(f"*{version}.*/bin/{name}")))
    ask = "import platform; print(platform.python_implementation(), *platform.python_version_tuple()[:2])"
    for candidate in filter(None, candidates):
        found = subprocess.run([candidate, "-I", "-c", ask], capture_output=True, text=True, check=False)
        if found.stdout.split() == ["CPython", *version.split(".")]:
            return candidate
    return None
