"""The product in a process of its own, to be killed and frozen. Of the local cloud it knows the address.

`python -m tests.chaos.process TIMELINE` imports once, and forks for each line of its standard input (JSON). It
writes the child's pid, and at its end the exit code: 0, 1 where it raised, or minus the signal that has killed it.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from tests.chaos.functions import Call, run
from tests.chaos.timeline import Timeline


def _serve(timeline: Timeline) -> None:
    with timeline.installed():
        for line in sys.stdin:
            pid = os.fork()
            if pid == 0:
                sys.stdout = sys.stderr  # its log is not the answer
                code = 1
                try:
                    code = 0 if run(Call(**json.loads(line))) else 1
                finally:
                    os._exit(code)
            print(pid, flush=True)
            print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)


if __name__ == "__main__":
    _serve(Timeline(Path(sys.argv[1])))
