"""What every command has in common: the key, the settings, and how each mistake ends."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.cloud import LocalCloud
from ops.cli import COMMANDS
from tests.ops.running import Ran, run_gifs
from tests.project import PROJECT

Gifs = Callable[..., Ran]
#: With what each command is called here.
ARGUMENTS = {
    "status": (),
    "show": ("oss://my-videos/clip.mp4",),
    "list": (),
    "backfill": ("oss://my-videos/", "--dry-run"),
    "audit": ("oss://my-videos/",),
    "retry": ("--failed",),
    "fetch": ("--prefix", "", "--to", "nowhere"),
    "doctor": (),
    "pause": (),
    "resume": (),
}
each_command = pytest.mark.parametrize("name", COMMANDS)


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    """A project of its own, without .env."""
    return Path(shutil.copy(PROJECT / "s.yaml", tmp_path))


def test_every_command_has_help_with_a_sentence_first() -> None:
    for name in COMMANDS:
        ran = run_gifs(name, "--help")
        assert ran.code == 0
        assert "--json" in ran.out
        assert "--local" in ran.out
    listed = run_gifs("--help").out
    assert all(f"\n  {name} " in listed for name in COMMANDS)


@pytest.mark.parametrize("option", ["--local", "--nonsense"])
def test_an_option_before_the_command_is_told_its_place(option: str) -> None:
    ran = run_gifs(option, "list")
    assert (ran.code, ran.err) == (
        2,
        f"Error: {option}: options come after the command, as in `./gifs list --json`\n",
    )


def test_without_settings_each_missing_one_is_named_once(stack: Path) -> None:
    ran = run_gifs("list", "--stack", str(stack))
    assert ran.code == 2
    assert ran.err.count("\n") == 1
    for name in ("ACCOUNT_ID", "TRACKING_BUCKET", "VIDEO_BUCKET", "--local"):
        assert ran.err.count(name) == 1


def test_settings_come_from_env_beside_the_stack(stack: Path) -> None:
    (stack.parent / ".env").write_text(
        "ACCOUNT_ID=1234567890123456\nVIDEO_BUCKET=v-v\nTRACKING_BUCKET=NOT\nAPPLICATION_ID=a\n", encoding="utf-8"
    )
    ran = run_gifs("list", "--stack", str(stack))
    assert (ran.code, "TRACKING_BUCKET" in ran.err) == (2, True)


def test_without_credentials_it_says_where_they_could_be(
    stack: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("ALIBABA_CLOUD_CLI_PROFILE_DISABLED", "true")
    (stack.parent / ".env").write_text(
        "ACCOUNT_ID=1234567890123456\nVIDEO_BUCKET=v-v\nTRACKING_BUCKET=t-t\nAPPLICATION_ID=a\n", encoding="utf-8"
    )
    ran = run_gifs("list", "--stack", str(stack))
    assert ran.code == 4
    assert "ALIBABA_CLOUD_ACCESS_KEY_ID" in ran.err
    assert run_gifs("list", "--stack", str(stack), "--profile", "nobody").code == 4


@each_command
@pytest.mark.parametrize(
    ("key_id", "secret", "said"),
    [("LTAI5tLocalCloud", "wrong", "secret is wrong"), ("LTAIunknown", "x", "does not exist")],
)
def test_a_wrong_key_is_a_matter_of_credentials(
    gifs: Gifs, monkeypatch: pytest.MonkeyPatch, name: str, key_id: str, secret: str, said: str
) -> None:
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", key_id)
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", secret)
    ran = gifs(name, *ARGUMENTS[name])
    assert (ran.code, ran.err.count("\n")) == (4, 1)
    assert said in ran.err
    assert secret == "x" or secret not in ran.err.replace("is wrong", "")


@each_command
def test_a_missing_permission_is_named(
    gifs: Gifs, cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """The submitting function's role may neither list nor see what is deployed."""
    role = cloud.role_credentials("gif-on-upload")
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", role.access_key_id)
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", role.access_key_secret)
    monkeypatch.setenv("ALIBABA_CLOUD_SECURITY_TOKEN", str(role.token))
    ran = gifs(name, *ARGUMENTS[name])
    needed = "fc:GetFunction" if name == "pause" else "oss:ListObjects"
    assert (ran.code, f"this key needs {needed}" in ran.err) == (4, True)


@each_command
def test_a_cloud_that_is_not_there_is_no_answer(name: str) -> None:
    ran = run_gifs(name, "--local", "http://127.0.0.1:1", *ARGUMENTS[name])
    assert (ran.code, ran.err.count("\n")) == (3, 1)
    assert "no answer" in ran.err


def test_the_door_works_from_any_folder(cloud: LocalCloud, tmp_path: Path) -> None:
    (tmp_path / "ops.py").write_text("raise SystemExit('the wrong module')", encoding="utf-8")
    done = subprocess.run(
        [PROJECT / "gifs", "list", "--local", cloud.url, "--json"], cwd=tmp_path, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


def test_a_fault_of_its_own_is_one_line_that_says_where(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of what it says itself, which may be a secret."""
    import ops.options

    def fail(*_: object, **__: object) -> None:
        raise KeyError("https://user:secret@example.com")

    monkeypatch.setattr(ops.options, "read_project", fail)
    ran = run_gifs("list")
    assert (ran.code, ran.err.count("\n"), "secret" in ran.err) == (70, 1, False)
    assert "unexpected KeyError at" in ran.err
