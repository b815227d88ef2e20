"""Starts instances by forking a process that has already imported functions-framework: half of a start saved.

One such process for each process that runs local clouds, however many: it knows nothing of any of them, as an
interpreter does not. It ends with this process. Where it cannot serve (not Linux, or a function whose environment
has to be there when the interpreter starts), an instance is a process of its own, as before.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import select
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import IO

#: What the interpreter, its allocator or the loader look at before the first line of Python runs.
_EARLY = ("PYTHON", "LD_", "MALLOC_", "GLIBC_", "LANG", "LC_")
_LOCK = threading.Lock()


class TemplateGone(Exception):
    """The process that is forked has ended, or the order is larger than it takes."""


class Forked:
    """An instance's process, with what of subprocess.Popen an instance uses."""

    def __init__(self, template: _Template, pid: int, stdout: IO[bytes]) -> None:
        self.pid, self.stdout = pid, stdout
        self._template = template
        self._pidfd: int | None = os.pidfd_open(pid)

    def poll(self) -> int | None:
        """None while it runs; how it ended is not known."""
        return self._ended(0)

    def wait(self, timeout: float) -> int:
        """Raises subprocess.TimeoutExpired."""
        code = self._ended(timeout)
        if code is None:
            raise subprocess.TimeoutExpired("instance", timeout)
        return code

    def _ended(self, seconds: float) -> int | None:
        with _LOCK:
            if self._pidfd is None:
                return 0
            pidfd = self._pidfd
        poller = select.poll()
        poller.register(pidfd, select.POLLIN)
        if not poller.poll(seconds * 1000):
            return None
        with _LOCK:
            # Until now its id belonged to nobody else.
            if self._pidfd is not None:
                os.close(self._pidfd)
                self._pidfd = None
                self._template.bury(self.pid)
        return 0


class _Template:
    """The process that is forked."""

    def __init__(self, runtime: Path) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.owner = os.getpid()
        self._orders = ours
        with theirs:
            command = [sys.executable, str(runtime), "template", str(theirs.fileno())]
            self._process = subprocess.Popen(
                command,
                env={"PATH": os.environ.get("PATH", os.defpath)},
                stdin=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )
        atexit.register(self._close)

    def _close(self) -> None:
        if self.owner == os.getpid():
            self._orders.close()
            self._process.wait(5)

    @property
    def is_usable(self) -> bool:
        return self.owner == os.getpid() and self._process.poll() is None

    def fork(self, listener: int, code: Path, environment: Mapping[str, str]) -> Forked:
        reader, writer = os.pipe()
        try:
            order = json.dumps({"cwd": str(code), "environment": dict(environment)}).encode()
            socket.send_fds(self._orders, [order], [listener, writer])
            answer = self._orders.recv(64)
        except OSError as exc:
            os.close(reader)
            raise TemplateGone(str(exc)) from exc
        finally:
            os.close(writer)
        stdout = os.fdopen(reader, "rb")
        if not answer:
            stdout.close()
            raise TemplateGone("it has ended")
        return Forked(self, int(answer), stdout)

    def bury(self, pid: int) -> None:
        with contextlib.suppress(OSError):
            self._orders.send(json.dumps({"bury": pid}).encode())


_current: list[_Template] = []


def can_fork(command: tuple[str, ...], environment: Mapping[str, str]) -> bool:
    """Whether an instance that is started by `command` may be a fork of this interpreter."""
    return (
        command == (sys.executable,)
        and hasattr(os, "pidfd_open")
        and not any(name.startswith(_EARLY) for name in environment)
        # No process can be started with that, and how it fails is the operating system's business.
        and not any("\0" in part for pair in environment.items() for part in pair)
    )


def fork(runtime: Path, listener: int, code: Path, environment: Mapping[str, str]) -> Forked:
    """An instance that listens on `listener`, in the folder `code`. Raises TemplateGone."""
    with _LOCK:
        if not _current or not _current[0].is_usable:
            _current[:] = [_Template(runtime)]
        return _current[0].fork(listener, code, environment)
