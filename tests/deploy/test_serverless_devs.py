"""s.yaml through Serverless Devs itself, npm's @serverless-devs/s.

The fc3 component comes from a registry of its own. Here a component stands in for it that has fc3's schema and
writes down what it was given: all is real up to the component, reading, expressions, verifying, actions, access.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.stack_file import REQUIRED, StackFile
from tests.npm import SERVERLESS_DEVS, Unavailable, install
from tests.project import PROJECT

pytestmark = pytest.mark.slow

COMPONENT = """
const fs = require("fs");
module.exports = class {
  constructor() { this.commands = { deploy: { help: { description: "writes down what it is given" } } }; }
  getSchema() { return fs.readFileSync(__dirname + "/schema.json", "utf8"); }
  async deploy(inputs) {
    const credential = await inputs.getCredential();
    const given = { props: inputs.props, account: credential.AccountID };
    fs.writeFileSync(__dirname + "/" + inputs.props.functionName + ".json", JSON.stringify(given));
    return {};
  }
};
"""

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def s_command(pytestconfig: pytest.Config) -> str:
    assert pytestconfig.cache is not None
    try:
        return str(install(SERVERLESS_DEVS, pytestconfig.cache.mkdir("npm")) / "node_modules" / ".bin" / "s")
    except Unavailable as exc:
        pytest.skip(str(exc))


@pytest.fixture
def folder(tmp_path: Path, stack_file: StackFile) -> Path:
    """A copy of the project's deployment, with the stand-in for fc3."""
    written = tmp_path / "project"
    component = written / "component"
    component.mkdir(parents=True)
    (written / "s.yaml").write_text(stack_file.text.replace("component: fc3", "component: ./component"))
    filled = (PROJECT / ".env.example").read_text(encoding="utf-8")
    for name, value in REQUIRED.items():
        filled = re.sub(rf"\n(?:# )?{name}=.*\n", f"\n{name}={value}\n", filled)
    (written / ".env").write_text(filled, encoding="utf-8")
    (component / "index.js").write_text(COMPONENT)
    (component / "package.json").write_text('{"name": "component", "version": "1.0.0", "main": "index.js"}')
    (component / "publish.yaml").write_text("Edition: 3.0.0\nType: Component\nName: component\nVersion: 1.0.0\n")
    (component / "schema.json").write_text("{}")
    (written / "Makefile").write_text("package:\n\t@pwd > packaged\n")
    return written


@pytest.fixture
def run(s_command: str, folder: Path, tmp_path: Path) -> Run:
    """Runs `s` in the folder, with a home of its own and without its reports of use."""
    home = tmp_path / "home"
    (home / ".s").mkdir(parents=True)
    (home / ".s" / "set-config.yml").write_text("analysis: disable\n")
    environ = {"HOME": str(home), "PATH": os.environ["PATH"]}

    def s(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [s_command, *arguments]
        return subprocess.run(
            command, cwd=folder, env=environ, capture_output=True, text=True, timeout=60, check=False
        )

    return s


def test_it_reads_what_the_local_cloud_reads(run: Run, stack_file: StackFile) -> None:
    answer = run("preview", "-o", "json").stdout
    previewed: dict[str, Any] = json.loads(answer[answer.index("{") :])
    for name, resource in previewed["resources"].items():
        assert resource["props"] == stack_file.props(REQUIRED, name)


def test_it_verifies(run: Run, folder: Path, schema_file: Path) -> None:
    shutil.copyfile(schema_file, folder / "component" / "schema.json")
    done = run("verify")
    assert "Format verification for [s.yaml] passed." in done.stdout
    assert done.returncode == 0


def test_it_finds_a_mistake(run: Run, folder: Path, schema_file: Path) -> None:
    shutil.copyfile(schema_file, folder / "component" / "schema.json")
    written = (folder / "s.yaml").read_text()
    (folder / "s.yaml").write_text(written.replace("memorySize: 256", "memorySize: 250"))
    done = run("verify")
    assert "memorySize must be multiple of 64" in done.stdout + done.stderr
    assert done.returncode != 0


def test_a_missing_value_is_named(run: Run, folder: Path) -> None:
    (folder / ".env").unlink()
    done = run("verify")
    assert "env('ACCOUNT_ID') not found" in done.stdout + done.stderr
    assert done.returncode != 0


def test_deploying_packages_first_and_takes_the_default_access(
    run: Run, folder: Path, stack_file: StackFile
) -> None:
    keys = ("--AccessKeyID", "LTAI5tNobody", "--AccessKeySecret", "secret", "--AccountID", "1234567890123456")
    assert run("config", "add", "-a", "default", *keys).returncode == 0
    done = run("deploy", "-y")
    assert done.returncode == 0, done.stdout + done.stderr
    assert Path((folder / "packaged").read_text().strip()).resolve() == folder.resolve()
    for name in ("gif_on_upload", "gif_on_upload_collect"):
        props = stack_file.props(REQUIRED, name)
        given = json.loads((folder / "component" / f"{props['functionName']}.json").read_text())
        assert given == {"props": props, "account": "1234567890123456"}
