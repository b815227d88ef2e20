"""`python -m harness`: the local cloud for people.

What takes long to import is imported by the command that needs it, so that help and errors come at once.
"""

from __future__ import annotations

import os
from pathlib import Path

import click

from harness.cli.calls import fire, invoke, put
from harness.cli.group import Commands, Mistake, ask, client_of
from harness.cli.options import NEW_ACCOUNT_OPTION, PROJECT, STATE_OPTION, owner_key
from harness.cloud.directory import DirectoryInUse, remove_state, running_at
from harness.http.faults import KINDS
from serverless.dotenv import DotenvError, read_dotenv


@click.group(
    cls=Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.pass_context
def main(context: click.Context) -> None:
    """A local Alibaba Cloud for gif-on-upload: OSS, Function Compute, Multimedia AI, IMM and RAM on one port.

    \b
    Try:
      python -m harness demo                           a video through the whole product
      python -m harness up                             the cloud, until Ctrl-C; then, in another terminal:
      python -m harness put clip.mp4                   upload a video, and look at the console page
      python -m harness invoke events/put-object.json  call the function with one of the sample events
      python -m harness fire                           fire the timer, before its time
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())
    # The SDKs would take them, and no proxy leads to this machine.
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        del os.environ[name]


for _command in (put, invoke, fire):
    main.add_command(_command)


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
@click.option(
    "--result-form",
    metavar="FORM",
    default="image",
    show_default=True,
    help="What a task's result leads to: image, json, text, html, none, huge, expired.",
)
@click.option("--stay-running", is_flag=True, help="Begin tasks, and never end them.")
@click.option(
    "--task-failure",
    metavar="ERROR",
    default="",
    help="Let every task fail: CODE/NAME/REASON, 1000/Download fail.",
)
@NEW_ACCOUNT_OPTION
@click.option(
    "--imm-project",
    metavar="NAME",
    envvar="IMM_PROJECT",
    help="Bind the buckets to this IMM project, for OSS's video/animation.",
)
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
    result_form: str,
    stay_running: bool,
    task_failure: str,
    new_account: bool,
    imm_project: str | None,
) -> None:
    """Start the local cloud and keep it until Ctrl-C.

    It reads s.yaml and the .env beside it; what is not filled in gets a local default. It prints what it watches,
    the address of its console page, and what to export for other clients.
    """
    from harness.cli.up import TaskEnds, UpError, run_up
    from harness.cloud.options import DEFAULTS, CloudOptions

    environ = _environ(stack_file)
    # In the account, too, they are there before anybody deploys.
    buckets = [{**DEFAULTS, **environ}[name] for name in ("VIDEO_BUCKET", "TRACKING_BUCKET")]
    options = CloudOptions(
        stack_file=None if empty else stack_file,
        ram=stack_file.parent / "ram",
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
        imm_project=imm_project or None,
    )
    try:
        run_up(options, faults, TaskEnds(result_form, stay_running, task_failure))
    except UpError as exc:
        raise Mistake(str(exc)) from exc


#: What the demo takes from the shell.
_OF_THE_DEMO = ("BUCKET_DOMAINS", "GIF_SERVICE", "GIF_ANIMATION")


@main.command(short_help="Take a video through the whole product and show each step.")
@click.argument("video", required=False, envvar="VIDEO")
@NEW_ACCOUNT_OPTION
def demo(video: str | None, new_account: bool) -> None:
    """Take VIDEO (or a clip made here) through the whole product and show each step.

    Ends with the TaskId, the record and the path of the GIF. With GIF_SERVICE=oss it is OSS that makes it, as
    GIF_ANIMATION says.
    """
    from harness.cli.demo import DemoError, run_demo

    try:
        path = Path(video).expanduser() if video else None
    except RuntimeError as exc:  # ~nobody
        raise Mistake(f"{video}: {exc}") from exc
    try:
        environ = {name: os.environ[name] for name in _OF_THE_DEMO if os.environ.get(name)}
        run_demo(path, PROJECT / "demo", new_account=new_account, environ=environ)
    except DemoError as exc:
        raise Mistake(str(exc)) from exc


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
        ask(client_of(url).reset)
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


def _environ(stack_file: Path) -> dict[str, str]:
    """The .env beside s.yaml, and the environment, which wins; an empty variable is as good as none."""
    try:
        known = read_dotenv(stack_file.parent / ".env", os.environ)
    except DotenvError as exc:
        raise Mistake(str(exc)) from exc
    return {name: value for name, value in known.items() if value}
