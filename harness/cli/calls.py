"""The commands that ask something of a running local cloud: put, invoke, fire."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from harness.cli.group import Mistake, ask, client_of
from harness.cli.options import ENDPOINT_OPTION
from harness.cli.outcome import wait_for_outcome


@click.command(short_help="Upload a file to the running cloud.")
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("target", metavar="[oss://BUCKET/KEY]", required=False)
@click.option("--wait", is_flag=True, help="Wait for what becomes of it; exit code 1 when that is not a GIF.")
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
            raise Mistake(f"{file}: {'is a directory' if file.is_dir() else 'is not a file'}")
    except OSError as exc:
        raise Mistake(f"{file}: {_reason(exc)}") from exc
    if warning := too_large(size):
        click.echo(f"Warning: {file}: {warning}", err=True)
    cloud = client_of(endpoint)
    bucket, key = ask(cloud.resolve, file, target)
    ask(cloud.put, bucket, key, file)
    click.echo(f"uploaded {size:,} bytes to oss://{bucket}/{key}")
    if wait:
        raise SystemExit(ask(wait_for_outcome, cloud, bucket, key))
    click.echo(f"what becomes of it: {cloud.url}/_console")


@click.command(short_help="Invoke the function of the running cloud with an event.")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--function", metavar="NAME", help="Which function.  [default: the one that uploads invoke]")
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
        raise Mistake(f"{file}: {_reason(exc)}; `python -m harness events` lists the samples") from exc
    cloud = client_of(endpoint)
    answer = ask(cloud.invoke, function or ask(cloud.chosen_function), event, asynchronous)
    if asynchronous:
        click.echo(f"accepted as {answer.request_id}; its log: {cloud.url}/_console/invocations")
        return
    click.echo(answer.log, err=True)
    click.echo(answer.body)
    if answer.error_type:
        raise SystemExit(1)


@click.command(short_help="Fire a timer of the running cloud now.")
@click.argument("trigger", required=False)
@click.option("--function", metavar="NAME", help="The function that it invokes.  [default: any]")
@ENDPOINT_OPTION
def fire(trigger: str | None, function: str | None, endpoint: str | None) -> None:
    """Fire the timer TRIGGER of the running local cloud now, without waiting for the clock.

    Without TRIGGER, the only timer that there is.
    """
    cloud = client_of(endpoint)
    what, request_id = ask(cloud.fire, trigger, function)
    click.echo(f"fired {what} as {request_id}; its log: {cloud.url}/_console/invocations")


def _reason(exc: OSError) -> str:
    return "there is no such file" if isinstance(exc, FileNotFoundError) else exc.strerror or str(exc)
