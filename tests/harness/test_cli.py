"""`python -m harness`, in processes of its own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from harness.client import DEFAULT_URL, find_cloud
from harness.cloud import local_cloud
from harness.samples import RESULTS, read_samples

PROJECT = Path(__file__).parents[2]
LIMIT = 60


def environment(**more: str) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(PROJECT), "LANG": "C.UTF-8", **more}


def run(
    *args: str | Path, env: Mapping[str, str] | None = None, event: str = ""
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "harness", *map(str, args)]
    return subprocess.run(
        command, env=env or environment(), input=event, capture_output=True, text=True, timeout=LIMIT, check=False
    )


@dataclass
class Up:
    """A cloud that `up` has started. printed: everything up to the last line about how to use it."""

    process: subprocess.Popen[str]
    url: str
    printed: str

    def state(self) -> dict[str, Any]:
        with requests.Session() as session:
            session.trust_env = False
            state: dict[str, Any] = session.get(f"{self.url}/_admin/state", timeout=10).json()
            return state

    def wait_for_record(self) -> dict[str, Any]:
        """The last line of the only record, as soon as it names a task."""
        with requests.Session() as session:
            session.trust_env = False
            with session.get(f"{self.url}/_admin/events", stream=True, timeout=LIMIT) as events:
                for _ in events.iter_lines():
                    lines = [line for record in self.state()["records"] for line in record["lines"]]
                    if lines and lines[-1]["status"] == "submitted":
                        submitted: dict[str, Any] = lines[-1]["line"]
                        return submitted
        raise AssertionError("the stream of events has ended")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """s.yaml in a folder of its own, so that nobody's .env is read; the code stays where it is."""
    shutil.copy(PROJECT / "s.yaml", tmp_path)
    return tmp_path


@contextmanager
def up(project: Path, *args: str | Path, env: Mapping[str, str] | None = None) -> Iterator[Up]:
    command = [sys.executable, "-m", "harness", "up", "--port", "0", "--no-render"]
    command += ["--stack", str(project / "s.yaml"), "--code", str(PROJECT), "--directory", str(project / "state")]
    process = subprocess.Popen(
        [*command, *map(str, args)],
        env=env or environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    assert process.stderr
    try:
        ready = process.stdout.readline()
        assert ready.startswith("local cloud ready at http://127.0.0.1:"), process.stderr.read()
        printed = ready
        while "FC_CODE_TEMP_OSS_ENDPOINT" not in printed:
            printed += process.stdout.readline()
        yield Up(process, ready.split()[-1], printed)
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=LIMIT)
        assert (process.returncode, *said) == (0, "stopping …\n", "")
    finally:
        process.kill()
        process.communicate()


def test_a_cloud_from_start_to_restart(project: Path) -> None:
    clip = project / "猫 a+b 100%.mp4"
    clip.write_bytes(b"film")
    with up(project) as cloud:
        assert f"{cloud.url}/_console" in cloud.printed
        assert "oss://my-videos/* for gif-on-upload" in cloud.printed
        assert f"export OSS_ENDPOINT={cloud.url} OSS_REGION=cn-beijing" in cloud.printed
        assert find_cloud(project / "state") == cloud.url
        answer = run("put", clip, "--endpoint", cloud.url)
        assert (answer.returncode, answer.stderr) == (0, "")
        assert "uploaded 4 bytes to oss://my-videos/猫 a+b 100%.mp4" in answer.stdout
        submitted = cloud.wait_for_record()
        assert submitted["video"] == f"oss://my-videos/{clip.name}"
    assert find_cloud(project / "state") == DEFAULT_URL
    with up(project, "--fault", "oss:PutObject:error=503/ServiceUnavailable") as cloud:
        state = cloud.state()
        assert [video["key"] for video in state["videos"]] == [clip.name]
        assert [task["task_id"] for task in state["tasks"]] == [submitted["task_id"]]
        assert state["records"][0]["lines"][-1]["line"] == submitted
        assert state["faults"][0]["text"] == "oss:PutObject:error=503/ServiceUnavailable"
        emptied = run("reset", "--directory", project / "state")
        assert (emptied.returncode, emptied.stdout) == (0, f"emptied the local cloud at {cloud.url}\n")
        state = cloud.state()
        assert [state[name] for name in ("videos", "tasks", "records", "faults")] == [[], [], [], []]
    removed = run("reset", "--directory", project / "state")
    assert (removed.returncode, removed.stdout) == (0, f"removed {project / 'state'}\n")
    assert not (project / "state").exists()
    assert clip.exists()
    again = run("reset", "--directory", project / "state")
    assert (again.returncode, again.stdout) == (0, "there is nothing to remove\n")


