"""Results on standard output; prose, questions and progress on standard error, so that a pipe gets results only.

With --json a command prints one document, or one line for each entry of a list, and nothing else.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Any

import click

from handler.escaping import escaped

#: Seconds between two lines of progress where nobody looks at a bar.
_EVERY = 10.0


class Output:
    """How one run of a command speaks. as_json: for programs."""

    def __init__(self, *, as_json: bool = False) -> None:
        self.as_json = as_json
        self._progress: Progress | None = None

    def document(self, value: Any) -> None:
        """The result as JSON, over several lines for a person's eye."""
        click.echo(json.dumps(value, indent=2, ensure_ascii=False))

    def line(self, value: Mapping[str, Any]) -> None:
        """One entry of a list as JSON."""
        self._make_room()
        click.echo(json.dumps(value, ensure_ascii=False))

    def text(self, text: str = "") -> None:
        """A line of the result for people. What came from outside cannot control the terminal."""
        self._make_room()
        click.echo(shown(text))

    def say(self, text: str) -> None:
        """A word beside the result."""
        self._make_room()
        click.echo(shown(text), err=True)

    def _make_room(self) -> None:
        """For a line of the result, where progress is on the terminal's line."""
        if self._progress:
            self._progress.hide()

    def table(self, rows: Iterable[tuple[str, str]], indent: str = "") -> None:
        """Names and values, the values below each other."""
        pairs = [(name, value) for name, value in rows if value]
        width = max((len(name) for name, _ in pairs), default=0)
        for name, value in pairs:
            self.text(f"{indent}{name:<{width}}  {value}")

    def agree(self, question: str, *, yes: bool) -> bool:
        """Whether to go on. Without a terminal nobody can be asked, and only --yes is an answer."""
        if yes:
            return True
        if not sys.stdin.isatty():
            self.say(f"{question} Nobody is there to ask: add --yes.")
            return False
        return click.confirm(shown(question), err=True)

    @contextmanager
    def progress(self, label: str, length: int | None = None) -> Iterator[Progress]:
        with Progress(label, length, is_bar=sys.stderr.isatty() and not self.as_json) as progress:
            self._progress = progress
            try:
                yield progress
            finally:
                self._progress = None


class Progress:
    """A bar on a terminal, elsewhere a line now and then. length: of what is counted; None: not known."""

    def __init__(self, label: str, length: int | None, *, is_bar: bool) -> None:
        self._label, self._length = label, length
        self._done, self._note = 0, ""
        self._said = time.monotonic()
        self._bar: Any = None
        if is_bar and length:
            self._bar = click.progressbar(length=length, label=label, file=sys.stderr, item_show_func=self._noted)
        self._is_terminal = is_bar
        self.is_shown = False

    def __enter__(self) -> Progress:
        if self._bar:
            self._bar.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar:
            self._bar.__exit__(kind, error, trace)
        else:
            self.hide()

    def hide(self) -> None:
        """Takes a line of progress off the terminal; the next one comes with the next count."""
        if self.is_shown:
            click.echo("\r\033[K", err=True, nl=False)
        self.is_shown = False

    def _noted(self, _: object) -> str:
        return self._note

    def add(self, count: int, note: str = "") -> None:
        """So many more are done."""
        self._done += count
        self._note = note
        if self._bar:
            self._bar.update(count, note)
            return
        now = time.monotonic()
        if now - self._said < (0.2 if self._is_terminal else _EVERY):
            return
        self._said = now
        of = f" of {self._length:,}" if self._length else ""
        text = f"{self._label}: {self._done:,}{of}{f', {note}' if note else ''}"
        self.is_shown = self._is_terminal
        click.echo(f"\r\033[K{text}" if self._is_terminal else text, err=True, nl=not self._is_terminal)


def shown(text: str) -> str:
    """Control characters of what came from outside are escaped; line breaks of our own stay."""
    return "\n".join(escaped(part) for part in text.split("\n"))


def ago(seconds: float) -> str:
    """`45 s`, `12 min`, `3 h`, `2 days`."""
    for size, unit in ((86_400, "days"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size or (unit != "days" and seconds >= size):
            return f"{seconds / size:.0f} {unit}"
    return f"{max(0.0, seconds):.0f} s"


def size_of(count: int) -> str:
    """`812 B`, `64.0 MB`: bytes in powers of 1,000."""
    number = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if number < 1000:
            return f"{number:.0f} {unit}" if unit == "B" else f"{number:.1f} {unit}"
        number /= 1000
    return f"{number:.1f} TB"
