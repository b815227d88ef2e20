"""s.yaml and .env by themselves. That they can be read at all is known by now."""

from __future__ import annotations

from collections.abc import Iterator

from ops.account import Account
from ops.checks.check import Check, Look, bad, good, note

_FROM = "s.yaml and .env"


def looks(account: Account) -> Iterator[Look]:
    yield Look(_FROM, "settings", lambda: _settings(account))


def _settings(account: Account) -> Iterator[Check]:
    project, settings = account.project, account.project.settings
    videos = ", ".join(project.video_buckets)
    if not videos:
        yield bad(
            "uploads", "no trigger of s.yaml watches a bucket", "see the triggers of the s.yaml that came with it"
        )
    is_oss = settings.gif_service == "oss"
    service = f"OSS (IMM's project {settings.imm_project})" if is_oss else "Multimedia AI"
    gifs = f"{settings.gifs}/{settings.gif_prefix}" if settings.collect or is_oss else "nowhere"
    records = f"{settings.tracking_bucket}/{settings.tracking_prefix}"
    places = f"videos of {videos}, records in {records}, GIFs by {service} in {gifs}"
    yield good("settings", f"{project.region}: {places}")
    if not settings.collect:
        yield note("COLLECT", "is off: the record ends at the TaskId, and no GIF comes into the bucket")
    elif project.collect is None:
        yield bad(
            "collector",
            "COLLECT is on, and s.yaml has no function whose handler is index.collect: nobody follows a task",
            "take it from the s.yaml that came with this, or set COLLECT=off",
        )
    if settings.paused:
        yield note("PAUSED", "is set in .env: `s deploy` pauses both functions")
    for warning in settings.warnings:
        yield note("settings", warning)
