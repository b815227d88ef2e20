"""The process of one instance: `python runtime.py SOCKET_FD CLOUD_PID [PACKAGES]`, in the function's environment.

Needs the standard library and functions-framework only. Leaves no trace of itself in sys.path, sys.modules or
os.environ: what the function sees is what FC would show it, and the code folder comes first. PACKAGES is a folder
on PYTHONPATH that has functions-framework, and that the function shall not see.
"""

from __future__ import annotations

import _thread
import faulthandler
import os
import signal
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
    fd, cloud, packages = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    # No part of `threading`: what the function sees there is its own.
    _thread.start_new_thread(_end_with, (cloud,))
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


def _end_with(cloud: int) -> None:
    """Ends this process and all that the function started when the local cloud is gone, however it was ended."""
    while os.getppid() == cloud:
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
