"""A headless Chromium, driven over the Chrome DevTools protocol by way of websocket-client."""

from __future__ import annotations

import itertools
import json
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
import websocket

#: Nothing on a test's page takes longer, rendering a GIF included.
LIMIT = 30.0
_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-port=0",
]


def find_chromium() -> str | None:
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return next(filter(None, map(shutil.which, names)), None)


class ProtocolError(Exception):
    """The browser did not do what it was asked to."""


class Page:
    """One tab. `problems`: what its console and its network complained of."""

    def __init__(self, address: str) -> None:
        # Chromium takes no connections that name an origin.
        # It sends UTF-8, which websocket-client would look at byte by byte: seconds for a screenshot.
        self._socket = websocket.create_connection(
            address, timeout=LIMIT, suppress_origin=True, skip_utf8_validation=True
        )
        self._numbers = itertools.count(1)
        self.problems: list[str] = []
        for domain in ("Page", "Runtime", "Log", "Network", "DOM"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            message = json.loads(self._socket.recv())
            if message.get("id") == number:
                if "error" in message:
                    raise ProtocolError(f"{method}: {message['error']}")
                result: dict[str, Any] = message["result"]
                return result
            self._note(message)

    def open(self, url: str) -> None:
        """Returns when the page and what it refers to have loaded."""
        # The timers of a page in the background may stand still, those of `wait_for` too.
        self.call("Page.bringToFront")
        self.call("Page.navigate", url=url)
        self.wait_for(f"document.readyState === 'complete' && location.href.startsWith({json.dumps(url)})")

    def evaluate(self, expression: str) -> Any:
        answer = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def wait_for(self, condition: str) -> None:
        """Until the JavaScript expression is true on the page, or on the page that it leads to."""
        # An element that is not there yet makes the condition false.
        holds = f"const holds = () => {{ try {{ return {condition}; }} catch {{ return false; }} }};"
        look = f"{holds} const look = () => holds() ? resolve(true) : setTimeout(look, 20); look();"
        started = time.monotonic()
        while time.monotonic() - started < LIMIT:
            try:
                self.evaluate(f"new Promise((resolve) => {{ {look} }})")
            except ProtocolError:  # another page was opened meanwhile
                continue
            except websocket.WebSocketTimeoutException:
                break
            return
        raise AssertionError(f"never true: {condition}")

    def text(self, selector: str) -> str:
        return str(self.evaluate(f"document.querySelector({json.dumps(selector)}).innerText"))

    def click(self, selector: str) -> None:
        self.evaluate(f"document.querySelector({json.dumps(selector)}).click()")

    def drop(self, files: list[Path], selector: str) -> None:
        """Drags files from the desktop onto an element."""
        point = self.evaluate(
            f"(() => {{ const box = document.querySelector({json.dumps(selector)}).getBoundingClientRect();"
            " return { x: box.x + box.width / 2, y: box.y + box.height / 2 }; })()"
        )
        data = {"items": [], "files": [str(file) for file in files], "dragOperationsMask": 1}
        for kind in ("dragEnter", "dragOver", "drop"):
            self.call("Input.dispatchDragEvent", type=kind, data=data, **point)

    def choose(self, files: list[Path], selector: str) -> None:
        """Chooses files in a file input's dialog."""
        root = self.call("DOM.getDocument")["root"]["nodeId"]
        node = self.call("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        self.call("DOM.setFileInputFiles", files=[str(file) for file in files], nodeId=node)

    def size(self, width: int, height: int) -> None:
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False
        )

    def close(self) -> None:
        self._socket.close()

    def _note(self, message: dict[str, Any]) -> None:
        method, params = message.get("method"), message.get("params", {})
        if method == "Runtime.exceptionThrown":
            self.problems.append(params["exceptionDetails"].get("exception", {}).get("description", "exception"))
        elif method == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning"):
            self.problems.append(str(params["args"]))
        elif method == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning"):
            self.problems.append(f"{params['entry']['text']} {params['entry'].get('url', '')}")
        elif method == "Page.javascriptDialogOpening":
            self.problems.append(f"dialog: {params['message']}")
            self._socket.send(
                json.dumps({"id": 0, "method": "Page.handleJavaScriptDialog", "params": {"accept": True}})
            )


@contextmanager
def chromium(program: str, profile: Path, *flags: str) -> Iterator[str]:
    """A browser of its own; gives the address of its DevTools."""
    process = subprocess.Popen(
        [program, *_FLAGS, *flags, f"--user-data-dir={profile}", "about:blank"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr
    try:
        for line in process.stderr:
            if found := re.search(r"DevTools listening on ws://([^/]+)/", line):
                break
        else:
            raise AssertionError("Chromium ended before it was ready")
        yield f"http://{found[1]}"
    finally:
        process.terminate()
        process.wait(10)
        process.stderr.close()


@contextmanager
def new_page(devtools: str) -> Iterator[Page]:
    with requests.Session() as session:
        session.trust_env = False
        target = session.put(f"{devtools}/json/new?about:blank", timeout=LIMIT).json()
        page = Page(target["webSocketDebuggerUrl"])
        try:
            yield page
        finally:
            page.close()
            session.get(f"{devtools}/json/close/{target['id']}", timeout=LIMIT)
