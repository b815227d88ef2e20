"""`python -m harness`: the local cloud for people.

What takes long to import is imported by the command that needs it, so that help and errors come at once.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import click

from harness.cli.client import CallError, Client, find_cloud
from harness.cli.options import (
    DEFAULT_KEY,
    ENDPOINT_OPTION,
    NEW_ACCOUNT_OPTION,
    PROJECT,
    STATE,
    STATE_OPTION,
    owner_key,
)
from harness.cli.outcome import wait_for_outcome
from harness.cloud.directory import DirectoryInUse, remove_state, running_at
from harness.http.faults import KINDS
from harness.stack.dotenv import DotenvError, read_dotenv


class Mistake(click.ClickException):
    """Something the person who typed can put right."""

    exit_code = 2


class Commands(click.Group):
    """Says what is wrong in one line, whatever it is."""

    def main(self, *args: Any, **options: Any) -> Any:
        try:
            code = super().main(*args, **{**options, "standalone_mode": False})
        except click.ClickException as exc:
            click.echo(f"Error: {' '.join(exc.format_message().split())}", err=True)
            code = exc.exit_code
        except click.Abort:
            code = 130
        sys.exit(code if isinstance(code, int) else 0)


@click.group(
    cls=Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.pass_context
def main(context: click.Context) -> None:
    """A local Alibaba Cloud for gif-on-upload: OSS, Function Compute, Multimedia AI and RAM on one port.

    \b
    Try:
      python -m harness demo                           a video through the whole product
      python -m harness up                             the cloud, until Ctrl-C; then, in another terminal:
      python -m harness put clip.mp4                   upload a video, and look at the console page
      python -m harness invoke events/put-object.json  call the function with one of the sample events
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())
    # The SDKs would take them, and no proxy leads to this machine.
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        del os.environ[name]


def _fault_kinds() -> str:
    return "\n".join(f"  {kind:12} {meaning}" for kind, meaning in KINDS.items())


