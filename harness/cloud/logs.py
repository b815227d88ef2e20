"""What functions print goes to the logstore that their logConfig names, as Function Compute writes it.

Source: Function Compute's pages "Configure the logging feature" and "Log fields": no line has its request's id in
a field of its own. Which role Function Compute writes with is not known [U]: no right is asked for.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from pathlib import Path

from harness.fc import FunctionSpec
from harness.fc.instances.launcher import LogLine
from harness.fc.sls import Document, Line, LogService, SlsError, read_index
from serverless.document import StackError


class FunctionLogs:
    """index_file: the index of each logstore that a function names, None: they have none. clock: epoch seconds.

    Raises StackError for a file that is not an index.
    """

    def __init__(self, sls: LogService, index_file: Path | None, clock: Callable[[], float]) -> None:
        self._sls, self._clock = sls, clock
        self._index = _read(index_file) if index_file else None

    def provide(self, spec: FunctionSpec) -> None:
        """Makes its log project and logstore. Raises StackError for names that they cannot have."""
        try:
            if spec.log_project and spec.log_store:
                self._sls.provide(spec.log_project, spec.log_store, self._index)
        except SlsError as exc:
            raise StackError(f"logConfig of function {spec.name}: {exc.message}") from exc

    def write(self, line: LogLine) -> None:
        """What has no logstore is lost, as there."""
        spec = line.spec
        if not spec.log_project or not spec.log_store:
            return
        fields = {
            "message": line.text,
            "functionName": spec.name,
            "qualifier": spec.version,
            "versionId": "" if spec.version == "LATEST" else spec.version,
            "instanceID": line.instance_id,
        }
        written = Line(int(self._clock()), fields, f"FCLogs:{spec.name}")
        try:
            self._sls.write(spec.log_project, spec.log_store, [written])
        except SlsError:  # of a function that was deployed, or whose logstore is gone
            with contextlib.suppress(StackError, SlsError):
                self.provide(spec)
                self._sls.write(spec.log_project, spec.log_store, [written])


def _read(file: Path) -> Document:
    try:
        document: Document = json.loads(file.read_text(encoding="utf-8"))
        read_index(document)
    except (OSError, ValueError) as exc:
        raise StackError(f"{file}: {exc}") from exc
    except SlsError as exc:
        raise StackError(f"{file}: {exc.message}") from exc
    return document
