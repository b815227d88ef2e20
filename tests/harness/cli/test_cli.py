"""`python -m harness`: what it does."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from alibabacloud_imm20200930 import models

from harness.cli.client import find_cloud
from harness.cli.options import DEFAULT_KEY
from harness.cli.samples import RESULTS, read_samples
from harness.cli.up import TaskEnds
from harness.cloud import local_cloud
from harness.fc import TimerTrigger
from harness.multimediaai.result_forms import RESULT_FORMS
from serverless.local import URL as DEFAULT_URL
from tests.harness.cli.command_line import LIMIT, assert_mistake, environment, run, up
from tests.harness.multimediaai.imm.orders import imm_client_at
from tests.project import PROJECT

pytestmark = pytest.mark.slow


def test_a_cloud_from_start_to_restart(project: Path) -> None:
    clip = project / "猫 a+b 100%.mp4"
    clip.write_bytes(b"film")
    with up(project) as cloud:
        assert f"{cloud.url}/_console" in cloud.printed
        assert "oss://my-videos/* for gif-on-upload" in cloud.printed
        assert "logstore function-logs, without an index" in cloud.printed  # alarms/ is not in this folder
        assert cloud.url in cloud.printed.partition("OSS's endpoint")[2]
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


def test_tasks_end_as_the_command_line_says(project: Path) -> None:
    clip = project / "clip.mp4"
    clip.write_bytes(b"film")
    with up(project, "--task-failure", "1001/Decode fail/no/key frame", render=True) as cloud:
        answer = run("put", "--wait", clip, "--endpoint", cloud.url)
        assert answer.returncode == 1
        (task,) = cloud.state()["tasks"]
        assert (task["status"], task["error"]) == ("failed", "Decode fail: no/key frame")


def test_the_help_names_every_form_of_results() -> None:
    said = " ".join(run("up", "--help").stdout.split())
    assert f"leads to: {', '.join(RESULT_FORMS)}." in said


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        (TaskEnds(), ("image", False, None, None)),
        (TaskEnds("expired", stay_running=True), ("expired", True, None, None)),
        (TaskEnds(failure="1000"), ("image", False, ("1000", "", ""), ("1000", ""))),
        (TaskEnds(failure="1/Fail"), ("image", False, ("1", "Fail", ""), ("1", "Fail"))),
        (TaskEnds(failure="1/Fail/why"), ("image", False, ("1", "Fail", "why"), ("1", "why"))),
    ],
)
def test_the_switches_of_a_task_s_end(ends: TaskEnds, expected: tuple[object, ...]) -> None:
    with local_cloud(render=False) as cloud:
        ends.apply(cloud)
        service, imm = cloud.multimediaai, cloud.imm
        assert (service.result_form, service.stay_running, service.failure, imm.failure) == expected
        assert imm.stay_running == service.stay_running


def test_an_accepted_event_survives_kill_9(project: Path) -> None:
    clip = project / "clip.mp4"
    clip.write_bytes(b"film")
    with up(project, "--fault", "oss:AppendObject:latency=300") as cloud:
        assert run("put", clip, "--endpoint", cloud.url).returncode == 0
        cloud.kill()
    with up(project) as cloud:
        assert cloud.wait_for_record()["video"] == "oss://my-videos/clip.mp4"


@pytest.fixture
def _hangup() -> Iterator[None]:
    """Also where these tests run under nohup, which whoever they start would inherit."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.usefixtures("_hangup")
def test_a_terminal_that_is_closed_leaves_nothing_behind(project: Path) -> None:
    scratch = project / "scratch"
    scratch.mkdir()
    with up(project, "--ephemeral", env=environment(TMPDIR=str(scratch))) as cloud:
        assert list(scratch.glob("local-cloud-*"))
        cloud.process.send_signal(signal.SIGHUP)
        assert cloud.process.wait(LIMIT) == 0
        cloud.killed = True
    assert not list(scratch.glob("local-cloud-*"))


def test_it_stops_whenever_it_is_told_and_however_often(project: Path) -> None:
    """Signals that interrupt each other, as of somebody who leans on Ctrl-C."""
    with up(project, "--ephemeral") as cloud:
        for number in [signal.SIGINT, signal.SIGTERM] * 100:
            cloud.process.send_signal(number)


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


def test_fire_takes_the_timer_that_is_meant() -> None:
    with local_cloud(render=False, retry_delay=lambda _: 0.0) as cloud:
        for name in ("sweep", "other"):
            cloud.fc.put_trigger(TimerTrigger(name, "gif-on-upload", "@every 5m"))
        assert_mistake(run("fire", "--endpoint", cloud.url), "sweep of gif-on-upload, other of gif-on-upload")
        assert_mistake(run("fire", "sweep", "--function", "f", "--endpoint", cloud.url), "name one timer")
        fired = run("fire", "sweep", "--endpoint", cloud.url)
        assert fired.returncode == 0, fired.stderr
        assert cloud.fc.drain(30)
        assert cloud.fc.invocations[0].request_id in fired.stdout
        (entry,) = cloud.journal.entries("timer")
        assert entry.fields["trigger"] == "sweep"


def test_proxies_are_no_way_to_this_machine(tmp_path: Path) -> None:
    (tmp_path / "event.json").write_text("{}")
    nowhere = environment(HTTP_PROXY="http://127.0.0.1:1", http_proxy="http://127.0.0.1:1")
    with local_cloud(render=False) as cloud:
        assert run("put", tmp_path / "event.json", "--endpoint", cloud.url, env=nowhere).returncode == 0
        assert run("invoke", tmp_path / "event.json", "--endpoint", cloud.url, env=nowhere).returncode == 1
        assert cloud.fc.drain(30)


