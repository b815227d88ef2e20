"""What the guides tell an administrator to type: it takes the names of .env, and removing leaves nothing."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from deploy.alarms import write_alarms
from deploy.policies import write_policies
from harness.stack.reader import read_stack
from tests.deploy.stack_file import REQUIRED
from tests.project import PROJECT

pytestmark = pytest.mark.slow

RENAMED = {
    "REGION": "cn-hangzhou",
    "FUNCTION_ROLE": "gifs",
    "TRIGGER_ROLE": "uploads",
    "LOG_PROJECT": "my-logs",
    "LOG_STORE": "my-store",
}
#: Stand-ins that write down how they were called.
FAKES = {
    # Without what site would import: a guide calls it fifty times. An alert can be changed when it was made.
    "aliyun": f"""#!/bin/sh
exec '{sys.executable}' -ISc '
import json, sys
with open("calls", "a+") as file:
    file.seek(0)
    made = [json.loads(call)[-1] for call in file if "CreateAlert" in call]
    if "UpdateAlert" in sys.argv and sys.argv[-1] not in made:
        sys.exit("there is no such alert")
    print(json.dumps(sys.argv[1:]), file=file)
' "$@"
""",
    "s": "#!/bin/sh\n",
    "make": "#!/bin/sh\n",
    # Of what the stand-in for aliyun answers, which is nothing, it makes a key; of files, what the real one makes.
    "jq": """#!/bin/sh
