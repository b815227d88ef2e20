"""`python -m harness`: every mistake is one line that says what to do."""

from __future__ import annotations

import os
import socket
from contextlib import closing
from pathlib import Path

import pytest

from harness.cloud import CloudOptions, LocalCloud, local_cloud
from harness.stack.reader import read_stack
from serverless.document import StackError
from tests.harness.cli.command_line import assert_mistake, environment, run
from tests.project import PROJECT

BROKEN_STACKS = {
    "not there": (None, ["s.yaml", "No such file"]),
    "not YAML": ("edition: [3.0.0", ["s.yaml", "not YAML"]),
    "another edition": ("edition: 1.0.0", ["edition", "must be 3.0.0"]),
    "a setting is missing": ("TRACKING", ["MY_RECORDS", "environmentVariables.TRACKING_BUCKET", ".env"]),
    "not a number": ("MEMORY", ["memorySize", "must be a number"]),
}


@pytest.mark.parametrize(("text", "words"), BROKEN_STACKS.values(), ids=BROKEN_STACKS)
def test_a_broken_stack_is_one_line(project: Path, text: str | None, words: list[str]) -> None:
    path = project / "s.yaml"
    ours = path.read_text()
    if text is None:
        path.unlink()
    elif text == "TRACKING":
        path.write_text(ours.replace("env('TRACKING_BUCKET')", "env('MY_RECORDS')"))
    elif text == "MEMORY":
        path.write_text(ours.replace("memorySize: 256", "memorySize: much"))
    else:
        path.write_text(text)
    assert_mistake(run("up", "--stack", path, "--port", "0", "--directory", project / "state"), *words)
    assert not (project / "state").exists()


def test_an_option_before_the_command_is_told_its_place() -> None:
    assert_mistake(run("--endpoint", "http://127.0.0.1:1", "put"), "--endpoint", "after the command")


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("nonsense", ["--fault", "service:operation:kind"]),
        ("oss:PutObject:explode", ["--fault", "explode", "throttle", "kill_after"]),
        ("oss:PutObject:latency=soon", ["--fault", "latency=SECONDS"]),
        ("oss:PutObjekt:reset", ["--fault", "PutObjekt", "PutObject"]),
        ("oss:PutObject:reset:nth=x", ["--fault", "nth must be a number"]),
    ],
)
def test_a_wrong_fault_is_one_line(project: Path, fault: str, words: list[str]) -> None:
    answer = run("up", "--port", "0", "--directory", project / "state", "--fault", fault)
    assert_mistake(answer, *words)
    assert not (project / "state").exists()


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [("--result-form", "gif", ["gif", "image", "expired"]), ("--task-failure", "/Decode fail", ["ErrorCode"])],
)
def test_a_wrong_end_of_tasks_is_one_line(project: Path, option: str, value: str, words: list[str]) -> None:
    answer = run("up", "--port", "0", "--directory", project / "state", option, value)
    assert_mistake(answer, option, *words)
    assert not (project / "state").exists()


def test_a_taken_port_is_one_line(project: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        answer = run("up", "--port", str(port), "--ephemeral", env=environment())
    assert_mistake(answer, f"port {port} is taken", "--port 0")


def test_a_directory_in_use_is_one_line(project: Path) -> None:
    with local_cloud(render=False, directory=project / "state") as cloud:
        answer = run("up", "--port", "0", "--directory", project / "state")
        assert_mistake(answer, f"in use by the local cloud at {cloud.url}", "--ephemeral")


def test_a_folder_of_something_else_is_refused_and_kept(project: Path) -> None:
    before = sorted(project.iterdir())
    assert_mistake(run("up", "--port", "0", "--directory", project), f"{project} is not empty", "--directory")
    assert_mistake(run("reset", "--directory", project), "nothing was removed")
    for command in ("up", "reset"):
        assert_mistake(run(command, "--directory", ""), "--directory", "is empty")
    assert sorted(project.iterdir()) == before


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("APPLICATION_ID=app\n".encode("utf-16"), ["not UTF-8"]),
        ("APPLICATION_ID=app\n".encode("utf-16-le"), ["not UTF-8"]),
        ("# 视频\n".encode("gbk"), ["not UTF-8"]),
        (None, ["directory", "must be a file"]),
    ],
)
def test_a_dotenv_that_cannot_be_read_is_one_line(project: Path, content: bytes | None, words: list[str]) -> None:
    path = project / ".env"
    path.mkdir() if content is None else path.write_bytes(content)
    assert_mistake(run("up", "--port", "0", "--ephemeral", "--stack", project / "s.yaml"), str(path), *words)
    with pytest.raises(StackError, match=words[0]):
        read_stack(project / "s.yaml", {})


