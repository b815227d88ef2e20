"""`put --wait`: what became of an upload, in words and as an exit code."""

from __future__ import annotations

import json
import shlex
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import click

from harness.cli.client import Client

#: Seconds. A long video takes its time to render; nobody wants to wait for ever.
LIMIT = 900.0


def wait_for_outcome(cloud: Client, bucket: str, key: str, limit: float = LIMIT) -> int:
    """Prints the TaskId and where the GIF is, and returns 0; or what went wrong and what to do, and returns 1.

    Raises CallError when the cloud stops meanwhile.
    """
    deadline = time.monotonic() + limit
    told = 0
    for _ in cloud.changes():
        found = cloud.video(bucket, key)
        video = found["video"]
        if (task := video["task"]) and task["task_id"] != told:
            told = task["task_id"]
            record = video["record"]
            click.echo(f"submitted  TaskId {told}, on record in oss://{record['bucket']}/{record['key']}")
        if found["ended"]:
            return _conclude(cloud, video, found["said"])
        if time.monotonic() > deadline:
            break
    click.echo(f"not known after {limit:.0f} s; what becomes of it: {cloud.url}/_console", err=True)
    return 1


def _conclude(cloud: Client, video: Mapping[str, Any], said: str) -> int:
    task = video["task"]
    if video["state"] == "finished":
        click.echo(f"GIF        {video['record']['lines'][-1]['line']['gif'] or video['detail']}")
        return 0
    if video["state"] == "succeeded" and task["gif"]:
        gif = task["gif"]
        click.echo(f"GIF        oss://{gif['bucket']}/{gif['key']}")
        click.echo(f"           {cloud.url}/_console/media?{urlencode(gif)}")
        return 0
    what, to_do = _problem(cloud, video, said)
    click.echo(f"{what}\n→ {to_do}", err=True)
    return 1


def _problem(cloud: Client, video: Mapping[str, Any], said: str) -> tuple[str, str]:
    """(what went wrong, what to do). said: by the function, which knows best."""
    uri = f"oss://{video['bucket']}/{video['key']}"
    state, detail, task = video["state"], video["detail"], video["task"]
    event = shlex.quote(json.dumps({"videos": [uri]}, ensure_ascii=False))
    if state == "skipped":
        return f"skipped: {detail}", "nothing was submitted, and nothing is paid for"
    triggers = _triggers(cloud)
    if state == "none" and not any(_watches(trigger, video) for trigger in triggers):
        watched = ", ".join(f"oss://{trigger['bucket']}/{trigger['prefix']}" for trigger in triggers)
        return f"nobody was told of {uri}", f"these are watched: {watched}" if watched else "deploy the function"
    if state == "none":
        said = said or f"the function has not said how it ended with {uri}: see {cloud.url}/_console/invocations"
    if task and state in ("failed", "task_failed"):
        return (
            f"task {task['task_id']} failed: {detail}",
            "look whether the video plays; what you upload anew is tried anew",
        )
    if task:
        return f"task {task['task_id']} stays {state}", "the cloud was started with --no-render, and makes no GIFs"
    return said or f"{state}: {detail}", f"then once more: python -m harness invoke - <<< {event}"


def _watches(trigger: Mapping[str, Any], video: Mapping[str, Any]) -> bool:
    begins = str(video["key"]).startswith(trigger["prefix"])
    return begins and video["bucket"] == trigger["bucket"] and str(video["key"]).endswith(trigger["suffix"])


def _triggers(cloud: Client) -> list[Mapping[str, Any]]:
    triggers: list[Mapping[str, Any]] = cloud.state()["triggers"]
    return triggers
