"""`python -m harness up`: a local cloud for a person, from its options to Ctrl-C."""

from __future__ import annotations

import errno
import os
import select
import signal
import sys
from collections.abc import Sequence
from typing import NamedTuple

import click

from harness.cloud.directory import DirectoryInUse, NotAStateDirectory, StateUnreadable
from harness.cloud.local import LocalCloud
from harness.cloud.options import CloudOptions
from harness.http.faults import FaultError, parse_fault
from harness.http.server import is_loopback
from harness.multimediaai.result_forms import RESULT_FORMS
from harness.ram.policy import PolicyError
from serverless.document import StackError


class UpError(Exception):
    """The cloud cannot start; the message says what to change."""


class TaskEnds(NamedTuple):
    """How the tasks of Multimedia AI and IMM end.

    failure: "CODE/NAME/REASON", of which the last ones may be missing.
    """

    form: str = "image"
    stay_running: bool = False
    failure: str = ""

    def check(self) -> None:
        """Raises UpError."""
        if self.form not in RESULT_FORMS:
            raise UpError(f"--result-form {self.form}: there are {', '.join(RESULT_FORMS)}")
        if self.failure and not self.failure.partition("/")[0]:
            raise UpError(
                f"--task-failure {self.failure}: it begins with an ErrorCode, such as 1000/Download fail"
            )

    def apply(self, cloud: LocalCloud) -> None:
        cloud.multimediaai.result_form = self.form
        cloud.multimediaai.stay_running = cloud.imm.stay_running = self.stay_running
        if self.failure:
            code, name, reason = (*self.failure.split("/", 2), "", "")[:3]
            cloud.multimediaai.failure = (code, name, reason)
            cloud.imm.failure = (code, reason or name)


def run_up(options: CloudOptions, faults: Sequence[str], ends: TaskEnds) -> None:
    """Starts it, says so on standard output, and stops it at SIGINT, SIGTERM or SIGHUP. Raises UpError.

    faults: as text.
    """
    # The interpreter writes each signal into this pipe at once. Its handlers run later, between two steps of this
    # thread: one that should wake this thread may wait for it forever.
    told, tell = os.pipe()
    os.set_blocking(tell, False)
    signal.set_wakeup_fd(tell, warn_on_full_buffer=False)
    # From the beginning: what is half built is taken down, too.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # nohup ignores it
            signal.signal(number, lambda *_: None)
    _check_host(options.host, options.anywhere)
    with _build(options, faults, ends) as cloud:
        if not select.select([told], [], [], 0.0)[0]:
            _say_ready(cloud)
        os.read(told, 1)
        click.echo("stopping …")


def _build(options: CloudOptions, faults: Sequence[str], ends: TaskEnds) -> LocalCloud:
    ends.check()
    try:
        parsed = [parse_fault(text) for text in faults]
        cloud = LocalCloud(options)
    except FaultError as exc:
        raise UpError(f"--fault {exc}; see `python -m harness up --help`") from exc
    except (StackError, PolicyError) as exc:
        raise UpError(str(exc)) from exc
    except DirectoryInUse as exc:
        raise UpError(f"{exc}: stop that one, or add --ephemeral or another --directory") from exc
    except NotAStateDirectory as exc:
        raise UpError(f"{exc}: name an empty or a new --directory") from exc
    except StateUnreadable as exc:
        raise UpError(f"{exc}: `python -m harness reset --directory {options.directory}` removes it") from exc
    except OSError as exc:
        if exc.errno == errno.EADDRINUSE:
            raise UpError(f"port {options.port} is taken by another program: add --port 0 for a free one") from exc
        raise UpError(f"{exc.filename or f'{options.host}:{options.port}'}: {exc.strerror or exc}") from exc
    for fault in parsed:
        cloud.faults.add(fault)
    ends.apply(cloud)
    return cloud


def _check_host(host: str, anywhere: bool) -> None:
    if ":" in host:
        raise UpError(f"--host {host}: an IPv4 address or a name is needed")
    if not is_loopback(host) and not anywhere:
        raise UpError(f"--host {host}: others can reach it, and the keys are public knowledge; add --anywhere")


def _say_ready(cloud: LocalCloud) -> None:
    click.echo(f"local cloud ready at {cloud.url}")
    click.echo(f"  console  {cloud.url}/_console")
    for function in cloud.stack.functions if cloud.stack else ():
        click.echo(f"  runs     {function.name} ({function.handler})")
    for trigger in cloud.stack.oss_triggers if cloud.stack else ():
        click.echo(f"  watches  oss://{trigger.bucket}/{trigger.prefix}*{trigger.suffix} for {trigger.function}")
    for timer in cloud.fc.timers.all():
        click.echo(f"  timer    {timer.name} of {timer.function}: {timer.cron}{'' if timer.enabled else ' (off)'}")
    for address in cloud.fc.http.all():
        click.echo(f"  answers  {cloud.fc.http.url_of(address)} for {address.function}")
    if imm_project := cloud.options.bound_to:
        click.echo(f"  imm      the buckets are bound to project {imm_project}")
    for project in cloud.sls.store.projects():
        for logstore in cloud.sls.store.logstores(project.name):
            index = "" if cloud.options.log_index else ", without an index: there is no alarms/index.json"
            click.echo(f"  logs     project {project.name}, logstore {logstore.name}{index}")
    for bucket in cloud.options.buckets:
        click.echo(f"  bucket   oss://{bucket}")
    click.echo(f"  state    {'none is kept' if cloud.options.directory is None else cloud.directory}")
    _say_exports(cloud)
    sys.stdout.flush()


def _say_exports(cloud: LocalCloud) -> None:
    """The endpoint is not among them as OSS_ENDPOINT: s.yaml has that name, and a later deploy would ship it."""
    click.echo("\nFor the SDKs, ossutil and s, in a terminal of their own: what you deploy from it goes here.")
    key_id, secret = "$ALIBABA_CLOUD_ACCESS_KEY_ID", "$ALIBABA_CLOUD_ACCESS_KEY_SECRET"
    if cloud.options.owner:
        click.echo("  (the access key is the one in your environment)")
    else:
        key_id, secret = cloud.identities.owner.access_key_id, cloud.identities.owner.access_key_secret
        click.echo(f"  export ALIBABA_CLOUD_ACCESS_KEY_ID={key_id} ALIBABA_CLOUD_ACCESS_KEY_SECRET={secret}")
    click.echo(f"  export OSS_ACCESS_KEY_ID={key_id} OSS_ACCESS_KEY_SECRET={secret} OSS_REGION={cloud.region}")
    click.echo(f"  OSS's endpoint, for the SDKs and for ossutil's -e, is {cloud.url}")
    click.echo(f'  Log Service\'s SDK takes protocol="HTTP" and http_proxy="{cloud.url}"')
    click.echo(f"  export FC_CLIENT_CUSTOM_ENDPOINT={cloud.url} FC_CODE_TEMP_OSS_ENDPOINT={cloud.url}")
