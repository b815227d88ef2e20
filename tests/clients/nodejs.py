"""A Node.js process that makes ali-oss calls for us."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

_PROJECT = Path(__file__).parent / "node"


class Refused(Exception):
    """ali-oss threw an error; `code` is its code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


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