@pytest.mark.parametrize(
    "name", ["oss/oss.sqlite3", "sls/sls.sqlite3", "multimediaai/tasks.sqlite", "imm/imm.sqlite3"]
)
def test_broken_state_is_one_line(project: Path, name: str) -> None:
    state = project / "state"
    with local_cloud(render=False, directory=state):
        pass
    (state / name).write_bytes(b"garbage " * 1024)
    answer = run("up", "--port", "0", "--stack", project / "s.yaml", "--code", PROJECT, "--directory", state)
    assert_mistake(answer, str(state), f"python -m harness reset --directory {state}")
    assert run("reset", "--directory", state).returncode == 0
    assert not state.exists()


def test_a_bucket_that_cannot_be_is_named() -> None:
    with pytest.raises(StackError, match="bucket 'BAD_name': "):
        LocalCloud(CloudOptions(stack_file=None, buckets=("BAD_name",)))


def test_other_mistakes_are_one_line(project: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as unused:
        nobody = f"http://127.0.0.1:{unused.getsockname()[1]}"
    clip, event = project / "clip.mp4", project / "event.json"
    clip.write_bytes(b"film")
    event.write_text("{}")
    assert_mistake(run("put", clip, "--endpoint", nobody), "no local cloud answers at", "python -m harness up")
    assert_mistake(run("invoke", event, "--endpoint", nobody), "no local cloud answers at")
    assert_mistake(run("reset", "--endpoint", nobody), "no local cloud answers at")
    assert_mistake(run("put", project / "none.mp4"), "none.mp4: there is no such file")
    assert_mistake(run("put", project), "is a directory")
    assert_mistake(
        run("invoke", project / "none.json"),
        "none.json: there is no such file; `python -m harness events` lists the samples",
    )
    assert_mistake(run("up", "--host", "0.0.0.0"), "--anywhere")
    assert_mistake(run("up", "--port", "99999"), "--port")
    assert_mistake(run("reset", "--directory", project), "nothing was removed")
    assert clip.exists()
    assert_mistake(run("explode"), "No such command")
    assert_mistake(run("put"), "FILE")


def test_mistakes_in_a_target_are_one_line(tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(b"film")
    with local_cloud(render=False) as cloud:
        for target in ("my-videos/clip.mp4", "oss://", "oss:///clip.mp4", "s3://my-videos/clip.mp4"):
            assert_mistake(run("put", clip, target, "--endpoint", cloud.url), "oss://BUCKET/KEY")
        refused = run("put", clip, "oss://no-such-bucket/clip.mp4", "--endpoint", cloud.url)
        assert_mistake(refused, "OSS refused: NoSuchBucket", "no no-such-bucket", "my-gif-records, my-videos")


def test_a_function_that_is_none_is_named_with_those_that_are(tmp_path: Path) -> None:
    event = tmp_path / "event.json"
    event.write_text("{}")
    with local_cloud(render=False) as cloud:
        refused = run("invoke", event, "--function", "nope", "--endpoint", cloud.url)
    assert_mistake(refused, "FunctionNotFound: function 'nope' does not exist; there is only gif-on-upload")


@pytest.mark.parametrize("endpoint", ["127.0.0.1:9000", "ftp://x", "http://x:99999", "http://x:y", "http://", "x"])
def test_an_endpoint_that_is_no_address_is_one_line(endpoint: str, tmp_path: Path) -> None:
    answer = run("reset", "--endpoint", endpoint)
    assert_mistake(answer, f"{endpoint}: an endpoint is an address such as http://127.0.0.1:9000")


def test_file_names_that_will_not_do_are_one_line(tmp_path: Path) -> None:
    nameless = tmp_path / os.fsdecode(b"\xff.mp4")
    nameless.write_bytes(b"film")
    assert_mistake(run("put", "x" * 300), "File name too long")
    with local_cloud(render=False) as cloud:
        assert_mistake(run("put", nameless, "--endpoint", cloud.url), "not UTF-8", "rename it")
        named = run("put", nameless, "oss://my-videos/named.txt", "--endpoint", cloud.url)
        assert named.returncode == 0, named.stderr
        assert cloud.oss.store.get("my-videos", "named.txt") == b"film"
