"""The process of one instance: `python runtime.py SOCKET_FD CLOUD_PID [PACKAGES]`, in the function's environment.

Needs the standard library and functions-framework only. Leaves no trace of itself in sys.path, sys.modules or
os.environ: what the function sees is what FC would show it, and the code folder comes first. PACKAGES is a folder
on PYTHONPATH that has functions-framework, and that the function shall not see.

`python runtime.py template FD` is a process that has imported functions-framework and waits: for each order on the
socket FD (template.py) it forks, and the fork is an instance. So the import is paid for once.
"""

from __future__ import annotations

import _thread
import faulthandler
import json
import os
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Any

from functions_framework import create_app
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler

ADAPTER = Path(__file__).with_name("adapter.py")
_LOOK_SECONDS = 0.5


class _Server(BaseWSGIServer):
    """One request at a time, in the main thread."""


class _Handler(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - werkzeug's name
        """The requests are the platform's business, not the function's log."""


def main() -> None:
    if sys.argv[1] == "template":
        _wait_for_orders(int(sys.argv[2]))
    else:
        _serve(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])


def _serve(fd: int, parent: int, packages: list[str]) -> None:
    """Answers requests until somebody ends this process. parent: with that process it ends too."""
    # No part of `threading`: what the function sees there is its own.
    _thread.start_new_thread(_end_with, (parent,))
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr] # what was printed before a crash is logged
    server = _Server("unix://instance", 0, _load_app(), handler=_Handler, fd=fd)
    for folder in packages:
        _hide(folder)
    sys.argv = [""]
    sys.path[0] = os.getcwd()  # was this file's folder; now it is the code
    # On time-out the platform sends SIGTERM: say where the function was, then die of it.
    faulthandler.register(signal.SIGTERM, file=sys.stderr, all_threads=True, chain=True)
    print("FunctionCompute python3 runtime inited.", flush=True)
    server.serve_forever()


def _wait_for_orders(fd: int) -> None:
    """One order at a time: forks, or buries an instance that has ended, until the local cloud is gone."""
    with socket.socket(fileno=fd) as orders:
        while True:
            message, fds, _, _ = socket.recv_fds(orders, 1 << 20, 2)
            if not message:
                return  # the instances see that their parent is gone
            order = json.loads(message)
            if "bury" in order:
                os.waitpid(order["bury"], 0)
                continue
            if (pid := os.fork()) == 0:
                orders.close()
                _become_instance(order, *fds)
            for each in fds:
                os.close(each)
            orders.send(str(pid).encode())


def _become_instance(order: dict[str, Any], listener: int, output: int) -> None:
    """What a process of its own would have got from its start: session, streams, folder and environment."""
    try:
        os.setsid()
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.close(output)
        os.chdir(order["cwd"])
        # Where no locale is set, the interpreter's start sets this one.
        started = {name: value for name, value in os.environ.items() if name == "LC_CTYPE"}
        os.environ.clear()
        os.environ.update({**started, **order["environment"]})
        time.tzset()
        _serve(listener, os.getppid(), [])
    finally:
        os._exit(1)


def _end_with(parent: int) -> None:
    """Ends this process and all that the function started when the local cloud is gone, however it was ended."""
    while os.getppid() == parent:
        time.sleep(_LOOK_SECONDS)
    os.killpg(0, signal.SIGKILL)


def _load_app() -> Any:
    """functions-framework with our one function, without what loading it leaves behind."""
    environ, path = dict(os.environ), list(sys.path)
    os.environ.clear()  # it takes settings from variables that belong to the function
    app = create_app(target="serve", source=str(ADAPTER), signature_type="http")  # type: ignore[no-untyped-call]
    os.environ.clear()
    os.environ.update(environ)
    sys.path[:] = path
    del sys.modules[ADAPTER.stem]
    return app


def _hide(folder: str) -> None:
    sys.path.remove(folder)
    own = os.environ.pop("PYTHONPATH").split(os.pathsep)
    own.remove(folder)
    if own:
        os.environ["PYTHONPATH"] = os.pathsep.join(own)


if __name__ == "__main__":
    main()