if [ $# -lt 3 ]; then echo LTAI5tDeployer; else exec REAL_JQ "$@"; fi
""".replace("REAL_JQ", shutil.which("jq") or "jq"),
}


class Account:
    """What of RAM and Log Service is there after the calls; refuses what RAM would refuse."""

    def __init__(self) -> None:
        self.there: set[tuple[str, str]] = set()
        self.attached: set[tuple[str, str]] = set()
        self.regions: set[str] = set()

    def call(self, service: str, operation: str, *arguments: str) -> None:
        options = dict(zip(arguments[::2], arguments[1::2], strict=False))
        self.regions |= {options["--region"]} & set(options.values()) if "--region" in options else set()
        if service == "oss" or operation.startswith("List"):
            return
        change, kind = re.fullmatch(r"(Create|Attach|Detach|Delete)(\w+)", operation).groups()  # type: ignore[union-attr]
        if change in ("Attach", "Detach"):
            who = options.get("--RoleName") or options["--UserName"]
            assert {name for _, name in self.there} >= {who, options["--PolicyName"]}
            pair = (options["--PolicyName"], who)
            self.attached = self.attached | {pair} if change == "Attach" else self.attached - {pair}
            return
        name = {"LogStore": "--logstore", "Index": "--logstore", "AccessKey": "--UserName", "Project": "--project"}
        made = options.get(name.get(kind, f"--{kind}Name")) or self.named(options)
        if change == "Create":
            self.there.add((kind, made))
        else:
            assert not any(made in pair for pair in self.attached), f"{made} is attached"
            assert kind != "User" or ("AccessKey", made) not in self.there
            self.there.remove((kind, made))

    @staticmethod
    def named(options: dict[str, str]) -> str:
        body: dict[str, Any] = json.loads(options["--body"])
        return str(body.get("logstoreName") or body["projectName"])


@pytest.fixture
def shell(tmp_path: Path) -> Any:
    """Runs blocks of a guide in one shell, and gives the calls of aliyun."""
    for name, script in FAKES.items():
        (tmp_path / name).write_text(script)
        (tmp_path / name).chmod(0o755)
    (tmp_path / ".env").write_text("".join(f"{name}={value}\n" for name, value in {**REQUIRED, **RENAMED}.items()))
    stack = read_stack(PROJECT / "s.yaml", {**REQUIRED, **RENAMED}, dotenv=False)
    write_policies(stack, PROJECT / "ram", tmp_path / "dist" / "ram")
    write_alarms(stack, PROJECT / "alarms", tmp_path / "dist" / "alarms")
    shutil.copytree(PROJECT / "alarms", tmp_path / "alarms")

    def run(script: str) -> list[list[str]]:
        (tmp_path / "calls").unlink(missing_ok=True)
        path = f"PATH={tmp_path}:$PATH\n"
        subprocess.run(["bash", "-euc", path + script], cwd=tmp_path, check=True, timeout=60, capture_output=True)
        return [json.loads(line) for line in (tmp_path / "calls").read_text().splitlines()]

    return run


@pytest.mark.parametrize("guide", ["docs/deploy.md", "docs/deploy.zh-CN.md"])
def test_what_is_made_has_the_names_of_dotenv_and_can_be_removed(guide: str, shell: Any) -> None:
    blocks = re.findall(
        r"^```\n(.*?)^```", (PROJECT / guide).read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )
    create, remove, kms = (block for block in blocks if "aliyun ram" in block)
    account = Account()
    for call in shell(create + kms):
        account.call(*call)
        for body in call[call.index("--body") + 1 :][:1] if "--body" in call else ():
            assert json.loads(body), call
    assert account.regions == {"cn-hangzhou"}
    assert {
        ("Role", "gifs"),
        ("Role", "uploads"),
        ("Project", "my-logs"),
        ("LogStore", "my-store"),
    } <= account.there
    policies = {name for kind, name in account.there if kind == "Policy"}
    assert policies == {policy for policy, _ in account.attached}
    # Two say whom a role trusts, and two are another service's, instead of those of the same roles.
    assert len(policies) == len(list((PROJECT / "ram").glob("*-policy.json"))) - 4
    names = create.partition("\n\n")[0]
    for call in shell(f"{names}\n{remove}"):
        account.call(*call)
    assert account.attached == set()
    assert {kind for kind, _ in account.there} == {"LogStore", "Index"}  # which go with their project


@pytest.mark.parametrize("guide", ["docs/operate.md", "docs/operate.zh-CN.md"])
def test_every_alarm_is_created_with_the_names_of_dotenv(guide: str, shell: Any) -> None:
    text = (PROJECT / guide).read_text(encoding="utf-8")
    (command,) = re.findall(r"^```\n(make alarms.*?)^```", text, re.DOTALL | re.MULTILINE)
    index, *calls = shell(command)
    index_options = dict(zip(index[2::2], index[3::2], strict=True))
    assert json.loads(index_options.pop("--body")) == json.loads((PROJECT / "alarms" / "index.json").read_text())
    place = {"--region": "cn-hangzhou", "--project": "my-logs"}
    assert (index[:2], index_options) == (["sls", "UpdateIndex"], {**place, "--logstore": "my-store"})
    alerts = [call for call in calls if call[:2] == ["sls", "CreateAlert"]]
    rules = [call for call in calls if call[:2] == ["cms", "PutResourceMetricRule"]]
    files = [path.name.partition("-")[0] for path in (PROJECT / "alarms").glob("*-*.json")]
    assert (len(alerts), len(rules), len(calls)) == (files.count("log"), files.count("metric"), len(files))
    for call in alerts:
        options = dict(zip(call[2::2], call[3::2], strict=True))
        (query,) = json.loads(options.pop("--body"))["configuration"]["queryList"]
        assert (query["project"], query["store"]) == ("my-logs", "my-store")
        assert options == place
    for call in rules:
        options = dict(zip(call[2::2], call[3::2], strict=True))
        resources = json.loads(options["--Resources"])
        assert resources[0] == {"region": "cn-hangzhou", "functionName": "gif-on-upload"}
        assert options["--Escalations.Critical.ComparisonOperator"] == "GreaterThanThreshold"


def test_what_is_there_of_the_alarms_is_changed(shell: Any) -> None:
    script = "sh dist/alarms/create.sh"
    first, both = shell(script), shell(f"{script}; {script}")
    second = both[len(first) :]
    assert [call[1] for call in second] == [call[1].replace("CreateAlert", "UpdateAlert") for call in first]
    assert [call[-1] for call in second] == [call[-1] for call in first]