@main.command(
    short_help="Start the cloud and keep it until Ctrl-C.",
    epilog=f"""\b
A FAULT makes calls go wrong:
  service:operation:kind[=value][:nth=N][:times=N][:probability=P][:seed=N]
for example
  --fault multimediaai:CreateGifTask:error=503/ServiceUnavailable:times=2
  --fault oss:AppendObject:reset_after:nth=2
  --fault '*:*:latency=0.5:probability=0.1'
Kinds:
{_fault_kinds()}
""",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to bind to.")
@click.option("--port", default=9000, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one.")
@click.option(
    "--anywhere", is_flag=True, help="Allow a host that others can reach. The keys are public knowledge."
)
@click.option(
    "--stack",
    "stack_file",
    metavar="FILE",
    type=click.Path(path_type=Path),
    default=PROJECT / "s.yaml",
    help="What to run.  [default: s.yaml of the project]",
)
@STATE_OPTION
@click.option("--ephemeral", is_flag=True, help="Keep no state.")
@click.option("--empty", is_flag=True, help="Without the function, and with .env's buckets: for `s deploy`.")
@click.option("--code", type=click.Path(path_type=Path, exists=True), help="Its code.  [default: beside s.yaml]")
@click.option("--fault", "faults", multiple=True, metavar="FAULT", help="Make calls go wrong; see below.")
@click.option("--no-render", is_flag=True, help="Accept tasks, but make no GIFs.")
@NEW_ACCOUNT_OPTION
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
    new_account: bool,
) -> None:
    """Start the local cloud and keep it until Ctrl-C.

    It reads s.yaml and the .env beside it; what is not filled in gets a local default. It prints what it watches,
    the address of its console page, and what to export for other clients.
    """
    from harness.cli.up import UpError, run_up
    from harness.cloud.options import DEFAULTS, CloudOptions

    environ = _environ(stack_file)
    # In the account, too, they are there before anybody deploys.
    buckets = [{**DEFAULTS, **environ}[name] for name in ("VIDEO_BUCKET", "TRACKING_BUCKET")]
    options = CloudOptions(
        stack_file=None if empty else stack_file,
        environ=environ,
        buckets=tuple(dict.fromkeys(buckets)) if empty else (),
        directory=None if ephemeral else directory,
        host=host,
        port=port,
        code=code,
        owner=owner_key(os.environ),
        render=not no_render,
        timers=True,
        anywhere=anywhere,
        new_account=new_account,
    )
    try:
        run_up(options, faults)
    except UpError as exc:
        raise Mistake(str(exc)) from exc


@main.command(short_help="Take a video through the whole product and show each step.")
@click.argument("video", required=False, envvar="VIDEO")
@NEW_ACCOUNT_OPTION
def demo(video: str | None, new_account: bool) -> None:
    """Take VIDEO (or a clip made here) through the whole product and show each step.

    Ends with the TaskId, the record and the path of the GIF.
    """
    from harness.cli.demo import DemoError, run_demo

    try:
        path = Path(video).expanduser() if video else None
    except RuntimeError as exc:  # ~nobody
        raise Mistake(f"{video}: {exc}") from exc
    try:
        run_demo(path, PROJECT / "demo", new_account=new_account, domains=os.environ.get("BUCKET_DOMAINS", ""))
    except DemoError as exc:
        raise Mistake(str(exc)) from exc


@main.command(short_help="Upload a file to the running cloud.")
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("target", metavar="[oss://BUCKET/KEY]", required=False)
@click.option("--wait", is_flag=True, help="Wait for what becomes of it; exit code 1 when that is no GIF.")
@ENDPOINT_OPTION
def put(file: Path, target: str | None, wait: bool, endpoint: str | None) -> None:
    """Upload FILE to the running local cloud, with the official SDK.

    Without a target it goes to the bucket that is watched, under its own name; a target that ends in a slash is
    a folder to put it into.
    """
    from harness.multimediaai.download import too_large

    try:
        size = file.stat().st_size
        if not file.is_file():
            raise Mistake(f"{file}: {'is a directory' if file.is_dir() else 'is no file'}")
    except OSError as exc:
        raise Mistake(f"{file}: {_reason(exc)}") from exc
    if warning := too_large(size):
        click.echo(f"Warning: {file}: {warning}", err=True)
    cloud = _client(endpoint)
    bucket, key = _ask(cloud.resolve, file, target)
    _ask(cloud.put, bucket, key, file)
    click.echo(f"uploaded {size:,} bytes to oss://{bucket}/{key}")
    if wait:
        raise SystemExit(_ask(wait_for_outcome, cloud, bucket, key))
    click.echo(f"what becomes of it: {cloud.url}/_console")


@main.command(short_help="Invoke the function of the running cloud with an event.")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--function", metavar="NAME", help="Which function.  [default: the only one]")
@click.option("--async", "asynchronous", is_flag=True, help="Let it run and do not wait.")
@ENDPOINT_OPTION
def invoke(file: Path, function: str | None, asynchronous: bool, endpoint: str | None) -> None:
    """Invoke the function of the running local cloud with the event in FILE (- is standard input).

    Prints its log to standard error and its answer to standard output; exit code 1 when it failed.
    `python -m harness events` lists sample events.
    """
    try:
        event = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as exc:
        raise Mistake(f"{file}: {exc.strerror}") from exc
    cloud = _client(endpoint)
    answer = _ask(cloud.invoke, function or _ask(cloud.only_function), event, asynchronous)
    if asynchronous:
        click.echo(f"accepted as {answer.request_id}; its log: {cloud.url}/_console/invocations")
        return
    click.echo(answer.log, err=True)
    click.echo(answer.body)
    if answer.error_type:
        raise SystemExit(1)


@main.command(short_help="List the sample events and what each is for.")
def events() -> None:
    """List the sample events, what each is, and what must come of it."""
    from harness.cli.samples import RESULTS, read_samples

    samples = read_samples(PROJECT / "events")
    width = max(len(sample.path.name) for sample in samples)
    for result in RESULTS.values():
        click.echo(f"{result}:")
        for sample in samples:
            if sample.result == result:
                click.echo(f"  {sample.path.parent.name}/{sample.path.name:{width}}  {sample.about}")
        click.echo()
    click.echo("A task fails when its object was never uploaded: python -m harness put FILE oss://BUCKET/KEY")


@main.command(short_help="Empty the cloud, running or not.")
@STATE_OPTION
@click.option(
    "--endpoint", metavar="URL", help="A running cloud.  [default: the one that keeps its state in the directory]"
)
def reset(directory: Path, endpoint: str | None) -> None:
    """Empty the local cloud: a running one back to how it started, else the state it left."""
    url = endpoint or running_at(directory)
    if url:
        _ask(_client(url).reset)
        click.echo(f"emptied the local cloud at {url}")
    elif _remove(directory):
        kept = directory.exists()
        click.echo(
            f"removed the state in {directory}; what else is in it stays" if kept else f"removed {directory}"
        )
    elif directory.exists():
        raise Mistake(f"{directory}: holds no state of a local cloud; nothing was removed")
    else:
        click.echo("there is nothing to remove")


def _remove(directory: Path) -> bool:
    try:
        return remove_state(directory)
    except DirectoryInUse as exc:
        raise Mistake(str(exc)) from exc
    except OSError as exc:
        raise Mistake(f"{exc.filename}: {exc.strerror}") from exc


def _reason(exc: OSError) -> str:
    return "there is no such file" if isinstance(exc, FileNotFoundError) else exc.strerror or str(exc)


def _client(endpoint: str | None) -> Client:
    client: Client = _ask(Client, endpoint or find_cloud(STATE), owner_key(os.environ) or DEFAULT_KEY)
    return client


def _ask(function: Any, *args: Any) -> Any:
    try:
        return function(*args)
    except CallError as exc:
        raise Mistake(str(exc)) from exc


def _environ(stack_file: Path) -> dict[str, str]:
    """The .env beside s.yaml, and the environment, which wins; an empty variable is as good as none."""
    try:
        known = read_dotenv(stack_file.parent / ".env", os.environ)
    except DotenvError as exc:
        raise Mistake(str(exc)) from exc
    return {name: value for name, value in known.items() if value}
