""".env: what is read is what Serverless Devs reads, twice; what it would read differently is refused."""

from __future__ import annotations

import json
import os
import random
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from serverless.dotenv import DotenvError, read_dotenv
from tests.npm import PARSE_SPEC, Unavailable, install

#: As the command-line tool calls them: once when it starts, once when it reads s.yaml.
TWICE = """
const fs = require('fs');
const dotenv = require('dotenv');
const {expand} = require('dotenv-expand');
const read = ({text, environ}) => {
  fs.writeFileSync('.env', text);
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, environ);
  for (let i = 0; i < 2; i++) expand(dotenv.config({path: '.env'}));
  return {...process.env};
};
console.log(JSON.stringify(JSON.parse(fs.readFileSync(0)).map(read)));
"""
#: Whatever means something to one of the parsers, or is a space or the end of a line to one of them only.
PIECES = [
    *("A", "B", "BC", "x", "\u00e9", "-", ".", "{", "}", "=", ": ", "#", " ", "\t", "export "),
    *("$", "${", "\\", "\\$", "$A", "${B}", "${C:-x}", "$BC", "$&", "$$", "$'", '"$A"', "'a $B c'"),
    *("'", '"', "`", "\\n", "\n", "\n", "\r\n", "\u2028", "\u00a0", "\x1c", "\x85"),
]


def files(count: int) -> Iterator[dict[str, Any]]:
    """Always the same ones."""
    source = random.Random(16)
    for _ in range(count):
        text = ""
        for name in ["A", "B", "BC", "C"][: source.randint(1, 4)]:
            value = "".join(source.choices(PIECES, k=source.randint(0, 6)))
            text += source.choice(["", "export ", " "]) + name + source.choice(["=", " = ", ": "]) + value + "\n"
        taken = {source.choice("ABZ"): source.choice(["v", "$A", "x$", "a b"])}
        yield {"text": text, "environ": taken if source.random() < 0.5 else {}}


def test_what_is_read_is_what_serverless_devs_reads(pytestconfig: pytest.Config, tmp_path: Path) -> None:
    assert pytestconfig.cache is not None
    try:
        modules = install(PARSE_SPEC, pytestconfig.cache.mkdir("npm")) / "node_modules"
    except Unavailable as exc:
        pytest.skip(str(exc))
    cases, ours = [], []
    for case in files(800):
        (tmp_path / ".env").write_bytes(case["text"].encode())
        try:
            ours.append(read_dotenv(tmp_path / ".env", case["environ"]))
        except DotenvError:
            continue
        cases.append(case)
    environ = {"PATH": os.environ["PATH"], "NODE_PATH": str(modules)}
    done = subprocess.run(
        ["node", "-e", TWICE],
        input=json.dumps(cases).encode(),
        cwd=tmp_path,
        env=environ,
        capture_output=True,
        check=True,
    )
    theirs = json.loads(done.stdout)
    assert [(case, read) for case, read, their in zip(cases, ours, theirs, strict=True) if read != their] == []
    assert len(cases) > 400
    assert sum("$" in case["text"] for case in cases) > 200


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (r"SECRET='s3cr\$et'", "a $ can't be escaped"),
        (r'SECRET="s3cr\\$et"', "a $ can't be escaped"),
        ("SECRET=s3cr$et", "stand for another variable"),
        ("SECRET='https://s3cr.example/?sig=${et}'", "stand for another variable"),
        ("SECRET=s3cr$SECRET", "it refers to itself"),
        ("SECRET=s3cr$SECRET$SECRET", "it refers to itself"),
    ],
)
def test_what_would_be_cut_off_is_refused(tmp_path: Path, line: str, why: str) -> None:
    path = tmp_path / ".env"
    path.write_text(f"PLAIN=1\n\n{line}\n")
    with pytest.raises(DotenvError) as refused:
        read_dotenv(path, {})
    message = str(refused.value)
    assert message.startswith(f"{path}, line 3: SECRET: ")
    assert why in message
    assert "write %24" in message
    assert "s3cr" not in message.replace(str(path), "")


def test_a_shell_s_value_is_expanded_too_when_the_file_names_it(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text("SECRET=\n")
    assert read_dotenv(path, {"OTHER": r"s3cr\$et", "SECRET": "x"}) == {"OTHER": r"s3cr\$et", "SECRET": "x"}
    with pytest.raises(DotenvError, match="line 1: SECRET"):
        read_dotenv(path, {"SECRET": r"s3cr\$et"})
