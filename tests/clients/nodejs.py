"""A Node.js process that makes ali-oss calls for us, and how ali-oss gets here."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

_PROJECT = Path(__file__).parent / "node"
_INSTALL = ("npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock")
_INSTALL_SECONDS = 120


class Unavailable(Exception):
    """There is no ali-oss here; the message says why."""


class Refused(Exception):
    """ali-oss threw an error; `code` is its code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


def install(directory: Path) -> Path:
    """ali-oss as package.json pins it, in `directory`, unless it is there already; raises Unavailable."""
    if not shutil.which("node") or not shutil.which("npm"):
        raise Unavailable("ali-oss needs node and npm, and they are not here")
    wanted = (_PROJECT / "package.json").read_text(encoding="utf-8")
    done = directory / "installed.json"
    if not done.exists() or done.read_text(encoding="utf-8") != wanted:
        (directory / "package.json").write_text(wanted, encoding="utf-8")
        try:
            subprocess.run(_INSTALL, cwd=directory, check=True, capture_output=True, timeout=_INSTALL_SECONDS)
        except subprocess.SubprocessError as exc:
            raise Unavailable("npm could not install ali-oss") from exc
        done.write_text(wanted, encoding="utf-8")
    return directory


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
