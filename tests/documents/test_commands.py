"""What the guides print for reading records and finding what is missing, run as printed against the local cloud.

ossutil is a Go program, which no package here brings: a stand-in asks the local cloud through the official SDK and
prints as ossutil's pages show it, with the lines that it adds of its own.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import alibabacloud_oss_v2 as oss
import click
import pytest

from harness.cli.client import oss_client
from harness.cloud import LocalCloud, local_cloud
from ops.cli import main
from tests.ops.running import run_gifs
from tests.project import PROJECT

from .pages import blocks, read

pytestmark = pytest.mark.slow

OSSUTIL = f"""#!{sys.executable}
import os, sys
import alibabacloud_oss_v2 as oss

config = oss.config.load_default()
config.credentials_provider = oss.credentials.EnvironmentVariableCredentialsProvider()
config.region, config.endpoint = "cn-beijing", os.environ["OSS_ENDPOINT"]
client = oss.Client(config)
command, *options, url = sys.argv[1:]
bucket, _, key = url.removeprefix("oss://").partition("/")
if command == "ls":
    assert options == ["-s"]
    request = oss.ListObjectsV2Request(bucket=bucket, prefix=key)
    pages = client.list_objects_v2_paginator().iter_page(request)
    names = [entry.key for page in pages for entry in page.contents or []]
    for name in names:
        print(f"oss://{{bucket}}/{{name}}")
    print(f"Object Number is: {{len(names)}}")
else:
    print(client.get_object(oss.GetObjectRequest(bucket=bucket, key=key)).body.read().decode(), end="")
print("\\n0.012345(s) elapsed")
"""
ENVIRONMENT = """ACCOUNT_ID=1234567890123456
VIDEO_BUCKET=my-videos
TRACKING_BUCKET=my-gif-records
APPLICATION_ID=an-application
"""


@pytest.fixture
def cloud() -> Iterator[LocalCloud]:
    with local_cloud(render=False) as started:
        yield started


class Shell:
    """A person's, in a folder with a .env and ossutil."""

    def __init__(self, folder: Path, cloud: LocalCloud) -> None:
        self.folder = folder
        (folder / ".env").write_text(ENVIRONMENT)
        (folder / "ossutil").write_text(OSSUTIL)
        (folder / "ossutil").chmod(0o755)
        owner = cloud.identities.owner
        self.environment = {
            "PATH": f"{folder}:{os.environ['PATH']}",
            "LANG": "C.UTF-8",
            "OSS_ENDPOINT": cloud.url,
            "OSS_ACCESS_KEY_ID": owner.access_key_id,
            "OSS_ACCESS_KEY_SECRET": owner.access_key_secret,
        }

    def run(self, *command: str) -> str:
        done = subprocess.run(
            command, cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture
def shell(tmp_path: Path, cloud: LocalCloud) -> Shell:
    return Shell(tmp_path, cloud)


@pytest.mark.parametrize("page", ["docs/record.md", "docs/record.zh-CN.md"])
def test_a_task_id_is_read_by_the_video_s_name(page: str, cloud: LocalCloud, shell: Shell) -> None:
    for content in (b"first", b"second"):
        cloud.oss.store.put("my-videos", "clip.mp4", content)
        event = {"videos": ["oss://my-videos/clip.mp4"]}
        (result,) = json.loads(cloud.fc.invoke("gif-on-upload", json.dumps(event).encode()).body)["results"]
    (command,) = [block for block in blocks(read(page)) if "ossutil cat" in block]
    newest: dict[str, Any] = json.loads(shell.run("bash", "-euc", command))
    assert (newest["status"], newest["task_id"]) == ("submitted", result["task_id"])
    (snippet,) = blocks(read(page), "python")
    lines = [line.split() for line in shell.run(sys.executable, "-c", snippet).splitlines()]
    assert [status for _, status, _ in lines] == ["submitted", "submitted"]
    assert max(lines)[2] == str(result["task_id"])


@pytest.mark.parametrize("page", ["docs/operate.md", "docs/operate.zh-CN.md"])
def test_uploads_without_a_record_are_found_and_sent(page: str, cloud: LocalCloud) -> None:
    for key in ("a/视频 +1%.mp4", "lost.mp4", "done.mp4", "done/again 1.mp4"):
        cloud.oss.store.put("my-videos", key, b"film")
    event = {"videos": ["oss://my-videos/done.mp4", "oss://my-videos/done/again 1.mp4"]}
    assert not cloud.fc.invoke("gif-on-upload", json.dumps(event).encode()).error_type
    count, _, send = commands(page, "./gifs backfill")
    planned = run_gifs(*count, "--local", cloud.url)
    assert (planned.code, "2 new" in planned.out, "CNY 0.20" in planned.out) == (0, True, True)
    assert run_gifs(*send, "--yes", "--local", cloud.url).code == 0
    cloud.settle()
    assert len(cloud.multimediaai.tasks.list()) == 4


PAGES = ["README", "docs/operate", "docs/deploy", "docs/record", "docs/local-cloud", "docs/guarantees"]


@pytest.mark.parametrize("page", [f"{page}{language}.md" for page in PAGES for language in ("", ".zh-CN")])
def test_every_command_of_gifs_is_one_that_there_is(page: str) -> None:
    """With those options: it is read by the command itself, and not run."""
    text = read(page)
    typed = re.findall(r"^(?:\$ )?(\./gifs [^\n]*)", text, re.MULTILINE)
    for line in {*typed, *re.findall(r"`(\./gifs [^`]*)`", text)}:
        name, *arguments = shlex.split(line, comments=True)[1:]
        found = main.get_command(click.Context(main), name)
        assert found is not None, line
        if arguments or line in typed:  # else it is only named
            found.make_context(name, arguments)


def commands(page: str, start: str) -> list[list[str]]:
    """What stands behind ./gifs in the lines of the page's blocks that begin so."""
    lines = [line for block in blocks(read(page)) for line in block.splitlines() if line.startswith(start)]
    return [shlex.split(line, comments=True)[1:] for line in lines]


def test_the_walkthrough_makes_one_task(cloud: LocalCloud) -> None:
    """The upload of docs/local-cloud.md, and the event that it is followed by."""
    for page in ("docs/local-cloud.md", "docs/local-cloud.zh-CN.md"):
        (walkthrough,) = [block for block in blocks(read(page)) if "harness put" in block]
        assert "put --wait demo/clip.mp4 oss://my-videos/uploads/clip.mp4" in walkthrough
        assert "invoke events/request-one.json" in walkthrough
    request = oss.PutObjectRequest(bucket="my-videos", key="uploads/clip.mp4", body=b"film")
    oss_client(cloud.url, cloud.identities.owner).put_object(request)
    assert cloud.fc.drain(30)
    answer = cloud.fc.invoke("gif-on-upload", (PROJECT / "events" / "request-one.json").read_bytes())
    (result,) = json.loads(answer.body)["results"]
    (task,) = cloud.multimediaai.tasks.list()
    assert (result["outcome"], result["task_id"]) == ("already_submitted", task.task_id)