def test_what_is_too_large_for_the_local_gif_service_is_said_before_the_upload(tmp_path: Path) -> None:
    video = tmp_path / "clip.mp4"
    with video.open("wb") as file:
        file.truncate((2 << 30) + 1)  # a hole, which takes no room on the disk
    answer = run("put", video, "--endpoint", "http://127.0.0.1:1")
    assert answer.returncode == 2
    warning = answer.stderr.splitlines()[0]
    assert warning.startswith(f"Warning: {video}: 2147483649 bytes, and the local GIF service downloads at most")


def test_the_access_key_of_the_environment_is_used_and_not_shown(project: Path) -> None:
    mine = {"ALIBABA_CLOUD_ACCESS_KEY_ID": "LTAI5tMine", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "my-very-own-secret"}
    with up(project, "--ephemeral", env=environment(**mine)) as cloud:
        assert "my-very-own-secret" not in cloud.printed
        assert "none is kept" in cloud.printed
        refused = run("put", project / "s.yaml", "oss://my-videos/x.mp4", "--endpoint", cloud.url)
        assert_mistake(
            refused, "OSS refused: InvalidAccessKeyId", "ALIBABA_CLOUD_ACCESS_KEY_ID", "was started with"
        )
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
    answer = run(*command, env=None if command else environment())
    assert (answer.returncode, answer.stderr) == (0, "")
    assert answer.stdout.startswith("Usage: python -m harness")
    if command in ([], ["--help"]):
        assert "python -m harness put clip.mp4" in answer.stdout
    if command == ["up", "-h"]:
        assert "service:operation:kind" in answer.stdout
        assert "kill_after" in answer.stdout


def test_an_empty_cloud_is_ready_for_s_deploy(project: Path) -> None:
    """With the account, the region and the buckets of .env, bound to a project of IMM when it is told so."""
    (project / ".env").write_text("ACCOUNT_ID=42\nREGION=cn-hangzhou\nVIDEO_BUCKET=films\n")
    with up(project, "--empty", "--ephemeral", "--imm-project", "my-project") as cloud:
        state = cloud.state()
        assert (state["functions"], state["region"]) == ([], "cn-hangzhou")
        assert {"films", "my-gif-records"} <= {bucket["name"] for bucket in state["buckets"]}
        assert "bucket   oss://films" in cloud.printed
        assert "imm      the buckets are bound to project my-project" in cloud.printed
        asked = models.GetOSSBucketAttachmentRequest(ossbucket="films")
        bound = imm_client_at(cloud.url, DEFAULT_KEY).get_ossbucket_attachment(asked)
        assert bound.body.project_name == "my-project"
        assert f"export FC_CLIENT_CUSTOM_ENDPOINT={cloud.url} FC_CODE_TEMP_OSS_ENDPOINT=" in cloud.printed


#: Lists the buckets with the credentials that an OSS SDK's own provider finds in the environment.
LIST = {
    "oss2": """
import os, sys, oss2
keys = oss2.ProviderAuthV4(oss2.credentials.EnvironmentVariableCredentialsProvider())
service = oss2.Service(keys, sys.argv[1], region=os.environ["OSS_REGION"])
print(*(found.name for found in oss2.BucketIterator(service)))
""",
    "alibabacloud_oss_v2": """
import os, sys, alibabacloud_oss_v2 as oss
config = oss.config.load_default()
config.credentials_provider = oss.credentials.EnvironmentVariableCredentialsProvider()
config.region, config.endpoint = os.environ["OSS_REGION"], sys.argv[1]
print(*(found.name for found in oss.Client(config).list_buckets(oss.ListBucketsRequest()).buckets))
""",
}


@pytest.mark.parametrize("key", ["default", "own"])
def test_what_it_prints_is_all_that_the_sdks_need(project: Path, key: str) -> None:
    """A shell runs the lines as they are; nothing that s.yaml reads is among them."""
    own = {"ALIBABA_CLOUD_ACCESS_KEY_ID": "LTAI5tMine", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "my-own-secret"}
    env = environment(**own if key == "own" else {})
    with up(project, "--ephemeral", env=env) as cloud:
        assert "my-own-secret" not in cloud.printed
        exports = re.findall(r"^  (export .*)$", cloud.printed, re.MULTILINE)
        names = re.findall(r"(\w+)=", " ".join(exports))
        assert set(names) & set(re.findall(r"env\('(\w+)'", (project / "s.yaml").read_text())) == set()
        for script in LIST.values():
            shell = "\n".join([*exports, 'exec "$0" -c "$1" "$2"'])
            command = ["sh", "-c", shell, sys.executable, script, cloud.url]
            done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=60)
            assert done.stderr == ""
            assert {"my-videos", "my-gif-records"} <= set(done.stdout.split())


def test_an_empty_setting_gets_its_local_default(project: Path) -> None:
    (project / ".env").write_text("ACCOUNT_ID=\nAPPLICATION_ID=mine\nVIDEO_BUCKET='films'\nTRACKING_BUCKET=\n")
    with up(project, "--ephemeral", env=environment(TRACKING_BUCKET="")) as cloud:
        names = {bucket["name"] for bucket in cloud.state()["buckets"]}
        assert {"films", "my-gif-records"} <= names
