"""Rendering in a process of its own: a file that crashes the decoder, or eats memory or time, harms nobody else.

The process is started for the first video and kept for the next. It reads one JSON line per video and answers with
lines of its own: {"progress": 0.5} as it goes, then {"done": true} or {"reason": "…"}.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

from harness.multimediaai.media.video import VideoError
from harness.multimediaai.media.wanted import Wanted

#: the longest that one video may take, in seconds
TIME_LIMIT = 180.0
#: the most address space that the process may have, in bytes
MEMORY_LIMIT = 4 << 30
_PROJECT = Path(__file__).parents[3]


class Renderer:
    """One rendering process, for one thread; only `kill` may come from another. Close it in the end."""

    def __init__(self, time_limit: float = TIME_LIMIT) -> None:
        self._time_limit = time_limit
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._killed = False

    def __enter__(self) -> Renderer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def render(
        self, video: Path, gif: Path, progress: Callable[[float], None], wanted: Wanted | None = None
    ) -> None:
        """Writes the GIF of `video` that is `wanted`; None: of its liveliest part.

        Raises VideoError when the file makes none, or the process died over it.
        """
        process = self._running()
        overtime = threading.Timer(self._time_limit, process.kill)
        overtime.start()
        try:
            question = {"video": str(video), "gif": str(gif), "wanted": asdict(wanted) if wanted else None}
            answer = self._ask(process, question, progress)
        finally:
            overtime.cancel()
        if answer is None:
            self._discard()
            raise VideoError(
                f"the file crashes the decoder, or needs too much memory or more than {self._time_limit:g} s"
            )
        if "reason" in answer:
            raise VideoError(answer["reason"])

    @property
    def pid(self) -> int | None:
        """Of the process, if there is one."""
        return self._process.pid if self._process else None

    def kill(self) -> None:
        """Ends what is being rendered, for good."""
        with self._lock:
            self._killed = True
            if self._process is not None:
                self._process.kill()

    def close(self) -> None:
        self.kill()
        self._discard()

    def _running(self) -> subprocess.Popen[str]:
        with self._lock:
            if self._killed:
                raise VideoError("the service is being stopped")
            if self._process is None:
                self._process = subprocess.Popen(
                    [sys.executable, "-m", "harness.multimediaai.media.rendering"],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    text=True,
                    encoding="utf-8",
                    env={**os.environ, "PYTHONPATH": str(_PROJECT)},
                )
            return self._process

    def _discard(self) -> None:
        with self._lock:
            process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):  # what it never read
                if pipe is not None:
                    pipe.close()

    @staticmethod
    def _ask(
        process: subprocess.Popen[str], question: dict[str, Any], progress: Callable[[float], None]
    ) -> dict[str, Any] | None:
        """The last line of the answer; None when the process died over it."""
        assert process.stdin is not None
        assert process.stdout is not None
        with contextlib.suppress(OSError, ValueError):
            process.stdin.write(json.dumps(question) + "\n")
            process.stdin.flush()
            for line in process.stdout:
                answer: dict[str, Any] = json.loads(line)
                if "progress" not in answer:
                    return answer
                progress(answer["progress"])
        return None


def main(questions: TextIO, answers: TextIO) -> None:
    """The process: answers until its input ends."""
    # Imported here, so that the parent process does not load FFmpeg's filters and encoders for nothing.
    import av.logging

    from harness.multimediaai.media.animation import animate
    from harness.multimediaai.media.gif import render

    av.logging.set_level(None)
    _limit_memory()

    def say(**fields: Any) -> None:
        answers.write(json.dumps(fields) + "\n")
        answers.flush()

    for line in questions:
        question = json.loads(line)
        video, gif, wanted = Path(question["video"]), Path(question["gif"]), question["wanted"]
        try:
            if wanted:
                animate(video, gif, Wanted(**wanted), lambda done: say(progress=round(done, 3)))
            else:
                render(video, gif, lambda done: say(progress=round(done, 3)))
        except VideoError as exc:
            say(reason=str(exc))
        except (av.FFmpegError, ValueError, ArithmeticError, MemoryError) as exc:
            say(reason=f"the video cannot be decoded: {type(exc).__name__}")
        else:
            say(done=True)


def _limit_memory() -> None:
    with contextlib.suppress(ImportError, OSError, ValueError):  # not on every platform
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))


if __name__ == "__main__":
    main(sys.stdin, sys.stdout)