def test_put_takes_a_folder_or_a_key(tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").write_bytes(b"film")
    with local_cloud(render=False) as cloud:
        for target in ("oss://my-videos/", "oss://my-videos/folder/", "oss://my-gif-records/other name +.mp4"):
            answer = run("put", tmp_path / "clip.mp4", target, "--endpoint", cloud.url)
            assert answer.returncode == 0, answer.stderr
        assert [entry.key for entry in cloud.oss.store.list("my-videos")] == ["clip.mp4", "folder/clip.mp4"]
        assert cloud.oss.store.get("my-gif-records", "other name +.mp4") == b"film"
        assert cloud.fc.drain(30)


def test_invoke_shows_the_log_and_the_answer(tmp_path: Path) -> None:
    event = tmp_path / "event.json"
    with local_cloud(render=False) as cloud:
        cloud.oss.store.put("my-videos", "clip.mp4", b"film")
        event.write_text('{"videos": ["oss://my-videos/clip.mp4"]}')
        answer = run("invoke", event, "--endpoint", cloud.url)
        assert answer.returncode == 0, answer.stderr
        assert json.loads(answer.stdout)["results"][0]["outcome"] == "submitted"
        assert "FC Invoke Start RequestId: " in answer.stderr
        failed = run("invoke", "-", "--function", "gif-on-upload", "--endpoint", cloud.url, event="no event")
        assert failed.returncode == 1
        assert json.loads(failed.stdout)["errorType"] == "EventError"
        accepted = run("invoke", event, "--async", "--endpoint", cloud.url)
        assert accepted.returncode == 0
        assert cloud.fc.drain(30)
        assert [call.type for call in cloud.fc.invocations] == ["Sync", "Sync", "Async"]
        assert cloud.fc.invocations[-1].request_id in accepted.stdout
        unknown = run("invoke", event, "--function", "nobodys", "--endpoint", cloud.url)
        assert_mistake(unknown, "Function Compute refused: FunctionNotFound")


def test_proxies_are_no_way_to_this_machine(tmp_path: Path) -> None:
    (tmp_path / "event.json").write_text("{}")
    nowhere = environment(HTTP_PROXY="http://127.0.0.1:1", http_proxy="http://127.0.0.1:1")
    with local_cloud(render=False) as cloud:
        assert run("put", tmp_path / "event.json", "--endpoint", cloud.url, env=nowhere).returncode == 0
        assert run("invoke", tmp_path / "event.json", "--endpoint", cloud.url, env=nowhere).returncode == 1
        assert cloud.fc.drain(30)


def test_the_access_key_of_the_environment_is_used_and_not_shown(project: Path) -> None:
    mine = {"ALIBABA_CLOUD_ACCESS_KEY_ID": "LTAI5tMine", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "my-very-own-secret"}
    with up(project, "--ephemeral", env=environment(**mine)) as cloud:
        assert "my-very-own-secret" not in cloud.printed
        assert "none is kept" in cloud.printed
        refused = run("put", project / "s.yaml", "oss://my-videos/x.mp4", "--endpoint", cloud.url)
        assert_mistake(refused, "OSS refused: InvalidAccessKeyId")
        done = run(
            "put", project / "s.yaml", "oss://my-videos/x.txt", "--endpoint", cloud.url, env=environment(**mine)
        )
        assert done.returncode == 0, done.stderr
    assert not (project / "state").exists()


def test_every_sample_event_is_listed_with_what_it_is_for() -> None:
    answer = run("events")
    assert answer.returncode == 0
    for sample in read_samples(PROJECT / "events"):
        (line,) = [line for line in answer.stdout.splitlines() if f"events/{sample.path.name} " in line]
        assert line.endswith(sample.about)
        assert sample.about
    assert all(result in answer.stdout for result in RESULTS.values())
    assert "an entry without 'oss'" in answer.stdout
    assert "EventBridge, 2 events: PutObject of eventbridge/one.mp4" in answer.stdout


@pytest.mark.parametrize(
    "command", [[], ["--help"], ["up", "-h"], ["put", "-h"], ["invoke", "-h"], ["reset", "-h"]]
)
def test_help_teaches(command: list[str]) -> None:
    answer = run(*command)
    assert (answer.returncode, answer.stderr) == (0, "")
    assert answer.stdout.startswith("Usage: python -m harness")
    if command in ([], ["--help"]):
        assert "python -m harness put clip.mp4" in answer.stdout
    if command == ["up", "-h"]:
        assert "service:operation:kind" in answer.stdout
        assert "kill_after" in answer.stdout


def assert_mistake(answer: subprocess.CompletedProcess[str], *words: str) -> None:
    """One line on standard error that says it, nothing else, and exit code 2."""
    assert (answer.returncode, answer.stdout) == (2, ""), answer
    assert answer.stderr.startswith("Error: ")
    assert answer.stderr.count("\n") == 1
    for word in words:
        assert word in answer.stderr


BROKEN_STACKS = {
    "not there": (None, ["s.yaml", "No such file"]),
    "not YAML": ("edition: [3.0.0", ["s.yaml", "not YAML"]),
    "another edition": ("edition: 1.0.0", ["edition", "must be 3.0.0"]),
    "a setting is missing": ("APPLICATION", ["MY_APPLICATION", "environmentVariables.APPLICATION_ID", ".env"]),
    "not a number": ("MEMORY", ["memorySize", "must be a number"]),
}


@pytest.mark.parametrize(("text", "words"), BROKEN_STACKS.values(), ids=BROKEN_STACKS)
def test_a_broken_stack_is_one_line(project: Path, text: str | None, words: list[str]) -> None:
    path = project / "s.yaml"
    ours = path.read_text()
    if text is None:
        path.unlink()
    elif text == "APPLICATION":
        path.write_text(ours.replace("env('APPLICATION_ID')", "env('MY_APPLICATION')"))
    elif text == "MEMORY":
        path.write_text(ours.replace("memorySize: 256", "memorySize: much"))
    else:
        path.write_text(text)
    assert_mistake(run("up", "--stack", path, "--port", "0", "--directory", project / "state"), *words)
    assert not (project / "state").exists()


def test_an_empty_setting_gets_its_local_default(project: Path) -> None:
    (project / ".env").write_text("ACCOUNT_ID=\nAPPLICATION_ID=mine\nVIDEO_BUCKET='films'\nTRACKING_BUCKET=\n")
    with up(project, "--ephemeral", env=environment(TRACKING_BUCKET="")) as cloud:
        names = {bucket["name"] for bucket in cloud.state()["buckets"]}
        assert {"films", "my-gif-records"} <= names


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("nonsense", ["--fault", "service:operation:kind"]),
        ("oss:PutObject:explode", ["--fault", "explode", "throttle", "kill_after"]),
        ("oss:PutObject:latency=soon", ["--fault", "latency=SECONDS"]),
        ("oss:PutObject:reset:nth=x", ["--fault", "nth must be a number"]),
    ],
)
def test_a_wrong_fault_is_one_line(project: Path, fault: str, words: list[str]) -> None:
    answer = run("up", "--port", "0", "--directory", project / "state", "--fault", fault)
    assert_mistake(answer, *words)
    assert not (project / "state").exists()


def test_a_taken_port_is_one_line(project: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        answer = run("up", "--port", str(port), "--ephemeral")
    assert_mistake(answer, f"port {port} is taken", "--port 0")


def test_a_directory_in_use_is_one_line(project: Path) -> None:
    with local_cloud(render=False, directory=project / "state") as cloud:
        answer = run("up", "--port", "0", "--directory", project / "state")
        assert_mistake(answer, f"in use by the local cloud at {cloud.url}", "--ephemeral")


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
    assert_mistake(run("invoke", project / "none.json"), "none.json: No such file")
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
        assert_mistake(refused, "OSS refused: NoSuchBucket")
