"""A Node.js process that makes ali-oss calls for us, and how ali-oss gets here."""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

_PROJECT = Path(__file__).parent / "node"
_INSTALL = [
    "npm",
    "install",
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--no-package-lock",
    "--fetch-retries=0",
]
_INSTALL_SECONDS = 120


class Unavailable(Exception):
    """There is no ali-oss here; the message says why."""


class Refused(Exception):
    """ali-oss threw an error; `code` is its code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


def install(directory: Path) -> Path:
    """Where ali-oss is, as package.json pins it: below `directory`, installed unless it is there already.

    Raises Unavailable.
    """
    if not shutil.which("node") or not shutil.which("npm"):
        raise Unavailable("ali-oss needs node and npm, and they are not here")
    wanted = (_PROJECT / "package.json").read_bytes()
    installed = directory / hashlib.sha256(wanted).hexdigest()[:12]
    if not installed.exists():
        building = Path(tempfile.mkdtemp(dir=directory))
        (building / "package.json").write_bytes(wanted)
        try:
            subprocess.run(_INSTALL, cwd=building, check=True, capture_output=True, timeout=_INSTALL_SECONDS)
            with contextlib.suppress(OSError):  # another process was faster
                building.rename(installed)
        except subprocess.SubprocessError as exc:
            raise Unavailable("npm could not install ali-oss") from exc
        finally:
            shutil.rmtree(building, ignore_errors=True)
    return installed


class Node:
    """`directory`: where ali-oss is installed. `close` ends the process."""

    def __init__(self, directory: Path) -> None:
        self._process = subprocess.Popen(
            ["node", "-e", (_PROJECT / "ali-oss.js").read_text(encoding="utf-8")],
            cwd=directory,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )

    def call(self, options: dict[str, Any], method: str, *args: Any) -> dict[str, Any]:
        """`result` and `headers` of one call of a client with these options; raises Refused."""
        pipe_in, pipe_out = self._process.stdin, self._process.stdout
        assert pipe_in is not None
        assert pipe_out is not None
        pipe_in.write(json.dumps({"options": options, "method": method, "args": args}) + "\n")
        pipe_in.flush()
        answer: dict[str, Any] = json.loads(pipe_out.readline())
        if error := answer.get("error"):
            raise Refused(str(error.get("code")), str(error.get("message")))
        return answer

    def close(self) -> None:
        self._process.communicate(timeout=10)
