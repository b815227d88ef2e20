"""`make alarms`: the alarms of alarms/, filled in for one account, and the commands that create them.

Written are dist/alarms/*.json and dist/alarms/create.sh, which is printed, too: for a shell with the aliyun CLI
in the project's folder. It can be run again: what is there already is changed. The names come from s.yaml and
.env, and `$$` in a file is a dollar sign of Log Service's own.
"""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deploy.policies import PROJECT, fill_in
from harness.stack.documents import fill_policy, load_policy, policy_names
from harness.stack.reader import Stack

FOLDER = "dist/alarms"
SCRIPT = "create.sh"
_BEFORE = """\
# What they call has to be there first, made in the consoles: an action policy gif-on-upload in the alert centre of
# Log Service, and an alert contact group gif-on-upload in CloudMonitor.
"""


def write_alarms(stack: Stack, source: Path, target: Path) -> list[Path]:
    """Fills in every file of `source` into `target`, and writes SCRIPT; returns what was written.

    Raises StackError, PolicyError.
    """
    names = policy_names(stack)
    filled = {
        path.name: fill_policy(load_policy(path), names, str(path)) for path in sorted(source.glob("*.json"))
    }
    texts = {name: json.dumps(document, indent=2, ensure_ascii=False) + "\n" for name, document in filled.items()}
    texts[SCRIPT] = _BEFORE + "".join(_command(name, document, names) + "\n" for name, document in filled.items())
    target.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (target / name).write_text(text, encoding="utf-8")
    return [target / name for name in texts]


def _command(name: str, document: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """What makes the index, the alert or the metric rule of one file."""
    region = f"--region {shlex.quote(names['REGION'])}"
    place = f"{region} --project {shlex.quote(names['LOG_PROJECT'])}"
    body = f'--body "$(cat {FOLDER}/{name})"'
    if name == "index.json":
        return f"aliyun sls UpdateIndex {place} --logstore {shlex.quote(names['LOG_STORE'])} {body}"
    if name.startswith("log-"):
        alert = f"--alertName {shlex.quote(document['name'])}"
        change = f"aliyun sls UpdateAlert {place} {alert} {body} 2>/dev/null"
        return f"{change} ||\n  aliyun sls CreateAlert {place} {body}"
    options = " ".join(f"--{option} {shlex.quote(value)}" for option, value in document.items())
    return f"aliyun cms PutResourceMetricRule {region} {options}"


if __name__ == "__main__":
    code = fill_in("alarms", "alarms", write_alarms)
    if code == 0:
        print("\n" + (PROJECT / FOLDER / SCRIPT).read_text(encoding="utf-8"), end="")
    sys.exit(code)
