"""Expressions in s.yaml, and with a .env beside it: read as Serverless Devs' own parser reads them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from serverless.dotenv import read_dotenv
from serverless.expressions import Resolver
from tests.npm import PARSE_SPEC, Unavailable, install
from tests.project import PROJECT

EXPRESSIONS: list[tuple[str, Any]] = [
    ("${vars.n}", 7),
    ("a-${vars.n}-${env('SET')}", "a-7-set"),
    ("${vars.deep.er}", "value"),
    ("${vars.region}", "cn-beijing"),
    ("${env('UNSET', '5')}", "5"),
    ("${env('UNSET', 5)}", 5),
    ("${env('UNSET', true)}", True),
    ('${env("UNSET", "double")}', "double"),
    ("${ env( 'UNSET' , 'spaced' ) }", "spaced"),
    ("${env('EMPTY', 'an empty variable is unset')}", "an empty variable is unset"),
    ("${env('UNSET', '')}", ""),
    ("${env('UNSET', vars.n)}", 7),
    ("$HOME {{ x }}", "$HOME {{ x }}"),
]
VARS = {"n": 7, "deep": {"er": "value"}, "region": "${env('REGION', 'cn-beijing')}"}
ENVIRON = {"SET": "set", "EMPTY": ""}


@pytest.mark.parametrize(("text", "expected"), EXPRESSIONS)
def test_expressions(text: str, expected: Any) -> None:
    assert Resolver(VARS, ENVIRON).resolve({"key": [text]}) == {"key": [expected]}


def test_keys_without_a_value_are_dropped() -> None:
    assert Resolver({}, {}).resolve({"a": None, "b": {"c": None}}) == {"b": {}}


DOTENV = r"""
# a comment
PLAIN=value   # and why
export EXPORTED=yes
SPACED  =  in between
SINGLE='a # is not a comment $HOST_ONLY'
DOUBLE="two\nlines"
COLON: works
EMPTY=
REFERS=${PLAIN}-$EXPORTED
DEFAULT=${NOWHERE:-fallback}
LONE=cost$
TAKEN=from file
MULTI="first
second"
"""


def test_dotenv(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(DOTENV)
    environ = {"TAKEN": "from environ", "HOST_ONLY": "host"}
    assert read_dotenv(tmp_path / ".env", environ) == {
        "HOST_ONLY": "host",
        "TAKEN": "from environ",
        "PLAIN": "value",
        "EXPORTED": "yes",
        "SPACED": "in between",
        "SINGLE": "a # is not a comment host",
        "DOUBLE": "two\nlines",
        "COLON": "works",
        "EMPTY": "",
        "REFERS": "value-yes",
        "DEFAULT": "fallback",
        "LONE": "cost$",
        "MULTI": "first\nsecond",
    }
    assert read_dotenv(tmp_path / "none", environ) == environ


def test_a_byte_order_mark_is_no_part_of_the_first_name(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("ACCOUNT_ID=1\n", encoding="utf-8-sig")
    assert read_dotenv(tmp_path / ".env", {}) == {"ACCOUNT_ID": "1"}


PARSE = """
const Parse = require('@serverless-devs/parse-spec').default;
const quiet = new Proxy({}, {get: () => () => {}});
new Parse('s.yaml', {argv: ['deploy'], logger: quiet}).start()
  .then(r => console.log('\\n' + JSON.stringify({props: r.steps[0].props, environ: process.env})));
"""


@pytest.fixture(scope="session")
def modules(pytestconfig: pytest.Config) -> str:
    """The folder node_modules with @serverless-devs/parse-spec."""
    assert pytestconfig.cache is not None
    try:
        return str(install(PARSE_SPEC, pytestconfig.cache.mkdir("npm")) / "node_modules")
    except Unavailable as exc:
        pytest.skip(str(exc))


def parse_spec(modules: str, folder: Path, environ: Mapping[str, str]) -> Any:
    """What it reads from the s.yaml there."""
    environ = {"PATH": os.environ["PATH"], "NODE_PATH": modules, "HOME": str(folder), **environ}
    run = subprocess.run(
        ["node", "-e", PARSE], cwd=folder, env=environ, capture_output=True, text=True, check=True
    )
    return json.loads(run.stdout.splitlines()[-1])


def test_serverless_devs_reads_the_project_s_stack_alike(modules: str, tmp_path: Path) -> None:
    filled_in = {"ACCOUNT_ID": "1", "APPLICATION_ID": "app", "TRACKING_BUCKET": "records", "VIDEO_BUCKET": "in"}
    shutil.copy(PROJECT / "s.yaml", tmp_path)
    theirs = parse_spec(modules, tmp_path, filled_in)["props"]
    document = yaml.safe_load((PROJECT / "s.yaml").read_text(encoding="utf-8"))
    ours = Resolver(document["vars"], filled_in).resolve(document)["resources"]["gif_on_upload"]["props"]
    assert ours == theirs


def test_serverless_devs_reads_expressions_and_dotenv_alike(modules: str, tmp_path: Path) -> None:
    values = {f"k{i}": text for i, (text, _) in enumerate(EXPRESSIONS)}
    function = {"component": "fc3", "props": {"region": "cn-beijing", "environmentVariables": values}}
    document = {"edition": "3.0.0", "name": "x", "vars": VARS, "resources": {"fn": function}}
    (tmp_path / "s.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    (tmp_path / ".env").write_text(DOTENV)
    theirs = parse_spec(modules, tmp_path, {**ENVIRON, "TAKEN": "from environ", "HOST_ONLY": "host"})
    seen = theirs["props"]["environmentVariables"]
    assert {values[name]: seen[name] for name in values} == dict(EXPRESSIONS)
    for name, value in read_dotenv(tmp_path / ".env", {"TAKEN": "from environ", "HOST_ONLY": "host"}).items():
        if name != "EMPTY":  # set to something else for the expressions
            assert theirs["environ"][name] == value, name
