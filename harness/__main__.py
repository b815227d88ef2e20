"""`python -m harness`: the local cloud for people."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
from dotenv import dotenv_values

from harness import client
from harness.cloud import DEFAULTS, PROJECT, CloudOptions, LocalCloud
from harness.demo import DemoError, run_demo
from harness.faults import KINDS, FaultError
from harness.identity import OWNER_KEY_ID, OWNER_KEY_SECRET, Credentials
from harness.ram import PolicyError
from harness.stack import StackError

DEFAULT_URL = "http://127.0.0.1:9000"
STATE = PROJECT / ".local-cloud"
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class Mistake(click.ClickException):
    """Something the person who typed can put right: one line, exit code 2."""

    exit_code = 2


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def main() -> None:
    """A local Alibaba Cloud for gif-on-upload: OSS, Function Compute, Multimedia AI and RAM on one port.

    \b
    Try:
      python -m harness demo                                  a video through the whole product
      python -m harness up                                    the cloud, until Ctrl-C; then, elsewhere:
      python -m harness put clip.mp4 oss://my-videos/clip.mp4
      python -m harness invoke events/put-object.json
    """


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to bind to.")
@click.option("--port", default=9000, show_default=True, help="Port; 0 takes a free one.")
@click.option("--anywhere", is_flag=True, help="Allow a host that others can reach. The keys are public knowledge.")
@click.option("--stack", "stack_file", type=click.Path(path_type=Path), default=PROJECT / "s.yaml", help="s.yaml.")
@click.option("--directory", type=click.Path(path_type=Path), default=STATE, help="Where state lives.")
@click.option("--ephemeral", is_flag=True, help="Keep no state.")
@click.option("--empty", is_flag=True, help="Without the stack: for `s deploy` to fill.")
@click.option("--code", type=click.Path(path_type=Path, exists=True), help="The function's code [default: the sources].")
@click.option("--fault", "faults", multiple=True, metavar="FAULT", help="Make calls go wrong; see below.")
@click.option("--no-render", is_flag=True, help="Accept tasks, but make no GIFs.")
def up(
    host: str,
    port: int,
    anywhere: bool,
    stack_file: Path,
    directory: Path,
    ephemeral: bool,
    empty: bool,
    code: Path | None,
    faults: tuple[str, ...],
    no_render: bool,
) -> None:
    """Start the local cloud and keep it until Ctrl-C.

    It reads s.yaml and the .env beside it; what is not filled in gets a local default. A FAULT is
    service:operation:kind[=value][:nth=N][:times=N][:probability=P][:seed=N], for example
    multimediaai:CreateGifTask:error=503/ServiceUnavailable:times=2
    """
    if host not in _LOOPBACK and not anywhere:
        raise Mistake(f"{host} can be reached by others, and the keys are public knowledge; add --anywhere if you mean it")
    options = CloudOptions(
        stack_file=None if empty else stack_file,
        directory=None if ephemeral else directory,
        environ=_environ(stack_file),
        code=code,
        owner=owner(os.environ),
        host=host,
        port=port,
        render=not no_render,
    )
    cloud = _start(options, faults)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    _say_ready(cloud)
    stop.wait()
    click.echo("stopping …")
    cloud.stop()


def _start(options: CloudOptions, faults: tuple[str, ...]) -> LocalCloud:
    try:
        cloud = LocalCloud(options)
        for fault in faults:
            cloud.faults.add(fault)
    except FaultError as exc:
        kinds = "\n".join(f"  {kind:12} {meaning}" for kind, meaning in KINDS.items())
        raise Mistake(f"--fault: {exc}\n{kinds}") from exc
    except (StackError, PolicyError) as exc:
        raise Mistake(str(exc)) from exc
    except OSError as exc:
        raise Mistake(
            f"cannot listen on {options.host}:{options.port}: {exc.strerror}; is one running? (--port 0 takes a free one)"
        ) from exc
    cloud.start()
    return cloud


def _say_ready(cloud: LocalCloud) -> None:
    keys = cloud.identities.owner
    click.echo(f"local cloud ready at {cloud.url}", nl=True)
    if cloud.stack:
        for trigger in cloud.stack.triggers:
            where = f"oss://{trigger.bucket}/{trigger.prefix}*{trigger.suffix}"
            click.echo(f"  {where} → {trigger.function}")
    click.echo(
        "\nFor ossutil, the SDKs and s, in another terminal:\n"
        f"  export ALIBABA_CLOUD_ACCESS_KEY_ID={keys.access_key_id}\n"
        f"  export ALIBABA_CLOUD_ACCESS_KEY_SECRET={keys.access_key_secret}\n"
        f"  export OSS_ENDPOINT={cloud.url} OSS_REGION=cn-beijing\n"
        f"  export FC_CLIENT_CUSTOM_ENDPOINT={cloud.url} FC_CODE_TEMP_OSS_ENDPOINT={cloud.url}\n"
    )
    sys.stdout.flush()


@main.command()
@click.argument("video", required=False, envvar="VIDEO")
def demo(video: str | None) -> None:
    """Take VIDEO (or a clip made here) through the whole product and show each step.

    Ends with the TaskId, the record and the path of the GIF.
    """
    try:
        run_demo(Path(video).expanduser() if video else None, PROJECT / "demo")
    except DemoError as exc:
        raise Mistake(str(exc)) from exc


@main.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.argument("target", metavar="oss://BUCKET/KEY")
@click.option("--endpoint", default=DEFAULT_URL, show_default=True)
def put(file: Path, target: str, endpoint: str) -> None:
    """Upload FILE to the running local cloud, with the official SDK."""
    bucket, _, key = target.removeprefix("oss://").partition("/")
    if not target.startswith("oss://") or not bucket or not key:
        raise Mistake(f"{target}: the target is oss://BUCKET/KEY")
    _call(client.put, endpoint, owner_or_default(), bucket, key, file)
    click.echo(f"uploaded {file.stat().st_size} bytes to {target}")


@main.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--function", default="gif-on-upload", show_default=True)
@click.option("--async", "asynchronous", is_flag=True, help="Let it run and do not wait.")
@click.option("--endpoint", default=DEFAULT_URL, show_default=True)
def invoke(file: Path, function: str, asynchronous: bool, endpoint: str) -> None:
    """Invoke the function of the running local cloud with the event in FILE."""
    answer = _call(client.invoke, endpoint, owner_or_default(), function, file.read_bytes(), asynchronous)
    click.echo(answer.log, err=True, nl=False)
    click.echo(answer.body)
    if answer.error_type:
        raise SystemExit(1)


@main.command()
def events() -> None:
    """List the sample events and what each one is for."""
    for path in sorted((PROJECT / "events").glob("*.json")):
        click.echo(f"events/{path.name}")


@main.command()
@click.option("--directory", type=click.Path(path_type=Path), default=STATE, help="Where state lives.")
def reset(directory: Path) -> None:
    """Remove all state of a local cloud that is not running."""
    if not client.remove_state(directory):
        raise Mistake(f"{directory}: no state of a local cloud is there")
    click.echo(f"removed {directory}")


def _call(function: Any, endpoint: str, *args: Any) -> Any:
    try:
        return function(endpoint, *args)
    except client.CallError as exc:
        raise Mistake(str(exc)) from exc


def _environ(stack_file: Path) -> dict[str, str]:
    """DEFAULTS, then .env beside s.yaml, then the environment; the last one wins."""
    filled = {name: value for name, value in dotenv_values(stack_file.parent / ".env").items() if value}
    names = {*DEFAULTS, *filled}
    return {**filled, **{name: value for name, value in os.environ.items() if name in names or name.isupper()}}


def owner(environ: Mapping[str, str]) -> Credentials | None:
    """The owner's key from the environment, or None for the default one."""
    key_id, secret = environ.get("ALIBABA_CLOUD_ACCESS_KEY_ID"), environ.get("ALIBABA_CLOUD_ACCESS_KEY_SECRET")
    return Credentials(key_id, secret) if key_id and secret else None


def owner_or_default() -> Credentials:
    return owner(os.environ) or Credentials(OWNER_KEY_ID, OWNER_KEY_SECRET)


if __name__ == "__main__":
    main(prog_name="python -m harness")
