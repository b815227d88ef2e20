"""One instance: a process that runs runtime.py, a private socket to it, its output, and its end.

Not implemented: a file system and network of its own (the code folder and /tmp are the machine's), CPU limits, and
on other systems than Linux the memory limit. Memory is that of the instance's own process, not of its children.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.fc.instances.logs import InstanceLog
from harness.fc.instances.template import Forked, TemplateGone, can_fork, fork

RUNTIME = Path(__file__).with_name("runtime.py")
#: Seconds from the start of the process until it takes requests; only a machine out of breath needs them.
BOOT_LIMIT = 30.0
#: After a timeout the function may still say where it was.
_GRACE = 0.25
_PAGE = os.sysconf("SC_PAGE_SIZE")


class InstanceDied(Exception):
    """The process ended inside a request. `reason`: exited, timeout, memory, killed."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Launch:
    """How the process of an instance is started.

    command: the interpreter with its options. packages: a folder with functions-framework, put on the function's
    PYTHONPATH and hidden from the function; None when the interpreter has functions-framework itself.
    sockets: a folder with a short name.
    """

    instance_id: str
    function: str
    command: tuple[str, ...]
    packages: str | None
    code: Path
    environment: Mapping[str, str]
    memory_mb: int
    sockets: Path

    def start(self, socket_fd: int) -> subprocess.Popen[bytes] | Forked:
        if not self.packages and can_fork(self.command, self.environment):
            with contextlib.suppress(TemplateGone):
                return fork(RUNTIME, socket_fd, self.code, self.environment)
        return self._popen(socket_fd)

    def _popen(self, socket_fd: int) -> subprocess.Popen[bytes]:
        arguments, environment = (
            [*self.command, str(RUNTIME), str(socket_fd), str(os.getpid())],
            dict(self.environment),
        )
        if self.packages:
            arguments.append(self.packages)
            own = [environment["PYTHONPATH"]] if "PYTHONPATH" in environment else []
            environment["PYTHONPATH"] = os.pathsep.join([*own, self.packages])
        return subprocess.Popen(
            arguments,
            cwd=self.code,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=(socket_fd,),
            start_new_session=True,
        )


class Instance:
    """Starts at construction; `boot` waits for it, `call` it from one thread at a time, `check` from another."""

    def __init__(self, launch: Launch, request_id: str, on_line: Callable[[str, str], None]) -> None:
        self.id = launch.instance_id
        self.function = launch.function
        self.request_id = request_id
        self.idle_since = 0.0
        self._memory_bytes = launch.memory_mb * 1024 * 1024
        self._peak = 0
        self._deadline: float | None = None
        self._kill_at: float | None = None
        self._reason = "exited"
        self._lock, self._polling = threading.Lock(), threading.Lock()
        self._connection: http.client.HTTPConnection | None = None
        self._socket_path = launch.sockets / f"{self.id[-12:]}.sock"
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(self._socket_path))
            listener.listen(8)
            self._process = launch.start(listener.fileno())
        assert self._process.stdout is not None
        self.log = InstanceLog(self._process.stdout, request_id, on_line)

    def boot(self) -> None:
        """Waits until the runtime is up. Raises InstanceDied."""
        if not self.log.wait_for("FunctionCompute python3 runtime inited", BOOT_LIMIT):
            raise InstanceDied(self._bury())

    def call(self, path: str, headers: Mapping[str, str], body: bytes, seconds: float) -> tuple[bool, bytes]:
        """(did it succeed, what it answered). `seconds`: the time limit, after which `check` kills it.

        Raises InstanceDied.
        """
        with self._lock:
            self._deadline = time.monotonic() + seconds
        connection = self._connection = _Connection(self._socket_path, seconds + 5)
        try:
            connection.request("POST", path, body, dict(headers))
            response = connection.getresponse()
            answer = response.status == 200, response.read()
            if _peak_bytes(self._process.pid) > self._memory_bytes:  # between two looks of `check`
                self.kill("memory")
                raise InstanceDied(self._bury())
            return answer
        except (OSError, http.client.HTTPException) as exc:
            raise InstanceDied(self._bury()) from exc
        finally:
            with self._lock:
                self._deadline = None
            self._connection = None
            connection.close()

    def check(self, now: float) -> None:
        """Called often while a request is running: enforces time and memory, notices the end of the process."""
        if self._has_ended():
            self._cut()
            return
        self._peak = max(self._peak, _resident_bytes(self._process.pid))
        with self._lock:  # a request that ends just now is not late
            if self._kill_at is not None:
                if now > self._kill_at:
                    self._signal(signal.SIGKILL)
            elif self._deadline is not None and now > self._deadline:
                self._reason, self._kill_at = "timeout", now + _GRACE
                self._signal(signal.SIGTERM)
            elif self._peak > self._memory_bytes:
                self._kill("memory")

    def kill(self, reason: str = "killed") -> None:
        """Ends the process and all that it started, at once."""
        with self._lock:
            self._kill(reason)

    def _kill(self, reason: str) -> None:
        self._reason = reason
        self._kill_at = time.monotonic()
        self._signal(signal.SIGKILL)

    def close(self) -> None:
        """Ends the process and waits for it."""
        self.kill()
        self._bury()

    @property
    def alive(self) -> bool:
        """Neither ended nor about to be."""
        return self._kill_at is None and not self._has_ended()

    def _has_ended(self) -> bool:
        with self._polling:  # of two polls at once, one always says that it has not
            return self._process.poll() is not None

    def peak_memory_mb(self) -> int:
        """The most that the process has held resident so far."""
        return max(self._peak, _peak_bytes(self._process.pid)) // (1024 * 1024)

    def _bury(self) -> str:
        self._signal(signal.SIGKILL)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(5)
        self.log.wait_for_end(2)
        self._socket_path.unlink(missing_ok=True)
        return self._reason

    def _cut(self) -> None:
        """A process that the function forked may hold the connection open."""
        self._signal(signal.SIGKILL)
        sock = self._connection.sock if self._connection else None
        if sock:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)


class _Connection(http.client.HTTPConnection):
    """HTTP over the instance's socket."""

    def __init__(self, path: Path, timeout: float) -> None:
        super().__init__("instance", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def _resident_bytes(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    except (OSError, IndexError):
        return 0


def _peak_bytes(pid: int) -> int:
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0
